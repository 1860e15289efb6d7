import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { InvalidCursor } from '../database/page.js'
import { InvalidInput, InvalidValue, RevisionConflict } from '../errors.js'
import { toldSinceMade } from '../testing/audit-world.test.harness.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { analyze, planOf, watchedBackend } from '../testing/plans.test.harness.js'
import { ConversationNotFound, ParticipantNotFound } from './index.js'
import { listConversations } from './listing.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const hard = '\u0000 \ud800 \ufdd0 é'
const twenty = Array.from({ length: 20 }, (_, index) => index)

/** A conversation with messages and an agent in it. */
async function begun({ organization }: ContractWorld, count = 0) {
  const { conversations, messages, participants } = organization
  const { id: conversationId } = await conversations.create()
  if (count > 0) {
    await messages.appendMany(conversationId, Array.from({ length: count }, () =>
      ({ role: 'user', content: 'x' })))
  }
  const name = { conversationId, participant: 'agent:planner' }
  return { conversations, messages, participants, conversationId, name }
}

contract('participants', (open) => {
  it('come back as they were put, by any name', async () => {
    const world = await open()
    const { participants, conversationId, name } = await begun(world)
    const userId = world.holdfast.ids.next()
    const metadata = { [hard]: [1, -0, null], b: 1, a: 2 }
    for (const participant of [
      'agent:x', `user:${userId}`, 'tag:openfloor.dev,2025:a/b?c=d#é', `urn:${hard}`, 'a:/../..',
      `uri:${'漢'.repeat(251)}`,
    ]) {
      const each = { conversationId, participant }
      const put = await participants.put(each, { role: 'owner', displayName: hard, metadata })
      expect(put).toMatchObject({
        participant, role: 'owner', displayName: hard, metadata, readPosition: 0, unreadCount: 0,
        revision: 1,
      })
      expect(await participants.get(put)).toStrictEqual(put)
    }
    const upper = { conversationId, participant: `user:${userId.toUpperCase()}` }
    expect(await participants.get(upper)).toMatchObject({ participant: `user:${userId}` })
    expect(await participants.put(upper, { role: 'member' })).toMatchObject({
      participant: `user:${userId}`, role: 'member', displayName: null, metadata: {}, revision: 2,
    })
    expect(await participants.put(name, { role: 'observer' }))
      .toMatchObject({ displayName: null, metadata: {} })
  })

  it('that are not there are not found', async () => {
    const { participants, name, conversationId } = await begun(await open())
    const elsewhere = { ...name, conversationId: unknownId }
    for (const each of [name, elsewhere]) {
      expect(await participants.find(each)).toBeUndefined()
      for (const call of [
        () => participants.get(each), () => participants.remove(each),
        () => participants.markRead(each),
      ]) await expect(call()).rejects.toThrow(ParticipantNotFound)
    }
    await expect(participants.put(elsewhere, { role: 'member' }))
      .rejects.toThrow(ConversationNotFound)
    await expect(participants.put(name, { role: 'member' }, { ifRevision: 1 }))
      .rejects.toThrow(RevisionConflict)
    await expect(participants.list(unknownId)).rejects.toThrow(ConversationNotFound)
    expect(await participants.list(conversationId)).toEqual({ data: [], nextCursor: null })
  })

  it('refuse what breaks a rule, and write nothing', async () => {
    const { participants, conversations, name, conversationId } = await begun(await open())
    const draft = { role: 'member' } as const
    const refused: (readonly [object, object, typeof InvalidInput, string])[] = [
      ...['', 'x', 'x:', ':x', 'User:x', 'user:anna', 'é:x', `x:${'y'.repeat(254)}`, 7 as never]
        .map((participant) => [{ participant }, draft, InvalidInput, 'participant'] as const),
      [{}, { role: 'king' }, InvalidInput, 'role'], [{}, {}, InvalidInput, 'role'],
      [{}, { ...draft, displayName: '' }, InvalidInput, 'display_name'],
      [{}, { ...draft, metadata: [] }, InvalidInput, 'metadata'],
      [{}, { ...draft, metadata: { a: undefined } }, InvalidValue, 'metadata.a'],
    ]
    for (const [given, said, kind, field] of refused) {
      const error = await participants.put({ ...name, ...given }, said as never)
        .catch((reason: unknown) => reason)
      expect([error, (error as { field: string }).field]).toEqual([expect.any(kind), field])
    }
    await expect(participants.markRead(name, -1)).rejects.toMatchObject({ field: 'position' })
    await expect(conversations.list({ participant: 'x' })).rejects.toThrow(InvalidInput)
    expect((await participants.list(conversationId)).data).toEqual([])
  })

  it('are added once by 20 at once, and changed by one of those that saw the same', async () => {
    const { participants, name, conversationId } = await begun(await open())
    await Promise.all(twenty.map(() => participants.put(name, { role: 'member' })))
    expect((await participants.list(conversationId)).data).toMatchObject([{ revision: 20 }])
    const results = await Promise.allSettled(twenty.map(() =>
      participants.put(name, { role: 'owner' }, { ifRevision: 20 })))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await participants.get(name)).toMatchObject({ role: 'owner', revision: 21 })
  })

  it('have read what they have read: positions only move forward', async () => {
    const { participants, messages, name, conversationId } = await begun(await open(), 25)
    const shown = ({ readPosition, unreadCount }: Awaited<ReturnType<typeof participants.get>>) =>
      [readPosition, unreadCount]
    expect(shown(await participants.put(name, { role: 'member' }))).toEqual([0, 25])
    await Promise.all(twenty.map((index) => participants.markRead(name, index + 1)))
    expect(shown(await participants.get(name))).toEqual([20, 5])
    expect(shown(await participants.markRead(name, 3))).toEqual([20, 5])
    expect(shown(await participants.markRead(name, 1_000))).toEqual([25, 0])
    await messages.append(conversationId, { role: 'user', content: 'new' })
    expect(shown(await participants.get(name))).toEqual([25, 1])
    expect(shown(await participants.put(name, { role: 'observer' }))).toEqual([25, 1])
    expect((await participants.list(conversationId)).data.map(shown)).toEqual([[25, 1]])
    expect(await participants.markRead(name)).toMatchObject({ readPosition: 26, revision: 2 })
  })

  it('are listed by name, by pages to the end', async () => {
    const { participants, conversationId } = await begun(await open())
    const names = ['a:\uffff', 'a:\u{1f600}', 'agent:b', 'agent:B', 'urn:x', 'agent:10', 'agent:9']
    for (const participant of names) {
      await participants.put({ conversationId, participant }, { role: 'member' })
    }
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await participants.list(conversationId, { limit: 2, ...(cursor && { cursor }) })
      seen.push(...page.data.map(({ participant }) => participant))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    const bytes = (text: string) => Buffer.from(text)
    expect(seen).toEqual(names.sort((a, b) => Buffer.compare(bytes(a), bytes(b))))
  })

  it('go with their conversation, and a neighbour neither sees nor changes them', async () => {
    const world = await open()
    const { participants, conversations, name, conversationId } = await begun(world)
    await participants.put(name, { role: 'member' })
    const { neighbour } = world
    for (const call of [
      () => neighbour.participants.get(name), () => neighbour.participants.markRead(name),
      () => neighbour.participants.remove(name),
    ]) await expect(call()).rejects.toThrow(ParticipantNotFound)
    await expect(neighbour.participants.put(name, { role: 'owner' }))
      .rejects.toThrow(ConversationNotFound)
    await expect(neighbour.participants.list(conversationId)).rejects.toThrow(ConversationNotFound)
    expect((await neighbour.conversations.list({ participant: name.participant })).data).toEqual([])
    expect(await participants.get(name)).toMatchObject({ role: 'member', revision: 1 })
    await conversations.delete(conversationId)
    expect(await participants.find(name)).toBeUndefined()
  })

  it('are told to the audit, but not their reading', async () => {
    const world = await open()
    const { participants, name, conversationId } = await begun(world)
    await participants.put(name, { role: 'member', displayName: 'secret' })
    await participants.markRead(name)
    await expect(participants.put(name, { role: 'owner' }, { ifRevision: 9 })).rejects.toThrow()
    await participants.remove(name)
    await expect(participants.remove(name)).rejects.toThrow()
    const told = (await toldSinceMade(world)).map(({ action, resourceId, details }) =>
      [action, resourceId, details])
    const { participant } = name
    const expected = [
      ['conversation.created', conversationId, {}],
      ['conversation.participant_set', conversationId, { participant, role: 'member' }],
      ['conversation.participant_removed', conversationId, { participant }],
    ]
    expect(told).toHaveLength(expected.length)
    expect(told).toEqual(expect.arrayContaining(expected))
  })
})

