import { expect, it } from 'vitest'
import { connect } from '../database/connect.js'
import { type Backend, type Statement } from '../database/engine.js'
import { Database } from '../database/database.js'
import { InvalidCursor } from '../database/page.js'
import { InvalidInput, InvalidValue } from '../errors.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { analyze, planOf, watchedBackend } from '../testing/plans.test.harness.js'
import { MessageLog, type MessageSearch, MessageStore } from './index.js'
import { IndexBatch } from './index-batch.js'
import { type ConversationTables } from './tables.js'
import { type ConversationKey } from './transfer-format.js'

const say = (content: string) => ({ role: 'user', content })

async function talk(world: ContractWorld, ...said: string[]) {
  const { organization: { conversations, messages } } = world
  const { id } = await conversations.create()
  const appended = []
  for (const each of said) appended.push(await messages.append(id, say(each)))
  return { id, appended }
}

const contents = async ({ organization: { messages } }: ContractWorld, search: MessageSearch) =>
  (await messages.search(search)).data.map(({ message }) => message.content)

/** Every byte of the tables behind search, as text. */
async function kept(backend: Backend): Promise<string> {
  const shadows = ['data', 'content', 'docsize', 'idx', 'config']
    .map((part) => `message_words_${part}`).concat('message_terms_leaving')
  const texts = []
  for (const name of ['message_terms', ...backend.engine.rowLocks ? [] : shadows]) {
    const read = { sql: `select * from ${name}`, parameters: [], readOnly: true, reach: 'all' }
    const { rows } = await backend.run(read).catch(() => ({ rows: [] }))
    for (const value of rows.flatMap((row) => Object.values(row))) {
      const isText = !(value instanceof Uint8Array)
      texts.push(isText ? String(value) : Buffer.from(value).toString('latin1'))
    }
  }
  return texts.join('\n')
}

