import { z } from 'zod'
import { type JsonValue, stringifyJson } from '../database/json.js'
import { type ServerEvent } from '../http/events.js'
import { named } from '../http/schema.js'
import { type ConversationEvent } from './events.js'
import { typingSecondsMax } from './rules.js'
import { presentMessage } from './schemas.js'

/** Body of `POST …/typing`. */
export const typingSchema = named('Typing', z.strictObject({
  ttl_seconds: z.int().min(1).max(typingSecondsMax).optional()
    .describe('When nothing more is heard, it is over after so long. Default 5.'),
}))

/** An event as it goes over the wire. */
export function serverEventOf(event: ConversationEvent, conversationId: string): ServerEvent {
  const data = { conversation_id: conversationId, ...dataOf(event) }
  const { id, type } = event
  return { event: type, data: stringifyJson(data), ...id === null ? {} : { id } }
}

function dataOf(event: ConversationEvent): { readonly [key: string]: JsonValue } {
  switch (event.type) {
    case 'ready':
    case 'conversation.deleted':
      return {}
    case 'message.created':
      return { message: { ...presentMessage(event.message), deleted_at: event.deletedAt } }
    case 'message.updated':
      return { message: presentMessage(event.message) }
    case 'message.deleted': {
      const { id, position, deletedAt } = event.message
      return { message: { id, position, deleted_at: deletedAt } }
    }
    case 'conversation.updated': {
      const { archivedAt, ...rest } = event.conversation
      return { conversation: { ...rest, archived_at: archivedAt } }
    }
    case 'branch.switched':
      return { active_leaf_id: event.activeLeafId }
    case 'state.changed':
      return { state: event.state }
    case 'typing': {
      const { actorId, userId, ttlSeconds } = event.typing
      return { actor_id: actorId, user_id: userId, ttl_seconds: ttlSeconds }
    }
  }
}
