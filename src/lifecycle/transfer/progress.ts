import { Migrator, ledger, ledgerMarks } from '../../database/migrate.js'
import { migrations } from '../../database/migrations/index.js'
import { type Backend, type Session } from '../../database/engine.js'
import { type Moved, moverTables, type Piece } from '../../database/moving.js'
import { SchemaEditor } from '../../database/migrate.js'
import { type End, rowsOn, runOn } from './ends.js'

const { state: stateTable, batches, pieces } = moverTables

/** Where a transfer into a database stands; kept in that database. */
export interface TransferState {
  /** Where the rows come from. */
  readonly source: string
  /**
   * `differing`: a comparison found a difference. `following`: the source goes on being changed,
   * and its changes are logged.
   */
  readonly phase: 'copying' | 'differing' | 'following' | 'copied' | 'moved'
  readonly live: boolean
}

/** How far one table is. */
export interface TableProgress {
  readonly batches: number
  readonly rows: number
  readonly last: readonly Moved[]
}

/** A batch that is in the target. */
export interface BatchRecord {
  readonly table: string
  readonly number: number
  readonly rows: number
  readonly last: readonly Moved[]
  readonly sha256: string
}

/** Migrations, by who may see the marks. */
export const migratorOf = (backend: Backend): Migrator =>
  new Migrator(backend, { migrations, marksAllowed: true })

/** Whether a table is there. */
export async function hasTable(backend: Backend, name: string): Promise<boolean> {
  return (await backend.introspect()).some(({ table }) => table === name)
}

/** The state kept in a target; undefined where no transfer began. */
export async function stateOf(backend: Backend): Promise<TransferState | undefined> {
  if (!await hasTable(backend, stateTable)) return undefined
  const [row] = await rowsOn(backend, `select source, phase, live from ${stateTable}`)
  if (row === undefined) return undefined
  const phase = row.phase as TransferState['phase']
  return { source: String(row.source), phase, live: row.live === 'yes' }
}

/** Makes the tables of the progress and marks the target as not whole. */
export async function beginState(
  session: Session,
  { backend, label }: End,
  live: boolean,
): Promise<void> {
  const schema = new SchemaEditor(session, backend.engine)
  await schema.createTable(stateTable, `name {text} not null primary key, source {text} not null,
    phase {text} not null, live {text} not null`)
  await schema.createTable(batches, `table_name {text} not null, number {integer} not null,
    row_count {integer} not null, last_key {text} not null, sha256 {text} not null,
    primary key (table_name, number)`)
  await schema.createTable(pieces, `number {integer} not null primary key,
    table_name {text} not null, name {text} not null, late {text} not null,
    definition {text} not null`)
  await insertInto(session, backend, {
    table: stateTable, values: { name: 'transfer', source: label, phase: 'copying',
      live: live ? 'yes' : 'no' },
  })
}

interface Insertion {
  readonly table: string
  readonly values: Readonly<Record<string, string | number>>
}

/** Inserts one row of text and integers. */
export async function insertInto(
  session: Session,
  { engine: { moving } }: Backend,
  { table, values }: Insertion,
): Promise<void> {
  const slots = Object.values(values).map((value, index) =>
    moving.slot(typeof value === 'number' ? 'integer' : 'text', index + 1))
  await runOn(session, {
    sql: `insert into ${table} (${Object.keys(values).join(', ')}) values (${slots.join(', ')})`,
    parameters: Object.values(values).map((value) => (typeof value === 'number'
      ? String(value) : value)),
  })
}

/** Says which part comes next. */
export async function setPhase(session: Session, phase: TransferState['phase']): Promise<void> {
  await runOn(session, { sql: `update ${stateTable} set phase = '${phase}'`, parameters: [] })
}

/** Keeps every server out of a database; see `ledgerMarks`. */
export async function mark(
  session: Session,
  backend: Backend,
  text: string,
): Promise<void> {
  await unmark(session)
  await insertInto(session, backend, {
    table: ledger, values: { name: text, applied_at: new Date().toISOString() },
  })
}

/** Lets servers in again. */
export async function unmark(session: Session): Promise<void> {
  await runOn(session, { sql: `delete from ${ledger} where name like '~%'`, parameters: [] })
}

/** The mark of a database, if it has one. */
export async function markOf(backend: Backend): Promise<string | undefined> {
  if (!await hasTable(backend, ledger)) return undefined
  const [row] = await rowsOn(backend, `select name from ${ledger} where name like '~%'`)
  return row && String(row.name)
}

/** Where a database was moved to, if it was. */
export async function movedTo(backend: Backend): Promise<string | undefined> {
  const text = await markOf(backend)
  return text?.startsWith(ledgerMarks.moved) === true
    ? text.slice(ledgerMarks.moved.length) : undefined
}

/** How far each table is that has begun. */
export async function progressOf(backend: Backend): Promise<Map<string, TableProgress>> {
  const rows = await rowsOn(backend, `
    select b.table_name, b.number, b.last_key, t.row_count from ${batches} b
    join (select table_name, max(number) as number, sum(row_count) as row_count
      from ${batches} group by table_name) t
      on t.table_name = b.table_name and t.number = b.number`)
  return new Map(rows.map((row) => [String(row.table_name), {
    batches: Number(row.number), rows: Number(row.row_count),
    last: JSON.parse(String(row.last_key)) as Moved[],
  }]))
}

/** Records a batch, in the transaction of its rows. */
export async function recordBatch(
  session: Session,
  backend: Backend,
  { table, number, rows, last, sha256 }: BatchRecord,
): Promise<void> {
  await insertInto(session, backend, { table: batches, values: {
    table_name: table, number, row_count: rows, last_key: JSON.stringify(last), sha256,
  } })
}

/** Keeps what is to be made after the load. */
export async function keepPieces(
  session: Session,
  backend: Backend,
  list: readonly Piece[],
): Promise<void> {
  for (const [index, { table, name, create, late }] of list.entries()) {
    await insertInto(session, backend, { table: pieces, values: {
      number: index + 1, table_name: table, name, late, definition: create,
    } })
  }
}

/** What is still to be made, in order. */
export async function keptPieces(backend: Backend) {
  const rows = await rowsOn(backend,
    `select number, table_name, name, late, definition from ${pieces} order by number`)
  return rows.map((row) => ({
    number: Number(row.number), table: String(row.table_name), name: String(row.name),
    definition: String(row.definition), isLate: row.late === 'yes',
  }))
}

/** One of them was made. */
export async function forgetPiece(session: Session, number: number): Promise<void> {
  await runOn(session, { sql: `delete from ${pieces} where number = ${number}`, parameters: [] })
}

/** Takes back the tables of the progress; with `all` also the state. */
export async function dropProgress(session: Session, all: boolean): Promise<void> {
  for (const table of [batches, pieces, ...(all ? [stateTable] : [])]) {
    await runOn(session, { sql: `drop table if exists ${table}`, parameters: [], reach: null })
  }
}
