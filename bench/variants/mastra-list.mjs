import { anyOf, messageOf as textOf, numberedId } from '../harness/workload.mjs'
import { openMastra } from './mastra.mjs'

/** Mastra's message store: the first page of a thread, filled as Holdfast's conversations are. */
export async function open(settings) {
  const { memory, threads, close, messageOf } = await openMastra(settings)
  let number = 0
  for (const thread of threads) {
    const messages = Array.from({ length: settings.perConversation }, (_, index) =>
      messageOf(thread, numberedId(++number), textOf(index, settings.contentBytes)))
    await memory.saveMessages({ messages })
  }
  const thread = anyOf(threads)
  return {
    async operation() {
      const { messages } = await memory.listMessages({ threadId: thread(), perPage: 50, page: 0 })
      if (messages.length !== 50) throw new Error(`a page of ${messages.length}`)
    },
    close,
  }
}
