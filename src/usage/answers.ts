import { type RawBuilder, sql } from 'kysely'
import { type Database } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { decimalOf, picosPerUnit } from './cost.js'
import { percentileOf } from './histogram.js'
import { type CheckedQuestion, type UsageDimension, type UsageMetric } from './questions.js'
import { compiled, nobodyOf } from './rollup.js'
import { nobody, usageEvents, usageRollups, type UsageTables } from './tables.js'

/** Durations of the events of a group that have one; percentiles are off by a 32nd at most. */
export interface UsageLatency {
  readonly events: number
  readonly meanMs: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

/** Sums over the events of one group. */
export interface UsageGroup {
  /** Of the time zone that was asked for; undefined unless grouped by it. */
  readonly day?: string
  /** Null for events of nobody; undefined unless grouped by it. */
  readonly userId?: string | null
  /** Null for events without one; undefined unless grouped by it. */
  readonly model?: string | null
  readonly type?: string
  readonly events: number
  readonly tokensIn: number
  readonly tokensOut: number
  /** US dollars, exact. */
  readonly costUsd: string
  /** Of the events that have a duration, the sum. */
  readonly durationMs: number
  /** Where it was asked for; null where no event has a duration. */
  readonly latency?: UsageLatency | null
}

/** Which groups of a question are wanted. */
export interface GroupsWanted {
  readonly limit: number
  /** Only those behind the one with these keys, in the order of the question’s dimensions. */
  readonly after?: readonly string[] | undefined
  /** Largest first, then by keys; otherwise by keys alone. */
  readonly top?: UsageMetric | undefined
}

type Fragment = RawBuilder<unknown>
type On = Database<UsageTables>
type StoredRow = Readonly<Record<string, unknown>>

const columnOf: Readonly<Record<UsageDimension, string>> = {
  day: 'day', user: 'user_id', model: 'model', type: 'type',
}
const allKeys = Object.values(columnOf)
/** Picodollars are summed in two parts: nine million amounts as one would outgrow 64 bits. */
const costParts = ['cost_micros', 'cost_rest'] as const
const sums = ['events', 'tokens_in', 'tokens_out', 'cost_units', ...costParts, 'timed',
  'duration_ms'] as const
/** No limit at all, but one that the planner cannot know: it expects few rows, and uses keys. */
const pendingMax = Number.MAX_SAFE_INTEGER
const picosPerMicro = 1_000_000
const perMicro = sql.lit(picosPerMicro)
const microsPerUnit = sql.lit(picosPerUnit / picosPerMicro)
const sum = (name: string): Fragment => sql`cast(coalesce(sum(${sql.ref(name)}), 0) as bigint)`

/**
 * One statement, so one moment: sums of the roll-ups, and of the events that no roll-up holds yet.
 */
export function questionStatement(
  on: On,
  organizationId: string,
  { question, wanted }: { readonly question: CheckedQuestion; readonly wanted: GroupsWanted },
): Statement {
  const asked = new Asked(on, organizationId, question)
  const statement = compiled(on, sql`
    with ${asked.spans}, ${asked.fresh}, ${asked.counted},
    wanted as materialized (${asked.groups(wanted)})
    select ${asked.keys('wanted')}, ${sql.join(sums.map((name) => asText(`wanted.${name}`)))},
      null as bucket, rank from wanted ${asked.latencies} order by rank`)
  return { ...statement, readOnly: true }
}

const asText = (name: string): Fragment => {
  const [, column = name] = name.split('.')
  return sql`cast(${sql.ref(name)} as text) as ${sql.ref(column)}`
}

/** The fragments of one question. */
class Asked {
  readonly #on: On
  readonly #question: CheckedQuestion
  readonly #organizationId: string

  constructor(on: On, organizationId: string, question: CheckedQuestion) {
    this.#on = on
    this.#organizationId = organizationId
    this.#question = question
  }

  /** The days asked for, or all of them as one. */
  get spans(): Fragment {
    const { engine } = this.#on
    const kinds = { day: 'text', starts_at: 'instant', ends_at: 'instant' } as const
    const rows = this.#question.spans.map(({ day, startsAt, endsAt }) =>
      ({ day, starts_at: startsAt, ends_at: endsAt }))
    const values = engine.rowParameters(kinds, rows)
    const source = engine.rows(kinds, rows.length, (index) => sql`${values[index]}`)
    return sql`spans as materialized (select * from ${source} as d)`
  }

