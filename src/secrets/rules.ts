import { type Clock, type Instant, millisecondsOf } from '../clock.js'
import { pageLimitDefault, pageLimitMax, type PageRequest } from '../database/page.js'
import { InvalidInput } from '../errors.js'

/** Characters of a name at most. */
export const nameLengthMax = 255

/** Bytes of a value at most, in UTF-8. */
export const valueBytesMax = 64 * 1024

/** Characters of a description at most. */
export const descriptionLengthMax = 1_000

/** Secrets of one organization at most, those of its members included. */
export const secretsMax = 50_000

/** Versions of one secret that are kept when nobody says. */
export const historyDefault = 10

/** Versions of one secret that are kept at most. */
export const historyMax = 100

function require(condition: boolean, field: string, rule: string): void {
  if (!condition) throw new InvalidInput(`${field} ${rule}`, { field })
}

const isWellFormed = (text: string): boolean =>
  (text as string & { isWellFormed(): boolean }).isWellFormed()

const control = /\p{Cc}/u

/** A name in its one form: two names that look alike to Unicode (NFC) are one. */
export function checkedName(name: string): string {
  const isText = typeof name === 'string' && isWellFormed(name) && !control.test(name)
  require(isText, 'name', 'must be text without control characters')
  const normal = name.normalize('NFC')
  const fits = normal.length >= 1 && normal.length <= nameLengthMax
  require(fits, 'name', `must be 1 to ${nameLengthMax} characters`)
  return normal
}

/** The bytes of a value. What is refused is not repeated in the message. */
export function checkedValue(value: string): Uint8Array {
  require(typeof value === 'string', 'value', 'must be a string')
  require(isWellFormed(value), 'value', 'must not hold half of a surrogate pair')
  const bytes = new TextEncoder().encode(value)
  const fits = bytes.length >= 1 && bytes.length <= valueBytesMax
  require(fits, 'value', `must be 1 to ${valueBytesMax} bytes of UTF-8`)
  return bytes
}

/** Refuses a description that is too long. */
export function checkDescription(description: string | null): void {
  const fits = description === null ||
    (typeof description === 'string' && description.length <= descriptionLengthMax)
  require(fits, 'description', `must be at most ${descriptionLengthMax} characters`)
}

/** Refuses an end that is over already. */
export function checkExpiry(expiresAt: Instant | null, clock: Clock): void {
  if (expiresAt === null) return
  const isAhead = typeof expiresAt === 'string' && millisecondsOf(expiresAt) > clock.now()
  require(isAhead, 'expires_at', 'must be a moment in the future')
}

/** Refuses a version that no secret can have. */
export function checkVersion(version: number): void {
  require(Number.isSafeInteger(version) && version >= 1, 'version', 'must be a positive integer')
}

/** The rows of a page a request asks for. */
export function checkLimit({ limit = pageLimitDefault }: PageRequest): number {
  const valid = Number.isInteger(limit) && limit >= 1 && limit <= pageLimitMax
  require(valid, 'limit', `must be an integer from 1 to ${pageLimitMax}`)
  return limit
}
