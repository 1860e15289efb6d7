import { createHash } from 'node:crypto'
import { type Instant } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type JsonInput, type JsonValue } from '../database/json.js'
import { type JobDraft, type Placed } from './enqueue.js'
import { DedupeKeyReused } from './errors.js'
import {
  checkInteger, checkKey, checkLength, checkPayload, defaults,
} from './rules.js'
import { type Backoff, type Job, jobOf, jobs } from './tables.js'

/** A job to enqueue. */
export interface NewJob {
  /** Any JSON value, at most 1 Mi characters. */
  readonly payload: JsonInput
  /** −1000 to 1000; higher first. @default 0 */
  readonly priority?: number
  /** Ready after so many milliseconds of the database's clock, at most 366 days. @default 0 */
  readonly delayMs?: number
  /** Not ready before this moment of the database's clock. */
  readonly runAt?: Instant
  /**
   * 1 to 255 characters, unique in the queue for as long as the job is kept: a second job with the
   * same key and payload is the first one.
   */
  readonly dedupeKey?: string | null
  /** 1 to 255 characters; jobs of one key run one after another (`concurrencyPerKey`), in order. */
  readonly concurrencyKey?: string | null
  /** Failed attempts until it is dead, 1 to 100. @default 5 */
  readonly attemptsMax?: number
  /** Leases that run out until it is dead, 1 to 100. @default 3 */
  readonly crashesMax?: number
  /** How long it waits between failed attempts. */
  readonly backoff?: Partial<Backoff>
}

const { columns } = jobs

type Bounded = Parameters<typeof checkInteger>[0]

/** Where a draft stands. */
export interface DraftPlace {
  readonly organizationId: Stored<'id'>
  readonly queue: Stored<'text'>
  readonly id: string
  /** `jobs[0].` or nothing. */
  readonly place: string
}

/** The stored form of a job. Throws InvalidInput or InvalidValue, naming the place. */
export function draftOf(job: NewJob, { organizationId, queue, id, place }: DraftPlace): JobDraft {
  checkPayload(job.payload, `${place}payload`)
  const payload = columns.payload.encode(job.payload as JsonValue, `${place}payload`)
  checkLength(payload, `${place}payload`)
  const number = (kind: Bounded, value: number, field: string = kind) => {
    checkInteger(kind, value, place + field)
    return value as Stored<'integer'>
  }
  const dedupeKey = textOf(job.dedupeKey, `${place}dedupe_key`)
  return {
    organization_id: organizationId,
    id: columns.id.encode(id),
    queue,
    priority: number('priority', job.priority ?? 0),
    payload,
    attempts_max: number('attempts_max', job.attemptsMax ?? defaults.attemptsMax),
    crashes_max: number('crashes_max', job.crashesMax ?? defaults.crashesMax),
    backoff_base_ms: number(
      'base_ms', job.backoff?.baseMs ?? defaults.baseMs, 'backoff.base_ms'),
    backoff_cap_ms: number('cap_ms', job.backoff?.capMs ?? defaults.capMs, 'backoff.cap_ms'),
    dedupe_key: dedupeKey,
    fingerprint: dedupeKey === null ? null : fingerprintOf(payload),
    concurrency_key: textOf(job.concurrencyKey, `${place}concurrency_key`),
    delay_ms: number('delay_ms', job.delayMs ?? 0),
    run_at: job.runAt === undefined ? null : columns.runAt.encode(job.runAt, `${place}run_at`),
  }
}

function textOf(text: string | null | undefined, field: string): Stored<'text'> | null {
  if (text === undefined || text === null) return null
  checkKey(text, field)
  return columns.dedupeKey.encode(text, field)
}

function fingerprintOf(payload: Stored<'json'>): Stored<'text'> {
  const digest = createHash('sha256').update(payload).digest('hex')
  return columns.queue.encode(digest)
}

/** The job that was inserted from a draft. */
export function jobOfDraft(
  job: NewJob,
  draft: JobDraft,
  inserted: Readonly<Record<string, unknown>>,
): Job {
  return {
    organizationId: draft.organization_id!,
    id: draft.id!,
    queue: columns.queue.decode(draft.queue),
    state: columns.state.decode(inserted.state) as Job['state'],
    priority: Number(draft.priority),
    payload: job.payload,
    progress: null,
    result: null,
    error: null,
    dedupeKey: job.dedupeKey ?? null,
    concurrencyKey: job.concurrencyKey ?? null,
    attempt: 0,
    attemptsMax: Number(draft.attempts_max),
    failures: 0,
    crashes: 0,
    crashesMax: Number(draft.crashes_max),
    backoff: { baseMs: Number(draft.backoff_base_ms), capMs: Number(draft.backoff_cap_ms) },
    worker: null,
    leaseExpiresAt: null,
    runAt: columns.runAt.decode(inserted.run_at),
    createdAt: columns.createdAt.decode(inserted.created_at),
    startedAt: null,
    finishedAt: null,
    cancelledAt: null,
    redrives: 0,
    redrivenAt: null,
  }
}

/** What became of a draft. Throws DedupeKeyReused. */
export function enqueuedOf({ inserted, earlier }: Placed, job: NewJob, draft: JobDraft): Job {
  if (inserted !== undefined) return jobOfDraft(job, draft, inserted)
  if (earlier!.fingerprint === draft.fingerprint) return jobOf(earlier!)
  const message = 'The dedupe key belongs to a job with another payload; choose a new one.'
  throw new DedupeKeyReused(message, { field: 'dedupe_key' })
}
