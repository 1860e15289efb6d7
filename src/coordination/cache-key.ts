import { InvalidInput } from '../errors.js'
import { type CacheKey, type CacheOptions } from './coordination.js'

/** Longest time to live, in seconds. */
const ttlSecondsMax = 2_592_000

/**
 * `cache:{resource}:{id}` or `session:{id}`, with the namespace before the id. No two keys are
 * written alike: each part is one word without a colon. Throws InvalidInput naming the field.
 */
export function nameOf({ namespace, resource, id }: CacheKey): string {
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(resource)) {
    throw refused('key.resource', 'must be a short snake_case word')
  }
  const rest = `${plain('key.namespace', namespace)}:${plain('key.id', id)}`
  return resource === 'session' ? `session:${rest}` : `cache:${resource}:${rest}`
}

const special = /[%{}:]|\p{Surrogate}/u
const everySpecial = new RegExp(special, 'gu')

/** Braces would make a hash tag; half of a surrogate pair would become U+FFFD. */
function plain(field: string, text: string): string {
  if (typeof text !== 'string' || text === '' || text.length > 512) {
    throw refused(field, 'must be a text of 1 to 512 characters')
  }
  if (!special.test(text)) return text
  return text.replace(everySpecial, (character) => `%${character.charCodeAt(0).toString(16)};`)
}

/** Times to live in milliseconds. */
export interface Lifetimes {
  readonly ttlMs: number
  /** 0 for not at all. */
  readonly absentTtlMs: number
}

/** The options with their defaults. Throws InvalidInput naming the field. */
export function lifetimesOf({ ttlSeconds = 300, absentTtlSeconds = 5 }: CacheOptions): Lifetimes {
  if (!(ttlSeconds >= 0.001 && ttlSeconds <= ttlSecondsMax)) {
    throw refused('ttlSeconds', `must be 0.001 to ${ttlSecondsMax}`)
  }
  const isAbsentTtl = absentTtlSeconds === 0 || absentTtlSeconds >= 0.001
  if (!isAbsentTtl || absentTtlSeconds > ttlSecondsMax) {
    throw refused('absentTtlSeconds', `must be 0 or 0.001 to ${ttlSecondsMax}`)
  }
  return { ttlMs: ttlSeconds * 1_000, absentTtlMs: absentTtlSeconds * 1_000 }
}

const refused = (field: string, rule: string) => new InvalidInput(`${field} ${rule}`, { field })
