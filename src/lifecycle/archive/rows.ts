import { type Readable } from 'node:stream'
import { type RawBuilder, sql } from 'kysely'
import { type Database } from '../../database/database.js'
import { ForeignKeyViolation, UniqueViolation } from '../../database/failures.js'
import { type Table } from '../../database/table.js'
import { linesIn } from '../../lines.js'
import { membersOf } from '../import/exact-json.js'
import { countOfNext } from '../transfer/fitting.js'
import { batchBytesMax } from '../transfer/pages.js'
import { currentShape } from '../transfer/shape.js'
import { ArchiveConflict, InvalidArchive } from './errors.js'
import { lineOf, rowOf } from './lines.js'
import { type ArchiveScope } from './manifest.js'

/** A database with whichever tables there are. */
export type AnyTables = Record<string, Record<string, unknown>>

/** Rows that are read at once, at most. */
const pageMax = 200

/** Tables that say what a person has besides: they are of no single organization. */
const ofPersons: ReadonlySet<string> = new Set(['personal_organizations', 'default_organizations'])

/** Which rows of each table an archive holds. */
export class ArchiveRows {
  readonly #scope: ArchiveScope
  /** Columns of organizations' tables that name a person, each with its table. */
  readonly #persons: readonly (readonly [table: string, column: string])[]

  private constructor(
    scope: ArchiveScope, persons: readonly (readonly [table: string, column: string])[],
  ) {
    this.#scope = scope
    this.#persons = persons
  }

  /** For a scope, by what the schema says of who refers to persons. */
  static async of(scope: ArchiveScope, tables: readonly Table[]): Promise<ArchiveRows> {
    if (scope.kind !== 'organization') return new ArchiveRows(scope, [])
    const { references } = await currentShape()
    const owned = new Set(tables.filter(isOwned).map(({ name }) => name))
    const persons = references
      .filter(({ table, parent }) => parent === 'users' && owned.has(table))
      .map(({ table, columns: [column] }) => [table, column!] as const)
    return new ArchiveRows(scope, persons)
  }

  /** The lines of a table's rows, in the order of its key. */
  async* lines(database: Database<AnyTables>, table: Table): AsyncGenerator<string, void, void> {
    const { primaryKey: key, name } = table
    const isPerson = name === 'users' && this.#scope.kind === 'organization'
    for (let after: readonly unknown[] | undefined; ;) {
      const query = this.#behind(database, table, after)
      if (query === undefined) return
      const count = await countOfNext(database, table, { query, rowsMax: pageMax })
      if (count === 0) return
      const rows = await database.all(query.selectAll().limit(count))
      for (const row of rows) {
        yield `${lineOf(table, isPerson ? { ...row, password_hash: null } : row)}\n`
      }
      if (rows.length === 0) return
      after = key.map((column) => rows.at(-1)![column])
    }
  }

  /** The rows behind a key, in their order; undefined for a table that has none of the scope. */
  #behind({ write }: Database<AnyTables>, table: Table, after: readonly unknown[] | undefined) {
    const { primaryKey, name } = table
    let query = write.selectFrom(name)
    let filtered: string | undefined
    if (this.#scope.kind === 'organization') {
      const filter = this.#filterOf(table, this.#scope.organization_id)
      if (filter === undefined) return undefined
      const { column, is } = filter
      query = typeof is === 'string' ? query.where(column, '=', is)
        : query.where(column, 'in', is as never)
      filtered = typeof is === 'string' ? column : undefined
    }
    for (const column of primaryKey) query = query.orderBy(column)
    if (after === undefined) return query
    // What all have alike is not compared again: an index is entered by what follows it.
    const key = primaryKey.filter((column) => column !== filtered)
    if (key.length === 0) return undefined
    const last = after.filter((_value, index) => primaryKey[index] !== filtered)
    return query.where(({ eb, refTuple, tuple }) => (key.length === 1
      ? eb(key[0]!, '>', last[0])
      : eb(refTuple(...(key as [string, string])), '>', tuple(...(last as [string, string])))))
  }

  /** Which rows of a table are those of an organization; undefined for none. */
  #filterOf(table: Table, organizationId: string) {
    const { name } = table
    if (name === 'organizations') return { column: 'id', is: organizationId }
    if (name === 'users') return { column: 'id', is: this.#personsIn(organizationId) }
    return isOwned(table) ? { column: 'organization_id', is: organizationId } : undefined
  }

  /** Whoever its rows are of, also when they have left it: the rows could not stand without. */
  #personsIn(organizationId: string): RawBuilder<unknown> {
    const lists = this.#persons.map(([table, column]) => sql`
      select ${sql.ref(column)} from ${sql.table(table)} where organization_id = ${organizationId}`)
    return sql`(${sql.join(lists, sql` union `)})`
  }
}

const isOwned = ({ name, columnNames }: Table): boolean =>
  columnNames.includes('organization_id') && !ofPersons.has(name)

/** Reads the file of a table into it. Throws ArchiveConflict, InvalidArchive. */
export async function insertFile(
  database: Database<AnyTables>,
  table: Table,
  { file, signal }: { readonly file: Readable; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const rowsMax = Math.max(1, Math.floor(900 / table.columnNames.length))
  let rows: Record<string, unknown>[] = []
  let length = 0
  const flush = async () => {
    if (rows.length === 0) return
    signal?.throwIfAborted()
    await insertRows(database, table, rows)
    rows = []
    length = 0
  }
  for await (const line of linesIn(file)) {
    if (length + line.length > batchBytesMax) await flush()
    rows.push(rowOf(table, membersOf(line)))
    length += line.length
    if (rows.length >= rowsMax) await flush()
  }
  await flush()
}

async function insertRows(
  database: Database<AnyTables>, { name }: Table, rows: Record<string, unknown>[],
): Promise<void> {
  const insert = database.write.insertInto(name).values(rows)
  try {
    // A new database has founded its root key already; the archive's is the same, or at hand too.
    await database.run(name === 'root_keys'
      ? insert.onConflict((conflict) => conflict.doNothing()) : insert)
  } catch (cause) {
    if (cause instanceof UniqueViolation) {
      const message = `A row of ${name} in the archive is here already, or has an id, an address ` +
        'or a name that is taken: nothing was imported.'
      throw new ArchiveConflict(message, { cause })
    }
    if (!(cause instanceof ForeignKeyViolation)) throw cause
    const message = `A row of ${name} in the archive belongs to one that is not in it`
    throw new InvalidArchive(`${message}: nothing was imported.`, { cause })
  }
}
