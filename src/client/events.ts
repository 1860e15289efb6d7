import { segmentOf } from './errors.js'
import { followEvents } from './following.js'
import { type CallOptions } from './operation.js'
import { type Message } from './schema.js'
import { type StreamTransport } from './streams.js'

interface Told<Type extends string, Data> {
  readonly type: Type
  /** Where to go on behind it; null for what is not told twice. */
  readonly id: string | null
  readonly data: Data & { readonly conversation_id: string }
}

/** Something that happened in a conversation, as it stands now. */
export type ConversationEvent =
  | Told<'ready', object>
  | Told<'message.created', { readonly message: Message & { readonly deleted_at: string | null } }>
  | Told<'message.updated', { readonly message: Message }>
  | Told<'message.deleted', {
    readonly message: Pick<Message, 'id' | 'position'> & { readonly deleted_at: string }
  }>
  | Told<'conversation.updated', {
    readonly conversation: {
      readonly id: string
      readonly title: string | null
      readonly metadata: Readonly<Record<string, unknown>>
      readonly archived_at: string | null
      readonly revision: number
    }
  }>
  | Told<'branch.switched', { readonly active_leaf_id: string | null }>
  | Told<'state.changed', { readonly state: Readonly<Record<string, unknown>> }>
  | Told<'typing', {
    readonly actor_id: string
    readonly user_id: string | null
    readonly ttl_seconds: number
  }>
  | Told<'conversation.deleted', object>

/** Where to begin to listen. */
export interface EventOptions extends CallOptions {
  /** The id of the last event seen. @default now */
  readonly after?: string
}

/** What happens in a conversation, over as many connections as it takes. */
export function followConversation(
  transport: StreamTransport,
  conversationId: string,
  { after, signal }: EventOptions,
): AsyncGenerator<ConversationEvent, void, undefined> {
  const path = `/v1/conversations/${segmentOf(conversationId, 'path.conversation_id')}/events`
  return followEvents(transport, {
    path, after, signal, isLast: ({ type }) => type === 'conversation.deleted',
  })
}
