import { type Clock, type Instant, nowOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation, UniqueViolation } from '../database/failures.js'
import { type JsonInput, type JsonValue } from '../database/json.js'
import { cursorOf, keyOf, largeRowsOf, type Page, type PageRequest } from '../database/page.js'
import { decodeRow, encodeRow, type Row } from '../database/table.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { type IdGenerator } from '../ids.js'
import { type Scope } from '../scope.js'
import { checkLength, checkPageLimit } from './rules.js'
import { ScheduleNameTaken, ScheduleNotFound } from './schedule-errors.js'
import { momentOf } from './schedule-moment.js'
import { checkScheduleName, checkSettings, nextRunOf } from './schedule-rules.js'
import {
  type MissedPolicy, type Schedule, type ScheduledJobOptions, schedules as table,
  type ScheduleTables,
} from './schedule-tables.js'
import { type Told, type Witness } from './witness.js'

/** A schedule to begin. */
export interface NewSchedule {
  /** `[a-z0-9][a-z0-9._-]{0,99}`, unique in the organization. */
  readonly name: string
  /** Where its jobs go. */
  readonly queue: string
  /** Five fields, six with seconds first, or `@hourly`, `@daily`, `@weekly`, … */
  readonly cron: string
  /** The IANA time zone in which `cron` is read. @default 'UTC' */
  readonly timeZone?: string
  /** Any JSON value, the same for every job. @default null */
  readonly payload?: JsonInput
  /** Priority, attempts and concurrency key of the jobs. @default {} */
  readonly job?: ScheduledJobOptions
  /**
   * What becomes of ticks that are more than a minute late: `skip` drops them, `once` makes one
   * job for all of them, `all` makes one each, for the latest 100, and needs `overlap`.
   * @default 'once'
   */
  readonly missed?: MissedPolicy
  /** Whether a job is enqueued while the one before is unfinished. @default false */
  readonly overlap?: boolean
  /** @default true */
  readonly enabled?: boolean
  /** No tick is before it. @default null */
  readonly startsAt?: Instant | null
  /** No tick is after it, which is after `startsAt`; then the schedule has ended. @default null */
  readonly endsAt?: Instant | null
}

/** What `update` may change; what is left out stays. */
export type ScheduleChanges = Partial<Omit<NewSchedule, 'name'>>

/** How often a change without `ifRevision` is tried beside others. */
const updatesMax = 5

const { columns } = table

/** Parts that schedules take from outside. */
export interface ScheduleSource {
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly witness: Witness
  /**
   * Refuses what its queue could not do; handed in, since queues do not know what their jobs are.
   * Throws InvalidInput.
   */
  check(settings: Pick<Schedule, 'queue' | 'payload' | 'enabled'>): Promise<void>
}

/** The schedules of one organization. */
export class ScheduleStore {
  readonly #database: Database<ScheduleTables>
  readonly #source: ScheduleSource
  readonly #organizationId: Stored<'id'>

  constructor(
    database: Database<ScheduleTables>,
    scope: Scope,
    source: ScheduleSource,
  ) {
    this.#source = source
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#database = database.within([this.#organizationId])
  }

