import { InvalidValue } from '../errors.js'

/** Any value that JSON text can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | JsonValue[]
  | { [key: string]: JsonValue }

/**
 * What may be given where a value is kept as JSON; what JSON cannot hold is refused when it is
 * looked at. Wider than `JsonValue`, since a type that is an interface has no index signature.
 */
export type JsonInput = string | number | boolean | null | object

/** How many arrays and objects may stand inside one another. */
export const jsonDepthMax = 200

/** Characters of a path shown at most; the rest of a very deep one is cut. */
const fieldLengthMax = 300

/** How `writeJson` writes. */
export interface JsonRules {
  /** Names the value in errors. */
  readonly field: string
  /** The stored form of a string or key; never shorter than what it stands for. */
  readonly escape: (text: string) => string
  /** False when no string in this JSON text needs `escape`; may be true without need. */
  readonly mayNeedEscape: (json: string) => boolean
  /** Characters of JSON text at most. */
  readonly lengthMax: number
}

/**
 * JSON text of a value, keys in their own order. Plain values go through JSON.stringify; only
 * what it would change (-0, strings that need an escape) takes the slow path. Throws InvalidValue,
 * naming the path, for what JSON cannot hold, for too deep and for too long a value.
 */
export function writeJson(value: unknown, rules: JsonRules): string {
  const plain = new Survey(rules).isPlain(value)
  let text = plain ? JSON.stringify(value) : write(value as JsonValue, rules.escape)
  if (plain && rules.mayNeedEscape(text)) text = write(value as JsonValue, rules.escape)
  if (text.length > rules.lengthMax) throw tooLong(rules)
  return text
}

/** One walk over a value. The path is kept as a stack, and spelled only when it is needed. */
class Survey {
  readonly #rules: JsonRules
  readonly #path: (string | number)[] = []
  /** Counts down, so that a small graph of shared values cannot ask for endless text. */
  #left: number

  constructor(rules: JsonRules) {
    this.#rules = rules
    this.#left = rules.lengthMax
  }

  /** Checks a value all the way down; false when it holds a -0, which JSON.stringify drops. */
  isPlain(value: unknown): boolean {
    switch (typeof value) {
      case 'string':
        this.#take(value.length + 2)
        return true
      case 'boolean':
        this.#take(4)
        return true
      case 'number':
        this.#take(1)
        if (!Number.isFinite(value)) throw this.#refused(`is ${value}, which JSON cannot hold`)
        return !Object.is(value, -0)
      case 'object':
        this.#take(2)
        return value === null || this.#isPlainContainer(value)
      default:
        throw this.#refused(`is ${typeof value}, which JSON cannot hold`)
    }
  }

  #isPlainContainer(value: object): boolean {
    if (this.#path.length >= jsonDepthMax) {
      throw this.#refused(`is nested deeper than ${jsonDepthMax} levels`)
    }
    if (typeof (value as { toJSON?: unknown }).toJSON === 'function') {
      throw this.#refused('has a toJSON method; convert it to plain JSON first')
    }
    return Array.isArray(value)
      ? this.#isPlainArray(value)
      : this.#isPlainObject(value as Record<string, unknown>)
  }

  #isPlainArray(values: readonly unknown[]): boolean {
    if (Object.getPrototypeOf(values) !== Array.prototype) {
      throw this.#refused('is not a plain array; convert it to plain JSON first')
    }
    let plain = true
    for (let index = 0; index < values.length; index++) {
      this.#path.push(index)
      plain = this.isPlain(values[index]) && plain
      this.#path.pop()
    }
    if (Object.keys(values).length !== values.length) {
      throw this.#refused('has properties beside its elements, which JSON cannot hold')
    }
    return plain
  }

  #isPlainObject(value: Record<string, unknown>): boolean {
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) {
      throw this.#refused('is not a plain object; convert it to plain JSON first')
    }
    if (Object.getOwnPropertySymbols(value).length > 0) {
      throw this.#refused('has a symbol for a key, which JSON cannot hold')
    }
    let plain = true
    for (const key of Object.keys(value)) {
      this.#take(key.length + 2)
      this.#path.push(key)
      plain = this.isPlain(value[key]) && plain
      this.#path.pop()
    }
    return plain
  }

  #take(characters: number): void {
    this.#left -= characters
    if (this.#left < 0) throw tooLong(this.#rules)
  }

  #refused(rule: string): Error {
    const whole = this.#path.reduce<string>(
      (path, part) => path + (typeof part === 'number' ? `[${part}]` : `.${part.slice(0, 100)}`),
      this.#rules.field,
    )
    const field = whole.length > fieldLengthMax ? `${whole.slice(0, fieldLengthMax)}…` : whole
    return new InvalidValue(`${field} ${rule}`, { field })
  }
}

/**
 * JSON text for the outside: as JSON.stringify, but -0 stays -0. Members that are undefined are
 * left out.
 */
export function stringifyJson(value: unknown): string {
  return holdsNegativeZero(value)
    ? write(value as JsonValue, (text) => text)
    : JSON.stringify(value)
}

function holdsNegativeZero(value: unknown): boolean {
  if (typeof value === 'number') return Object.is(value, -0)
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some(holdsNegativeZero)
}

function tooLong({ field, lengthMax }: JsonRules): Error {
  return new InvalidValue(`${field} is longer than ${lengthMax} characters of JSON`, { field })
}

function write(value: JsonValue, escape: JsonRules['escape']): string {
  if (typeof value === 'string') return JSON.stringify(escape(value))
  if (Object.is(value, -0)) return '-0'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item) => write(item, escape)).join(',')}]`
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => `${JSON.stringify(escape(key))}:${write(member, escape)}`)
  return `{${members.join(',')}}`
}
