import { anyOf } from '../harness/workload.mjs'

/** The library: the first page of a conversation. */
export async function open({ dist, database, conversations }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database })
  const { messages } = holdfast.organization()
  const conversation = anyOf(conversations)
  return {
    async operation() {
      const { data } = await messages.list(conversation(), { limit: 50 })
      if (data.length !== 50) throw new Error(`a page of ${data.length}`)
    },
    close: () => holdfast.close(),
  }
}
