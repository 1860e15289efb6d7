import { type Backend, type Session, type Statement } from '../../database/engine.js'
import {
  columnList, type Moved, type MovedTable, type Moving, moverTables, type Piece,
} from '../../database/moving.js'
import { ForeignKeyViolation, UniqueViolation } from '../../database/failures.js'
import { ledger } from '../../database/migrate.js'
import { isHeavy, keyColumns } from './catalogue.js'
import { type End, reaching, rowsOn, runOn } from './ends.js'
import { TransferRefused } from './errors.js'
import { stopIfAsked, type TransferWatch } from './events.js'
import {
  batchBytesMax, type Key, keyOf, movedRow, type Readable, sizeOf,
} from './pages.js'
import { hasTable } from './progress.js'

const { changes, fence } = moverTables

/** Entries of the log taken at once, unless the rows behind them refer to later ones. */
export const entriesMax = 2_000

/** Rows looked for at once; fewer of large ones are read, see `portions`. */
const rowsAtOnce = 50

/** What follows the changes of a source. */
export interface FollowParts {
  readonly source: End
  readonly target: End
  readonly tables: readonly MovedTable[]
  readonly watch: TransferWatch
}

/** Begins to log the changes of a database; nothing when it does already. */
export async function installLog(
  { backend }: End,
  tables: readonly MovedTable[],
): Promise<void> {
  await inTurns(backend, backend.engine.moving.changes.install(tables))
}

/** Runs lists of statements, each in a transaction of its own. */
export async function inTurns(
  backend: Backend,
  lists: readonly (readonly Statement[])[],
): Promise<void> {
  for (const list of lists) {
    await backend.transaction(async (session) => {
      for (const statement of list) await runOn(session, statement)
    })
  }
}

/** Whether the changes of a database are logged. */
export const isLogging = ({ backend }: End): Promise<boolean> => hasTable(backend, changes)

/** Entries that wait in the log. */
export async function waiting({ backend }: End): Promise<number> {
  const [row] = await rowsOn(backend, `select count(*) as rows from ${changes}`)
  return Number(row!.rows)
}

/** Rows that changed, by table. */
export type ChangedKeys = Map<string, Map<string, Key>>

/**
 * Brings the next changes into the target: for each row that changed, what it is now in one state
 * of the source. Repeated after any end it does the same again. Returns how many entries it took.
 */
export async function applySome(parts: FollowParts, changed: ChangedKeys): Promise<number> {
  try {
    return await applyEntries(parts, changed, entriesMax)
  } catch (error) {
    // A row may refer to one whose own entry comes later in the log.
    if (!(error instanceof ForeignKeyViolation)) throw error
    return await applyEntries(parts, changed, Number.MAX_SAFE_INTEGER)
  }
}

/** The same of all entries there are at this moment. */
export function applyAll(parts: FollowParts, changed: ChangedKeys): Promise<number> {
  return applyEntries(parts, changed, Number.MAX_SAFE_INTEGER)
}

async function applyEntries(parts: FollowParts, changed: ChangedKeys, limit: number) {
  const { source, target } = parts
  const sequences: string[] = []
  await source.backend.transaction(async (reading) => {
    for (const statement of source.backend.engine.moving.snapshot) await runOn(reading, statement)
    const entries = await rowsOn(reading, `select seq, table_name, row_key from ${changes}
      order by seq limit ${limit}`)
    if (entries.length === 0) return
    sequences.push(...entries.map(({ seq }) => String(seq)))
    const keys = keysOf(entries)
    for (const [table, list] of keys) {
      const all = changed.get(table) ?? new Map<string, Key>()
      for (const [text, key] of list) all.set(text, key)
      changed.set(table, all)
    }
    await target.backend.transaction(async (writing) => {
      await checkClosed(target, writing)
      await unfenced(target, writing, () => new Delta(parts, reading, writing).apply(keys))
    })
  })
  for (let from = 0; from < sequences.length; from += 500) {
    const some = sequences.slice(from, from + 500).join(', ')
    await runOn(source.backend, {
      sql: `delete from ${changes} where seq in (${some})`, parameters: [],
    })
  }
  return sequences.length
}

