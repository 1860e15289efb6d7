import { type Stored } from '../database/columns.js'
import { type BatchRow, type Database, prepareBatch, repeated } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { type Claim } from '../idempotency/index.js'
import {
  claimKinds, claimStatement, countStatement, draftKinds, freshCountStatement,
  freshInsertStatement, freshRows, insertStatement, keyedDraftKinds, keyedTallyKinds,
  loneStatement, tallyKinds, wholeStatement,
} from './append-statements.js'
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

type TallyRow = BatchRow<typeof keyedTallyKinds>
type DraftRow = BatchRow<typeof keyedDraftKinds>
type ClaimRow = BatchRow<typeof claimKinds>

interface PairOfStatements {
  readonly count: (rows: readonly TallyRow[]) => Statement
  readonly insert: (rows: readonly DraftRow[]) => Statement
}

/**
 * Appends the messages of many calls in one atomic batch: claim the keys, let each conversation
 * hand out positions, insert. One transaction, one round trip. Where `with` may write, a few
 * statements serve all calls; elsewhere each call has small ones of its own.
 */
export class AppendBatch {
  readonly #database: Database<ConversationTables>
  readonly #claim: (rows: readonly ClaimRow[]) => Statement
  /** All calls at once: a lone message, messages of one conversation, or of several. */
  readonly #whole: Readonly<Record<Breadth, (rows: readonly DraftRow[]) => Statement>>
  /** All calls at once, some with keys. */
  readonly #fresh: PairOfStatements
  /** One call, without a key or with one. */
  readonly #single: { readonly plain: PairOfStatements; readonly keyed: PairOfStatements }

  constructor(database: Database<ConversationTables>) {
    this.#database = database
    const on = database.as<never>()
    this.#claim = prepareBatch(on, {
      name: 'messages_claim', kinds: claimKinds, build: claimStatement,
    })
    this.#whole = {
      lone: prepareBatch(on, {
        name: 'messages_append_lone', kinds: draftKinds, build: loneStatement,
      }),
      one: prepareBatch(on, {
        name: 'messages_append', kinds: draftKinds, build: (rows) => wholeStatement(rows, false),
      }),
      several: prepareBatch(on, {
        name: 'messages_append_several', kinds: draftKinds,
        build: (rows) => wholeStatement(rows, true),
      }),
    }
    this.#fresh = pairOf(on, {
      name: 'messages_fresh', count: freshCountStatement, insert: freshInsertStatement,
    })
    this.#single = {
      plain: {
        count: prepareBatch(on, {
          name: 'messages_count', kinds: tallyKinds, build: countStatement,
        }),
        insert: prepareBatch(on, {
          name: 'messages_insert', kinds: draftKinds, build: insertStatement,
        }),
      },
      keyed: pairOf(on, {
        name: 'messages_keyed',
        count: (rows) => countStatement(freshRows(rows)),
        insert: (rows) => insertStatement(freshRows(rows)),
      }),
    }
  }

  /**
   * The position of each call's first message, in order; undefined where nothing was written. The
   * batch reaches the organizations of its own calls; a transaction keeps its reach.
   */
  async write(
    calls: readonly AppendCall[],
    database = this.#database.within(reachOf(calls)),
  ): Promise<FirstPosition[]> {
    const statements = this.#database.engine.writesInWith
      ? this.#together(calls)
      : calls.flatMap((call) => this.#alone(call))
    const results = await repeated(() => database.atomic(statements))
    const inserted = results.flatMap(({ rows }) => rows)
    const positions = new Map(inserted.map((row) => [row.id, Number(row.position)]))
    return calls.map((call) => positions.get(call.drafts[0]!.id))
  }

  #together(calls: readonly AppendCall[]): Statement[] {
    const claims = claimsOf(calls)
    const drafts = draftRows(calls)
    if (claims.length > 0) {
      const { count, insert } = this.#fresh
      return [this.#claim(claims), count(calls.map(tallyRow)), insert(drafts)]
    }
    return [this.#whole[breadthOf(calls, drafts)](drafts)]
  }

  #alone(call: AppendCall): Statement[] {
    const { count, insert } = call.claim === undefined ? this.#single.plain : this.#single.keyed
    const claim = call.claim === undefined ? [] : [this.#claim([claimRow(call)])]
    const inserts = draftRows([call]).map((draft) => insert([draft]))
    return [...claim, count([tallyRow(call)]), ...inserts]
  }
}

/** A call's rows carry the organization of its store, and no other. */
const reachOf = (calls: readonly AppendCall[]) => calls.map((call) => call.organizationId)

type Breadth = 'lone' | 'one' | 'several'

function breadthOf(calls: readonly AppendCall[], drafts: readonly DraftRow[]): Breadth {
  if (drafts.length === 1) return 'lone'
  const first = calls[0]!.conversationId
  return calls.every(({ conversationId }) => conversationId === first) ? 'one' : 'several'
}

/** Counts and inserts for calls that may have keys. */
function pairOf(
  database: Database<never>,
  { name, count, insert }: { name: string; count: BuildStatement; insert: BuildStatement },
): PairOfStatements {
  return {
    count: prepareBatch(database, {
      name: `${name}_count`, kinds: keyedTallyKinds, build: count,
    }),
    insert: prepareBatch(database, {
      name: `${name}_insert`, kinds: keyedDraftKinds, build: insert,
    }),
  }
}

type BuildStatement = typeof countStatement

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
