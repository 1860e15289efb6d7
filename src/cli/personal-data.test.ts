import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { ensureBuilt, runCli, temporaryFolder } from '../testing/command-line.test.harness.js'

let folder: ReturnType<typeof temporaryFolder>

beforeAll(async () => {
  await ensureBuilt()
  folder = temporaryFolder()
}, 180_000)
afterAll(() => folder?.remove())

const environment = { HOLDFAST_DATABASE_URL: 'sqlite:people.db' }
const cli = (...words: string[]) => runCli(['user', ...words], { cwd: folder.path, environment })

it('a person is exported, then erased by name, then found gone', async () => {
  const path = join(folder.path, 'people.db')
  const holdfast = await openHoldfast({ database: `sqlite:${path}` })
  const { id: userId } = await holdfast.identity.createUser({ email: 'mallory@erased.test' })
  const { conversations, messages } = holdfast.organization('default', { id: 'x', userId })
  const { id } = await conversations.create({ title: 'canary' })
  await messages.append(id, { role: 'user', content: 'canary' })
  await holdfast.close()
  const exported = await cli('export', 'mallory@erased.test', '--out', 'person.jsonl')
  expect([exported.code, exported.stdout]).toEqual([0, ''])
  const lines = readFileSync(join(folder.path, 'person.jsonl'), 'utf8').trim().split('\n')
  expect(JSON.parse(lines.at(-1)!).rows).toMatchObject({ users: 1, conversations: 1, messages: 1 })
  if (process.platform !== 'win32') {
    expect(statSync(join(folder.path, 'person.jsonl')).mode & 0o777).toBe(0o600)
  }
  const unconfirmed = await cli('erase', 'mallory@erased.test')
  expect([unconfirmed.code, unconfirmed.stderr]).toEqual([2, expect.stringMatching(/--confirm/)])
  const words = ['erase', 'mallory@erased.test', '--confirm', 'mallory@erased.test', '--json']
  const { code, stdout } = await cli(...words)
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    user_id: userId, had_account: true, erased: { conversations: 1, messages: 1 }, unscrubbed: [],
  })
  const file = readFileSync(path, 'latin1')
  expect([file.includes('canary'), file.includes('mallory')]).toEqual([false, false])
  const gone = await cli('erase', 'mallory@erased.test', '--confirm', 'mallory@erased.test')
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringMatching(/no user mallory/)])
}, 60_000)
