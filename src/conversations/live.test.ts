import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Busy } from '../database/failures.js'
import { InvalidInput } from '../errors.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { EventReader } from './event-reader.js'
import { EventSignals } from './event-signals.js'
import {
  type ConversationEvent, ConversationNotFound, type ConversationStates, type StateChange,
} from './index.js'
import { LiveConversations } from './live.js'
import { type ConversationTables } from './tables.js'

const said = (content: string) => ({ role: 'user', content })
const beginning = '0.0.0'

type Stores = Pick<ContractWorld['organization'], 'conversations' | 'messages'>

/** Everything up to an event for which `isLast` is true. */
async function heard(
  events: AsyncGenerator<ConversationEvent>,
  isLast: (event: ConversationEvent) => boolean,
): Promise<ConversationEvent[]> {
  const found: ConversationEvent[] = []
  for await (const event of events) {
    found.push(event)
    if (isLast(event)) return found
  }
  return found
}

const count = (most: number) => {
  let left = most
  return () => (left -= 1) === 0
}

const words = (events: readonly ConversationEvent[]) => events.map((event) => {
  switch (event.type) {
    case 'message.created': return `+${String(event.message.content)}`
    case 'message.updated': return `~${String(event.message.content)}`
    case 'message.deleted': return `-${event.message.position}`
    case 'conversation.updated': return `=${event.conversation.title}`
    case 'branch.switched': return `>${event.activeLeafId}`
    default: return event.type
  }
})

