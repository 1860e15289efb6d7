import { readFileSync } from 'node:fs'
import { checkServerIdentity, type ConnectionOptions } from 'node:tls'
import { InvalidConfiguration } from '../errors.js'
import { type Backend } from './engine.js'
import { type PostgresOptions } from './dialects/postgres.js'
import { type SqliteOptions } from './dialects/sqlite.js'

/** Limits of a database, whatever its engine. */
export interface ConnectOptions {
  /** Connections at most, where there is a pool. @default 10 */
  readonly poolMax?: number
  /** Waiting for a connection or for the write lock at most. @default 5000 */
  readonly acquireTimeoutMs?: number
  /** One statement at most, where the engine can cancel. @default 30000 */
  readonly statementTimeoutMs?: number
  /** A role to act as, of which the login is a member, where there are roles. */
  readonly role?: string
  /**
   * False to write rows before those that they refer to, where a connection can do that: for tools
   * that see to it themselves. @default true
   */
  readonly references?: boolean
}

/** What a database URL may look like. */
export const databaseUrlForms =
  'memory:, sqlite:./path.db or postgres://user:password@host:5432/database?sslmode=verify-full'

/** Opens the database a URL names. Throws InvalidConfiguration for a URL of another form. */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Backend> {
  const scheme = /^([a-z]+):/.exec(url)?.[1]
  const { acquireTimeoutMs: busyTimeoutMs, references } = options
  // Each driver is loaded when it is asked for: programs start sooner.
  switch (scheme) {
    case 'memory':
      return openSqlite({ path: ':memory:', busyTimeoutMs, references })
    case 'sqlite':
    case 'file':
      return openSqlite({ path: pathOf(url), busyTimeoutMs, references })
    case 'postgres':
    case 'postgresql':
      return openPostgres({ ...options, ...postgresOptionsOf(url) })
    default:
      throw new InvalidConfiguration(`The database URL must be ${databaseUrlForms}.`)
  }
}

async function openSqlite(options: SqliteOptions): Promise<Backend> {
  const { SqliteBackend } = await import('./dialects/sqlite.js')
  return SqliteBackend.open(options)
}

async function openPostgres(options: PostgresOptions): Promise<Backend> {
  const { PostgresBackend } = await import('./dialects/postgres.js')
  return new PostgresBackend(options)
}

function pathOf(url: string): string {
  const path = url.replace(/^(sqlite|file):(\/\/)?/, '')
  if (path === '') throw new InvalidConfiguration('sqlite: needs a path, such as sqlite:./agent.db')
  return path
}

const tlsParameters = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'pgbouncer'] as const

function postgresOptionsOf(text: string): PostgresOptions {
  const url = parsed(text)
  const given = Object.fromEntries(tlsParameters.map((name) => [name, url.searchParams.get(name)]))
  for (const name of tlsParameters) url.searchParams.delete(name)
  const ssl = tlsOf(given, url.hostname.replace(/^\[|\]$/g, ''))
  return {
    connection: { connectionString: url.toString(), ...(ssl === undefined ? {} : { ssl }) },
    throughPooler: isTrue(given.pgbouncer ?? 'false'),
  }
}

function parsed(text: string): URL {
  try {
    return new URL(text)
  } catch (cause) {
    const message = `The database URL cannot be read; it must be ${databaseUrlForms}.`
    throw new InvalidConfiguration(message, { cause })
  }
}

function isTrue(value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true'
  throw new InvalidConfiguration(`pgbouncer must be true or false, not ${value}.`)
}

function fileOf(parameter: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const message = `The file ${path} named by ${parameter} cannot be read; check the path.`
    throw new InvalidConfiguration(message, { cause })
  }
}

/** TLS as libpq's sslmode defines it: only verify-full checks who answers. */
function tlsOf(
  given: Record<string, string | null>,
  host: string,
): ConnectionOptions | false | undefined {
  const files = {
    ...(given.sslrootcert ? { ca: fileOf('sslrootcert', given.sslrootcert) } : {}),
    ...(given.sslcert ? { cert: fileOf('sslcert', given.sslcert) } : {}),
    ...(given.sslkey ? { key: fileOf('sslkey', given.sslkey) } : {}),
  }
  switch (given.sslmode) {
    case null:
    case undefined:
      return Object.keys(files).length > 0 ? files : undefined
    case 'disable':
      return false
    case 'require':
      return { ...files, rejectUnauthorized: false }
    case 'verify-ca':
      return { ...files, rejectUnauthorized: true, checkServerIdentity: () => undefined }
    case 'verify-full': {
      const identity: typeof checkServerIdentity = (_name, certificate) =>
        checkServerIdentity(host, certificate)
      return { ...files, rejectUnauthorized: true, checkServerIdentity: identity }
    }
    default: {
      const rule = 'sslmode must be disable, require, verify-ca or verify-full'
      throw new InvalidConfiguration(`${rule}, not ${given.sslmode}.`)
    }
  }
}
