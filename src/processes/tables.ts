import { id, instant, integer, text } from '../database/columns.js'
import { type Row, type StoredRow, table } from '../database/table.js'

/** A process that serves from this database. */
export const processes = table(
  'processes',
  {
    id: id(),
    host: text(),
    pid: integer(),
    /** How it hears of others: `local` (not at all) or `redis`. */
    coordination: text(),
    startedAt: instant(),
    /** On the database's clock; renewed while it lives. */
    seenAt: instant(),
  },
  { primaryKey: ['id'] },
)

/** A process as the registry returns it. */
export type ServingProcess = Row<typeof processes>

/** The tables of this domain, for `Database`. */
export interface ProcessTables {
  processes: StoredRow<typeof processes>
}
