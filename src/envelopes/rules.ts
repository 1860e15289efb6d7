import { pageLimitDefault, pageLimitMax } from '../database/page.js'
import { InvalidInput } from '../errors.js'

/** Envelopes or deliveries read at once at most. */
export const envelopeLimitMax = pageLimitMax

/** Deliveries sent again in one call at most. */
export const resendMax = 1_000

/** What is kept of a failure, in characters. */
export const noteLengthMax = 1_000

/** The rows asked for at once. Throws InvalidInput. */
export function limitOf(limit: number = pageLimitDefault): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= envelopeLimitMax) return limit
  const message = `limit must be an integer from 1 to ${envelopeLimitMax}`
  throw new InvalidInput(message, { field: 'limit' })
}

/** The number behind which a list begins. Throws InvalidInput. */
export function afterOf(after: number = 0): number {
  if (Number.isSafeInteger(after) && after >= 0) return after
  throw new InvalidInput('after must be a whole number', { field: 'after' })
}

/** The deliveries to send again. Throws InvalidInput. */
export function checkResent({ length }: readonly string[]): void {
  if (length >= 1 && length <= resendMax) return
  throw new InvalidInput(`ids must hold 1 to ${resendMax}`, { field: 'ids' })
}
