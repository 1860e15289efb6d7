import { type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type BatchRow, type Database, prepareBatch } from '../database/database.js'
import { type Engine, type RowKinds, type Statement } from '../database/engine.js'
import { decide, sameFloor } from './decision.js'
import { type FloorTables } from './tables.js'

type Rows = RawBuilder<unknown>

const floorKinds = { organization_id: 'id', conversation_id: 'id' } as const
const agentKinds = { ...floorKinds, speaker_uri: 'text' } as const
const settingKinds = {
  policy: 'text', hold_ms: 'integer', queue_max: 'integer', convener: 'text',
} as const
const commandKinds = {
  ...agentKinds, action: 'text', given_by: 'text', priority: 'integer', reason: 'text',
  fence: 'integer', ...settingKinds,
} as const
const holdKinds = { ...agentKinds, fence: 'integer' } as const
const openKinds = { ...floorKinds, ...settingKinds } as const
const pageKinds = { ...floorKinds, number: 'integer', until: 'integer' } as const

/** Which floor is meant, in stored form. */
export interface FloorKey {
  readonly organization_id: Stored<'id'>
  readonly conversation_id: Stored<'id'>
}

/** What is to happen to a floor, in stored form. The agent of `settle` and `configure` is ''. */
export type CommandRow = BatchRow<typeof commandKinds>

/** A grant of the floor, in stored form. */
export type HoldRow = BatchRow<typeof holdKinds>

/**
 * Keeps the conversations, before their floors are taken: a deletion takes them in this order, too,
 * and a floor that a transaction changes twice has its conversation looked up.
 */
const holdConversations = (rows: Rows) => sql`
  select c.id from ${rows} as g
  join conversations c on c.organization_id = g.organization_id and c.id = g.conversation_id
  order by c.organization_id, c.id for key share of c`

/**
 * Who holds these rows changes the floors; what follows in the transaction sees how all stands. In
 * one order, so that two batches never wait for each other.
 */
const lockFloors = (rows: Rows) => sql`
  select f.organization_id from floors f join ${rows} as g on ${sameFloor('f', 'g')}
  order by f.organization_id, f.conversation_id for update of f`

/**
 * The floors, before their events are looked up. By themselves, so that a planner that knows
 * nothing of the rows finds the new events of each by number, and never reads all that ever
 * happened.
 */
const withFloors = (rows: Rows) => sql`
  with f as materialized (
    select f.organization_id, f.conversation_id, f.event_count, f.ticket_count
    from ${rows} as g join floors f on ${sameFloor('f', 'g')})`

/** Events that were written and not yet applied. */
const fresh = sql`f join floor_events e on ${sameFloor('e', 'f')} and e.number > f.event_count`

/** Makes agents what their last event says. */
const applyToAgents = (rows: Rows) => sql`
  ${withFloors(rows)}
  insert into floor_agents (organization_id, conversation_id, speaker_uri, joined_at, ticket,
    priority, reason, requested_at, fence, granted_at, expires_at)
  select e.organization_id, e.conversation_id, e.speaker_uri, e.at,
    case when e.type = 'requested' then e.ticket end,
    case when e.type = 'requested' then e.priority end,
    case when e.type = 'requested' then e.reason end,
    case when e.type = 'requested' then e.at end,
    case when e.type = 'granted' then e.fence end,
    case when e.type = 'granted' then e.at end,
    case when e.type = 'granted' then e.expires_at end
  from (
    select e.*, row_number() over (
      partition by e.organization_id, e.conversation_id, e.speaker_uri
      order by e.number desc) as nth
    from ${fresh} where e.speaker_uri is not null) as e
  where e.nth = 1 and e.type <> 'left'
  on conflict (organization_id, conversation_id, speaker_uri) do update set
    ticket = excluded.ticket, priority = excluded.priority, reason = excluded.reason,
    requested_at = case when floor_agents.ticket = excluded.ticket
      then floor_agents.requested_at else excluded.requested_at end,
    fence = excluded.fence, granted_at = excluded.granted_at, expires_at = excluded.expires_at`

