import { anyOf } from '../harness/workload.mjs'

/** The library: one message a call, as long as a chunk of a stream and without metadata. */
export async function open({ dist, database, conversations }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database })
  const { messages } = holdfast.organization()
  const conversation = anyOf(conversations)
  const message = { role: 'assistant', content: 'a token of an answer in flight, '.padEnd(48, '.') }
  return {
    operation: async () => {
      await messages.append(conversation(), message)
    },
    close: () => holdfast.close(),
  }
}