contract('search for messages', (open) => {
  it('finds what is acknowledged at once, newest first, and shows where', async () => {
    const world = await open()
    const { organization: { messages } } = world
    const { appended: [first, second] } = await talk(
      world, 'The agent asked a Tool.', `${'so '.repeat(40)}🚀 tools & TOOL, <b>tool</b>`, 'nothing')
    const { data, nextCursor, complete } = await messages.search({ q: 'tool' })
    expect([nextCursor, complete]).toEqual([null, true])
    expect(data.map(({ message }) => message)).toStrictEqual([second, first])
    expect(data.map(({ highlight }) => highlight)).toEqual([
      { path: '', offset: 71, snippet: expect.stringMatching(/<b>tool<\/b>$/),
        ranges: [{ start: 60, end: 64 }, { start: 69, end: 73 }] },
      { path: '', offset: 0, snippet: 'The agent asked a Tool.', ranges: [{ start: 18, end: 22 }] },
    ])
    const part = [{ type: 'text', text: 'deep inside' }]
    await messages.append((await talk(world)).id, { role: 'user', content: part })
    expect((await messages.search({ q: 'DEEP' })).data[0]!.highlight)
      .toMatchObject({ path: '/0/text', ranges: [{ start: 0, end: 4 }] })
  })

  it('knows words, phrases, exclusions and beginnings', async () => {
    const world = await open()
    await talk(world, 'red green blue', 'green red', 'red greenish', 'Crème brûlée in 北京大学')
    for (const [q, count] of [
      ['red green', 2], ['"red green"', 1], ['red -green', 1], ['red green*', 3], ['-red', 0],
      ['creme BRULEE', 1], ['京大', 1], ['北', 1], ['京学', 0], ['red OR blue', 0], ['', 0], ['"', 0],
      ['red-green', 1], ['red -"green blue"', 2],
    ] as const) expect([q, (await contents(world, { q })).length]).toEqual([q, count])
  })

  it('is narrowed by conversation, user, author, role, kind and time', async () => {
    const world = await open()
    const { holdfast, organizationId, organization: { messages } } = world
    const user = await holdfast.identity.createUser({ email: `${organizationId}@search.test` })
    const theirs = holdfast.organization(organizationId, { id: `user:${user.id}`, userId: user.id })
    const mine = await theirs.conversations.create()
    const { id, appended: [plain] } = await talk(world, 'word plain')
    const tool = await messages.append(mine.id, {
      role: 'tool', kind: 'tool_call', author: 'agent:a', content: 'word tool',
    })
    const only = async (search: Omit<MessageSearch, 'q'>) =>
      contents(world, { q: 'word', ...search })
    expect(await only({})).toEqual(['word tool', 'word plain'])
    for (const search of [
      { conversationId: mine.id }, { userId: user.id }, { author: 'agent:a' }, { role: 'tool' },
      { kind: 'tool_call' }, { role: 'tool', author: 'agent:a' },
    ]) expect([search, await only(search)]).toEqual([search, ['word tool']])
    expect(await only({ conversationId: id, role: 'tool' })).toEqual([])
    const future = '2999-01-01T00:00:00.000000Z'
    expect(await only({ from: plain!.createdAt, to: future })).toHaveLength(2)
    expect(await only({ to: plain!.createdAt })).toEqual([])
    expect(await only({ from: future })).toEqual([])
    expect(tool.createdAt >= plain!.createdAt).toBe(true)
    await expect(only({ from: 'yesterday' })).rejects.toThrow(InvalidValue)
    await expect(only({ conversationId: 'x' })).rejects.toMatchObject({ field: 'conversation_id' })
    await expect(only({ limit: 0 })).rejects.toThrow(InvalidInput)
  })

  it('finds what was appended in any way, once', async () => {
    const world = await open()
    const { holdfast, organizationId, organization: { messages } } = world
    const { id, appended: [first] } = await talk(world, 'word 0')
    await messages.append(id, say('word 1'), { idempotencyKey: 'k' })
    await messages.append(id, say('word 1'), { idempotencyKey: 'k' })
    await messages.appendMany(id, [say('word 2'), say(''), say('word 3')])
    await messages.append(id, { ...say('word 4'), parentMessageId: first!.id })
    const { data: [leaf] } = await messages.path(id)
    await messages.append(id, { ...say('word 5'), parentMessageId: leaf!.id })
    await holdfast.transaction(async (transaction) => {
      const inside = transaction.organization(organizationId).messages
      await inside.append(id, say('word 6'))
      expect((await inside.search({ q: 'word 6' })).data).toHaveLength(1)
    })
    await Promise.all(Array.from({ length: 20 }, (_, index) =>
      messages.append(id, say(`word ${7 + index}`))))
    const rolledBack = holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).messages.append(id, say('word lost'))
      throw new Error('changed my mind')
    })
    await expect(rolledBack).rejects.toThrow('changed my mind')
    const nowhere = '00000000-0000-7000-8000-00000000dead'
    await expect(messages.append(nowhere, say('word lost'))).rejects.toThrow('no conversation')
    const found = await contents(world, { q: 'word', limit: 200 })
    expect(found).toEqual(Array.from({ length: 27 }, (_, index) => `word ${26 - index}`))
  })

  it('is paged to the end, and new messages do not disturb it', async () => {
    const world = await open()
    const { organization: { messages } } = world
    const said = Array.from({ length: 23 }, (_, index) => `word ${index}`)
    const { id, appended } = await talk(world, ...said)
    const seen: unknown[] = []
    let cursor: string | undefined
    do {
      const page = await messages.search({ q: 'word', limit: 5, cursor })
      seen.push(...page.data.map(({ message }) => message.content))
      cursor = page.nextCursor ?? undefined
      await messages.append(id, say('word, meanwhile'))
      if (seen.length === 5) await messages.delete(id, appended[18]!.id)
    } while (cursor !== undefined)
    expect(seen).toEqual([...said].reverse())
    const { nextCursor } = await messages.search({ q: 'word', limit: 1 })
    for (const other of [
      { q: 'words' }, { q: 'word', role: 'user' }, { q: 'word', conversationId: id },
    ]) {
      await expect(messages.search({ limit: 1, cursor: nextCursor!, ...other }))
        .rejects.toThrow(InvalidCursor)
    }
  })

  it('shows nothing of a neighbour', async () => {
    const world = await open()
    const { neighbour } = world
    const { id } = await talk(world, 'secret canary')
    await talk({ ...world, organization: neighbour }, 'their word')
    expect((await neighbour.messages.search({ q: 'canary' })).data).toEqual([])
    expect((await neighbour.messages.search({ q: 'can*', conversationId: id })).data).toEqual([])
    expect(await contents(world, { q: 'their' })).toEqual([])
  })

  it('forgets what is erased, to the last byte', async () => {
    const world = await open()
    const { holdfast, organization: { conversations, messages } } = world
    const { backend } = holdfast
    const { id, appended: [first] } = await talk(world, 'qqqcanary stays', 'canarytwo stays')
    const other = await talk(world, 'xxxcanary stays')
    const rest = await talk(world, 'neighbours stay')
    await holdfast.indexer().pass()
    expect(await kept(backend)).toMatch(/qqqcanary[^]*xxxcanary/)
    await messages.update({ conversationId: id, id: first!.id }, { metadata: { a: 1 } })
    expect(await contents(world, { q: 'qqqcanary' })).toHaveLength(1)
    await messages.delete(id, first!.id)
    await conversations.delete(other.id)
    expect(await contents(world, { q: 'canary*' })).toEqual(['canarytwo stays'])
    const after = await kept(backend)
    expect(after).not.toMatch(/qqq|xxx/)
    expect(await contents(world, { q: 'stay*' })).toHaveLength(2)
    await conversations.delete(rest.id)
    expect(await contents(world, { q: 'neighbours' })).toEqual([])
  })

  it('lets words leave behind their conversation, and none of those that come then', async () => {
    const { another } = await open()
    const holdfast = await another({ backgroundIndexing: false })
    const { id: organizationId } = await holdfast.organizations.create({ name: 'Leaving' })
    const { conversations, messages } = holdfast.organization(organizationId)
    const { id } = await conversations.create()
    const said = Array.from({ length: 200 }, (_, index) => say(`leaving w${index}`))
    await messages.appendMany(id, said)
    await holdfast.indexer().pass()
    const lines: string[] = []
    for await (const line of conversations.export(id)) lines.push(line)
    await holdfast.transaction((transaction) =>
      transaction.organization(organizationId).conversations.delete(id))
    expect((await messages.search({ q: 'leaving' })).data).toEqual([])
    // The same messages, of the same moments; their words come before the others have left.
    await conversations.import(lines)
    const database = Database.over<ConversationTables>(holdfast.backend).within('all')
    const batch = new IndexBatch(database, holdfast.ids)
    const key = { organizationId, conversationId: id } as ConversationKey
    while ((await batch.step([key], 64)).finished.length === 0) continue
    await holdfast.indexer().pass()
    expect((await messages.search({ q: 'leaving', limit: 200 })).data).toHaveLength(200)
    expect((await messages.search({ q: 'w57' })).data).toHaveLength(1)
    await holdfast.transaction((transaction) =>
      transaction.organization(organizationId).conversations.delete(id))
    await holdfast.indexer().pass()
    expect(await kept(holdfast.backend)).not.toMatch(/leaving/)
  })

  it('keeps a text that is too large, and finds it by its beginning', async () => {
    const world = await open()
    const text = `beginning ${'filling words '.repeat(60_000)} ending`
    const { appended: [message] } = await talk(world, text)
    expect(await contents(world, { q: 'beginning filling' })).toEqual([text])
    expect(await contents(world, { q: 'ending' })).toEqual([])
    expect(message!.content).toBe(text)
    const long = 'é'.repeat(6)
    const many = Array.from({ length: 16_300 }, (_, index) => `w${index}x${long}`).join(' ')
    await talk(world, many)
    expect(await contents(world, { q: 'w9999xeeeeee w16000xeeeeee' })).toEqual([many])
  })
})