  /**
   * Begins a schedule; its first tick is the first after now, and not before `startsAt`. Throws
   * InvalidInput, InvalidValue or ScheduleNameTaken.
   */
  async create(given: NewSchedule): Promise<Schedule> {
    const now = nowOf(this.#source.clock)
    const payload = (given.payload ?? null) as JsonValue
    const settings = {
      timeZone: 'UTC', job: {}, missed: 'once' as const, overlap: false,
      enabled: true, startsAt: null, endsAt: null, ...given, payload,
    }
    checkScheduleName(given.name)
    checkSettings(settings)
    const schedule: Schedule = {
      ...settings,
      organizationId: this.#organizationId,
      id: this.#source.ids.next(),
      nextRunAt: await this.#nextRunOf(settings),
      lastRunAt: null,
      lastJobId: null,
      revision: 1,
      createdAt: now,
      updatedAt: now,
    }
    const row = encodeRow(table, schedule)
    checkLength(row.payload, 'payload')
    await this.#source.check(schedule)
    try {
      await this.#source.witness.insert(
        this.#database, { table, row }, told('created', given.name))
    } catch (cause) {
      throw creationFailure(cause, schedule)
    }
    return schedule
  }

  /** One schedule. Throws ScheduleNotFound. */
  async get(name: string): Promise<Schedule> {
    const query = this.#database.write
      .selectFrom('schedules')
      .selectAll()
      .where((where) => where.and(this.#key(name)))
    const stored = await this.#database.first(query)
    if (stored === undefined) throw notFound(name)
    return scheduleOf(stored)
  }

  /** One page of schedules, by name; shorter than asked for where their payloads are large. */
  async list(request: PageRequest = {}): Promise<Page<Schedule>> {
    const limit = checkPageLimit(request)
    const list = ['schedules', this.#organizationId]
    const first = request.cursor === undefined ? '' : String(keyOf(list, request.cursor)[0])
    const { rows, more } = await largeRowsOf<ScheduleTables['schedules']>(limit, {
      fetch: (count, last) => this.#database.all(this.#database.write
        .selectFrom('schedules')
        .selectAll()
        .where('organization_id', '=', this.#organizationId)
        .where('name', '>', last?.name ?? columns.name.encode(first, 'cursor'))
        .orderBy('name')
        .limit(count)),
      lengthOf: ({ payload }) => payload.length,
    })
    const data = rows.map(scheduleOf)
    return { data, nextCursor: more ? cursorOf(list, [data.at(-1)!.name]) : null }
  }

  /**
   * Changes what is given; another cron, time zone, bound or a new start count from now. With
   * `ifRevision`, only when that is still its revision. Throws ScheduleNotFound, RevisionConflict,
   * InvalidInput or InvalidValue.
   */
  async update(name: string, changes: ScheduleChanges, ifRevision?: number): Promise<Schedule> {
    for (let count = 1; ; count++) {
      const current = await this.get(name)
      const isExpected = ifRevision === undefined || ifRevision === current.revision
      const updated = isExpected ? await this.#replace(current, changes) : undefined
      if (updated !== undefined) return updated
      if (ifRevision === undefined && count < updatesMax) continue
      throw new RevisionConflict(
        `The schedule is at revision ${current.revision}; read it again.`)
    }
  }

  /** Deletes a schedule; jobs it has made stay. Throws ScheduleNotFound. */
  async delete(name: string): Promise<void> {
    const statement = this.#database.write
      .deleteFrom('schedules')
      .where((where) => where.and(this.#key(name)))
      .returning('name')
    const deleted = await this.#source.witness.change(
      this.#database, statement, told('deleted', name))
    if (deleted.length === 0) throw notFound(name)
  }

  /** Writes the changed schedule unless somebody else changed it since. */
  async #replace(current: Schedule, changes: ScheduleChanges): Promise<Schedule | undefined> {
    const given = Object.fromEntries(
      Object.entries(changes).filter(([, value]) => value !== undefined))
    const changed: Schedule = { ...current, ...given, updatedAt: nowOf(this.#source.clock) }
    checkSettings(changed)
    const {
      queue, payload, job, cron, time_zone, missed, overlap, enabled, starts_at, ends_at,
      updated_at,
    } = encodeRow(table, changed)
    checkLength(payload, 'payload')
    const isOther = given.queue !== undefined || given.payload !== undefined
    if (isOther || given.enabled === true) await this.#source.check(changed)
    const isMoved = ['cron', 'timeZone', 'enabled', 'startsAt', 'endsAt']
      .some((key) => changed[key as keyof Schedule] !== current[key as keyof Schedule])
    const next = isMoved
      ? { next_run_at: columns.nextRunAt.encode(await this.#nextRunOf(changed), 'next_run_at') }
      : {}
    const update = this.#database.write
      .updateTable('schedules')
      .set((expression) => ({
        queue, payload, job, cron, time_zone, missed, overlap, enabled, starts_at, ends_at,
        updated_at, ...next,
        revision: expression('revision', '+', 1 as Stored<'integer'>),
      }))
      .where((where) => where.and(this.#key(current.name)))
      .where('revision', '=', columns.revision.encode(current.revision, 'revision'))
      .returningAll()
    const [stored] = await this.#source.witness.change(
      this.#database, update, told('updated', current.name, { changed: Object.keys(given) }))
    return stored === undefined ? undefined : scheduleOf(stored)
  }

  async #nextRunOf(settings: Parameters<typeof nextRunOf>[0]): Promise<Instant | null> {
    return nextRunOf(settings, await momentOf(this.#database, this.#source.clock))
  }

  #key(name: string) {
    checkScheduleName(name)
    return { organization_id: this.#organizationId, name: columns.name.encode(name, 'name') }
  }
}

/** The schedule behind a stored row. */
export function scheduleOf(stored: ScheduleTables['schedules']): Schedule {
  const row: Row<typeof table> = decodeRow(table, stored)
  return row as Schedule
}

/** What the audit log is told; never the payload. */
function told(verb: string, name: string, details: Told['details'] = {}): Told {
  return { action: `schedule.${verb}`, resourceKind: 'schedule', resourceId: name, details }
}

function creationFailure(cause: unknown, { name }: Schedule): unknown {
  if (cause instanceof UniqueViolation) {
    const message = `There is a schedule ${name}; update it, or choose another name.`
    return new ScheduleNameTaken(message, { cause, field: 'name' })
  }
  if (!(cause instanceof ForeignKeyViolation)) return cause
  return new InvalidInput('There is no such organization.', { cause, field: 'organization_id' })
}

const notFound = (name: string) => new ScheduleNotFound(`There is no schedule ${name} here.`)
