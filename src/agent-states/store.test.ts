import { expect, it } from 'vitest'
import { type JsonValue } from '../database/json.js'
import {
  ConversationNotFound, InvalidConfiguration, InvalidInput, InvalidValue, RevisionConflict,
} from '../errors.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import {
  type AgentState, AgentStateExists, AgentStateLimitReached, AgentStateNotFound, AgentStateLog,
  agentStatesTopic, AgentStateStore,
} from './index.js'
import { namesMax } from './rules.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const hard = '\u0000 \ud800 \ufdd0 é'
const twenty = Array.from({ length: 20 }, (_, index) => index)

/** A conversation of the world and the name of a state in it. */
async function begun(world: ContractWorld, name = 'graph_state') {
  const { states, conversations } = world.organization
  const { id: conversationId } = await conversations.create()
  return { states, conversationId, state: { conversationId, name } }
}

/** What refused calls were refused with. */
async function refusals(calls: readonly Promise<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(calls)
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
}

contract('agent states', (open) => {
  it('come back as they were put, whatever JSON they are', async () => {
    const world = await open()
    const { states, conversationId } = await begun(world)
    const documents: JsonValue[] = [
      null, false, 0, -0, hard, [], {}, { [hard]: [1, -0, null, { ['__proto__']: hard }], b: 1 },
    ]
    for (const [index, document] of documents.entries()) {
      const state = { conversationId: conversationId.toUpperCase(), name: `State:${index}.x-` }
      const put = await states.put(state, document)
      expect(put).toMatchObject({
        organizationId: world.organizationId, conversationId, name: state.name, revision: 1,
        change: index + 1,
      })
      expect(await states.get(state)).toStrictEqual(put)
      expect(await states.find(state)).toStrictEqual(put)
    }
  })

  it('count their revisions and keep when they began', async () => {
    const { states, state } = await begun(await open())
    const first = await states.put(state, { a: 1 })
    const second = await states.put(state, { a: 1 })
    expect(second).toMatchObject({ revision: 2, change: 2, createdAt: first.createdAt })
    expect(second.updatedAt >= first.updatedAt).toBe(true)
    expect(await states.get(state)).toStrictEqual(second)
  })

  it('that are not there are not found', async () => {
    const { states, state, conversationId } = await begun(await open())
    const elsewhere = { conversationId: unknownId, name: 'x' }
    for (const each of [state, elsewhere]) {
      expect(await states.find(each)).toBeUndefined()
      for (const call of [
        () => states.get(each), () => states.listRevisions(each), () => states.getRevision(each, 1),
      ]) await expect(call()).rejects.toThrow(AgentStateNotFound)
    }
    await expect(states.delete(state)).rejects.toThrow(AgentStateNotFound)
    await expect(states.patch(state, {}, { ifRevision: 1 })).rejects.toThrow(RevisionConflict)
    for (const call of [
      () => states.put(elsewhere, 1), () => states.put(elsewhere, 1, { ifAbsent: true }),
      () => states.put(elsewhere, 1, { ifRevision: 1 }), () => states.patch(elsewhere, {}),
      () => states.list(unknownId), () => states.delete(elsewhere),
    ]) await expect(call()).rejects.toThrow(ConversationNotFound)
    expect(await states.list(conversationId)).toEqual({ data: [], nextCursor: null })
    expect(await states.lastChange(conversationId)).toBe(0)
    expect(await states.changesAfter(unknownId, 0)).toEqual([])
  })

  it('are put only where their condition holds', async () => {
    const { states, state } = await begun(await open())
    await expect(states.put(state, 1, { ifRevision: 1 })).rejects.toThrow(RevisionConflict)
    await states.put(state, 1, { ifAbsent: true })
    await expect(states.put(state, 2, { ifAbsent: true })).rejects.toThrow(AgentStateExists)
    expect(await states.put(state, 2, { ifRevision: 1 })).toMatchObject({ revision: 2, change: 2 })
    await expect(states.put(state, 3, { ifRevision: 1 })).rejects.toThrow(/at revision 2/)
    await expect(states.patch(state, {}, { ifRevision: 1 })).rejects.toThrow(RevisionConflict)
    await expect(states.delete(state, { ifRevision: 1 })).rejects.toThrow(RevisionConflict)
    const { document, change } = await states.patch(state, { a: 1 }, { ifRevision: 2 })
    expect([document, change]).toEqual([{ a: 1 }, 3])
    await states.delete(state, { ifRevision: 3 })
    expect(await states.find(state)).toBeUndefined()
  })

  it('refuse what breaks a rule, and write nothing', async () => {
    const { states, state, conversationId } = await begun(await open())
    const call = (name: string, document?: unknown) =>
      states.put({ conversationId, name }, document as JsonValue)
    const big = 'x'.repeat(1024 * 1024)
    const refused: (readonly [() => Promise<unknown>, typeof InvalidInput, string])[] = [
      ...['', '.', '..', 'a b', 'a/b', 'é', 'x'.repeat(129), 7 as never].map((name) =>
        [() => call(name, {}), InvalidInput, 'name'] as const),
      [() => call('x', big), InvalidInput, 'document'],
      [() => call('x', '\ud800'.repeat(150_000)), InvalidInput, 'document'],
      [() => call('x', { a: [undefined] }), InvalidValue, 'document.a[0]'],
      [() => call('x', undefined), InvalidValue, 'document'],
      [() => states.patch(state, [] as never), InvalidInput, 'document'],
      [() => states.patch(state, null), InvalidInput, 'document'],
      [() => states.patch(state, { big }), InvalidInput, 'document'],
      [() => states.put(state, 1, { ifRevision: 1, ifAbsent: true }), InvalidInput, 'ifAbsent'],
      [() => states.put(state, 1, { ifRevision: 1.5 }), InvalidValue, 'revision'],
      [() => states.put({ ...state, conversationId: 'x' }, 1), InvalidValue, 'conversation_id'],
      [() => states.list(conversationId, { limit: 0 }), InvalidInput, 'limit'],
      [() => states.changesAfter(conversationId, 0, 201), InvalidInput, 'limit'],
    ]
    for (const [attempt, kind, field] of refused) {
      const error = await attempt().catch((reason: unknown) => reason)
      expect([error, field]).toEqual([expect.any(kind), (error as { field: string }).field])
    }
    expect((await states.list(conversationId)).data).toEqual([])
    expect(await call('x', 'x'.repeat(1024 * 1024 - 2))).toMatchObject({ revision: 1 })
    await expect(states.patch({ conversationId, name: 'x' }, { b: big })).rejects.toThrow('bytes')
  })

  it('merge patches as RFC 7396 has it', async () => {
    const { states, state } = await begun(await open())
    // The examples of the RFC's appendix in which the patch is an object.
    const cases: [JsonValue, JsonValue, JsonValue][] = [
      [{ a: 'b' }, { a: 'c' }, { a: 'c' }], [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
      [{ a: 'b' }, { a: null }, {}], [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
      [{ a: ['b'] }, { a: 'c' }, { a: 'c' }], [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
      [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
      [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }], [{ e: null }, { a: 1 }, { e: null, a: 1 }],
      [[1, 2], { a: 'b', c: null }, { a: 'b' }], ['a', { a: 'b' }, { a: 'b' }],
      [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
      [{}, JSON.parse(`{"__proto__": {"a": 1}}`), JSON.parse(`{"__proto__": {"a": 1}}`)],
    ]
    for (const [before, patch, after] of cases) {
      await states.put(state, before)
      expect((await states.patch(state, patch)).document).toStrictEqual(after)
      expect((await states.get(state)).document).toStrictEqual(after)
    }
    const absent = { ...state, name: 'absent' }
    expect((await states.patch(absent, { a: { b: 1, c: null } })).document).toEqual({ a: { b: 1 } })
  })

  it('keep all of 20 patches of different keys made at once, in one process and two', async () => {
    const world = await open()
    const { states, state, conversationId } = await begun(world)
    const other = world.isLasting ? await world.another() : world.holdfast
    const stores = [states, other.organization(world.organizationId).states]
    const patched = await Promise.all(twenty.map((index) =>
      stores[index % 2]!.patch(state, { [`key${index}`]: index, [hard]: { [index]: hard } })))
    const { document, revision } = await states.get(state)
    expect(document).toEqual({
      ...Object.fromEntries(twenty.map((index) => [`key${index}`, index])),
      [hard]: Object.fromEntries(twenty.map((index) => [index, hard])),
    })
    expect(revision).toBe(20)
    const numbers = (of: (state: AgentState) => number) => patched.map(of).sort((a, b) => a - b)
    expect(numbers((each) => each.revision)).toEqual(twenty.map((index) => index + 1))
    expect(numbers((each) => each.change)).toEqual(twenty.map((index) => index + 1))
    expect(await states.lastChange(conversationId)).toBe(20)
  })

  it('let one of 20 writers through that all saw the same', async () => {
    const { states, state, conversationId } = await begun(await open())
    const absent = await refusals(twenty.map((index) =>
      states.put(state, index, { ifAbsent: true })))
    expect(absent).toEqual(Array.from({ length: 19 }, () => expect.any(AgentStateExists)))
    for (const ifRevision of [1, 2]) {
      const stale = await refusals(twenty.map((index) => (index % 2 === 0
        ? states.put(state, { index }, { ifRevision })
        : states.patch(state, { index }, { ifRevision }))))
      expect(stale).toEqual(Array.from({ length: 19 }, () => expect.any(RevisionConflict)))
    }
    expect(await states.get(state)).toMatchObject({ revision: 3, change: 3 })
    expect(await states.lastChange(conversationId)).toBe(3)
  })

  it('number the changes of a conversation without gaps, whatever is refused', async () => {
    const world = await open()
    const { states, conversationId } = await begun(world)
    const another = await begun(world)
    const name = (index: number) => ({ conversationId, name: `s${index % 5}` })
    await Promise.allSettled(twenty.flatMap((index) => [
      states.put(name(index), index), states.put(name(index), index, { ifRevision: 99 }),
      states.patch(name(index), { index }), states.delete(name(index), { ifRevision: 98 }),
      another.states.put(another.state, index),
    ]))
    expect(await states.lastChange(conversationId)).toBe(40)
    expect(await states.lastChange(another.conversationId)).toBe(20)
    const changes = await states.changesAfter(conversationId, 0)
    expect(new Set(changes.map((each) => each.name)).size).toBe(5)
    expect(changes.at(-1)!.change).toBe(40)
  })
})

contract('what changed of agent states', (open) => {
  it('is told after any number, deletions too', async () => {
    const { states, conversationId } = await begun(await open())
    const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ conversationId, name }))
    for (const state of [a!, b!, c!, a!]) await states.put(state, state.name)
    await states.delete(b!)
    const told = (await states.changesAfter(conversationId, 0)).map((each) =>
      [each.change, each.name, each.revision, each.isDeleted])
    expect(told).toEqual([[3, 'c', 1, false], [4, 'a', 2, false], [5, 'b', 1, true]])
    expect(await states.changesAfter(conversationId, 4)).toMatchObject([{ name: 'b' }])
    expect(await states.changesAfter(conversationId, 0, 1)).toMatchObject([{ name: 'c' }])
    expect(await states.changesAfter(conversationId, 5)).toEqual([])
    expect(await states.put(b!, 'again')).toMatchObject({ revision: 2, change: 6 })
  })

  it('is signalled once it is committed, and never when it is rolled back', async () => {
    const world = await open()
    const { states, state, conversationId } = await begun(world)
    const { holdfast, organizationId } = world
    const heard: (string | undefined)[] = []
    const topic = agentStatesTopic({ organizationId, conversationId })
    const subscription = await holdfast.coordination.signals
      .subscribe(topic, ({ payload }) => heard.push(payload))
    await states.put(state, 1)
    await states.patch(state, { a: 1 })
    await holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).states.put(state, 2)
      await new Promise((done) => setTimeout(done, 20))
      expect(heard).toEqual(['1', '2'])
    })
    await expect(holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).states.patch(state, { lost: true })
      throw new Error('no')
    })).rejects.toThrow('no')
    await states.delete(state)
    await expect.poll(() => heard).toEqual(['1', '2', '3', '4'])
    await subscription.close()
  })
})

