import { namedId } from '../../named-ids.js'
import {
  type Stream, StreamExists, StreamNotFound, type StreamStore,
} from '../../streams/index.js'
import { StreamBroken } from './errors.js'
import { isOver, TextWriter, type WriteOutcome } from './text-writer.js'

/** Where texts are kept and for how long. */
export interface DurableTextOptions {
  readonly streams: StreamStore
  /** Stands before the ids in the paths of streams. */
  readonly keyPrefix: string
  readonly contentType: string
  /** Seconds for which a text is kept since somebody last wrote or read it. */
  readonly ttlSeconds: number
  /** Seconds after which a producer that shows no sign of life counts as lost. */
  readonly producerTtlSeconds: number
}

/** How to read a text. */
export interface TextReading {
  /** Characters to leave out at the beginning. @default 0 */
  readonly skip?: number
  /** What ends a text whose producer was lost. @default it fails for its readers */
  readonly onLost?: () => Promise<unknown>
  /** Whether a failed text fails for its readers, too. @default true */
  readonly tellsFailure?: boolean
}

/** Other ids stand for themselves in a path. */
const plainId = /^[\w-]{1,150}$/
const idSpace = 'b94f8f5f-24f5-4a8c-9a0e-0d6ea4f1c0de'

/** How often a producer looks whether it was stopped. */
const lookEveryMs = 1_000

/**
 * Text that is written once and read by any number of readers, from its beginning, as soon as it is
 * durable. That its producer lives is told by a second stream, which expires unless it is touched.
 */
export class DurableText {
  readonly #options: DurableTextOptions

  constructor(options: DurableTextOptions) {
    this.#options = options
  }

