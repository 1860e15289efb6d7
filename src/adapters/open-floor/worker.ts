import { InvalidInput } from '../../errors.js'
import { JobFailed, type JobContext, type JobHandler } from '../../queues/index.js'
import { DeliveryFailed, Delivering } from './delivering.js'
import { Outbound } from './outbound.js'
import { ConvenerUnanswered, Router } from './router.js'
import { deliveryQueue, type OpenFloorParts, routingQueue } from './stores.js'

/** Jobs of envelopes at once: most of them wait for an agent's answer. */
export const openFloorConcurrency = 64

/** Handlers that route envelopes and bring them to agents, by their queues. */
export function openFloorHandlers(
  partsOf: (organizationId: string) => OpenFloorParts,
): Readonly<Record<string, JobHandler<unknown>>> {
  return {
    [routingQueue]: async ({ job, signal }) => {
      const { conversationId, number } = taskOf(job.payload)
      const parts = partsOf(job.organizationId)
      const { retryDelayMs } = parts.settings
      // Of what is asked too often the envelope is routed, and not given up.
      const isLast = job.failures + 1 >= job.attemptsMax
      try {
        await new Router(parts, new Outbound(parts.settings))
          .route({ conversationId, upTo: number, signal, isLast })
      } catch (error) {
        if (!(error instanceof ConvenerUnanswered)) throw error
        throw failed(error, retryDelayMs(error.attempts))
      }
    },
    [deliveryQueue]: async ({ job, signal }: JobContext<unknown>) => {
      const { conversationId, number, recipient } = taskOf(job.payload)
      const parts = partsOf(job.organizationId)
      try {
        await new Delivering(parts, new Outbound(parts.settings))
          .deliver({ conversationId, recipient, upTo: number, signal })
      } catch (error) {
        if (!(error instanceof DeliveryFailed)) throw error
        throw failed(error, error.delayMs)
      }
    },
  }
}

const failed = (error: Error, delayMs: number): JobFailed =>
  new JobFailed(error.message, { cause: error, delayMs: Math.round(delayMs) })

/** What a job is about. Whoever enqueues by hand may have written anything. */
function taskOf(payload: unknown) {
  const given = (payload ?? {}) as Readonly<Record<string, unknown>>
  const { conversation_id: conversationId, number, recipient = '' } = given
  const isTask = typeof conversationId === 'string' && typeof recipient === 'string' &&
    Number.isSafeInteger(number)
  if (isTask) return { conversationId, recipient, number: number as number }
  throw new JobFailed('the payload names no envelope', {
    retry: false, cause: new InvalidInput('payload', { field: 'payload' }),
  })
}
