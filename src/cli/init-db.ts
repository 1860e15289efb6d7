import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Command } from 'commander'
import { systemClock } from '../clock.js'
import { connect } from '../database/connect.js'
import { Database } from '../database/database.js'
import { type Backend, type Statement } from '../database/engine.js'
import { Migrator } from '../database/migrate.js'
import { migrations } from '../database/migrations/index.js'
import { ensureDefaultOrganization, type IdentityTables } from '../identity/index.js'
import { UuidV7Generator } from '../ids.js'
import { addressOf, hiddenUrl, placeOf, type ServerAddress } from '../database/address.js'
import { diagnosed } from './diagnosis.js'
import { type Settings } from './environment.js'
import { causeChain, CommandFailure, UsageFailure } from './failure.js'
import { limitsOf, withBackend } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { type Terminal } from './terminal.js'

interface InitOptions extends DatabaseOptions {
  readonly adminUrl?: string
}

/** Adds `init-db`. */
export function addInitDb(program: Command, terminal: Terminal): void {
  withDatabase(program.command('init-db'))
    .description('create the database if it is missing, its schema and the default organization')
    .option('--admin-url <url>', 'a PostgreSQL login that may create databases')
    .action((options: InitOptions) => initDb(options, terminal))
}

async function initDb(options: InitOptions, terminal: Terminal): Promise<void> {
  const { settings } = configured(options, terminal)
  const admin = adminAddress(options.adminUrl)
  const address = addressOf(settings.database)
  const name = hiddenUrl(settings.database)
  if (address.kind === 'process') {
    const empty = { created: false, migrations: [], default_organization_created: false }
    if (options.json === true) return terminal.print(JSON.stringify({ database: name, ...empty }))
    return terminal.print('memory: begins empty in each process; there is nothing to prepare.')
  }
  const created = address.kind === 'file'
    ? createFolder(address.path)
    : await createDatabase(address, admin, settings)
  const { applied, organization } = await prepare(settings)
  if (options.json === true) {
    const result = { created, migrations: applied, default_organization_created: organization }
    return terminal.print(JSON.stringify({ database: name, ...result }))
  }
  terminal.print(created ? `created ${name}` : `found ${name}`)
  for (const migration of applied) terminal.print(`applied ${migration}`)
  if (applied.length === 0) terminal.print('the schema was up to date')
  terminal.print(organization
    ? 'created the organization "default"'
    : 'the organization "default" was there')
}

function adminAddress(url: string | undefined): ServerAddress | undefined {
  if (url === undefined) return undefined
  const form = '--admin-url must be postgres://user:password@host:5432/postgres'
  if (!/^postgres(ql)?:/.test(url) || !URL.canParse(url)) throw new UsageFailure(form)
  return addressOf(url) as ServerAddress
}

/** True when the file is new. */
function createFolder(path: string): boolean {
  const isNew = !existsSync(path)
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  } catch (cause) {
    const sentence = `The folder ${dirname(path)} cannot be made (${(cause as Error).message}).`
    throw new CommandFailure(sentence, { code: 'folder_not_made', cause })
  }
  return isNew
}

/** True when the database was missing and this call made it. */
async function createDatabase(
  address: ServerAddress,
  admin: ServerAddress | undefined,
  settings: Settings,
): Promise<boolean> {
  if (admin === undefined && (await exists(settings))) return false
  const login = admin ?? maintenanceOf(address)
  const backend = await connect(login.url.toString(), { ...limitsOf(settings), poolMax: 1 })
  try {
    return await createOn(backend, address, admin)
  } catch (error) {
    throw rightsExplained(diagnosed(error, login), address)
  } finally {
    await backend.close()
  }
}

/** Whether the database answers; false only when the server says that it does not exist. */
async function exists(settings: Settings): Promise<boolean> {
  try {
    await withBackend(settings, (backend) => backend.ping())
    return true
  } catch (error) {
    if (causeChain(error).some(({ code }) => code === '3D000')) return false
    throw error
  }
}

function maintenanceOf(address: ServerAddress): ServerAddress {
  const url = new URL(address.url)
  url.pathname = '/postgres'
  return { ...address, url, database: 'postgres' }
}

async function createOn(
  backend: Backend,
  { database, user }: ServerAddress,
  admin: ServerAddress | undefined,
): Promise<boolean> {
  const found = await backend.run(query('select 1 from pg_database where datname = $1', database))
  if (found.rows.length > 0) return false
  const owner = admin !== undefined && user !== undefined && user !== admin.user ? user : undefined
  if (owner !== undefined) await requireRole(backend, owner)
  const ownership = owner === undefined ? '' : ` owner ${quoted(owner)}`
  const sql = `create database ${quoted(database)}${ownership} encoding 'UTF8' template template0`
  try {
    await backend.run({ sql, parameters: [] })
    return true
  } catch (error) {
    // Another process may have made it since: 42P04 duplicate_database, 23505 in the same race.
    if (causeChain(error).some(({ code }) => code === '42P04' || code === '23505')) return false
    throw error
  }
}

async function requireRole(backend: Backend, role: string): Promise<void> {
  const found = await backend.run(query('select 1 from pg_roles where rolname = $1', role))
  if (found.rows.length > 0) return
  const fix = `create role ${quoted(role)} login password '…'`
  const sentence = `The role "${role}" does not exist on the server. Create it: ${fix}`
  throw new CommandFailure(sentence, { code: 'role_missing' })
}

function rightsExplained(error: unknown, address: ServerAddress): unknown {
  if (!causeChain(error).some(({ code }) => code === '42501')) return error
  const sentence = `The login may not create the database "${address.database}" on ` +
    `${placeOf(address)}. Name one that may with --admin-url, or run there: ` +
    `create database ${quoted(address.database)} owner ${quoted(address.user ?? '…')}`
  return new CommandFailure(sentence, { code: 'database_not_created', cause: error })
}

async function prepare(settings: Settings) {
  return withBackend(settings, async (backend) => {
    const applied = await new Migrator(backend, { migrations }).up()
    const source = { clock: systemClock, ids: new UuidV7Generator({ clock: systemClock }) }
    const database = Database.over<IdentityTables>(backend).within('all')
    return { applied, organization: await ensureDefaultOrganization(database, source) }
  })
}

const query = (sql: string, value: string): Statement => ({ sql, parameters: [value] })

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
