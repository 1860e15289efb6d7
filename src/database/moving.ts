import { type Kind } from './columns.js'
import { type Statement } from './engine.js'

/**
 * A stored value on its way from one database to another, the same whatever the engine: text (ids,
 * text and JSON as they are; instants as RFC 3339 with six digits; numbers in decimal; flags as 0
 * or 1; words with their places), bytes, or null. Nothing is parsed or decrypted.
 */
export type Moved = string | Uint8Array | null

/** A column of a table that is moved. */
export interface MovedColumn {
  readonly name: string
  readonly kind: Kind
  readonly nullable: boolean
}

/** A table that is moved. */
export interface MovedTable {
  readonly name: string
  readonly columns: readonly MovedColumn[]
  /** Names of its columns. */
  readonly primaryKey: readonly string[]
}

/** What is made after a load: an index or a constraint. */
export interface Piece {
  readonly table: string
  readonly name: string
  /** What the rows of a reference refer to; null for everything else. */
  readonly parent: string | null
  readonly drop: string
  readonly create: string
  /** `yes` when it holds only once all rows are there: a reference to other rows. */
  readonly late: 'yes' | 'no'
}

/** How many rows at once are seen to break no rule that stops a copy, in plain SQL. */
export interface Soundness {
  /** What is selected of each row. */
  readonly fields: string
  /** What is selected of many of these. */
  readonly gathered: string
  /** Of what was gathered; false only says that each row has to be looked at. */
  isSound(gathered: Record<string, unknown>): boolean
}

/** How each engine reads and writes whole tables; everything here is SQL, run by others. */
export interface Moving {
  /** The expression that reads a column, whose value `moved` takes. */
  read(kind: Kind, column: string): string
  /** What the driver handed out of `read`, as it travels. */
  moved(kind: Kind, stored: unknown): Moved
  /** The expression that reads a column for a comparison by content; apart from `read`. */
  canonical(kind: Kind, column: string): string
  /** What the driver handed out of `canonical`, alike on every engine. */
  comparable(kind: Kind, stored: unknown): string | null
  /**
   * The expression that reads a column for a comparison of many rows at once: unlike for unlike
   * values, alike on every engine, and null for none. Undefined where only a program can tell.
   */
  lumped(kind: Kind, column: string): string | undefined
  /**
   * An expression of texts, nulls as `marks.absent`, with `marks.field` between them and
   * `marks.row` behind the last.
   */
  joined(fields: readonly string[]): string
  /** The rows of such an expression as one text. */
  gathered(row: string): string
  /** The SHA-256 of that text in hexadecimal, where the engine has it. */
  digested?(row: string): string
  /**
   * A row as a line for `insertLines` of another engine; undefined where values have to be looked
   * at one by one. Unless `spaced`, white space within JSON stays as it is, and a lump in which
   * there is some has not as many lines as rows, or a carriage return.
   */
  line?(table: MovedTable, spaced: boolean): string | undefined
  /** As `insert`, of lines each ended by a line feed, with `marks.field` between values. */
  insertLines?(table: MovedTable, lines: Uint8Array, walled: boolean): Statement[]
  /** Lines of such an expression as bytes. */
  linesOf?(line: string): string
  /** The placeholder of the value with this number, from 1. */
  slot(kind: Kind, index: number): string
  /** A value for such a placeholder. */
  bound(kind: Kind, value: Moved): unknown
  /** The bytes a value takes, as an expression that does not read it where it can. */
  size(kind: Kind, column: string): string
  /** Inserts rows into a table that has none of them; `walled` as `walledTables` says. */
  insert(table: MovedTable, rows: readonly (readonly Moved[])[], walled: boolean): Statement[]
  /** Makes rows what they are, whether they were there or not. */
  put(table: MovedTable, rows: readonly (readonly Moved[])[]): Statement[]
  /**
   * Tells the planner how many rows tables have: of a young database it knows nothing, and would
   * read a whole conversation for each of its messages.
   */
  weigh(tables: readonly string[]): Statement[]
  /** Makes a connection keep little of what it reads: whole tables are read once. */
  readonly sparing?: Statement
  /** Goes first in a transaction that reads one state of everything. */
  readonly snapshot: readonly Statement[]
  /**
   * An expression that names the rule which a stored value breaks, or null; undefined where the
   * engine itself sees to all of them.
   */
  fault(column: MovedColumn): string | undefined
  /**
   * A condition that holds only of rows in which nothing breaks a rule that stops a copy, where
   * that is told faster than which rule is broken.
   */
  sound?(table: MovedTable): string
  /**
   * The same of many rows at once; `isVouched` of columns in which the engine itself has found no
   * value of another type, and none missing.
   */
  soundness?(table: MovedTable, isVouched: (column: MovedColumn) => boolean): Soundness
  /** Lists as `table` and `column` what an undamaged database vouches for so. */
  readonly vouched?: Statement
  /** Looks for damage: rows of one text each, none or `ok` when there is none. */
  readonly check: Statement | undefined
  /** `table`, `parent`; `columns` and `parent_columns` as JSON arrays. */
  readonly foreignKeys: Statement
  /** `table`, and `columns` of one index as a JSON array. */
  readonly indexes: Statement
  /** The longest entry of an index, in bytes; undefined where there is no limit. */
  readonly indexBytesMax: number | undefined
  /** Lists as `name` the tables whose walls a load has to open for this login. */
  readonly walledTables: Statement | undefined
  /** Lists as `Piece` what is better made after a load; undefined where nothing is. */
  readonly pieces: Statement | undefined
  /**
   * Goes first in a transaction of a load, which need not wait for the disk: the one that says that
   * all is there does, and what was committed before is on disk before it.
   */
  readonly loading: readonly Statement[]
  /** Goes first in a transaction that makes pieces. */
  readonly piecing: readonly Statement[]
  /** Refreshes what the planner knows, where it plans by that. */
  readonly analyze: Statement | undefined
  /** Lists as `sentence` why this login could not fill this database, before there is a schema. */
  readonly obstacles: Statement | undefined
  /** Bytes of the database, as `bytes`. */
  readonly databaseBytes: Statement
  readonly changes: ChangeLog
}

