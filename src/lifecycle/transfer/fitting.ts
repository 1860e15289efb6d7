import { type RawBuilder, sql } from 'kysely'
import { type Database } from '../../database/database.js'
import { type Table } from '../../database/table.js'
import { isHeavy, movedTables } from './catalogue.js'
import { batchBytesMax, sizeOf } from './pages.js'

/** Rows that are wanted, in their order. */
export interface WantedRows {
  /** A query of the table that selects nothing yet. */
  readonly query: unknown
  /** Rows that are read at once, at most. */
  readonly rowsMax: number
}

interface Sized {
  select(columns: readonly RawBuilder<unknown>[]): { limit(count: number): unknown }
}

/**
 * How many of the next rows are read at once: as many as have 4 MiB, or one. Sizes are asked for,
 * not the values.
 */
export async function countOfNext(
  database: Database<Record<string, Record<string, unknown>>>,
  table: Table,
  { query, rowsMax }: WantedRows,
): Promise<number> {
  const [moved] = movedTables([table])
  if (moved === undefined || !isHeavy(moved)) return rowsMax
  const size = sql.raw(sizeOf(database.engine.moving, moved))
  const sized = (query as Sized).select([sql`${size}`.as('bytes') as never]).limit(rowsMax)
  const rows = await database.all(sized as never) as readonly { readonly bytes: unknown }[]
  let sum = 0
  const fitting = rows.findIndex(({ bytes }, index) => {
    sum += Number(bytes)
    return index > 0 && sum > batchBytesMax
  })
  return fitting === -1 ? rows.length : fitting
}
