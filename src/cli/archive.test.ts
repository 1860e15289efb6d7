import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { ensureBuilt, runCli, temporaryFolder } from '../testing/command-line.test.harness.js'

const folder = temporaryFolder()
const { path: cwd } = folder
const large = 'x'.repeat(4 * 1024 * 1024)

beforeAll(async () => {
  await ensureBuilt()
  const holdfast = await openHoldfast({ database: `sqlite:${join(cwd, 'home.db')}` })
  const { conversations, messages } = holdfast.organization()
  const { id } = await conversations.create({ title: 'large' })
  for (let count = 0; count < 40; count += 1) {
    await messages.append(id, { role: 'user', content: large })
  }
  await holdfast.close()
}, 180_000)
afterAll(() => folder.remove())

it('goes out and comes in with as little memory as a few of its rows take', async () => {
  // All at once would be 160 MiB and more.
  const environment = { NODE_OPTIONS: '--max-old-space-size=96' }
  const made = await runCli(['export', 'all', '--database', 'sqlite:home.db'], { cwd, environment })
  expect([made.code, made.stderr]).toEqual([0, ''])
  const words = ['import', 'archive', 'all', '--database', 'sqlite:other.db']
  const read = await runCli(words, { cwd, environment })
  expect([read.code, read.stdout]).toEqual([0, expect.stringMatching(/^imported \d+ rows/)])
}, 120_000)

it('makes no database where there is none, to write it out or to check an archive', async () => {
  const missing = ['--database', 'sqlite:./typo.db', '--json']
  const made = await runCli(['export', 'none', ...missing], { cwd })
  expect([made.code, JSON.parse(made.stderr).error.code]).toEqual([1, 'database_missing'])
  const checked = await runCli(['import', 'archive', 'all', '--verify', ...missing], { cwd })
  expect([checked.code, JSON.parse(checked.stdout).format]).toEqual([0, 'holdfast.archive'])
  expect(readdirSync(cwd).filter((name) => name.startsWith('typo'))).toEqual([])
})