  /**
   * Begins a text; false when there is one of this id already. It goes with the person who began
   * the conversation that it is for, when they are erased.
   */
  async begin(id: string, conversationId?: string): Promise<boolean> {
    const { streams, contentType, ttlSeconds } = this.#options
    // Whoever asks for a text again must not make its lost producer seem alive.
    if (await this.find(id) !== undefined) return false
    await this.#breathe(id)
    try {
      const conversation = conversationId === undefined ? {} : { conversationId }
      const { created } = await streams.create(
        this.#path(id), { contentType, ttlSeconds, ...conversation })
      return created
    } catch (error) {
      // One that is closed already, or was made otherwise.
      if (error instanceof StreamExists) return false
      throw error
    }
  }

  /** The stream of a text; undefined when there is none, or none any more. */
  async find(id: string): Promise<Stream | undefined> {
    return this.#options.streams.find(this.#path(id))
  }

  /** Whether the producer of a text has shown itself lately. */
  async isAlive(id: string): Promise<boolean> {
    return (await this.#options.streams.find(this.#breathPath(id))) !== undefined
  }

  /**
   * Writes all that comes from `source` into a text that was begun, and closes it. When the text is
   * closed meanwhile, `source` is cancelled and `onStopped` called. Throws what the database does.
   */
  async produce(
    id: string,
    source: ReadableStream<string>,
    onStopped: () => void = () => undefined,
  ): Promise<WriteOutcome> {
    const writer = new TextWriter(this.#options.streams, this.#path(id))
    const reader = source.getReader()
    let isComplete = false
    const stop = () => {
      if (isComplete) return
      onStopped()
      reader.cancel().catch(() => undefined)
    }
    const watch = this.#watch(id, stop)
    let failure: string | undefined
    try {
      while (!writer.isEnded) {
        const { done, value } = await reader.read()
        if (done) break
        await writer.write(value)
      }
    } catch (error) {
      failure = (error instanceof Error && error.message.slice(0, 1_000)) || 'The source failed.'
    }
    try {
      // What is seen as closed from here on may be our own doing.
      isComplete = !writer.isEnded
      const outcome = await writer.close(failure)
      isComplete = outcome === 'written'
      stop()
      return outcome
    } catch (error) {
      isComplete = false
      stop()
      throw error
    } finally {
      clearInterval(watch)
    }
  }

  /** Closes a text from outside, with some last words; false when it was over already. */
  async end(id: string, words: string, failure?: string): Promise<boolean> {
    const options = { close: true, ...(failure === undefined ? {} : { failure }) }
    try {
      await this.#options.streams.append(this.#path(id), words, options)
      return true
    } catch (error) {
      if (isOver(error)) return false
      throw error
    }
  }

  /** Closes a text whose producer was lost; its readers are told. */
  async abandon(id: string): Promise<void> {
    const failure = 'The producer of the stream was lost.'
    await this.#options.streams.close(this.#path(id), { failure }).catch((error: unknown) => {
      if (!isOver(error)) throw error
    })
  }

  /** All of a text that is closed, or as much as there is. */
  async whole(id: string): Promise<string> {
    const { streams } = this.#options
    const decoder = newDecoder()
    let text = ''
    for (let from = '-1'; ;) {
      const part = await streams.read(this.#path(id), { from })
      for (const { data } of part.chunks) text += decoder.decode(data, { stream: true })
      if (part.upToDate) return text + decoder.decode()
      from = part.offset
    }
  }

  /** The text as it comes, and the end with it. */
  read(id: string, { skip = 0, onLost, tellsFailure = true }: TextReading = {}) {
    const leaving = new AbortController()
    const parts = this.#options.streams.follow(this.#path(id), { signal: leaving.signal })
    const decoder = newDecoder()
    const abandon = onLost ?? (() => this.abandon(id))
    const watch = this.#watchProducer(id, abandon)
    let left = skip
    const cut = (text: string) => {
      const shown = text.slice(left)
      left -= text.length - shown.length
      return shown
    }
    const next = async (controller: ReadableStreamDefaultController<string>) => {
      for (;;) {
        const { value: part } = await parts.next()
        if (part === undefined) return true
        const pieces = part.chunks.map(({ data }) => decoder.decode(data, { stream: true }))
        const text = cut(pieces.join('') + (part.closed ? decoder.decode() : ''))
        if (text !== '') controller.enqueue(text)
        const isBroken = part.closed && part.failure !== null && tellsFailure
        if (isBroken) throw new StreamBroken(part.failure!)
        if (part.closed || text !== '') return part.closed
      }
    }
    return new ReadableStream<string>({
      async pull(controller) {
        let isAtEnd = true
        try {
          isAtEnd = await next(controller)
        } finally {
          if (isAtEnd) clearInterval(watch)
        }
        if (isAtEnd) controller.close()
      },
      async cancel() {
        clearInterval(watch)
        leaving.abort()
        await parts.return()
      },
    })
  }

  /** Shows that the producer lives, and sees whether its text was closed by somebody else. */
  #watch(id: string, stop: () => void): NodeJS.Timeout {
    const { producerTtlSeconds } = this.#options
    const breatheEveryMs = producerTtlSeconds * 1000 / 3
    let breathed = Date.now()
    return repeat(Math.min(lookEveryMs, breatheEveryMs), async () => {
      if (Date.now() - breathed >= breatheEveryMs) {
        await this.#breathe(id)
        breathed = Date.now()
      }
      const stream = await this.find(id)
      if (stream === undefined || stream.closed) stop()
    })
  }

  #watchProducer(id: string, abandon: () => Promise<unknown>): NodeJS.Timeout {
    const watch = repeat(this.#options.producerTtlSeconds * 1000 / 2, async () => {
      if (await this.isAlive(id)) return
      await abandon()
      clearInterval(watch)
    })
    return watch
  }

  /** Reading it lets it live on; where it has expired it is made again. */
  async #breathe(id: string): Promise<void> {
    const { streams, producerTtlSeconds: ttlSeconds } = this.#options
    const path = this.#breathPath(id)
    try {
      await streams.read(path)
    } catch (error) {
      if (!(error instanceof StreamNotFound)) throw error
      await streams.create(path, { contentType: 'text/plain', data: 'x', ttlSeconds })
    }
  }

  #path(id: string): string {
    return `${this.#options.keyPrefix}/${wordOf(id)}`
  }

  #breathPath(id: string): string {
    return `${this.#options.keyPrefix}-producers/${wordOf(id)}`
  }
}

const wordOf = (id: string) => (plainId.test(id) ? id : `~${namedId(idSpace, id)}`)

const newDecoder = () => new TextDecoder('utf-8', { ignoreBOM: true })

/** Does something again and again, never twice at once; what fails is tried again later. */
function repeat(everyMs: number, work: () => Promise<unknown>): NodeJS.Timeout {
  let isBusy = false
  return setInterval(() => {
    if (isBusy) return
    isBusy = true
    work().catch(() => undefined).finally(() => (isBusy = false))
  }, everyMs).unref()
}
