import { type Stored } from '../database/columns.js'
import { type BatchRow, type Database, prepareBatch, repeated } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { type Claim } from '../idempotency/index.js'
import {
  claimKinds, claimStatement, countStatement, draftKinds, followCountStatement, followKinds,
  followStatement, freshCountStatement, freshInsertStatement, freshRows, insertStatement,
  keyedDraftKinds, keyedTallyKinds, loneStatement, tallyKinds, termsKinds, termsStatement,
  wholeStatement,
} from './append-statements.js'
import { type ConversationTables } from './tables.js'

/** The stored form of one message, its position still to be handed out. */
export interface MessageDraft {
  readonly id: Stored<'id'>
  readonly kind: Stored<'text'>
  readonly role: Stored<'text'>
  readonly content: Stored<'json'>
  readonly metadata: Stored<'json'>
  readonly author: Stored<'text'> | null
  readonly model: Stored<'text'> | null
  readonly tokens_used: Stored<'integer'> | null
  readonly cost_usd: Stored<'text'> | null
  /** Its words, for search; null when it has none. */
  readonly terms: Stored<'terms'> | null
  /** The number that its words would like to have. */
  readonly sequence: Stored<'integer'>
}

/** One call of append: its messages follow each other, and stand together or not at all. */
export interface AppendCall {
  readonly organizationId: Stored<'id'>
  readonly conversationId: Stored<'id'>
  readonly createdAt: Stored<'instant'>
  readonly drafts: readonly MessageDraft[]
  /** Set when the call must have one effect however often it arrives. */
  readonly claim?: Claim
}

/** Where a message stands. */
export interface Place {
  readonly position: number
  readonly depth: number
  readonly parentMessageId: Stored<'id'> | null
}

/** The place of the call's first message; undefined when the call wrote nothing. */
export type FirstPlace = Place | undefined

