import { type Clock, instantOf } from '../clock.js'
import { type Database } from '../database/database.js'
import { Unavailable } from '../database/failures.js'
import { HoldfastError } from '../errors.js'
import { type NewJob } from './draft.js'
import { pause } from '../background.js'
import { isOfDatabase, momentOf } from './schedule-moment.js'
import { type Firing, firingOf } from './schedule-rules.js'
import { scheduleOf } from './schedule-store.js'
import { type Schedule, schedules as table, type ScheduleTables } from './schedule-tables.js'
import { type Job, jobs, type QueueTables } from './tables.js'

/** What a scheduler tells; for logs and metrics. */
export type SchedulerEvent =
  | { readonly kind: 'fired'; readonly schedule: Schedule; readonly jobs: readonly Job[] }
  /** The job before is unfinished and the schedule forbids overlap. */
  | { readonly kind: 'skipped'; readonly schedule: Schedule }
  /** Its job was refused; the tick is dropped, so that the schedule goes on. */
  | { readonly kind: 'refused'; readonly schedule: Schedule; readonly error: unknown }
  /**
   * This process cannot read when it recurs, such as in a time zone that it does not know; others
   * may. Told once a revision.
   */
  | { readonly kind: 'unreadable'; readonly schedule: Schedule; readonly error: unknown }
  /** The database could not be asked; it is tried again. */
  | { readonly kind: 'unavailable'; readonly error: unknown }

/** How to schedule. */
export interface SchedulerOptions {
  /** How often to look, 10 to 60000. @default 1000 */
  readonly pollMs?: number
  /** Whose ticks are due. @default the one handed to Holdfast, else the database's */
  readonly clock?: Clock
  /** Told what happens; must not throw. */
  readonly onEvent?: (event: SchedulerEvent) => void
}

/** The tables a scheduler needs. */
export interface SchedulerTables extends ScheduleTables, QueueTables {}

/** What a scheduler works with. */
export interface SchedulerParts {
  readonly database: Database<SchedulerTables>
  readonly clock: Clock
  /** Enqueues jobs of an organization inside a transaction. */
  enqueue(
    transaction: Database<SchedulerTables>,
    place: { readonly organizationId: string; readonly queue: string },
    jobs: readonly NewJob[],
  ): Promise<readonly Job[]>
  /** Brings back jobs of dead workers, makes due ones ready, deletes old ones. */
  sweep(): Promise<unknown>
}

/** Schedules fired in one look; the rest follows at once. */
const dueMax = 100

/** Schedules that cannot be read, kept in mind at most; beyond it they are told of again. */
const unreadableMax = 1_000

/** Pauses while the database cannot be reached. */
const pauseMostMs = 5_000

const unfinished: readonly string[] = ['scheduled', 'blocked', 'ready', 'active']

const { columns } = table

/**
 * Turns ticks of schedules into jobs, and sweeps the queues. Any number of schedulers may run: the
 * tick is moved on and its job enqueued in one transaction, by whoever comes first.
 */
export class Scheduler {
  readonly #parts: SchedulerParts
  readonly #pollMs: number
  readonly #tellTo: SchedulerOptions['onEvent']
  readonly #stop = new AbortController()
  /** Revisions of schedules that cannot be read here. */
  readonly #unreadable = new Set<string>()
  #loop: Promise<void> | undefined

  constructor(parts: SchedulerParts, { pollMs = 1_000, onEvent }: SchedulerOptions = {}) {
    this.#parts = parts
    this.#pollMs = Math.min(60_000, Math.max(10, pollMs))
    this.#tellTo = onEvent
  }

