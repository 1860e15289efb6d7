import { InvalidValue } from '../errors.js'
import { type JsonValue, writeJson } from './json.js'

/**
 * How text and JSON cross the border. PostgreSQL refuses U+0000, and UTF-8 has no form for a lone
 * surrogate, so both travel as the noncharacter U+FDD0 and four hexadecimal digits; U+FDD0 itself
 * travels the same way. The mapping is one to one: equality and uniqueness survive it.
 */
export const escapeMark = '\uFDD0'

/** Longest text and longest JSON document, in UTF-16 code units. */
export const textLengthMax = 16 * 1024 * 1024

const wellFormed = (text: string): boolean =>
  (text as string & { isWellFormed(): boolean }).isWellFormed()

const needsEscape =
  /[\0\uFDD0]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g
const escaped = /\uFDD0([0-9A-F]{4})/g

const escapeUnit = (unit: string): string =>
  escapeMark + unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')

const escape = (text: string): string =>
  isPlainText(text) ? text : text.replace(needsEscape, escapeUnit)

/** True when the text can be stored as it is. */
function isPlainText(text: string): boolean {
  return wellFormed(text) && !text.includes('\0') && !text.includes(escapeMark)
}

/** JSON.stringify writes U+0000 and lone surrogates as lower-case escapes. */
const mayNeedEscape = (json: string): boolean =>
  json.includes('\\u0000') || json.includes('\\ud') || json.includes(escapeMark)

/** The stored form of any string. Throws InvalidValue, naming the field, when it is too long. */
export function encodeText(text: string, field: string): string {
  if (typeof text !== 'string') {
    throw new InvalidValue(`${field} must be a string`, { field })
  }
  if (text.length > textLengthMax) {
    const message = `${field} is longer than ${textLengthMax} characters`
    throw new InvalidValue(message, { field })
  }
  return escape(text)
}

/** The string that `encodeText` was given. */
export function decodeText(stored: string): string {
  if (!stored.includes(escapeMark)) return stored
  return stored.replace(escaped, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
}

/**
 * The stored form of any JSON value: JSON text that `jsonb` accepts, key order and -0 kept.
 * Throws InvalidValue, naming the path, for what JSON cannot hold, too deep or too long a value.
 */
export function encodeJson(value: unknown, field: string): string {
  return writeJson(value, { field, escape, mayNeedEscape, lengthMax: textLengthMax })
}

/** The JSON value that `encodeJson` was given. */
export function decodeJson(stored: string): JsonValue {
  const value = JSON.parse(stored) as JsonValue
  return stored.includes(escapeMark) ? reviveJson(value) : value
}

function reviveJson(value: JsonValue): JsonValue {
  if (typeof value === 'string') return decodeText(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(reviveJson)
  const revived: { [key: string]: JsonValue } = {}
  for (const key of Object.keys(value)) {
    setOwn(revived, decodeText(key), reviveJson(value[key]!))
  }
  return revived
}

/** Sets a key as the object's own, `__proto__` included. */
function setOwn(target: object, key: string, value: JsonValue): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, {
      value, writable: true, enumerable: true, configurable: true,
    })
  } else {
    Reflect.set(target, key, value)
  }
}

/** Integers that every engine and JSON hold exactly: within ±(2^53 − 1), not -0. */
export function encodeInteger(value: number, field: string): number {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    throw new InvalidValue(`${field} must be an integer within ±9007199254740991`, { field })
  }
  return value
}

/** Finite 64-bit floating-point numbers; -0 is refused because SQLite keeps no sign of zero. */
export function encodeReal(value: number, field: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || Object.is(value, -0)) {
    throw new InvalidValue(`${field} must be a finite number other than -0`, { field })
  }
  return value
}
