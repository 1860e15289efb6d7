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
  const aborted = abortion(signal)
  let next: Promise<IteratorResult<ServerEvent>> | undefined
  try {
    while (!signal.aborted) {
      next ??= iterator.next()
      const first = await firstOf(next, aborted.promise, heartbeatMs)
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
    aborted.forget()
    next?.catch(() => undefined)
    void iterator.return?.().catch(() => undefined)
  }
}

async function firstOf<T>(
  next: Promise<T>,
  aborted: Promise<'aborted'>,
  heartbeatMs: number,
): Promise<T | 'aborted' | 'silence'> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<'silence'>((done) => {
    timer = setTimeout(() => done('silence'), heartbeatMs)
  })
  try {
    return await Promise.race([next, aborted, silence])
  } finally {
    clearTimeout(timer)
  }
}

function abortion(signal: AbortSignal): { promise: Promise<'aborted'>; forget(): void } {
  let end = () => {}
  const promise = new Promise<'aborted'>((done) => (end = () => done('aborted')))
  if (signal.aborted) end()
  signal.addEventListener('abort', end, { once: true })
  return { promise, forget: () => signal.removeEventListener('abort', end) }
}

const oneLine = (text: string): string => text.replace(/[\r\n\0]/g, ' ')
