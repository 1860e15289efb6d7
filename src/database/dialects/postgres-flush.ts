import pg from 'pg'
import { assert } from '../../assert.js'
import { wireBytes, type WireStatement, type WireValue } from './postgres-wire.js'

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

/** The connection of node-postgres, of which it tells no types. */
interface Wire {
  readonly stream: { readonly writable: boolean; write(bytes: Uint8Array): boolean }
}

/** What node-postgres calls when an answer arrives. */
interface Receiver {
  callback: (error: Error | null, answers: Answer[]) => void
}

/**
 * What node-postgres takes for a query of its own, without what its constructor makes for one: an
 * emitter of events, a result, a copy of the configuration.
 */
const Query = function Query() { /* Nothing. */ } as unknown as new () => Receiver
Query.prototype = pg.Query.prototype

/** Errors by which a server says that it knows a statement otherwise than was thought. */
const otherwise = ['26000', '42P05', '0A000']

/**
 * Statements in one flush under one Sync. Outside a transaction the server makes them one, which it
 * commits at the end; what follows a failure does not run (PostgreSQL protocol 3.0, "Extended
 * Query", "Pipelining"). No round trip, flush or answer for a begin and a commit of their own.
 */
export class Flush extends Query {
  readonly #parts: readonly FlushPart[]
  readonly #values: readonly (readonly WireValue[])[]
  readonly #prepared: PreparedStatements
  readonly #answers: Answer[] = []
  #at = 0
  #fields: readonly string[] | undefined
  #rows: Record<string, unknown>[] = []

  constructor(parts: readonly FlushPart[], prepared: PreparedStatements) {
    super()
    this.#parts = parts
    this.#prepared = prepared
    // Before it is node-postgres's turn, which would wait for the answer to what was never sent.
    this.#values = parts.map(({ values }) => values.map(wireValue))
    checkNames(parts, prepared)
  }

  /** Called by node-postgres when it is this query's turn. */
  submit(wire: Wire): null {
    const statements = this.#parts.map((part, index) => this.#stated(part, this.#values[index]!))
    // As node-postgres does: that a connection ended is told by itself.
    if (wire.stream.writable) wire.stream.write(wireBytes(statements))
    return null
  }

  #stated({ name = '', text, isSetting = false }: FlushPart, values: readonly WireValue[]) {
    const known = this.#prepared.get(name)
    const parses = known?.isSure !== true
    if (parses && name !== '') {
      this.#prepared.set(name, { text, fields: undefined, isSure: true })
    }
    const describes = !isSetting && known?.fields === undefined
    // Closing what is not there is no error.
    const closes = parses && known !== undefined
    return { name, text, values, closes, parses, describes } satisfies WireStatement
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

function checkNames(parts: readonly FlushPart[], prepared: PreparedStatements): void {
  const named = new Map<string, string>()
  for (const { name, text } of parts) {
    if (name === undefined) continue
    const known = prepared.get(name)?.text ?? named.get(name) ?? text
    assert(known === text, `two statements are named ${name}`)
    named.set(name, text)
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
function wireValue(value: unknown): WireValue {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return null
  if (value instanceof Uint8Array) return value
  if (Array.isArray(value)) return `{${value.map(element).join(',')}}`
  assert(typeof value !== 'object', 'a parameter must be a stored value, or an array of them')
  return String(value)
}

function element(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  return `"${String(wireValue(value)).replace(/[\\"]/g, '\\$&')}"`
}

/** Sends a flush; its answers, in order. */
export function flushed(client: pg.ClientBase, flush: Flush): Promise<Answer[]> {
  return new Promise((resolve, reject) => {
    // By a name of its own: V8 puts a function written where a property is assigned among what is
    // old, and there it holds the answer, row by row, until all that is old is collected.
    const settle: Receiver['callback'] = (error, answers) => (
      error ? reject(error) : resolve(answers))
    flush.callback = settle
    client.query(flush as never)
  })
}
