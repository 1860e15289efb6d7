import { type Compilable } from 'kysely'
import { type Database } from '../database/database.js'

/** Makes changes and tells nobody, for tests of a store by itself. */
export const silentWitness = {
  async record() {},
  async insert<T>(
    database: Database<T>,
    { table, row }: {
      readonly table: { readonly name: string }
      readonly row: Readonly<Record<string, unknown>>
    },
  ): Promise<void> {
    const on = database.as<Record<string, Record<string, unknown>>>()
    await on.run(on.write.insertInto(table.name).values(row))
  },
  change<T, R>(database: Database<T>, change: Compilable<R>): Promise<R[]> {
    return database.all(change)
  },
}
