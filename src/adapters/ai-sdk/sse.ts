import { setImmediate } from 'node:timers/promises'
import { readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai'

const done = '[DONE]'

/** One event of a stream of chunks. */
export const eventOf = (data: UIMessageChunk | typeof done): string =>
  `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`

/** Ends an event that was cut off; elsewhere it says nothing. */
const blank = '\n\n'

/** The last words of an answer that was stopped. */
export const abortEvents = blank + eventOf({ type: 'abort' }) + eventOf(done)

/** The last words of an answer whose producer was lost. */
export const lostEvents =
  blank + eventOf({ type: 'error', errorText: 'The answer was interrupted.' }) + eventOf(done)

/** Keeps a line open on which nothing is said; clients skip comments. */
export const heartbeat = ':\n\n'

const afterMark = ': after '

/** A comment that says which message the answer follows; clients skip comments. */
export const afterComment = (messageId: string | null): string =>
  `${afterMark}${messageId ?? 'nothing'}\n\n`

/** An answer as it was streamed. */
export interface Streamed {
  /** The message that it follows; null for none, undefined when nothing was streamed. */
  readonly after: string | null | undefined
  readonly chunks: readonly UIMessageChunk[]
}

/** What the text of a stream holds; an event that was cut off is none. */
export function streamedIn(text: string): Streamed {
  let after: string | null | undefined
  const chunks: UIMessageChunk[] = []
  for (const event of text.split('\n\n').slice(0, -1)) {
    if (event.startsWith(afterMark) && after === undefined) {
      const name = event.slice(afterMark.length)
      after = name === 'nothing' ? null : name
    }
    const data = event.startsWith('data: ') ? event.slice(6) : done
    const chunk = data === done ? undefined : chunkIn(data)
    if (chunk !== undefined) chunks.push(chunk)
  }
  return { after, chunks: joined(chunks) }
}

function chunkIn(data: string): UIMessageChunk | undefined {
  try {
    return JSON.parse(data) as UIMessageChunk
  } catch {
    return undefined
  }
}

/**
 * The same chunks with pieces of one part as one, also where pieces of others stand between: every
 * chunk costs a copy of the message, and every piece of a tool's input a look at all before it.
 */
function joined(all: readonly UIMessageChunk[]): UIMessageChunk[] {
  const chunks: UIMessageChunk[] = []
  const open = new Map<string, number>()
  for (const chunk of all) {
    const part = partOf(chunk)
    const at = part === undefined ? undefined : open.get(part)
    if (at !== undefined) {
      chunks[at] = withMore(chunks[at]!, chunk)
      continue
    }
    // What ends a part, or begins one, may be between pieces of parts of one name.
    if (part === undefined) open.clear()
    else open.set(part, chunks.length)
    chunks.push(chunk)
  }
  return chunks
}

/** Names the part that a chunk is a piece of; undefined for what is no piece. */
function partOf(chunk: UIMessageChunk): string | undefined {
  switch (chunk.type) {
    case 'text-delta':
    case 'reasoning-delta':
      return `${chunk.type} ${chunk.id}`
    case 'tool-input-delta':
      return `${chunk.type} ${chunk.toolCallId}`
    default:
      return undefined
  }
}

/** A piece and the next one of its part. */
function withMore(piece: UIMessageChunk, next: UIMessageChunk): UIMessageChunk {
  if (piece.type === 'tool-input-delta') {
    const { inputTextDelta } = next as typeof piece
    return { ...piece, inputTextDelta: piece.inputTextDelta + inputTextDelta }
  }
  const [before, more] = [piece, next] as Extract<UIMessageChunk, { type: 'text-delta' }>[]
  const providerMetadata = more!.providerMetadata ?? before!.providerMetadata
  const delta = before!.delta + more!.delta
  return { ...before!, delta, ...(providerMetadata === undefined ? {} : { providerMetadata }) }
}

/** The id of the message that chunks are of. */
export function messageIdIn(chunks: readonly UIMessageChunk[]): string | undefined {
  const start = chunks.find((chunk) => chunk.type === 'start')
  return start?.messageId
}

/** The message that chunks make, going on with `base`; undefined while it says nothing. */
export async function messageFrom(
  chunks: readonly UIMessageChunk[],
  base?: UIMessage,
): Promise<UIMessage | undefined> {
  const left = chunks.values()
  const stream = new ReadableStream<UIMessageChunk>({
    async pull(controller) {
      // What makes a long message of many chunks lets others work in between.
      await setImmediate()
      const { done: isEnd, value } = left.next()
      if (isEnd === true) controller.close()
      else controller.enqueue(value)
    },
  })
  let message: UIMessage | undefined
  const options = { stream, onError: () => undefined }
  const states = readUIMessageStream(base === undefined ? options : { ...options, message: base })
  for await (const state of states) message = state
  return message === undefined || message.parts.length === 0 ? undefined : message
}
