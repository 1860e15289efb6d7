import { existsSync } from 'node:fs'
import { type CoordinationOptions } from '../coordination/connect.js'
import { connect, type ConnectOptions } from '../database/connect.js'
import { type Backend, type Walls } from '../database/engine.js'
import { Migrator } from '../database/migrate.js'
import { migrations } from '../database/migrations/index.js'
import { Holdfast } from '../holdfast.js'
import { addressOf, hiddenUrl } from '../database/address.js'
import { attachmentsOf } from './attachment-settings.js'
import { auditKeyOf } from './audit-key.js'
import { diagnosed } from './diagnosis.js'
import { type Settings } from './environment.js'
import { CommandFailure } from './failure.js'
import { rootKeyOf, verifyRootKey } from './root-key.js'
import { type Terminal } from './terminal.js'
import { wallFault } from './walls.js'

/** The limits of the database connection among the settings. */
export function limitsOf(settings: Settings): ConnectOptions {
  const { poolMax, acquireTimeoutMs, statementTimeoutMs } = settings
  return { poolMax, acquireTimeoutMs, statementTimeoutMs }
}

/** What processes coordinate through, among the settings. */
const coordinationOf = ({ redis, redisPrefix: prefix }: Settings): CoordinationOptions =>
  ({ redis, redisOptions: { prefix } })

/** Opens the database for serving; failures to reach it carry their reason and remedy. */
export async function openToServe(
  settings: Settings,
  { migrate, terminal }: { readonly migrate: boolean; readonly terminal: Terminal },
): Promise<Holdfast> {
  const { database, sessionTimes, streamBytesMax } = settings
  const rootKey = rootKeyOf(settings, true)
  return explained(database, async () => {
    const backend = await connect(database, limitsOf(settings))
    try {
      // Before anything is changed, and again when it is known who owns the tables.
      checkLogin(await backend.walls(), { settings, isBefore: true })
      await verifyRootKey(backend, rootKey)
      if (migrate) await migrateApart(settings)
      const holdfast = await Holdfast.on(backend, {
        ...limitsOf(settings), ...coordinationOf(settings), sessionTimes, migrate, rootKey,
        streamBytesMax,
        attachments: await attachmentsOf(settings.attachments),
        auditKey: auditKeyOf(settings),
        secrets: { revealRate: settings.revealRate },
        openFloor: settings.openFloor,
      })
      try {
        const warning = checkLogin(await backend.walls(), { settings, isBefore: false })
        if (warning !== undefined && settings.logLevel !== 'silent') terminal.say(warning)
        return holdfast
      } catch (error) {
        await holdfast.close()
        throw error
      }
    } catch (error) {
      await backend.close()
      throw error
    }
  })
}

/** Migrates with a login of its own, if there is one, so that the serving one needs no rights. */
async function migrateApart(settings: Settings): Promise<void> {
  const { migrationDatabase: database } = settings
  if (database === undefined) return
  await withBackend({ ...settings, database }, (backend) =>
    new Migrator(backend, { migrations }).up())
}

/** The warning of a login that row-level security does not bind; in production it is refused. */
function checkLogin(
  walls: Walls | undefined,
  { settings, isBefore }: { readonly settings: Settings; readonly isBefore: boolean },
): string | undefined {
  // Before the migrations tables may well have no policies.
  const fault = walls && wallFault(isBefore ? { ...walls, open: [] } : walls)
  if (fault === undefined) return undefined
  const sentence = `${fault.message} ${fault.fix}`
  if (settings.mode !== 'production') return `holdfast: warning: ${sentence}`
  throw new CommandFailure(sentence, { code: 'login_not_bound' })
}

/** How a command opens the database. */
export interface Opening extends Settings {
  /** Whether it connects to Redis. @default false */
  readonly isLive?: boolean
  /**
   * Whether a missing file and a schema are made: by commands that write what is first there.
   * Others would answer for a database that nobody meant. @default false
   */
  readonly makesSchema?: boolean
}

/**
 * Runs `work` on an open Holdfast, then closes it. A schema that is behind this version is refused,
 * since an older server may be running on it.
 */
export async function withHoldfast<R>(
  { isLive = false, makesSchema = false, ...settings }: Opening,
  terminal: Terminal,
  work: (holdfast: Holdfast) => Promise<R>,
): Promise<R> {
  refuseMemory(settings.database)
  if (!makesSchema) refuseMissingFile(settings.database)
  return withBackend(settings, async (backend) => {
    const status = await new Migrator(backend, { migrations }).status()
    const isEmpty = status.every(({ appliedAt }) => appliedAt === null)
    if (isEmpty && !makesSchema) throw schemaMissing(settings.database)
    const rootKey = rootKeyOf(settings, false)
    const auditKey = auditKeyOf(settings)
    const attachments = await attachmentsOf(settings.attachments)
    const holdfast = await Holdfast.on(backend, {
      migrate: isEmpty, rootKey, auditKey, attachments,
      ...(isLive ? coordinationOf(settings) : {}),
    })
    if (isEmpty) terminal.say(`holdfast: made the schema in ${hiddenUrl(settings.database)}`)
    return work(holdfast)
  })
}

/** Runs `work` on the bare database, whatever its schema, then closes it. */
export async function withBackend<R>(
  { database, ...settings }: Settings,
  work: (backend: Backend) => Promise<R>,
): Promise<R> {
  return explained(database, async () => {
    const backend = await connect(database, limitsOf({ database, ...settings }))
    try {
      return await work(backend)
    } finally {
      await backend.close()
    }
  })
}

/** Fails for a database that ends with the process: nothing done to it would remain. */
export function refuseMemory(url: string): void {
  if (addressOf(url).kind !== 'process') return
  const sentence = 'A database in memory ends with this command; name another with --database.'
  throw new CommandFailure(sentence, { code: 'database_in_memory' })
}

/** Fails for a SQLite file that does not exist, where opening would make an empty one. */
export function refuseMissingFile(url: string): void {
  const address = addressOf(url)
  if (address.kind !== 'file' || existsSync(address.path)) return
  const sentence = `There is no database at ${address.path}. Create it: holdfast init-db`
  throw new CommandFailure(sentence, { code: 'database_missing' })
}

function schemaMissing(url: string): CommandFailure {
  const sentence = `There is no schema of Holdfast in ${hiddenUrl(url)}. Make it: holdfast init-db`
  return new CommandFailure(sentence, { code: 'schema_missing' })
}

/** What fails within `work` for the sake of the database is told with its reason and remedy. */
export async function explained<R>(url: string, work: () => Promise<R>): Promise<R> {
  try {
    return await work()
  } catch (error) {
    throw diagnosed(error, addressOf(url))
  }
}
