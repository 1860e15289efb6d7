import { assert } from '../assert.js'
import { type Column } from './columns.js'

// The value type of a column stands on both sides of its functions, so only `any` accepts all.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyColumn = Column<any, any> // any: see the comment above

/** Declared columns by their TypeScript name; the database's name is the same in snake_case. */
export type Columns = Readonly<Record<string, AnyColumn>>

type SnakeCase<Name extends string> = Name extends `${infer Head}${infer Tail}`
  ? Head extends Lowercase<Head>
    ? `${Head}${SnakeCase<Tail>}`
    : `_${Lowercase<Head>}${SnakeCase<Tail>}`
  : Name

/** One row as a program sees it: camelCase names, JavaScript values. */
export type Row<T extends Table> = {
  [K in keyof T['columns']]: T['columns'][K] extends Column<infer Value, infer _> ? Value : never
}

/** One row as the database sees it: snake_case names, stored values. */
export type StoredRow<T extends Table> = {
  [K in keyof T['columns'] & string as SnakeCase<K>]: T['columns'][K] extends Column<
    infer _,
    infer S
  >
    ? S
    : never
}

/** A table declared as data; row types, codec, transfer and schema test derive from it. */
export interface Table<C extends Columns = Columns> {
  readonly name: string
  readonly columns: C
  /** Database names of the columns, in declared order. */
  readonly columnNames: readonly string[]
  readonly primaryKey: readonly string[]
}

/** What a declaration adds to the columns. */
export interface TableFacts<C extends Columns> {
  readonly primaryKey: readonly (keyof C & string)[]
}

/** Declares a table. */
export function table<C extends Columns>(
  name: string,
  columns: C,
  facts: TableFacts<C>,
): Table<C> {
  assert(facts.primaryKey.length > 0, `table ${name} needs a primary key`)
  return {
    name,
    columns,
    columnNames: Object.keys(columns).map(snakeCase),
    primaryKey: facts.primaryKey.map(snakeCase),
  }
}

/** The kind of each column by its database name, for statements over many rows. */
export type KindsOf<T extends Table> = {
  [K in keyof T['columns'] & string as SnakeCase<K>]: T['columns'][K]['kind']
}

/** The kinds of a table's columns, in declared order. */
export function kindsOf<T extends Table>({ columns, columnNames }: T): KindsOf<T> {
  const kinds = Object.values(columns).map(({ kind }, index) => [columnNames[index]!, kind])
  return Object.fromEntries(kinds) as KindsOf<T>
}

/** `createdAt` → `created_at`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** A row's stored form; an error names the field as `createdAt` → `created_at`. */
export function encodeRow<C extends Columns>(
  declared: Table<C>,
  row: Row<Table<C>>,
): StoredRow<Table<C>> {
  const stored: Record<string, unknown> = {}
  const { columns, columnNames } = declared
  let index = 0
  for (const name in columns) {
    const databaseName = columnNames[index++]!
    stored[databaseName] = columns[name]!.encode(row[name], databaseName)
  }
  return stored as StoredRow<Table<C>>
}

type Decoder = (stored: Record<string, unknown>) => unknown
const decoders = new WeakMap<Table, Decoder>()

/** The row behind a stored row that holds every column. */
export function decodeRow<C extends Columns>(
  declared: Table<C>,
  stored: Record<string, unknown>,
): Row<Table<C>> {
  let decoder = decoders.get(declared as unknown as Table)
  if (decoder === undefined) {
    decoder = makeDecoder(declared as unknown as Table)
    decoders.set(declared as unknown as Table, decoder)
  }
  return decoder(stored) as Row<Table<C>>
}

function makeDecoder(declared: Table): Decoder {
  const parts = Object.entries(declared.columns).map(([name, column]) => ({
    name,
    databaseName: snakeCase(name),
    decode: column.decode,
  }))
  return (stored) => {
    const row: Record<string, unknown> = {}
    for (const part of parts) row[part.name] = part.decode(stored[part.databaseName])
    return row
  }
}
