import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { sqliteDriver } from './database/dialects/sqlite-driver.js'
import { type ImportProgress, type ImportReport } from './lifecycle/import/index.js'
import { type ContractWorld, contract } from './testing/index.js'

const made: string[] = []
afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true })
})

type Files = Readonly<Record<string, unknown>>

function write(path: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), Buffer.isBuffer(content) ? content : JSON.stringify(content))
  }
}

function home(files: Files): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-openhands-'))
  made.push(path)
  write(path, files)
  return path
}

const sid = '239c6c5f302d4eaea9c394050f7e8dc7'
const id = '239c6c5f-302d-4eae-a9c3-94050f7e8dc7'
const of = (user: string) => `users/${user}/conversations/${sid}`
const event = (number: number, content = `say ${number}`) => ({
  id: number, timestamp: `2025-11-03T09:12:${10 + (number % 50)}.086621`, source: 'user',
  action: 'message', args: { content },
})
const metadata = {
  conversation_id: sid, user_id: 'alice', title: 'Über', created_at: '2025-11-03T09:12:00Z',
  last_updated_at: '2025-11-03T10:00:00Z', accumulated_cost: 0.1, prompt_tokens: 96,
  completion_tokens: 7, llm_model: 'm',
}
const store = (): Files => ({
  [`sessions/${sid}/metadata.json`]: metadata,
  [`${of('alice')}/events/0.json`]: event(0), [`${of('alice')}/events/1.json`]: event(1),
})
const v1Event = (name: string, second: number, more: object = {}) => ({
  id: name, timestamp: `2025-11-22T16:00:${second}`, kind: 'MessageEvent', source: 'user', ...more,
})

const imported = (
  { holdfast, organizationId }: ContractWorld, path: string,
  onProgress?: (progress: ImportProgress) => void,
) => holdfast.imports(organizationId).openHands(path, { settingsOf: 'organization', onProgress })

const told = ({ damaged }: ImportReport) =>
  damaged.map(({ place, reason, kept = '' }) => `${place}: ${reason} ${kept}`).join('\n')

async function saidIn({ organization }: ContractWorld, conversationId: string): Promise<unknown[]> {
  const { data } = await organization.messages.list(conversationId, { limit: 200 })
  return data.map(({ content }) => (content as { args: { content: string } }).args.content)
}

