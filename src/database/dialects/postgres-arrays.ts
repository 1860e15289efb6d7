import { type Kind } from '../columns.js'

/** Types whose arrays go in binary form, with PostgreSQL's own number of the element type. */
const binary: Partial<Record<Kind, number>> = { text: 25, json: 114, bytes: 17, terms: 3614 }

const headerBytes = 20

type RowOfValues = Readonly<Record<string, unknown>>

/**
 * One column of the rows as an array of stored values. Text, JSON and bytes go in binary form:
 * escaping them here and taking them apart there would cost more than the rest of the statement's
 * text together.
 */
export function arrayParameter(kind: Kind, rows: readonly RowOfValues[], name: string): unknown {
  const elementType = binary[kind]
  if (elementType !== undefined) return binaryArray(elementType, rows, name)
  // Ids, instants, numbers and flags hold nothing that an array's text would have to escape.
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
  let offset = 0
  for (const field of [1, nulls, elementType, rows.length, 1]) {
    offset = buffer.writeInt32BE(field, offset)
  }
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
