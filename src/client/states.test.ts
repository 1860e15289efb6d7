import { expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { startServer } from '../server/index.js'
import { createClient } from './index.js'

it('a context and its summary are read and written over the client', async () => {
  const holdfast = await openHoldfast()
  const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
  const { token } = await holdfast.organization().serviceTokens.create(
    { name: 'agent', scopes: ['conversations:*'] })
  const { conversations, messages } = createClient({ url: server.url, token })
  const { id } = await conversations.create()
  const { id: messageId } = await messages.append(id, { role: 'user', content: 'Hello' })

  const given = { text: 'A greeting.', up_to_message_id: messageId }
  const summary = await conversations.putSummary(id, given, { ifAbsent: true })
  expect(await conversations.context(id, { limit: 1 }))
    .toMatchObject({ messages: [{ id: messageId }], has_more: false, summary })
  await expect(conversations.deleteSummary(id, { ifRevision: 2 }))
    .rejects.toMatchObject({ code: 'revision_conflict' })
  expect(await conversations.getSummary(id)).toEqual(summary)
  await conversations.deleteSummary(id)
  expect((await conversations.context(id)).summary).toBeNull()

  await server.close()
  await holdfast.close()
})

it('participants are added, read and found by any name over the client', async () => {
  const holdfast = await openHoldfast()
  const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
  const { token } = await holdfast.organization().serviceTokens.create(
    { name: 'agent', scopes: ['conversations:*'] })
  const { conversations, messages, participants } = createClient({ url: server.url, token })
  const { id } = await conversations.create()
  await messages.append(id, { role: 'user', content: 'Hello' })
  const participant = 'tag:openfloor.dev,2025:a/b?c=d#é%2F'
  const name = { conversation_id: id, participant }

  const added = await participants.put(name, { role: 'observer', display_name: 'É' })
  expect(added).toMatchObject({ participant, unread_count: 1, revision: 1 })
  await expect(participants.put(name, { role: 'owner' }, { ifRevision: 2 }))
    .rejects.toMatchObject({ code: 'revision_conflict' })
  expect(await participants.markRead(added)).toMatchObject({ read_position: 1, unread_count: 0 })
  expect((await participants.get(name)).display_name).toBe('É')
  const all = []
  for await (const each of participants.each(id)) all.push(each.participant)
  expect(all).toEqual([participant])
  expect((await conversations.list({ participant })).data).toMatchObject([{ id }])
  await conversations.update(id, { metadata: { topics: ['a', 'é'] } })
  expect((await conversations.list({ metadata: { topics: ['é'] } })).data).toMatchObject([{ id }])
  expect((await conversations.list({ participant, metadata: { topics: ['b'] } })).data).toEqual([])
  await participants.remove(name)
  expect((await participants.list(id)).data).toEqual([])

  await server.close()
  await holdfast.close()
})

it('agent states are put, patched, listed and read back over the client', async () => {
  const holdfast = await openHoldfast()
  const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
  const { token } = await holdfast.organization().serviceTokens.create(
    { name: 'agent', scopes: ['conversations:*', 'states:*'] })
  const { conversations, states } = createClient({ url: server.url, token })
  const { id } = await conversations.create()
  const name = { conversation_id: id, name: 'graph_state' }

  const first = await states.put(name, { document: { step: 1 } }, { ifAbsent: true })
  await expect(states.put(name, { document: {} }, { ifAbsent: true }))
    .rejects.toMatchObject({ code: 'agent_state_exists' })
  const { revision } = await states.patch(first, { document: { done: [] } }, { ifRevision: 1 })
  await expect(states.delete(name, { ifRevision: 1 }))
    .rejects.toMatchObject({ code: 'revision_conflict' })
  expect(await states.get(name)).toMatchObject({ document: { step: 1, done: [] }, revision })
  expect((await states.listRevisions(name)).data).toHaveLength(2)
  expect((await states.getRevision(name, 1)).document).toEqual({ step: 1 })
  const all = []
  for await (const each of states.each(id, { limit: 1 })) all.push(each.name)
  expect(all).toEqual(['graph_state'])
  await states.delete(name, { ifRevision: revision })
  expect((await states.list(id)).data).toEqual([])

  await server.close()
  await holdfast.close()
})