/**
 * A cutover elsewhere may have let servers into the target while this waited: what they wrote is
 * newer. The mark that keeps them out is held until this is written. Throws TransferRefused.
 */
async function checkClosed({ backend, label }: End, session: Session): Promise<void> {
  const held = backend.engine.rowLocks ? ' for share' : ''
  const marks = await runOn(session, {
    sql: `select name from ${ledger} where name like '~%'${held}`, parameters: [],
  })
  if (marks.rows.length > 0) return
  throw new TransferRefused(`Servers work on ${label} already: another cutover ended meanwhile.`)
}

function keysOf(entries: readonly Record<string, unknown>[]): ChangedKeys {
  const keys: ChangedKeys = new Map()
  for (const { table_name: table, row_key: text } of entries) {
    const list = keys.get(String(table)) ?? new Map<string, Key>()
    const key = JSON.parse(String(text)) as string[]
    list.set(JSON.stringify(key), key)
    keys.set(String(table), list)
  }
  return keys
}

/** Runs `work` on a database whose fence keeps all others out, if it has one. */
async function unfenced(
  { backend }: End,
  session: Session,
  work: () => Promise<void>,
): Promise<void> {
  if (!await hasTable(backend, fence)) return work()
  const { moving } = backend.engine
  const [row] = await rowsOn(session, `select case when closed then 1 else 0 end as closed
    from ${fence}`)
  const isClosed = Number(row?.closed) === 1
  const set = (value: string) => runOn(session, {
    sql: `update ${fence} set closed = ${moving.slot('flag', 1)}`,
    parameters: [moving.bound('flag', value)],
  })
  if (isClosed) await set('0')
  await work()
  if (isClosed) await set('1')
}

/** The present state of some rows, put into the target in one transaction. */
class Delta {
  readonly #parts: FollowParts
  readonly #reading: Session
  readonly #writing: Session
  readonly #from: Moving
  readonly #into: Moving

  constructor(parts: FollowParts, reading: Session, writing: Session) {
    this.#parts = parts
    this.#reading = reading
    this.#writing = writing
    this.#from = parts.source.backend.engine.moving
    this.#into = parts.target.backend.engine.moving
  }

