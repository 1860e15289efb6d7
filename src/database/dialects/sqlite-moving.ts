import { createQueryId, sql, SqliteQueryCompiler } from 'kysely'
import { type Kind } from '../columns.js'
import { type Statement } from '../engine.js'
import {
  columnList, type Moved, type MovedTable, type Moving, putEach, readWords, writeWords,
} from '../moving.js'
import { sqliteChanges } from './sqlite-changes.js'
import { fault, sound, soundness } from './sqlite-rules.js'
import { nothing, openPlaces } from './sqlite-words.js'

const asked = (text: string): Statement => ({ sql: text, parameters: [], readOnly: true })

const isNumber = (kind: Kind): boolean => kind === 'integer' || kind === 'flag'

function moved(kind: Kind, stored: unknown): Moved {
  if (stored === null) return null
  if (kind === 'real') return String(stored as number)
  if (kind === 'bytes') return stored as Uint8Array
  return kind === 'terms' ? writeWords(wordsOf(stored as string)) : (stored as string)
}

/** Each word stands at its place in a list. */
function wordsOf(list: string): Map<string, number[]> {
  const words = new Map<string, number[]>()
  for (const [place, word] of list.split(' ').entries()) {
    if (word === nothing) continue
    const places = words.get(word)
    if (places === undefined) words.set(word, [place])
    else places.push(place)
  }
  return words
}

function comparable(kind: Kind, stored: unknown): string | null {
  if (stored === null) return null
  if (kind !== 'terms') return `${stored as string | number}`
  const places: Record<string, number[]> = Object.create(null) as Record<string, number[]>
  let place = 0
  for (const word of (stored as string).split(' ')) {
    if (word !== nothing) (places[word] ??= []).push(place)
    place += 1
  }
  return Object.keys(places).map((word) => `${word}@${places[word]!.join('+')}`).sort().join(' ')
}

function listOf(words: string): string {
  const list: string[] = []
  for (const [word, places] of readWords(words)) for (const place of places) list[place] = word
  return Array.from(list, (word) => word ?? nothing).join(' ')
}

function bound(kind: Kind, value: Moved): unknown {
  if (value === null) return null
  if (kind === 'real') return Number(value)
  return kind === 'terms' ? listOf(value as string) : value
}

/** Integers come as text, since not all of them are numbers of JavaScript. */
const slot = (kind: Kind, index: number): string =>
  isNumber(kind) ? `cast(?${index} as integer)` : `?${index}`

/** Rows of one statement: those of most tables have some twenty values. */
const rowsMax = 40

function insert(table: MovedTable, rows: readonly (readonly Moved[])[]): Statement[] {
  const isOfWords = table.columns.some(({ kind }) => kind === 'terms')
  if (isOfWords) return rows.map((row) => insertWords(table, row))
  const statements: Statement[] = []
  for (let from = 0; from < rows.length; from += rowsMax) {
    statements.push(insertSome(table, rows.slice(from, from + rowsMax)))
  }
  return statements
}

function insertSome({ name, columns }: MovedTable, rows: readonly (readonly Moved[])[]): Statement {
  const one = (row: number) => `(${columns.map(({ kind }, index) =>
    slot(kind, row * columns.length + index + 1)).join(', ')})`
  return {
    sql: `insert into "${name}" (${columnList(columns.map((each) => each.name))})
      values ${rows.map((_row, index) => one(index)).join(', ')}`,
    parameters: rows.flatMap((row) => columns.map(({ kind }, index) => bound(kind, row[index]!))),
  }
}

/** The number of a row of words is this engine's own: another engine may have given it twice. */
function insertWords({ name, columns }: MovedTable, row: readonly Moved[]): Statement {
  const slots = columns.map((column, index) => {
    const given = slot(column.kind, index + 1)
    return column.name === 'sequence' ? freeNumber(given, name) : given
  })
  return {
    sql: `insert into "${name}" (${columnList(columns.map((each) => each.name))})
      values (${slots.join(', ')})`,
    parameters: columns.map(({ kind }, index) => bound(kind, row[index]!)),
  }
}

const compiler = new SqliteQueryCompiler()

function freeNumber(given: string, table: string): string {
  const node = openPlaces(sql.raw(given), table).toOperationNode()
  return compiler.compileQuery(node, createQueryId()).sql
}

