import { InvalidInput } from '../../errors.js'
import { StreamExists, type StreamStore } from '../../streams/index.js'
import { DurableText } from './durable-text.js'

/** Options of `createResumableStreamContext`. */
export interface ResumableStreamOptions {
  /** Those of an organization. */
  readonly streams: StreamStore
  /** Stands before the ids in the paths of streams. @default 'resumable-stream' */
  readonly keyPrefix?: string
  /** Keeps the program alive until a promise settles; null where nothing suspends it. */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | null
  /** Seconds for which a stream is kept since it was last written or read. @default 86400 */
  readonly ttlSeconds?: number
  /** Seconds after which a silent producer counts as lost. @default 15 */
  readonly producerTtlSeconds?: number
  /** Hears of a stream that could not be written. @default nobody: its readers are told */
  readonly onError?: (error: unknown) => void
}

/** The context of the package `resumable-stream`, on streams of a database. */
export interface ResumableStreamContext {
  /**
   * Creates the stream, or resumes the one there is; null when that is done. `makeStream` is called
   * by one of all processes that ask.
   */
  resumableStream(
    streamId: string,
    makeStream: () => ReadableStream<string>,
    skipCharacters?: number,
  ): Promise<ReadableStream<string> | null>
  /** Resumes a stream: null when it is done, undefined when there is none. */
  resumeExistingStream(
    streamId: string,
    skipCharacters?: number,
  ): Promise<ReadableStream<string> | null | undefined>
  /** Creates a stream; null when there is one that is done. Throws StreamExists while it is not. */
  createNewResumableStream(
    streamId: string,
    makeStream: () => ReadableStream<string>,
    skipCharacters?: number,
  ): Promise<ReadableStream<string> | null>
  /** Null when there is none, `DONE` when it is done, else true. */
  hasExistingStream(streamId: string): Promise<null | true | 'DONE'>
}

/**
 * Streams of text that outlive the connection, the process and the machine that produce them, for
 * code written for the package `resumable-stream`. Readers get nothing that is not durable. When
 * the source fails, or its producer is lost, readers get what there is and then StreamBroken.
 */
export function createResumableStreamContext(
  options: ResumableStreamOptions,
): ResumableStreamContext {
  const { streams, keyPrefix = 'resumable-stream', waitUntil, onError } = options
  const text = new DurableText({
    streams, keyPrefix, contentType: 'text/plain; charset=utf-8',
    ttlSeconds: options.ttlSeconds ?? 86_400,
    producerTtlSeconds: options.producerTtlSeconds ?? 15,
  })
  const produce = (streamId: string, makeStream: () => ReadableStream<string>) => {
    const writing = text.produce(streamId, sourceOf(makeStream)).catch((error: unknown) => {
      onError?.(error)
    })
    waitUntil?.(writing)
    return text.read(streamId)
  }
  const state = async (streamId: string) => {
    const stream = await text.find(streamId)
    if (stream === undefined) return null
    return stream.closed ? 'DONE' : true
  }
  const resume = async (streamId: string, skipCharacters: number | undefined) => {
    const skip = checkedSkip(skipCharacters)
    const found = await state(streamId)
    if (found === null) return undefined
    return found === 'DONE' ? null : text.read(streamId, { skip })
  }
  return {
    hasExistingStream: state,
    resumeExistingStream: resume,
    async createNewResumableStream(streamId, makeStream) {
      if (await text.begin(streamId)) return produce(streamId, makeStream)
      if (await state(streamId) === 'DONE') return null
      throw new StreamExists('This stream is being written; resume it, or take another id.')
    },
    async resumableStream(streamId, makeStream, skipCharacters) {
      const skip = checkedSkip(skipCharacters)
      if (await text.begin(streamId)) return produce(streamId, makeStream)
      return (await resume(streamId, skip)) ?? null
    },
  }
}

/** A source that cannot be made fails as one that fails at once. */
function sourceOf(makeStream: () => ReadableStream<string>): ReadableStream<string> {
  try {
    return makeStream()
  } catch (error) {
    return new ReadableStream({ start: (controller) => controller.error(error) })
  }
}

function checkedSkip(skip = 0): number {
  if (Number.isSafeInteger(skip) && skip >= 0) return skip
  throw new InvalidInput('skip_characters must be an integer from 0', { field: 'skip_characters' })
}
