import { connect } from '../database/connect.js'
import { type Backend, type Statement } from '../database/engine.js'
import { placeOf, type ServerAddress } from '../database/address.js'
import { diagnosed } from './diagnosis.js'
import { type Settings } from './environment.js'
import { causeChain, CommandFailure } from './failure.js'
import { limitsOf, withBackend } from './open.js'

/** True when the database was missing and this call made it. */
export async function createDatabase(
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

const query = (sql: string, value: string): Statement => ({ sql, parameters: [value] })

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
