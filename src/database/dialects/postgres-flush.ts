import pg from 'pg'
import { assert } from '../../assert.js'

/** A statement of a flush. */
export interface FlushPart {
  readonly text: string
  /** Prepared once a connection under this name; without one, each time. */
  readonly name?: string | undefined
  readonly values: readonly unknown[]
  /** Whether it only sets something for those behind it: nobody is told its answer. */
  readonly isSetting?: boolean
}

/** What a statement was answered. */
export interface Answer {
  readonly rows: Record<string, unknown>[]
  /** The word of its tag: INSERT, COMMIT, … */
  readonly command: string
  readonly changed: number
}

/** What is known of a prepared statement on one connection. */
interface Prepared {
  readonly text: string
  /** Names of its columns, which it is asked for once. */
  fields: readonly string[] | undefined
  /** In doubt after a failure, which may have come before the server knew it. */
  isSure: boolean
}

/** The prepared statements of one connection. */
export type PreparedStatements = Map<string, Prepared>

/** What node-postgres puts on the wire, of which it tells no types. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void }
  parse(message: { readonly text: string; readonly name: string }): void
  bind(message: { readonly statement: string; readonly values: readonly unknown[] }): void
  describe(message: { readonly type: 'P'; readonly name: string }): void
  execute(message: { readonly portal: string }): void
  close(message: { readonly type: 'S'; readonly name: string }): void
  sync(): void
}

/** What node-postgres calls when an answer arrives. */
interface Receiver {
  callback: (error: Error | null, answers: Answer[]) => void
}

const Query = pg.Query as unknown as new (config: pg.QueryConfig) => Receiver

/** Errors by which a server says that it knows a statement otherwise than was thought. */
const otherwise = ['26000', '42P05', '0A000']

/**
 * Statements in one flush under one Sync. Outside a transaction the server makes them one, which it
 * commits at the end; what follows a failure does not run (PostgreSQL protocol 3.0, "Extended
 * Query", "Pipelining"). No round trip, flush or answer for a begin and a commit of their own.
 */
export class Flush extends Query {
  readonly #parts: readonly FlushPart[]
  readonly #prepared: PreparedStatements
  readonly #answers: Answer[] = []
  #at = 0
  #fields: readonly string[] | undefined
  #rows: Record<string, unknown>[] = []

  constructor(parts: readonly FlushPart[], prepared: PreparedStatements) {
    super({ text: parts[0]!.text })
    this.#prepared = prepared
    // Before anything is on its way: what cannot be sent must not be half sent.
    this.#parts = parts.map((part) => ({ ...part, values: part.values.map(wireValue) }))
    const named = new Map<string, string>()
    for (const { name, text } of parts) {
      if (name === undefined) continue
      const known = prepared.get(name)?.text ?? named.get(name) ?? text
      assert(known === text, `two statements are named ${name}`)
      named.set(name, text)
    }
  }

  /** Called by node-postgres when it is this query's turn. */
  submit(wire: Wire): null {
    wire.stream.cork()
    try {
      for (const part of this.#parts) this.#send(wire, part)
      wire.sync()
    } finally {
      wire.stream.uncork()
    }
    return null
  }

  #send(wire: Wire, { name = '', text, values, isSetting = false }: FlushPart): void {
    const known = this.#prepared.get(name)
    if (known?.isSure !== true) {
      // Closing what is not there is no error.
      if (known !== undefined) wire.close({ type: 'S', name })
      wire.parse({ text, name })
      if (name !== '') this.#prepared.set(name, { text, fields: undefined, isSure: true })
    }
    wire.bind({ statement: name, values })
    if (!isSetting && known?.fields === undefined) wire.describe({ type: 'P', name: '' })
    wire.execute({ portal: '' })
  }

  handleRowDescription({ fields }: { readonly fields: readonly { readonly name: string }[] }) {
    this.#fields = fields.map(({ name }) => name)
  }

  handleDataRow({ fields: values }: { readonly fields: readonly unknown[] }): void {
    if (this.#part.isSetting === true) return
    const names = this.#names
    const row: Record<string, unknown> = {}
    for (let place = 0; place < values.length; place++) row[names[place]!] = values[place]
    this.#rows.push(row)
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    const { name = '', isSetting = false } = this.#part
    const known = this.#prepared.get(name)
    if (known !== undefined) known.fields ??= this.#fields ?? []
    if (!isSetting) this.#answers.push({ rows: this.#rows, ...tagOf(text) })
    this.#at += 1
    this.#fields = undefined
    this.#rows = []
  }

  /** An empty statement has no tag. */
  handleEmptyQuery(): void {
    this.handleCommandComplete({ text: '' })
  }

  handleError(error: Error & { readonly code?: string }): void {
    const isOtherwise = otherwise.includes(error.code ?? '')
    for (const { name = '' } of this.#parts.slice(this.#at)) {
      const known = this.#prepared.get(name)
      // Its columns are told with the first answer, so that whoever knows them was answered.
      if (known !== undefined && (known.fields === undefined || isOtherwise)) {
        this.#prepared.set(name, { text: known.text, fields: undefined, isSure: false })
      }
    }
    this.callback(error, [])
  }

  handleReadyForQuery(): void {
    this.callback(null, this.#answers)
  }

  get #part(): FlushPart {
    return this.#parts[this.#at]!
  }

  /** Those of the answer that arrives. */
  get #names(): readonly string[] {
    return this.#fields ?? this.#prepared.get(this.#part.name ?? '')?.fields ?? []
  }
}

/** `INSERT 0 5`, `SELECT 5`, `COMMIT`. */
function tagOf(tag: string): Pick<Answer, 'command' | 'changed'> {
  const space = tag.indexOf(' ')
  if (space === -1) return { command: tag, changed: 0 }
  const count = Number(tag.slice(tag.lastIndexOf(' ') + 1))
  return { command: tag.slice(0, space), changed: Number.isNaN(count) ? 0 : count }
}

/** A parameter as it goes over the wire: text, or bytes as they are. */
function wireValue(value: unknown): string | Buffer | null {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return null
  if (Buffer.isBuffer(value)) return value
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  }
  if (Array.isArray(value)) return `{${value.map(element).join(',')}}`
  assert(typeof value !== 'object', 'a parameter must be a stored value, or an array of them')
  return String(value)
}

function element(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  return `"${String(wireValue(value)).replace(/[\\"]/g, '\\$&')}"`
}

/** Sends a flush; its answers, in order. */
export function flushed(
  client: pg.ClientBase, flush: Flush, timeoutMs: number,
): Promise<Answer[]> {
  return new Promise((resolve, reject) => {
    Object.assign(flush, { query_timeout: timeoutMs })
    flush.callback = (error, answers) => (error ? reject(error) : resolve(answers))
    client.query(flush as never)
  })
}
