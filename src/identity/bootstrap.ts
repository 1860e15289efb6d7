import { randomBytes } from 'node:crypto'
import { type Database } from '../database/database.js'
import { encodeRow } from '../database/table.js'
import { instantOf } from '../clock.js'
import { programActor } from '../scope.js'
import { OrganizationStore } from './organizations.js'
import { ServiceTokenStore } from './service-tokens.js'
import { type IdentitySource, IdentityStore } from './store.js'
import { type IdentityDatabase } from './source.js'
import { defaultOrganizationId, organizations } from './tables.js'

/** What the first start of an empty database hands out, this once. */
export interface FirstLogin {
  readonly email: string
  readonly password: string
  /** A service token with every scope in the organization `default`. */
  readonly adminToken: string
}

/** Makes sure the organization `default` exists; true when this call made it. */
export async function ensureDefaultOrganization(
  database: Database<IdentityDatabase>,
  { clock }: IdentitySource,
): Promise<boolean> {
  const now = instantOf(clock.now())
  const row = {
    slug: 'default', name: 'Default', rateLimit: null, rateWindowSeconds: null, revision: 1,
    createdAt: now, updatedAt: now,
  }
  const insert = database.write
    .insertInto('organizations')
    .values(encodeRow(organizations, { id: defaultOrganizationId, ...row }))
    .onConflict((conflict) => conflict.doNothing())
  return (await database.run(insert)) === 1
}

/**
 * Gives an empty database its first administrator. Of any number of processes that start at once,
 * exactly one gets the login; the others, and every later start, get undefined.
 */
export async function createFirstLogin(
  database: Database<IdentityDatabase>,
  source: IdentitySource,
): Promise<FirstLogin | undefined> {
  return database.transaction(async (transaction) => {
    await ensureDefaultOrganization(transaction, source)
    const claimed = await claimFirstLogin(transaction)
    return claimed ? createAdministrator(transaction, source) : undefined
  }, { repeatable: true })
}

/** Locks the organization's row, then looks: of several transactions only one finds no user. */
async function claimFirstLogin(database: Database<IdentityDatabase>): Promise<boolean> {
  const { id } = organizations.columns
  const lock = database.write
    .updateTable('organizations')
    .set((expression) => ({ name: expression.ref('name') }))
    .where('id', '=', id.encode(defaultOrganizationId))
  await database.run(lock)
  const anyUser = database.write.selectFrom('users').select('id').limit(1)
  return (await database.first(anyUser)) === undefined
}

async function createAdministrator(
  database: Database<IdentityDatabase>,
  source: IdentitySource,
): Promise<FirstLogin> {
  const identity = new IdentityStore(database.as(), source)
  const password = randomBytes(15).toString('base64url')
  const email = 'admin@localhost'
  const user = await identity.createUser({ email, displayName: 'Administrator', password })
  const member = { organizationId: defaultOrganizationId, userId: user.id }
  const organizationStore = new OrganizationStore(database.as(), source)
  await organizationStore.addMember(member, 'owner')
  await organizationStore.choose(user.id, defaultOrganizationId)
  const scope = { organizationId: defaultOrganizationId, actor: programActor }
  const tokens = new ServiceTokenStore(database.as(), scope, source)
  const { token } = await tokens.create({ name: 'first administrator', scopes: ['*'] }, user.id)
  return { email, password, adminToken: token }
}
