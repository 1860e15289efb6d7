import { type RawBuilder, sql } from 'kysely'
import { type Database } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { picosPerUnit } from './cost.js'
import { nobody, type UsageTables } from './tables.js'

type Fragment = RawBuilder<unknown>
type On = Database<UsageTables>

const key = sql.raw('organization_id, grain, starts_at, user_id, model, type')
const perUnit = sql.lit(picosPerUnit)

/** The id that stands for nobody, as the engine types ids. */
export const nobodyOf = ({ engine }: On): Fragment =>
  sql`cast(${sql.lit(nobody)} as ${sql.raw(engine.types.id)})`

const whole = (value: Fragment): Fragment => sql`cast(${value} as bigint)`

/** Events as what they add to both grains. */
const grains = (events: Fragment, on: On): Fragment => sql`(
  select organization_id, 'day' as grain, day_at as starts_at,
    coalesce(user_id, ${nobodyOf(on)}) as user_id, coalesce(model, '') as model, type,
    tokens_in, tokens_out, cost_units, cost_picos, duration_ms, latency from ${events} as d
  union all
  select organization_id, 'quarter', quarter_at, coalesce(user_id, ${nobodyOf(on)}),
    coalesce(model, ''), type, tokens_in, tokens_out, cost_units, cost_picos, duration_ms, latency
    from ${events} as q)`

/** Adds to what is there, in the order of keys, so that no two wait for each other. */
const addSums = (sums: Fragment): Fragment => sql`
  insert into usage_rollups (${key}, events, tokens_in, tokens_out, cost_units, cost_picos,
    timed, duration_ms)
  select ${key}, events, tokens_in, tokens_out, cost_units + cost_picos / ${perUnit},
    cost_picos % ${perUnit}, timed, duration_ms
  from ${sums} as s where true order by ${key}
  on conflict (${key}) do update set
    events = usage_rollups.events + excluded.events,
    tokens_in = usage_rollups.tokens_in + excluded.tokens_in,
    tokens_out = usage_rollups.tokens_out + excluded.tokens_out,
    cost_units = usage_rollups.cost_units + excluded.cost_units
      + (usage_rollups.cost_picos + excluded.cost_picos) / ${perUnit},
    cost_picos = (usage_rollups.cost_picos + excluded.cost_picos) % ${perUnit},
    timed = usage_rollups.timed + excluded.timed,
    duration_ms = usage_rollups.duration_ms + excluded.duration_ms`

const addLatencies = (counts: Fragment): Fragment => sql`
  insert into usage_latencies (${key}, bucket, events)
  select ${key}, bucket, events from ${counts} as c where true order by ${key}, bucket
  on conflict (${key}, bucket) do update set events = usage_latencies.events + excluded.events`

const sumsOf = (events: Fragment, on: On): Fragment => sql`(
  select ${key}, count(*) as events, ${whole(sql`sum(tokens_in)`)} as tokens_in,
    ${whole(sql`sum(tokens_out)`)} as tokens_out, ${whole(sql`sum(cost_units)`)} as cost_units,
    ${whole(sql`sum(cost_picos)`)} as cost_picos, count(duration_ms) as timed,
    ${whole(sql`coalesce(sum(duration_ms), 0)`)} as duration_ms
  from ${grains(events, on)} as g group by ${key})`

const countsOf = (events: Fragment, on: On): Fragment => sql`(
  select ${key}, latency as bucket, count(*) as events from ${grains(events, on)} as g
  where latency is not null group by ${key}, latency)`

/** Which pending rows are taken. */
export interface Taken {
  readonly rows: Fragment
  /** In whose name they are counted. @default their own */
  readonly asNobody?: boolean
}

/** The columns of an event that roll-ups are made of. */
const counted = (on: On, asNobody: boolean): Fragment => sql`e.organization_id, e.day_at,
  e.quarter_at, ${asNobody ? nobodyOf(on) : sql.raw('e.user_id')} as user_id, e.model, e.type,
  e.tokens_in, e.tokens_out, e.cost_units, e.cost_picos, e.duration_ms, e.latency`

/**
 * Takes pending events into the roll-ups, in one transaction: an event is in them or pending, at
 * no moment both or neither. The last statement changes as many rows as were taken.
 */
export function takeStatements(on: On, { rows, asNobody = false }: Taken): Statement[] {
  const chosen = sql`(organization_id, event_id) in (${rows})`
  if (on.engine.writesInWith) {
    const events = sql`events`
    // With the limit inside, each event is looked up by its key, whatever the planner expects.
    const one = sql`lateral (select * from usage_events u
      where u.organization_id = p.organization_id and u.id = p.event_id limit 1)`
    return [compiled(on, sql`
      with taken as (delete from usage_pending where ${chosen}
        returning organization_id, event_id),
      events as materialized (
        select ${counted(on, asNobody)} from taken as p cross join ${one} as e),
      summed as (${addSums(sumsOf(events, on))}),
      timed as (${addLatencies(countsOf(events, on))})
      select organization_id from taken`)]
  }
  const pending = sql`(select * from usage_pending where ${chosen})`
  const events = sql`(
    select ${counted(on, asNobody)} from ${pending} as p cross join usage_events e
    where e.organization_id = p.organization_id and e.id = p.event_id)`
  return [
    compiled(on, addSums(sumsOf(events, on))),
    compiled(on, addLatencies(countsOf(events, on))),
    compiled(on, sql`delete from usage_pending where ${chosen} returning organization_id`),
  ]
}

/** Adds some roll-ups of one user to nobody's, and takes them away. */
export function disowning(
  on: On,
  table: 'usage_rollups' | 'usage_latencies',
  some: Fragment,
): Statement[] {
  const other = sql`organization_id, grain, starts_at, ${nobodyOf(on)} as user_id, model, type`
  const added = (from: Fragment) => (table === 'usage_rollups'
    ? addSums(sql`(select ${other}, events, tokens_in, tokens_out, cost_units, cost_picos, timed,
      duration_ms from ${from} as m)`)
    : addLatencies(sql`(select ${other}, bucket, events from ${from} as m)`))
  const name = sql.table(table)
  if (on.engine.writesInWith) {
    return [compiled(on, sql`
      with gone as (delete from ${name} where ${some} returning *) ${added(sql`gone`)}`)]
  }
  return [
    compiled(on, added(sql`(select * from ${name} where ${some})`)),
    compiled(on, sql`delete from ${name} where ${some}`),
  ]
}

/** A statement out of a fragment. */
export function compiled({ write }: On, fragment: Fragment): Statement {
  const { sql: text, parameters } = fragment.compile(write)
  return { sql: text, parameters }
}
