import { flag, id, instant, integer, json, text } from '../database/columns.js'
import { type Row, type StoredRow, table } from '../database/table.js'

/** Where a job stands. */
export const jobStates = [
  'scheduled', 'blocked', 'ready', 'active', 'completed', 'dead', 'cancelled',
] as const

/**
 * `scheduled` until its time comes; `blocked` while earlier jobs of its key have the turn; `ready`
 * to be claimed; `active` under a worker's lease; `completed`, `dead` and `cancelled` at its end.
 */
export type JobState = (typeof jobStates)[number]

/** A queue and its settings; made by the first job or setting. */
export const queues = table(
  'queues',
  {
    organizationId: id(),
    name: text(),
    /** Set while the queue gives out nothing. */
    pausedAt: instant().orNull(),
    /** Jobs of one concurrency key that may be under way at once. */
    concurrencyPerKey: integer(),
    /** How long completed and cancelled jobs, and with them their dedupe keys, are kept. */
    retentionSeconds: integer(),
    /** The same for dead jobs. */
    deadRetentionSeconds: integer(),
    /** Rises with each change of a setting. */
    revision: integer(),
    createdAt: instant(),
    updatedAt: instant(),
  },
  { primaryKey: ['organizationId', 'name'] },
)

/**
 * A concurrency key with unfinished jobs. Whoever changes who has the key's turn updates this row
 * first, and so holds it to the end of the transaction.
 */
export const jobKeys = table(
  'job_keys',
  {
    organizationId: id(),
    queue: text(),
    key: text(),
    /** How often the row was taken. */
    turns: integer(),
  },
  { primaryKey: ['organizationId', 'queue', 'key'] },
)

/** A job. */
export const jobs = table(
  'jobs',
  {
    organizationId: id(),
    id: id(),
    queue: text(),
    state: text(),
    /** −1000 to 1000; higher first, equal ones by id. */
    priority: integer(),
    payload: json(),
    /** What the worker said last with a heartbeat. */
    progress: json().orNull(),
    /** What the completing worker said. */
    result: json().orNull(),
    /** What the last failed attempt said. */
    error: json().orNull(),
    /** Unique in the queue for as long as the job is kept. */
    dedupeKey: text().orNull(),
    /** SHA-256 of the payload; set beside a dedupe key. */
    fingerprint: text().orNull(),
    /** Of the jobs of one key only a few are under way at once, in order. */
    concurrencyKey: text().orNull(),
    /** Whether it has its key's turn: ready, active, or waiting to be tried again. */
    holdsKey: flag(),
    /** How often it was claimed; the fencing token of its present worker. */
    attempt: integer(),
    attemptsMax: integer(),
    /** Attempts that failed since it was enqueued or redriven. */
    failures: integer(),
    /** Leases that ran out since it was enqueued or redriven. */
    crashes: integer(),
    crashesMax: integer(),
    backoffBaseMs: integer(),
    backoffCapMs: integer(),
    worker: text().orNull(),
    leaseExpiresAt: instant().orNull(),
    runAt: instant(),
    createdAt: instant(),
    /** When the last attempt began. */
    startedAt: instant().orNull(),
    finishedAt: instant().orNull(),
    /** When it was cancelled; while active, its worker is still to be told. */
    cancelledAt: instant().orNull(),
    /** How often it was brought back from the dead, and when last. */
    redrives: integer(),
    redrivenAt: instant().orNull(),
    /** When the finished job is deleted. */
    expiresAt: instant().orNull(),
  },
  { primaryKey: ['organizationId', 'id'] },
)

type JobRow = Row<typeof jobs>

/** A job as stores return it. */
export interface Job
  extends Omit<
    JobRow, 'state' | 'fingerprint' | 'holdsKey' | 'backoffBaseMs' | 'backoffCapMs' | 'expiresAt'
  > {
  readonly state: JobState
  readonly backoff: Backoff
}

/** Waiting after the n-th failure: a random time up to min(cap, base × 2ⁿ⁻¹), in milliseconds. */
export interface Backoff {
  /** @default 1000 */
  readonly baseMs: number
  /** @default 600000 */
  readonly capMs: number
}

/** A queue as stores return it. */
export type Queue = Row<typeof queues>

/** The tables of this domain, for `Database`. */
export interface QueueTables {
  queues: StoredRow<typeof queues>
  job_keys: StoredRow<typeof jobKeys>
  jobs: StoredRow<typeof jobs>
}

type Stored = Readonly<Record<string, unknown>>

/**
 * The job behind a stored row; written out, without a row in between: claims are hot. What all
 * jobs of a claim have in common may be `known` instead of being in each row.
 */
export function jobOf(stored: Stored, known: Stored = stored): Job {
  const { columns } = jobs
  return {
    organizationId: columns.organizationId.decode(known.organization_id),
    id: columns.id.decode(stored.id),
    queue: columns.queue.decode(known.queue),
    state: columns.state.decode(known.state) as JobState,
    priority: columns.priority.decode(stored.priority),
    payload: columns.payload.decode(stored.payload),
    progress: columns.progress.decode(stored.progress),
    result: columns.result.decode(known.result),
    error: columns.error.decode(stored.error),
    dedupeKey: columns.dedupeKey.decode(stored.dedupe_key),
    concurrencyKey: columns.concurrencyKey.decode(stored.concurrency_key),
    attempt: columns.attempt.decode(stored.attempt),
    attemptsMax: columns.attemptsMax.decode(stored.attempts_max),
    failures: columns.failures.decode(stored.failures),
    crashes: columns.crashes.decode(stored.crashes),
    crashesMax: columns.crashesMax.decode(stored.crashes_max),
    backoff: {
      baseMs: columns.backoffBaseMs.decode(stored.backoff_base_ms),
      capMs: columns.backoffCapMs.decode(stored.backoff_cap_ms),
    },
    worker: columns.worker.decode(known.worker),
    leaseExpiresAt: columns.leaseExpiresAt.decode(stored.lease_expires_at),
    runAt: columns.runAt.decode(stored.run_at),
    createdAt: columns.createdAt.decode(stored.created_at),
    startedAt: columns.startedAt.decode(stored.started_at),
    finishedAt: columns.finishedAt.decode(known.finished_at),
    cancelledAt: columns.cancelledAt.decode(known.cancelled_at),
    redrives: columns.redrives.decode(stored.redrives),
    redrivenAt: columns.redrivenAt.decode(stored.redriven_at),
  }
}