type TallyRow = BatchRow<typeof keyedTallyKinds>
type DraftRow = BatchRow<typeof keyedDraftKinds>
type FollowRow = BatchRow<typeof followKinds>
type ClaimRow = BatchRow<typeof claimKinds>
type TermsRow = BatchRow<typeof termsKinds>

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
  /** A lone message behind the leaf it names: in one statement, or as a count and an insert. */
  readonly #follow: {
    readonly whole: (rows: readonly FollowRow[]) => Statement
    readonly count: (rows: readonly FollowRow[]) => Statement
  }

  /** Keeps the words of messages that were inserted before it in the batch. */
  readonly #terms: (rows: readonly TermsRow[]) => Statement

  constructor(database: Database<ConversationTables>) {
    this.#database = database
    const on = database.as<never>()
    this.#terms = prepareBatch(on, {
      name: 'messages_terms', kinds: termsKinds, build: termsStatement(database.engine),
    })
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
    this.#follow = {
      whole: prepareBatch(on, {
        name: 'messages_follow', kinds: followKinds, build: followStatement,
      }),
      count: prepareBatch(on, {
        name: 'messages_follow_count', kinds: followKinds, build: followCountStatement,
      }),
    }
  }

  /**
   * The place of each call's first message, in order; undefined where nothing was written. The
   * batch reaches the organizations of its own calls; a transaction keeps its reach.
   */
  async write(
    calls: readonly AppendCall[],
    database = this.#database.within(reachOf(calls)),
  ): Promise<FirstPlace[]> {
    const statements = this.#database.engine.writesInWith
      ? this.#together(calls)
      : calls.flatMap((call) => this.#alone(call))
    const results = await repeated(() => database.atomic(statements))
    const places = new Map<unknown, Record<string, unknown>>()
    for (const { rows } of results) for (const row of rows) places.set(row.id, row)
    return calls.map((call) => placeOf(places.get(call.drafts[0]!.id)))
  }

  /** Appends a lone message only where `leaf` is still the active leaf; undefined elsewhere. */
  async follow(
    call: AppendCall,
    leaf: Stored<'id'>,
    database: Database<ConversationTables> = this.#database,
  ): Promise<FirstPlace> {
    const [draft] = draftRows([call])
    const rows = [{ ...draft!, expected_leaf_id: leaf }]
    const statements = database.engine.writesInWith
      ? [this.#follow.whole(rows)]
      : [this.#follow.count(rows), this.#single.plain.insert([draft!]), ...this.#termsOf([draft!])]
    const results = await repeated(() => database.atomic(statements))
    return placeOf(results.find(({ rows: [row] }) => row !== undefined)?.rows[0])
  }

  /** Claims the call's key by itself; false when it belongs to an earlier call. */
  async claim(call: AppendCall, database: Database<ConversationTables>): Promise<boolean> {
    return (await database.execute(this.#claim([claimRow(call)]))).changed === 1
  }

  #together(calls: readonly AppendCall[]): Statement[] {
    const claims = claimsOf(calls)
    const drafts = draftRows(calls)
    if (claims.length > 0) {
      const { count, insert } = this.#fresh
      return [
        this.#claim(claims), count(calls.map(tallyRow)), insert(drafts), ...this.#termsOf(drafts),
      ]
    }
    return [this.#whole[breadthOf(calls, drafts)](drafts)]
  }

  #alone(call: AppendCall): Statement[] {
    const { count, insert } = call.claim === undefined ? this.#single.plain : this.#single.keyed
    const claim = call.claim === undefined ? [] : [this.#claim([claimRow(call)])]
    const inserts = draftRows([call]).flatMap((draft) =>
      [insert([draft]), ...this.#termsOf([draft])])
    return [...claim, count([tallyRow(call, 0)]), ...inserts]
  }

  #termsOf(drafts: readonly DraftRow[]): Statement[] {
    const rows = drafts.filter(({ terms }) => terms !== null)
    return rows.length === 0 ? [] : [this.#terms(rows)]
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

function tallyRow(call: AppendCall, place: number): TallyRow {
  return {
    organization_id: call.organizationId,
    conversation_id: call.conversationId,
    added: call.drafts.length as Stored<'integer'>,
    last_id: call.drafts.at(-1)!.id,
    place: place as Stored<'integer'>,
    created_at: call.createdAt,
    ...keyOf(call),
  }
}

interface Tail {
  readonly last: Stored<'id'>
  /** The row before which the next one goes. */
  head: { -readonly [K in keyof DraftRow]: DraftRow[K] }
  followers: number
}

/** Last message first: each row then knows what of its conversation follows. */
function draftRows(calls: readonly AppendCall[]): DraftRow[] {
  const rows: DraftRow[] = []
  const tails = new Map<string, Tail>()
  for (let place = calls.length - 1; place >= 0; place--) {
    const call = calls[place]!
    const key = keyOf(call)
    const name = call.organizationId + call.conversationId
    for (let index = call.drafts.length - 1; index >= 0; index--) {
      const draft = call.drafts[index]!
      const tail = tails.get(name)
      const row = draftRow(call, draft, { key, tail })
      rows.push(row)
      if (tail === undefined) {
        tails.set(name, { last: draft.id, head: row, followers: 1 })
      } else {
        tail.head.parent_message_id = draft.id
        tail.head = row
        tail.followers += 1
      }
    }
  }
  return rows.reverse()
}

/** Written out: appends are hot, and spreading costs several times as much. */
function draftRow(
  call: AppendCall,
  draft: MessageDraft,
  { key, tail }: { readonly key: ReturnType<typeof keyOf>; readonly tail: Tail | undefined },
): DraftRow {
  return {
    organization_id: call.organizationId,
    conversation_id: call.conversationId,
    id: draft.id,
    followers: (tail?.followers ?? 0) as Stored<'integer'>,
    last_id: tail?.last ?? draft.id,
    parent_message_id: null,
    kind: draft.kind,
    role: draft.role,
    content: draft.content,
    metadata: draft.metadata,
    author: draft.author,
    model: draft.model,
    tokens_used: draft.tokens_used,
    cost_usd: draft.cost_usd,
    terms: draft.terms,
    sequence: draft.sequence,
    created_at: call.createdAt,
    actor_id: key.actor_id,
    key: key.key,
    claim: key.claim,
  }
}

function placeOf(row: Record<string, unknown> | undefined): FirstPlace {
  if (row === undefined) return undefined
  return {
    position: Number(row.position),
    depth: Number(row.depth),
    parentMessageId: row.parent_message_id as Stored<'id'> | null,
  }
}

const noKey = { actor_id: null, key: null, claim: null } as const

function keyOf({ claim }: AppendCall) {
  if (claim === undefined) return noKey
  return { actor_id: claim.actor_id, key: claim.key, claim: claim.claim }
}
