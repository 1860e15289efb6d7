/** Bits to be written, the lowest first. */
export interface Bits {
  readonly bits: number
  readonly count: number
}

/** A code of fixed Huffman codes goes highest bit first (RFC 1951, section 3.1.1). */
function reversed(code: number, count: number): number {
  let bits = 0
  for (let place = 0; place < count; place++) bits |= ((code >> place) & 1) << (count - 1 - place)
  return bits
}

/** The code of a literal, the end of a block or a length (RFC 1951, section 3.2.6). */
function symbolBits(symbol: number): Bits {
  const [code, count] = symbol < 144
    ? [0b0011_0000 + symbol, 8]
    : symbol < 256
      ? [0b1_1001_0000 + symbol - 144, 9]
      : symbol < 280 ? [symbol - 256, 7] : [0b1100_0000 + symbol - 280, 8]
  return { bits: reversed(code, count), count }
}

/**
 * Codes for the numbers from `first` on, each with extra bits behind it: `plain` codes without any,
 * then so many each with one more bit than those before.
 */
function ranged(given: {
  readonly first: number
  readonly plain: number
  readonly perCount: number
  readonly last: number
  readonly codeOf: (index: number) => Bits
}): Bits[] {
  const { first, plain, perCount, last, codeOf } = given
  const all: Bits[] = []
  for (let index = 0, number = first; number <= last; index++) {
    const extra = index < plain ? 0 : Math.floor((index - plain) / perCount) + 1
    const { bits, count } = codeOf(index)
    for (let rest = 0; rest < 1 << extra && number <= last; rest++, number++) {
      all[number] = { bits: bits | (rest << count), count: count + extra }
    }
  }
  return all
}

const literals = Array.from({ length: 256 }, (_, byte) => symbolBits(byte))

/** Lengths 3 to 257; 258 has a code of its own. */
const lengths = ranged({
  first: 3, plain: 8, perCount: 4, last: 257, codeOf: (index) => symbolBits(257 + index),
})
lengths[258] = symbolBits(285)

/** Distances 1 to 4096. */
const distances = ranged({
  first: 1, plain: 4, perCount: 2, last: 4096,
  codeOf: (index) => ({ bits: reversed(index, 5), count: 5 }),
})

/** The bits of a byte that stands for itself. */
export const literalBits = (byte: number): Bits => literals[byte]!

/** The bits of a match's length, 3 to 258. */
export const bitsOfLength = (length: number): Bits => lengths[length]!

/** The bits of a match's distance, 1 to 4096. */
export const bitsOfDistance = (distance: number): Bits => distances[distance]!