  /** Events that no roll-up holds, each as sums over itself. */
  get fresh(): Fragment {
    return sql`fresh as materialized (
      select s.day, coalesce(e.user_id, ${nobodyOf(this.#on)}) as user_id,
        coalesce(e.model, '') as model, e.type, e.tokens_in, e.tokens_out, e.cost_units,
        e.cost_picos, e.duration_ms, e.latency
      from (select event_id from usage_pending
        where organization_id = ${this.#organizationId} limit ${pendingMax}) p
      cross join usage_events e
      join spans s on e.occurred_at >= s.starts_at and e.occurred_at < s.ends_at
      where e.organization_id = ${this.#organizationId} and e.id = p.event_id
        ${this.#filters('e')})`
  }

  get counted(): Fragment {
    return sql`counted as (
      select s.day, r.user_id, r.model, r.type, r.events, r.tokens_in, r.tokens_out, r.cost_units,
        ${splitPicos('r.cost_picos')}, r.timed, r.duration_ms
      from ${this.#rolled('usage_rollups')}
      union all
      select day, user_id, model, type, 1, tokens_in, tokens_out, cost_units,
        ${splitPicos('cost_picos')},
        case when duration_ms is null then 0 else 1 end, coalesce(duration_ms, 0) from fresh)`
  }

  /** The wanted groups in their order. */
  groups({ limit, after, top }: GroupsWanted): Fragment {
    const { by } = this.#question
    const keys = by.map((each) => sql.ref(columnOf[each]))
    const grouping = keys.length === 0 ? sql`` : sql`group by ${sql.join(keys)}`
    const order = sql.join([...rankings(top), ...keys, ...keys.length === 0 ? [sql`count(*)`] : []])
    const behind = after === undefined ? sql`` : sql`where (${sql.join(keys)}) > (${
      sql.join(by.map((each, index) => this.#key(each, after[index]!)))})`
    const totals = sql.join(sums.map((name) => sql`${sum(name)} as ${sql.ref(name)}`))
    return sql`
      select ${this.#grouped}, ${totals},
        row_number() over (order by ${order}) as rank
      from counted ${behind} ${grouping} order by ${order} limit ${sql.lit(limit)}`
  }

  /** Counts of the buckets of durations of the wanted groups, where they are asked for. */
  get latencies(): Fragment {
    if (!this.#question.latency) return sql``
    const same = sql.join(allKeys.map((name) =>
      sql`w.${sql.ref(name)} = l.${sql.ref(name)}`), sql` and `)
    const none = sql.join(sums.slice(1).map(() => sql`null`))
    return sql`
      union all
      select ${this.keys('l')}, cast(sum(l.events) as text), ${none}, l.bucket, min(w.rank)
      from (
        select ${this.#grouped}, bucket, events from (
          select s.day, r.user_id, r.model, r.type, r.bucket, r.events
          from ${this.#rolled('usage_latencies')}
          union all
          select day, user_id, model, type, latency, 1 from fresh where latency is not null) as b
      ) as l
      join wanted w on ${same}
      group by l.day, l.user_id, l.model, l.type, l.bucket`
  }

  keys(alias: string): Fragment {
    return sql.join(allKeys.map((name) => sql.ref(`${alias}.${name}`)))
  }

  #rolled(table: 'usage_rollups' | 'usage_latencies'): Fragment {
    return sql`spans s cross join ${sql.table(table)} r
      where r.organization_id = ${this.#organizationId}
        and r.grain = ${sql.lit(this.#question.grain)}
        and r.starts_at >= s.starts_at and r.starts_at < s.ends_at ${this.#filters('r')}`
  }

