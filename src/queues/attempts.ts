import { type Instant } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type JsonInput, type JsonValue } from '../database/json.js'
import { type Beside } from './beside.js'
import { type FinishCall } from './finish.js'
import { checkInteger, checkLength, leaseSecondsDefault } from './rules.js'
import { type JobState, jobs } from './tables.js'

/** One attempt at a job, as its claim handed it out; a whole job will do. */
export interface Attempt {
  readonly id: string
  /** The fencing token: only the latest attempt may change the job. */
  readonly attempt: number
  /** Saves a statement when it is known. */
  readonly concurrencyKey?: string | null
}

/** What became of the job of an attempt. */
export interface AttemptOutcome {
  readonly id: string
  readonly attempt: number
  readonly state: JobState
  /** When it is tried again, for a job that is `scheduled` or `ready`. */
  readonly runAt: Instant
}

/** Options of `fail`. */
export interface Failure {
  /** False when another attempt would fail, too: the job is dead at once. @default true */
  readonly retry?: boolean
  /** Waits so long instead of by the job's backoff, in milliseconds, at most 366 days. */
  readonly delayMs?: number
}

/** Options of `release`. */
export interface Release {
  /** Nobody gets it before so long, in milliseconds, at most 366 days. @default 0 */
  readonly delayMs?: number
}

/** Options of `extend`. */
export interface Extension {
  /** The lease ends so many seconds from now, 1 to 43,200. @default 30 */
  readonly leaseSeconds?: number
  /** Any JSON value, for whoever looks at the job; what was said before stays without it. */
  readonly progress?: JsonInput
}

/** Answer to `extend`. */
export interface Heartbeat {
  /** True when the job was cancelled: stop, then `release`. */
  readonly cancelled: boolean
  readonly leaseExpiresAt: Instant
}

const { columns } = jobs

/** The stored form of calls about attempts; each throws InvalidInput or InvalidValue. */
export class AttemptEncoder {
  readonly #organizationId: Stored<'id'>

  constructor(organizationId: Stored<'id'>) {
    this.#organizationId = organizationId
  }

  release(attempt: Attempt, { delayMs = 0 }: Release): FinishCall {
    checkInteger('delay_ms', delayMs)
    // What is spread stands last: decision 0061.
    const row = { delay_ms: delayMs as Stored<'integer'>, ...this.#row(attempt) }
    return { kind: 'release', row, keyed: isKeyed(attempt) }
  }

  complete(attempt: Attempt, result: JsonInput, beside?: Beside): FinishCall {
    const row = { result: jsonOf(result, 'result'), ...this.#row(attempt) }
    return { kind: 'complete', row, keyed: isKeyed(attempt), beside }
  }

  fail(attempt: Attempt, error: JsonInput, { retry = true, delayMs }: Failure): FinishCall {
    if (delayMs !== undefined) checkInteger('delay_ms', delayMs)
    const row = {
      error: jsonOf(error, 'error'),
      retry: columns.holdsKey.encode(retry, 'retry'),
      delay_ms: delayMs === undefined ? null : (delayMs as Stored<'integer'>),
      chance: Math.random() as Stored<'real'>,
      ...this.#row(attempt),
    }
    return { kind: 'fail', row, keyed: isKeyed(attempt) }
  }

  extend(attempt: Attempt, given: Extension): FinishCall {
    const { leaseSeconds = leaseSecondsDefault, progress = null } = given
    checkInteger('lease_seconds', leaseSeconds)
    const row = {
      lease_ms: (leaseSeconds * 1_000) as Stored<'integer'>,
      progress: jsonOf(progress, 'progress'),
      ...this.#row(attempt),
    }
    return { kind: 'extend', row, keyed: isKeyed(attempt) }
  }

  #row({ id, attempt }: Attempt) {
    return {
      organization_id: this.#organizationId,
      id: columns.id.encode(id, 'job_id'),
      attempt: columns.attempt.encode(attempt, 'attempt'),
    }
  }
}

const isKeyed = ({ concurrencyKey }: Attempt): boolean => typeof concurrencyKey === 'string'

function jsonOf(value: JsonInput, field: string): Stored<'json'> | null {
  const json = columns.result.encode(value as JsonValue, field)
  checkLength(json, field)
  return json
}

/** The outcome in its row. */
export function outcomeOf(row: Readonly<Record<string, unknown>>): AttemptOutcome {
  return {
    id: columns.id.decode(row.id),
    attempt: columns.attempt.decode(row.attempt),
    state: columns.state.decode(row.state) as JobState,
    runAt: columns.runAt.decode(row.run_at),
  }
}

/** The heartbeat's answer in its row. */
export function heartbeatOf(row: Readonly<Record<string, unknown>>): Heartbeat {
  return {
    cancelled: row.cancelled_at !== null,
    leaseExpiresAt: columns.runAt.decode(row.lease_expires_at),
  }
}
