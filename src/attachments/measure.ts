import { createHash } from 'node:crypto'
import { AttachmentMismatch, AttachmentTooLarge } from './errors.js'
import { headBytes, mediaTypeOf } from './media.js'

/** What bytes must be; null where anything will do. */
export interface Expected {
  readonly size: number | null
  readonly sha256: string | null
}

/** What bytes are. */
export interface Measures {
  readonly size: number
  /** Lower-case hexadecimal. */
  readonly sha256: string
  readonly mediaType: string
}

/** Measures bytes on their way, and ends it as soon as they are more than they may be. */
export class Measure {
  readonly #hash = createHash('sha256')
  readonly #sizeMax: number
  readonly #expected: Expected
  readonly #head: Buffer[] = []
  #size = 0
  #failure: { readonly cause: unknown } | undefined

  constructor(sizeMax: number, expected: Expected) {
    this.#sizeMax = sizeMax
    this.#expected = expected
  }

  /**
   * The same bytes. Throws AttachmentTooLarge, and AttachmentMismatch at the end, so that whoever
   * stores them does not take them for whole.
   */
  async *through(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { size } = this.#expected
    try {
      for await (const piece of bytes) {
        const seen = this.#size
        this.#size += piece.length
        if (this.#size > Math.min(this.#sizeMax, size ?? Infinity)) throw this.#tooLarge()
        if (seen < headBytes) this.#head.push(Buffer.from(piece.subarray(0, headBytes - seen)))
        this.#hash.update(piece)
        yield piece
      }
      this.#check()
    } catch (cause) {
      this.#failure = { cause }
      throw cause
    }
  }

  /** Why the bytes did not come whole, whatever became of it on its way. */
  get failure(): { readonly cause: unknown } | undefined {
    return this.#failure
  }

  /** What went through. */
  get measures(): Measures {
    return {
      size: this.#size,
      sha256: this.#hash.copy().digest('hex'),
      mediaType: mediaTypeOf(Buffer.concat(this.#head)),
    }
  }

  #check(): void {
    checkMeasures(this.measures, this.#expected)
  }

  #tooLarge(): Error {
    const { size } = this.#expected
    return size !== null && size <= this.#sizeMax
      ? new AttachmentMismatch(`The bytes are more than the ${size} announced.`, { field: 'size' })
      : new AttachmentTooLarge(`An attachment may have ${this.#sizeMax} bytes.`, { field: 'body' })
  }
}

/** Throws AttachmentMismatch unless bytes are what was announced. */
export function checkMeasures(found: Omit<Measures, 'mediaType'>, expected: Expected): void {
  if (expected.size !== null && found.size !== expected.size) {
    const message = `The bytes are ${found.size}, and ${expected.size} were announced.`
    throw new AttachmentMismatch(message, { field: 'size' })
  }
  if (expected.sha256 !== null && found.sha256 !== expected.sha256.toLowerCase()) {
    const message = `The SHA-256 of the bytes is ${found.sha256}, not the one announced.`
    throw new AttachmentMismatch(message, { field: 'sha256' })
  }
}
