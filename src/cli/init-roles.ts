import { type Command } from 'commander'
import { systemClock } from '../clock.js'
import { type ServerAddress } from '../database/address.js'
import { connect, type ConnectOptions } from '../database/connect.js'
import { Database } from '../database/database.js'
import { type Backend } from '../database/engine.js'
import { InvalidInput } from '../errors.js'
import { Migrator } from '../database/migrate.js'
import { migrations } from '../database/migrations/index.js'
import {
  checkRoleName, checkRolePassword, defaultRoles, grantStatements, newRolePassword, ownerStatements,
  type RoleNames, roleStatements,
} from '../database/roles.js'
import { ensureDefaultOrganization, type IdentityDatabase } from '../identity/index.js'
import { UuidV7Generator } from '../ids.js'
import { tables } from '../tables.js'
import { createDatabase } from './create-database.js'
import { diagnosed } from './diagnosis.js'
import { type Settings } from './environment.js'
import { UsageFailure } from './failure.js'
import { limitsOf } from './open.js'
import { type Terminal } from './terminal.js'

/** Options of `init-db` about logins. */
export interface RoleOptions {
  readonly roles?: boolean
  readonly ownerRole?: string
  readonly serverRole?: string
  readonly json?: boolean
}

/** Adds `--roles`, `--owner-role` and `--server-role`. */
export function withRoleOptions(command: Command): Command {
  const { owner, server } = defaultRoles
  return command
    .option('--roles', 'also make a login that owns the tables and one that serves')
    .option('--owner-role <name>', `the login that owns the tables (default: ${owner})`)
    .option('--server-role <name>', `the login that serves (default: ${server})`)
}

interface Place {
  readonly settings: Settings
  readonly address: ServerAddress
  readonly admin: ServerAddress | undefined
  readonly options: RoleOptions
}

/** What was done, and the two addresses to use from now on. */
export interface MadeRoles {
  readonly created: boolean
  readonly migrations: readonly string[]
  readonly default_organization_created: boolean
  readonly migration_database_url: string
  readonly database_url: string
}

/** Makes both logins, the database, its schema and what the logins may do; each may be there. */
export async function initRoles({ settings, address, admin, options }: Place): Promise<MadeRoles> {
  const roles = namesOf(options)
  const login = admin ?? address
  const passwords = await makeLogins({ settings, login, roles })
  const owned = { ...address, user: roles.owner }
  const created = await createDatabase(owned, maintenanceOf(login), settings)
  const here = new URL(login.url)
  here.pathname = address.url.pathname
  const on = <R>(work: (backend: Backend) => Promise<R>, more: ConnectOptions = {}) =>
    using(here.toString(), { login, settings, more }, work)
  await on((backend) => runAll(backend, ownerStatements(roles.owner, {
    database: address.database, tables: tables.map(({ name }) => name),
  })))
  const prepared = await on(prepare, { role: roles.owner })
  await on((backend) => runAll(backend, grantStatements(roles)))
  return {
    created,
    ...prepared,
    migration_database_url: urlFor(address, roles.owner, passwords.owner),
    database_url: urlFor(address, roles.server, passwords.server),
  }
}

/** Tells what was done; passwords that were made here are shown this once. */
export function sayRoles(made: MadeRoles, options: RoleOptions, terminal: Terminal): void {
  if (options.json === true) return terminal.print(JSON.stringify(made))
  terminal.print(made.created ? 'created the database' : 'found the database')
  for (const migration of made.migrations) terminal.print(`applied ${migration}`)
  if (made.migrations.length === 0) terminal.print('the schema was up to date')
  terminal.print('Set these for the server; *** stands for a password that is set already:')
  terminal.print(`HOLDFAST_DATABASE_URL=${made.database_url}`)
  terminal.print(`HOLDFAST_MIGRATION_DATABASE_URL=${made.migration_database_url}`)
}

function namesOf({ ownerRole, serverRole }: RoleOptions): RoleNames {
  try {
    const owner = checkRoleName(ownerRole ?? defaultRoles.owner, '--owner-role')
    const server = checkRoleName(serverRole ?? defaultRoles.server, '--server-role')
    if (owner !== server) return { owner, server }
  } catch (error) {
    throw error instanceof InvalidInput ? new UsageFailure(error.message) : error
  }
  throw new UsageFailure('--owner-role and --server-role must differ')
}

interface Logins {
  readonly settings: Settings
  readonly login: ServerAddress
  readonly roles: RoleNames
}

/** The passwords given or made; undefined for a login that keeps the one it has. */
async function makeLogins({ settings, login, roles }: Logins) {
  const maintenance = maintenanceOf(login).url.toString()
  return using(maintenance, { login, settings }, async (backend) => {
    const passwordOf = async (name: string, given: string | undefined, variable: string) => {
      if (given !== undefined) return checkRolePassword(given, variable)
      const sql = 'select 1 from pg_roles where rolname = $1'
      const { rows } = await backend.run({ sql, parameters: [name], reach: null })
      return rows.length > 0 ? undefined : newRolePassword()
    }
    const { ownerPassword, serverPassword } = settings
    const owner = await passwordOf(roles.owner, ownerPassword, 'HOLDFAST_OWNER_PASSWORD')
    const server = await passwordOf(roles.server, serverPassword, 'HOLDFAST_SERVER_PASSWORD')
    await runAll(backend, [
      ...roleStatements(roles.owner, owner), ...roleStatements(roles.server, server),
    ])
    return { owner, server }
  })
}

async function prepare(backend: Backend) {
  const applied = await new Migrator(backend, { migrations }).up()
  const source = { clock: systemClock, ids: new UuidV7Generator({ clock: systemClock }) }
  const database = Database.over<IdentityDatabase>(backend).within('all')
  const made = await ensureDefaultOrganization(database, source)
  return { migrations: applied, default_organization_created: made }
}

interface Using {
  readonly login: ServerAddress
  readonly settings: Settings
  readonly more?: ConnectOptions
}

async function using<R>(
  url: string,
  { login, settings, more = {} }: Using,
  work: (backend: Backend) => Promise<R>,
): Promise<R> {
  const backend = await connect(url, { ...limitsOf(settings), ...more, poolMax: 1 })
  try {
    return await work(backend)
  } catch (error) {
    throw diagnosed(error, login)
  } finally {
    await backend.close()
  }
}

async function runAll(backend: Backend, texts: readonly string[]): Promise<void> {
  for (const sql of texts) await backend.run({ sql, parameters: [], reach: null })
}

function maintenanceOf(login: ServerAddress): ServerAddress {
  const url = new URL(login.url)
  url.pathname = '/postgres'
  return { ...login, url, database: 'postgres' }
}

function urlFor({ url }: ServerAddress, user: string, password: string | undefined): string {
  const address = new URL(url)
  address.username = user
  address.password = password ?? '***'
  return address.toString()
}
