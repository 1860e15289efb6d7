import { describe, expect, it } from 'vitest'
import { HoldfastError, InvalidConfiguration, InvalidInput } from '../errors.js'
import {
  Busy, ConstraintViolation, DatabaseFailure, type FailureKind, ForeignKeyViolation,
  isSafeToRepeat, postgresFailure, ReadOnlyDatabase, SchemaMismatch, sqliteFailure,
  StatementTimeout, StorageFull, TransactionConflict, translated, Unavailable, UniqueViolation,
  ValueRefused,
} from './failures.js'

const classes: Record<FailureKind, typeof Busy> = {
  unique: UniqueViolation, 'foreign-key': ForeignKeyViolation, constraint: ConstraintViolation,
  value: ValueRefused, conflict: TransactionConflict, busy: Busy, unavailable: Unavailable,
  timeout: StatementTimeout, full: StorageFull, 'read-only': ReadOnlyDatabase,
  schema: SchemaMismatch, damaged: DatabaseFailure, path: InvalidConfiguration,
  unknown: DatabaseFailure,
}

const retryable: readonly FailureKind[] = [
  'conflict', 'busy', 'unavailable', 'timeout', 'full', 'read-only',
]

/** A state of every class PostgreSQL has, and each state that has a kind of its own. */
const states: Record<FailureKind, readonly string[]> = {
  unique: ['23505', '23P01'],
  'foreign-key': ['23503', '23001'],
  constraint: ['23000', '23502', '23514', '44000'],
  value: [
    '22000', '22001', '22003', '22007', '22008', '22012', '22021', '22P02', '22P05', '54000',
    '54001', '54011', '54023',
  ],
  conflict: ['40000', '40001', '40P01', '25P02'],
  busy: ['53000', '53200', '53400', '55P03'],
  unavailable: [
    '08000', '08001', '08003', '08004', '08006', '08007', '08P01', '25P03', '25P04', '26000',
    '28000', '28P01', '3D000', '40003', '53300', '57000', '57P01', '57P02', '57P03', '57P04',
    '57P05', '58000', '58030', '58P01',
  ],
  timeout: ['57014'],
  full: ['53100'],
  'read-only': ['25006'],
  schema: ['3F000', '42P01', '42703'],
  damaged: ['XX001', 'XX002'],
  path: [],
  unknown: [
    '03000', '09000', '0A000', '0F000', '0L000', '0P000', '0Z000', '20000', '21000', '24000',
    '25000', '25001', '25P01', '27000', '2B000', '2D000', '2F000', '34000', '38000', '39000',
    '3B000', '42000', '42501', '42601', '42804', '42883', '55000', '72000', 'F0000', 'HV000',
    'P0000', 'P0001', 'XX000', '99999',
  ],
}

const networkCodes = [
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH',
  'EAI_AGAIN', 'ENOENT', 'EACCES', 'ECONNABORTED', 'ENOTCONN', 'EPROTO', 'EADDRNOTAVAIL',
  'EMFILE', 'ERR_SOCKET_CLOSED', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END',
]

/** Messages node-postgres has for connections that are gone; they carry no code. */
const lostConnections = [
  'Connection terminated', 'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout', 'timeout exceeded when trying to connect',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
]

const kinds = Object.keys(classes) as FailureKind[]

describe('a failure of PostgreSQL', () => {
  for (const kind of kinds.filter((each) => states[each].length > 0)) {
    it(`is ${kind} by its SQLSTATE: ${states[kind].join(' ')}`, () => {
      for (const code of states[kind]) {
        const cause = Object.assign(new Error('x'), { code })
        expect([code, postgresFailure(cause)]).toEqual([code, kind])
      }
    })
  }

  it('is unavailable by any error of the network', () => {
    for (const code of networkCodes) {
      const cause = Object.assign(new Error(`connect ${code}`), { code })
      expect([code, postgresFailure(cause)]).toEqual([code, 'unavailable'])
    }
    const both = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })
    expect(postgresFailure(both)).toBe('unavailable')
  })

  it('is unavailable when the driver lost the connection', () => {
    for (const message of lostConnections) {
      expect([message, postgresFailure(new Error(message))]).toEqual([message, 'unavailable'])
    }
  })

  it('is unavailable whatever the state when the server ended the connection', () => {
    for (const code of ['40001', '53200', '57014', 'XX000', '42501']) {
      for (const severity of ['FATAL', 'PANIC']) {
        const cause = Object.assign(new Error('x'), { code, severity })
        expect([code, postgresFailure(cause)]).toEqual([code, 'unavailable'])
      }
      const survived = Object.assign(new Error('x'), { code, severity: 'ERROR' })
      expect([code, postgresFailure(survived)]).not.toEqual([code, 'unavailable'])
    }
  })

  it('is a time-out when the driver waited in vain for the answer', () => {
    expect(postgresFailure(new Error('Query read timeout'))).toBe('timeout')
  })

  it('is unknown when nothing tells its kind', () => {
    for (const cause of [new Error('odd'), {}, undefined, null, 'x', 7]) {
      expect(postgresFailure(cause)).toBe('unknown')
    }
  })
})

