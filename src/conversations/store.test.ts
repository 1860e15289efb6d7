import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { InvalidCursor } from '../database/page.js'
import { InvalidInput, InvalidValue, RevisionConflict } from '../errors.js'
import { contract, ManualClock, sequentialIds } from '../testing/index.js'
import {
  ConversationNotFound, ConversationStore, MessageLog, MessageNotFound,
} from './index.js'
import { type ConversationTables } from './tables.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const hard = '\u0000 \ud800 \ufdd0 é'

contract('conversations', (open) => {
  it('come back as they were created', async () => {
    const { organization: { conversations }, organizationId } = await open()
    const metadata = { [hard]: [1, -0, null, { ['__proto__']: hard }], b: 1, a: 2 }
    const created = await conversations.create({ title: hard, metadata })
    expect(created).toMatchObject({
      organizationId, title: hard, userId: null, messageCount: 0, revision: 1, archivedAt: null,
    })
    expect(await conversations.get(created.id)).toStrictEqual(created)
    expect(await conversations.get(created.id.toUpperCase())).toStrictEqual(created)
    expect(Object.keys((await conversations.get(created.id)).metadata)).toEqual([hard, 'b', 'a'])
    const plain = await conversations.create()
    expect(plain).toMatchObject({ title: null, metadata: {} })
    expect((await conversations.list()).data).toStrictEqual([plain, created])
  })

  it('take their time and id from the sources handed in', async () => {
    const { holdfast, organizationId } = await open()
    const clock = new ManualClock()
    const database = Database.over<ConversationTables>(holdfast.backend).within('all')
    const scope = { organizationId, actor: { id: 'test' } }
    const { signals } = holdfast.coordination
    const source = { clock, ids: sequentialIds(), signals }
    const log = new MessageLog(database, source)
    const store = new ConversationStore(database, scope, { ...source, log })
    const { id, createdAt } = await store.create()
    expect([id, createdAt])
      .toEqual(['00000000-0000-7000-8000-000000000001', '2026-01-01T00:00:00.000000Z'])
    clock.advance(1_500)
    expect(await store.update(id, {})).toMatchObject({
      createdAt, updatedAt: '2026-01-01T00:00:01.500000Z', revision: 2,
    })
  })

  it('that are not there are not found', async () => {
    const { organization: { conversations } } = await open()
    for (const call of [
      () => conversations.get(unknownId), () => conversations.update(unknownId, { title: 'x' }),
      () => conversations.update(unknownId, {}, 1), () => conversations.delete(unknownId),
    ]) {
      await expect(call()).rejects.toThrow(ConversationNotFound)
    }
    expect(await conversations.list()).toEqual({ data: [], nextCursor: null })
  })

  it('refuse what breaks a rule, and write nothing', async () => {
    const { organization: { conversations } } = await open()
    const refused: (readonly [object, typeof InvalidInput, string])[] = [
      [{ title: 'x'.repeat(1_001) }, InvalidInput, 'title'], [{ title: 7 }, InvalidInput, 'title'],
      [{ metadata: [] }, InvalidInput, 'metadata'], [{ metadata: null }, InvalidInput, 'metadata'],
      [{ metadata: { a: [Number.NaN] } }, InvalidValue, 'metadata.a[0]'],
      [{ metadata: { a: undefined } }, InvalidValue, 'metadata.a'],
    ]
    const { id } = await conversations.create()
    for (const [given, kind, field] of refused) {
      const [create, update] = [conversations.create(given), conversations.update(id, given)]
        .map((call) => call.catch((error: unknown) => error))
      expect(await create).toBeInstanceOf(kind)
      expect(await update).toBeInstanceOf(kind)
      expect([await create, await update]).toMatchObject([{ field }, { field }])
    }
    await expect(conversations.get('x')).rejects.toMatchObject({ field: 'conversation_id' })
    for (const limit of [0, 201, 1.5, Number.NaN]) {
      await expect(conversations.list({ limit })).rejects.toMatchObject({ field: 'limit' })
    }
    expect((await conversations.list()).data).toHaveLength(1)
  })

  it('belong to an organization and a user that exist', async () => {
    const { holdfast, organizationId } = await open()
    const nowhere = holdfast.organization(unknownId)
    await expect(nowhere.conversations.create()).rejects.toThrow(InvalidInput)
    const nobody = { id: 'user:nobody', userId: unknownId }
    const { conversations } = holdfast.organization(organizationId, nobody)
    await expect(conversations.create()).rejects.toThrow(InvalidInput)
  })

  it('change only what is given, and say when they are unchanged', async () => {
    const { organization: { conversations } } = await open()
    const created = await conversations.create({ title: 'a', metadata: { b: 1 } })
    const titled = await conversations.update(created.id, { title: hard })
    expect(titled).toMatchObject({ title: hard, metadata: { b: 1 }, revision: 2 })
    const cleared = await conversations.update(created.id, { title: null, metadata: {} }, 2)
    expect(cleared).toMatchObject({ title: null, metadata: {}, revision: 3 })
    const archived = await conversations.update(created.id, { archived: true }, 3)
    expect(archived.archivedAt).toBe(archived.updatedAt)
    expect(await conversations.update(created.id, { archived: false }))
      .toMatchObject({ archivedAt: null, createdAt: created.createdAt, revision: 5 })
  })

  it('conflict when somebody else changed them since', async () => {
    const { organization: { conversations } } = await open()
    const { id } = await conversations.create()
    await conversations.update(id, { title: 'a' }, 1)
    await expect(conversations.update(id, { title: 'b' }, 1)).rejects.toThrow(RevisionConflict)
    await expect(conversations.update(id, { title: 'b' }, 3)).rejects.toThrow(/revision 2/)
    expect((await conversations.get(id)).title).toBe('a')
  })

  it('let one of 20 changes of the same revision win', async () => {
    const { organization: { conversations } } = await open()
    const { id } = await conversations.create()
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, index) =>
      conversations.update(id, { title: `${index}` }, 1)))
    const won = outcomes.filter(({ status }) => status === 'fulfilled')
    expect(won).toHaveLength(1)
    expect(won[0]).toMatchObject({ value: await conversations.get(id) })
  })

  it('count every one of 20 changes at once', async () => {
    const { organization: { conversations } } = await open()
    const { id } = await conversations.create()
    const changed = await Promise.all(Array.from({ length: 20 }, () =>
      conversations.update(id, { title: 'x' })))
    expect(changed.map(({ revision }) => revision).sort((a, b) => a - b))
      .toEqual(Array.from({ length: 20 }, (_, index) => index + 2))
  })

  it('are paged newest first to the end, those made meanwhile left out', async () => {
    const { organization: { conversations } } = await open()
    const made = await Promise.all(Array.from({ length: 23 }, () => conversations.create()))
    const ids = made.map(({ id }) => id).sort().reverse()
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await conversations.list({ limit: 5, cursor })
      expect(page.data.length).toBeLessThanOrEqual(5)
      seen.push(...page.data.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
      await conversations.create()
    } while (cursor !== undefined)
    expect(seen).toEqual(ids)
  })

  it('are listed by user and by archive, each list with cursors of its own', async () => {
    const { holdfast, organizationId, organization } = await open()
    const user = await holdfast.identity.createUser({ email: `${organizationId}@store.test` })
    const { conversations } = holdfast.organization(organizationId, {
      id: `user:${user.id}`, userId: user.id,
    })
    const [first, second, third] = [
      await conversations.create(), await conversations.create(), await conversations.create(),
    ]
    await organization.conversations.create()
    await conversations.update(second.id, { archived: true })
    const ids = async (listing: Parameters<typeof conversations.list>[0]) =>
      (await organization.conversations.list(listing)).data.map(({ id }) => id)
    expect(await ids({ userId: user.id })).toEqual([third.id, first.id])
    expect(await ids({ userId: user.id, archived: true })).toEqual([second.id])
    expect(await ids({ archived: true })).toEqual([second.id])
    expect(await ids({})).toHaveLength(3)
    const { nextCursor } = await conversations.list({ limit: 1 })
    const cursor = nextCursor!
    for (const other of [{ userId: user.id }, { archived: true }, { cursor: `${cursor}x` }]) {
      await expect(conversations.list({ cursor, ...other })).rejects.toThrow(InvalidCursor)
    }
  })

  it('that are deleted take their messages with them', async () => {
    const { organization: { conversations, messages } } = await open()
    const { id } = await conversations.create()
    const message = await messages.append(id, { role: 'user', content: 'x' })
    await messages.append(id, { role: 'user', content: 'y', parentMessageId: message.id })
    await conversations.delete(id)
    await expect(conversations.get(id)).rejects.toThrow(ConversationNotFound)
    await expect(conversations.delete(id)).rejects.toThrow(ConversationNotFound)
    await expect(messages.list(id)).rejects.toThrow(ConversationNotFound)
    await expect(messages.get(id, message.id)).rejects.toThrow(MessageNotFound)
  })

  it('are deleted by one of 20 calls', async () => {
    const { organization: { conversations } } = await open()
    const { id } = await conversations.create()
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => conversations.delete(id)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('stay unseen and untouched by a neighbour', async () => {
    const { organization: { conversations }, neighbour } = await open()
    const theirs = neighbour.conversations
    const created = await conversations.create({ title: 'ours' })
    await conversations.create()
    const { nextCursor } = await conversations.list({ limit: 1 })
    for (const call of [
      () => theirs.get(created.id), () => theirs.update(created.id, { title: 'theirs' }),
      () => theirs.update(created.id, {}, 1), () => theirs.delete(created.id),
    ]) {
      await expect(call()).rejects.toThrow(ConversationNotFound)
    }
    await expect(theirs.list({ cursor: nextCursor! })).rejects.toThrow(InvalidCursor)
    expect((await theirs.list()).data).toEqual([])
    expect(await conversations.get(created.id)).toStrictEqual(created)
  })

  it('take part in a transaction that is rolled back', async () => {
    const { holdfast, organizationId, organization: { conversations } } = await open()
    const kept = await conversations.create()
    const failing = holdfast.transaction(async (transaction) => {
      const inside = transaction.organization(organizationId).conversations
      await inside.create()
      await inside.update(kept.id, { title: 'lost' })
      expect((await inside.list()).data).toHaveLength(2)
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect((await conversations.list()).data).toStrictEqual([kept])
  })
})