contract('revisions of agent states', (open) => {
  it('are kept with their documents, newest first, by pages to the end', async () => {
    const { states, state } = await begun(await open())
    for (const index of twenty.slice(0, 7)) await states.put(state, { index })
    const seen: number[] = []
    let cursor: string | undefined
    do {
      const page = await states.listRevisions(state, { limit: 3, ...(cursor && { cursor }) })
      seen.push(...page.data.map(({ revision }) => revision))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1])
    expect(await states.getRevision(state, 3))
      .toMatchObject({ ...state, revision: 3, change: 3, document: { index: 2 } })
    await expect(states.getRevision(state, 8)).rejects.toThrow(AgentStateNotFound)
  })

  it('are 20 at most, however many write at once', async () => {
    const { states, state } = await begun(await open())
    await Promise.all([...twenty, ...twenty].map((index) => states.patch(state, { index })))
    const { data } = await states.listRevisions(state)
    expect(data.map(({ revision }) => revision)).toEqual(twenty.map((index) => 40 - index))
  })

  it('are as many as configured, or none', async () => {
    const world = await open()
    const { states: others, state } = await begun(world)
    if (!world.isLasting) return
    await others.put(state, 1)
    const kept = async (revisionsMax: number) => {
      const holdfast = await world.another({ agentStates: { revisionsMax } })
      const { states } = holdfast.organization(world.organizationId)
      await states.put(state, 'last')
      return (await states.listRevisions(state)).data.map(({ revision }) => revision)
    }
    expect(await kept(2)).toEqual([2, 1])
    expect(await kept(1)).toEqual([3])
    expect(await kept(0)).toEqual([])
    await expect(world.another({ agentStates: { revisionsMax: -1 } }))
      .rejects.toThrow(InvalidConfiguration)
  })

  it('go with their state, and the next one goes on counting', async () => {
    const world = await open()
    const { states, state } = await begun(world)
    await states.put(state, { secret: hard })
    await states.put(state, { secret: hard })
    await states.delete(state)
    await expect(states.listRevisions(state)).rejects.toThrow(AgentStateNotFound)
    await expect(states.getRevision(state, 1)).rejects.toThrow(AgentStateNotFound)
    await expect(states.delete(state)).rejects.toThrow(AgentStateNotFound)
    await expect(states.put(state, 1, { ifRevision: 2 })).rejects.toThrow(RevisionConflict)
    expect(await states.put(state, 1, { ifAbsent: true })).toMatchObject({ revision: 3 })
    expect((await states.listRevisions(state)).data).toMatchObject([{ revision: 3 }])
  })
})

