import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { ensureBuilt, sharedCli, temporaryFolder } from '../testing/command-line.test.harness.js'
import { run } from './program.js'
import { Terminal } from './terminal.js'

const runCliHere = sharedCli(run, Terminal)
const uri = 'tag:example.com,2025:ünï/co de'
let folder: ReturnType<typeof temporaryFolder>
let holdfast: Holdfast
let id: string

beforeAll(async () => {
  await ensureBuilt()
  folder = temporaryFolder()
  holdfast = await openHoldfast({ database: url() })
  const { conversations, floors, agents } = holdfast.organization()
  id = (await conversations.create({ title: 'A panel' })).id
  await agents.register({ speakerUri: uri, serviceUrl: 'https://a.example', ttlSeconds: null })
  await floors.request({ conversationId: id, speakerUri: uri })
  await floors.request({ conversationId: id, speakerUri: 'b' }, { priority: 2, reason: 'a word' })
  await floors.join({ conversationId: id, speakerUri: 'c' })
}, 180_000)
afterAll(async () => {
  await holdfast?.close()
  folder?.remove()
})

const url = () => `sqlite:${join(folder.path, 'a.db')}`
const cli = (...words: readonly string[]) => runCliHere(words, {
  cwd: folder.path, environment: { HOLDFAST_DATABASE_URL: url() },
})
const linesOf = (text: string) => text.trim().split('\n')

it('floor show and floor watch tell who holds it, who waits, and what happened', async () => {
  const shown = await cli('floor', 'show', id)
  expect(shown.code).toBe(0)
  expect(linesOf(shown.stdout).map((line) => line.replace(/\d{4}-\S+Z/, 'T'))).toEqual([
    'exclusive, 300 s each, event 7', `holds    ${JSON.stringify(uri)}, fence 1, until T`,
    'waits 1  "b", priority 2, since T', 'present  "c"',
  ])
  const watched = await cli('floor', 'watch', id, '--from', '4', '--no-live')
  const lines = linesOf(watched.stdout).slice(4)
  expect(lines.map((line) => line.replace(/\d{4}-\S+Z/g, 'T'))).toEqual([
    `4  T  granted ${JSON.stringify(uri)} fence 1 until T`, '5  T  joined "b"',
    '6  T  requested "b" priority 2 "a word"', '7  T  joined "c"',
    `   holds: ${JSON.stringify(uri)}; waits: "b"`,
  ])
  const json = await cli('floor', 'watch', id, '--from', '1', '--no-live', '--json')
  const [state, ...events] = linesOf(json.stdout).map((line) => JSON.parse(line))
  expect(state).toMatchObject({ type: 'state', policy: 'exclusive', event_count: 7 })
  expect(events.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect(events[3]).toMatchObject({ type: 'granted', speaker_uri: uri, fence: 1 })
  const bare = await cli('floor', 'watch', id, '--no-live', '--json')
  expect(linesOf(bare.stdout)).toHaveLength(1)
  const beyond = await cli('floor', 'watch', id, '--from', '9', '--no-live', '--json')
  expect([beyond.code, JSON.parse(beyond.stderr).error.code]).toEqual([1, 'invalid_input'])
  expect((await cli('floor', 'watch', id, '--from', '0')).code).toBe(2)
})

it('agent list and agent show tell of agents; agent remove frees their floors', async () => {
  const listed = await cli('agent', 'list')
  expect(listed.stdout.trim())
    .toBe(`${JSON.stringify(uri)}  online  for ever  https://a.example`)
  const { agents } = JSON.parse((await cli('agent', 'list', '--json')).stdout)
  expect(agents).toMatchObject([{ speaker_uri: uri, status: 'online' }])
  expect(JSON.parse((await cli('agent', 'show', uri)).stdout)).toEqual(agents[0])
  expect((await cli('agent', 'list', '--status', 'stale')).stdout)
    .toBe('There is no such agent.\n')
  expect((await cli('agent', 'list', '--status', 'gone')).code).toBe(2)
  expect(await cli('agent', 'remove', uri)).toMatchObject({ code: 0 })
  const { holders } = JSON.parse((await cli('floor', 'show', id, '--json')).stdout)
  expect(holders).toMatchObject([{ speaker_uri: 'b', fence: 2 }])
  const again = await cli('agent', 'remove', uri, '--json')
  expect([again.code, JSON.parse(again.stderr).error.code]).toEqual([1, 'agent_not_found'])
})

it('floor revoke takes the floor away, with a reason of the specification', async () => {
  const refused = await cli('floor', 'revoke', id, 'b', '--reason', 'because', '--json')
  expect([refused.code, JSON.parse(refused.stderr).error.code]).toEqual([1, 'invalid_input'])
  expect((await cli('floor', 'revoke', id, 'b')).stdout).toBe('took the floor away from "b"\n')
  const { holders } = await holdfast.organization().floors.get(id)
  expect(holders).toEqual([])
})

it('floor watch goes on until the conversation is deleted', async () => {
  const { conversations, floors } = holdfast.organization()
  const { id: conversationId } = await conversations.create()
  const watching = cli('floor', 'watch', conversationId, '--from', '1', '--json')
  await floors.request({ conversationId, speakerUri: 'a' })
  await new Promise((done) => setTimeout(done, 2_000))
  await floors.yield({ conversationId, speakerUri: 'a' })
  await new Promise((done) => setTimeout(done, 1_500))
  await conversations.delete(conversationId)
  const { code, stdout } = await watching
  expect(code).toBe(0)
  expect(linesOf(stdout).map((line) => JSON.parse(line).type)).toEqual(
    ['state', 'configured', 'joined', 'requested', 'granted', 'yielded'])
})