const removeLeft = (rows: Rows) => sql`
  ${withFloors(rows)}
  delete from floor_agents where (organization_id, conversation_id, speaker_uri) in (
    select e.organization_id, e.conversation_id, e.speaker_uri
    from ${fresh} where e.type = 'left')`

/** Brings the floors' own rows up to their last events. */
const applyToFloors = (rows: Rows) => sql`
  ${withFloors(rows)}
  update floors set
    event_count = n.number, updated_at = n.at,
    ticket_count = coalesce(n.ticket, floors.ticket_count),
    fence = coalesce(n.fence, floors.fence),
    agent_count = floors.agent_count + n.arrived,
    waiting_count = floors.waiting_count + n.queued,
    holder_count = floors.holder_count + n.held,
    policy = coalesce(n.policy, floors.policy),
    hold_ms = case when n.policy is null then floors.hold_ms else n.hold_ms end,
    queue_max = coalesce(n.queue_max, floors.queue_max),
    convener = case when n.policy is null then floors.convener else n.convener end,
    due_at = (
      select min(a.expires_at) from floor_agents a where ${sameFloor('a', 'floors')})
  from (
    select e.organization_id, e.conversation_id, max(e.number) as number, max(e.at) as at,
      max(case when e.ticket > f.ticket_count then e.ticket end) as ticket,
      max(case when e.type = 'granted' then e.fence end) as fence,
      sum(case e.type when 'joined' then 1 when 'left' then -1 else 0 end) as arrived,
      sum(case
        when e.type = 'requested' then case when e.ticket > f.ticket_count then 1 else 0 end
        when e.ticket is not null and e.type in ('granted', 'cancelled', 'left') then -1
        else 0 end) as queued,
      sum(case
        when e.type = 'granted' then 1
        when e.fence is not null and e.type in ('yielded', 'revoked', 'left') then -1
        else 0 end) as held,
      max(e.policy) as policy, max(e.hold_ms) as hold_ms, max(e.queue_max) as queue_max,
      max(e.convener) as convener
    from ${fresh}
    group by e.organization_id, e.conversation_id) as n
  where ${sameFloor('floors', 'n')}`

/** A floor begins with how it is set; the first event says so. */
const open = (engine: Engine) => (rows: Rows) => sql`
  insert into floors (organization_id, conversation_id, policy, hold_ms, queue_max, convener,
    event_count, ticket_count, fence, agent_count, waiting_count, holder_count, updated_at)
  select g.organization_id, g.conversation_id, g.policy, g.hold_ms, g.queue_max, g.convener,
    1, 0, 0, 0, 0, 0, ${engine.now()}
  from ${rows} as g where true
  on conflict (organization_id, conversation_id) do nothing`

const firstEvent = (rows: Rows) => sql`
  insert into floor_events (organization_id, conversation_id, number, type, at, policy, hold_ms,
    queue_max, convener)
  select f.organization_id, f.conversation_id, 1, 'configured', f.updated_at, f.policy, f.hold_ms,
    f.queue_max, f.convener
  from ${rows} as g join floors f on ${sameFloor('f', 'g')}
  where f.event_count = 1
  on conflict (organization_id, conversation_id, number) do nothing`

const isHolding = (engine: Engine) => sql`
  (a.fence is not null and (a.expires_at is null or a.expires_at > ${engine.now()}))`

/** How an agent stands, with its place in the queue; one row while there is a floor. */
const standing = (engine: Engine) => (rows: Rows) => sql`
  select f.policy, f.convener, f.queue_max, f.waiting_count, f.agent_count, f.event_count,
    a.joined_at, a.ticket, a.priority, a.reason, a.requested_at,
    case when ${isHolding(engine)} then a.fence end as fence,
    case when ${isHolding(engine)} then a.granted_at end as granted_at,
    case when ${isHolding(engine)} then a.expires_at end as expires_at,
    case when a.ticket is null then null else (
      select count(*) from floor_agents b
      where ${sameFloor('b', 'f')} and b.ticket is not null and (b.priority > a.priority
        or (b.priority = a.priority and b.ticket <= a.ticket))) end as place
  from ${rows} as g
  join floors f on ${sameFloor('f', 'g')}
  left join floor_agents a on ${sameFloor('a', 'g')} and a.speaker_uri = g.speaker_uri`