contract('what happens in a conversation', (open) => {
  it('is told as it happens, and in the same order to those who come later', async () => {
    const { organization: { conversations, messages } } = await open()
    const { id } = await conversations.create()
    const events = conversations.events(id)
    expect((await events.next()).value).toEqual({ type: 'ready', id: beginning })
    const live = heard(events, count(10))
    const steps = [
      () => messages.append(id, said('a')),
      () => messages.appendMany(id, [said('b'), said('c')]),
      async () => {
        const { data: [a] } = await messages.list(id)
        await messages.update({ conversationId: id, id: a!.id }, { metadata: { seen: true } })
        return conversations.setActiveLeaf(id, a!.id)
      },
      () => messages.append(id, said('d')),
      () => conversations.update(id, { title: 'T' }),
      async () => {
        const { data } = await messages.list(id)
        await messages.delete(id, data[3]!.id)
      },
      () => messages.append(id, said('e')),
    ]
    for (const step of steps) {
      await step()
      await sleep(30)
    }
    const { data: [a] } = await messages.list(id)
    const told = words(await live)
    expect(told)
      .toEqual(['+a', '+b', '+c', '~a', `>${a!.id}`, '+d', '=T', '-4', `>${a!.id}`, '+e'])
    const late = words(await heard(conversations.events(id, { after: beginning }), count(10)))
    // The second switch of the active leaf is the one that is left.
    expect(late.slice(1)).toEqual(
      ['+a', '+b', '+c', '~a', '+null', '=T', '-4', `>${a!.id}`, '+e'])
    const ids = await heard(conversations.events(id, { after: beginning }), count(10))
    for (const [index, event] of ids.entries()) {
      const rest = await heard(conversations.events(id, { after: event.id! }), count(10 - index))
      expect(rest.slice(1)).toEqual(ids.slice(index + 1))
    }
  })

  it('is told in pages to who has missed much, each once', async () => {
    const { organization: { conversations, messages } } = await open()
    const { id } = await conversations.create()
    for (let turn = 0; turn < 5; turn += 1) {
      const appended = await messages.appendMany(id,
        Array.from({ length: 70 }, (_, index) => said(`${turn} ${index}`)))
      for (const { id: messageId } of appended) {
        await messages.update({ conversationId: id, id: messageId }, { metadata: { turn } })
      }
    }
    const all = await heard(conversations.events(id, { after: beginning }), count(701))
    const positions = all.flatMap((event) =>
      event.type === 'message.created' ? [event.message.position] : [])
    expect(positions).toEqual(Array.from({ length: 350 }, (_, index) => index + 1))
    const updated = all.flatMap((event) =>
      event.type === 'message.updated' ? [event.message.position] : [])
    expect(updated).toEqual(positions)
    expect(all.findIndex(({ type }) => type === 'message.updated')).toBe(71)
    expectRising(all)
  })

  it('is refused to neighbours, to ids of elsewhere, to too many', async () => {
    const { organization, neighbour, organizationId } = await open()
    const { conversations, messages } = organization
    const { id } = await conversations.create()
    await messages.append(id, said('a'))
    await expect(neighbour.conversations.events(id).next()).rejects.toThrow(ConversationNotFound)
    await expect(neighbour.conversations.typing(id)).rejects.toThrow(ConversationNotFound)
    for (const after of ['', 'x', '1', '1.0', '1.0.0.0', '-1.0.0', '2.0.0', '1.1.0', '1.0.1',
      '9999999999999999.0.0']) {
      const refused = conversations.events(id, { after }).next()
      await expect(refused, after).rejects.toThrow(InvalidInput)
      await expect(refused).rejects.toMatchObject({ field: 'after' })
    }
    await expect(conversations.typing(id, { ttlSeconds: 31 })).rejects
      .toMatchObject({ field: 'ttl_seconds' })
    const { live } = await liveOf(await open(), { readersMax: 1 })
    const key = { organizationId, conversationId: id } as never
    const first = live.follow(key)
    await first.next()
    await expect(live.follow(key).next()).rejects.toThrow(Busy)
    await first.return()
    await live.follow(key).next()
    live.close()
  })

  it('ends when the conversation is deleted, when sent home, when all is closed', async () => {
    const world = await open()
    const { organization: { conversations } } = world
    const { id } = await conversations.create()
    const other = await conversations.create()
    const ended = heard(conversations.events(id), () => false)
    const controller = new AbortController()
    const aborted = heard(conversations.events(other.id, { signal: controller.signal }),
      () => false)
    const { live } = await liveOf(world)
    const key = { organizationId: world.organizationId, conversationId: other.id } as never
    const closed = heard(live.follow(key), () => false)
    await sleep(50)
    await conversations.delete(id)
    expect((await ended).map(({ type }) => type)).toEqual(['ready', 'conversation.deleted'])
    controller.abort()
    live.close()
    expect(await Promise.all([aborted, closed])).toMatchObject([[{ type: 'ready' }], [{}]])
  })

  it('includes who is typing, to those who listen now', async () => {
    const { holdfast, organizationId, organization: { conversations, messages } } = await open()
    const { id } = await conversations.create()
    const live = heard(conversations.events(id), ({ type }) => type === 'message.created')
    await sleep(50)
    const anna = holdfast.organization(organizationId, { id: 'agent:anna' })
    await anna.conversations.typing(id, { ttlSeconds: 7 })
    await sleep(20)
    await messages.append(id, said('a'))
    expect((await live).slice(1)).toMatchObject([
      { type: 'typing', id: null, typing: { actorId: 'agent:anna', userId: null, ttlSeconds: 7 } },
      { type: 'message.created', id: '1.0.0' },
    ])
  })

  it('includes changes of the agent’s states, once and in order', async () => {
    const world = await open()
    const { organization: { conversations, messages }, organizationId } = world
    const { id } = await conversations.create()
    const states = new MemoryStates()
    const { live } = await liveOf(world, { states })
    const key = { organizationId, conversationId: id } as never
    states.change({ name: 'graph', revision: 1 })
    const events = live.follow(key)
    expect((await events.next()).value).toEqual({ type: 'ready', id: '0.0.1' })
    const told = heard(events, count(102))
    await messages.append(id, said('a'))
    for (let revision = 2; revision <= 102; revision += 1) {
      states.change({ name: 'graph', revision })
      if (revision === 50) await world.holdfast.coordination.signals.publish(states.topicOf())
    }
    await world.holdfast.coordination.signals.publish(states.topicOf())
    const all = await told
    expect(all[0]).toMatchObject({ type: 'message.created' })
    const revisions = all.slice(1).map((event) =>
      event.type === 'state.changed' ? event.state.revision : event)
    expect(revisions).toEqual(Array.from({ length: 101 }, (_, index) => index + 2))
    const rest = await heard(live.follow(key, { after: all[99]!.id! }), count(3))
    expect(rest.slice(1)).toEqual(all.slice(100))
    // A signal may be lost: a look finds it out.
    const late = live.follow(key)
    await late.next()
    states.change({ name: 'tool', revision: 1 })
    expect((await late.next()).value).toMatchObject({ state: { name: 'tool' }, id: '1.0.103' })
    live.close()
  }, 15_000)

  it('is the same list for 20 readers that drop and reconnect, on two processes', async () => {
    const { organization, organizationId, another, isLasting, holdfast } = await open()
    const second = (isLasting ? await another() : holdfast).organization(organizationId)
    const { id } = await organization.conversations.create()
    const both = [organization, second] as const
    const last = written(both, id)
    const readers = Array.from({ length: 20 }, (_, index) =>
      reconnecting(both[index % 2]!, id, index % 4 === 0 ? 0 : 0.1))
    await last
    const all = await Promise.all(readers)
    const { data } = await organization.messages.list(id, { limit: 200 })
    const { title } = await organization.conversations.get(id)
    const firstList = created(all[0]!)
    expect(firstList).toHaveLength(121)
    for (const events of all) {
      expectRising(events)
      expect(created(events)).toEqual(firstList)
      expect(statesOf(events)).toEqual(Object.fromEntries(
        data.map((message) => [message.id, message.metadata])))
      const deleted = events.filter(({ type }) => type === 'message.deleted')
      expect(deleted).toHaveLength(121 - data.length)
      expect(events.findLast((event) => event.type === 'conversation.updated'))
        .toMatchObject({ conversation: { title } })
    }
  }, 30_000)
})

