import { type Kind } from '../columns.js'

/** Types whose arrays go in binary form, with PostgreSQL's own number of the element type. */
const binary: Partial<Record<Kind, number>> = { text: 25, json: 114, bytes: 17 }

const headerBytes = 20

/**
 * An array of stored values as a parameter. Text, JSON and bytes go in binary form: escaping them
 * here and taking them apart there would cost more than the rest of the statement's text together.
 */
export function arrayParameter(kind: Kind, values: readonly unknown[]): unknown {
  const elementType = binary[kind]
  if (elementType !== undefined) return binaryArray(elementType, values as Element[])
  // Ids, instants, numbers and flags hold nothing that an array's text would have to escape.
  return `{${values.map((value) => value ?? 'null').join(',')}}`
}

type Element = string | Uint8Array | null

/** One dimension that begins at 1: its header, then each element's length (-1: null) and bytes. */
function binaryArray(elementType: number, values: readonly Element[]): Buffer {
  const lengths = values.map((value) => (value === null ? 0 : Buffer.byteLength(value)))
  const total = lengths.reduce((sum, length) => sum + length + 4, headerBytes)
  const buffer = Buffer.allocUnsafe(total)
  const header = [1, values.includes(null) ? 1 : 0, elementType, values.length, 1]
  header.forEach((field, index) => buffer.writeInt32BE(field, index * 4))
  let offset = headerBytes
  values.forEach((value, index) => {
    offset = buffer.writeInt32BE(value === null ? -1 : lengths[index]!, offset)
    if (typeof value === 'string') offset += buffer.write(value, offset)
    else if (value !== null) offset += put(value, buffer, offset)
  })
  return buffer
}

function put(value: Uint8Array, buffer: Buffer, offset: number): number {
  buffer.set(value, offset)
  return value.length
}
