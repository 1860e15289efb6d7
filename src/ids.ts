import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from './clock.js'

/** Makes ids: UUID version 7 (RFC 9562), lower case, strictly rising within a process. */
export interface IdGenerator {
  next(): string
}

export interface IdGeneratorOptions {
  /** @default systemClock */
  readonly clock?: Clock
  /** Random bytes of the given length. @default node:crypto randomBytes */
  readonly random?: (length: number) => Uint8Array
  /** Where the counter of a millisecond ends, at most 2^26 − 1. @default 2^26 − 1 */
  readonly counterMax?: number
}

const poolBytes = 4096
const counterMax = 2 ** 26 - 1
const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * A generator after RFC 9562 §6.2 method 1: a 26-bit counter, seeded at random below half in each
 * millisecond, fills rand_a and the head of rand_b; 48 random bits follow. When the clock stands
 * still or steps back, the counter goes on, and past its end the last millisecond is advanced.
 */
export class UuidV7Generator implements IdGenerator {
  readonly #clock: Clock
  readonly #random: (length: number) => Uint8Array
  readonly #counterMax: number
  #pool: Uint8Array = new Uint8Array(0)
  #offset = 0
  #milliseconds = -1
  /** The milliseconds as an id begins with them, and of which moment that is. */
  #head = ''
  #headMilliseconds = -1
  #counter = 0

  constructor(options: IdGeneratorOptions = {}) {
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? randomBytes
    this.#counterMax = options.counterMax ?? counterMax
  }

  next(): string {
    this.#advance()
    if (this.#headMilliseconds !== this.#milliseconds) this.#writeHead()
    const high = Math.floor(this.#counter / 2 ** 14)
    const low = this.#counter % 2 ** 14
    const randA = `7${high.toString(16).padStart(3, '0')}`
    const randB = (0x8000 | low).toString(16)
    return `${this.#head}-${randA}-${randB}-${this.#tail()}`
  }

  #writeHead(): void {
    const time = this.#milliseconds.toString(16).padStart(12, '0')
    this.#head = `${time.slice(0, 8)}-${time.slice(8)}`
    this.#headMilliseconds = this.#milliseconds
  }

  #advance(): void {
    const now = this.#clock.now()
    if (now > this.#milliseconds) {
      this.#milliseconds = now
      this.#counter = this.#seed()
    } else if (this.#counter < this.#counterMax) {
      this.#counter += 1
    } else {
      this.#milliseconds += 1
      this.#counter = this.#seed()
    }
  }

  #seed(): number {
    const at = this.#take(4)
    const pool = this.#pool
    const word = pool[at]! * 2 ** 24 + pool[at + 1]! * 2 ** 16 + pool[at + 2]! * 2 ** 8
    return (word + pool[at + 3]!) % Math.ceil(this.#counterMax / 2)
  }

  #tail(): string {
    const at = this.#take(6)
    let text = ''
    for (let index = at; index < at + 6; index++) text += hex[this.#pool[index]!]!
    return text
  }

  #take(length: number): number {
    if (this.#offset + length > this.#pool.length) {
      this.#pool = this.#random(poolBytes)
      this.#offset = 0
    }
    const at = this.#offset
    this.#offset += length
    return at
  }
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** True for any UUID in its 36-character text form, whatever its version or case. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && value.length === 36 && uuidPattern.test(value)
}
