import { existsSync } from 'node:fs'
import { connect, type ConnectOptions } from '../database/connect.js'
import { type Backend } from '../database/engine.js'
import { Migrator } from '../database/migrate.js'
import { migrations } from '../database/migrations/index.js'
import { Holdfast, openHoldfast } from '../holdfast.js'
import { addressOf, hiddenUrl } from '../database/address.js'
import { diagnosed } from './diagnosis.js'
import { type Settings } from './environment.js'
import { CommandFailure } from './failure.js'
import { type Terminal } from './terminal.js'

/** The limits of the database connection among the settings. */
export function limitsOf(settings: Settings): ConnectOptions {
  const { poolMax, acquireTimeoutMs, statementTimeoutMs } = settings
  return { poolMax, acquireTimeoutMs, statementTimeoutMs }
}

/** Opens the database for serving; failures to reach it carry their reason and remedy. */
export async function openToServe(settings: Settings, migrate: boolean): Promise<Holdfast> {
  const { database, redis, streamBytesMax } = settings
  const options = { ...limitsOf(settings), database, redis, migrate, streamBytesMax }
  return explained(database, () => openHoldfast(options))
}

/**
 * Runs `work` on an open Holdfast, then closes it. An empty database gets its schema first; one
 * that is behind this version is refused, since an older server may be running on it.
 */
export async function withHoldfast<R>(
  settings: Settings,
  terminal: Terminal,
  work: (holdfast: Holdfast) => Promise<R>,
): Promise<R> {
  refuseMemory(settings.database)
  return withBackend(settings, async (backend) => {
    const status = await new Migrator(backend, { migrations }).status()
    const isEmpty = status.every(({ appliedAt }) => appliedAt === null)
    const holdfast = await Holdfast.on(backend, { migrate: isEmpty })
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

async function explained<R>(url: string, work: () => Promise<R>): Promise<R> {
  try {
    return await work()
  } catch (error) {
    throw diagnosed(error, addressOf(url))
  }
}
