import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { ensureBuilt, sharedCli, temporaryFolder } from '../testing/command-line.test.harness.js'
import { run } from './program.js'
import { Terminal } from './terminal.js'

const runCliHere = sharedCli(run, Terminal)
let folder: ReturnType<typeof temporaryFolder>
let id: string

beforeAll(async () => {
  await ensureBuilt()
  folder = temporaryFolder()
  const holdfast = await openHoldfast({ database: url() })
  await holdfast.organizations.create({ name: 'Other', slug: 'other' })
  const { conversations, messages } = holdfast.organization()
  id = (await conversations.create({ title: 'Out and in' })).id
  for (const content of ['a', -0]) await messages.append(id, { role: 'user', content })
  await holdfast.close()
}, 180_000)
afterAll(() => folder?.remove())

const url = () => `sqlite:${join(folder.path, 'a.db')}`
const cli = (words: readonly string[], input?: string) => runCliHere(['conversation', ...words], {
  cwd: folder.path, environment: { HOLDFAST_DATABASE_URL: url() }, input,
})

it('conversation export and import carry a conversation over, byte by byte', async () => {
  const path = join(folder.path, 'file.jsonl')
  const exported = await cli(['export', id, '--out', path])
  expect([exported.code, exported.stdout]).toEqual([0, ''])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const file = readFileSync(path, 'utf8')
  expect((await cli(['export', id])).stdout).toBe(file)
  const there = ['--organization', 'other']
  const imported = await cli(['import', path, ...there])
  expect([imported.code, imported.stdout])
    .toEqual([0, `imported the conversation ${id}: 2 messages, 0 of them erased\n`])
  expect((await cli(['export', id, ...there])).stdout).toBe(file)
  const copy = await cli(['import', '-', ...there, '--new-id', '--json'], file)
  expect(JSON.parse(copy.stdout)).toMatchObject({ source_id: id, messages: 2, erased: 0 })
})

it('conversation import says what is wrong with a file', async () => {
  const path = join(folder.path, 'bad.jsonl')
  writeFileSync(path, '{}\n')
  const refused = await cli(['import', path, '--json'])
  expect([refused.code, JSON.parse(refused.stderr)]).toMatchObject([
    1, { error: { code: 'invalid_conversation_file', message: expect.stringContaining('line 1') } },
  ])
  const missing = await cli(['import', join(folder.path, 'none'), '--json'])
  expect([missing.code, JSON.parse(missing.stderr).error.code]).toEqual([1, 'file_unreadable'])
  const unknown = await cli(['export', '00000000-0000-7000-8000-00000000dead'])
  expect([unknown.code, unknown.stdout]).toEqual([1, ''])
})
