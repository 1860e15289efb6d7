import { type RawBuilder, sql } from 'kysely'

/** A table expression of rows handed in as parameters. */
export type Rows = RawBuilder<unknown>

/** One row a call: how many messages it adds to its conversation, and which is its last. */
export const tallyKinds = {
  organization_id: 'id',
  conversation_id: 'id',
  added: 'integer',
  last_id: 'id',
  created_at: 'instant',
} as const

/** Whose key a call has, if any. */
export const keyKinds = { actor_id: 'text', key: 'text', claim: 'id' } as const

/** One row a call that may have a key; later calls of a conversation have a higher place. */
export const keyedTallyKinds = { ...tallyKinds, place: 'integer', ...keyKinds } as const

/** One row a message that stands alone in its conversation's part of the batch. */
export const loneKinds = {
  organization_id: 'id',
  conversation_id: 'id',
  id: 'id',
  kind: 'text',
  role: 'text',
  content: 'json',
  metadata: 'json',
  author: 'text',
  model: 'text',
  tokens_used: 'integer',
  cost_usd: 'text',
  created_at: 'instant',
} as const

/** One row a message. */
export const draftKinds = {
  ...loneKinds,
  /** How many messages of its conversation follow before the positions are handed out again. */
  followers: 'integer',
  /** The last message of its conversation in this batch. */
  last_id: 'id',
  /** The message before it in this batch; null for the first, which follows the active leaf. */
  parent_message_id: 'id',
} as const

/** The conversation's number in the batch. */
const placeKinds = { place: 'integer' } as const

/** One row a message of a batch in which each conversation has one. */
export const singleKinds = { ...loneKinds, ...placeKinds } as const

/** One row a message of a batch that knows how its conversations grow. */
export const batchKinds = {
  ...draftKinds,
  ...placeKinds,
  /** Messages of the conversation in the batch; only its last one's row is asked. */
  added: 'integer',
} as const

/** One row a message of a call that may have a key. */
export const keyedDraftKinds = { ...draftKinds, ...keyKinds } as const

/** One row for a lone message that must follow the active leaf it names. */
export const followKinds = { ...loneKinds, expected_leaf_id: 'id' } as const

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

/** What an append does to its conversation's row; the old leaf stays in it for the insert. */
const counted = (added: RawBuilder<unknown>, last: RawBuilder<unknown>) => sql`
  message_count = conversations.message_count + ${added},
  active_depth = conversations.active_depth + ${added},
  previous_leaf_id = conversations.active_leaf_id,
  active_leaf_id = ${last},
  updated_at = b.created_at`

/** As `counted`, for any number of messages of the row's conversation. */
const countedAll = counted(sql`b.added`, sql`b.last_id`)

/** As `counted`, for the row's message alone. */
const countedOne = counted(sql`1`, sql`b.id`)

/** Lets conversations count what is added; the rows hold each conversation once. */
export const countStatement = (rows: Rows) => sql`
  update conversations set ${countedAll}
  from ${rows} as b
  where conversations.organization_id = b.organization_id
    and conversations.id = b.conversation_id`

/** Counts one message a conversation. */
const countOne = (rows: Rows) => sql`
  update conversations set ${countedOne}
  from ${rows} as b
  where conversations.organization_id = b.organization_id
    and conversations.id = b.conversation_id`

/** As `countOne`, only where the message follows the leaf that its caller names. */
export const followCountStatement = (rows: Rows) => sql`
  ${countOne(rows)} and conversations.active_leaf_id = b.expected_leaf_id`

const messageColumns = sql`
  (organization_id, conversation_id, id, position, branch, depth, parent_message_id, kind, role,
   content, metadata, author, model, tokens_used, cost_usd, revision, created_at)`

const given = sql`
  b.kind, b.role, b.content, b.metadata, b.author, b.model, b.tokens_used, b.cost_usd, 1,
  b.created_at`

