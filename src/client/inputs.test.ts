import { expect, it } from 'vitest'
import { createClient } from './index.js'

/** An interface has no index signature, as types of other libraries have none. */
interface Part {
  readonly type: string
  readonly text?: string
}

it('values whose types are interfaces are sent wherever JSON is', async () => {
  const parts: readonly Part[] = [{ type: 'text', text: 'Hello' }, { type: 'rule' }]
  const sent: unknown[] = []
  const client = createClient({
    url: 'http://127.0.0.1:1',
    fetch: async (_, { body }) => {
      sent.push(JSON.parse(body as string))
      return Response.json({})
    },
  })
  await client.messages.append('a', { role: 'user', content: parts })
  await client.queues.enqueue('a', { payload: parts })
  await client.items.put({ namespace: ['a'], key: 'b', value: parts })
  expect(sent).toMatchObject([{ content: parts }, { payload: parts }, { value: parts }])
})