contract('agent states of a conversation', (open) => {
  it('are listed by name, by pages to the end', async () => {
    const world = await open()
    const { states, conversationId } = await begun(world)
    const names = ['B', 'a', 'a-b', 'a:b', 'z', '_', '10', '9'].sort()
    for (const name of names) await states.put({ conversationId, name }, { name })
    await states.put({ conversationId, name: 'gone' }, 1)
    await states.delete({ conversationId, name: 'gone' })
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await states.list(conversationId, { limit: 2, ...(cursor && { cursor }) })
      expect(page.data.every((entry) => !('document' in entry))).toBe(true)
      seen.push(...page.data.map(({ name }) => name))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual(names)
  })

  it('go with it, and a neighbour neither sees nor changes them', async () => {
    const world = await open()
    const { states, state, conversationId } = await begun(world)
    await states.put(state, { ours: true })
    const { neighbour } = world
    expect(await neighbour.states.find(state)).toBeUndefined()
    expect(await neighbour.states.changesAfter(conversationId, 0)).toEqual([])
    expect(await neighbour.states.lastChange(conversationId)).toBe(0)
    for (const call of [
      () => neighbour.states.put(state, 1), () => neighbour.states.patch(state, { a: 1 }),
      () => neighbour.states.list(conversationId), () => neighbour.states.delete(state),
    ]) await expect(call()).rejects.toThrow(ConversationNotFound)
    expect(await states.get(state)).toMatchObject({ document: { ours: true }, revision: 1 })
    await world.organization.conversations.delete(conversationId)
    expect(await states.find(state)).toBeUndefined()
    expect(await states.lastChange(conversationId)).toBe(0)
  })

  it('have as many names as there may be, deleted ones included', async () => {
    const world = await open()
    const { states, state, conversationId } = await begun(world)
    await states.put(state, 1)
    const { database } = world.holdfast
    await database.run(database.write.updateTable('agent_state_counters')
      .set({ name_count: namesMax as never })
      .where('conversation_id', '=', conversationId as never))
    const another = { ...state, name: 'another' }
    for (const call of [
      () => states.put(another, 1), () => states.put(another, 1, { ifAbsent: true }),
      () => states.patch(another, {}),
    ]) await expect(call()).rejects.toThrow(AgentStateLimitReached)
    expect(await states.put(state, 2)).toMatchObject({ revision: 2, change: 2 })
  })

  it('and its deletion do not wait for each other, however often', async () => {
    const world = await open()
    for (let round = 0; round < 10; round += 1) {
      const { states, state, conversationId } = await begun(world)
      await states.put(state, 1)
      const writing = refusals(twenty.map((index) =>
        states.put({ conversationId, name: `s${index}` }, index)))
      await world.organization.conversations.delete(conversationId)
      for (const reason of await writing) expect(reason).toBeInstanceOf(ConversationNotFound)
      expect(await states.changesAfter(conversationId, 0)).toEqual([])
    }
  }, 20_000)

  it('note at most once a minute that they were read', async () => {
    const world = await open()
    const { states, state } = await begun(world)
    const put = await states.put(state, 1)
    const clock = new ManualClock(Date.parse(put.updatedAt))
    const { holdfast, organizationId } = world
    const log = new AgentStateLog(holdfast.database.as(), {
      clock, ids: holdfast.ids, signals: holdfast.coordination.signals,
    })
    const reading = new AgentStateStore({ organizationId, actor: { id: 'reader' } }, {
      log, conversations: world.organization.conversations,
    })
    const accessed = async () => {
      await Promise.all(twenty.map(() => reading.get(state)))
      await log.idle()
      return (await reading.get(state)).lastAccessedAt
    }
    clock.advance(59_999)
    expect(await accessed()).toBe(put.lastAccessedAt)
    clock.advance(1)
    const then = await accessed()
    expect(Date.parse(then) - Date.parse(put.lastAccessedAt)).toBe(60_000)
    clock.advance(30_000)
    expect(await accessed()).toBe(then)
    expect(await states.get(state)).toMatchObject({ revision: 1, change: 1 })
  })
})
