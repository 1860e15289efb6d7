import { InvalidInput } from '../errors.js'
import { type LimitDecision, type LimitRule } from './coordination.js'

/** Rules of one call at most. */
const rulesMax = 16

/** Units of one window at most. */
const limitMax = 1_000_000_000

/** Limits up to this are counted unit by unit; larger ones in `parts` of a window. */
export const exactMax = 128

/** Into how many parts a window is cut for large limits. */
export const parts = 64

/** A rule as the algorithm wants it: checked, in microseconds, with the key it is counted under. */
export interface Window {
  readonly key: string
  /** The hash tag of the key: that of the first rule of the call. */
  readonly tag: string
  readonly limit: number
  readonly lengthUs: number
  /** Units taken within this long of the first one count as taken with the last one. */
  readonly partUs: number
}

/** What the algorithm finds out about one window. */
export interface Reading {
  readonly used: number
  readonly resetUs: number
}

/** Checks the rules and the cost of a call. Throws InvalidInput naming the field. */
export function windowsOf(rules: readonly LimitRule[], cost: number): readonly Window[] {
  if (rules.length === 0 || rules.length > rulesMax) {
    throw refused('rules', `must be 1 to ${rulesMax} rules`)
  }
  if (!Number.isInteger(cost) || cost < 1 || cost > limitMax) {
    throw refused('cost', `must be a whole number from 1 to ${limitMax}`)
  }
  const windows: Window[] = []
  for (let index = 0; index < rules.length; index += 1) {
    const window = windowOf(rules[0]!, rules[index]!, index)
    if (cost > window.limit) throw refused('cost', `must be at most ${window.limit}, a limit`)
    if (windows.some(({ key }) => key === window.key)) {
      throw refused('rules', 'must not name one subject twice with the same window')
    }
    windows.push(window)
  }
  return windows
}

function windowOf(first: LimitRule, rule: LimitRule, index: number): Window {
  const { resource, id, limit, windowSeconds } = rule
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(resource)) {
    throw refused(`rules[${index}].resource`, 'must be a short snake_case word')
  }
  if (typeof id !== 'string' || id === '' || id.length > 512) {
    throw refused(`rules[${index}].id`, 'must be a text of 1 to 512 characters')
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax) {
    throw refused(`rules[${index}].limit`, `must be a whole number from 1 to ${limitMax}`)
  }
  if (!(windowSeconds >= 0.01 && windowSeconds <= 2_592_000)) {
    throw refused(`rules[${index}].windowSeconds`, 'must be 0.01 to 2592000')
  }
  const lengthUs = Math.round(windowSeconds * 1_000_000)
  const partUs = limit <= exactMax ? 0 : Math.floor(lengthUs / parts)
  const tag = `${first.resource}:${plain(first.id)}`
  const key = keyOf(tag, { isFirst: rule === first, rule, lengthUs })
  return { key, tag, limit, lengthUs, partUs }
}

/**
 * `ratelimit:{resource:id}` of the call's first rule, then the rule's own subject, then its window.
 * The braces are a hash tag: all keys of a call are in one slot of a cluster.
 */
function keyOf(
  tag: string,
  { isFirst, rule, lengthUs }: {
    readonly isFirst: boolean
    readonly rule: LimitRule
    readonly lengthUs: number
  },
): string {
  const own = isFirst ? '' : `:${rule.resource}:${plain(rule.id)}`
  return `ratelimit:{${tag}}${own}:${lengthUs / 1_000}`
}

const special = /[%{}]|\p{Surrogate}/u
const everySpecial = new RegExp(special, 'gu')

/** Two ids never become one: braces, and what UTF-8 cannot hold, are written as `%hex;`. */
function plain(id: string): string {
  if (!special.test(id)) return id
  return id.replace(everySpecial, (character) => `%${character.charCodeAt(0).toString(16)};`)
}

const refused = (field: string, rule: string) =>
  new InvalidInput(`${field} ${rule}`, { field })

/** The answer to a call. `retryUs` is 0 when it is admitted. */
export function decisionOf(
  rules: readonly LimitRule[],
  readings: readonly Reading[],
  { retryUs, degraded }: { readonly retryUs: number; readonly degraded: boolean },
): LimitDecision {
  const states = rules.map(({ name, limit, windowSeconds }, index) => {
    const { used, resetUs } = readings[index]!
    const remaining = Math.max(0, limit - used)
    return { name, limit, windowSeconds, remaining, resetSeconds: resetUs / 1_000_000 }
  })
  return { allowed: retryUs === 0, states, retryAfterSeconds: retryUs / 1_000_000, degraded }
}
