/** One server-sent event. */
export interface ServerEvent {
  /** Its type; `message` when absent. */
  readonly event?: string
  /** What a client that reconnects sends as `Last-Event-ID`. */
  readonly id?: string
  /** Any text; line ends become lines of data. */
  readonly data: string
}

/** How events are written. */
export interface EventOptions {
  /** A comment is written after so long a silence, so that nobody takes the line for dead. */
  readonly heartbeatMs: number
  /** Ends the events: the reader has gone, or the server closes. */
  readonly signal: AbortSignal
}

/** Of every answer that holds events. */
export const eventHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  // Proxies that would hold events back until a buffer is full.
  'x-accel-buffering': 'no',
}

const lineEnds = /\r\n|\r|\n/

/** An event as it goes over the wire. No text can end its own line and begin another event. */
export function eventText({ event, id, data }: ServerEvent): string {
  const name = event === undefined ? '' : `event: ${oneLine(event)}\n`
  const mark = id === undefined ? '' : `id: ${oneLine(id)}\n`
  // One blank is taken off each line: without ours, one of the data would be lost.
  const lines = data.split(lineEnds).map((line) => `data:${line.startsWith(' ') ? ' ' : ''}${line}`)
  return `${name}${mark}${lines.join('\n')}\n\n`
}

/**
 * Events as text, with heartbeats in between. Nothing is asked of `events` before what it gave was
 * taken, so that a slow reader slows its source and no buffer grows.
 */
export async function* eventStream(
  events: AsyncIterable<ServerEvent>,
  { heartbeatMs, signal }: EventOptions,
): AsyncGenerator<string, void, void> {
  const iterator = events[Symbol.asyncIterator]()
  const watch = new Watch(signal, heartbeatMs)
  // In any case, since a generator that never began lets go of nothing when it is ended.
  let next: Promise<IteratorResult<ServerEvent>> | undefined = iterator.next()
  try {
    while (!signal.aborted) {
      next ??= iterator.next()
      const first = await watch.firstOf(next)
      if (first === 'aborted') return
      if (first === 'silence') {
        yield ':\n\n'
        continue
      }
      next = undefined
      if (first.done === true) return
      yield eventText(first.value)
    }
  } finally {
    watch.end()
    next?.catch(() => undefined)
    void iterator.return?.().catch(() => undefined)
  }
}

type Interruption = 'aborted' | 'silence'

/** Interrupts the wait for an event. One timer serves all waits: each begins it anew. */
class Watch {
  readonly #signal: AbortSignal
  readonly #timer: NodeJS.Timeout
  readonly #abort = () => this.#interrupt('aborted')
  #interrupt: (by: Interruption) => void = () => undefined

  constructor(signal: AbortSignal, heartbeatMs: number) {
    this.#signal = signal
    signal.addEventListener('abort', this.#abort, { once: true })
    this.#timer = setInterval(() => this.#interrupt('silence'), heartbeatMs)
  }

  firstOf<T>(next: Promise<T>): Promise<T | Interruption> {
    this.#timer.refresh()
    return new Promise<T | Interruption>((done, fail) => {
      this.#interrupt = done
      next.then(done, fail)
      if (this.#signal.aborted) done('aborted')
    })
  }

  end(): void {
    clearInterval(this.#timer)
    this.#signal.removeEventListener('abort', this.#abort)
  }
}

const oneLine = (text: string): string => text.replace(/[\r\n\0]/g, ' ')
