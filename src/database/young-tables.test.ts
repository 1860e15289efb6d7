import { expect, it } from 'vitest'
import { enginesNamed, onEveryEngine } from '../testing/backends.js'
import { PlanRenewal } from './dialects/postgres-plans.js'
import { type Backend, type Statement } from './engine.js'

const organization = '00000000-0000-7000-8000-000000000001'
const idOf = (number: number) => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`

const lookup = (number: number): Statement => ({
  sql: 'select n from things where organization_id = $1 and id = $2',
  name: 'things_lookup', parameters: [organization, idOf(number)], reach: null,
})

const plain = (sql: string): Statement => ({ sql, parameters: [], reach: null })

/** The later index holds the key's first column, and in a young table it seems as good as it. */
const table = `create table things (organization_id uuid, id uuid, n integer, wide char(600),
  primary key (organization_id, id)) with (autovacuum_enabled = off)`
const laterIndex = 'create index things_later on things (organization_id, n)'

it('plans are renewed after a second, then when they are twice as old, then each minute', () => {
  const plans = new PlanRenewal(5_000)
  const due: number[] = []
  for (let ms = 5_000; ms <= 300_000; ms += 500) if (plans.isDue(ms)) due.push(ms / 1_000 - 5)
  expect(due).toEqual([1, 2, 4, 8, 16, 32, 64, 124, 184, 244])
})

/** How often each index was read, by those who closed their connections. */
async function reads(backend: Backend): Promise<Record<string, number>> {
  const { rows } = await backend.run(plain(`
    select indexrelname as name, idx_scan from pg_stat_user_indexes where relname = 'things'`))
  return Object.fromEntries(rows.map(({ name, idx_scan: scans }) => [name, Number(scans)]))
}

onEveryEngine('a table that grows while its statements are prepared', (world) => {
  it('is read by its key a second later, without statistics', async () => {
    const { backend, another } = world()
    await backend.run(plain(table))
    await backend.run(plain(laterIndex))
    const reader = await another({ poolMax: 1 })
    await reader.run(lookup(1))
    await backend.run(plain(`insert into things
      select '${organization}', ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, i
      from generate_series(1, 20000) i`))
    await new Promise((done) => setTimeout(done, 1_100))
    const numbers = Array.from({ length: 20 }, (_, index) => index * 200 + 1)
    const found = await Promise.all(numbers.map((number) => reader.run(lookup(number))))
    expect(found.map(({ rows }) => rows)).toEqual(numbers.map((number) => [{ n: `${number}` }]))
    await reader.close()
    await expect.poll(() => reads(backend), { timeout: 10_000 })
      .toEqual({ things_pkey: 20, things_later: 1 })
  })
}, enginesNamed('postgres'))
