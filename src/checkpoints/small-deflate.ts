import { bitsOfDistance, bitsOfLength, literalBits, type Bits } from './fixed-codes.js'

/** Shortest and longest match (RFC 1951, section 3.2.5). */
const matchMin = 3
const matchMax = 258

/** How far back matches reach: what zlib itself takes of a window of 4 KiB. */
const distanceMax = 4096 - 262

/** Places looked at for one match. */
const triesMax = 48

/** A match of so many bytes is taken without a look at the next place. */
const lazyMax = 32

/** With more of them, codes made for these bytes pay, which zlib makes. */
const literalsMax = 160

const hashBits = 12
const none = -1

/**
 * Compresses few bytes that are like a dictionary into raw deflate (RFC 1951, "fixed Huffman
 * codes"), which zlib reads. A context of zlib takes ten times as long to set up as they take to go
 * through it, since it reads the dictionary each time; here that is done once.
 */
export class SmallDeflate {
  /** The dictionary, then the hint, then the bytes. */
  readonly #window: Buffer
  readonly #dictionaryLength: number
  /** The newest place of each hash of three bytes; of the dictionary alone, and as it is now. */
  readonly #begun: Int16Array
  readonly #newest = new Int16Array(1 << hashBits)
  /** The place before, of the same hash. */
  readonly #before: Int16Array
  readonly #output: Buffer
  #end = 0
  #length = 0
  #distance = 0
  #literals = 0
  #written = 0
  #bits = 0
  #bitCount = 0

  /** `roomMax`: bytes of hint and input together at most. */
  constructor(dictionary: Uint8Array, roomMax: number) {
    this.#dictionaryLength = dictionary.length
    this.#window = Buffer.alloc(dictionary.length + roomMax)
    this.#window.set(dictionary)
    this.#before = new Int16Array(this.#window.length).fill(none)
    this.#output = Buffer.alloc(2 * roomMax + 16)
    this.#newest.fill(none)
    this.#end = dictionary.length
    for (let at = 0; at < dictionary.length; at++) this.#remember(at)
    this.#begun = this.#newest.slice()
  }

  /**
   * The compressed bytes, which are valid until the next call; undefined where zlib does better.
   * Whoever inflates them needs dictionary and hint, one behind the other.
   */
  deflate(bytes: Uint8Array, hint: Uint8Array): Uint8Array | undefined {
    const hintEnd = this.#dictionaryLength + hint.length
    this.#end = hintEnd + bytes.length
    if (this.#end > this.#window.length) return undefined
    this.#window.set(hint, this.#dictionaryLength)
    this.#window.set(bytes, hintEnd)
    this.#newest.set(this.#begun)
    for (let at = this.#dictionaryLength - 2; at < hintEnd; at++) this.#remember(at)
    this.#literals = this.#written = this.#bits = this.#bitCount = 0
    // The last block, of fixed codes.
    this.#put(0b011, 3)
    for (let at = hintEnd; at < this.#end;) {
      at = this.#step(at)
      if (this.#literals > literalsMax) return undefined
    }
    // The end of the block, and zeros up to the end of a byte.
    this.#put(0, 7)
    this.#put(0, 7)
    return this.#output.subarray(0, this.#written)
  }

  /** Writes what stands at a place: a match, or a byte; the place behind it. */
  #step(at: number): number {
    this.#find(at)
    const [length, distance] = [this.#length, this.#distance]
    this.#remember(at)
    if (length < matchMin) return this.#literal(at)
    if (length < lazyMax && at + 1 < this.#end) {
      this.#find(at + 1)
      // A longer match begins at the next place.
      if (this.#length > length) return this.#literal(at)
    }
    this.#putBits(bitsOfLength(length))
    this.#putBits(bitsOfDistance(distance))
    for (let inside = at + 1; inside < at + length; inside++) this.#remember(inside)
    return at + length
  }

  #literal(at: number): number {
    this.#literals += 1
    this.#putBits(literalBits(this.#window[at]!))
    return at + 1
  }

  /** Sets the longest match before a place, of the nearest ones. */
  #find(at: number): void {
    const window = this.#window
    const most = Math.min(matchMax, this.#end - at)
    this.#length = matchMin - 1
    if (most < matchMin) return
    let place = this.#newest[this.#hash(at)]!
    for (let tries = triesMax; tries > 0 && place !== none; tries--) {
      if (at - place > distanceMax) return
      if (window[place + this.#length] === window[at + this.#length]) {
        let length = 0
        while (length < most && window[place + length] === window[at + length]) length += 1
        if (length > this.#length) {
          this.#length = length
          this.#distance = at - place
          if (length === most) return
        }
      }
      place = this.#before[place]!
    }
  }

  #remember(at: number): void {
    if (at < 0 || at + 2 >= this.#end) return
    const hash = this.#hash(at)
    this.#before[at] = this.#newest[hash]!
    this.#newest[hash] = at
  }

  #hash(at: number): number {
    const window = this.#window
    const three = window[at]! | (window[at + 1]! << 8) | (window[at + 2]! << 16)
    return Math.imul(three, 0x9e3779b1) >>> (32 - hashBits)
  }

  #putBits({ bits, count }: Bits): void {
    this.#put(bits, count)
  }

  /** At most 24 bits, the lowest first. */
  #put(bits: number, count: number): void {
    this.#bits |= bits << this.#bitCount
    this.#bitCount += count
    while (this.#bitCount >= 8) {
      this.#output[this.#written++] = this.#bits & 255
      this.#bits >>>= 8
      this.#bitCount -= 8
    }
  }
}
