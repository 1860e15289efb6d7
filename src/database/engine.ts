import { type Dialect, type Expression, type RawBuilder } from 'kysely'
import { type Kind, type Stored } from './columns.js'
import { type Moving } from './moving.js'

/** A statement ready to run: SQL text with the engine's placeholders and bound values. */
export interface Statement {
  readonly sql: string
  readonly parameters: readonly unknown[]
  /** Set for hot statements, which the engine then prepares once per connection. */
  readonly name?: string
  /** True when it changes nothing and may run beside an open transaction. */
  readonly readOnly?: boolean
  /**
   * Whose rows it may touch: ids of organizations, joined by commas, or `all`. Without it,
   * nobody's. Null for statements that touch no rows. Engines without row-level security ignore it.
   */
  readonly reach?: string | null
  /** Nobody awaits its answer: it may go to the server together with the statement behind it. */
  readonly isMark?: boolean
  /** What follows a `copy … from stdin`, where the engine has that; such a statement goes alone. */
  readonly copied?: Uint8Array
}

/** Organizations whose rows statements may touch. */
export type Reach = readonly string[] | 'all'

/** What a statement brought back. */
export interface Result {
  /** Stored rows; decode them with their table. */
  readonly rows: Record<string, unknown>[]
  /** Rows inserted, updated or deleted. */
  readonly changed: number
}

/** Columns of a row source handed in as parameters, by name. */
export type RowKinds = Readonly<Record<string, Kind>>

/**
 * A comparison of a part of a JSON value. `eq`: it is there and equal, members of objects in any
 * order, 1 and 1.0 alike; `in`: equal to an element of the array `value`. `gt`, `gte`, `lt`, `lte`:
 * both are numbers, or both are text, compared by code point. `ne`, `nin`: not `eq`, not `in`.
 */
export interface JsonComparison {
  /** Keys of objects, outermost first; at least one. */
  readonly path: readonly Stored<'text'>[]
  readonly operator: 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'in' | 'nin'
  readonly value: Stored<'json'>
}

/** Facts and fragments in which the engines differ. Stores ask for these, never for a name. */
export interface Engine {
  /** For people: start-up lines, doctor, metrics. Never compared outside `database/`. */
  readonly name: string
  /** How the statement builder writes this engine's SQL. */
  readonly dialect: Omit<Dialect, 'createDriver'>
  /** Whether rows can be locked by `for update`; otherwise one writer at a time holds all. */
  readonly rowLocks: boolean
  /** Whether a batch of two rows or more may be of any size under one statement text. */
  readonly arrayParameters: boolean
  /** Whether `with` may hold inserts and updates, so that one statement writes several tables. */
  readonly writesInWith: boolean
  /**
   * Where `with` may not write: true when the statement before this one, in the same batch,
   * changed a row.
   */
  readonly justChanged: RawBuilder<boolean>
  /** Whether several processes may serve from this database at once. */
  readonly shared: boolean
  /**
   * Statements by which a transaction waits for those who write to a table, at most two seconds,
   * and keeps others from it until its end; none where one writer at a time holds all.
   */
  heldStill(table: string): readonly string[]
  /** Ends a query whose rows are taken by one of many workers; rows that another holds are left. */
  readonly skipLocked: RawBuilder<unknown>
  /**
   * The database's own clock, so many milliseconds from now. One moment for the whole statement,
   * and a plan may use an index with it. Microseconds where the engine has them.
   */
  now(offsetMs?: Expression<number> | number): RawBuilder<Stored<'instant'>>
  /**
   * Whether a stored JSON object holds another: each member of the other is in it, an array holds
   * each element of the other in any order, everything else is equal; 1 and 1.0 are one number.
   */
  jsonContains(column: Expression<unknown>, object: Stored<'json'>): RawBuilder<boolean>
  /** Whether what stands at a place of a stored JSON value compares so with another value. */
  jsonCompares(column: Expression<unknown>, comparison: JsonComparison): RawBuilder<boolean>
  /** What follows `using` in an index that helps `jsonContains`; undefined where none can. */
  jsonContainsIndex(column: string): string | undefined
  /**
   * The elements of a stored JSON array, as a table expression with a column `value` that may
   * follow the table of that column.
   */
  jsonElements(column: Expression<unknown>): RawBuilder<unknown>
  /** The column type of each kind, for migrations and the schema test. */
  readonly types: Readonly<Record<Kind, string>>
  /** What follows the closing bracket of `create table`. */
  readonly tableSuffix: string
  /** The same for a table that is stored as the index of its key, where there is such a thing. */
  readonly clusteredSuffix: string
  /** Makes the index of a primary key the newest; nothing where that changes no plan. */
  renewedKey(table: string, key: string, columns: readonly string[]): readonly string[]
  /** How the database itself holds statements to their reach; undefined where it cannot. */
  readonly rowSecurity: RowSecurity | undefined
  /** Full-text search. */
  readonly words: WordEngine
  /** Moving whole tables from one database into another. */
  readonly moving: Moving
  /** Rows as a table expression; `slot` makes the placeholder of one value (or one array). */
  rows(kinds: RowKinds, count: number, slot: SlotMaker): RawBuilder<unknown>
  /** The values for those placeholders, in order. */
  rowParameters(kinds: RowKinds, rows: readonly Readonly<Record<string, unknown>>[]): unknown[]
}

