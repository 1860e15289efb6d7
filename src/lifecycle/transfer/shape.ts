import { connect } from '../../database/connect.js'
import { migratorOf } from './progress.js'

/** A reference from rows of one table to those of another. */
export interface Reference {
  readonly table: string
  readonly columns: readonly string[]
  readonly parent: string
  readonly parentColumns: readonly string[]
}

/** What the schema of this version says, whatever the databases at hand have made of it. */
export interface Shape {
  readonly references: readonly Reference[]
  /** Columns of each index, by table. */
  readonly indexes: readonly { readonly table: string; readonly columns: readonly string[] }[]
}

/** Reads the shape of the schema from an empty database of this version. */
export async function currentShape(): Promise<Shape> {
  const backend = await connect('memory:')
  try {
    await migratorOf(backend).up()
    const { foreignKeys, indexes } = backend.engine.moving
    const [keys, lists] = [await backend.run(foreignKeys), await backend.run(indexes)]
    const names = (text: unknown) => JSON.parse(String(text)) as string[]
    return {
      references: keys.rows.map((row) => ({
        table: String(row.table), columns: names(row.columns),
        parent: String(row.parent), parentColumns: names(row.parent_columns),
      })),
      indexes: lists.rows.map((row) => (
        { table: String(row.table), columns: names(row.columns) })),
    }
  } finally {
    await backend.close()
  }
}
