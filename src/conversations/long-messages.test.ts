import { expect, it } from 'vitest'
import { contract, type ContractWorld } from '../testing/index.js'
import { EventReader } from './event-reader.js'
import { type ConversationEvent } from './events.js'
import { type ConversationTables } from './tables.js'

/** Longer than what a page reads at first. */
const long = (mark: string) => `${mark} needle ${'x'.repeat(300 * 1024)}`

const marksOf = (rows: readonly { content: unknown }[]) =>
  rows.map(({ content }) => String(content)[0])

async function filled({ organization: { conversations, messages } }: ContractWorld) {
  const { id } = await conversations.create({ title: 'long ones' })
  const made = []
  for (const mark of ['a', 'b', 'c', 'd', 'e', 'f']) {
    const content = mark === 'b' || mark === 'e' ? `${mark} needle` : long(mark)
    const metadata = { mark: mark === 'c' ? long('metadata') : mark }
    made.push(await messages.append(id, { role: 'user', content, metadata }))
  }
  return { id, made }
}

contract('long messages between short ones', (open) => {
  it('are listed whole, from both ends and page by page', async () => {
    const world = await open()
    const { id, made } = await filled(world)
    const { messages } = world.organization
    for (const order of ['asc', 'desc'] as const) {
      const { data } = await messages.list(id, { order })
      expect(data).toEqual(order === 'asc' ? made : made.toReversed())
      const paged = []
      for (let cursor: string | undefined; ;) {
        const page = await messages.list(id, { order, limit: 2, ...cursor && { cursor } })
        paged.push(...page.data)
        if (page.nextCursor === null) break
        cursor = page.nextCursor
      }
      expect(paged).toEqual(data)
    }
  })

  it('are whole on a path, in a context, in a search and in a file', async () => {
    const world = await open()
    const { id, made } = await filled(world)
    const { messages, conversations, contexts } = world.organization
    for (const order of ['asc', 'desc'] as const) {
      const { data } = await messages.path(id, { order })
      expect(data).toEqual(order === 'asc' ? made : made.toReversed())
    }
    expect((await contexts.get(id)).messages).toEqual(made)
    const { data: found } = await messages.search({ q: 'needle', conversationId: id })
    expect(found.map(({ message }) => message)).toEqual(made.toReversed())
    const lines = []
    for await (const line of conversations.export(id)) lines.push(line)
    expect(lines.join('')).toContain(long('f'))
    expect(lines.filter((line) => line.includes('needle')).length).toBe(6)
  })

  it('are whole as children of one message, and as roots', async () => {
    const { organization: { conversations, messages } } = await open()
    const { id } = await conversations.create({})
    const root = await messages.append(id, { role: 'user', content: long('r') })
    const made = []
    for (const mark of ['a', 'b', 'c']) {
      made.push(await messages.append(id, {
        role: 'user', content: mark === 'b' ? mark : long(mark), parentMessageId: root.id,
      }))
    }
    expect((await messages.children(id, root.id)).data).toEqual(made)
    const first = await messages.children(id, root.id, { limit: 2 })
    expect(first.data).toEqual(made.slice(0, 2))
    const { data, nextCursor } =
      await messages.children(id, root.id, { limit: 2, cursor: first.nextCursor! })
    expect([data, nextCursor]).toEqual([made.slice(2), null])
    expect((await messages.children(id, null)).data).toEqual([root])
  })

  it('are gone from all of them once they are erased', async () => {
    const world = await open()
    const { id, made } = await filled(world)
    const { messages } = world.organization
    await messages.delete(id, made[2]!.id)
    expect(marksOf((await messages.list(id)).data)).toEqual(['a', 'b', 'd', 'e', 'f'])
    expect(marksOf((await messages.path(id, { order: 'asc' })).data))
      .toEqual(['a', 'b', 'd', 'e', 'f'])
    const { data } = await messages.search({ q: 'needle', conversationId: id })
    expect(data.length).toBe(5)
  })

  it('are told as events, each once, in batches that end early', async () => {
    const { holdfast, organizationId, organization } = await open()
    const { conversations, messages } = organization
    const { id: conversationId } = await conversations.create({})
    const ids: string[] = []
    for (let count = 0; count < 24; count += 1) {
      const content = count % 3 === 0 ? 'short' : 'x'.repeat(700_000)
      ids.push((await messages.append(conversationId, { role: 'user', content })).id)
    }
    for (const id of ids) {
      await messages.update({ conversationId, id }, { metadata: { seen: true } })
    }
    const reader = new EventReader(holdfast.database.as<ConversationTables>())
    const key = { organizationId, conversationId } as never
    const told: ConversationEvent[] = []
    let from = (await reader.standing([key])).values().next().value!
    from = { ...from, position: 0, change: 0 }
    for (let more = true; more;) {
      const batch = await reader.read(key, from, false)
      expect(batch.events.length).toBeGreaterThan(0)
      expect(JSON.stringify(batch.events).length).toBeLessThan(11_000_000)
      told.push(...batch.events)
      ;({ more, next: from } = batch)
    }
    const named = (type: string) => told.flatMap((event) =>
      (event.type === type && 'message' in event ? [event.message.id] : []))
    expect([named('message.created'), named('message.updated')]).toEqual([ids, ids])
  })
})

contract('conversations with long metadata', (open) => {
  it('are listed whole between others, and page by page', async () => {
    const { organization: { conversations } } = await open()
    const made = []
    for (const mark of ['a', 'b', 'c', 'd', 'e']) {
      const of = mark === 'b' || mark === 'e' ? long(mark) : mark
      made.unshift(await conversations.create({ title: mark, metadata: { of } }))
    }
    expect((await conversations.list()).data).toEqual(made)
    const paged = []
    for (let cursor: string | undefined; ;) {
      const page = await conversations.list({ limit: 2, ...cursor && { cursor } })
      paged.push(...page.data)
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    expect(paged).toEqual(made)
  })

  it('come in pages that end early, and none is left out', async () => {
    const { organization: { conversations } } = await open()
    const made: string[] = []
    for (let count = 0; count < 6; count += 1) {
      const metadata = { of: 'x'.repeat(7_500_000) }
      made.unshift((await conversations.create({ metadata })).id)
    }
    const first = await conversations.list()
    expect(first.data.map(({ id }) => id)).toEqual(made.slice(0, 4))
    const { data, nextCursor } = await conversations.list({ cursor: first.nextCursor! })
    expect([data.map(({ id }) => id), nextCursor]).toEqual([made.slice(4), null])
  })
})