/** Words that follow each other. */
export interface WordPhrase {
  /** At least one. */
  readonly words: readonly string[]
  /** Whether the last one may go on. */
  readonly isPrefix: boolean
}

/** What a text must hold, all of it, and what it must not. */
export interface WordQuery {
  /** At least one. */
  readonly required: readonly WordPhrase[]
  readonly excluded: readonly WordPhrase[]
}

/** The words of a text, each with its places from 0 on, rising. */
export interface PlacedWords {
  readonly words: ReadonlyMap<string, readonly number[]>
  /** All places, those included where no word is. */
  readonly places: number
}

/** The tables behind an index of words; all have `organization_id` and `conversation_id`. */
export interface WordTables {
  /** The table of texts: `id`, `deleted_at`, and what is searched in `content`. */
  readonly source: string
  /** Theirs, with a row of `terms` for each text that has words, by `message_id`. */
  readonly terms: string
  /** What is asked. */
  readonly words: string
  /** How far the texts were looked at; `version` rises whenever one of them changes. */
  readonly progress: string
  /** The texts that changed since, by `message_id`. */
  readonly dirty: string
  /** One row that names a text; all before it were looked at. Used where there is `arrival`. */
  readonly horizon: string
}

/** What is looked for among words, and where. */
export interface WordsAsked {
  readonly query: WordQuery
  readonly mark: string
  readonly organizationId: Stored<'id'>
  /** Joins and conditions on the rows `w` of terms. */
  readonly joins: RawBuilder<unknown>
  readonly filters: RawBuilder<unknown>
  /** Only rows behind this place: older, or as old and of a lower id. */
  readonly before: WordPlace | undefined
  /** Rows at most. */
  readonly limit: number
}

/** A place among results: newest first, then the highest message id, then conversation id. */
export interface WordPlace {
  readonly createdAt: Stored<'instant'>
  readonly messageId: Stored<'id'>
  readonly conversationId: Stored<'id'>
  /** `created_at` in milliseconds. */
  readonly milliseconds: number
}

/**
 * Full-text search over words that were taken from texts before: letters, digits and marks, no
 * signs, no blanks. The engine only finds them again, so that all engines find the same. A mark of
 * its organization stands before each, so that one does not read what others have of a word.
 */
