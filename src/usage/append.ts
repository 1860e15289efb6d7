import { type RawBuilder, sql } from 'kysely'
import { type Outcome } from '../database/coalesce.js'
import { type BatchRow, type Database, prepareBatch } from '../database/database.js'
import { type Engine, type RowKinds, type Statement } from '../database/engine.js'
import { Busy, ConstraintViolation } from '../database/failures.js'
import { decodeRow } from '../database/table.js'
import { type StoredEvent } from './drafts.js'
import { UsageEventConflict } from './errors.js'
import { usageEvents, type UsageRow, type UsageTables } from './tables.js'

/** The events of one call: all are recorded, or none. */
export type UsageCall = readonly StoredEvent[]

/** An event as it stands, and whether it had been recorded before. */
export interface RecordedRow {
  readonly row: UsageRow
  readonly isDuplicate: boolean
}

/** Rows of one statement, unless a single call has more. */
const rowsMax = 200

const kinds = {
  /** Which call of the batch it came with. */
  call: 'integer',
  ...Object.fromEntries(usageEvents.columnNames.map((name, index) =>
    [name, Object.values(usageEvents.columns)[index]!.kind])),
} as const satisfies RowKinds

const keyKinds = { organization_id: 'id', id: 'id' } as const

const names = sql.join(usageEvents.columnNames.map((name) => sql.ref(name)))

/** No event of a call is recorded when one says something else than the event of its id. */
const fitting = sql`
  conflicts as materialized (
    select g.call from given g
    join usage_events e on e.organization_id = g.organization_id and e.id = g.id
    where e.fingerprint <> g.fingerprint),
  fitting as materialized (
    select * from given where call not in (select call from conflicts))`

const given = (rows: RawBuilder<unknown>) => sql`given as materialized (select * from ${rows} as r)`

const insert = sql`
  insert into usage_events (${names}) select ${names} from fitting where true
  on conflict (organization_id, id) do nothing
  returning organization_id, id`

/**
 * Like `insert` where others write at the same time. What an open transaction recorded is in no
 * conflict yet: if it turns out to say something else, the null breaks the rule of the column, and
 * nothing of the statement stays.
 */
const insertBeside = sql`
  insert into usage_events (${names})
  select distinct on (organization_id, id) ${names} from fitting order by organization_id, id
  on conflict (organization_id, id) do update set fingerprint = null
    where usage_events.fingerprint <> excluded.fingerprint
  returning organization_id, id`

/** Both tables in one statement, where the engine can. */
const whole = (rows: RawBuilder<unknown>) => sql`
  with ${given(rows)}, ${fitting}, made as (${insertBeside}),
  pended as (insert into usage_pending (organization_id, event_id)
    select organization_id, id from made)
  select organization_id, id from made`

const recordOnly = (rows: RawBuilder<unknown>) => sql`
  with ${given(rows)}, ${fitting} ${insert}`

/** Before the events are there, so that those that were there already are left out. */
const pend = (rows: RawBuilder<unknown>) => sql`
  with ${given(rows)}, ${fitting}
  insert into usage_pending (organization_id, event_id)
  select f.organization_id, f.id from fitting f
  where not exists (select 1 from usage_events e
    where e.organization_id = f.organization_id and e.id = f.id)
  on conflict (organization_id, event_id) do nothing`

type Prepared<K extends RowKinds> = (rows: readonly BatchRow<K>[]) => Statement

/** Records events of many calls in one round trip. */
export class UsageAppends {
  readonly #database: Database<UsageTables>
  readonly #statements: readonly Prepared<typeof kinds>[]
  readonly #find: Prepared<typeof keyKinds>

