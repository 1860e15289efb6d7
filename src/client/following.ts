import { HoldfastClientError } from './errors.js'
import { piecesOf } from './pieces.js'
import { type StreamTransport } from './streams.js'
import { backoffMsAfter, ofType, pause } from './transport.js'

/** What every event has. */
interface Numbered {
  readonly type: string
  /** Where to go on behind it; null for what is not told twice. */
  readonly id: string | null
}

/** What is listened to, and from where. */
export interface Following<E> {
  /** Behind the address of the server, encoded. */
  readonly path: string
  /** The id of the last event seen. @default now */
  readonly after?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Whether nothing comes behind an event. */
  readonly isLast?: (event: E) => boolean
  /** Whether an answer that ends has told all there is. @default false: it is asked for again */
  readonly isWhole?: boolean
}

/** A line on which nothing came for so long, not even a heartbeat, is dead. */
const silenceMaxMs = 45_000

/** What happens, over as many connections as it takes. */
export async function* followEvents<E extends Numbered>(
  transport: StreamTransport,
  { path, after, signal, isLast, isWhole = false }: Following<E>,
): AsyncGenerator<E, void, undefined> {
  let last = after
  let isReady = false
  for (let failures = 0; ; failures += 1) {
    signal?.throwIfAborted()
    try {
      for await (const event of connected<E>(transport, { path, after: last, signal })) {
        failures = 0
        last = event.id ?? last
        if (event.type !== 'ready' || !isReady) yield event
        isReady = true
        if (isLast?.(event) === true) return
      }
      if (isWhole) return
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof HoldfastClientError) || !error.retryable) throw error
    }
    await pause(backoffMsAfter(failures), signal)
  }
}

/** What comes over one connection. */
async function* connected<E>(
  transport: StreamTransport,
  { path, after, signal }: Following<E>,
): AsyncGenerator<E, void, undefined> {
  const response = await transport.open({
    method: 'GET', path, isRepeatable: true, signal,
    expects: ofType('text/event-stream'),
    headers: { accept: 'text/event-stream', 'last-event-id': after },
  })
  const silence = new AbortController()
  const end = () => silence.abort(broken())
  const leave = () => silence.abort(signal!.reason)
  signal?.addEventListener('abort', leave, { once: true })
  let timer = setTimeout(end, silenceMaxMs)
  const decoder = new TextDecoder()
  const blocks = new Blocks()
  try {
    for await (const piece of piecesOf(response, silence.signal)) {
      clearTimeout(timer)
      for (const block of blocks.taken(decoder.decode(piece, { stream: true }))) {
        const event = eventIn<E>(block)
        if (event !== undefined) yield event
      }
      timer = setTimeout(end, silenceMaxMs)
    }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', leave)
  }
}

/** Finds blocks of lines in pieces of text. Each is looked at once, however long its block is. */
class Blocks {
  #held: string[] = []
  /** A line feed behind what is held: the next piece may begin with the one that ends the block. */
  #lineFeed = ''

  /** The blocks that are whole with one more piece. */
  taken(piece: string): string[] {
    const blocks = (this.#lineFeed + piece).split('\n\n')
    const rest = blocks.pop()!
    if (blocks.length > 0) {
      blocks[0] = this.#held.join('') + blocks[0]!
      this.#held = []
    }
    this.#lineFeed = rest.endsWith('\n') ? '\n' : ''
    this.#held.push(rest.slice(0, rest.length - this.#lineFeed.length))
    return blocks
  }
}

/** The event of a block of lines; undefined for a comment. */
function eventIn<E>(block: string): E | undefined {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    const [name, value] = colon === -1
      ? [line, '']
      : [line.slice(0, colon), line.slice(colon + 1)]
    fields.set(name, value.replace(/^ /, '').replace(/\r$/, ''))
  }
  const data = fields.get('data')
  if (data === undefined) return undefined
  const told = { type: fields.get('event'), id: fields.get('id') ?? null, data: JSON.parse(data) }
  return told as E
}

const broken = () => new HoldfastClientError('Nothing was heard of the server for too long.', {
  code: 'network_error', retryable: true,
})
