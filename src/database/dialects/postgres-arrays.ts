import { type Kind } from '../columns.js'

/** PostgreSQL's own numbers of the types whose elements differ in length. */
const varying: Partial<Record<Kind, number>> = { text: 25, json: 114, bytes: 17, terms: 3614 }

/** How elements of one length are written; false for one that only the server can judge. */
interface Fixed {
  /** PostgreSQL's own number of the type. */
  readonly type: number
  readonly bytes: number
  readonly put: (value: unknown, buffer: Buffer, offset: number) => boolean
}

const fixed: Partial<Record<Kind, Fixed>> = {
  id: { type: 2950, bytes: 16, put: putId },
  integer: { type: 20, bytes: 8, put: putInteger },
  instant: { type: 1184, bytes: 8, put: putInstant },
}

const headerBytes = 20

type RowOfValues = Readonly<Record<string, unknown>>

/**
 * One column of the rows as an array of stored values. What is frequent goes in binary form:
 * escaping texts here and taking them apart there would cost more than the rest of the statement's
 * text together, and the server reads an id or an instant from text twenty times slower.
 */
export function arrayParameter(kind: Kind, rows: readonly RowOfValues[], name: string): unknown {
  const type = varying[kind]
  if (type !== undefined) return binaryArray(type, rows, name)
  const form = fixed[kind]
  return (form && fixedArray(form, rows, name)) ?? textArray(rows, name)
}

/** Ids, instants, numbers and flags hold nothing that an array's text would have to escape. */
function textArray(rows: readonly RowOfValues[], name: string): string {
  let text = '{'
  for (const row of rows) text += `${text.length > 1 ? ',' : ''}${String(row[name] ?? 'null')}`
  return `${text}}`
}

type Element = string | Uint8Array | null

/** One dimension that begins at 1: its header, then each element's length (-1: null) and bytes. */
function binaryArray(elementType: number, rows: readonly RowOfValues[], name: string): Buffer {
  let total = headerBytes + rows.length * 4
  let nulls = 0
  for (const row of rows) {
    const value = row[name] as Element
    if (value === null) nulls = 1
    else total += Buffer.byteLength(value)
  }
  const buffer = Buffer.allocUnsafe(total)
  let offset = putHeader(buffer, { nulls, type: elementType, count: rows.length })
  for (const row of rows) {
    const written = put(row[name] as Element, buffer, offset + 4)
    buffer.writeInt32BE(written, offset)
    offset += 4 + Math.max(0, written)
  }
  return buffer
}

/** Writes an element; the bytes written, -1 for null. */
function put(value: Element, buffer: Buffer, offset: number): number {
  if (value === null) return -1
  if (typeof value === 'string') return buffer.write(value, offset)
  buffer.set(value, offset)
  return value.length
}

/** The header of an array; where its elements begin. */
function putHeader(
  buffer: Buffer,
  { nulls, type, count }: { readonly nulls: number; readonly type: number; readonly count: number },
): number {
  let offset = 0
  for (const field of [1, nulls, type, count, 1]) offset = buffer.writeInt32BE(field, offset)
  return offset
}

/** The same of elements of one length; undefined where the server has to judge one of them. */
function fixedArray(
  { type, bytes, put: write }: Fixed, rows: readonly RowOfValues[], name: string,
): Buffer | undefined {
  const buffer = Buffer.allocUnsafe(headerBytes + rows.length * (4 + bytes))
  let offset = headerBytes
  let nulls = 0
  for (const row of rows) {
    const value = row[name] ?? null
    if (value === null) {
      nulls = 1
      offset = buffer.writeInt32BE(-1, offset)
    } else {
      if (!write(value, buffer, buffer.writeInt32BE(bytes, offset))) return undefined
      offset += 4 + bytes
    }
  }
  putHeader(buffer, { nulls, type, count: rows.length })
  return buffer.subarray(0, offset)
}

/** What each character of an id is worth; 16 for what is no digit. */
const digits = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16)
  return Number.isNaN(digit) ? 16 : digit
})

/** The lines of an id, `8-4-4-4-12`. */
const idLines = [8, 13, 18, 23]

function putId(value: unknown, buffer: Buffer, start: number): boolean {
  if (typeof value !== 'string' || value.length !== 36) return false
  let offset = start
  let faults = 0
  for (let at = 0; at < 36; at += 2) {
    if (at === 8 || at === 13 || at === 18 || at === 23) at += 1
    const high = digits[value.charCodeAt(at)] ?? 16
    const low = digits[value.charCodeAt(at + 1)] ?? 16
    faults |= high | low
    buffer[offset++] = high << 4 | low
  }
  return faults < 16 && idLines.every((at) => value[at] === '-')
}

function putInteger(value: unknown, buffer: Buffer, offset: number): boolean {
  if (!Number.isSafeInteger(value)) return false
  const high = Math.floor(value as number / 2 ** 32)
  buffer.writeInt32BE(high, offset)
  buffer.writeUInt32BE(value as number - high * 2 ** 32, offset + 4)
  return true
}

/** From here PostgreSQL counts microseconds: 2000-01-01T00:00:00Z. */
const epochMs = 946_684_800_000

/** Rows of one batch are often of one moment. */
let [lastInstant, lastMicroseconds] = ['', 0n]

function putInstant(value: unknown, buffer: Buffer, offset: number): boolean {
  if (typeof value !== 'string') return false
  if (value !== lastInstant) {
    const milliseconds = Date.parse(`${value.slice(0, 23)}Z`)
    const rest = Number(value.slice(23, 26))
    if (value.length !== 27 || Number.isNaN(milliseconds) || Number.isNaN(rest)) return false
    lastMicroseconds = BigInt(milliseconds - epochMs) * 1_000n + BigInt(rest)
    lastInstant = value
  }
  buffer.writeBigInt64BE(lastMicroseconds, offset)
  return true
}