/** Signs that stand between values in a text of many. */
export const marks = { absent: '\u001d', row: '\u001e', field: '\u001f' } as const

/** Which tables of a database keep track of changes, and how it is stopped from being changed. */
export interface ChangeLog {
  /** Makes the log and the fence, open; each list goes in a transaction of its own. */
  install(tables: readonly MovedTable[]): Statement[][]
  /** Takes back the triggers that log; the fence stays. */
  stop(tables: readonly MovedTable[]): Statement[][]
  /** Takes everything back. */
  remove(tables: readonly MovedTable[]): Statement[][]
  /** Waits for writers at work and keeps new ones out, until the transaction's end. */
  readonly holdWriters: readonly Statement[]
}

/** Names of what a transfer makes in a database besides the tables of Holdfast. */
export const moverTables = {
  changes: 'holdfast_transfer_changes',
  fence: 'holdfast_transfer_fence',
  state: 'holdfast_transfer_state',
  batches: 'holdfast_transfer_batches',
  pieces: 'holdfast_transfer_pieces',
} as const

/** Begins the message with which a fence refuses. */
export const fenceWord = 'holdfast fence: '

/** Words with their places, from 0, as they travel: `word 3,7`, one a line, sorted. */
export function writeWords(words: ReadonlyMap<string, readonly number[]>): string {
  return [...words].map(([word, places]) => `${word} ${places.join(',')}`).sort().join('\n')
}

/** What `writeWords` was given. */
export function readWords(moved: string): Map<string, number[]> {
  const words = new Map<string, number[]>()
  for (const line of moved === '' ? [] : moved.split('\n')) {
    const [word = '', places = ''] = line.split(' ')
    words.set(word, places.split(',').map(Number))
  }
  return words
}

/** `a, b, c`, quoted. */
export const columnList = (names: readonly string[]): string =>
  names.map((name) => `"${name}"`).join(', ')

/** Inserts rows one by one, and where they are there already makes them what they are. */
export function putEach(
  table: MovedTable,
  { slot, bound }: Pick<Moving, 'slot' | 'bound'>,
): (row: readonly Moved[]) => Statement {
  const { name, columns, primaryKey } = table
  const slots = columns.map(({ kind }, index) => slot(kind, index + 1)).join(', ')
  const others = columns.filter((column) => !primaryKey.includes(column.name))
  const changes = others.map((column) => `"${column.name}" = excluded."${column.name}"`)
  const conflict = others.length === 0 ? 'nothing' : `update set ${changes.join(', ')}`
  const sql = `insert into "${name}" (${columnList(columns.map((each) => each.name))})
    values (${slots}) on conflict (${columnList(primaryKey)}) do ${conflict}`
  return (row) => ({
    sql, name: `put_${name}`,
    parameters: columns.map(({ kind }, index) => bound(kind, row[index]!)),
  })
}
