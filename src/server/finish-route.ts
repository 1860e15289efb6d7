import { z } from 'zod'
import {
  messageSchema, newMessageOf, newMessageSchema, presentMessage,
} from '../conversations/http.js'
import {
  ConversationNotFound, type Message, ParentMessageNotFound,
} from '../conversations/index.js'
import { type JsonValue } from '../database/json.js'
import { type FinishedStream, StreamFinished } from '../finish.js'
import { type Route, route } from '../http/route.js'
import { idSchema, jsonSchema, named } from '../http/schema.js'
import { streamPathSchema } from '../streams/http.js'
import { StreamGone, StreamNotFound } from '../streams/index.js'

/** What this endpoint needs. */
export interface FinishContext {
  /** In a transaction of its own, or in the one that is open. */
  finishStream(given: FinishedStream): Promise<Message>
}

const finishSchema = named('StreamFinish', newMessageSchema.partial({ role: true }).extend({
  stream: streamPathSchema,
  content: jsonSchema('Default: the text of the stream, or the list of its messages.').optional(),
}))

/** Turns a stream into a message. */
export const finishRoute: Route<FinishContext> = route<FinishContext>()({
  operationId: 'finishStream',
  method: 'POST',
  path: '/v1/conversations/{conversation_id}/finish-stream',
  tag: 'Streams',
  summary: 'Close a stream and append what it holds as a message, both or nothing, once',
  action: 'conversations:write',
  scope: 'organization',
  input: {
    params: z.strictObject({ conversation_id: idSchema('The conversation.') }),
    body: finishSchema,
  },
  status: 201,
  output: messageSchema,
  errors: [
    ConversationNotFound, ParentMessageNotFound, StreamNotFound, StreamGone, StreamFinished,
  ],
  idempotency: 'transaction',
  async handle({ finishStream }, { params: { conversation_id: conversationId }, body }) {
    const { stream, role = 'assistant' } = body
    const content = body.content as JsonValue | undefined
    const message = newMessageOf({ ...body, role, content: content ?? null })
    return presentMessage(await finishStream({ ...message, stream, conversationId, content }))
  },
})
