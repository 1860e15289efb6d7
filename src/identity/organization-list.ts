import { type Database } from '../database/database.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { decodeRow } from '../database/table.js'
import { type IdentityDatabase } from './source.js'
import { type Organization, organizations } from './tables.js'

const { columns } = organizations

/** One page of all organizations of the installation, newest first. */
export async function listOrganizations(
  database: Database<IdentityDatabase>,
  { limit = 50, cursor }: PageRequest = {},
): Promise<Page<Organization>> {
  const list = ['organizations']
  let query = database.write
    .selectFrom('organizations').selectAll().orderBy('id', 'desc').limit(limit + 1)
  if (cursor !== undefined) {
    const [last] = keyOf(list, cursor)
    query = query.where('id', '<', columns.id.encode(String(last), 'cursor'))
  }
  const rows = (await database.all(query)).map((row) => decodeRow(organizations, row))
  return pageOf(rows, limit, ({ id }) => cursorOf(list, [id]))
}
