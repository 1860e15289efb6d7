import { type Instant } from '../clock.js'
import { InvalidValue } from '../errors.js'
import { isUuid } from '../ids.js'
import { type JsonValue } from './json.js'
import {
  decodeJson, decodeText, encodeInteger, encodeJson, encodeReal, encodeText,
} from './values.js'

/** The kinds of value a column can hold; each is stored in one way per engine. */
export type Kind = 'id' | 'text' | 'json' | 'instant' | 'integer' | 'real' | 'flag' | 'bytes'
  | 'terms'

declare const storedKind: unique symbol

/** A value in its stored form; only a column's `encode` makes one, so none crosses unencoded. */
export type Stored<K extends Kind> = StoredBase[K] & { readonly [storedKind]: K }

interface StoredBase {
  id: string
  text: string
  json: string
  instant: string
  integer: number
  real: number
  flag: number
  bytes: Uint8Array
  terms: string | Uint8Array
}

/** One declared column: its kind and the two ways over the border. */
export interface Column<Value, S> {
  readonly kind: Kind
  readonly nullable: boolean
  /** To the stored form. Throws InvalidValue, naming `field`, for what the kind cannot hold. */
  encode(value: Value, field?: string): S
  /** Back from what either engine's driver hands out. */
  decode(stored: unknown): Value
  /** The same column, allowing null. */
  orNull(): Column<Value | null, S | null>
}

interface Codec<Value> {
  encode(value: Value, field: string): unknown
  decode(stored: unknown): Value
}

function column<Value, K extends Kind>(kind: K, codec: Codec<Value>): Column<Value, Stored<K>> {
  return {
    kind,
    nullable: false,
    encode: (value, field = kind) => codec.encode(value, field) as Stored<K>,
    decode: (stored) => codec.decode(stored),
    orNull: () => nullable(kind, codec),
  }
}

function nullable<Value, K extends Kind>(
  kind: K,
  codec: Codec<Value>,
): Column<Value | null, Stored<K> | null> {
  const self: Column<Value | null, Stored<K> | null> = {
    kind,
    nullable: true,
    encode: (value, field = kind) =>
      value === null ? null : (codec.encode(value, field) as Stored<K>),
    decode: (stored) => (stored === null ? null : codec.decode(stored)),
    orNull: () => self,
  }
  return self
}

/** A UUID, lower case. `uuid` in PostgreSQL, text in SQLite. */
export const id = () =>
  column<string, 'id'>('id', {
    encode(value, field) {
      if (!isUuid(value)) throw new InvalidValue(`${field} must be a UUID`, { field })
      return value.toLowerCase()
    },
    decode: (stored) => stored as string,
  })

/** Any JavaScript string, up to 16 Mi characters; compared by code point on both engines. */
export const text = () =>
  column<string, 'text'>('text', {
    encode: encodeText,
    decode: (stored) => decodeText(stored as string),
  })

/** Any JSON value up to 200 levels deep, key order kept. `json` in PostgreSQL, text in SQLite. */
export const json = <V extends JsonValue = JsonValue>() =>
  column<V, 'json'>('json', {
    encode: encodeJson,
    decode: (stored) => decodeJson(stored as string) as V,
  })

/** A moment with microseconds. `timestamptz` in PostgreSQL, RFC 3339 text in SQLite. */
export const instant = () =>
  column<Instant, 'instant'>('instant', { encode: encodeInstant, decode: decodeInstant })

/** An integer within ±(2^53 − 1). `bigint` in PostgreSQL. */
export const integer = () =>
  column<number, 'integer'>('integer', { encode: encodeInteger, decode: Number })

/** A finite 64-bit floating-point number. */
export const real = () =>
  column<number, 'real'>('real', { encode: encodeReal, decode: Number })

/** True or false. `boolean` in PostgreSQL, 0 or 1 in SQLite. */
export const flag = () =>
  column<boolean, 'flag'>('flag', {
    encode(value, field) {
      if (typeof value !== 'boolean') {
        throw new InvalidValue(`${field} must be true or false`, { field })
      }
      return value ? 1 : 0
    },
    decode: (stored) => stored === 1 || stored === 't' || stored === 1n,
  })

/** Node 22 binds bytes of an empty ArrayBuffer as null; these have one byte behind them. */
const noBytes = Buffer.from(new ArrayBuffer(1), 0, 0)

/** Raw bytes. `bytea` in PostgreSQL, a blob in SQLite. */
export const bytes = () =>
  column<Uint8Array, 'bytes'>('bytes', {
    encode(value, field) {
      if (!(value instanceof Uint8Array)) {
        throw new InvalidValue(`${field} must be a Uint8Array`, { field })
      }
      return value.length === 0 ? noBytes : Buffer.from(value)
    },
    decode: decodeBytes,
  })

/**
 * The words of a text by their places, as `engine.words.encode` writes them and nobody reads them.
 * `tsvector` in PostgreSQL, text in SQLite.
 */
export const terms = () =>
  column<Stored<'terms'>, 'terms'>('terms', {
    encode: (value) => value,
    decode: (stored) => stored as Stored<'terms'>,
  })

const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/

function encodeInstant(value: Instant, field: string): string {
  const valid = typeof value === 'string' && instantPattern.test(value) &&
    !value.startsWith('0000') && isRealMoment(value)
  if (!valid) {
    const rule = 'must be a moment such as 2026-01-31T12:00:00.000000Z (UTC, six fraction digits)'
    throw new InvalidValue(`${field} ${rule}`, { field })
  }
  return value
}

/** False for dates such as 30 February, which Date would move to March. */
function isRealMoment(value: Instant): boolean {
  const parsed = Date.parse(`${value.slice(0, 23)}Z`)
  return !Number.isNaN(parsed) && new Date(parsed).toISOString() === `${value.slice(0, 23)}Z`
}

const postgresInstant = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/

/** SQLite hands back our own text; PostgreSQL its ISO form, in UTC as the session is set. */
function decodeInstant(stored: unknown): Instant {
  const text = stored as string
  if (text.charCodeAt(10) === 84) return text
  if (isUsual(text)) return `${text.slice(0, 10)}T${text.slice(11, 26)}Z`
  const match = postgresInstant.exec(text)
  if (match === null) throw new InvalidValue(`The database holds an unreadable moment: ${text}`)
  const [, day, time, fraction = ''] = match
  return `${day}T${time}.${fraction.padEnd(6, '0')}Z`
}

/** PostgreSQL's form with all six digits, which nearly every moment has. */
function isUsual(text: string): boolean {
  return text.length === 29 && text.charCodeAt(10) === 32 && text.charCodeAt(19) === 46 &&
    text.endsWith('+00')
}

/** SQLite hands back bytes, PostgreSQL hexadecimal text; both become an array of their own. */
function decodeBytes(stored: unknown): Uint8Array {
  if (typeof stored !== 'string') return new Uint8Array(stored as Uint8Array)
  if (stored.startsWith('\\x')) return new Uint8Array(Buffer.from(stored.slice(2), 'hex'))
  throw new InvalidValue('The database must hand out bytes as hex; set its bytea_output to hex.')
}
