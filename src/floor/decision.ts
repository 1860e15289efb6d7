import { type RawBuilder, sql } from 'kysely'
import { type Engine } from '../database/engine.js'
import { agentsMax } from './rules.js'

type Rows = RawBuilder<unknown>

/** Whether two rows are of one floor. */
export const sameFloor = (left: string, right: string) => sql`
  ${sql.ref(left)}.organization_id = ${sql.ref(right)}.organization_id
  and ${sql.ref(left)}.conversation_id = ${sql.ref(right)}.conversation_id`

/** One if it holds, else zero, on every engine. */
const flag = (condition: RawBuilder<unknown>) => sql`case when ${condition} then 1 else 0 end`

const differ = (left: string, right: string, none: RawBuilder<unknown>) => sql`
  coalesce(${sql.ref(left)}, ${none}) <> coalesce(${sql.ref(right)}, ${none})`

const setting = (name: string) => sql`
  case when g.action = 'configure' then ${sql.ref(`g.${name}`)} else ${sql.ref(`f.${name}`)} end
    as ${sql.ref(name)}`

/** How each floor, and the agent meant, stands once the holds are over whose time is. */
const situations = (engine: Engine, rows: Rows) => sql`
  select g.organization_id, g.conversation_id, g.action, g.speaker_uri, g.given_by, g.priority,
    g.reason, g.fence as given_fence,
    ${setting('policy')}, ${setting('hold_ms')}, ${setting('queue_max')}, ${setting('convener')},
    ${flag(sql`g.action = 'configure' and (g.policy <> f.policy
      or ${differ('g.hold_ms', 'f.hold_ms', sql`0`)} or g.queue_max <> f.queue_max
      or ${differ('g.convener', 'f.convener', sql`''`)})`)} as configures,
    ${flag(sql`g.given_by is null or g.given_by = f.convener`)} as may,
    f.event_count, f.ticket_count, f.fence as last_fence, f.waiting_count,
    ${flag(sql`f.due_at <= ${engine.now()}`)} as is_due,
    f.holder_count - case when f.due_at <= ${engine.now()} then (
      select count(*) from floor_agents x
      where ${sameFloor('x', 'f')} and x.expires_at <= ${engine.now()}) else 0 end as holders,
    ${flag(sql`m.speaker_uri is not null`)} as is_there,
    ${flag(sql`m.speaker_uri is not null or f.agent_count < ${sql.lit(agentsMax)}`)} as has_room,
    ${flag(sql`m.ticket is not null`)} as waits,
    m.ticket, m.priority as old_priority, m.reason as old_reason,
    case when m.expires_at is null or m.expires_at > ${engine.now()} then m.fence end as fence,
    ${engine.now()} as at
  from ${rows} as g
  join floors f on ${sameFloor('f', 'g')}
  left join floor_agents m on ${sameFloor('m', 'g')} and m.speaker_uri = g.speaker_uri`

/** A new request joins the queue while there is room, or goes through to a free floor. */
const mayRequest = sql`
  case when s.waits = 1
    then s.priority <> s.old_priority or ${differ('s.reason', 's.old_reason', sql`''`)}
    else s.policy = 'shared' or s.waiting_count < s.queue_max
      + ${flag(sql`s.policy = 'exclusive' and s.holders = 0`)}
  end`

/** What each command does. */
const deeds = sql`
  select s.*,
    ${flag(sql`s.action = 'request' and s.fence is null and s.has_room = 1
      and ${mayRequest}`)} as requests,
    ${flag(sql`s.action = 'cancel' and s.waits = 1`)} as cancels,
    ${flag(sql`s.action = 'yield' and s.fence = coalesce(s.given_fence, s.fence)`)} as yields,
    ${flag(sql`s.action = 'revoke' and s.fence = coalesce(s.given_fence, s.fence)
      and s.may = 1`)} as revokes,
    ${flag(sql`s.action = 'leave' and s.is_there = 1`)} as leaves,
    ${flag(sql`s.action = 'grant' and s.fence is null and s.may = 1 and s.has_room = 1
      and s.policy <> 'exclusive'`)} as grants
  from s`

/** What follows from it: who joins by it, and whether those who wait are served. */
const followed = sql`
  select d.*,
    ${flag(sql`d.is_there = 0 and d.has_room = 1
      and (d.action = 'join' or d.requests = 1 or d.grants = 1)`)} as joins,
    ${flag(sql`d.policy = 'shared' or (d.policy = 'exclusive' and
      case when d.configures = 1 and d.holders > 1 then 1 else d.holders - d.yields - d.revokes
        - ${flag(sql`d.leaves = 1 and d.fence is not null`)} end = 0)`)} as serves
  from d`

