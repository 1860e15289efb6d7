import { type UIMessage } from 'ai'
import { type Message, type Metadata, type NewMessage } from '../../conversations/index.js'
import { type JsonValue } from '../../database/json.js'

/** Under this name a message's metadata keeps what only the AI SDK knows of it. */
const key = 'ai_sdk'

/** What is kept there. */
interface Kept {
  /** As the client or the server called it. */
  readonly id: string
  /** The message's own metadata. */
  readonly metadata?: JsonValue
  /** What later versions of the SDK may add. */
  readonly rest?: { readonly [name: string]: JsonValue }
  /** The stream that it was written in. */
  readonly stream?: string
}

const roles: readonly string[] = ['system', 'user', 'assistant'] satisfies UIMessage['role'][]

/** A message as it goes over the wire: without what JSON leaves out. */
export function plain<M extends UIMessage>(message: M): M {
  return JSON.parse(JSON.stringify(message)) as M
}

/** What is stored of a message: its parts as content, all else beside them. */
export function storedOf(
  message: UIMessage,
  { stream, others = {} }: { readonly stream?: string; readonly others?: Metadata } = {},
): Pick<NewMessage, 'role' | 'content'> & { readonly metadata: Metadata } {
  const { id, role, parts, metadata, ...rest } = plain(message)
  const kept = {
    id,
    ...(metadata === undefined ? {} : { metadata: metadata as JsonValue }),
    ...(Object.keys(rest).length === 0 ? {} : { rest: rest as Metadata }),
    ...(stream === undefined ? {} : { stream }),
  }
  return { role, content: parts as unknown as JsonValue, metadata: { ...others, [key]: kept } }
}

/**
 * The UIMessage that a stored message is; undefined for one that is none, such as a widget. Text
 * that came by another way is a message of one text part.
 */
export function uiMessageOf(message: Message): UIMessage | undefined {
  const { id, role, content, kind } = message
  if (!roles.includes(role)) return undefined
  const kept = keptOf(message)
  // Others may have replaced its parts by something else.
  if (kept !== undefined && (Array.isArray(content) || typeof content === 'string')) {
    return {
      ...kept.rest,
      id: kept.id,
      role: role as UIMessage['role'],
      ...(kept.metadata === undefined ? {} : { metadata: kept.metadata }),
      parts: partsOf(content),
    }
  }
  if (kind !== 'message' || typeof content !== 'string') return undefined
  return { id, role: role as UIMessage['role'], parts: partsOf(content) }
}

function partsOf(content: JsonValue): UIMessage['parts'] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return content as unknown as UIMessage['parts']
}

/** The stream that a message was written in. */
export function streamOf(message: Message): string | undefined {
  return keptOf(message)?.stream
}

function keptOf({ metadata }: Message): Kept | undefined {
  const kept = metadata[key] as unknown as Kept | undefined
  return typeof kept === 'object' && typeof kept?.id === 'string' ? kept : undefined
}
