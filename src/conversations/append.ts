import { type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type BatchRow, type Database, prepareBatch } from '../database/database.js'
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

const callKinds = {
  organization_id: 'id',
  conversation_id: 'id',
  added: 'integer',
  created_at: 'instant',
  actor_id: 'text',
  key: 'text',
  claim: 'id',
  result_head: 'text',
  first_message_id: 'id',
} as const

const draftKinds = {
  organization_id: 'id',
  conversation_id: 'id',
  id: 'id',
  ordinal: 'integer',
  parent_message_id: 'id',
  role: 'text',
  content: 'json',
  metadata: 'json',
  tokens_used: 'integer',
  created_at: 'instant',
  actor_id: 'text',
  key: 'text',
  claim: 'id',
} as const

const claimKinds = {
  organization_id: 'id',
  actor_id: 'text',
  key: 'text',
  fingerprint: 'text',
  claim: 'id',
  created_at: 'instant',
  expires_at: 'instant',
} as const

type CallRow = BatchRow<typeof callKinds>
type DraftRow = BatchRow<typeof draftKinds>

/** A row counts when it has no key, or when its key is claimed by its own call. */
const isFresh = sql`(b.claim is null or exists (
  select 1 from idempotency_keys k
  where k.organization_id = b.organization_id and k.actor_id = b.actor_id
    and k.key = b.key and k.claim = b.claim))`

const claimStatement = (rows: RawBuilder<unknown>) => sql`
  insert into idempotency_keys
    (organization_id, actor_id, key, fingerprint, claim, created_at, expires_at)
  select organization_id, actor_id, key, fingerprint, claim, created_at, expires_at
  from ${rows} as b where true
  on conflict do nothing`

/** Two processes that lock several conversations must take them in the same order. */
const lockStatement = (rows: RawBuilder<unknown>) => sql`
  select c.id from conversations c
  where (c.organization_id, c.id) in
    (select b.organization_id, b.conversation_id from ${rows} as b)
  order by c.organization_id, c.id
  for no key update`

const countStatement = (rows: RawBuilder<unknown>) => sql`
  update conversations
  set message_count = conversations.message_count + f.added, updated_at = f.created_at
  from (
    select b.organization_id, b.conversation_id,
      cast(sum(b.added) as bigint) as added, max(b.created_at) as created_at
    from ${rows} as b where ${isFresh}
    group by b.organization_id, b.conversation_id
  ) as f
  where conversations.organization_id = f.organization_id
    and conversations.id = f.conversation_id`

const insertStatement = (rows: RawBuilder<unknown>) => sql`
  insert into messages
    (organization_id, conversation_id, id, position, parent_message_id, role, content,
     metadata, tokens_used, revision, created_at)
  select b.organization_id, b.conversation_id, b.id,
    c.message_count - count(*) over same
      + row_number() over (
          partition by b.organization_id, b.conversation_id order by b.ordinal),
    b.parent_message_id, b.role, b.content, b.metadata, b.tokens_used, 1, b.created_at
  from ${rows} as b
  join conversations c
    on c.organization_id = b.organization_id and c.id = b.conversation_id
  where ${isFresh}
  window same as (partition by b.organization_id, b.conversation_id)
  returning id, position`

const settleStatement = (rows: RawBuilder<unknown>, jsonType: string) => sql`
  update idempotency_keys
  set result = cast(b.result_head || cast(m.position as text) || '}' as ${sql.raw(jsonType)})
  from ${rows} as b
  join messages m
    on m.organization_id = b.organization_id and m.conversation_id = b.conversation_id
    and m.id = b.first_message_id
  where idempotency_keys.organization_id = b.organization_id
    and idempotency_keys.actor_id = b.actor_id
    and idempotency_keys.key = b.key
    and idempotency_keys.claim = b.claim`

/** A call that wrote nothing (no such conversation) leaves no claim behind. */
const releaseStatement = (rows: RawBuilder<unknown>) => sql`
  delete from idempotency_keys
  where result is null and (organization_id, actor_id, key, claim) in
    (select b.organization_id, b.actor_id, b.key, b.claim from ${rows} as b)`

/**
 * Appends the messages of many calls in one atomic batch: claim the keys, let each conversation
 * hand out positions, insert, store the results of keyed calls. All in one round trip.
 */
