import { type JsonValue } from '../database/json.js'
import { type Typing } from './event-signals.js'
import { type Conversation, type Message } from './tables.js'

/** Something that happened in a conversation, as it stands now. */
export type ConversationEvent = {
  /** Where to go on behind this event; null for what is not told twice. */
  readonly id: string | null
} & Happening

/** What can happen. */
export type Happening =
  /** Told first: from here on everything is told. */
  | { readonly type: 'ready' }
  /** One a message, in order of position; an erased one comes empty, with `deletedAt`. */
  | {
    readonly type: 'message.created'
    readonly message: Message
    readonly deletedAt: string | null
  }
  | { readonly type: 'message.updated'; readonly message: Message }
  | { readonly type: 'message.deleted'; readonly message: DeletedMessage }
  | { readonly type: 'conversation.updated'; readonly conversation: ChangedConversation }
  | { readonly type: 'branch.switched'; readonly activeLeafId: string | null }
  | { readonly type: 'state.changed'; readonly state: StateChange['data'] }
  | { readonly type: 'typing'; readonly typing: Typing }
  /** Told last. */
  | { readonly type: 'conversation.deleted' }

/** What is left to tell of an erased message. */
export interface DeletedMessage extends Pick<Message, 'id' | 'position'> {
  readonly deletedAt: string
}

/** What of a conversation can be changed. */
export type ChangedConversation =
  Pick<Conversation, 'id' | 'title' | 'metadata' | 'archivedAt' | 'revision'>

/** A conversation, in plain text. */
export interface ConversationName {
  readonly organizationId: string
  readonly conversationId: string
}

/** One change of an agent's state of a conversation. */
export interface StateChange {
  /** 1, 2, 3, … within its conversation; rises with each change. */
  readonly change: number
  /** What the event tells, in the names of the API. */
  readonly data: { readonly [key: string]: JsonValue }
}

/** What another domain tells of the states that agents keep with conversations. */
export interface ConversationStates {
  /** Where it signals that the states of this conversation have changed. */
  topicOf(name: ConversationName): string
  /** Changes behind this one, in order, at most `limit`; of several of a state the last will do. */
  changesAfter(
    name: ConversationName,
    change: number,
    limit: number,
  ): Promise<readonly StateChange[]>
  /** The number of the last change in each of these conversations, in order; 0 for none. */
  lastChanges(names: readonly ConversationName[]): Promise<readonly number[]>
}
