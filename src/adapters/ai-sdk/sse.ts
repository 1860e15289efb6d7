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
    if (chunk !== undefined) add(chunks, chunk)
  }
  return { after, chunks }
}

function chunkIn(data: string): UIMessageChunk | undefined {
  try {
    return JSON.parse(data) as UIMessageChunk
  } catch {
    return undefined
  }
}

/** Pieces of one text become one piece: every chunk costs a copy of the message. */
function add(chunks: UIMessageChunk[], chunk: UIMessageChunk): void {
  const last = chunks.at(-1)
  const isPiece = (each: UIMessageChunk | undefined) =>
    each !== undefined && (each.type === 'text-delta' || each.type === 'reasoning-delta') &&
    each.providerMetadata === undefined
  if (isPiece(chunk) && isPiece(last)) {
    const [piece, before] = [chunk, last] as Extract<UIMessageChunk, { type: 'text-delta' }>[]
    if (piece!.id === before!.id && piece!.type === before!.type) {
      chunks[chunks.length - 1] = { ...before!, delta: before!.delta + piece!.delta }
      return
    }
  }
  chunks.push(chunk)
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
  const stream = new ReadableStream<UIMessageChunk>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
  let message: UIMessage | undefined
  const options = { stream, onError: () => undefined }
  const states = readUIMessageStream(base === undefined ? options : { ...options, message: base })
  for await (const state of states) message = state
  return message === undefined || message.parts.length === 0 ? undefined : message
}
