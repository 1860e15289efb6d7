import { type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type BatchRow, type Database, prepareBatch, repeated } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { type Claim } from '../idempotency/index.js'
import { type ConversationTables } from './tables.js'

/** The stored form of one message, its position still to be handed out. */
export interface MessageDraft {
  readonly id: Stored<'id'>
  readonly parent_message_id: Stored<'id'> | null
  readonly role: Stored<'text'>
  readonly content: Stored<'json'>
  readonly metadata: Stored<'json'>
  readonly tokens_used: Stored<'integer'> | null
}

/** One call of append: its messages stand together or not at all. */
export interface AppendCall {
  readonly organizationId: Stored<'id'>
  readonly conversationId: Stored<'id'>
  readonly createdAt: Stored<'instant'>
  readonly drafts: readonly MessageDraft[]
  /** Set when the call must have one effect however often it arrives. */
  readonly claim?: Claim
}

/** Position of the call's first message; undefined when the call wrote nothing. */
export type FirstPosition = number | undefined

/** One row a conversation of the batch, in id order. */
const tallyKinds = {
  organization_id: 'id',
  conversation_id: 'id',
  added: 'integer',
  created_at: 'instant',
} as const

const draftKinds = {
  organization_id: 'id',
  conversation_id: 'id',
  id: 'id',
  /** How many messages of its conversation follow in this batch. */
  followers: 'integer',
  parent_message_id: 'id',
  role: 'text',
  content: 'json',
  metadata: 'json',
  tokens_used: 'integer',
  created_at: 'instant',
} as const

const keyKinds = { actor_id: 'text', key: 'text', claim: 'id' } as const
const keyedTallyKinds = { ...tallyKinds, ...keyKinds } as const
const keyedDraftKinds = { ...draftKinds, ...keyKinds } as const

const claimKinds = {
  organization_id: 'id',
  conversation_id: 'id',
  ...keyKinds,
  fingerprint: 'text',
  result: 'json',
  created_at: 'instant',
  expires_at: 'instant',
} as const

type Rows = RawBuilder<unknown>
type TallyRow = BatchRow<typeof keyedTallyKinds>
type DraftRow = BatchRow<typeof keyedDraftKinds>
type ClaimRow = BatchRow<typeof claimKinds>

/** Keys the batch's own calls claim; a call for a conversation that is not there claims none. */
const claimStatement = (rows: Rows) => sql`
  insert into idempotency_keys
    (organization_id, actor_id, key, fingerprint, claim, result, created_at, expires_at)
  select b.organization_id, b.actor_id, b.key, b.fingerprint, b.claim, b.result, b.created_at,
    b.expires_at
  from ${rows} as b
  join conversations c on c.organization_id = b.organization_id and c.id = b.conversation_id
  where true
  on conflict do nothing`

/** Without keys the tallies hold one row a conversation, so nothing needs adding up. */
const countStatement = (rows: Rows) => sql`
  update conversations
  set message_count = conversations.message_count + b.added, updated_at = b.created_at
  from ${rows} as b
  where conversations.organization_id = b.organization_id
    and conversations.id = b.conversation_id`

const insertStatement = (rows: Rows) => sql`
  insert into messages
    (organization_id, conversation_id, id, position, parent_message_id, role, content,
     metadata, tokens_used, revision, created_at)
  select b.organization_id, b.conversation_id, b.id, c.message_count - b.followers,
    b.parent_message_id, b.role, b.content, b.metadata, b.tokens_used, 1, b.created_at
  from ${rows} as b
  join conversations c
    on c.organization_id = b.organization_id and c.id = b.conversation_id
  returning id, position`

/** Leaves out the rows of calls whose key belongs to an earlier call. */
const freshRows = (rows: Rows) => sql`(
  select b.* from ${rows} as b
  left join idempotency_keys k
    on k.organization_id = b.organization_id and k.actor_id = b.actor_id
    and k.key = b.key and k.claim = b.claim
  where b.claim is null or k.claim is not null)`

const keyedCountStatement = (rows: Rows) => countStatement(sql`(
  select f.organization_id, f.conversation_id, cast(sum(f.added) as bigint) as added,
    max(f.created_at) as created_at
  from ${freshRows(rows)} as f
  group by f.organization_id, f.conversation_id)`)

/** Which calls are fresh is only known here, so the followers are counted here. */
const keyedInsertStatement = (rows: Rows) => insertStatement(sql`(
  select f.organization_id, f.conversation_id, f.id, f.parent_message_id, f.role, f.content,
    f.metadata, f.tokens_used, f.created_at,
    row_number() over (
      partition by f.organization_id, f.conversation_id order by f.followers) - 1 as followers
  from ${freshRows(rows)} as f)`)