contract('an import of a home of OpenHands that was not left tidy', (open) => {
  it('takes events that are nowhere but in a page, also behind the last file', async () => {
    const world = await open()
    const page = `${of('alice')}/event_cache/0-25.json`
    const report = await imported(world, home({
      ...store(), [page]: [0, 1, 2, 4].map((number) => event(number)),
    }))
    expect(await saidIn(world, id)).toEqual(['say 0', 'say 1', 'say 2', 'say 4'])
    expect(report.counts.events).toMatchObject({ found: 4, imported: 4 })
    expect(told(report)).toMatch(/events\/2\.json: the file is not there recovered from .*0-25/)
    expect(told(report)).toMatch(/there is no event 3/)
  })

  it('keeps conversations of two people apart whose ids are the same', async () => {
    const world = await open()
    const bob = { [`${of('bob')}/events/0.json`]: event(0, 'of bob') }
    const path = home({ ...store(), ...bob })
    const report = await imported(world, path)
    expect(report.counts).toMatchObject({
      conversations: { found: 2, imported: 2 }, events: { found: 3, imported: 3 },
    })
    expect(report.skipped).toEqual([])
    const { data } = await world.organization.conversations.list()
    const ownerOf = (each: (typeof data)[number]) =>
      (each.metadata.openhands as { owner: string }).owner
    const other = data.find((each) => ownerOf(each) === 'bob')!
    expect(await saidIn(world, id)).toEqual(['say 0', 'say 1'])
    expect(await saidIn(world, other.id)).toEqual(['of bob'])
    expect(told(report)).toContain(`that of bob became ${other.id}`)
    expect((await imported(world, path)).counts.events).toMatchObject({ imported: 0, present: 3 })
  })

  it('keeps them apart in the layout of V1 as well, and layouts of one together', async () => {
    const world = await open()
    const [one, two, three] = ['a', 'b', 'c'].map((letter) => letter.repeat(32))
    const report = await imported(world, home({
      [`alice/v1_conversations/${sid}/${one}.json`]: v1Event(one!, 10, { args: { content: 'a' } }),
      [`bob/v1_conversations/${sid}/${two}.json`]: v1Event(two!, 11, { args: { content: 'b' } }),
      [`v1/events/${id}/20251122160012_MessageEvent_${three!}`]:
        v1Event(three!, 12, { args: { content: 'c' } }),
    }))
    const { data } = await world.organization.conversations.list()
    const said = await Promise.all(data.map((each) => saidIn(world, each.id)))
    expect(said.map((each) => each.join()).sort()).toEqual(['a,c', 'b'])
    expect(report.counts.events).toMatchObject({ found: 3, imported: 3, damaged: 0 })
  })

  it('reads files in the encoding of Windows, and says so', async () => {
    const world = await open()
    const latin = (value: unknown) => Buffer.from(JSON.stringify(value), 'latin1')
    const report = await imported(world, home({
      [`sessions/${sid}/metadata.json`]: latin(metadata),
      [`${of('alice')}/events/0.json`]: latin(event(0, 'Größe')),
      [`${of('alice')}/events/1.json`]: event(1, 'Größe'),
    }))
    expect((await world.organization.conversations.get(id)).title).toBe('Über')
    expect(await saidIn(world, id)).toEqual(['Größe', 'Größe'])
    const places = report.damaged.filter(({ kind }) => kind === 'files').map(({ place }) => place)
    expect(places.sort()).toEqual([`sessions/${sid}/metadata.json`, `${of('alice')}/events/0.json`])
  })

  it('keeps two secrets of one name, and says which got another', async () => {
    const world = await open()
    const path = home({
      ...store(), 'secrets.json': { custom_secrets: { KEY: { secret: 'one' } } },
      'settings.json': { secrets_store: { custom_secrets: { KEY: 'two', SAME: 'x' } } },
      '.openhands/secrets.json': { custom_secrets: { KEY: { secret: 'two' }, SAME: 'x' } },
    })
    const report = await imported(world, path)
    const { secrets } = world.organization
    const names = (await secrets.list()).data.map(({ name }) => name)
    const values = await Promise.all(names.map(async (name) => (await secrets.reveal(name)).value))
    expect(values.sort()).toEqual(['one', 'two', 'x'])
    expect(told(report)).toMatch(/^secrets\.json: custom_secrets\.KEY: another secret has its name/)
    const again = await imported(world, path)
    expect(again.counts.secrets).toMatchObject({ found: 5, imported: 0, present: 5 })
  })

  it('adds what a conversation cost since, once', async () => {
    const world = await open()
    const path = home(store())
    await imported(world, path)
    write(path, {
      [`sessions/${sid}/metadata.json`]: {
        ...metadata, accumulated_cost: 0.3, prompt_tokens: 500,
        last_updated_at: '2025-11-04T10:00:00Z',
      },
    })
    const since = await imported(world, path)
    expect(since.counts.usage).toMatchObject({ found: 1, imported: 1, damaged: 0 })
    const { usage } = world.organization
    const listed = async () => (await usage.listEvents({ conversationId: id })).data
      .map(({ costUsd, tokensIn, tokensOut }) => [costUsd, tokensIn, tokensOut])
    expect(await listed()).toEqual([['0.2', 404, 0], ['0.1', 96, 7]])
    const again = await imported(world, path)
    expect(again.counts.usage).toMatchObject({ imported: 0, present: 1 })
    expect(await listed()).toHaveLength(2)
  })

  it('brings a row whose id is longer than any, and begins with the first event', async () => {
    const world = await open()
    const [early, late] = ['f'.repeat(32), '0'.repeat(32)]
    const path = home({
      [`v1_conversations/${sid}/${early}.json`]: v1Event(early, 10),
      [`v1_conversations/${sid}/${late}.json`]: v1Event(late, 30),
    })
    const { DatabaseSync } = sqliteDriver()
    const database = new DatabaseSync(join(path, 'openhands.db'), {})
    database.exec('create table conversation_metadata (conversation_id text primary key, title)')
    database.prepare('insert into conversation_metadata values (?, ?)').run('x'.repeat(300), 'long')
    database.close()
    const report = await imported(world, path)
    expect(report.counts.conversations).toMatchObject({ found: 2, imported: 2 })
    expect((await world.organization.conversations.get(id)).createdAt)
      .toBe('2025-11-22T16:00:10.000000Z')
  })

  it('keeps the tree of events in any order, and a state that is too large', async () => {
    const world = await open()
    const uuid = (last: number) => `00000000-0000-4000-8000-00000000000${last}`
    // By the number of each event, the one that it follows; what 6 follows is broken.
    const parents: Readonly<Record<number, number>> = { 1: 3, 2: 1, 3: 0, 5: 4, 6: 7 }
    const folder = `conversations/${sid}`
    const said = (number: number) => v1Event(uuid(number), 10 + number, {
      ...(number in parents ? { parent_id: uuid(parents[number]!) } : {}),
    })
    const report = await imported(world, home({
      ...Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((number) =>
        [`${folder}/events/event-0000${number}-${uuid(number)}.json`, said(number)])),
      [`${folder}/events/event-00007-${uuid(7)}.json`]: Buffer.from('{"id'),
      [`${folder}/base_state.json`]: {
        pad: 'x'.repeat(1_100_000), agent: { llm: { api_key: 'sk-1' } },
      },
    }))
    const { data } = await world.organization.messages.list(id)
    expect(Object.fromEntries(data.map((each) => [each.id, each.parentMessageId]))).toEqual({
      [uuid(0)]: null, [uuid(1)]: uuid(3), [uuid(2)]: uuid(1), [uuid(3)]: uuid(0),
      [uuid(4)]: uuid(3), [uuid(5)]: uuid(4), [uuid(6)]: uuid(5),
    })
    expect(report.counts).toMatchObject({
      events: { found: 8, imported: 7, damaged: 1 }, states: { found: 1, imported: 0, damaged: 1 },
      secrets: { found: 1, imported: 1 },
    })
    expect(told(report)).toMatch(/openhands_base_state has more than 1048576 bytes.* attachment/)
    expect(told(report)).toMatch(/00006-.*: follows one that is not there/)
  })

  it('tells of files that go away while it reads, and brings the others', async () => {
    const world = await open()
    const events = Object.fromEntries(Array.from({ length: 150 }, (_, number) =>
      [`${of('alice')}/events/${number}.json`, event(number)]))
    const path = home({ ...events, [`${of('alice')}/state.pkl`]: 'x', 'a/lock': 1, 'b.tmp': 2 })
    const report = await imported(world, path, (progress) => {
      if (progress.type !== 'step' || progress.kind !== 'events') return
      for (const name of [`${of('alice')}/events/140.json`, `${of('alice')}/state.pkl`, 'a']) {
        rmSync(join(path, name), { recursive: true, force: true })
      }
    })
    expect(report.counts.events).toMatchObject({ found: 150, imported: 149, damaged: 1 })
    expect(told(report)).toMatch(/events\/140\.json: the file went away meanwhile/)
    expect(told(report)).toMatch(/state\.pkl: the file went away meanwhile/)
  })
})