  /** Begins to look for what is due; once started it stays so. */
  start(): this {
    if (!this.#stop.signal.aborted) this.#loop ??= this.#work()
    return this
  }

  /** Ends after what is being fired; calling it again does no harm. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  /**
   * Fires what is due; how many jobs it made. Throws what the database throws, at the end where it
   * stands in the way of some of them only.
   */
  async fireDue(): Promise<number> {
    let count = 0
    for (;;) {
      const due = await this.#due()
      if (due.length === 0) return count
      const nowMs = await momentOf(this.#parts.database, this.#parts.clock)
      const { made, isStuck, failure } = await this.#fireAll(due, nowMs)
      count += made
      const isOver = isStuck || due.length < dueMax || this.#stop.signal.aborted
      if (isOver && failure !== undefined) throw failure.error
      if (isOver) return count
    }
  }

  async #fireAll(due: readonly Schedule[], nowMs: number) {
    let made = 0
    let isStuck = true
    let failure: { readonly error: unknown } | undefined
    // Beside other schedulers each begins somewhere else.
    for (const schedule of shuffled(due)) {
      const firing = this.#firingOf(schedule, nowMs)
      if (firing === undefined) continue
      try {
        made += await this.#fire(schedule, firing)
        isStuck = false
      } catch (error) {
        if (error instanceof Unavailable) throw error
        failure = { error }
      }
    }
    return { made, isStuck, failure }
  }

  async #work(): Promise<void> {
    let pauseMs = this.#pollMs
    while (!this.#stop.signal.aborted) {
      // Neither waits for the other: a lock that somebody holds may stand in the way of one.
      const works = await Promise.allSettled([this.fireDue(), this.#parts.sweep()])
      const failed = works.filter((work) => work.status === 'rejected')
      for (const { reason: error } of failed) this.#tell({ kind: 'unavailable', error })
      pauseMs = failed.length === 0 ? this.#pollMs : Math.min(pauseMostMs, 2 * pauseMs)
      await pause(pauseMs * (0.75 + Math.random() / 2), this.#stop.signal)
    }
  }

  async #due(): Promise<Schedule[]> {
    const { database, clock } = this.#parts
    const now = isOfDatabase(clock)
      ? database.engine.now()
      : columns.nextRunAt.encode(instantOf(clock.now()), 'now')!
    const query = database.write
      .selectFrom('schedules')
      .selectAll()
      .where('next_run_at', '<=', now)
      .orderBy('next_run_at')
      .limit(dueMax)
      // One that another scheduler is firing, or was stopped while it fired, is left to it.
      .modifyEnd(database.engine.skipLocked)
    return (await database.all(query)).map(scheduleOf)
  }

  /** Undefined when this process cannot tell; one such schedule must not hold up the others. */
  #firingOf(schedule: Schedule, nowMs: number): Firing | undefined {
    try {
      return firingOf(schedule, nowMs)
    } catch (error) {
      const key = `${schedule.id} ${schedule.revision}`
      if (this.#unreadable.size >= unreadableMax) this.#unreadable.clear()
      if (!this.#unreadable.has(key)) this.#tell({ kind: 'unreadable', schedule, error })
      this.#unreadable.add(key)
      return undefined
    }
  }

  async #fire(schedule: Schedule, firing: Firing): Promise<number> {
    try {
      return await this.#fireTicks(schedule, firing)
    } catch (error) {
      if (!HoldfastError.isInstance(error) || error.retryable || error.status >= 500) throw error
      this.#tell({ kind: 'refused', schedule, error })
      await this.#parts.database.transaction((database) =>
        this.#moveOn(database, schedule, { ...firing, ticks: [] }))
      return 0
    }
  }

  async #fireTicks(schedule: Schedule, firing: Firing): Promise<number> {
    const { database } = this.#parts
    const fired = await database.transaction(async (transaction) => {
      const isBarred = firing.ticks.length > 0 && await isHeldUp(transaction, schedule)
      const ticks = isBarred ? [] : firing.ticks
      if (!(await this.#moveOn(transaction, schedule, { ...firing, ticks }))) return []
      if (isBarred) return undefined
      if (ticks.length === 0) return []
      const made = await this.#parts.enqueue(
        transaction, schedule, ticks.map((tick) => jobOfTick(schedule, tick)))
      await noteJob(transaction, schedule, made.at(-1)!)
      return made
    })
    if (fired === undefined) this.#tell({ kind: 'skipped', schedule })
    else if (fired.length > 0) this.#tell({ kind: 'fired', schedule, jobs: fired })
    return fired?.length ?? 0
  }

  /** Sets the next tick; false when another scheduler did, or a caller changed the schedule. */
  async #moveOn(
    database: Database<SchedulerTables>,
    schedule: Schedule,
    { ticks, nextRunAt }: Firing,
  ): Promise<boolean> {
    const last = ticks.at(-1)
    const update = database.write
      .updateTable('schedules')
      .set({
        next_run_at: columns.nextRunAt.encode(nextRunAt, 'next_run_at'),
        ...(last === undefined ? {} : { last_run_at: columns.lastRunAt.encode(last, 'tick') }),
      })
      .where((where) => where.and(keyOf(schedule)))
      .where('next_run_at', '=', columns.nextRunAt.encode(schedule.nextRunAt, 'next_run_at')!)
      .where('revision', '=', columns.revision.encode(schedule.revision, 'revision'))
    return (await database.run(update)) === 1
  }

  #tell(event: SchedulerEvent): void {
    try {
      this.#tellTo?.(event)
    } catch {
      // A listener's failure is no reason to stop.
    }
  }
}

/** The key makes a tick fire once even if its clock is set back; no job runs before its tick. */
function jobOfTick({ id, payload, job }: Schedule, tick: string): NewJob {
  return { ...job, payload, runAt: tick, dedupeKey: `schedule:${id}:${tick}` }
}

/** Whether the job before is unfinished and must not be overlapped. */
async function isHeldUp(
  database: Database<SchedulerTables>,
  schedule: Schedule,
): Promise<boolean> {
  if (schedule.overlap || schedule.lastJobId === null) return false
  const query = database.write
    .selectFrom('jobs')
    .select('state')
    .where('organization_id', '=', jobs.columns.organizationId.encode(schedule.organizationId))
    .where('id', '=', jobs.columns.id.encode(schedule.lastJobId))
  const found = await database.first(query)
  return found !== undefined && unfinished.includes(found.state)
}

async function noteJob(
  database: Database<SchedulerTables>,
  schedule: Schedule,
  { id }: Job,
): Promise<void> {
  const update = database.write
    .updateTable('schedules')
    .set({ last_job_id: columns.lastJobId.encode(id, 'job_id') })
    .where((where) => where.and(keyOf(schedule)))
  await database.run(update)
}

function keyOf({ organizationId, name }: Schedule) {
  return {
    organization_id: columns.organizationId.encode(organizationId),
    name: columns.name.encode(name),
  }
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, order: Math.random() }))
    .sort((one, other) => one.order - other.order)
    .map(({ value }) => value)
}