export class AppendBatch {
  readonly #database: Database<ConversationTables>
  readonly #claim: (rows: readonly BatchRow<typeof claimKinds>[]) => Statement
  readonly #lock: (rows: readonly CallRow[]) => Statement
  readonly #count: (rows: readonly CallRow[]) => Statement
  readonly #insert: (rows: readonly DraftRow[]) => Statement
  readonly #settle: (rows: readonly CallRow[]) => Statement
  readonly #release: (rows: readonly CallRow[]) => Statement

  constructor(database: Database<ConversationTables>) {
    this.#database = database
    const on = database.as<never>()
    const json = database.engine.types.json
    this.#claim = prepareBatch(on, {
      name: 'messages_claim', kinds: claimKinds, build: claimStatement,
    })
    this.#lock = prepareBatch(on, { name: 'messages_lock', kinds: callKinds, build: lockStatement })
    this.#count = prepareBatch(on, {
      name: 'messages_count', kinds: callKinds, build: countStatement,
    })
    this.#insert = prepareBatch(on, {
      name: 'messages_insert', kinds: draftKinds, build: insertStatement,
    })
    this.#settle = prepareBatch(on, {
      name: 'messages_settle', kinds: callKinds, build: (rows) => settleStatement(rows, json),
    })
    this.#release = prepareBatch(on, {
      name: 'messages_release', kinds: callKinds, build: releaseStatement,
    })
  }

  /** One outcome a call, in order: the position of its first message, if it wrote any. */
  async write(
    calls: readonly AppendCall[],
    database: Database<ConversationTables> = this.#database,
  ): Promise<FirstPosition[]> {
    const rows = calls.map(callRow)
    const claims = claimsOf(calls)
    const keyed = rows.filter((row) => row.claim !== null)
    const insert = this.#insert(calls.flatMap(draftRows))
    const statements = [
      ...(claims.length > 0 ? [this.#claim(claims)] : []),
      ...(this.#needsLock(calls) ? [this.#lock(rows)] : []),
      this.#count(rows),
      insert,
      ...(claims.length > 0 ? [this.#settle(keyed), this.#release(keyed)] : []),
    ]
    const results = await database.atomic(statements)
    const inserted = results[statements.indexOf(insert)]!.rows
    const positions = new Map(inserted.map((row) => [row.id, Number(row.position)]))
    return calls.map((call) => positions.get(call.drafts[0]!.id))
  }

  #needsLock(calls: readonly AppendCall[]): boolean {
    if (!this.#database.engine.rowLocks) return false
    return calls.some(({ conversationId }) => conversationId !== calls[0]!.conversationId)
  }
}

/** In one order everywhere, so that two processes with the same keys cannot deadlock. */
function claimsOf(calls: readonly AppendCall[]): Claim[] {
  const claims = calls.flatMap(({ claim }) => (claim === undefined ? [] : [claim]))
  const sortKey = (claim: Claim) => `${claim.organization_id} ${claim.actor_id} ${claim.key}`
  return claims.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
}

function callRow(call: AppendCall): CallRow {
  const { claim, drafts } = call
  const ids = drafts.map(({ id }) => id)
  const head = JSON.stringify({ ids, created_at: call.createdAt }).slice(0, -1)
  return {
    organization_id: call.organizationId,
    conversation_id: call.conversationId,
    added: drafts.length as Stored<'integer'>,
    created_at: call.createdAt,
    actor_id: claim?.actor_id ?? null,
    key: claim?.key ?? null,
    claim: claim?.claim ?? null,
    result_head: claim === undefined ? null : (`${head},"position":` as Stored<'text'>),
    first_message_id: drafts[0]!.id,
  }
}

function draftRows(call: AppendCall, callIndex: number): DraftRow[] {
  const { claim } = call
  return call.drafts.map((draft, index) => ({
    organization_id: call.organizationId,
    conversation_id: call.conversationId,
    ordinal: (callIndex * 2 ** 20 + index) as Stored<'integer'>,
    created_at: call.createdAt,
    actor_id: claim?.actor_id ?? null,
    key: claim?.key ?? null,
    claim: claim?.claim ?? null,
    ...draft,
  }))
}
