import { sql } from 'kysely'
import { json } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { EnvelopeBroken, rewrapped } from './envelope.js'
import { type Keyring, type OrganizationKey } from './keyring.js'
import { versionIn } from './sealed-fields.js'
import { type SecretTables } from './tables.js'

/** A JSON column of another domain whose values are texts that `SealedFields` sealed. */
export interface SealedColumn {
  /** Has a column `organization_id`. */
  readonly table: string
  /** With the organization the primary key; its values sort as they are compared. */
  readonly key: string
  readonly column: string
}

/** What became of the values of some rows. */
export interface Moved {
  readonly moved: number
  readonly unreadable: number
}

interface FoundRow {
  readonly key: unknown
  readonly sealed: string
}

const codec = json<{ [field: string]: string }>()
const batchDefault = 100

/** Rows of one organization. */
interface ColumnRows {
  readonly column: SealedColumn
  readonly organizationId: string
  /** Rows read at once. */
  readonly batch: number
}

/** The rows of an organization in one sealed column, in batches that hold at least one. */
async function* rowsOf(
  database: Database<SecretTables>,
  { column: { table, key, column }, organizationId, batch }: ColumnRows,
): AsyncGenerator<readonly FoundRow[]> {
  const [name, place] = [sql.ref(key), sql.table(table)]
  let after = sql``
  for (;;) {
    const query = sql<FoundRow>`
      select ${name} as key, cast(${sql.ref(column)} as text) as sealed from ${place}
      where organization_id = ${organizationId} ${after}
      order by ${name} limit ${sql.lit(batch)}`
    const rows = await database.all({ compile: () => query.compile(database.write) })
    if (rows.length > 0) yield rows
    if (rows.length < batch) return
    after = sql`and ${name} > ${rows.at(-1)!.key}`
  }
}

/** How many values of an organization are under key versions below this one. */
export async function countBelow(
  database: Database<SecretTables>,
  column: SealedColumn,
  { organizationId, version }: Pick<OrganizationKey, 'organizationId' | 'version'>,
): Promise<number> {
  let count = 0
  for await (const rows of rowsOf(database, { column, organizationId, batch: batchDefault })) {
    const texts = rows.flatMap(({ sealed }) => Object.values(codec.decode(sealed)))
    count += texts.filter((text) => isBelow(text, organizationId, version)).length
  }
  return count
}

/**
 * Puts every value of an organization that is under an earlier key under the active one; what was
 * done is told after each batch of rows.
 */
export async function* moveColumn(
  database: Database<SecretTables>,
  keyring: Keyring,
  place: ColumnRows,
): AsyncGenerator<Moved> {
  for await (const rows of rowsOf(database, place)) {
    const sum = { moved: 0, unreadable: 0 }
    for (const row of rows) {
      const { moved, unreadable } = await moveRow(database, keyring, { ...place, row })
      sum.moved += moved
      sum.unreadable += unreadable
    }
    yield sum
  }
}

async function moveRow(
  database: Database<SecretTables>,
  keyring: Keyring,
  { column, organizationId, row }: Omit<ColumnRows, 'batch'> & { readonly row: FoundRow },
): Promise<Moved> {
  const before = codec.decode(row.sealed)
  const { version } = await keyring.activeKey(database, organizationId, 0)
  const due = Object.entries(before).filter(([, text]) => isBelow(text, organizationId, version))
  if (due.length === 0) return { moved: 0, unreadable: 0 }
  const key = await keyring.activeKey(database, organizationId, due.length)
  const { texts, unreadable } = await movedTexts(database, keyring, { key, due })
  const after = codec.encode({ ...before, ...texts })
  const update = sql`update ${sql.table(column.table)} set ${sql.ref(column.column)} = ${after}
    where organization_id = ${organizationId} and ${sql.ref(column.key)} = ${row.key}
      and cast(${sql.ref(column.column)} as text) = ${row.sealed}`
  const changed = await database.run({ compile: () => update.compile(database.write) })
  // Whoever changed the row meanwhile has sealed anew, or left the rest to the next look.
  return { moved: changed === 1 ? due.length - unreadable : 0, unreadable }
}

async function movedTexts(
  database: Database<SecretTables>,
  keyring: Keyring,
  { key, due }: { readonly key: OrganizationKey; readonly due: readonly [string, string][] },
): Promise<{ texts: Record<string, string>; unreadable: number }> {
  const { organizationId } = key
  const texts: [string, string][] = []
  for (const [field, text] of due) {
    try {
      const version = versionIn(text, organizationId)
      const from = await keyring.keyOf(database, organizationId, version)
      texts.push([field, await rewrapped(text, from, key)])
    } catch (error) {
      if (!(error instanceof EnvelopeBroken)) throw error
    }
  }
  return { texts: Object.fromEntries(texts), unreadable: due.length - texts.length }
}

/** What names no key of the organization counts as well: nothing can be said of it. */
function isBelow(text: string, organizationId: string, version: number): boolean {
  try {
    return versionIn(text, organizationId) < version
  } catch {
    return true
  }
}
