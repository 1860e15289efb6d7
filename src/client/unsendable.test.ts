import { expect, it } from 'vitest'
import { createClient } from './index.js'

const sent: string[] = []
const client = createClient({
  url: 'http://127.0.0.1:1',
  fetch: async (url, { headers }) => {
    sent.push(`${url} ${(headers as Headers).get('stream-failure')}`)
    return new Response(null, { status: 204, headers: { 'stream-next-offset': '0' } })
  },
})

const half = '\ud83d'

it.each(['', '.', '..', half])('a call of %j is refused rather than sent elsewhere', async (id) => {
  const calls: readonly (() => Promise<unknown>)[] = [
    () => client.conversations.get(id),
    async () => client.conversations.events(id).next(),
    () => client.conversations.export(id).next(),
    async () => client.floors.follow(id).next(),
    () => client.runs.follow(id).next(),
    () => client.users.export(id).next(),
    () => client.attachments.put(id, 'x'),
    () => client.attachments.read(id),
    () => client.streams.append(`a/${id}`, 'x'),
    () => client.participants.get({ conversation_id: 'c', participant: id }),
  ]
  for (const call of calls) {
    await expect(call()).rejects.toMatchObject({ code: 'invalid_value', status: undefined })
  }
  expect(sent).toEqual([])
})

it('what no header can carry is refused by name, and a reason that was cut is sent', async () => {
  await expect(client.conversations.events('c', { after: '1.0.0\r\nx: y' }).next())
    .rejects.toMatchObject({ code: 'invalid_value', faults: [{ field: 'header.last-event-id' }] })
  await expect(client.streams.append('s', 'x', { contentType: 'texté/\u0000' }))
    .rejects.toMatchObject({ code: 'invalid_value', faults: [{ field: 'header.content-type' }] })
  await client.streams.close('s', { failure: `cut ${half}` })
  expect(sent.at(-1)).toBe('http://127.0.0.1:1/v1/streams/s cut%20%EF%BF%BD')
})
