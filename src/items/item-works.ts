import { type Clock } from '../clock.js'
import { type Database } from '../database/database.js'
import { ItemStatements } from './statements.js'
import { type ItemTables } from './tables.js'

/** What the stores of items and results of all organizations share. */
export class ItemWorks {
  readonly database: Database<ItemTables>
  readonly clock: Clock
  readonly statements: ItemStatements

  constructor(database: Database<ItemTables>, { clock }: { readonly clock: Clock }) {
    this.database = database
    this.clock = clock
    this.statements = new ItemStatements(database)
  }

  /** Deletes what is over, in all organizations, at most `limit` of each kind; how many went. */
  async sweep(limit = 1_000): Promise<number> {
    const [items, cached] = await Promise.all([
      this.database.execute(this.statements.sweep({ limit })),
      this.database.execute(this.statements.cacheSweep({ limit })),
    ])
    return items.changed + cached.changed
  }
}
