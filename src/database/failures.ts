import { AssertionError } from '../assert.js'
import { defineError, HoldfastError, InvalidConfiguration } from '../errors.js'
import { fenceWord } from './moving.js'

/** A row with the same unique key exists. Domains translate it into their own sentence. */
export const UniqueViolation = defineError('UniqueViolation', {
  code: 'already_exists', status: 409,
})

/** A row that this one points to does not exist. */
export const ForeignKeyViolation = defineError('ForeignKeyViolation', {
  code: 'reference_not_found', status: 409,
})

/** The database refused the value by a rule of the table. */
export const ConstraintViolation = defineError('ConstraintViolation', {
  code: 'constraint_violated', status: 409,
})

/** The value does not fit the database: too large, out of range or too deep. */
export const ValueRefused = defineError('ValueRefused', { code: 'value_refused', status: 400 })

/** Two transactions stood in each other's way; this one was rolled back and may be repeated. */
export const TransactionConflict = defineError('TransactionConflict', {
  code: 'transaction_conflict', status: 503, retryable: true,
})

/** More work is waiting than the limit allows; nothing was written. */
export const Busy = defineError('Busy', { code: 'busy', status: 503, retryable: true })

/** The database cannot be reached, or the connection was lost before the answer came. */
export const Unavailable = defineError('Unavailable', {
  code: 'database_unavailable', status: 503, retryable: true,
})

/** The statement ran longer than its limit and was cancelled. */
export const StatementTimeout = defineError('StatementTimeout', {
  code: 'statement_timeout', status: 503, retryable: true,
})

/** The disk or the database's size limit is full; reads go on. */
export const StorageFull = defineError('StorageFull', {
  code: 'storage_full', status: 507, retryable: true,
})

/** The database accepts no writes: a replica, a read-only file or a read-only transaction. */
export const ReadOnlyDatabase = defineError('ReadOnlyDatabase', {
  code: 'database_read_only', status: 503, retryable: true,
})

/** The schema is not the one this version needs. */
export const SchemaMismatch = defineError('SchemaMismatch', {
  code: 'schema_mismatch', status: 500,
})

/** What this database held has been moved elsewhere, or is being moved; it takes no writes. */
export const DatabaseMoved = defineError('DatabaseMoved', {
  code: 'database_moved', status: 503, retryable: true,
})

/** A failure without a name here: a defect of the program or of the database. */
export const DatabaseFailure = defineError('DatabaseFailure', {
  code: 'database_failure', status: 500,
})

/** Kinds of failure both engines know. */
export type FailureKind =
  | 'unique' | 'foreign-key' | 'constraint' | 'value' | 'conflict' | 'busy'
  | 'unavailable' | 'timeout' | 'full' | 'read-only' | 'schema' | 'damaged' | 'path' | 'unknown'

const retryAfterSeconds = 1

const sentences: Record<FailureKind, string> = {
  unique: 'A row with the same unique key exists',
  'foreign-key': 'A row that this one refers to does not exist, or is still referred to',
  constraint: 'The row breaks a rule of its table',
  value: 'The database cannot hold this value',
  conflict: 'Two transactions stood in each other’s way; repeat the call',
  busy: 'The database is busy; repeat the call',
  unavailable: 'The database cannot be reached or dropped the connection; repeat the call',
  timeout: 'The statement ran longer than its limit; repeat the call or ask for less',
  full: 'The storage is full; free space, then repeat the call',
  'read-only': 'The database accepts no writes at present',
  schema: 'The schema is not the one this version needs; run: holdfast migrate up',
  damaged: 'The database is damaged, or the file is not one; check the path or restore a backup',
  path: 'The path of the SQLite file leads nowhere: create its folder, or name a file in it',
  unknown: 'The database failed in an unexpected way',
}

const classes = {
  unique: UniqueViolation,
  'foreign-key': ForeignKeyViolation,
  constraint: ConstraintViolation,
  value: ValueRefused,
  conflict: TransactionConflict,
  busy: Busy,
  unavailable: Unavailable,
  timeout: StatementTimeout,
  full: StorageFull,
  'read-only': ReadOnlyDatabase,
  schema: SchemaMismatch,
  damaged: DatabaseFailure,
  path: InvalidConfiguration,
  unknown: DatabaseFailure,
} as const

/**
 * The error for a driver's failure. Errors that are Holdfast's already pass unchanged; those of the
 * program itself are thrown.
 */
export function translated(cause: unknown, kindOf: (cause: unknown) => FailureKind): HoldfastError {
  if (HoldfastError.isInstance(cause)) return cause
  // The program is wrong, not the database.
  if (cause instanceof AssertionError) throw cause
  const kind = kindOf(cause)
  const fenced = cause instanceof Error ? cause.message.split(fenceWord)[1] : undefined
  if (fenced !== undefined) return new DatabaseMoved(fenced, { cause, retryAfterSeconds })
  const failure = classes[kind]
  const context = failure.definition.retryable === true ? { cause, retryAfterSeconds } : { cause }
  return new failure(`${sentences[kind]}.`, context)
}

/** What a call meets once the database was closed. */
export function closed(): HoldfastError {
  return new Unavailable('The database was closed by this program; open it again.')
}

/** True when the failed statement surely left nothing behind and may be sent again. */
export function isSafeToRepeat(error: unknown): boolean {
  return error instanceof TransactionConflict || error instanceof Busy
}

