import { connect } from '../../database/connect.js'
import { type Backend, type Walls } from '../../database/engine.js'
import { InvalidConfiguration } from '../../errors.js'
import { isLocal, placeOf, type ServerAddress } from '../../database/address.js'
import { diagnosisOf } from '../diagnosis.js'
import { type Settings } from '../environment.js'
import { limitsOf } from '../open.js'
import { wallFault } from '../walls.js'
import { type Check, ok, problem, warning } from './check.js'
import { checkMigrations } from './migrations.js'
import { checkProcesses } from './processes.js'
import { checkSecrets } from './secrets.js'

/** Checks of a database on a PostgreSQL server. None of them changes it. */
export async function checkServer(address: ServerAddress, settings: Settings): Promise<Check[]> {
  const transport = checkTransport(address)
  try {
    const backend = await connect(settings.database, { ...limitsOf(settings), poolMax: 1 })
    try {
      return [transport, ...(await checkOn(backend, address, settings))]
    } finally {
      await backend.close()
    }
  } catch (error) {
    return [transport, failed(error, address)]
  }
}

async function checkOn(
  backend: Backend,
  address: ServerAddress,
  settings: Settings,
): Promise<Check[]> {
  const facts = await factsOf(backend)
  const name = `"${address.database}" on ${placeOf(address)}`
  return [
    ok('database', `${name} answers`),
    checkVersion(facts),
    checkEncoding(facts),
    ...durability.map((rule) => checkDurability(rule, facts)),
    checkCommit(facts),
    checkWritable(facts),
    checkConnections(facts, settings.poolMax),
    checkRole(facts),
    checkWalls(await backend.walls(), settings),
    checkClock(facts),
    await checkMigrations(backend, address),
    ...(await checkProcesses(backend)),
    ...(await checkSecrets(backend, settings)),
    ...checkRights(facts, settings),
  ]
}

/** What the server says about itself, and when this machine asked. */
interface Facts {
  readonly version: string
  readonly versionNumber: number
  readonly settings: Readonly<Record<string, string>>
  readonly role: string
  readonly isSuperuser: boolean
  readonly isReplica: boolean
  readonly mayCreate: boolean
  readonly hasSchema: boolean
  /** In which tables are made; empty when the search path names none that may be used. */
  readonly schema: string
  /** Connections that other clients hold. */
  readonly othersConnected: number
  /** How far this machine's clock is ahead, give or take half the time of the answer. */
  readonly aheadMs: number
}

const factsQuery = `
select current_setting('server_version') as version,
  current_setting('server_version_num') as version_number,
  current_setting('fsync') as fsync,
  (select reset_val from pg_settings where name = 'synchronous_commit') as synchronous_commit,
  current_setting('full_page_writes') as full_page_writes,
  current_setting('server_encoding') as server_encoding,
  current_setting('transaction_read_only') as transaction_read_only,
  current_setting('max_connections') as max_connections,
  current_setting('superuser_reserved_connections') as superuser_reserved_connections,
  coalesce(current_setting('reserved_connections', true), '0') as reserved_connections,
  current_user as role,
  (select rolsuper from pg_roles where rolname = current_user) as is_superuser,
  pg_is_in_recovery() as is_replica,
  coalesce(has_schema_privilege(current_schema(), 'create'), false) as may_create,
  coalesce(current_schema(), '') as schema,
  to_regclass('holdfast_migrations') is not null as has_schema,
  (select count(*) from pg_stat_activity
    where datid is not null and pid <> pg_backend_pid()) as others_connected,
  extract(epoch from clock_timestamp()) * 1000 as clock_ms`

async function factsOf(backend: Backend): Promise<Facts> {
  await backend.ping()
  const asked = Date.now()
  const { rows } = await backend.run({ sql: factsQuery, parameters: [], readOnly: true })
  const middle = (asked + Date.now()) / 2
  const row = rows[0] as Record<string, string>
  return {
    version: row.version!,
    versionNumber: Number(row.version_number),
    settings: row,
    role: row.role!,
    isSuperuser: row.is_superuser === 't',
    isReplica: row.is_replica === 't',
    mayCreate: row.may_create === 't',
    hasSchema: row.has_schema === 't',
    schema: row.schema!,
    othersConnected: Number(row.others_connected),
    aheadMs: Math.round(middle - Number(row.clock_ms)),
  }
}

function checkTransport({ host, sslmode }: ServerAddress): Check {
  const mode = sslmode === undefined ? 'no sslmode' : `sslmode=${sslmode}`
  if (isLocal(host)) return ok('transport', `${host} is this machine`)
  if (sslmode === 'verify-full') return ok('transport', `${mode}: the server proves who it is`)
  const message = `${mode} to ${host}: nothing proves that the right server answers.`
  const fix = 'Append ?sslmode=verify-full to the URL (DB_SSLMODE=verify-full), if need be with ' +
    'sslrootcert=/path/to/ca.pem'
  return warning('transport', message, fix)
}

function failed(error: unknown, address: ServerAddress): Check {
  const found = diagnosisOf(error, address)
  if (found !== undefined) return problem('database', found.message, found.fix)
  if (error instanceof InvalidConfiguration) {
    return problem('database', error.message, 'Correct the setting that this sentence names.')
  }
  const message = `${placeOf(address)} fails: ${(error as Error).message}`
  return problem('database', message, 'See the log of the server.')
}

