import { pageLimitDefault, pageLimitMax, type PageRequest } from '../database/page.js'
import { InvalidInput } from '../errors.js'

/** Characters of a lock's name, and of an owner, at most. */
export const nameLengthMax = 255

/** A lease lasts one day at most. */
export const ttlSecondsMax = 86_400

/** A lease lasts one millisecond at least. */
export const ttlSecondsMin = 0.001

/** How long a lease lasts when nobody says. */
export const ttlSecondsDefault = 30

/** How long `acquire` waits when nobody says. */
export const waitMsDefault = 10_000

/** How long `acquire` waits at most: one day. */
export const waitMsMax = 86_400_000

/** Those who wait for one lock at most. */
export const waitersMax = 1_000

/** Names of locks in one organization at most. */
export const namesMax = 100_000

function require(condition: boolean, field: string, rule: string): void {
  if (!condition) throw new InvalidInput(`${field} ${rule}`, { field })
}

const isName = (value: unknown) =>
  typeof value === 'string' && value.length >= 1 && value.length <= nameLengthMax

/** Refuses a name that is empty or too long. */
export function checkName(name: string): void {
  require(isName(name), 'name', `must be 1 to ${nameLengthMax} characters`)
}

/** Refuses an owner that is empty or too long. */
export function checkOwner(owner: string): void {
  require(isName(owner), 'owner', `must be 1 to ${nameLengthMax} characters`)
}

/** The length of a lease in whole milliseconds. */
export function ttlMsOf(ttlSeconds: number): number {
  const valid = ttlSeconds >= ttlSecondsMin && ttlSeconds <= ttlSecondsMax
  require(valid, 'ttl_seconds', `must be a number from ${ttlSecondsMin} to ${ttlSecondsMax}`)
  return Math.floor(ttlSeconds * 1_000)
}

/** Refuses a wait out of bounds. */
export function checkWait(waitMs: number): void {
  const valid = waitMs >= 0 && waitMs <= waitMsMax
  require(valid, 'wait_ms', `must be a number from 0 to ${waitMsMax}`)
}

/** Refuses a fence that no lock can have. */
export function checkFence(fence: number): void {
  require(Number.isSafeInteger(fence) && fence >= 1, 'fence', 'must be a positive integer')
}

/** The rows of a page a request asks for. */
export function checkLimit({ limit = pageLimitDefault }: PageRequest): number {
  const valid = Number.isInteger(limit) && limit >= 1 && limit <= pageLimitMax
  require(valid, 'limit', `must be an integer from 1 to ${pageLimitMax}`)
  return limit
}
