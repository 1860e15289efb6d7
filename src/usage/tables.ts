import { id, instant, integer, json, text } from '../database/columns.js'
import { type JsonValue } from '../database/json.js'
import { type Row, type StoredRow, table } from '../database/table.js'

/** What roll-ups say for nobody: a key holds no null. */
export const nobody = '00000000-0000-0000-0000-000000000000'

/** Any JSON object. */
export type UsageData = { readonly [key: string]: JsonValue }

/** What happened, one row each; kept as long as its retention says. */
export const usageEvents = table(
  'usage_events',
  {
    organizationId: id(),
    id: id(),
    /** Such as `model_call`. */
    type: text(),
    userId: id().orNull(),
    conversationId: id().orNull(),
    runId: id().orNull(),
    model: text().orNull(),
    tokensIn: integer(),
    tokensOut: integer(),
    /** Whole dollars, and picodollars beyond them. */
    costUnits: integer(),
    costPicos: integer(),
    durationMs: integer().orNull(),
    /** The bucket of the duration. */
    latency: integer().orNull(),
    data: json<UsageData>(),
    occurredAt: instant(),
    /** Beginnings of the UTC day, and of the quarter of an hour, in which it occurred. */
    dayAt: instant(),
    quarterAt: instant(),
    recordedAt: instant(),
    /** Tells a repeated event from another one under its id. */
    fingerprint: text(),
  },
  { primaryKey: ['organizationId', 'id'] },
)

/** The events that no roll-up holds yet. */
export const usagePending = table(
  'usage_pending',
  { organizationId: id(), eventId: id() },
  { primaryKey: ['organizationId', 'eventId'] },
)

const dimensions = {
  organizationId: id(),
  /** `day` in UTC, or `quarter` of an hour, of which days of other zones are made. */
  grain: text(),
  startsAt: instant(),
  /** `nobody` for none. */
  userId: id(),
  /** Empty for none. */
  model: text(),
  type: text(),
}

const key = ['organizationId', 'grain', 'startsAt', 'userId', 'model', 'type'] as const

/** Sums over events of one stretch of time, user, model and type. */
export const usageRollups = table(
  'usage_rollups',
  {
    ...dimensions,
    events: integer(),
    tokensIn: integer(),
    tokensOut: integer(),
    costUnits: integer(),
    costPicos: integer(),
    /** Events with a duration, and the sum of their durations. */
    timed: integer(),
    durationMs: integer(),
  },
  { primaryKey: [...key] },
)

/** How often durations of each bucket occurred among the same. */
export const usageLatencies = table(
  'usage_latencies',
  { ...dimensions, bucket: integer(), events: integer() },
  { primaryKey: [...key, 'bucket'] },
)

/** A row of `usage_events`. */
export type UsageRow = Row<typeof usageEvents>

/** The tables of this domain, for `Database`. */
export interface UsageTables {
  usage_events: StoredRow<typeof usageEvents>
  usage_pending: StoredRow<typeof usagePending>
  usage_rollups: StoredRow<typeof usageRollups>
  usage_latencies: StoredRow<typeof usageLatencies>
}