  constructor(database: Database<UsageTables>) {
    this.#database = database
    const on = database.as<never>()
    const make = (name: string, build: (rows: RawBuilder<unknown>) => RawBuilder<unknown>) =>
      prepareBatch(on, { name, kinds, build })
    this.#statements = writesOf(database.engine, make)
    this.#find = prepareBatch(on, {
      name: 'usage_find', kinds: keyKinds,
      build: (rows) => sql`
        select e.* from ${rows} as g
        join usage_events e on e.organization_id = g.organization_id and e.id = g.id`,
    })
  }

  /** One outcome a call, in order; a transaction keeps its reach. */
  async write(
    calls: readonly UsageCall[],
    transaction?: Database<UsageTables>,
  ): Promise<Outcome<RecordedRow[]>[]> {
    const organizations = calls.map(([first]) => first!.organization_id)
    const database = transaction ?? this.#database.within(organizations)
    try {
      return await this.#write(calls, database)
    } catch (error) {
      if (!(error instanceof ConstraintViolation)) throw error
      // Now it is known what the other transaction said; in one of the caller it is too late.
      if (transaction === undefined) return this.#write(calls, database)
      return calls.map(([first]) => ({ error: conflict(first!.id, error) }))
    }
  }

  async #write(
    calls: readonly UsageCall[],
    database: Database<UsageTables>,
  ): Promise<Outcome<RecordedRow[]>[]> {
    const statements = chunksOf(calls).flatMap((rows) =>
      this.#statements.map((make) => make(rows)))
    const results = await database.atomic(statements)
    const made = new Set(results.flatMap(({ rows }) => rows).map(keyOf))
    const others = calls.flat().filter((event) => !made.has(keyOf(event)))
    const outcomes = new Outcomes(made, await this.#stored(others, database))
    return calls.map((call) => outcomes.of(call))
  }

  async #stored(events: readonly StoredEvent[], database: Database<UsageTables>) {
    const rows = new Map<string, UsageRow>()
    if (events.length === 0) return rows
    const keys = events.map(({ organization_id, id }) => ({ organization_id, id }))
    for (let at = 0; at < keys.length; at += rowsMax) {
      const find = this.#find(keys.slice(at, at + rowsMax))
      const found = await database.execute({ ...find, readOnly: true })
      for (const row of found.rows) rows.set(keyOf(row), decodeRow(usageEvents, row))
    }
    return rows
  }
}

/** Throws UsageEventConflict for a call that says one id twice, each time otherwise. */
export function refuseContradiction(call: UsageCall): void {
  const said = new Map<string, string>()
  for (const { id, fingerprint } of call) {
    if ((said.get(id) ?? fingerprint) !== fingerprint) throw conflict(id)
    said.set(id, fingerprint)
  }
}

type MakeStatement = (
  name: string, build: (rows: RawBuilder<unknown>) => RawBuilder<unknown>,
) => Prepared<typeof kinds>

function writesOf(engine: Engine, make: MakeStatement): Prepared<typeof kinds>[] {
  if (engine.writesInWith) return [make('usage_record', whole)]
  return [make('usage_pend', pend), make('usage_insert', recordOnly)]
}

/**
 * Calls are kept whole: what fits or not is judged inside one statement, among what stands before
 * it. So calls that say an id differently never share one.
 */
function chunksOf(calls: readonly UsageCall[]): BatchRow<typeof kinds>[][] {
  const chunks: BatchRow<typeof kinds>[][] = []
  let last: BatchRow<typeof kinds>[] = []
  let said = new Map<string, string>()
  calls.forEach((call, number) => {
    const isOther = call.some((event) =>
      (said.get(keyOf(event)) ?? event.fingerprint) !== event.fingerprint)
    if (last.length === 0 || isOther || last.length + call.length > rowsMax) {
      chunks.push(last = [])
      said = new Map()
    }
    for (const event of call) {
      last.push({ call: number, ...event } as never)
      said.set(keyOf(event), event.fingerprint)
    }
  })
  return chunks
}

const keyOf = ({ organization_id: organization, id }: Record<string, unknown> | StoredEvent) =>
  `${String(organization)} ${String(id)}`

/** What became of the calls of a batch, asked in their order. */
class Outcomes {
  readonly #made: ReadonlySet<string>
  readonly #stored: ReadonlyMap<string, UsageRow>
  /** The events that were inserted, by the first call that was not refused. */
  readonly #fresh = new Map<string, StoredEvent>()

  constructor(made: ReadonlySet<string>, stored: ReadonlyMap<string, UsageRow>) {
    this.#made = made
    this.#stored = stored
  }

  of(call: UsageCall): Outcome<RecordedRow[]> {
    const other = call.find((event) => {
      const key = keyOf(event)
      const standing = this.#fresh.get(key) ?? this.#stored.get(key) ?? event
      return standing.fingerprint !== event.fingerprint
    })
    if (other !== undefined) return { error: conflict(other.id) }
    const rows = call.map((event) => this.#recorded(event))
    if (rows.every(({ row }) => row !== undefined)) return { value: rows as RecordedRow[] }
    // One of the same id went at this very moment: its retention was over.
    return { error: new Busy('An event of this id is being removed; repeat the call.') }
  }

  #recorded(event: StoredEvent) {
    const key = keyOf(event)
    if (!this.#made.has(key)) return { row: this.#stored.get(key), isDuplicate: true }
    const isDuplicate = this.#fresh.has(key)
    if (!isDuplicate) this.#fresh.set(key, event)
    return { row: decodeRow(usageEvents, this.#fresh.get(key)!), isDuplicate }
  }
}

const conflict = (id: string, cause?: unknown) => new UsageEventConflict(
  `An event ${id} is recorded already, and says something else.`, { cause })
