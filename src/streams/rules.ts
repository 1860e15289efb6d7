import { type Instant, instantOf } from '../clock.js'
import { pageLimitDefault, pageLimitMax } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { type ProducerStep } from './append-call.js'
import { chunkBytesMax } from './fragments.js'

/** Characters of a path at most. */
export const pathMax = 255

/** Characters of a producer's name, and of a sequence, at most. */
export const wordMax = 255

/** Characters of the reason why a stream ended early. */
export const failureMax = 1_000

/** Seconds that a stream may live on unread: a hundred years. */
export const ttlSecondsMax = 100 * 366 * 24 * 60 * 60

function require(condition: boolean, field: string, rule: string): void {
  if (!condition) throw new InvalidInput(`${field} ${rule}`, { field })
}

const isWord = (value: unknown, max: number): boolean =>
  typeof value === 'string' && value.length >= 1 && value.length <= max

/** Refuses a path that is empty, too long, or not of words with single slashes between them. */
export function checkPath(path: string, field = 'path'): void {
  require(isWord(path, pathMax), field, `must be 1 to ${pathMax} characters`)
  const words = path.split('/')
  require(words.every((word) => word !== ''), field, 'must not begin, end or double with a slash')
  const dots = words.some((word) => word === '.' || word === '..')
  require(!dots, field, 'must not hold . or .. as a word')
}

/** Refuses more bytes than one call may bring. */
export function checkChunk(data: Uint8Array): void {
  require(data.length <= chunkBytesMax, 'body', `must be at most ${chunkBytesMax} bytes`)
}

/** Refuses a step that no producer can have made. */
export function checkProducer({ id, epoch, seq }: ProducerStep): void {
  require(isWord(id, wordMax), 'producer_id', `must be 1 to ${wordMax} characters`)
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0
  require(isCount(epoch), 'producer_epoch', 'must be an integer from 0')
  require(isCount(seq), 'producer_seq', 'must be an integer from 0')
}

/** Refuses a sequence that is empty or too long. */
export function checkSequence(sequence: string): void {
  require(isWord(sequence, wordMax), 'sequence', `must be 1 to ${wordMax} characters`)
}

/** Refuses a reason that is empty or too long. */
export function checkFailure(failure: string): void {
  require(isWord(failure, failureMax), 'failure', `must be 1 to ${failureMax} characters`)
}

/** Refuses a time to live that is none, and two ways to expire. */
export function checkExpiry(ttlSeconds: number | undefined, expiresAt: unknown): void {
  const isOne = ttlSeconds === undefined || expiresAt === undefined
  require(isOne, 'ttl_seconds', 'and expires_at exclude each other')
  if (ttlSeconds === undefined) return
  const isTtl = Number.isInteger(ttlSeconds) && ttlSeconds >= 0 && ttlSeconds <= ttlSecondsMax
  require(isTtl, 'ttl_seconds', `must be an integer from 0 to ${ttlSecondsMax}`)
}

const momentPattern = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/

/** An RFC 3339 moment in any zone as ours. */
export function momentOf(text: string, field: string): Instant {
  const milliseconds = momentPattern.test(text) ? Date.parse(text) : NaN
  const isMoment = milliseconds >= 0 && milliseconds < 253_402_300_800_000
  require(isMoment, field, 'must be a moment such as 2026-01-31T12:00:00Z')
  return instantOf(milliseconds)
}

/** The rows of a page a request asks for. */
export function checkLimit(limit: number = pageLimitDefault): number {
  const valid = Number.isInteger(limit) && limit >= 1 && limit <= pageLimitMax
  require(valid, 'limit', `must be an integer from 1 to ${pageLimitMax}`)
  return limit
}
