import { InvalidConfiguration } from '../errors.js'
import { redisAddressOf } from '../coordination/address.js'
import { addressOf } from '../database/address.js'
import { type Rate, type RateLimits } from '../server/index.js'
import { givenRootKeys, type RootKeyOption, VaultRootKey } from '../secrets/index.js'
import { type OpenFloorOptions } from '../adapters/open-floor/index.js'
import { type AttachmentSettings, attachmentSettingsOf } from './attachment-settings.js'
import { type BackupSettings, backupSettingsOf } from './backup-settings.js'
import { openFloorSettingsOf } from './open-floor-settings.js'
import {
  anyText, defaultOf, type Environment, flag, integer, oneOf, Reader, warnUnused,
} from './reader.js'
import { suggestionFor } from './suggestion.js'
import { variables } from './variables.js'

/** How much is logged; each level includes the ones before it. */
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

/** In production a login that row-level security does not bind is refused. */
export const modes = ['development', 'production'] as const
export type Mode = (typeof modes)[number]

/** What the program works with. */
export interface Settings {
  readonly database: string
  /** The same database for the login that migrates. */
  readonly migrationDatabase: string | undefined
  readonly mode: Mode
  readonly ownerPassword: string | undefined
  readonly serverPassword: string | undefined
  readonly redis: string | undefined
  /** Before every key and channel in Redis. */
  readonly redisPrefix: string
  /** What is configured; a database in a file has one beside it otherwise. */
  readonly rootKey: RootKeyOption | undefined
  readonly host: string
  readonly port: number
  readonly poolMax: number
  readonly acquireTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly streamBytesMax: number
  readonly attachments: AttachmentSettings
  readonly bodyLimitBytes: number
  readonly requestTimeoutMs: number
  readonly drainMs: number
  readonly logLevel: LogLevel
  readonly trustProxy: boolean | number
  /** What is off is absent. */
  readonly rateLimits: RateLimits
  readonly sessionTimes: { readonly idleSeconds: number; readonly maxSeconds: number }
  /** Null when it is off. */
  readonly revealRate: Rate | null
  readonly runScheduler: boolean
  readonly backups: BackupSettings
  readonly openFloor: OpenFloorOptions
  readonly auditKey: string | undefined
  /** Undefined keeps entries for ever. */
  readonly auditRetentionDays: number | undefined
  readonly usageRetentionDays: number | undefined
  readonly runRetentionDays: number | undefined
}

/** Options of the command line that stand above the environment. */
export interface Flags {
  readonly database?: string
  readonly redis?: string
  readonly host?: string
  readonly port?: string
  readonly logLevel?: string
}

/** Settings, where each came from, and what looked wrong without being fatal. */
export interface Configuration {
  readonly settings: Settings
  /** What was given, as `name=value`, secrets hidden. */
  readonly given: readonly string[]
  readonly warnings: readonly string[]
}

/**
 * Reads settings from flags, then from the environment, then from the defaults. An empty variable
 * counts as unset. Throws InvalidConfiguration naming the variable and its rule, or UsageFailure
 * naming the flag.
 */