const byClass: Readonly<Record<string, FailureKind>> = {
  '08': 'unavailable', // connection exception
  '22': 'value', // data exception
  '23': 'constraint', // integrity constraint violation
  '40': 'conflict', // transaction rollback
  '53': 'busy', // insufficient resources
  '54': 'value', // program limit exceeded
  '57': 'unavailable', // operator intervention
  '58': 'unavailable', // system error
}

const byState: Readonly<Record<string, FailureKind>> = {
  '23505': 'unique', '23P01': 'unique',
  '23503': 'foreign-key', '23001': 'foreign-key',
  '25006': 'read-only',
  '25P02': 'conflict', '25P03': 'unavailable', '25P04': 'unavailable',
  '26000': 'unavailable',
  '40003': 'unavailable',
  '44000': 'constraint',
  '53100': 'full', '53200': 'busy', '53300': 'unavailable',
  '55P03': 'busy',
  '57014': 'timeout',
  '3D000': 'unavailable', '28000': 'unavailable', '28P01': 'unavailable',
  '42P01': 'schema', '42703': 'schema', '3F000': 'schema',
  XX001: 'damaged', XX002: 'damaged',
}

const networkCodes = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH',
  'EAI_AGAIN', 'ENOENT', 'EACCES', 'ECONNABORTED', 'ENOTCONN', 'EHOSTDOWN', 'ENETDOWN', 'EPROTO',
  'EADDRNOTAVAIL', 'EMFILE', 'ENFILE',
  'ERR_SOCKET_CLOSED', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END',
])

/** How node-postgres says that the connection is gone; these errors carry no code. */
const lostConnection = new RegExp(
  'connection terminated|connection (was )?closed|not queryable|connection ended|' +
    'timeout exceeded when trying to connect|has encountered a connection error|' +
    'server closed the connection',
  'i',
)

interface PostgresError {
  code: string
  message: string
  severity: string
}

/** The kind behind an error of node-postgres: SQLSTATE first, then network and driver errors. */
export function postgresFailure(cause: unknown): FailureKind {
  const { code = '', message = '', severity = '' } = (cause ?? {}) as Partial<PostgresError>
  // The server ended the connection, or itself: whether it had committed is not known.
  if (severity === 'FATAL' || severity === 'PANIC') return 'unavailable'
  const isState = /^[0-9A-Z]{5}$/.test(code)
  const known = byState[code] ?? (isState ? byClass[code.slice(0, 2)] : undefined)
  if (known !== undefined) return known
  if (networkCodes.has(code) || lostConnection.test(message)) return 'unavailable'
  if (/query read timeout/i.test(message)) return 'timeout'
  // A table changed under a prepared statement: a new connection prepares it anew.
  if (/cached plan must not change result type/.test(message)) return 'unavailable'
  return 'unknown'
}

const bySqliteCode: Readonly<Record<number, FailureKind>> = {
  5: 'busy', 6: 'busy', 9: 'busy', 15: 'busy', 17: 'busy',
  7: 'unavailable', 10: 'unavailable', 14: 'unavailable',
  11: 'damaged', 26: 'damaged',
  8: 'read-only', 3: 'read-only', 23: 'read-only',
  13: 'full',
  18: 'value', 20: 'value', 25: 'value',
  19: 'constraint',
  787: 'foreign-key',
  1555: 'unique', 2067: 'unique', 2579: 'unique',
}

const bySqliteMessage: readonly (readonly [RegExp, FailureKind])[] = [
  [/UNIQUE constraint failed/, 'unique'],
  [/FOREIGN KEY constraint failed/, 'foreign-key'],
  [/constraint failed|cannot store/, 'constraint'],
  [/database (table )?is locked|database is busy/, 'busy'],
  [/database or disk is full/, 'full'],
  [/readonly database/, 'read-only'],
  [/string or blob too big|too many SQL variables/, 'value'],
  [/no such (table|column)/, 'schema'],
  [/disk I\/O error|unable to open|out of memory/, 'unavailable'],
  [/malformed|not a database/, 'damaged'],
]

/** What the file system says when the file is opened. */
const bySystemCode: Readonly<Record<string, FailureKind>> = {
  ENOENT: 'path', ENOTDIR: 'path', EISDIR: 'path',
  EACCES: 'read-only', EPERM: 'read-only', EROFS: 'read-only',
  ENOSPC: 'full', EDQUOT: 'full',
  EMFILE: 'unavailable', ENFILE: 'unavailable', EIO: 'unavailable',
}

interface SqliteError {
  errcode: number
  code: string
  message: string
}

/**
 * The kind behind an error of a SQLite driver: the extended result code, then the primary one,
 * then the engine's own message, since some drivers hand out no code.
 */
export function sqliteFailure(cause: unknown): FailureKind {
  const { errcode = 0, code = '', message = '' } = (cause ?? {}) as Partial<SqliteError>
  const known = bySqliteCode[errcode] ?? bySqliteCode[errcode & 0xff] ?? bySystemCode[code]
  if (known !== undefined) return known
  for (const [pattern, kind] of bySqliteMessage) if (pattern.test(message)) return kind
  return 'unknown'
}

/**
 * What made opening a database fail, with the reason in its words: whoever opens it named the
 * address, so that nothing is told to a stranger. Other errors pass unchanged.
 */
export function toldAtOpening(error: unknown): unknown {
  if (!(error instanceof Unavailable)) return error
  let reason: unknown = error
  while ((reason as Error).cause instanceof Error) reason = (reason as Error).cause
  if (reason === error) return error
  const { message, code } = reason as NodeJS.ErrnoException
  const sentence = `The database cannot be opened: ${message || code}.`
  return new Unavailable(sentence, { cause: error.cause, retryAfterSeconds })
}
