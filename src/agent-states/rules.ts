import { type JsonValue } from '../database/json.js'
import { pageLimitDefault, pageLimitMax, type PageRequest } from '../database/page.js'
import { InvalidConfiguration, InvalidInput } from '../errors.js'

/** How states are kept. */
export interface AgentStateOptions {
  /** Revisions of each state to keep, the newest included; 0 to 1000, 0 for none. @default 20 */
  readonly revisionsMax?: number
  /** Bytes of a document as JSON at most, 1 to 16 MiB. @default 1048576 (1 MiB) */
  readonly documentBytesMax?: number
}

/** Letters, digits and `_ . : -`, not beginning with a dot; 1 to 128. */
export const namePattern = /^[A-Za-z0-9_:-][A-Za-z0-9_.:-]{0,127}$/

/** Names of one conversation at most, those of deleted states included. */
export const namesMax = 10_000

const bytesCeiling = 16 * 1024 * 1024
const revisionsCeiling = 1_000

/** The options with their defaults. Throws InvalidConfiguration. */
export function optionsOf(given: AgentStateOptions = {}): Required<AgentStateOptions> {
  const { revisionsMax = 20, documentBytesMax = 1024 * 1024 } = given
  const check = (name: string, value: number, [min, max]: readonly [number, number]) => {
    if (Number.isInteger(value) && value >= min && value <= max) return
    const rule = `must be an integer from ${min} to ${max}`
    throw new InvalidConfiguration(`agentStates.${name} ${rule}`)
  }
  check('revisionsMax', revisionsMax, [0, revisionsCeiling])
  check('documentBytesMax', documentBytesMax, [1, bytesCeiling])
  return { revisionsMax, documentBytesMax }
}

/** Refuses a name that breaks the rule. */
export function checkName(name: string): void {
  if (typeof name === 'string' && namePattern.test(name)) return
  const rule = 'must be 1 to 128 letters, digits and _ . : -, and not begin with a dot'
  throw new InvalidInput(`name ${rule}`, { field: 'name' })
}

/** Refuses a stored document that is too large. */
export function checkBytes(document: string, bytesMax: number): void {
  // No character takes more than three bytes, so that most documents need no counting.
  if (document.length * 3 <= bytesMax || Buffer.byteLength(document) <= bytesMax) return
  throw new InvalidInput(`document must be at most ${bytesMax} bytes of JSON`, {
    field: 'document',
  })
}

/** Refuses a merge patch that is no object. */
export function checkPatch(patch: JsonValue): void {
  if (typeof patch === 'object' && patch !== null && !Array.isArray(patch)) return
  throw new InvalidInput('document must be a JSON object: a merge patch', { field: 'document' })
}

/** The rows of a page a request asks for. */
export function checkLimit({ limit = pageLimitDefault }: PageRequest): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= pageLimitMax) return limit
  throw new InvalidInput(`limit must be an integer from 1 to ${pageLimitMax}`, { field: 'limit' })
}
