import { failureOf, readAnswer } from './answer.js'
import { HoldfastClientError } from './errors.js'

/** What a call is sent with: the global `fetch`, or something of its kind. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** How calls are sent. */
export interface TransportOptions {
  readonly fetch: Fetch
  /** For one attempt, from the first byte sent to the last received. */
  readonly timeoutMs: number
  /** Attempts after the first. */
  readonly retriesMax: number
}

/** What a call carries; a stream can be sent once only. */
export type OutgoingBody = string | Uint8Array | Blob | ReadableStream<Uint8Array>

/** One call, ready to be sent as often as it takes. */
export interface Outgoing {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly body: OutgoingBody | undefined
  readonly signal: AbortSignal | undefined
  /** Whether two arrivals have one effect. */
  readonly isRepeatable: boolean
  /** Whether an answer of bytes is Holdfast's: something else may have given it. */
  readonly expects?: Expectation | undefined
}

/** What an answer of bytes is told by. */
export type Expectation = (answer: Pick<Response, 'status' | 'headers'>) => boolean

/** Expects an answer of a media type. */
export const ofType = (mediaType: string): Expectation => ({ headers }) =>
  headers.get('content-type')?.split(';', 1)[0]!.trim().toLowerCase() === mediaType

/** An answer of bytes. */
export interface RawResult {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
}

/** Reads what an answer holds; throws the error it stands for. */
type Read<T> = (response: Response) => Promise<T>

/** The first pause is shorter than this, and each may be twice as long as the one before. */
const backoffMs = 200

const backoffMaxMs = 10_000

/** Sends a call until it is answered, fails for good, or its attempts are used up. */
export function send(outgoing: Outgoing, options: TransportOptions): Promise<unknown> {
  return sendWith(outgoing, options, async (response) => {
    const text = await response.text()
    return () => readAnswer(response, text)
  })
}

/** As `send`, for an answer of bytes. */
export function sendRaw(outgoing: Outgoing, options: TransportOptions): Promise<RawResult> {
  return sendWith(outgoing, options, async (response) => {
    const bytes = new Uint8Array(await response.arrayBuffer())
    const { status, headers } = response
    if (isExpected(response, outgoing)) return () => ({ status, headers, bytes })
    // A redirect, a refusal, a HEAD that has no words for it, or the page of something else.
    return () => {
      throw failureOf(response, new TextDecoder().decode(bytes))
    }
  })
}

/** As `send`, for an answer whose body is read as it comes; the time limit ends with its head. */
export function sendOpen(outgoing: Outgoing, options: TransportOptions): Promise<Response> {
  return sendWith(outgoing, options, async (response) => {
    if (isExpected(response, outgoing)) return () => response
    const text = await response.text()
    return () => {
      throw failureOf(response, text)
    }
  })
}

const isExpected = (response: Response, { expects }: Outgoing): boolean =>
  response.ok && (expects === undefined || expects(response))

async function sendWith<T>(
  outgoing: Outgoing,
  options: TransportOptions,
  read: Read<() => T>,
): Promise<T> {
  const retriesMax = outgoing.isRepeatable ? options.retriesMax : 0
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await attemptOnce(outgoing, options, read)
    } catch (error) {
      const pauseMs = pauseMsAfter(error, attempt, options.timeoutMs)
      if (attempt >= retriesMax || pauseMs === undefined) throw error
      await pause(pauseMs, outgoing.signal)
    }
  }
}

/** Undefined when the same call would fail again, or only after a pause that is too long. */
function pauseMsAfter(error: unknown, attempt: number, pauseMaxMs: number): number | undefined {
  if (!(error instanceof HoldfastClientError) || !error.retryable) return undefined
  const { retryAfterMs } = error
  if (retryAfterMs === undefined) return backoffMsAfter(attempt)
  return retryAfterMs > pauseMaxMs ? undefined : retryAfterMs * (1 + Math.random() / 4)
}

/** Full jitter: clients that failed together must not come back together. */
export function backoffMsAfter(attempt: number): number {
  return Math.random() * Math.min(backoffMaxMs, backoffMs * 2 ** attempt)
}

/** Resolves after a while, or once the signal is aborted: the next attempt then ends the call. */
export function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, signal?.aborted === true ? 0 : durationMs)
    signal?.addEventListener('abort', end)
  })
}

async function attemptOnce<T>(
  outgoing: Outgoing,
  options: TransportOptions,
  read: Read<() => T>,
): Promise<T> {
  const { url, method, headers, body, signal } = outgoing
  signal?.throwIfAborted()
  const controller = new AbortController()
  const stop = () => controller.abort()
  const timer = setTimeout(stop, options.timeoutMs)
  signal?.addEventListener('abort', stop)
  let answer: () => T
  try {
    // A redirected POST would arrive as a GET, so redirects are answers like others.
    const init = { method, headers, body, signal: controller.signal, redirect: 'manual' } as const
    const whole = body instanceof ReadableStream ? { ...init, duplex: 'half' } : init
    answer = await read(await options.fetch(url, whole as RequestInit))
  } catch (cause) {
    signal?.throwIfAborted()
    throw unanswered(cause, controller.signal.aborted ? options.timeoutMs : undefined)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
  return answer()
}

function unanswered(cause: unknown, timeoutMs: number | undefined): HoldfastClientError {
  if (timeoutMs !== undefined) {
    const message = `No answer within ${timeoutMs} ms.`
    return new HoldfastClientError(message, { code: 'timeout', retryable: true, cause })
  }
  const { message } = deepest(cause)
  return new HoldfastClientError(`The server was not reached: ${message}`, {
    code: 'network_error', retryable: true, cause,
  })
}

/** The `fetch` of Node says "fetch failed" and keeps the reason in a chain of causes. */
function deepest(error: unknown): { readonly message: string } {
  const { cause } = error as { readonly cause?: unknown }
  if (cause instanceof Error) return deepest(cause)
  const { message, code } = error as { readonly message?: string; readonly code?: string }
  return { message: message || code || String(error) }
}