contract('conversations of a participant', (open) => {
  it('are listed newest first, by pages to the end, with the other filters', async () => {
    const world = await open()
    const { conversations, participants } = world.organization
    const participant = 'tag:dev.buddy,2025:a/é'
    const mine: string[] = []
    for (const index of twenty) {
      const { id } = await conversations.create()
      if (index % 3 === 0) continue
      await participants.put({ conversationId: id, participant }, { role: 'member' })
      await participants.put({ conversationId: id, participant: 'agent:b' }, { role: 'member' })
      if (index % 4 === 0) await conversations.update(id, { archived: true })
      else mine.unshift(id)
    }
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await conversations.list({ participant, limit: 3, ...(cursor && { cursor }) })
      seen.push(...page.data.map(({ id }) => id))
      if (page.nextCursor !== null) {
        await expect(conversations.list({ participant: 'agent:b', cursor: page.nextCursor }))
          .rejects.toThrow(InvalidCursor)
      }
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual(mine)
    expect((await conversations.list({ participant, archived: true })).data).toHaveLength(3)
    const [first] = (await conversations.list({ participant })).data
    expect(first).toStrictEqual(await conversations.get(mine[0]!))
    await participants.remove({ conversationId: mine[0]!, participant })
    expect((await conversations.list({ participant })).data[0]!.id).toBe(mine[1])
  })

  it('are found by an index', async () => {
    const world = await open()
    const { holdfast: { backend }, organization: { conversations, participants } } = world
    const { id: conversationId } = await conversations.create()
    // Few at a time: a slow machine lets nobody wait so long for a connection.
    for (let first = 0; first < 1_000; first += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, index) =>
        participants.put({ conversationId, participant: `agent:other-${first + index}` }, {
          role: 'observer',
        })))
    }
    await analyze(world)
    const sent: Statement[] = []
    const watched = Database.over<never>(watchedBackend(backend, (each) => sent.push(each)))
    const database = watched.within([world.organizationId])
    await listConversations(database.as(), world.organizationId as never, {
      participant: 'agent:b',
    })
    expect(await planOf(world, sent[0]!)).toContain('conversation_participants_of')
    expect((await conversations.list({ participant: 'agent:b' })).data).toEqual([])
  })
})
