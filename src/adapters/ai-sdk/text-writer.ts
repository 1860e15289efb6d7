import { HoldfastError } from '../../errors.js'
import { StreamClosed, StreamGone, StreamNotFound, type StreamStore } from '../../streams/index.js'

/** Characters of one append at most: never more than a chunk may have bytes. */
const pieceMax = 256 * 1024

/** How often an append is sent whose answer was lost, or that came at a bad time. */
const attemptsMax = 6

/** How a text came to its end. */
export type WriteOutcome = 'written' | 'stopped'

/**
 * Appends text to a stream in order. What comes while an append is on its way goes into the next
 * one; an append whose answer was lost is repeated and happens once.
 */
export class TextWriter {
  readonly #streams: StreamStore
  readonly #path: string
  #pieces: string[] = []
  #length = 0
  #count = 0
  #writing: Promise<void> = Promise.resolve()
  #isWriting = false
  #end: { readonly error: unknown } | undefined

  constructor(streams: StreamStore, path: string) {
    this.#streams = streams
    this.#path = path
  }

  /** Whether nothing can be written any more. */
  get isEnded(): boolean {
    return this.#end !== undefined
  }

  /** Takes text; resolves at once, or when there is room for more. */
  async write(text: string): Promise<void> {
    this.#pieces.push(text)
    this.#length += text.length
    if (!this.#isWriting) this.#writing = this.#drain(false)
    if (this.#length > pieceMax) await this.#writing
  }

  /** Writes what is left and closes the stream. Throws what the database throws. */
  async close(failure?: string): Promise<WriteOutcome> {
    await this.#writing
    if (!this.isEnded) await this.#drain(true)
    if (!this.isEnded) {
      const options = failure === undefined ? {} : { failure }
      await this.#attempt((producer) => this.#streams.close(this.#path, { ...options, producer }))
    }
    if (this.#end === undefined) return 'written'
    const { error } = this.#end
    if (isOver(error)) return 'stopped'
    // Readers are told, if that much can still be written.
    const reason = String(error instanceof Error ? error.message : error).slice(0, 1_000)
    await this.#streams.close(this.#path, { failure: reason || 'Lost.' }).catch(() => undefined)
    throw error
  }

  async #drain(isLast: boolean): Promise<void> {
    this.#isWriting = true
    while (!this.isEnded) {
      const piece = this.#take(isLast)
      if (piece === '') break
      await this.#attempt((producer) => this.#streams.append(this.#path, piece, { producer }))
    }
    this.#isWriting = false
  }

  /**
   * As many whole texts as one append takes; only one that is too long is cut. Half a surrogate
   * pair waits for the other half.
   */
  #take(isLast: boolean): string {
    let [count, length] = [0, 0]
    for (const { length: more } of this.#pieces) {
      if (count > 0 && length + more > pieceMax) break
      count += 1
      length += more
    }
    const text = this.#pieces.splice(0, count).join('')
    let end = Math.min(text.length, pieceMax)
    const isSplit = /[\ud800-\udbff]$/.test(text.slice(end - 1, end))
    const isAll = end === text.length && this.#pieces.length === 0
    if (isSplit && !(isLast && isAll)) end -= 1
    if (end < text.length) this.#pieces.unshift(text.slice(end) + (this.#pieces.shift() ?? ''))
    this.#length -= end
    return text.slice(0, end)
  }

  async #attempt(
    send: (step: { id: string; epoch: number; seq: number }) => Promise<unknown>,
  ): Promise<void> {
    const step = { id: 'producer', epoch: 0, seq: this.#count }
    for (let attempt = 1; ; attempt += 1) {
      try {
        await send(step)
        this.#count += 1
        return
      } catch (error) {
        const isWorthwhile = HoldfastError.isInstance(error) && error.retryable
        if (!isWorthwhile || attempt === attemptsMax) {
          this.#end = { error }
          return
        }
        await new Promise((done) => setTimeout(done, 50 * 2 ** attempt))
      }
    }
  }
}

/** Somebody else closed or removed the stream: there is nothing more to write. */
export function isOver(error: unknown): boolean {
  return error instanceof StreamClosed || error instanceof StreamNotFound ||
    error instanceof StreamGone
}
