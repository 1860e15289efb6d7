import { z } from 'zod'
import { ConversationNotFound, InvalidInput } from '../errors.js'
import { eventHeaders, eventStream, type ServerEvent } from '../http/events.js'
import { RequestFaults } from '../http/problem.js'
import { type RawRoute, rawRoute } from '../http/raw.js'
import { flagText, idSchema, integerText } from '../http/schema.js'
import { type StreamTimes } from '../streams/http.js'
import { type FloorContext } from './routes.js'
import { serverEventOf } from './presented.js'
import { type FloorEvent } from './tables.js'

/** What this endpoint needs. */
export interface FloorEventContext extends FloorContext {
  readonly streamTimes?: StreamTimes
}

const heartbeatDefaultMs = 15_000
const define = rawRoute<FloorEventContext>()

/** Listen to a floor. */
export const rawFloorRoutes: readonly RawRoute<FloorEventContext>[] = [
  define({
    tag: 'Floor',
    scope: 'organization',
    operationId: 'followFloor',
    method: 'GET',
    path: '/v1/conversations/{conversation_id}/floor/events',
    summary: 'Hear what happens on the floor, as server-sent events',
    action: 'floor:read',
    input: {
      params: z.strictObject({ conversation_id: idSchema('The conversation.') }),
      query: z.strictObject({
        after: integerText({ min: 0, max: Number.MAX_SAFE_INTEGER },
          'The number of the last event seen; without it, from now on.').optional(),
        live: flagText('false ends the answer once all that was missed is told. Default true.')
          .optional(),
      }),
    },
    headers: { 'Last-Event-ID': 'As `after`, and before it.' },
    answers: {
      200: {
        description: '`ready`, then one event for whatever happened since, and as it happens',
        content: 'text/event-stream',
      },
    },
    errors: [ConversationNotFound],
    idempotency: 'none',
    async handle({ floors, streamTimes }, { params: { conversation_id: id }, ...input }) {
      const { query: { after, live }, header, signal } = input
      const last = header('last-event-id') || undefined
      const from = last === undefined ? after : numberIn(last)
      const events = floors.follow(id, { after: from, live, signal })
      // Before anything is answered: there may be no such conversation.
      const first = await firstOf(events, last !== undefined)
      const { heartbeatMs = heartbeatDefaultMs } = streamTimes ?? {}
      return {
        status: 200,
        headers: eventHeaders,
        body: eventStream(written(first, events, id.toLowerCase()), { heartbeatMs, signal }),
      }
    },
  }),
]

type Events = AsyncGenerator<number | FloorEvent, void, void>

const ofHeader = (message: string) =>
  new RequestFaults([{ field: 'header.last-event-id', message }])

function numberIn(id: string): number {
  if (/^\d{1,15}$/.test(id)) return Number(id)
  throw ofHeader('must be the number of an event of this floor')
}

async function firstOf(events: Events, isHeader: boolean): Promise<number | FloorEvent> {
  try {
    return (await events.next()).value as number | FloorEvent
  } catch (error) {
    const isOfHeader = isHeader && error instanceof InvalidInput && error.field === 'after'
    if (!isOfHeader) throw error
    throw ofHeader(error.message.replace(/^after /, ''))
  }
}

/** The events as they are sent; no generator of its own, which would delay each of them. */
function written(
  first: number | FloorEvent,
  rest: Events,
  conversationId: string,
): AsyncIterableIterator<ServerEvent> {
  let ready: number | FloorEvent | undefined = first
  const shown = (event: number | FloorEvent) =>
    ({ done: false, value: serverEventOf(event, conversationId) }) as const
  return {
    async next() {
      if (ready !== undefined) {
        const result = shown(ready)
        ready = undefined
        return result
      }
      const result = await rest.next()
      return result.done === true ? { done: true, value: undefined } : shown(result.value)
    },
    async return() {
      await rest.return()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