/** Their triggers know of rows that come and go, not of rows that change. */
function put(table: MovedTable, rows: readonly (readonly Moved[])[]): Statement[] {
  const isOfWords = table.columns.some(({ kind }) => kind === 'terms')
  if (!isOfWords) return rows.map(putEach(table, sqliteMoving))
  const keys = table.primaryKey.map((key) => table.columns.findIndex(({ name }) => name === key))
  const where = keys.map((at, index) =>
    `"${table.columns[at]!.name}" = ${slot(table.columns[at]!.kind, index + 1)}`).join(' and ')
  return rows.flatMap((row) => [
    {
      sql: `delete from "${table.name}" where ${where}`,
      parameters: keys.map((at) => bound(table.columns[at]!.kind, row[at]!)),
    },
    insertWords(table, row),
  ])
}

/**
 * A value as another engine's `copy` takes it. JSON has no signs of control but white space, which
 * few write: looking for each of them would take as long as all the rest.
 */
function lineField(kind: Kind, column: string, spaced: boolean): string | undefined {
  const name = `"${column}"`
  if (kind === 'real' || kind === 'terms') return undefined
  const text = kind === 'bytes' ? `'\\\\x' || hex(${name})`
    : kind === 'text' || (kind === 'json' && spaced) ? escaped(name)
      : kind === 'json' ? `replace(${name}, '\\', '\\\\')` : name
  return kind === 'bytes' ? `iif(${name} is null, '\\N', ${text})` : `coalesce(${text}, '\\N')`
}

const escaped = (name: string): string => [
  [`'\\n'`, 10], [`'\\r'`, 13], [`'\\' || char(31)`, 31],
].reduce((text, [sign, code]) => `replace(${text}, char(${code}), ${sign})`,
  `replace(${name}, '\\', '\\\\')`)

/** Reading and writing whole tables in SQLite. */
export const sqliteMoving: Moving = {
  read: (kind, column) => (isNumber(kind) ? `cast("${column}" as text)` : `"${column}"`),
  moved,
  canonical: (kind, column) => (kind === 'bytes' ? `lower(hex("${column}"))`

    : isNumber(kind) ? `iif("${column}" is null, null, printf('%d', "${column}"))`
      : `"${column}"`),
  comparable,
  lumped: (kind, column) => (kind === 'real' || kind === 'terms' ? undefined
    : kind === 'text' ? `octet_length("${column}") || ':' || "${column}"`
      : kind === 'bytes' ? `iif("${column}" is null, null, lower(hex("${column}")))`
        : `"${column}"`),
  joined: (fields) => `concat_ws(char(31), ${fields.map((field) =>
    `coalesce(${field}, char(29))`).join(', ')} || char(30))`,
  gathered: (row) => `cast(group_concat(${row}, '') as blob)`,
  line({ columns }, spaced) {
    const fields = columns.map(({ kind, name }) => lineField(kind, name, spaced))
    if (fields.includes(undefined)) return undefined
    return `concat_ws(char(31), ${fields.join(', ')})`
  },
  linesOf: (line) => `cast(group_concat(${line}, char(10)) || char(10) as blob)`,
  slot,
  bound,
  size: (_kind, column) => `coalesce(octet_length("${column}"), 0)`,
  insert,
  put,
  // Its planner takes the key that fits best without figures.
  weigh: () => [],
  sparing: asked('pragma cache_size = -2000'),
  snapshot: [],
  fault,
  sound,
  soundness,
  // The check looks at the types of strict tables and at what must not be missing.
  vouched: asked(`
    select t.name as "table", c.name as "column", lower(c.type) as type, c."notnull" as required
    from pragma_table_list t, pragma_table_info(t.name) c
    where t.schema = 'main' and t.type = 'table' and t.strict`),
  check: asked('pragma quick_check(20)'),
  foreignKeys: asked(`
    select "table", parent, json_group_array(child_column) as columns,
      json_group_array(parent_column) as parent_columns
    from (
      select m.name as "table", f."table" as parent, f.id, f."from" as child_column,
        f."to" as parent_column
      from sqlite_schema m, pragma_foreign_key_list(m.name) f
      where m.type = 'table' order by m.name, f.id, f.seq)
    group by "table", parent, id`),
  indexes: asked(`
    select "table", json_group_array(name) as columns from (
      select m.name as "table", i.name as index_name, x.name as name
      from sqlite_schema m, pragma_index_list(m.name) i, pragma_index_info(i.name) x
      where m.type = 'table' and x.name is not null order by m.name, i.name, x.seqno)
    group by "table", index_name`),
  indexBytesMax: undefined,
  walledTables: undefined,
  pieces: undefined,
  loading: [],
  piecing: [],
  analyze: undefined,
  obstacles: undefined,
  databaseBytes: asked(`
    select page_count * page_size as bytes from pragma_page_count, pragma_page_size`),
  changes: sqliteChanges,
}
