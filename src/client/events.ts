import { HoldfastClientError } from './errors.js'
import { type CallOptions } from './operation.js'
import { piecesOf } from './pieces.js'
import { type Message } from './schema.js'
import { type StreamTransport } from './streams.js'
import { backoffMsAfter, pause } from './transport.js'

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

/** A line on which nothing came for so long, not even a heartbeat, is dead. */
const silenceMaxMs = 45_000

/** What happens, over as many connections as it takes. */
export async function* followConversation(
  transport: StreamTransport,
  conversationId: string,
  { after, signal }: EventOptions,
): AsyncGenerator<ConversationEvent, void, undefined> {
  let last = after
  let isReady = false
  for (let failures = 0; ; failures += 1) {
    signal?.throwIfAborted()
    try {
      for await (const event of connected(transport, conversationId, { last, signal })) {
        failures = 0
        last = event.id ?? last
        if (event.type !== 'ready' || !isReady) yield event
        isReady = true
        if (event.type === 'conversation.deleted') return
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof HoldfastClientError) || !error.retryable) throw error
    }
    await pause(backoffMsAfter(failures), signal)
  }
}

/** What comes over one connection. */
async function* connected(
  transport: StreamTransport,
  conversationId: string,
  { last, signal }: { readonly last: string | undefined; readonly signal: AbortSignal | undefined },
): AsyncGenerator<ConversationEvent, void, undefined> {
  const response = await transport.open({
    method: 'GET', path: `/v1/conversations/${encodeURIComponent(conversationId)}/events`,
    headers: { accept: 'text/event-stream', 'last-event-id': last }, isRepeatable: true, signal,
  })
  const silence = new AbortController()
  const end = () => silence.abort(broken())
  const leave = () => silence.abort(signal!.reason)
  signal?.addEventListener('abort', leave, { once: true })
  let timer = setTimeout(end, silenceMaxMs)
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const piece of piecesOf(response, silence.signal)) {
      clearTimeout(timer)
      text += decoder.decode(piece, { stream: true })
      const blocks = text.split('\n\n')
      text = blocks.pop()!
      for (const block of blocks) {
        const event = eventIn(block)
        if (event !== undefined) yield event
      }
      timer = setTimeout(end, silenceMaxMs)
    }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', leave)
  }
}

/** The event of a block of lines; undefined for a comment. */
function eventIn(block: string): ConversationEvent | undefined {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const [name = '', ...rest] = line.split(':')
    fields.set(name, rest.join(':').replace(/^ /, '').replace(/\r$/, ''))
  }
  const data = fields.get('data')
  if (data === undefined) return undefined
  const told = { type: fields.get('event'), id: fields.get('id') ?? null, data: JSON.parse(data) }
  return told as ConversationEvent
}

const broken = () => new HoldfastClientError('Nothing was heard of the server for too long.', {
  code: 'network_error', retryable: true,
})