  #filters(alias: string): Fragment {
    const { userId, model, type } = this.#question
    const given = Object.entries({ user_id: userId, model, type }).flatMap(([name, value]) =>
      value === undefined ? [] : [sql`and ${sql.ref(`${alias}.${name}`)} = ${this.#text(value)}`])
    return given.length === 0 ? sql`` : sql.join(given, sql` `)
  }

  /** Dimensions that are not asked for are alike in all groups. */
  get #grouped(): Fragment {
    return sql.join((Object.keys(columnOf) as UsageDimension[]).map((each) => {
      const column = sql.ref(columnOf[each])
      if (this.#question.by.includes(each)) return column
      return sql`${each === 'user' ? nobodyOf(this.#on) : sql`''`} as ${column}`
    }))
  }


  #key(dimension: UsageDimension, value: string): Fragment {
    const type = dimension === 'user' ? this.#on.engine.types.id : 'text'
    return sql`cast(${this.#text(value)} as ${sql.raw(type)})`
  }

  #text(value: string): unknown {
    return usageEvents.columns.type.encode(value)
  }
}

const splitPicos = (name: string): Fragment => sql`${sql.ref(name)} / ${perMicro} as cost_micros,
  ${sql.ref(name)} % ${perMicro} as cost_rest`

/** Orders by exact sums; those of cost have three parts. */
function rankings(top: UsageMetric | undefined): Fragment[] {
  switch (top) {
    case undefined: return []
    case 'tokens': return [sql`${sum('tokens_in')} + ${sum('tokens_out')} desc`]
    case 'duration': return [sql`${sum('duration_ms')} desc`]
    case 'cost': {
      const micros = sql`(${sum('cost_micros')} + ${sum('cost_rest')} / ${perMicro})`
      return [
        sql`${sum('cost_units')} + ${micros} / ${microsPerUnit} desc`,
        sql`${micros} % ${microsPerUnit} desc`,
        sql`${sum('cost_rest')} % ${perMicro} desc`,
      ]
    }
    default: return [sql`${sum(top)} desc`]
  }
}

/** The groups in the rows of an answer, in order. */
export function groupsOf(rows: readonly StoredRow[], question: CheckedQuestion): UsageGroup[] {
  const buckets = new Map<unknown, Map<number, number>>()
  for (const { rank, bucket, events } of rows) {
    if (bucket === null) continue
    const ofGroup = buckets.get(Number(rank)) ?? new Map<number, number>()
    buckets.set(Number(rank), ofGroup.set(Number(bucket), Number(events)))
  }
  return rows.filter(({ bucket }) => bucket === null).map((row) => ({
    ...keysIn(row, question),
    events: Number(row.events),
    tokensIn: Number(row.tokens_in),
    tokensOut: Number(row.tokens_out),
    costUsd: costIn(row),
    durationMs: Number(row.duration_ms),
    ...(question.latency ? { latency: latencyOf(row, buckets.get(Number(row.rank))) } : {}),
  }))
}

function costIn(row: StoredRow): string {
  const names = ['cost_units', ...costParts]
  const [units, micros, rest] = names.map((name) => BigInt(String(row[name])))
  return decimalOf(units!, micros! * BigInt(picosPerMicro) + rest!)
}

/** The keys of a group as they stand in a cursor. */
export function keyOfGroup(group: UsageGroup, { by }: CheckedQuestion): string[] {
  const { day = '', userId, model, type = '' } = group
  const keys = { day, user: userId ?? nobody, model: model ?? '', type }
  return by.map((each) => keys[each])
}

function keysIn(row: StoredRow, { by }: CheckedQuestion) {
  const { columns } = usageRollups
  const user = columns.userId.decode(row.user_id)
  const model = columns.model.decode(row.model)
  return {
    ...(by.includes('day') ? { day: String(row.day) } : {}),
    ...(by.includes('user') ? { userId: user === nobody ? null : user } : {}),
    ...(by.includes('model') ? { model: model === '' ? null : model } : {}),
    ...(by.includes('type') ? { type: columns.type.decode(row.type) } : {}),
  }
}

function latencyOf(row: StoredRow, buckets: ReadonlyMap<number, number> | undefined) {
  if (buckets === undefined) return null
  const at = (share: number) => percentileOf(buckets, share)!
  const events = Number(row.timed)
  return {
    events, meanMs: Number(row.duration_ms) / events,
    p50Ms: at(0.5), p90Ms: at(0.9), p95Ms: at(0.95), p99Ms: at(0.99),
  }
}
