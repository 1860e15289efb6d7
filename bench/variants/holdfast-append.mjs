import { anyOf, inTurn, messages } from '../harness/workload.mjs'

/** The library: one message a call. */
export async function open({ dist, database, conversations }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database })
  const { conversations: store, messages: log } = holdfast.organization()
  const conversation = anyOf(conversations)
  const message = inTurn(messages(500))
  const stored = async () => {
    const all = await Promise.all(conversations.map((id) => store.get(id)))
    return all.reduce((sum, { messageCount }) => sum + messageCount, 0)
  }
  const before = await stored()
  let answered = 0
  return {
    operation: async () => {
      await log.append(conversation(), message())
      answered += 1
    },
    async close() {
      const written = (await stored()) - before
      await holdfast.close()
      if (written !== answered) throw new Error(`${answered} answered but ${written} stored`)
    },
  }
}
