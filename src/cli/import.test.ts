import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
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
  const holdfast = await openHoldfast({ database: url('a') })
  const { conversations, messages } = holdfast.organization()
  id = (await conversations.create({ title: 'Out' })).id
  await messages.append(id, { role: 'user', content: 'kept' })
  await holdfast.close()
  write('conversations.json', JSON.stringify([{
    uuid, name: 'In', created_at: '2025-01-02T03:04:05.678901Z',
    updated_at: '2025-01-02T03:05:00Z', chat_messages: [{
      uuid: uuid.replace(/1$/, '2'), sender: 'human', text: 'hello',
      created_at: '2025-01-02T03:04:06Z', content: [{ type: 'text', text: 'hello' }],
    }],
  }, { name: 'broken' }]))
}, 180_000)
afterAll(() => folder?.remove())

const uuid = '00000000-0000-4000-8000-000000000001'
const url = (name: string) => `sqlite:${join(folder.path, `${name}.db`)}`
const write = (name: string, text: string) => writeFileSync(join(folder.path, name), text)
const cli = (words: readonly string[], database = 'a') => runCliHere(words, {
  cwd: folder.path, environment: { HOLDFAST_DATABASE_URL: url(database) },
})
const refusal = async (words: readonly string[], database?: string) => {
  const { code, stdout, stderr } = await cli([...words, '--json'], database)
  expect(stdout).toBe('')
  return [code, JSON.parse(stderr).error]
}

it('help tells the imports, what each needs, and what an export may be of', async () => {
  const imports = await cli(['import', '--help'])
  expect(imports.code).toBe(0)
  for (const each of ['orcheo', 'openhands', 'chatgpt', 'claude', 'archive']) {
    expect(imports.stdout).toMatch(new RegExp(`^  ${each} .*<(path|directory)>`, 'm'))
  }
  const openHands = await cli(['import', 'openhands', '--help'])
  expect(openHands.stdout).toMatch(/--settings-of <whose> .*needed/s)
  const exported = await cli(['export', '--help'])
  expect(exported.stdout).toMatch(/<path>.*--organization .*--conversation /s)
})

it('import takes a file once, tells what it did, and writes the report for its owner', async () => {
  const dry = await cli(['import', 'claude', 'conversations.json', '--dry-run'])
  expect(dry.stdout).toMatch(/^conversations: 2 found, 1 would be imported, 1 damaged$/m)
  const words = ['import', 'claude', 'conversations.json', '--report', 'report.json']
  const told = await cli(words)
  expect(told.code).toBe(0)
  expect(told.stdout).toMatch(/^messages: 1 found, 1 imported$/m)
  expect(told.stdout).toMatch(/^damaged: conversations\.json\[1\]: .* must have a uuid$/m)
  expect(told.stderr).toContain('1 things are damaged')
  expect(statSync(join(folder.path, 'report.json')).mode & 0o777).toBe(0o600)
  const again = await cli(['import', 'claude', 'conversations.json', '--json', '--strict'])
  expect([again.code, again.stderr]).toEqual([1, ''])
  const report = JSON.parse(again.stdout)
  expect(report).toMatchObject({
    format: 'holdfast.import-report', source: 'claude', dry_run: false,
    counts: { conversations: { found: 2, imported: 0, present: 1, damaged: 1 } },
  })
  expect(Object.keys(JSON.parse(readFileSync(join(folder.path, 'report.json'), 'utf8'))))
    .toEqual(Object.keys(report))
})

it('import begins nothing whose report it cannot write, and leaves none without one', async () => {
  const refused = await refusal(['import', 'claude', 'late.json', '--report', 'gone/r.json'])
  expect(refused).toEqual([1, expect.objectContaining({ code: 'file_not_written' })])
  // The file is not even there: it was not looked for.
  expect(await refusal(['import', 'claude', 'late.json', '--report', 'r.json']))
    .toEqual([1, expect.objectContaining({ code: 'invalid_input' })])
  expect(existsSync(join(folder.path, 'r.json'))).toBe(false)
  write('old.json', '"old"')
  await refusal(['import', 'claude', 'late.json', '--report', 'old.json'])
  expect(readFileSync(join(folder.path, 'old.json'), 'utf8')).toBe('"old"')
})

it('import names the input that is wrong and what it must be', async () => {
  write('none.json', '{"no": "array"}')
  const cases: [string[], number, string, RegExp][] = [
    [['claude', 'none'], 1, 'invalid_input', /no conversations\.json at none/],
    [['claude', 'none.json'], 1, 'invalid_input', /none\.json holds no array of conversations/],
    [['claude', 'none.json', '--organization', 'x'], 1, 'organization_not_found', /x/],
    [['openhands', '.'], 2, 'usage', /needs --settings-of/],
    [['openhands', '.', '--settings-of', 'nobody', '--user', 'x'], 2, 'usage',
      /--user must be <id in OpenHands>=<user here>, not x/],
    [['openhands', '.', '--settings-of', 'nobody', '--key', 'gone'], 1, 'file_unreadable', /gone/],
    [['openhands', '.', '--settings-of', 'who'], 1, 'user_not_found', /no user who/],
    [['orcheo', '.', '--vault-key', 'gone'], 1, 'file_unreadable', /gone/],
    [['claude', 'conversations.json', '--report', 'gone/r.json'], 1, 'file_not_written', /report/],
    [['archive', 'gone'], 1, 'invalid_archive', /gone/],
  ]
  for (const [words, status, code, sentence] of cases) {
    expect(await refusal(['import', ...words])).toEqual([status,
      expect.objectContaining({ code, message: expect.stringMatching(sentence) })])
  }
})

it.each(['all', 'all.tar'])('export writes %s, which import checks and reads', async (all) => {
  const other = `of ${all}`
  const told = await cli(['export', all])
  expect([told.code, told.stdout]).toEqual([0,
    expect.stringMatching(/^exported \d+ rows in \d+ files \(everything\)\nnote: /)])
  const { stdout } = await cli(['import', 'archive', all, '--verify', '--json'], other)
  expect(JSON.parse(stdout)).toMatchObject({
    format: 'holdfast.archive', scope: { kind: 'everything' },
  })
  expect((await cli(['import', 'archive', all], other)).stdout).toMatch(/^imported \d+ rows/)
  const shown = await cli(['conversation', 'export', id], other)
  expect(shown.stdout).toContain('"kept"')
  expect(await refusal(['import', 'archive', all], other)).toEqual([1,
    expect.objectContaining({ code: 'archive_conflict' })])
})

it('export of one conversation says so, and names what it needs', async () => {
  const scope = ['--organization', 'default', '--conversation', id]
  const { stdout } = await cli(['export', 'one', ...scope, '--json'])
  expect(JSON.parse(stdout)).toMatchObject({
    scope: { kind: 'conversation', conversation_id: id }, files: [{ name: 'conversation' }],
  })
  expect(await refusal(['export', 'two', '--conversation', id])).toEqual([2,
    expect.objectContaining({ message: expect.stringMatching(/--conversation needs --organ/) })])
  expect(await refusal(['export', 'one', ...scope])).toEqual([1, expect.objectContaining({
    code: 'invalid_input', message: 'one is not empty',
  })])
  const unknown = [...scope.slice(0, -1), '00000000-0000-7000-8000-00000000dead']
  expect(await refusal(['export', 'three', ...unknown])).toEqual([1,
    expect.objectContaining({ code: 'conversation_not_found' })])
})
