import { randomUUID } from 'node:crypto'
import { anyOf, inTurn, messages } from '../harness/workload.mjs'
import { openMastra } from './mastra.mjs'

/** Mastra's message store: one message a call. */
export async function open(settings) {
  const { memory, threads, close, messageOf } = await openMastra(settings)
  const thread = anyOf(threads)
  const message = inTurn(messages(500))
  return {
    operation() {
      const messages = [messageOf(thread(), randomUUID(), message())]
      return memory.saveMessages({ messages })
    },
    close,
  }
}