export function readConfiguration(
  flags: Flags = {},
  environment: Environment = process.env,
): Configuration {
  const reader = new Reader(environment)
  const settings: Settings = {
    database: databaseOf(reader, flags.database),
    migrationDatabase: reader.readOptional('HOLDFAST_MIGRATION_DATABASE_URL', databaseUrl),
    mode: reader.read('HOLDFAST_MODE', oneOf(modes)),
    ownerPassword: reader.readOptional('HOLDFAST_OWNER_PASSWORD', anyText),
    serverPassword: reader.readOptional('HOLDFAST_SERVER_PASSWORD', anyText),
    ...redisOf(reader, flags.redis),
    rootKey: rootKeyOf(reader),
    host: reader.read('HOLDFAST_HOST', hostName, flag('--host', flags.host)),
    port: reader.read('HOLDFAST_PORT', integer(0, 65_535), flag('--port', flags.port)),
    poolMax: reader.read('HOLDFAST_POOL_MAX', integer(1, 1_000)),
    acquireTimeoutMs: reader.read('HOLDFAST_ACQUIRE_TIMEOUT_MS', integer(1, 600_000)),
    statementTimeoutMs: reader.read('HOLDFAST_STATEMENT_TIMEOUT_MS', integer(1, 3_600_000)),
    streamBytesMax: reader.read('HOLDFAST_STREAM_BYTES_MAX', integer(1, 1_099_511_627_776)),
    attachments: attachmentSettingsOf(reader),
    bodyLimitBytes: reader.read('HOLDFAST_BODY_LIMIT_BYTES', integer(1_024, 1_073_741_824)),
    requestTimeoutMs: reader.read('HOLDFAST_REQUEST_TIMEOUT_MS', integer(1, 3_600_000)),
    drainMs: reader.read('HOLDFAST_DRAIN_MS', integer(0, 600_000)),
    logLevel: reader.read('HOLDFAST_LOG_LEVEL', oneOf(logLevels),
      flag('--log-level', flags.logLevel)),
    trustProxy: reader.read('HOLDFAST_TRUST_PROXY', proxies),
    rateLimits: rateLimitsOf(reader),
    sessionTimes: sessionTimesOf(reader),
    revealRate: reader.read('HOLDFAST_RATE_LIMIT_REVEAL', rate) ?? null,
    runScheduler: reader.read('HOLDFAST_RUN_SCHEDULER', oneOf(['true', 'false'])) === 'true',
    backups: backupSettingsOf(reader),
    openFloor: openFloorSettingsOf(reader),
    auditKey: reader.readOptional('HOLDFAST_AUDIT_KEY', auditKey),
    auditRetentionDays: reader.readOptional(
      'HOLDFAST_AUDIT_RETENTION_DAYS', integer(1, 36_500)),
    usageRetentionDays: reader.readOptional(
      'HOLDFAST_USAGE_RETENTION_DAYS', integer(1, 36_500)),
    runRetentionDays: reader.readOptional(
      'HOLDFAST_RUN_RETENTION_DAYS', integer(1, 36_500)),
  }
  const warnings = [...reader.warnings, ...unknownVariables(environment)]
  return { settings, given: reader.given, warnings }
}

/** Whether failures are told with their stacks; works for a command line that cannot be read. */
export function wantsStack(
  words: readonly string[],
  environment: Environment = process.env,
): boolean {
  const index = words.findIndex((word) => word === '--log-level' || word.startsWith('--log-level='))
  if (index < 0) return environment.HOLDFAST_LOG_LEVEL === 'debug'
  return (words[index]!.split('=')[1] ?? words[index + 1]) === 'debug'
}

const partsOfDatabase = [
  'DB_HOST', 'DB_PORT', 'DB_NAME', 'DB_USER', 'DB_PASS', 'DB_PASSWORD', 'DB_SSLMODE',
] as const
const partsOfRedis = ['REDIS_HOST', 'REDIS_PORT', 'REDIS_PASSWORD'] as const

function databaseOf(reader: Reader, over: string | undefined): string {
  const given = flag('--database', over)
  const url = reader.readOptional('HOLDFAST_DATABASE_URL', databaseUrl, given)
  const source = over === undefined ? 'HOLDFAST_DATABASE_URL' : '--database'
  const useParts = reader.text('DB_HOST') !== undefined && url === undefined
  if (useParts) return databaseFromParts(reader)
  const reason = url === undefined ? 'DB_HOST is not set' : `${source} is set`
  warnUnused(reader, partsOfDatabase, reason)
  return url ?? defaultOf('HOLDFAST_DATABASE_URL')
}

