import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { type Database } from '../../database/database.js'
import { type Table } from '../../database/table.js'
import { type Estate } from './estate.js'

/**
 * What changes by itself: when a credential was last seen, what the audit seals later on, and when
 * checkpoints were pruned last.
 */
const volatile = /^last_|_count$|^uses|^sequence$|^hash$|^sealed|^swept_at$/

/** Columns that look so and are none of these. */
const steady = new Set(['message_count'])

type Rows = Readonly<Record<string, readonly Record<string, unknown>[]>>
type AnyDatabase = Database<Record<string, Record<string, unknown>>>

/** Every row of an organization and of its people, table by table, as the database holds it. */
export async function rowsOf(estate: Estate, tables: readonly Table[]): Promise<Rows> {
  const database = estate.holdfast.database.as() as AnyDatabase
  const people = Object.values(estate.people).map(({ userId }) => userId)
  const entries = await Promise.all(tables.map(async (table) => {
    const has = (column: string) => table.columnNames.includes(column)
    // What is a person's own lies in another organization.
    const isPlaced = has('organization_id') && table.name !== 'personal_organizations'
    const condition = isPlaced ? sql`organization_id = ${estate.organizationId}`
      : table.name === 'organizations' ? sql`id = ${estate.organizationId}`
        : table.name === 'users' ? sql`id in (${sql.join(people)})`
          : has('user_id') ? sql`user_id in (${sql.join(people)})` : sql`1 = 0`
    const order = sql.join(table.primaryKey.map((column) => sql.ref(column)))
    const query = sql`select * from ${sql.table(table.name)} where ${condition} order by ${order}`
    const { rows } = await database.execute({
      ...query.compile(database.write), readOnly: true,
    })
    return [table.name, rows] as const
  }))
  return Object.fromEntries(entries)
}

/** One digest for all that must not change. */
export function digestOf(rows: Rows): string {
  const steadyRows = Object.entries(rows).map(([name, all]) => [name, all.map((row) =>
    Object.entries(row).filter(([column]) => steady.has(column) || !volatile.test(column)))])
  return createHash('sha256').update(JSON.stringify(steadyRows)).digest('hex')
}

/** Tables that hold none of the organization's rows though they could; an estate must have some. */
export function emptyTables(rows: Rows): string[] {
  return Object.entries(rows).filter(([, all]) => all.length === 0).map(([name]) => name)
}

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g

/** Every id that stands in the rows. */
export function idsIn(rows: Rows): Set<string> {
  return new Set(JSON.stringify(rows).match(uuid))
}

/** Ids of people and their sessions, which administrators of the installation may see. */
export function personalIdsIn({ users = [], login_sessions: sessions = [] }: Rows): Set<string> {
  return new Set([...users, ...sessions].map(({ id }) => String(id)))
}
