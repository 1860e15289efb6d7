import { existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Command } from 'commander'
import { systemClock } from '../clock.js'
import { Database } from '../database/database.js'
import { Migrator } from '../database/migrate.js'
import { migrations } from '../database/migrations/index.js'
import { ensureDefaultOrganization, type IdentityDatabase } from '../identity/index.js'
import { UuidV7Generator } from '../ids.js'
import { addressOf, hiddenUrl, type ServerAddress } from '../database/address.js'
import { createDatabase } from './create-database.js'
import { type Settings } from './environment.js'
import { CommandFailure, UsageFailure } from './failure.js'
import { initRoles, type RoleOptions, sayRoles, withRoleOptions } from './init-roles.js'
import { withBackend } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { type Terminal } from './terminal.js'

interface InitOptions extends DatabaseOptions, RoleOptions {
  readonly adminUrl?: string
}

/** Adds `init-db`. */
export function addInitDb(program: Command, terminal: Terminal): void {
  withRoleOptions(withDatabase(program.command('init-db')))
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
  if (options.roles === true) {
    if (address.kind === 'file') throw new UsageFailure('--roles needs a PostgreSQL server')
    return sayRoles(await initRoles({ settings, address, admin, options }), options, terminal)
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
    // Resolved, since in a folder that was removed the relative path would be tried for ever.
    mkdirSync(dirname(resolve(path)), { recursive: true, mode: 0o700 })
  } catch (cause) {
    const sentence = `The folder ${dirname(path)} cannot be made (${(cause as Error).message}).`
    throw new CommandFailure(sentence, { code: 'folder_not_made', cause })
  }
  return isNew
}

async function prepare(settings: Settings) {
  return withBackend(settings, async (backend) => {
    const applied = await new Migrator(backend, { migrations }).up()
    const source = { clock: systemClock, ids: new UuidV7Generator({ clock: systemClock }) }
    const database = Database.over<IdentityDatabase>(backend).within('all')
    return { applied, organization: await ensureDefaultOrganization(database, source) }
  })
}
