import { type Stored } from '../database/columns.js'
import { type JsonValue, stringifyJson } from '../database/json.js'
import { decodeRow, encodeRow, type Row, type StoredRow } from '../database/table.js'
import { HoldfastError, InvalidInput } from '../errors.js'
import { InvalidConversationFile } from './errors.js'
import { checkMessage, checkMetadata, checkTitle } from './rules.js'
import { conversations, messages } from './tables.js'

/** What the first line of a file says it is. */
export const transferFormat = 'holdfast.conversation'

/** The version of the format that is written and read. */
export const transferVersion = 1

/** What a file holds of a conversation itself. */
export type TransferredConversation = Pick<Row<typeof conversations>,
  'id' | 'title' | 'metadata' | 'revision' | 'createdAt' | 'updatedAt' | 'archivedAt'>

/** What a file holds of a message: everything but where its row stands. */
export type TransferredMessage = Omit<Row<typeof messages>,
  'organizationId' | 'conversationId' | 'branch' | 'depth' | 'change' | 'changedAfter'>

/** The last line. */
export interface Closing {
  readonly messages: number
  /** How many of them are erased ones. */
  readonly erased: number
  /** Of all bytes before this line, in lower-case hexadecimal. */
  readonly sha256: string
}

/** The first line, as all lines without its line feed. */
export function headLine(conversation: TransferredConversation): string {
  const { id, title, metadata, revision } = conversation
  return stringifyJson({
    format: transferFormat,
    version: transferVersion,
    conversation: {
      id, title, metadata, revision,
      created_at: conversation.createdAt,
      updated_at: conversation.updatedAt,
      archived_at: conversation.archivedAt,
    },
  })
}

/** The line of a message. */
export function messageLine(message: TransferredMessage): string {
  return stringifyJson({
    id: message.id,
    position: message.position,
    parent_message_id: message.parentMessageId,
    kind: message.kind,
    role: message.role,
    content: message.content,
    metadata: message.metadata,
    author: message.author,
    model: message.model,
    tokens_used: message.tokensUsed,
    cost_usd: message.costUsd,
    revision: message.revision,
    created_at: message.createdAt,
    deleted_at: message.deletedAt,
  })
}

/** The line before the last: the message that the next one follows. */
export const leafLine = (activeLeafId: string | null): string =>
  stringifyJson({ active_leaf_id: activeLeafId })

/** The last line. */
export const closingLine = ({ messages: count, erased, sha256 }: Closing): string =>
  stringifyJson({ messages: count, erased, sha256 })

type Fields = Readonly<Record<string, JsonValue | undefined>>

/** A line of a file, as what it says it is. */
export type ParsedLine =
  | { readonly is: 'head'; readonly conversation: TransferredConversation }
  | { readonly is: 'message'; readonly message: TransferredMessage }
  | { readonly is: 'leaf'; readonly activeLeafId: string | null }
  | { readonly is: 'closing'; readonly closing: Closing }

/**
 * Reads one line. A line that an export would write with other bytes is refused: what is imported
 * can be exported again as it was. Throws InvalidConversationFile, naming line and rule.
 */
export function parseLine(line: string, number: number): ParsedLine {
  try {
    const parsed = read(fieldsOf(line))
    if (lineOf(parsed) === line) return parsed
    throw rule('is not written as an export writes it: keys, their order, numbers, escapes')
  } catch (cause) {
    if (!HoldfastError.isInstance(cause)) throw cause
    throw fileFault(number, cause.message, cause)
  }
}

/** What is wrong with a line of a file. */
export const fileFault = (line: number, message: string, cause?: unknown) =>
  new InvalidConversationFile(`line ${line}: ${message}`, { field: 'body', cause })

function read(fields: Fields): ParsedLine {
  if (Object.hasOwn(fields, 'format')) return { is: 'head', conversation: headOf(fields) }
  if (Object.hasOwn(fields, 'id')) return { is: 'message', message: messageOf(fields) }
  if (Object.hasOwn(fields, 'active_leaf_id')) {
    const activeLeafId = idOrNull(fields.active_leaf_id, 'active_leaf_id')
    return { is: 'leaf', activeLeafId }
  }
  if (Object.hasOwn(fields, 'sha256')) return { is: 'closing', closing: closingOf(fields) }
  throw rule('is no line of a conversation: it must have format, id, active_leaf_id or sha256')
}

function lineOf(parsed: ParsedLine): string {
  switch (parsed.is) {
    case 'head': return headLine(parsed.conversation)
    case 'message': return messageLine(parsed.message)
    case 'leaf': return leafLine(parsed.activeLeafId)
    case 'closing': return closingLine(parsed.closing)
  }
}

function fieldsOf(line: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    // The parser's own message would show what stands there.
    throw rule('is not valid JSON')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw rule('must be a JSON object')
}

