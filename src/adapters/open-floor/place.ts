import { type JsonValue } from '../../database/json.js'
import { InvalidEnvelope } from './errors.js'
import { type JsonObject } from './shape.js'

/** Characters of a URI, a URL or an id at most. */
export const uriLengthMax = 255

/** Characters of a reason at most. */
export const reasonLengthMax = 1_000

/** A value and where it stands; whatever it must be and is not is told with a JSON pointer. */
export class Place {
  readonly value: unknown
  readonly pointer: string

  constructor(value: unknown, pointer = '') {
    this.value = value
    this.pointer = pointer
  }

  /** Throws InvalidEnvelope. */
  fail(rule: string): never {
    throw new InvalidEnvelope(this.pointer, rule)
  }

  object(): JsonObject {
    const { value } = this
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as JsonObject
    }
    return this.fail(value === undefined ? 'is missing' : 'must be an object')
  }

  /** The members of an object that may have these alone. */
  strictly(names: readonly string[]): JsonObject {
    const object = this.object()
    const stranger = Object.keys(object).find((name) => !names.includes(name))
    if (stranger !== undefined) this.at(stranger).fail('is not known here')
    return object
  }

  /** A member, whether it is there or not. */
  at(name: string | number): Place {
    const { value } = this
    const inside = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
      ? (value as Record<string | number, unknown>)[name]
      : undefined
    const part = String(name).replaceAll('~', '~0').replaceAll('/', '~1')
    return new Place(inside, `${this.pointer}/${part}`)
  }

  /** What a check makes of a member; undefined when it is not there. */
  maybe<T>(name: string, check: (place: Place) => T): T | undefined {
    const place = this.at(name)
    return place.value === undefined ? undefined : check(place)
  }

  list(lengthMax: number): Place[] {
    const { value } = this
    if (!Array.isArray(value)) {
      return this.fail(value === undefined ? 'is missing' : 'must be an array')
    }
    if (value.length > lengthMax) this.fail(`must hold at most ${lengthMax}`)
    return value.map((_, index) => this.at(index))
  }

  text(): string {
    const { value } = this
    if (typeof value === 'string') return value
    return this.fail(value === undefined ? 'is missing' : 'must be a string')
  }

  /** A text that names an agent, a service or a conversation. */
  name(): string {
    const text = this.text()
    const isName = text.length >= 1 && text.length <= uriLengthMax && !/\p{Surrogate}/u.test(text)
    if (!isName) this.fail(`must be 1 to ${uriLengthMax} characters`)
    return text
  }

  flag(): boolean {
    if (typeof this.value === 'boolean') return this.value
    return this.fail('must be true or false')
  }

  /** The value itself, which is there. */
  json(): JsonValue {
    if (this.value === undefined) this.fail('is missing')
    return this.value as JsonValue
  }
}

/** An object without the members that are undefined. */
export function known<T extends object>(
  given: { [K in keyof T]: T[K] | undefined },
): T {
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined)) as unknown as T
}
