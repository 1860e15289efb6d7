import { type Stored } from '../database/columns.js'
import { type BatchRow, type Database, prepareBatch, repeated } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { type Claim } from '../idempotency/index.js'
import { type BatchedRow, type BatchRows, batchRows } from './append-rows.js'
import {
  batchKinds, claimKinds, claimStatement, countStatement, draftKinds, followCountStatement,
  followKinds, followStatement, freshCountStatement, freshInsertStatement, freshRows,
  insertStatement, keyedDraftKinds, keyedTallyKinds, loneKinds, loneStatement, singleKinds,
  singlesStatement, tallyKinds, wholeStatement,
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
  /** All calls at once: one message, one in each of several conversations, or any number. */
  readonly #whole: Readonly<Record<Breadth, (rows: readonly BatchedRow[]) => Statement>>
  /** All calls at once, some with keys. */
  readonly #fresh: PairOfStatements
  /** One call, without a key or with one. */
  readonly #single: { readonly plain: PairOfStatements; readonly keyed: PairOfStatements }
  /** A lone message behind the leaf it names: in one statement, or as a count and an insert. */
  readonly #follow: {
    readonly whole: (rows: readonly FollowRow[]) => Statement
    readonly count: (rows: readonly FollowRow[]) => Statement
  }

  constructor(database: Database<ConversationTables>) {
    this.#database = database
    const on = database.as<never>()
    this.#claim = prepareBatch(on, {
      name: 'messages_claim', kinds: claimKinds, build: claimStatement,
    })
    this.#whole = {
      lone: prepareBatch(on, {
        name: 'messages_append_lone', kinds: loneKinds, build: loneStatement,
      }),
      singles: prepareBatch(on, {
        name: 'messages_append_singles', kinds: singleKinds, build: singlesStatement,
      }),
      any: prepareBatch(on, {
        name: 'messages_append', kinds: batchKinds, build: wholeStatement,
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
    if (!this.#database.engine.writesInWith) return this.#oneByOne(calls, database)
    const claims = claimsOf(calls)
    return claims.length === 0
      ? this.#together(batchRows(calls), database)
      : this.#keyed(calls, claims, database)
  }

  /** Appends a lone message only where `leaf` is still the active leaf; undefined elsewhere. */
  async follow(
    call: AppendCall,
    leaf: Stored<'id'>,
    database: Database<ConversationTables> = this.#database,
  ): Promise<FirstPlace> {
    const { last: [row] } = batchRows([call])
    const rows = [{ ...row!, expected_leaf_id: leaf }]
    const statements = database.engine.writesInWith
      ? [this.#follow.whole(rows)]
      : [this.#follow.count(rows), this.#single.plain.insert([row!])]
    const results = await repeated(() => database.atomic(statements))
    return placeOf(results.at(-1)!.rows[0])
  }

  /** Claims the call's key by itself; false when it belongs to an earlier call. */
  async claim(call: AppendCall, database: Database<ConversationTables>): Promise<boolean> {
    return (await database.execute(this.#claim([claimRow(call)]))).changed === 1
  }

  async #together(
    { last, before, firsts }: BatchRows,
    database: Database<ConversationTables>,
  ): Promise<FirstPlace[]> {
    const isSingles = before.length === 0
    if (isSingles && last.length === 1) {
      const [lone] = await written(database, [this.#whole.lone(last)])
      return [placeOf(lone!.rows[0])]
    }
    const statement = isSingles ? this.#whole.singles(last) : this.#whole.any([...last, ...before])
    const [result] = await written(database, [statement])
    const grown: Record<string, unknown>[] = []
    for (const row of result!.rows) grown[Number(row.place)] = row
    return firsts.map((first) => placeAmong(grown[Number(first.place)], first))
  }

  async #keyed(
    calls: readonly AppendCall[],
    claims: readonly ClaimRow[],
    database: Database<ConversationTables>,
  ): Promise<FirstPlace[]> {
    const { last, before, firsts } = batchRows(calls)
    const { count, insert } = this.#fresh
    const statements = [
      this.#claim(claims), count(calls.map(tallyRow)), insert([...last, ...before]),
    ]
    const results = await written(database, statements)
    const nameOf = (row: Record<string, unknown>) =>
      `${row.organization_id} ${row.conversation_id} ${row.id}`
    const places = new Map(results[2]!.rows.map((row) => [nameOf(row), row]))
    return firsts.map((first) => placeOf(places.get(nameOf(first))))
  }

  /** A few statements a call; the place of its first message comes with its first insert. */
  async #oneByOne(
    calls: readonly AppendCall[],
    database: Database<ConversationTables>,
  ): Promise<FirstPlace[]> {
    const statements: Statement[] = []
    const insertsAt = calls.map((call) => {
      const { count, insert } = call.claim === undefined ? this.#single.plain : this.#single.keyed
      if (call.claim !== undefined) statements.push(this.#claim([claimRow(call)]))
      statements.push(count([tallyRow(call, 0)]))
      const { last, before } = batchRows([call])
      const at = statements.length
      for (const row of [...before.toReversed(), ...last]) statements.push(insert([row]))
      return at
    })
    const results = await written(database, statements)
    return insertsAt.map((at) => placeOf(results[at]!.rows[0]))
  }
}

const written = (database: Database<ConversationTables>, statements: readonly Statement[]) =>
  repeated(() => database.atomic(statements))

/** A call's rows carry the organization of its store, and no other. */
const reachOf = (calls: readonly AppendCall[]) => calls.map((call) => call.organizationId)

type Breadth = 'lone' | 'singles' | 'any'

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
  return { conversation_id: conversationId, ...claim!, result: result as Stored<'json'> }
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

function placeOf(row: Record<string, unknown> | undefined): FirstPlace {
  if (row === undefined) return undefined
  return {
    position: Number(row.position),
    depth: Number(row.depth),
    parentMessageId: row.parent_message_id as Stored<'id'> | null,
  }
}

/** The place of a message of a batch, in its conversation as it stands behind the batch. */
function placeAmong(grown: Record<string, unknown> | undefined, row: BatchedRow): FirstPlace {
  if (grown === undefined) return undefined
  const followers = Number(row.followers)
  return {
    position: Number(grown.message_count) - followers,
    depth: Number(grown.active_depth) - followers,
    parentMessageId: row.parent_message_id ?? grown.previous_leaf_id as Stored<'id'> | null,
  }
}

const noKey = { actor_id: null, key: null, claim: null } as const

function keyOf({ claim }: AppendCall) {
  if (claim === undefined) return noKey
  return { actor_id: claim.actor_id, key: claim.key, claim: claim.claim }
}
