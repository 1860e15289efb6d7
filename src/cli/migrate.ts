import { type Command } from 'commander'
import { Migrator, type MigrationStatus } from '../database/migrate.js'
import { migrations } from '../database/migrations/index.js'
import { UsageFailure } from './failure.js'
import { type Settings } from './environment.js'
import { refuseMemory, refuseMissingFile, withBackend } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { type Terminal } from './terminal.js'

interface DownOptions extends DatabaseOptions {
  readonly steps?: string
  readonly all?: boolean
}

/** Adds `migrate up|down|status`. */
export function addMigrate(program: Command, terminal: Terminal): void {
  const migrate = program
    .command('migrate')
    .description('bring the schema up or down, or show where it stands')
  withDatabase(migrate.command('up'))
    .description('apply every pending migration')
    .action((options: DatabaseOptions) => up(options, terminal))
  withDatabase(migrate.command('down'))
    .description('take migrations back, newest first; their tables and data are dropped')
    .option('--steps <n>', 'how many to take back')
    .option('--all', 'take every migration back')
    .action((options: DownOptions) => down(options, terminal))
  withDatabase(migrate.command('status'))
    .description('show which migrations are applied and which are pending')
    .action((options: DatabaseOptions) => status(options, terminal))
}

/** Unless a database is named, migrations go to the one whose login owns the tables. */
function migrating({ database }: DatabaseOptions, settings: Settings): Settings {
  const { migrationDatabase } = settings
  if (database !== undefined || migrationDatabase === undefined) return settings
  return { ...settings, database: migrationDatabase }
}

async function up(options: DatabaseOptions, terminal: Terminal): Promise<void> {
  const settings = migrating(options, configured(options, terminal).settings)
  refuseMemory(settings.database)
  const applied = await withBackend(settings, (backend) =>
    new Migrator(backend, { migrations }).up())
  if (options.json === true) return terminal.print(JSON.stringify({ applied }))
  for (const name of applied) terminal.print(`applied ${name}`)
  if (applied.length === 0) terminal.print('Nothing is pending.')
}

async function down(options: DownOptions, terminal: Terminal): Promise<void> {
  const count = stepsOf(options)
  const settings = migrating(options, configured(options, terminal).settings)
  refuseMemory(settings.database)
  refuseMissingFile(settings.database)
  const reverted = await withBackend(settings, (backend) =>
    new Migrator(backend, { migrations }).down(count))
  if (options.json === true) return terminal.print(JSON.stringify({ reverted }))
  for (const name of reverted) terminal.print(`took back ${name}`)
  if (reverted.length === 0) terminal.print('Nothing is applied.')
}

async function status(options: DatabaseOptions, terminal: Terminal): Promise<void> {
  const settings = migrating(options, configured(options, terminal).settings)
  refuseMemory(settings.database)
  refuseMissingFile(settings.database)
  const list = await withBackend(settings, (backend) =>
    new Migrator(backend, { migrations }).status())
  if (options.json === true) {
    const rows = list.map(({ name, appliedAt }) => ({ name, applied_at: appliedAt }))
    return terminal.print(JSON.stringify({ migrations: rows }))
  }
  for (const migration of list) terminal.print(statusLine(migration))
}

function stepsOf({ steps, all }: DownOptions): number {
  if (all === true && steps === undefined) return Number.MAX_SAFE_INTEGER
  if (all === true) throw new UsageFailure('--steps and --all exclude each other')
  if (steps === undefined) throw new UsageFailure('migrate down needs --steps <n> or --all')
  if (/^[1-9]\d{0,5}$/.test(steps)) return Number(steps)
  throw new UsageFailure(`--steps must be a whole number from 1, not ${steps}`)
}

function statusLine({ name, appliedAt }: MigrationStatus): string {
  return `${name.padEnd(24)} ${appliedAt === null ? 'pending' : `applied ${appliedAt}`}`
}