export interface WordEngine {
  /**
   * The column that numbers the rows of every table in the order in which they came, where the
   * engine has one. Otherwise it is the conversations that tell which have something new.
   */
  readonly arrival: string | undefined
  /**
   * Makes index, `words` and triggers: a text that changes or goes takes its words with it, raises
   * `version` and, while it is there, becomes dirty.
   */
  create(tables: WordTables): readonly string[]
  /** Takes all of it back, with the table of `terms`. */
  drop(tables: WordTables): readonly string[]
  /**
   * Where taking words out of the index takes long, those of a conversation that goes wait beside
   * it until they are taken out, a few at a time; nothing finds them any more.
   */
  postpone(tables: WordTables): readonly string[]
  /** Takes `postpone` back. */
  hurry(tables: WordTables): readonly string[]
  /**
   * Takes out of the index the words of so many texts at most that wait for it; the last statement
   * changes as many rows. Empty where none ever wait.
   */
  takeOut(tables: WordTables, limit: number): readonly RawBuilder<unknown>[]
  /** The stored form of words; null for none. */
  encode(placed: PlacedWords, mark: string): Stored<'terms'> | null
  /** The number that a row would like to have: those of later seconds are higher. */
  sequence(milliseconds: number, messageId: string): Stored<'integer'>
  /** The number that a new row gets that would like to have this one. */
  freeSequence(number: RawBuilder<unknown>, tables: WordTables): RawBuilder<unknown>
  /**
   * A table expression of the newest that fulfil a query, and some more in no order: `created_at`,
   * `message_id`, `conversation_id`.
   */
  found(tables: WordTables, asked: WordsAsked): RawBuilder<unknown>
}

/** SQL of row-level security, for migrations. */
export interface RowSecurity {
  /** Lists the tables that hold rows of organizations; each has their ids in `key`. */
  readonly tables: string
  /** Lets statements see and write only rows whose `key` is in their reach. */
  secure(table: string, key: string): readonly string[]
  /** Takes that back. */
  release(table: string): readonly string[]
}

/** Makes the placeholder of the value with this number. */
export type SlotMaker = (index: number) => RawBuilder<unknown>

/** Something statements run on: the database itself or an open transaction. */
export interface Session {
  run(statement: Statement): Promise<Result>
  /** All statements or none, in order, in one round trip; each sees the ones before it. */
  atomic(statements: readonly Statement[]): Promise<Result[]>
  /** Commits when `work` resolves, rolls back when it throws. Nested calls are savepoints. */
  transaction<R>(work: (session: Session) => Promise<R>): Promise<R>
  /** Runs `work`, which only reads, on one state of everything, while others write. */
  snapshot<R>(work: (session: Session) => Promise<R>): Promise<R>
}

/** A session that owns connections. */
export interface Backend extends Session {
  readonly engine: Engine
  /**
   * As `run`, of a long read of plain SQL with parameters of text: in a thread of its own where the
   * engine works within this process, so that it holds up nothing here.
   */
  aside?(statement: Statement): Promise<Result>
  /** Whether bytes that it reads belong to the caller alone, who may free them. */
  readonly handsOver?: boolean
  /** Runs `work` while no other process runs under the same lock; for migrations. */
  exclusive<R>(work: (session: Session) => Promise<R>): Promise<R>
  /** Columns of every table as the database itself reports them, for the schema test. */
  introspect(): Promise<IntrospectedColumn[]>
  /** Everything else of the schema in the database's own words, sorted: indexes, constraints, …. */
  definitions(): Promise<string[]>
  /** What this login may do beyond its reach, and which tables have no wall. */
  walls(): Promise<Walls | undefined>
  /**
   * Takes the bytes of deleted rows out of the files, where this login may: one file is written
   * anew, tables of a server are vacuumed. Writers may wait meanwhile. The tables left as they
   * were.
   */
  scrub(tables: readonly string[]): Promise<readonly string[]>
  /** Cheap proof that the database answers. Throws Unavailable otherwise. */
  ping(): Promise<void>
  /** Figures for metrics; empty where the engine has no pool. */
  pool(): PoolFigures | undefined
  close(): Promise<void>
}

/** How far row-level security holds for one login. */
export interface Walls {
  readonly role: string
  /** Why policies do not bind this login: `superuser`, `BYPASSRLS` or `table owner`. */
  readonly unbound: 'superuser' | 'BYPASSRLS' | 'table owner' | undefined
  /** Tables with rows of organizations that have no forced policy. */
  readonly open: readonly string[]
}

/** One column of the live schema. */
export interface IntrospectedColumn {
  readonly table: string
  readonly column: string
  readonly type: string
  readonly nullable: boolean
  /** Its place in the primary key, from 1; 0 when it is no part of it. */
  readonly keyPlace: number
}

/** Connections of a pool at one moment. */
export interface PoolFigures {
  readonly total: number
  readonly idle: number
  readonly waiting: number
  readonly max: number
}
