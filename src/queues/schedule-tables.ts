import { flag, id, instant, integer, json, text } from '../database/columns.js'
import { type JsonValue } from '../database/json.js'
import { type Row, type StoredRow, table } from '../database/table.js'

/** What becomes of ticks that nobody was there to fire in time. */
export type MissedPolicy = 'skip' | 'once' | 'all'

/** How each job of a schedule is made, beside its payload; the rules are those of `NewJob`. */
export type ScheduledJobOptions = {
  priority?: number
  attemptsMax?: number
  concurrencyKey?: string
}

/** A recurring job: when its `nextRunAt` has come, a job is enqueued and the next moment set. */
export const schedules = table(
  'schedules',
  {
    organizationId: id(),
    /** `[a-z0-9][a-z0-9._-]{0,99}`, unique in the organization. */
    name: text(),
    /** Tells two schedules apart that bear the same name one after the other. */
    id: id(),
    queue: text(),
    payload: json<JsonValue>(),
    /** Options of the jobs. */
    job: json<ScheduledJobOptions>(),
    /** Five fields, six with seconds first, or `@hourly`, `@daily`, `@weekly`, … */
    cron: text(),
    /** An IANA name such as `Europe/Berlin`, in which the fields are read. */
    timeZone: text(),
    /** `skip`, `once` or `all`. */
    missed: text(),
    /** Whether a job may be enqueued while the one before is unfinished. */
    overlap: flag(),
    enabled: flag(),
    /** The first moment at which a tick may be; null for any. */
    startsAt: instant().orNull(),
    /** The last one; behind it the schedule has ended. */
    endsAt: instant().orNull(),
    /** The tick that is fired next; null while disabled, or when there will be none. */
    nextRunAt: instant().orNull(),
    /** The last tick that was fired. */
    lastRunAt: instant().orNull(),
    /** The job it became. */
    lastJobId: id().orNull(),
    /** Rises with each change by a caller. */
    revision: integer(),
    createdAt: instant(),
    updatedAt: instant(),
  },
  { primaryKey: ['organizationId', 'name'] },
)

/** A schedule as stores return it. */
export type Schedule = Omit<Row<typeof schedules>, 'missed'> & { missed: MissedPolicy }

/** The table of schedules, for `Database`. */
export interface ScheduleTables {
  schedules: StoredRow<typeof schedules>
}
