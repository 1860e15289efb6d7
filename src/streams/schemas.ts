import { z } from 'zod'
import { idSchema, instantSchema, named, shownAs } from '../http/schema.js'
import { pathMax } from './rules.js'
import { type Stream } from './stream.js'

const pathPattern = /^(?!\.{1,2}(\/|$))[^/]+(\/(?!\.{1,2}(\/|$))[^/]+)*$/

/** A path in a URL. */
export const streamPathSchema = shownAs(
  z.string().max(pathMax, `must be at most ${pathMax} characters`)
    .regex(pathPattern, 'must be words with single slashes between them, none of them . or ..'),
  {
    type: 'string', minLength: 1, maxLength: pathMax, pattern: pathPattern.source,
    description: 'The stream: words with slashes between them.',
  },
)

/** A stream as the API shows it. */
export const streamSchema = named('Stream', z.object({
  id: idSchema('Of this stream alone; another one at the same path later has another.'),
  path: z.string(),
  content_type: z.string(),
  offset: z.string().describe('Its end: the next append begins there.'),
  closed: z.boolean(),
  failure: z.string().nullable().describe('Why it ended early.'),
  ttl_seconds: z.int().nullable(),
  expires_at: instantSchema('From then on it is unseen.').nullable(),
  conversation_id: idSchema('Conversation of the message it became.').nullable(),
  message_id: idSchema('The message it became.').nullable(),
  created_at: instantSchema('When it was made.'),
  updated_at: instantSchema('The last append.'),
}))

/** A stream in the API's names. */
export function presentStream(stream: Stream) {
  return {
    id: stream.id,
    path: stream.path,
    content_type: stream.contentType,
    offset: stream.offset,
    closed: stream.closed,
    failure: stream.failure,
    ttl_seconds: stream.ttlSeconds,
    expires_at: stream.expiresAt,
    conversation_id: stream.conversationId,
    message_id: stream.messageId,
    created_at: stream.createdAt,
    updated_at: stream.updatedAt,
  }
}
