import { type Database } from '../database/database.js'
import { LastOwner } from './errors.js'
import { type IdentityDatabase } from './source.js'
import { organizationMemberships, organizations } from './tables.js'

const { columns } = organizationMemberships

/**
 * Takes a user out of every organization, in the transaction that deletes the user. It waits for
 * the organizations the user owns, so that of two owners who leave at once one stays. Throws
 * LastOwner when one of them has other members but no other owner.
 */
export async function releaseMemberships(
  database: Database<IdentityDatabase>,
  userId: string,
): Promise<void> {
  const { write } = database
  const user = columns.userId.encode(userId, 'user_id')
  const owner = columns.role.encode('owner')
  const owned = write
    .selectFrom('organization_memberships').select('organization_id')
    .where('user_id', '=', user).where('role', '=', owner)
  await database.run(write
    .updateTable('organizations')
    .set((expression) => ({ name: expression.ref('name') }))
    .where('id', 'in', owned))
  const left = write
    .selectFrom('organizations as o')
    .select(['o.id', 'o.name'])
    .where('o.id', 'in', owned)
    .where(({ exists, selectFrom }) => exists(selectFrom('organization_memberships as m')
      .select('m.user_id').whereRef('m.organization_id', '=', 'o.id')
      .where('m.user_id', '<>', user)))
    .where(({ not, exists, selectFrom }) => not(exists(selectFrom('organization_memberships as m')
      .select('m.user_id').whereRef('m.organization_id', '=', 'o.id')
      .where('m.user_id', '<>', user).where('m.role', '=', owner))))
    .orderBy('o.id')
    .limit(1)
  const orphan = await database.first(left)
  if (orphan !== undefined) {
    const name = organizations.columns.name.decode(orphan.name)
    const remedy = 'Make somebody else an owner first.'
    throw new LastOwner(`The organization ${name} would have no owner. ${remedy}`)
  }
  await database.run(write.deleteFrom('organization_memberships').where('user_id', '=', user))
}