  async apply(keys: ChangedKeys): Promise<void> {
    const gone = new Map<MovedTable, Key[]>()
    const here = new Map<MovedTable, Key[]>()
    for (const table of this.#parts.tables) {
      const list = [...keys.get(table.name)?.values() ?? []]
      if (list.length === 0) continue
      const present = await this.#present(table, list)
      gone.set(table, list.filter((key) => !present.has(JSON.stringify(key))))
      here.set(table, list.filter((key) => present.has(JSON.stringify(key))))
    }
    await this.#removeAll(gone)
    for (const [table, list] of here) {
      const from = { session: this.#reading, moving: this.#from }
      for await (const some of portions(from, table, list)) {
        stopIfAsked(this.#parts.watch)
        await this.#put(table, await this.#read(table, some))
      }
    }
    // A trigger of the target may have made rows of those that came.
    await this.#removeAll(gone)
  }

  /** Children first. */
  async #removeAll(gone: ReadonlyMap<MovedTable, readonly Key[]>): Promise<void> {
    for (const [table, list] of [...gone].reverse()) {
      for (const some of slices(list)) await this.#remove(table, some)
    }
  }

  async #remove(table: MovedTable, keys: readonly Key[]): Promise<void> {
    const { where, parameters } = oneOf(this.#into, table, keys)
    await runOn(this.#writing, { sql: `delete from "${table.name}" where ${where}`, parameters })
  }

  async #present(table: MovedTable, keys: readonly Key[]): Promise<Set<string>> {
    const found = new Set<string>()
    const names = keyColumns(table)
    const columns = names.map(({ kind, name }, index) =>
      `${this.#from.read(kind, name)} as k${index}`)
    for (const some of slices(keys)) {
      const { where, parameters } = oneOf(this.#from, table, some)
      const rows = await rowsOn(this.#reading, `select ${columns.join(', ')}
        from "${table.name}" where ${where}`, parameters)
      for (const row of rows) {
        found.add(JSON.stringify(names.map(({ kind }, index) =>
          this.#from.moved(kind, row[`k${index}`]))))
      }
    }
    return found
  }

  async #read(table: MovedTable, keys: readonly Key[]): Promise<Moved[][]> {
    const columns = table.columns.map(({ kind, name }, index) =>
      `${this.#from.read(kind, name)} as c${index}`)
    const { where, parameters } = oneOf(this.#from, table, keys)
    const rows = await rowsOn(this.#reading, `select ${columns.join(', ')} from "${table.name}"
      where ${where}`, parameters)
    return rows.map((row) => movedRow(this.#from, table, row))
  }

  /** Where a unique value went from one row to another, the rows go before they come. */
  async #put(table: MovedTable, rows: readonly Moved[][]): Promise<void> {
    if (rows.length === 0) return
    try {
      await this.#writing.transaction(async (nested) => {
        for (const statement of this.#into.put(table, rows)) await runOn(nested, statement)
      })
    } catch (error) {
      if (!(error instanceof UniqueViolation)) throw error
      await this.#replace(table, rows)
    }
  }

  async #replace(table: MovedTable, rows: readonly Moved[][]): Promise<void> {
    const references = await this.#referencesTo(table)
    for (const { drop } of references) await this.#execute(drop)
    await this.#remove(table, rows.map((row) => keyOf(table, row)))
    for (const statement of this.#into.put(table, rows)) await runOn(this.#writing, statement)
    for (const { create } of references) await this.#execute(create)
  }

  #execute(sql: string) {
    return runOn(this.#writing, { sql, parameters: [], reach: null })
  }

  /** What would take the rows behind a row with it; nothing where a connection has none. */
  async #referencesTo(table: MovedTable): Promise<Piece[]> {
    const { pieces } = this.#into
    if (pieces === undefined) return []
    const names = this.#parts.tables.map(({ name }) => name)
    const { rows } = await this.#writing.run(reaching({ ...pieces, parameters: [names] }))
    return (rows as unknown as Piece[]).filter(({ late, create }) =>
      late === 'yes' && create.includes(` REFERENCES ${table.name}(`))
  }
}

/** The condition that a row has one of some keys. */
export function oneOf(moving: Moving, table: MovedTable, keys: readonly Key[]) {
  const columns = keyColumns(table)
  const tuples = keys.map((_key, row) => `(${columns.map(({ kind }, index) =>
    moving.slot(kind, row * columns.length + index + 1)).join(', ')})`)
  return {
    where: `(${columnList(table.primaryKey)}) in (values ${tuples.join(', ')})`,
    parameters: keys.flatMap((key) => columns.map(({ kind }, index) =>
      moving.bound(kind, key[index]!))),
  }
}

/**
 * Keys in the numbers in which their rows are read at once: as many as slices have, and fewer of
 * large ones. Their sizes are asked for before; keys without a row go along.
 */
export async function* portions(
  { session, moving }: Readable,
  table: MovedTable,
  keys: readonly Key[],
): AsyncGenerator<readonly Key[], void, void> {
  const columns = keyColumns(table).map(({ kind, name }, index) =>
    `${moving.read(kind, name)} as k${index}`)
  for (const some of slices(keys)) {
    const { where, parameters } = oneOf(moving, table, some)
    const rows = !isHeavy(table) ? [] : await rowsOn(session, `select ${columns.join(', ')},
      ${sizeOf(moving, table)} as bytes from "${table.name}" where ${where}`, parameters)
    const sizes = new Map(rows.map((row) => [
      JSON.stringify(keyColumns(table).map(({ kind }, index) =>
        moving.moved(kind, row[`k${index}`]))), Number(row.bytes)]))
    let [from, sum] = [0, 0]
    for (const [index, key] of some.entries()) {
      const bytes = sizes.get(JSON.stringify(key)) ?? 0
      if (index > from && sum + bytes > batchBytesMax) {
        yield some.slice(from, index);
        [from, sum] = [index, 0]
      }
      sum += bytes
    }
    yield some.slice(from)
  }
}

/** Keys in the numbers in which their rows are looked for. */
export function slices<T>(list: readonly T[]): T[][] {
  const found: T[][] = []
  for (let from = 0; from < list.length; from += rowsAtOnce) {
    found.push(list.slice(from, from + rowsAtOnce))
  }
  return found
}