function headOf(fields: Fields): TransferredConversation {
  if (fields.format !== transferFormat || fields.version !== transferVersion) {
    throw rule(`must have format ${transferFormat} and version ${transferVersion}`)
  }
  const { conversation } = fields
  checkMetadata(conversation ?? null, 'conversation')
  const given = conversation as Fields
  checkTitle(given.title as string | null)
  checkMetadata(given.metadata ?? null)
  const { columns } = conversations
  return {
    id: idIn(given.id, 'conversation.id'),
    title: columns.title.decode(columns.title.encode(given.title as string | null, 'title')),
    metadata: decoded(columns.metadata, given.metadata, 'metadata'),
    revision: revisionIn(given.revision),
    createdAt: decoded(columns.createdAt, given.created_at, 'created_at'),
    updatedAt: decoded(columns.updatedAt, given.updated_at, 'updated_at'),
    archivedAt: decoded(columns.archivedAt, given.archived_at, 'archived_at'),
  }
}

function messageOf(fields: Fields): TransferredMessage {
  const { columns } = messages
  checkMessage({
    kind: fields.kind as string, role: fields.role as string, content: fields.content!,
    metadata: fields.metadata as TransferredMessage['metadata'],
    author: fields.author as string | null, model: fields.model as string | null,
    tokensUsed: fields.tokens_used as number | null, costUsd: fields.cost_usd as string | null,
  }, '')
  const message = {
    id: idIn(fields.id, 'id'),
    position: decoded(columns.position, fields.position, 'position'),
    parentMessageId: idOrNull(fields.parent_message_id, 'parent_message_id'),
    kind: decoded(columns.kind, fields.kind, 'kind'),
    role: decoded(columns.role, fields.role, 'role'),
    content: decoded(columns.content, fields.content, 'content'),
    metadata: decoded(columns.metadata, fields.metadata, 'metadata'),
    author: decoded(columns.author, fields.author, 'author'),
    model: decoded(columns.model, fields.model, 'model'),
    tokensUsed: decoded(columns.tokensUsed, fields.tokens_used, 'tokens_used'),
    costUsd: decoded(columns.costUsd, fields.cost_usd, 'cost_usd'),
    revision: revisionIn(fields.revision),
    createdAt: decoded(columns.createdAt, fields.created_at, 'created_at'),
    deletedAt: decoded(columns.deletedAt, fields.deleted_at, 'deleted_at'),
  }
  if (message.deletedAt !== null && !isErased(message)) {
    throw rule('deleted_at must be null where content, metadata or author is left')
  }
  return message
}

const isErased = ({ content, metadata, author }: TransferredMessage): boolean =>
  content === null && Object.keys(metadata).length === 0 && author === null

function closingOf({ messages: count, erased, sha256 }: Fields): Closing {
  const isCount = (value: unknown): value is number =>
    Number.isSafeInteger(value) && (value as number) >= 0
  if (!isCount(count) || !isCount(erased)) throw rule('messages and erased must be counts')
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw rule('sha256 must be 64 hexadecimal digits')
  }
  return { messages: count, erased, sha256 }
}

interface Codec<V> {
  encode(value: V, field: string): unknown
  decode(stored: unknown): V
}

/** The value, checked as the column checks it. */
function decoded<V>(column: Codec<V>, value: unknown, field: string): V {
  if (value === undefined) throw rule(`${field} is missing`)
  column.encode(value as V, field)
  return value as V
}

function idIn(value: unknown, field: string): string {
  const stored = messages.columns.id.encode(value as string, field)
  return messages.columns.id.decode(stored)
}

const idOrNull = (value: unknown, field: string): string | null =>
  value === null ? null : idIn(value, field)

function revisionIn(value: unknown): number {
  const revision = decoded(messages.columns.revision, value, 'revision')
  if (revision < 1) throw rule('revision must be 1 or more')
  return revision
}

const rule = (message: string) => new InvalidInput(message, { field: 'body' })

/** Where a message of a file goes. */
export interface MessagePlace {
  readonly organizationId: string
  readonly conversationId: string
  readonly branch: number
  readonly depth: number
}

/** The row of a message of a file. */
export const messageRow = (
  message: TransferredMessage,
  place: MessagePlace,
): StoredRow<typeof messages> =>
  encodeRow(messages, { ...message, ...place, change: null, changedAfter: null })

/** What a file tells of a stored message; `position` counts in the file. */
export function transferredMessage(
  stored: Record<string, unknown>,
  position: number,
): TransferredMessage {
  return { ...decodeRow(messages, stored), position }
}

/** Names a conversation for statements. */
export interface ConversationKey {
  readonly organizationId: Stored<'id'>
  readonly conversationId: Stored<'id'>
}