const messageValues = sql`
  b.organization_id, b.conversation_id, b.id, c.message_count - b.followers, c.active_branch,
  c.active_depth - b.followers, coalesce(b.parent_message_id, c.previous_leaf_id), ${given}`

const placed = sql`returning position, depth, parent_message_id`

const insertAll = (rows: Rows) => sql`
  insert into messages ${messageColumns}
  select ${messageValues}
  from ${rows} as b
  join conversations c
    on c.organization_id = b.organization_id and c.id = b.conversation_id
    and c.active_leaf_id = b.last_id`

/** Inserts messages behind a count that included them. */
export const insertStatement = (rows: Rows) => sql`${insertAll(rows)} ${placed}`

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
    (array_agg(f.last_id order by f.place desc))[1] as last_id, max(f.created_at) as created_at
  from ${freshRows(rows)} as f
  group by f.organization_id, f.conversation_id)`)

const inConversation = sql`partition by f.organization_id, f.conversation_id order by f.followers`

/** As `insertStatement`; which calls are fresh is only known here, so what follows counts here. */
export const freshInsertStatement = (rows: Rows) => sql`${insertAll(sql`(
  select f.organization_id, f.conversation_id, f.id, f.kind, f.role, f.content, f.metadata,
    f.author, f.model, f.tokens_used, f.cost_usd, f.created_at,
    row_number() over (${inConversation}) - 1 as followers,
    first_value(f.id) over (${inConversation}) as last_id,
    lead(f.id) over (${inConversation}) as parent_message_id
  from ${freshRows(rows)} as f)`)}
  returning organization_id, conversation_id, id, position, depth, parent_message_id`

/** Inserts the last message of each counted conversation. */
const insertLast = (parent: RawBuilder<unknown>) => sql`
  insert into messages ${messageColumns}
  select b.organization_id, b.conversation_id, b.id, b.message_count, b.active_branch,
    b.active_depth, ${parent}, ${given}
  from counted b`

/** As `insertLast`, where there is no other. */
const insertOnly = insertLast(sql`b.previous_leaf_id`)

const insertCounted = sql`${insertOnly} ${placed}`

const countedRow = sql`
  returning conversations.message_count, conversations.active_branch, conversations.active_depth,
    conversations.previous_leaf_id, b.*`

/** Counts and inserts one message alone, for engines that write inside `with`. */
export const loneStatement = (rows: Rows) => sql`
  with counted as (${countOne(rows)} ${countedRow})
  ${insertCounted}`

/** As `loneStatement`, only where the message follows the leaf that its caller names. */
export const followStatement = (rows: Rows) => sql`
  with counted as (${followCountStatement(rows)} ${countedRow})
  ${insertCounted}`

/** One row a conversation that is there, however many messages: how it stands now. */
const grown = sql`
  select place, message_count, active_depth, previous_leaf_id from counted`

/**
 * Counts and inserts in one statement, for engines that write inside `with`: no transaction around
 * it, no second look at the rows. Each conversation has one message here.
 *
 * Two processes that count several conversations must take them in one order, that of the rows. The
 * statement is planned for few rows, so it looks the conversations up one by one, in this order;
 * were it ever planned otherwise, a deadlock would be found and the batch repeated.
 */
export const singlesStatement = (rows: Rows) => sql`
  with counted as (${countOne(rows)} ${countedRow}),
  inserted as (${insertOnly})
  ${grown}`

/** As `singlesStatement`, for conversations with any number of messages. */
export const wholeStatement = (rows: Rows) => sql`
  with given as materialized (select * from ${rows} as r),
  counted as (
    update conversations set ${countedAll}
    from given as b
    where conversations.organization_id = b.organization_id
      and conversations.id = b.conversation_id and b.followers = 0
    ${countedRow}
  ),
  inserted as (
    ${insertLast(sql`coalesce(b.parent_message_id, b.previous_leaf_id)`)}
    union all
    select ${messageValues}
    from given b
    join counted c on c.place = b.place
    where b.followers > 0
  )
  ${grown}`
