/** A parameter as it goes over the wire: text, bytes in PostgreSQL's binary form, or null. */
export type WireValue = string | Uint8Array | null

/** What the messages of one statement say. */
export interface WireStatement {
  /** The empty name is prepared each time. */
  readonly name: string
  readonly text: string
  readonly values: readonly WireValue[]
  /** Whether the server is told to forget what has this name. */
  readonly closes: boolean
  /** Whether the server is told the text. */
  readonly parses: boolean
  /** Whether it is asked for the names of the columns. */
  readonly describes: boolean
}

/** Texts of more code units are measured beforehand; shorter ones have room for the worst. */
const measuredFrom = 128

/** Bytes of UTF-8 that one code unit takes at most. */
const unitBytesMax = 3

/** Bytes of a statement's messages beside its name, its text and its values. */
const statementBytes = 64

/** Execute the unnamed portal to its end (message `E`, PostgreSQL protocol 3.0). */
const execute = [0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0]
/** Describe the unnamed portal. */
const describe = [0x44, 0, 0, 0, 6, 0x50, 0]
const sync = [0x53, 0, 0, 0, 4]

/**
 * The messages of statements and the Sync behind them, in one buffer: node-postgres makes one of
 * each message, and grows it value by value.
 */
export function wireBytes(statements: readonly WireStatement[]): Buffer {
  let room = sync.length
  for (const statement of statements) room += roomOf(statement)
  const writer = new Writer(Buffer.allocUnsafe(room))
  for (const statement of statements) {
    if (statement.closes) writer.close(statement.name)
    if (statement.parses) writer.parse(statement)
    writer.bind(statement)
    if (statement.describes) writer.bytes(describe)
    writer.bytes(execute)
  }
  writer.bytes(sync)
  return writer.written
}

/** Bytes that the messages of a statement take at most. */
function roomOf({ name, text, values, parses }: WireStatement): number {
  let room = statementBytes + 3 * textRoom(name) + (parses ? textRoom(text) : 0)
  // Two for its format, four for its length.
  for (const value of values) room += 6 + (value === null ? 0 : valueRoom(value))
  return room
}

const valueRoom = (value: string | Uint8Array) =>
  typeof value === 'string' ? textRoom(value) : value.length

const textRoom = (text: string) =>
  text.length > measuredFrom ? Buffer.byteLength(text) : text.length * unitBytesMax

class Writer {
  readonly #buffer: Buffer
  #offset = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  get written(): Buffer {
    return this.#buffer.subarray(0, this.#offset)
  }

  close(name: string): void {
    const start = this.#begin(0x43)
    this.#byte(0x53)
    this.#name(name)
    this.#end(start)
  }

  /** The server finds out the types of parameters. */
  parse({ name, text }: WireStatement): void {
    const start = this.#begin(0x50)
    this.#name(name)
    this.#name(text)
    this.#int16(0)
    this.#end(start)
  }

  /** To the unnamed portal; all results as text. */
  bind({ name, values }: WireStatement): void {
    const start = this.#begin(0x42)
    this.#byte(0)
    this.#name(name)
    this.#int16(values.length)
    for (const value of values) this.#int16(value === null || typeof value === 'string' ? 0 : 1)
    this.#int16(values.length)
    for (const value of values) this.#value(value)
    this.#int16(0)
    this.#end(start)
  }

  bytes(bytes: readonly number[]): void {
    for (const byte of bytes) this.#byte(byte)
  }

  #value(value: WireValue): void {
    if (value === null) {
      this.#int32(-1)
    } else if (typeof value === 'string') {
      const length = this.#buffer.write(value, this.#offset + 4)
      this.#int32(length)
      this.#offset += length
    } else {
      this.#int32(value.length)
      this.#buffer.set(value, this.#offset)
      this.#offset += value.length
    }
  }

  /** Writes the kind of a message; where its length goes. */
  #begin(kind: number): number {
    this.#byte(kind)
    const start = this.#offset
    this.#offset += 4
    return start
  }

  #end(start: number): void {
    this.#buffer.writeInt32BE(this.#offset - start, start)
  }

  #name(text: string): void {
    if (text !== '') this.#offset += this.#buffer.write(text, this.#offset)
    this.#byte(0)
  }

  #byte(value: number): void {
    this.#buffer[this.#offset++] = value
  }

  #int16(value: number): void {
    this.#offset = this.#buffer.writeUInt16BE(value, this.#offset)
  }

  #int32(value: number): void {
    this.#offset = this.#buffer.writeInt32BE(value, this.#offset)
  }
}
