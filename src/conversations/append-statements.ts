import { type RawBuilder, sql } from 'kysely'

/** A table expression of rows handed in as parameters. */
export type Rows = RawBuilder<unknown>

/** One row a call: how many messages it adds to its conversation. */
export const tallyKinds = {
  organization_id: 'id',
  conversation_id: 'id',
  added: 'integer',
  created_at: 'instant',
} as const

const keyKinds = { actor_id: 'text', key: 'text', claim: 'id' } as const

/** One row a call that may have a key. */
export const keyedTallyKinds = { ...tallyKinds, ...keyKinds } as const

/** One row a message. */
export const draftKinds = {
  organization_id: 'id',
  conversation_id: 'id',
  id: 'id',
  /** How many messages of its conversation follow before the positions are handed out again. */
  followers: 'integer',
  parent_message_id: 'id',
  role: 'text',
  content: 'json',
  metadata: 'json',
  tokens_used: 'integer',
  created_at: 'instant',
} as const

/** One row a message of a call that may have a key. */
export const keyedDraftKinds = { ...draftKinds, ...keyKinds } as const

/** One row a key. */
export const claimKinds = {
  organization_id: 'id',
  conversation_id: 'id',
  ...keyKinds,
  fingerprint: 'text',
  result: 'json',
  created_at: 'instant',
  expires_at: 'instant',
} as const

/** Claims keys for calls; one whose conversation is not there, or whose key is taken, gets none. */
export const claimStatement = (rows: Rows) => sql`
  insert into idempotency_keys
    (organization_id, actor_id, key, fingerprint, claim, result, created_at, expires_at)
  select b.organization_id, b.actor_id, b.key, b.fingerprint, b.claim, b.result, b.created_at,
    b.expires_at
  from ${rows} as b
  join conversations c on c.organization_id = b.organization_id and c.id = b.conversation_id
  where true
  on conflict do nothing`

/** Lets conversations count what is added; the rows hold each conversation once. */
export const countStatement = (rows: Rows) => sql`
  update conversations
  set message_count = conversations.message_count + b.added, updated_at = b.created_at
  from ${rows} as b
  where conversations.organization_id = b.organization_id
    and conversations.id = b.conversation_id`

const messageColumns = sql`
  (organization_id, conversation_id, id, position, parent_message_id, role, content,
   metadata, tokens_used, revision, created_at)`

const messageValues = sql`
  b.organization_id, b.conversation_id, b.id, c.message_count - b.followers,
  b.parent_message_id, b.role, b.content, b.metadata, b.tokens_used, 1, b.created_at`

/** Inserts messages behind a count that included them. */
export const insertStatement = (rows: Rows) => sql`
  insert into messages ${messageColumns}
  select ${messageValues}
  from ${rows} as b
  join conversations c
    on c.organization_id = b.organization_id and c.id = b.conversation_id
  returning id, position`

/** Leaves out the rows of calls whose key belongs to an earlier call. */
export const freshRows = (rows: Rows) => sql`(
  select b.* from ${rows} as b
  left join idempotency_keys k
    on k.organization_id = b.organization_id and k.actor_id = b.actor_id
    and k.key = b.key and k.claim = b.claim
  where b.claim is null or k.claim is not null)`

/** As `countStatement`, for any rows of calls that may have keys. */
export const freshCountStatement = (rows: Rows) => countStatement(sql`(
  select f.organization_id, f.conversation_id, cast(sum(f.added) as bigint) as added,
    max(f.created_at) as created_at
  from ${freshRows(rows)} as f
  group by f.organization_id, f.conversation_id)`)

/** As `insertStatement`; which calls are fresh is only known here, so followers count here. */
export const freshInsertStatement = (rows: Rows) => insertStatement(sql`(
  select f.organization_id, f.conversation_id, f.id, f.parent_message_id, f.role, f.content,
    f.metadata, f.tokens_used, f.created_at,
    row_number() over (
      partition by f.organization_id, f.conversation_id order by f.followers) - 1 as followers
  from ${freshRows(rows)} as f)`)

/** Counts and inserts one message alone, for engines that write inside `with`. */
export const loneStatement = (rows: Rows) => sql`
  with counted as (
    update conversations
    set message_count = conversations.message_count + 1, updated_at = b.created_at
    from ${rows} as b
    where conversations.organization_id = b.organization_id
      and conversations.id = b.conversation_id
    returning conversations.message_count, b.*
  )
  insert into messages ${messageColumns}
  select b.organization_id, b.conversation_id, b.id, b.message_count,
    b.parent_message_id, b.role, b.content, b.metadata, b.tokens_used, 1, b.created_at
  from counted b
  returning id, position`

const tallies = sql`
  select organization_id, conversation_id as id, count(*) as added, max(created_at) as created_at
  from given group by organization_id, conversation_id`

/**
 * Two processes that count several conversations must take them in one order. The statement is
 * planned for few rows, so it looks the conversations up one by one, in this order; were it ever
 * planned otherwise, a deadlock would be found and the batch repeated.
 */
const orderedTallies = sql`${tallies} order by organization_id, conversation_id`

/**
 * Counts and inserts in one statement, for engines that write inside `with`: no transaction around
 * it, no second look at the rows.
 */
export const wholeStatement = (rows: Rows, several: boolean) => sql`
  with given as materialized (select * from ${rows} as r),
  tallied as materialized (${several ? orderedTallies : tallies}),
  counted as (
    update conversations
    set message_count = conversations.message_count + t.added, updated_at = t.created_at
    from tallied t
    where conversations.organization_id = t.organization_id and conversations.id = t.id
    returning conversations.organization_id, conversations.id, conversations.message_count
  )
  insert into messages ${messageColumns}
  select ${messageValues}
  from given b
  join counted c on c.organization_id = b.organization_id and c.id = b.conversation_id
  returning id, position`