describe('a failure of SQLite', () => {
  const codes: [FailureKind, readonly number[]][] = [
    ['busy', [5, 6, 9, 15, 17, 261, 517, 262]],
    ['unavailable', [7, 10, 14, 266, 778, 3850, 270, 526]],
    ['damaged', [11, 26, 267, 523]],
    ['read-only', [3, 8, 23, 264, 520, 776, 1032, 1544]],
    ['full', [13]],
    ['value', [18, 20, 25]],
    ['constraint', [19, 275, 1299, 3091]],
    ['foreign-key', [787]],
    ['unique', [1555, 2067, 2579]],
    ['unknown', [0, 1, 2, 21]],
  ]
  for (const [kind, list] of codes) {
    it(`is ${kind} by its result code: ${list.join(' ')}`, () => {
      for (const errcode of list) {
        const cause = Object.assign(new Error('x'), { code: 'ERR_SQLITE_ERROR', errcode })
        expect([errcode, sqliteFailure(cause)]).toEqual([errcode, kind])
      }
    })
  }

  it('is known by its message when the driver hands out no code', () => {
    const messages: [string, FailureKind][] = [
      ['UNIQUE constraint failed: users.email', 'unique'],
      ['FOREIGN KEY constraint failed', 'foreign-key'],
      ['NOT NULL constraint failed: users.email', 'constraint'],
      ['CHECK constraint failed: role', 'constraint'],
      ['cannot store TEXT value in INTEGER column t.a', 'constraint'],
      ['database is locked', 'busy'], ['database table is locked: t', 'busy'],
      ['database or disk is full', 'full'],
      ['attempt to write a readonly database', 'read-only'],
      ['string or blob too big', 'value'], ['too many SQL variables', 'value'],
      ['no such table: t', 'schema'], ['no such column: c', 'schema'],
      ['disk I/O error', 'unavailable'], ['unable to open database file', 'unavailable'],
      ['database disk image is malformed', 'damaged'], ['file is not a database', 'damaged'],
      ['near "selct": syntax error', 'unknown'],
    ]
    for (const [message, kind] of messages) {
      expect([message, sqliteFailure(new Error(message))]).toEqual([message, kind])
    }
  })

  it('is known by what the file system said when the file was opened', () => {
    const codes: [string, FailureKind][] = [
      ['ENOENT', 'path'], ['ENOTDIR', 'path'], ['EISDIR', 'path'], ['EACCES', 'read-only'],
      ['EPERM', 'read-only'], ['EROFS', 'read-only'], ['ENOSPC', 'full'], ['EDQUOT', 'full'],
      ['EMFILE', 'unavailable'], ['EIO', 'unavailable'],
    ]
    for (const [code, kind] of codes) {
      expect([code, sqliteFailure(Object.assign(new Error('x'), { code }))]).toEqual([code, kind])
    }
  })

  it('is unknown when nothing tells its kind', () => {
    for (const cause of [new Error('odd'), {}, undefined, null, 'x', 7]) {
      expect(sqliteFailure(cause)).toBe('unknown')
    }
  })
})

describe('a translated failure', () => {
  it('has the class of its kind, says a sentence, keeps its cause, tells who may retry', () => {
    for (const kind of kinds) {
      const cause = new Error('the driver’s own words')
      const error = translated(cause, () => kind)
      expect(error).toBeInstanceOf(classes[kind])
      expect(error.cause).toBe(cause)
      expect(error.message).toMatch(/^[A-Z].{15,}\.$/)
      expect([kind, error.retryable]).toEqual([kind, retryable.includes(kind)])
      expect(error.retryAfterSeconds).toBe(retryable.includes(kind) ? 1 : undefined)
    }
  })

  it('is the same error when it was Holdfast’s already', () => {
    const error = new InvalidInput('x')
    expect(translated(error, () => 'unknown')).toBe(error)
  })

  it('may be sent again only when it surely left nothing behind', () => {
    const safe = kinds.filter((kind) => isSafeToRepeat(translated(new Error(), () => kind)))
    expect(safe).toEqual(['conflict', 'busy'])
    expect(isSafeToRepeat(new HoldfastError('x'))).toBe(false)
    expect(isSafeToRepeat(new Error('x'))).toBe(false)
  })
})