/**
 * Appends the messages of many calls in one atomic batch: claim the keys, let each conversation
 * hand out positions, insert. One transaction, one round trip.
 */
export class AppendBatch {
  readonly #database: Database<ConversationTables>
  readonly #claim: (rows: readonly ClaimRow[]) => Statement
  readonly #plain: BatchStatements
  readonly #keyed: BatchStatements

  constructor(database: Database<ConversationTables>) {
    this.#database = database
    const on = database.as<never>()
    this.#claim = prepareBatch(on, {
      name: 'messages_claim', kinds: claimKinds, build: claimStatement,
    })
    this.#plain = {
      count: prepareBatch(on, {
        name: 'messages_count', kinds: tallyKinds, build: countStatement,
      }),
      insert: prepareBatch(on, {
        name: 'messages_insert', kinds: draftKinds, build: insertStatement,
      }),
    }
    this.#keyed = {
      count: prepareBatch(on, {
        name: 'messages_count_keyed', kinds: keyedTallyKinds, build: keyedCountStatement,
      }),
      insert: prepareBatch(on, {
        name: 'messages_insert_keyed', kinds: keyedDraftKinds, build: keyedInsertStatement,
      }),
    }
  }

  /** The position of each call's first message, in order; undefined where nothing was written. */
  async write(
    calls: readonly AppendCall[],
    database: Database<ConversationTables> = this.#database,
  ): Promise<FirstPosition[]> {
    const claims = claimsOf(calls)
    const { count, insert } = claims.length > 0 ? this.#keyed : this.#plain
    const inserting = insert(draftRows(calls))
    const statements = [
      ...(claims.length > 0 ? [this.#claim(claims)] : []),
      count(claims.length > 0 ? calls.map(tallyRow) : talliesOf(calls)),
      inserting,
    ]
    const results = await repeated(() => database.atomic(statements))
    const inserted = results[statements.indexOf(inserting)]!.rows
    const positions = new Map(inserted.map((row) => [row.id, Number(row.position)]))
    return calls.map((call) => positions.get(call.drafts[0]!.id))
  }
}

interface BatchStatements {
  readonly count: (rows: readonly TallyRow[]) => Statement
  readonly insert: (rows: readonly DraftRow[]) => Statement
}

/** In one order everywhere, so that two processes with the same keys cannot deadlock. */
function claimsOf(calls: readonly AppendCall[]): ClaimRow[] {
  const rows = calls.flatMap((call) => (call.claim === undefined ? [] : [claimRow(call)]))
  const sortKey = (row: ClaimRow) => `${row.organization_id} ${row.actor_id} ${row.key}`
  return rows.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
}

function claimRow({ claim, conversationId, createdAt, drafts }: AppendCall): ClaimRow {
  const result = JSON.stringify({ ids: drafts.map(({ id }) => id), created_at: createdAt })
  return { ...claim!, conversation_id: conversationId, result: result as Stored<'json'> }
}

function tallyRow(call: AppendCall): TallyRow {
  return {
    organization_id: call.organizationId,
    conversation_id: call.conversationId,
    added: call.drafts.length as Stored<'integer'>,
    created_at: call.createdAt,
    ...keyOf(call),
  }
}

/** One row a conversation, in id order: two processes then lock conversations in one order. */
function talliesOf(calls: readonly AppendCall[]): TallyRow[] {
  const tallies = new Map<string, TallyRow>()
  for (const call of calls) {
    const name = call.organizationId + call.conversationId
    const row = tallyRow(call)
    const before = tallies.get(name)?.added ?? 0
    tallies.set(name, { ...row, added: (before + call.drafts.length) as Stored<'integer'> })
  }
  if (tallies.size === 1) return [...tallies.values()]
  return [...tallies].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

/** Last message first: each row then knows how many of its conversation follow. */
function draftRows(calls: readonly AppendCall[]): DraftRow[] {
  const rows: DraftRow[] = []
  const seen = new Map<string, number>()
  for (const call of calls.toReversed()) {
    const name = call.organizationId + call.conversationId
    let followers = seen.get(name) ?? 0
    for (const draft of call.drafts.toReversed()) {
      rows.push({
        organization_id: call.organizationId,
        conversation_id: call.conversationId,
        created_at: call.createdAt,
        followers: followers as Stored<'integer'>,
        ...draft,
        ...keyOf(call),
      })
      followers += 1
    }
    seen.set(name, followers)
  }
  return rows.reverse()
}

const noKey = { actor_id: null, key: null, claim: null } as const

function keyOf({ claim }: AppendCall) {
  if (claim === undefined) return noKey
  return { actor_id: claim.actor_id, key: claim.key, claim: claim.claim }
}
