import { expect, it } from 'vitest'
import { type BackendWorld, enginesNamed, onEveryEngine } from '../testing/backends.js'
import { run } from '../testing/failures.test.harness.js'
import { connect } from './connect.js'
import { type Backend } from './engine.js'

/** A login that may have so many connections, while `work` uses a pool of it. */
async function limited(
  { backend: administrator, url }: BackendWorld,
  limit: number,
  work: (backend: Backend) => Promise<void>,
): Promise<void> {
  const role = `few_${process.pid}_${limit}`
  await run(administrator, `create role ${role} login password 'x' connection limit ${limit}`)
  const own = Object.assign(new URL(url), { username: role, password: 'x' })
  const backend = await connect(own.toString(), { poolMax: 10 })
  try {
    await work(backend)
  } finally {
    await backend.close()
    await run(administrator, `drop role ${role}`)
  }
}

onEveryEngine('a pool that may have more connections than the server gives', (world) => {
  it('shares those that there are, and refuses nobody', () =>
    limited(world(), 2, async (backend) => {
      const sums = Array.from({ length: 200 }, async (_, index) =>
        Number((await run(backend, `select pg_sleep(0.002), ${index} as sum`)).rows[0]!.sum))
      expect(await Promise.all(sums)).toEqual(Array.from({ length: 200 }, (_, index) => index))
      expect(backend.pool()).toMatchObject({ total: 2, waiting: 0 })
      const held = Array.from({ length: 2 }, () => run(backend, 'select pg_sleep(1)'))
      await expect(run(backend, 'select 1')).resolves.toBeDefined()
      await Promise.all(held)
    }))

  it('says so where there is none at all', () =>
    limited(world(), 0, async (backend) => {
      await expect(run(backend, 'select 1')).rejects.toThrow(/gives no more connections/)
    }))
}, enginesNamed('postgres'))