/** Everybody who may be granted the floor now; of an exclusive one the first. */
const candidates = sql`
  select j.organization_id, j.conversation_id, x.speaker_uri, x.ticket, x.priority
  from j join floor_agents x on ${sameFloor('x', 'j')}
  where j.serves = 1 and x.ticket is not null and x.speaker_uri <> j.speaker_uri
  union all
  select j.organization_id, j.conversation_id, j.speaker_uri,
    coalesce(j.ticket, j.ticket_count + 1),
    case when j.requests = 1 then j.priority else j.old_priority end
  from j
  where j.serves = 1 and (j.requests = 1 or (j.waits = 1 and j.cancels = 0 and j.leaves = 0))
  union all
  select j.organization_id, j.conversation_id, j.speaker_uri, j.ticket, j.old_priority
  from j
  where j.grants = 1 or (j.policy = 'shared' and j.joins = 1 and j.action = 'join')`

const queue = sql`
  select q.*, row_number() over (
    partition by q.organization_id, q.conversation_id
    order by coalesce(q.priority, 0) desc, q.ticket) as place
  from q`

const noText = sql`nullif('', '')`

/** The end of a hold that is not the command's own; of all columns the types are known. */
const ends = (rank: number, reason: string, end: RawBuilder<unknown>) => sql`
  select j.organization_id, j.conversation_id, j.event_count, j.at, ${sql.lit(rank)} as rank,
    x.fence as turn,
    'revoked' as type, x.speaker_uri, ${noText} as given_by, x.ticket, x.priority,
    ${sql.lit(reason)} as reason, x.fence, ${end} as expires_at,
    ${noText} as policy, x.ticket as hold_ms, x.ticket as queue_max, ${noText} as convener
  from j join floor_agents x on ${sameFloor('x', 'j')}`

/** All columns of an event about the command's own agent, or the floor. */
const own = (rank: number, type: RawBuilder<unknown>, rest: RawBuilder<unknown>) => sql`
  select j.organization_id, j.conversation_id, j.event_count, j.at, ${sql.lit(rank)}, 0,
    ${type}, ${rest} from j`

const configured = own(2, sql`'configured'`, sql`
  null, null, null, null, null, null, null, j.policy, j.hold_ms, j.queue_max, j.convener`)

const joined = own(3, sql`'joined'`, sql`
  j.speaker_uri, null, null, null, null, null, null, null, null, null, null`)

const done = own(4, sql`
  case when j.requests = 1 then 'requested' when j.cancels = 1 then 'cancelled'
    when j.yields = 1 then 'yielded' when j.revokes = 1 then 'revoked' else 'left' end`, sql`
  j.speaker_uri, case when j.revokes = 1 then j.given_by end,
  case when j.requests = 1 then coalesce(j.ticket, j.ticket_count + 1) else j.ticket end,
  case when j.requests = 1 then j.priority else j.old_priority end, j.reason, j.fence,
  null, null, null, null, null`)

const granted = (engine: Engine) => sql`
  select j.organization_id, j.conversation_id, j.event_count, j.at, 6, w.place, 'granted',
    w.speaker_uri, case when j.grants = 1 then j.given_by end, w.ticket, w.priority, null,
    j.last_fence + w.place,
    case when j.hold_ms is null then null else ${engine.now(sql`j.hold_ms`)} end,
    null, null, null, null
  from w join j on ${sameFloor('j', 'w')}
  where j.policy <> 'exclusive' or w.place = 1`

const events = (engine: Engine) => sql`
  ${ends(1, '@timedOut', sql`x.expires_at`)} where j.is_due = 1 and x.expires_at <= j.at
  union all ${configured} where j.configures = 1
  union all ${joined} where j.joins = 1
  union all ${done} where j.requests + j.cancels + j.yields + j.revokes + j.leaves = 1
  union all ${ends(5, '@override', sql`null`)}
    where j.configures = 1 and j.policy = 'exclusive' and j.holders > 1
      and x.fence is not null and (x.expires_at is null or x.expires_at > j.at)
      and x.fence > (
        select min(y.fence) from floor_agents y
        where ${sameFloor('y', 'j')} and (y.expires_at is null or y.expires_at > j.at))
  union all ${granted(engine)}`

/**
 * Writes down, as events, what becomes of one command to each of several floors: holds whose time
 * is over end, then the command happens or does not, then whoever is next is granted the floor. The
 * rows of the floors must be held, and each floor be named once.
 */
export const decide = (engine: Engine) => (rows: Rows) => sql`
  with s as materialized (${situations(engine, rows)}),
  d as (${deeds}),
  j as materialized (${followed}),
  q as (${candidates}),
  w as materialized (${queue}),
  e as (${events(engine)})
  insert into floor_events (organization_id, conversation_id, number, type, speaker_uri, at,
    given_by, ticket, priority, reason, fence, expires_at, policy, hold_ms, queue_max, convener)
  select e.organization_id, e.conversation_id,
    e.event_count + row_number() over (
      partition by e.organization_id, e.conversation_id order by e.rank, e.turn),
    e.type, e.speaker_uri, e.at, e.given_by, e.ticket, e.priority, e.reason, e.fence,
    e.expires_at, e.policy, e.hold_ms, e.queue_max, e.convener
  from e
  returning *`