function databaseFromParts(reader: Reader): string {
  const host = reader.read('DB_HOST', hostName)
  const port = reader.read('DB_PORT', integer(1, 65_535))
  const name = reader.read('DB_NAME', anyText)
  const user = reader.read('DB_USER', anyText)
  const password = passwordOf(reader)
  const modes = ['disable', 'require', 'verify-ca', 'verify-full'] as const
  const sslmode = reader.readOptional('DB_SSLMODE', oneOf(modes))
  const query = new URLSearchParams(sslmode === undefined ? {} : { sslmode })
  if (host.startsWith('/')) {
    query.set('host', host)
    query.set('port', String(port))
    query.set('user', user)
    if (password !== undefined) query.set('password', password)
    return `postgres:///${encodeURIComponent(name)}?${query}`
  }
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`
  const place = `${encodeURIComponent(user)}${secret}@${bracketed(host)}:${port}`
  const tail = query.size > 0 ? `?${query}` : ''
  return `postgres://${place}/${encodeURIComponent(name)}${tail}`
}

function passwordOf(reader: Reader): string | undefined {
  const one = reader.readOptional('DB_PASS', anyText)
  const other = reader.readOptional('DB_PASSWORD', anyText)
  if (one !== undefined && other !== undefined && one !== other) {
    throw new InvalidConfiguration('DB_PASS and DB_PASSWORD differ; set only one of them.')
  }
  return one ?? other
}

function redisOf(reader: Reader, over: string | undefined) {
  const redis = redisUrlOf(reader, over)
  if (redis === undefined) warnUnused(reader, ['HOLDFAST_REDIS_PREFIX'], 'no Redis is set')
  return { redis, redisPrefix: reader.readOptional('HOLDFAST_REDIS_PREFIX', keyPrefix) ?? '' }
}

function redisUrlOf(reader: Reader, over: string | undefined): string | undefined {
  const given = flag('--redis', over)
  const url = reader.readOptional('HOLDFAST_REDIS_URL', redisUrl, given)
  if (url === undefined && reader.text('REDIS_HOST') !== undefined) {
    const host = bracketed(reader.read('REDIS_HOST', redisHost))
    const port = reader.read('REDIS_PORT', integer(1, 65_535))
    const password = reader.readOptional('REDIS_PASSWORD', anyText)
    const secret = password === undefined ? '' : `:${encodeURIComponent(password)}@`
    return `redis://${secret}${host}:${port}`
  }
  const source = over === undefined ? 'HOLDFAST_REDIS_URL' : '--redis'
  warnUnused(reader, partsOfRedis, url === undefined ? 'REDIS_HOST is not set' : `${source} is set`)
  return url
}

/** One of three places; a text that is no key is refused before anything is opened. */
function rootKeyOf(reader: Reader): RootKeyOption | undefined {
  const places = ['HOLDFAST_ROOT_KEY', 'HOLDFAST_ROOT_KEY_FILE', 'HOLDFAST_VAULT_KEY_URL'] as const
  const [place, ...others] = reader.present(places)
  if (others.length > 0) {
    throw new InvalidConfiguration(`${[place, ...others].join(' and ')} exclude each other.`)
  }
  const token = reader.readOptional('HOLDFAST_VAULT_TOKEN', anyText)
  if (place === 'HOLDFAST_VAULT_KEY_URL') {
    return reader.read(place, (url) => vaultKeyAt(url, token))
  }
  if (token !== undefined) {
    warnUnused(reader, ['HOLDFAST_VAULT_TOKEN'], 'HOLDFAST_VAULT_KEY_URL is not set')
  }
  if (place === 'HOLDFAST_ROOT_KEY') return reader.read(place, keysIn)
  return place && { file: reader.read(place, anyText) }
}

function keysIn(text: string): RootKeyOption {
  try {
    return givenRootKeys(text)
  } catch {
    throw new Error('must be 32 random bytes in base64; make one with: openssl rand -base64 32')
  }
}

function vaultKeyAt(url: string, token: string | undefined): RootKeyOption {
  if (token === undefined) throw new Error('needs HOLDFAST_VAULT_TOKEN as well')
  try {
    return new VaultRootKey({ url, token })
  } catch {
    throw new Error('must be https://host:8200/transit/name-of-the-key')
  }
}