function checkVersion({ version, versionNumber }: Facts): Check {
  if (versionNumber >= 130_000) return ok('version', `PostgreSQL ${version}`)
  const message = `PostgreSQL ${version} is too old.`
  return problem('version', message, 'Upgrade the server to version 13 or newer.')
}

function checkEncoding({ settings }: Facts): Check {
  const { server_encoding: encoding } = settings
  if (encoding === 'UTF8') return ok('encoding', 'UTF8')
  const message = `The database's encoding is ${encoding}; not every text can be stored.`
  return problem('encoding', message, 'Name a new database in the URL and run: holdfast init-db')
}

interface DurabilityRule {
  readonly setting: string
  readonly promise: string
  readonly danger: string
}

const durability: readonly DurabilityRule[] = [
  {
    setting: 'fsync',
    promise: 'what is written reaches the disk',
    danger: 'a crash of the machine can destroy the database',
  },
  {
    setting: 'full_page_writes',
    promise: 'a page torn by a power cut is repaired',
    danger: 'a power cut can leave pages torn',
  },
]

function checkDurability({ setting, promise, danger }: DurabilityRule, facts: Facts): Check {
  const value = facts.settings[setting]
  if (value !== 'off') return ok(setting, `${value}: ${promise}`)
  const fix = `As a superuser run: alter system set ${setting} = on; select pg_reload_conf()`
  return problem(setting, `${setting} is off: ${danger}.`, fix)
}

/** Holdfast's own connections turn it on; what else writes to the database is not safe. */
function checkCommit({ settings }: Facts): Check {
  const name = 'synchronous_commit'
  if (settings[name] !== 'off') return ok(name, `${settings[name]}: commits wait for the disk`)
  const message = `${name} is off by default: Holdfast turns it on for its own connections, but ` +
    'a crash loses what other programs wrote just before.'
  const fix = `Set it for the database: alter database … set ${name} = on`
  return warning(name, message, fix)
}

function checkWritable({ isReplica, settings }: Facts): Check {
  if (isReplica) {
    const fix = 'Name the primary in HOLDFAST_DATABASE_URL.'
    return problem('writable', 'The server is a replica; nothing can be written.', fix)
  }
  if (settings.transaction_read_only !== 'on') return ok('writable', 'transactions may write')
  const fix = 'Remove default_transaction_read_only from the server, the database and the role.'
  return problem('writable', 'Transactions are read-only by default.', fix)
}

function checkConnections({ settings, isSuperuser, othersConnected }: Facts, pool: number): Check {
  const name = 'connections'
  const most = Number(settings.max_connections)
  const reserved = isSuperuser
    ? 0
    : Number(settings.superuser_reserved_connections) + Number(settings.reserved_connections)
  const usable = most - reserved
  const message = `a pool of ${pool}; max_connections ${most}, ${reserved} reserved, ` +
    `${othersConnected} in use`
  const fix = `Lower HOLDFAST_POOL_MAX, or raise max_connections and restart the server.`
  if (pool > usable) return problem(name, `Too few: ${message}.`, fix)
  if (pool + othersConnected > usable) return warning(name, `Few are left: ${message}.`, fix)
  return ok(name, message)
}

function checkRole({ role, isSuperuser }: Facts): Check {
  if (!isSuperuser) return ok('role', `"${role}" is no superuser`)
  const message = `"${role}" is a superuser and may do more than Holdfast needs.`
  const fix = 'Make roles of its own: holdfast init-db --roles'
  return warning('role', message, fix)
}

/** Whether row-level security holds for whoever serves with this login. */
function checkWalls(walls: Walls | undefined, { mode }: Settings): Check {
  const name = 'row-security'
  const fault = walls && wallFault(walls)
  if (fault === undefined) return ok(name, 'forced on every table with rows of organizations')
  return (mode === 'production' ? problem : warning)(name, fault.message, fault.fix)
}

function checkClock({ aheadMs }: Facts): Check {
  const way = aheadMs >= 0 ? 'ahead of' : 'behind'
  const message = `this machine's clock is ${Math.abs(aheadMs)} ms ${way} the server's`
  const fix = 'Turn on time synchronization on both, on Linux: timedatectl set-ntp true'
  if (Math.abs(aheadMs) >= 60_000) return problem('clock', `${message}.`, fix)
  if (Math.abs(aheadMs) >= 2_000) return warning('clock', `${message}.`, fix)
  return ok('clock', message)
}

/** Only an empty database must let the role make tables; later the migrations check is enough. */
function checkRights(
  { hasSchema, mayCreate, role, schema }: Facts,
  { migrationDatabase, mode }: Settings,
): Check[] {
  const isApart = migrationDatabase !== undefined || mode === 'production'
  if (mayCreate || (hasSchema && isApart)) return []
  if (schema === '') {
    const fix = 'Make one and allow its use, or name one: alter role … set search_path = …'
    const message = `The search_path of "${role}" names no schema that it may use.`
    return [problem('rights', message, fix)]
  }
  const grant = `As the owner of the database run: grant create on schema "${schema}" to "${role}"`
  const apart = 'Migrate with the login that owns the tables, HOLDFAST_MIGRATION_DATABASE_URL.'
  const fix = hasSchema ? `${apart} If there is one login only: ${grant}` : grant
  const message = `"${role}" may not create tables, which migrations need.`
  return [(hasSchema ? warning : problem)('rights', message, fix)]
}
