import { setTimeout as sleep } from 'node:timers/promises'
import { installationId, recordAudit } from './audit/index.js'
import { type Holdfast, type HoldfastTransaction } from './holdfast.js'
import { believedMs, UserNotFound } from './identity/index.js'
import { type ErasureReport, PersonalData } from './lifecycle/personal-data/index.js'
import { type Actor } from './scope.js'
import { tables } from './tables.js'

/** Everything that is kept of people, in the name of an actor. */
export function personalDataOf(holdfast: Holdfast, actor: Actor): PersonalData {
  const { database, identity } = holdfast
  return new PersonalData({
    database: database.as(),
    tables,
    actor,
    stores: (organizationId) => holdfast.organization(organizationId, actor),
    disableAccount: async (userId) => {
      await identity.as(actor).disableUser(userId)
      // Other processes believe what they have just checked; what came with it is found then.
      await sleep(2 * believedMs)
    },
    checkAccount: (userId) => deletionTakenBack(holdfast, userId),
    deleteAccount: (userId, report) => holdfast.transaction((transaction) =>
      deleteAccount(holdfast, transaction, { userId, actor, report })),
    discardBytes: () => holdfast.attachmentWorks.discardAll(),
    discardWords: () => holdfast.discardWords(),
    scrub: (names) => holdfast.backend.scrub(names),
  })
}

/** Throws what a deletion would throw. */
async function deletionTakenBack(holdfast: Holdfast, userId: string): Promise<void> {
  const takenBack = new Error('nothing is to be deleted yet')
  await holdfast.transaction(async ({ identity }) => {
    await identity.deleteUser(userId)
    throw takenBack
  }).catch((error: unknown) => {
    if (error !== takenBack) throw error
  })
}

interface Deletion {
  readonly userId: string
  readonly actor: Actor
  readonly report: Pick<ErasureReport, 'erased'>
}

async function deleteAccount(
  holdfast: Holdfast,
  { database, identity }: HoldfastTransaction,
  { userId, actor, report }: Deletion,
): Promise<void> {
  const { write } = database
  const address = write.selectFrom('users').select('email_key').where('id', '=', userId as never)
  await database.run(write.deleteFrom('invitations').where('email_key', 'in', address))
  const personal = await database.first(write.selectFrom('personal_organizations')
    .select('organization_id').where('user_id', '=', userId as never))
  await identity.as(actor).deleteUser(userId).catch((error: unknown) => {
    // An erasure that was cut off, or a deletion before it, took the account already.
    if (!(error instanceof UserNotFound)) throw error
  })
  if (personal !== undefined) {
    // One that others belong to stays, but was named after the person.
    const { organization_id: id } = personal
    await database.run(write.updateTable('organizations')
      .set({ name: 'Personal' as never, slug: `organization-${id}` as never })
      .where('id', '=', id))
  }
  const record = {
    action: 'user.erased', resourceKind: 'user', resourceId: userId, details: { ...report.erased },
  }
  await recordAudit(database.as(), holdfast, { organizationId: installationId, actor, record })
}
