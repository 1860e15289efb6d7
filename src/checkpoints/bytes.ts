import { decodeText, encodeText } from '../database/values.js'

const initialSize = 512

/** Writes numbers, texts and bytes behind each other. */
export class ByteWriter {
  #buffer = Buffer.allocUnsafe(initialSize)
  #length = 0

  /** A whole number from 0 to 2^53 - 1, seven bits a byte, the lowest first. */
  number(value: number): this {
    let rest = value
    this.#make(8)
    while (rest >= 128) {
      this.#buffer[this.#length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.#buffer[this.#length++] = rest
    return this
  }

  /** A whole number that may be negative. */
  signed(value: number): this {
    return this.number(value < 0 ? -2 * value - 1 : 2 * value)
  }

  bytes(value: Uint8Array): this {
    this.number(value.length)
    this.#make(value.length)
    this.#buffer.set(value, this.#length)
    this.#length += value.length
    return this
  }

  text(value: string): this {
    return this.bytes(Buffer.from(encodeText(value, 'text')))
  }

  /** What was written. */
  done(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  #make(room: number): void {
    if (this.#length + room <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(2 * (this.#length + room))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

/** Reads what a `ByteWriter` wrote. Throws RangeError where it ends too early. */
export class ByteReader {
  readonly #buffer: Buffer
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  number(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#buffer.readUInt8(this.#offset++)
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }

  signed(): number {
    const value = this.number()
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }

  /** Bytes of their own, which nobody else has. */
  bytes(): Uint8Array {
    const length = this.number()
    const end = this.#offset + length
    if (end > this.#buffer.length) throw new RangeError('the bytes end too early')
    const copy = new Uint8Array(this.#buffer.subarray(this.#offset, end))
    this.#offset = end
    return copy
  }

  text(): string {
    const length = this.number()
    const start = this.#offset
    this.#offset += length
    if (this.#offset > this.#buffer.length) throw new RangeError('the text ends too early')
    return decodeText(this.#buffer.toString('utf8', start, this.#offset))
  }

  /** Whether everything was read. */
  get isAtEnd(): boolean {
    return this.#offset === this.#buffer.length
  }
}
