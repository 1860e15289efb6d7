import { expect, it } from 'vitest'
import { systemClock } from '../clock.js'
import { Database } from '../database/database.js'
import { Migrator } from '../database/migrate.js'
import { migrations } from '../database/migrations/index.js'
import { UuidV7Generator } from '../ids.js'
import { type BackendWorld, enginesNamed, onEveryEngine } from '../testing/backends.js'
import {
  Authenticator, createFirstLogin, defaultOrganizationId, ensureDefaultOrganization, IdentityStore,
  type IdentityTables, OrganizationStore,
} from './index.js'

const source = { clock: systemClock, ids: new UuidV7Generator() }

async function migrated({ backend }: BackendWorld): Promise<Database<IdentityTables>> {
  await new Migrator(backend, { migrations, clock: systemClock }).up()
  return Database.over<IdentityTables>(backend).within('all')
}

const callsOf = <R>(count: number, call: () => Promise<R>) =>
  Promise.all(Array.from({ length: count }, call))

onEveryEngine('the first login', (world) => {
  it('is created once by 20 calls at once, works, and is never created again', async () => {
    const database = await migrated(world())
    const logins = await callsOf(20, () => createFirstLogin(database, source))
    const made = logins.filter((login) => login !== undefined)
    expect(made).toHaveLength(1)
    const { email, password, adminToken } = made[0]!
    const identity = new IdentityStore(database, source)
    const { user } = await identity.logIn({ email, password })
    const organizations = new OrganizationStore(database, source)
    expect(await organizations.findRole(defaultOrganizationId, user.id)).toBe('owner')
    expect(await new Authenticator(database, source).authenticate(adminToken)).toMatchObject({
      organizationId: defaultOrganizationId, scopes: ['*'], userId: user.id,
    })
    expect(await createFirstLogin(database, source)).toBeUndefined()
    expect(await callsOf(20, () => ensureDefaultOrganization(database, source)))
      .toEqual(Array.from({ length: 20 }, () => false))
  })
})

// Memory is one process's own: there is nothing a second program could open.
onEveryEngine('the first login of a database several programs open', (world) => {
  it('goes to one of them', async () => {
    const first = await migrated(world())
    const others = await Promise.all([world().another(), world().another()])
    const databases = [first, ...others.map((each) =>
      Database.over<IdentityTables>(each).within('all'))]
    const logins = await Promise.all(databases.flatMap((database) =>
      Array.from({ length: 7 }, () => createFirstLogin(database, source))))
    expect(logins.filter((login) => login !== undefined)).toHaveLength(1)
    const users = await first.all(first.write.selectFrom('users').select('email'))
    expect(users).toEqual([{ email: 'admin@localhost' }])
  })
}, enginesNamed('sqlite', 'postgres'))