/** What autovacuum does sooner or later. */
async function vacuum(world: ContractWorld): Promise<void> {
  await analyze(world)
  if (!world.holdfast.backend.engine.shared) return
  const admin = await connect(world.adminUrl, { poolMax: 1 })
  await admin.run({ sql: 'vacuum message_terms', parameters: [], reach: null })
    .finally(() => admin.close())
}

contract('a long list of messages', (open) => {
  it('is searched by an index', async () => {
    const world = await open()
    const { holdfast, organizationId, organization: { conversations, messages } } = world
    const { id } = await conversations.create()
    for (let from = 0; from < 3_000; from += 500) {
      await messages.appendMany(id, Array.from({ length: 500 }, (_, index) =>
        say(`message w${from + index} of many`)))
    }
    await holdfast.indexer().pass()
    await vacuum(world)
    const seen: Statement[] = []
    const watching = watchedBackend(holdfast.backend, (statement) => seen.push(statement))
    const { clock, ids, coordination: { signals } } = holdfast
    const database = Database.over<ConversationTables>(watching).within('all')
    const log = new MessageLog(database, { clock, ids, signals })
    const store = new MessageStore(log, { organizationId, actor: { id: 'test' } })
    for (const search of [
      { q: 'w77' }, { q: 'w77', conversationId: id }, { q: 'w299*' },
      { q: '"message w77"', role: 'user' },
    ]) {
      seen.length = 0
      expect((await store.search(search)).data.length).toBeGreaterThan(0)
      const plan = await planOf(world, seen[0]!)
      expect(plan).toMatch(/message_terms_terms|VIRTUAL TABLE INDEX \d+:M/)
      expect(plan).not.toMatch(/Seq Scan on message|SCAN [mw]\b/)
    }
  }, 60_000)
})
