import { sql } from 'kysely'
import { type Instant, instantOf, millisecondsOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { require } from './rules.js'
import { type RunStatus, runStatuses, type RunTables, workflowRuns } from './run-tables.js'

/** Days that one question may span at most. */
export const statisticsDaysMax = 366

/** Days back from now, unless the question says from when. */
const daysDefault = 30

const dayMs = 24 * 60 * 60 * 1_000

/** Which runs are counted: those made from one moment on and before another. */
export interface StatisticsListing {
  /** Only runs of this workflow: its id, or its handle while it is active. */
  readonly workflow?: string | undefined
  /** @default 30 days before `to` */
  readonly from?: Instant | undefined
  /** At most 366 days after `from`. @default now */
  readonly to?: Instant | undefined
}

/** How runs fared. */
export interface RunFigures {
  readonly total: number
  readonly byStatus: Readonly<Record<RunStatus, number>>
  /** Failed ones among those that succeeded or failed; null when none did. */
  readonly failureRate: number | null
  /** Half of those that succeeded or failed took no longer, in milliseconds; null for none. */
  readonly durationMsP50: number | null
  /** Of a hundred, ninety-five took no longer. */
  readonly durationMsP95: number | null
}

/** How runs fared over all and day by day. */
export interface RunStatistics extends RunFigures {
  readonly from: Instant
  readonly to: Instant
  /** Days in UTC on which a run was made, the first one first. */
  readonly days: readonly (RunFigures & { readonly day: string })[]
}

/** Which runs, once the workflow is known. */
export interface StatisticsFilter {
  readonly organizationId: Stored<'id'>
  readonly workflowId: Stored<'id'> | undefined
  readonly from: Instant
  readonly to: Instant
}

const { columns } = workflowRuns

/** The span of a question. Throws InvalidInput. */
export function spanOf({ from, to }: StatisticsListing, nowMs: number) {
  const end = to ?? instantOf(nowMs)
  columns.createdAt.encode(end, 'to')
  const start = from ?? instantOf(millisecondsOf(end) - daysDefault * dayMs)
  columns.createdAt.encode(start, 'from')
  const span = millisecondsOf(end) - millisecondsOf(start)
  require(span >= 0, 'to', 'must not be before from')
  require(span <= statisticsDaysMax * dayMs, 'to',
    `must be at most ${statisticsDaysMax} days after from`)
  return { from: start, to: end }
}

/**
 * Counts runs and ranks their durations: the nearest rank, which is one of the durations, so that
 * every engine answers the same.
 */
export async function runStatistics(
  database: Database<RunTables>,
  filter: StatisticsFilter,
): Promise<RunStatistics> {
  const days = await figuresOf(database, filter, 'day')
  const [whole] = await figuresOf(database, filter, 'whole')
  const { from, to } = filter
  return {
    from, to, ...(whole?.figures ?? noFigures),
    days: days.map(({ day, figures }) => ({ day, ...figures })),
  }
}

async function figuresOf(
  database: Database<RunTables>,
  { organizationId, workflowId, from, to }: StatisticsFilter,
  by: 'day' | 'whole',
) {
  const group = by === 'day' ? sql`day` : sql`'whole'`
  const counts = runStatuses.map((status) =>
    sql`sum(case when status = ${sql.lit(status)} then 1 else 0 end) as ${sql.ref(status)}`)
  const statement = sql`
    with counted as (
      select ${group} as day, status, case when status in ('succeeded', 'failed')
        then duration_ms end as duration_ms
      from workflow_runs
      where organization_id = ${organizationId} and withdrawn_at is null
        ${workflowId === undefined ? sql`` : sql`and workflow_id = ${workflowId}`}
        and created_at >= ${columns.createdAt.encode(from)}
        and created_at < ${columns.createdAt.encode(to)}),
    ranked as (
      select day, status, duration_ms,
        row_number() over (partition by day, duration_ms is null order by duration_ms) as place,
        count(duration_ms) over (partition by day) as timed
      from counted)
    select day, count(*) as total, ${sql.join(counts)},
      min(case when place >= (timed * 50 + 99) / 100 then duration_ms end) as p50,
      min(case when place >= (timed * 95 + 99) / 100 then duration_ms end) as p95
    from ranked group by day order by day`
  const { rows } = await database.execute({
    ...statement.compile(database.write), readOnly: true,
  })
  return rows.map((row) => ({ day: String(row.day), figures: figuresIn(row) }))
}

function figuresIn(row: Record<string, unknown>): RunFigures {
  const count = (name: string) => Number(row[name])
  const [succeeded, failed] = [count('succeeded'), count('failed')]
  const orNull = (value: unknown) => (value === null ? null : Number(value))
  return {
    total: count('total'),
    byStatus: Object.fromEntries(
      runStatuses.map((status) => [status, count(status)])) as Record<RunStatus, number>,
    failureRate: succeeded + failed === 0 ? null : failed / (succeeded + failed),
    durationMsP50: orNull(row.p50),
    durationMsP95: orNull(row.p95),
  }
}

const noFigures: RunFigures = {
  total: 0,
  byStatus: { pending: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0 },
  failureRate: null, durationMsP50: null, durationMsP95: null,
}
