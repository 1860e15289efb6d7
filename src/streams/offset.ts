import { InvalidInput } from '../errors.js'

/** A place in a stream: so many bytes lie before it. */
export type Position = number

const digits = 16
const pattern = /^0{16}_(\d{16})$/

/** The offset token of a place; sorts as the places do. */
export function offsetOf(position: Position): string {
  return `${'0'.repeat(digits)}_${String(position).padStart(digits, '0')}`
}

/** Where the tail is only known to the stream itself. */
export type Start = Position | 'now'

/** The place behind an offset, `-1` being the beginning. Throws InvalidInput for what is none. */
export function startOf(offset: string, field = 'offset'): Start {
  if (offset === '-1') return 0
  if (offset === 'now') return 'now'
  return positionOf(offset, field)
}

/** As `startOf`, without the two words that stand for a place. */
export function positionOf(offset: string, field: string): Position {
  const position = Number(pattern.exec(offset)?.[1])
  if (Number.isSafeInteger(position)) return position
  throw new InvalidInput(`${field} must be an offset that this stream handed out`, { field })
}
