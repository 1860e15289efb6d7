import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  ensureBuilt, runCli as runApart, sharedCli, temporaryFolder,
} from '../testing/command-line.test.harness.js'
import { openHoldfast } from '../holdfast.js'
import { run } from './program.js'
import { Terminal } from './terminal.js'

const runCli = sharedCli(run, Terminal)
const folder = temporaryFolder()
const { path: cwd } = folder

beforeAll(ensureBuilt, 150_000)
afterAll(() => folder.remove())

const ends = ['--from', 'sqlite:./one.db', '--to', 'sqlite:./other.db']
const transfer = (step: string, ...more: string[]) =>
  runCli(['transfer', step, ...ends, ...more], { cwd })

it('moves a database from the terminal: plan, copy, catch-up, cutover, back, end', async () => {
  const old = await openHoldfast({ database: `sqlite:${join(cwd, 'one.db')}` })
  const organization = old.organization()
  await organization.conversations.create({ title: 'first' })
  const plan = await transfer('plan', '--json')
  expect(JSON.parse(plan.stdout)).toMatchObject({ possible: true, findings: [] })
  const followed = await transfer('catch-up')
  expect([followed.code, followed.stderr]).toEqual([1, expect.stringContaining('copy --live')])
  expect((await transfer('copy', '--live')).stdout).toMatch(/^copied \d+ rows; go on with/)
  await organization.conversations.create({ title: 'second' })
  const differs = await transfer('verify')
  expect([differs.code, differs.stdout]).toEqual([1, expect.stringContaining('missing')])
  expect((await transfer('catch-up')).stdout).toMatch(/^brought over [1-9]/)
  expect((await transfer('verify')).stdout).toMatch(/^equal: \d+ rows\n$/)
  expect((await transfer('cutover', '--json')).stdout).toMatch(/"fence_ms":\d+/)
  await expect(organization.conversations.create()).rejects.toMatchObject({
    code: 'database_moved', message: expect.stringContaining('other.db'),
  })
  expect((await transfer('cutover')).code).toBe(0)
  const refused = await runCli(['migrate', 'up', '--database', 'sqlite:./one.db'], { cwd })
  expect([refused.code, refused.stderr])
    .toEqual([1, expect.stringContaining(join(cwd, 'other.db'))])
  expect((await transfer('back')).stdout).toContain('no writes for')
  await organization.conversations.create({ title: 'third' })
  expect((await transfer('end')).code).toBe(0)
  await old.close()
})

it('compares before the target is opened, when it is asked to', async () => {
  const holdfast = await openHoldfast({ database: `sqlite:${join(cwd, 'three.db')}` })
  await holdfast.organization().conversations.create()
  await holdfast.close()
  const copy = (...more: string[]) => runCli(['transfer', 'copy', '--from', 'sqlite:./three.db',
    '--to', 'sqlite:./four.db', '--verify', ...more], { cwd })
  expect((await copy('--live')).stderr).toContain('compared by the cutover')
  expect((await copy()).stdout).toMatch(/^copied (\d+) rows\nequal: \1 rows\n$/)
  expect(JSON.parse((await copy('--json')).stdout)).toMatchObject({
    phase: 'copied', verdict: { equal: true } })
})

it('fails with 1 and says what it found', async () => {
  const plan = await runCli(['transfer', 'plan', '--from', 'sqlite:./none.db', '--to',
    'sqlite:./new.db'], { cwd })
  expect([plan.code, plan.stdout]).toEqual([1, expect.stringContaining('source_missing')])
  const copy = await runCli(['transfer', 'copy', '--from', 'sqlite:./none.db', '--to',
    'sqlite:./new.db', '--json'], { cwd })
  expect([copy.code, JSON.parse(copy.stderr).error.code]).toEqual([1, 'transfer_refused'])
})

it('brings large rows over with as little memory as a few of them take', async () => {
  const large = ['--from', 'sqlite:./large.db', '--to', 'sqlite:./large-other.db']
  const environment = { NODE_OPTIONS: '--max-old-space-size=96' }
  const step = (name: string, ...more: string[]) =>
    runApart(['transfer', name, ...large, ...more], { cwd, environment })
  const source = await openHoldfast({ database: `sqlite:${join(cwd, 'large.db')}` })
  const { conversations, messages } = source.organization()
  const { id } = await conversations.create({ title: 'large' })
  expect((await step('copy', '--live')).code).toBe(0)
  for (let count = 0; count < 40; count += 1) {
    await messages.append(id, { role: 'user', content: 'x'.repeat(4 * 1024 * 1024) })
  }
  await source.close()
  expect((await step('catch-up')).stdout).toMatch(/^brought over/)
  expect((await step('cutover')).stdout).toMatch(/^brought over/)
  expect((await step('verify')).stdout).toMatch(/^equal/)
}, 120_000)