function rateLimitsOf(reader: Reader): RateLimits {
  const read = {
    address: reader.read('HOLDFAST_RATE_LIMIT_ADDRESS', rate),
    login: reader.read('HOLDFAST_RATE_LIMIT_LOGIN', rate),
    organization: reader.read('HOLDFAST_RATE_LIMIT_ORGANIZATION', rate),
    user: reader.read('HOLDFAST_RATE_LIMIT_USER', rate),
    token: reader.read('HOLDFAST_RATE_LIMIT_TOKEN', rate),
  }
  return Object.fromEntries(Object.entries(read).filter(([, each]) => each !== undefined))
}

function sessionTimesOf(reader: Reader) {
  const maxSeconds = reader.read('HOLDFAST_SESSION_MAX_SECONDS', integer(300, 31_536_000))
  const idleSeconds = reader.read('HOLDFAST_SESSION_IDLE_SECONDS', integer(300, 31_536_000))
  if (idleSeconds <= maxSeconds) return { idleSeconds, maxSeconds }
  const rule = 'must not be longer than HOLDFAST_SESSION_MAX_SECONDS'
  throw new InvalidConfiguration(`HOLDFAST_SESSION_IDLE_SECONDS ${rule}`)
}

function proxies(text: string): boolean | number {
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^[1-9]\d?$/.test(text)) return Number(text)
  throw new Error(`must be one of true, false, or a number of proxies from 1 to 99, not ${text}`)
}

function rate(text: string): Rate | undefined {
  if (text === 'off') return undefined
  const [, calls = '', seconds = ''] = /^(\d{1,10})\/(\d{1,7}(?:\.\d{1,3})?)$/.exec(text) ?? []
  const [limit, windowSeconds] = [Number(calls), Number(seconds)]
  const isInside = limit >= 1 && limit <= 1e9 && windowSeconds >= 0.01 && windowSeconds <= 2_592_000
  if (isInside) return { limit, windowSeconds }
  throw new Error(`must be calls/seconds such as 600/60, or off, not ${text}`)
}

/** HOLDFAST_… variables that nothing reads: most likely spelled wrong. */
function unknownVariables(environment: Environment): string[] {
  const known: readonly string[] = variables.map(({ name }) => name)
  const foreign = /^HOLDFAST_(TEST_|SERVICE_|PORT_\d+_)/
  return Object.keys(environment)
    .filter((name) => name.startsWith('HOLDFAST_') && !known.includes(name) && !foreign.test(name))
    .sort()
    .map((name) => {
      const meant = suggestionFor(name, known)
      const question = meant === undefined ? '' : ` Did you mean ${meant}?`
      return `${name} is not a setting of this version and is not used.${question}`
    })
}

function databaseUrl(text: string): string {
  addressOf(text)
  return text
}

function redisUrl(text: string): string {
  redisAddressOf(text)
  return text
}

/** Braces would change where a Cluster keeps what belongs together. */
function keyPrefix(text: string): string {
  if (/^[\w.:/-]{1,64}$/.test(text)) return text
  throw new Error('must be 1 to 64 of letters, digits and . : / _ -, such as staging:')
}

/** What the key is must not be said, so the rule is. */
function auditKey(text: string): string {
  const isKey = (part: string) => /^[A-Za-z0-9+/_-]{43}=?$/.test(part.trim())
  if (text.split(',').every(isKey)) return text
  throw new Error('must be 32 bytes in base64: openssl rand -base64 32')
}

function hostName(text: string): string {
  if (/^[^\s/@?#]+$/.test(text) || /^\/[^\s?#]*$/.test(text)) return text
  throw new Error('must be a host name or an address, without scheme and port')
}

function redisHost(text: string): string {
  if (text.startsWith('/')) throw new Error('must be a host name or an address, not a socket')
  return hostName(text)
}

const bracketed = (host: string): string =>
  host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