/** Ids never go back, and none comes twice. */
function expectRising(events: readonly ConversationEvent[]): void {
  const ids = events.flatMap(({ id, type }) => (type === 'ready' ? [] : [id!]))
  expect(new Set(ids).size).toBe(ids.length)
  for (const [index, id] of ids.slice(1).entries()) {
    const [before, after] = [ids[index]!, id].map((each) => each.split('.').map(Number))
    expect(after!.every((part, place) => part >= before![place]!)).toBe(true)
  }
}

const created = (events: readonly ConversationEvent[]) => events.flatMap((event) =>
  event.type === 'message.created' ? [`${event.message.position} ${event.message.id}`] : [])

/** The metadata of living messages as the events leave them. */
function statesOf(events: readonly ConversationEvent[]) {
  const found = new Map<string, unknown>()
  for (const event of events) {
    if (event.type === 'message.created' || event.type === 'message.updated') {
      found.set(event.message.id, event.message.metadata)
    }
    if (event.type === 'message.deleted') found.delete(event.message.id)
  }
  return Object.fromEntries(found)
}

/** Appends 120 messages through both, with changes between them; then one that is the last. */
async function written(both: readonly Stores[], id: string): Promise<void> {
  await Promise.all(both.map(async ({ conversations, messages }, writer) => {
    for (let turn = 0; turn < 30; turn += 1) {
      const [a, b] = await messages.appendMany(id, [said(`${writer} ${turn}`), said('more')])
      await messages.update({ conversationId: id, id: a!.id }, { metadata: { turn } })
      if (turn % 5 === 0) await messages.delete(id, b!.id)
      if (turn % 3 === 0) await conversations.setActiveLeaf(id, a!.id)
      if (turn % 7 === 0) await conversations.update(id, { title: `${writer} ${turn}` })
    }
  }))
  await both[0]!.messages.append(id, said('last'))
}

/** Listens until the last message, going away at random and coming back. */
async function reconnecting(
  { conversations }: Stores,
  id: string,
  drops: number,
): Promise<ConversationEvent[]> {
  const all: ConversationEvent[] = []
  for (let after = beginning; ;) {
    for await (const event of conversations.events(id, { after })) {
      if (event.type === 'ready') continue
      all.push(event)
      after = event.id!
      if (event.type === 'message.created' && event.message.content === 'last') return all
      if (Math.random() < drops) break
    }
    await sleep(Math.random() * 20)
  }
}

/** What a suite makes of live conversations of its own. */
async function liveOf(
  { holdfast }: ContractWorld,
  more: { readonly states?: ConversationStates; readonly readersMax?: number } = {},
) {
  const { signals } = holdfast.coordination
  const reader = new EventReader(holdfast.database.as<ConversationTables>(), more.states)
  const events = new EventSignals(signals)
  return { live: new LiveConversations({ reader, events, signals, ...more }) }
}

/** States of one conversation, in memory. */
class MemoryStates implements ConversationStates {
  readonly #changes: StateChange[] = []

  change(data: StateChange['data']): void {
    this.#changes.push({ change: this.#changes.length + 1, data })
  }

  topicOf = () => 'states-of-a-test'

  async changesAfter(_name: unknown, change: number, limit: number) {
    return this.#changes.slice(change, change + limit)
  }

  async lastChanges(names: readonly unknown[]) {
    return names.map(() => this.#changes.length)
  }
}