/** The floor and everybody in it; one row at least while there is a floor. */
const whole = (engine: Engine) => (rows: Rows) => sql`
  select f.*, a.speaker_uri, a.joined_at, a.ticket, a.priority, a.reason, a.requested_at,
    a.fence as agent_fence, a.granted_at, a.expires_at,
    case when ${isHolding(engine)} then 1 else 0 end as holds
  from ${rows} as g
  join floors f on ${sameFloor('f', 'g')}
  left join floor_agents a on ${sameFloor('a', 'f')}`

/** Events behind a number, beside how many there are; one row at least while there is a floor. */
const eventsAfter = (rows: Rows) => sql`
  select f.event_count, e.*
  from ${rows} as g
  join floors f on ${sameFloor('f', 'g')}
  left join floor_events e on ${sameFloor('e', 'f')} and e.number > g.number
    and e.number <= g.until
  order by e.number`

/** The same of a guarded transaction, which may well write to the conversation next. */
const whichStays = (engine: Engine) => engine.rowLocks
  ? sql`join conversations c on c.organization_id = f.organization_id and c.id = f.conversation_id`
  : sql``

/** Rows that a guarded transaction keeps as they are; both, lest one of them be seen as it was. */
const kept = (engine: Engine) => engine.rowLocks ? sql`for share of f, a` : sql``

/** Proves a hold until the transaction ends. */
const prove = (engine: Engine) => (rows: Rows) => sql`
  select a.fence from ${rows} as g
  join floors f on ${sameFloor('f', 'g')}
  join floor_agents a on ${sameFloor('a', 'f')} and a.speaker_uri = g.speaker_uri
  ${whichStays(engine)}
  where a.fence = g.fence and ${isHolding(engine)}
  ${engine.rowLocks ? sql`for key share of c` : sql``} ${kept(engine)}`

/** The same proof as a condition within another statement. */
export const isProven = (engine: Engine, hold: HoldRow): RawBuilder<boolean> => sql`exists (
  select 1 from floors f join floor_agents a on ${sameFloor('a', 'f')}
  where f.organization_id = ${hold.organization_id} and f.conversation_id = ${hold.conversation_id}
    and a.speaker_uri = ${hold.speaker_uri} and a.fence = ${hold.fence} and ${isHolding(engine)}
  ${kept(engine)})`

/** The statements of floors, compiled once for a database. */
export type FloorStatements = ReturnType<typeof floorStatements>

/** Prepares the statements of floors for a database. */
export function floorStatements(database: Database<FloorTables>) {
  const { engine } = database
  const on = database.as<never>()
  const many = <K extends RowKinds>(
    name: string, kinds: K, build: (rows: Rows) => RawBuilder<unknown>,
  ) => prepareBatch(on, { name: `floors_${name}`, kinds, build })
  const one = <K extends RowKinds>(
    name: string, kinds: K, build: (rows: Rows) => RawBuilder<unknown>,
  ) => {
    const batch = many(name, kinds, build)
    return (row: BatchRow<K>): Statement => batch([row])
  }
  const read = <K extends RowKinds>(
    name: string, kinds: K, build: (rows: Rows) => RawBuilder<unknown>,
  ) => {
    const statement = one(name, kinds, build)
    return (row: BatchRow<K>): Statement => ({ ...statement(row), readOnly: true })
  }
  return {
    hold: many('hold', floorKinds, holdConversations),
    lock: many('lock', floorKinds, lockFloors),
    decide: many('decide', commandKinds, decide(engine)),
    applyToAgents: many('agents', floorKinds, applyToAgents),
    removeLeft: many('left', floorKinds, removeLeft),
    applyToFloors: many('apply', floorKinds, applyToFloors),
    open: one('open', openKinds, open(engine)),
    firstEvent: one('first_event', floorKinds, firstEvent),
    standing: read('standing', agentKinds, standing(engine)),
    whole: read('whole', floorKinds, whole(engine)),
    eventsAfter: read('events', pageKinds, eventsAfter),
    prove: one('prove', holdKinds, prove(engine)),
  }
}
