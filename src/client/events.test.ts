import { expect, it } from 'vitest'
import { createClient } from './index.js'

const text = (id: string, data: object) =>
  `event: message.created\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`

/** Hears what a server says in pieces of so many bytes, as far as the last event. */
async function heard(said: string, pieceBytes: number): Promise<unknown[]> {
  const bytes = new TextEncoder().encode(said)
  let at = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.subarray(at, at += pieceBytes))
    },
  })
  const headers = { 'content-type': 'text/event-stream; charset=utf-8' }
  const client = createClient({
    url: 'http://127.0.0.1:1', fetch: async () => new Response(body, { headers }),
  })
  const events: unknown[] = []
  for await (const { type, id, data } of client.conversations.events('c')) {
    events.push([type, id, data])
    if (id === 'last') return events
  }
  return events
}

it('events are heard whole, wherever their bytes are parted', async () => {
  const data = { a: 'é😀\r\n\n: x', b: { c: ': ' } }
  const said = `:\n\n:\r\n${text('1', data)}\n\n:\n\n${text('2', {})}${text('last', data)}`
  const events = [['1', data], ['2', {}], ['last', data]]
    .map((each) => ['message.created', ...each])
  for (let pieceBytes = 1; pieceBytes < 40; pieceBytes += 1) {
    expect(await heard(said, pieceBytes)).toEqual(events)
  }
})

it('a long event is heard as soon as it is there, in however many pieces it comes', async () => {
  const data = { content: ':x'.repeat(2 * 1024 * 1024) }
  const [event] = await heard(text('last', data), 256)
  expect(event).toEqual(['message.created', 'last', data])
}, 8_000)
