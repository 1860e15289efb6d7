import { type Stored } from '../database/columns.js'
import { type JsonInput, type JsonValue } from '../database/json.js'
import { type AppendCall, type MessageDraft, type Place } from './append.js'
import { type MessageLog } from './message-log.js'
import { checkChanges, checkMessage } from './rules.js'
import { type Message, messages as table, type Metadata } from './tables.js'

/** A message to append. */
export interface NewMessage {
  /** Who speaks: `user`, `assistant`, `system`, `tool`, or another lower-case word. */
  readonly role: string
  /** Any JSON value; most often a string. */
  readonly content: JsonInput
  /**
   * A UUID that no message of the conversation has, or had before it was erased. A transaction in
   * which a taken one is given is lost.
   * @default a new UUIDv7
   */
  readonly id?: string
  /** What it is: `tool_call`, `tool_result`, `widget`, … @default 'message' */
  readonly kind?: string
  /** @default {} */
  readonly metadata?: Metadata
  /**
   * The living message it follows; null begins at a root. Left out, it follows the message before
   * it in the call, and the first one the conversation's active leaf.
   */
  readonly parentMessageId?: string | null
  /** Instead of a parent: another child of this message's parent, an edit or a second answer. */
  readonly siblingOf?: string
  /** Who wrote it, at most 1000 characters: `user:…`, `agent:…`, a speaker URI. @default null */
  readonly author?: string | null
  /** The model that wrote it, at most 200 characters. @default null */
  readonly model?: string | null
  /** @default null */
  readonly tokensUsed?: number | null
  /** What it cost in US dollars, an exact decimal such as `0.00125`. @default null */
  readonly costUsd?: string | null
}

/** What `update` may change; what is left out stays. */
export type MessageChanges =
  Partial<Pick<NewMessage, 'content' | 'metadata' | 'model' | 'tokensUsed' | 'costUsd'>>

const { columns } = table

/** The stored form of a message. Throws InvalidInput or InvalidValue, naming the field. */
export function draftOf(log: MessageLog, message: NewMessage, place: string): MessageDraft {
  checkMessage(message, place)
  const { kind = 'message', metadata = {}, author = null, model = null } = message
  const { tokensUsed = null, costUsd = null } = message
  return {
    id: columns.id.encode(message.id ?? log.ids.next(), `${place}id`),
    kind: columns.kind.encode(kind, `${place}kind`),
    role: columns.role.encode(message.role, `${place}role`),
    content: columns.content.encode(message.content as JsonValue, `${place}content`),
    metadata: columns.metadata.encode(metadata, `${place}metadata`),
    author: columns.author.encode(author, `${place}author`),
    model: columns.model.encode(model, `${place}model`),
    tokens_used: columns.tokensUsed.encode(tokensUsed, `${place}tokens_used`),
    cost_usd: columns.costUsd.encode(costUsd, `${place}cost_usd`),
  }
}

/** The changed columns in stored form. Throws InvalidInput or InvalidValue. */
export function changedColumns(changes: MessageChanges) {
  checkChanges(changes)
  const { content, metadata, model, tokensUsed, costUsd } = changes
  return {
    ...(content === undefined
      ? {}
      : { content: columns.content.encode(content as JsonValue, 'content') }),
    ...(metadata === undefined
      ? {}
      : { metadata: columns.metadata.encode(metadata, 'metadata') }),
    ...(model === undefined ? {} : { model: columns.model.encode(model, 'model') }),
    ...(tokensUsed === undefined
      ? {}
      : { tokens_used: columns.tokensUsed.encode(tokensUsed, 'tokens_used') }),
    ...(costUsd === undefined ? {} : { cost_usd: columns.costUsd.encode(costUsd, 'cost_usd') }),
  }
}

/** Where a message of the call goes when it does not follow the one before it. */
export type Anchor = { readonly parent: string | null } | { readonly siblingOf: string }

/** The anchor a message names; undefined when it names none. */
export function anchorOf({ parentMessageId, siblingOf }: NewMessage): Anchor | undefined {
  if (siblingOf !== undefined) return { siblingOf }
  return parentMessageId === undefined ? undefined : { parent: parentMessageId }
}

/** The places of messages that follow the first one. */
export function placesFrom(first: Place, drafts: readonly MessageDraft[]): Place[] {
  return drafts.map((_, index) => ({
    position: first.position + index,
    depth: first.depth + index,
    parentMessageId: index === 0 ? first.parentMessageId : drafts[index - 1]!.id,
  }))
}

/** The messages of a call as they were written. */
export function builtMessages(
  call: AppendCall,
  given: readonly NewMessage[],
  places: readonly Place[],
): Message[] {
  return call.drafts.map((draft, index) => {
    const message = given[index]!
    const { position, depth, parentMessageId } = places[index]!
    return {
      organizationId: call.organizationId,
      conversationId: call.conversationId,
      id: draft.id,
      position,
      depth,
      parentMessageId,
      kind: message.kind ?? 'message',
      role: message.role,
      content: message.content,
      metadata: message.metadata ?? {},
      author: message.author ?? null,
      model: message.model ?? null,
      tokensUsed: message.tokensUsed ?? null,
      costUsd: message.costUsd ?? null,
      revision: 1,
      createdAt: call.createdAt,
    }
  })
}

/**
 * As `decodeRow`, but spelled out: pages of messages are read more often than all else. `of` says
 * where they belong.
 */
export function messageIn(
  of: { readonly organization_id?: unknown; readonly conversation_id?: unknown },
  stored: Record<string, unknown>,
): Message {
  return {
    organizationId: columns.organizationId.decode(of.organization_id),
    conversationId: columns.conversationId.decode(of.conversation_id),
    id: columns.id.decode(stored.id),
    position: columns.position.decode(stored.position),
    depth: columns.depth.decode(stored.depth),
    parentMessageId: columns.parentMessageId.decode(stored.parent_message_id),
    kind: columns.kind.decode(stored.kind),
    role: columns.role.decode(stored.role),
    content: columns.content.decode(stored.content),
    metadata: columns.metadata.decode(stored.metadata),
    author: columns.author.decode(stored.author),
    model: columns.model.decode(stored.model),
    tokensUsed: columns.tokensUsed.decode(stored.tokens_used),
    costUsd: columns.costUsd.decode(stored.cost_usd),
    revision: columns.revision.decode(stored.revision),
    createdAt: columns.createdAt.decode(stored.created_at),
  }
}

/** As `messageIn`, of a row that says itself where it belongs. */
export const messageOf = (stored: Record<string, unknown>): Message => messageIn(stored, stored)

/** The place of a stored message. */
export function placeIn(stored: Record<string, unknown>): Place {
  const parentId = columns.parentMessageId.decode(stored.parent_message_id)
  return {
    position: columns.position.decode(stored.position),
    depth: columns.depth.decode(stored.depth),
    parentMessageId: parentId as Stored<'id'> | null,
  }
}
