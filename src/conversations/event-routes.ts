import { z } from 'zod'
import { InvalidInput } from '../errors.js'
import { eventHeaders, eventStream } from '../http/events.js'
import { RequestFaults } from '../http/problem.js'
import { type RawRoute, rawRoute } from '../http/raw.js'
import { type Route, route } from '../http/route.js'
import { flagText, idSchema } from '../http/schema.js'
import { type StreamTimes } from '../streams/http.js'
import { ConversationNotFound } from './errors.js'
import { serverEventOf, typingSchema } from './event-schemas.js'
import { type ConversationEvent } from './events.js'
import { type ConversationContext } from './routes.js'

/** What these endpoints need. */
export interface EventContext extends ConversationContext {
  readonly streamTimes?: StreamTimes
}

const heartbeatDefaultMs = 15_000
const common = { tag: 'Conversations', scope: 'organization' } as const
const params = z.strictObject({ conversation_id: idSchema('The conversation.') })
const defineRaw = rawRoute<EventContext>()
const define = route<EventContext>()

/** Listen to a conversation. */
export const rawEventRoutes: readonly RawRoute<EventContext>[] = [
  defineRaw({
    ...common,
    operationId: 'followConversation',
    method: 'GET',
    path: '/v1/conversations/{conversation_id}/events',
    summary: 'Hear what happens in the conversation, as server-sent events',
    action: 'conversations:read',
    input: {
      params,
      query: z.strictObject({
        after: z.string().max(100).optional()
          .describe('The id of the last event seen; without it, from now on.'),
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
    async handle({ conversations, streamTimes }, { params: { conversation_id: id }, ...input }) {
      const { query, header, signal } = input
      const lastId = header('last-event-id') || undefined
      const { after, live } = query
      const events = conversations.events(id, { after: lastId ?? after, live, signal })
      // Before anything is answered: there may be no such conversation.
      const first = await firstOf(events, lastId !== undefined)
      const { heartbeatMs = heartbeatDefaultMs } = streamTimes ?? {}
      return {
        status: 200,
        headers: eventHeaders,
        body: eventStream(written(first, events, id.toLowerCase()), { heartbeatMs, signal }),
      }
    },
  }),
]

/** Say that one types. */
export const eventRoutes: readonly Route<EventContext>[] = [
  define({
    ...common,
    operationId: 'tellTyping',
    method: 'POST',
    path: '/v1/conversations/{conversation_id}/typing',
    summary: 'Tell who listens to the conversation that the caller is typing',
    action: 'conversations:write',
    input: { params, body: typingSchema },
    status: 204,
    errors: [ConversationNotFound],
    idempotency: 'none',
    handle: ({ conversations }, { params: { conversation_id: id }, body }) =>
      conversations.typing(id, { ttlSeconds: body.ttl_seconds }),
  }),
]

type Events = AsyncGenerator<ConversationEvent, void, void>

async function firstOf(events: Events, isHeader: boolean): Promise<ConversationEvent> {
  try {
    return (await events.next()).value as ConversationEvent
  } catch (error) {
    const isOfHeader = isHeader && error instanceof InvalidInput && error.field === 'after'
    if (!isOfHeader) throw error
    const message = error.message.replace(/^after /, '')
    throw new RequestFaults([{ field: 'header.last-event-id', message }])
  }
}

async function* written(first: ConversationEvent, rest: Events, conversationId: string) {
  try {
    yield serverEventOf(first, conversationId)
    for await (const event of rest) yield serverEventOf(event, conversationId)
  } finally {
    await rest.return()
  }
}
