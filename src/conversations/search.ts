import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type WordQuery } from '../database/engine.js'
import { cursorOf, keyOf, type Page, type PageRequest } from '../database/page.js'
import {
  fulfils, type Highlight, highlightOf, indexWordsOf, placesOf, queryOf,
} from '../search/index.js'
import { messageOf } from './drafts.js'
import { lengthOf } from './long-messages.js'
import { type MessageLog } from './message-log.js'
import { checkLimit } from './rules.js'
import {
  type Candidates, keyOfPlace, placeOf, type SearchPlace, SearchStatements, tailMax,
} from './search-statements.js'
import { type ConversationTables, type Message } from './tables.js'

/** What to look for, and where; without a filter in all conversations of the organization. */
export interface MessageSearch extends PageRequest {
  /** Words, `"phrases"`, `-excluded` ones, `begin*`; at most 1000 characters and 32 parts. */
  readonly q: string
  /** Only in this conversation; a history that it shares belongs to another one. */
  readonly conversationId?: string
  /** Only in conversations that this user began. */
  readonly userId?: string
  readonly author?: string
  readonly role?: string
  readonly kind?: string
  /** Only messages of this moment and later. */
  readonly from?: string
  /** Only messages before this moment. */
  readonly to?: string
}

/** A message that was found. */
export interface FoundMessage {
  readonly message: Message
  /** Where it holds what was asked for. */
  readonly highlight: Highlight | null
}

/** One page of what was found. */
export interface FoundMessages extends Page<FoundMessage> {
  /**
   * False when so much was left to index that not all of it could be looked at: messages may be
   * missing from this page. Otherwise nothing is that was acknowledged before the call.
   */
  readonly complete: boolean
}

/** Places taken from the index at once, and messages read at once. */
const fetchMax = 64
const fetchMin = 16

/** Characters of JSON in one page; it ends early beyond them, but never without a message. */
const pageLengthMax = 4 * 1024 * 1024

/** How long a search helps to index before it answers without the rest, in milliseconds. */
const helpMs = 1_000

/** How long a search reads what is not indexed, in milliseconds. */
const readMs = 5_000

type StoredRow = Record<string, unknown>

interface Wanted {
  readonly query: WordQuery
  readonly limit: number
  readonly statements: SearchStatements
}

interface Collected {
  readonly data: FoundMessage[]
  /** Where the next page begins; undefined at the end. */
  readonly next: SearchPlace | undefined
  readonly complete: boolean
}

/** Where a search looks. */
export interface SearchSource {
  readonly organizationId: Stored<'id'>
  readonly database: Database<ConversationTables>
  /** Whether the database is a transaction. */
  readonly inTransaction: boolean
}

/** Finds messages of one organization by their words. */
export class MessageFinder {
  readonly #log: MessageLog
  readonly #source: SearchSource

  constructor(log: MessageLog, source: SearchSource) {
    this.#log = log
    this.#source = source
  }

  /** One page, newest first. Throws InvalidInput, InvalidValue, InvalidCursor. */
  async find(search: MessageSearch): Promise<FoundMessages> {
    const limit = checkLimit(search)
    const query = queryOf(search.q)
    const { cursor } = search
    const { database, organizationId } = this.#source
    const statements = new SearchStatements(database, organizationId, search)
    const list = ['search', organizationId, search.q, ...namesOf(search)]
    const from = cursor === undefined ? undefined : placeOf(keyOf(list, cursor))
    if (query.required.length === 0) return { data: [], nextCursor: null, complete: true }
    const { data, next, complete } = await this.#collect({ query, limit, statements }, from)
    const nextCursor = next === undefined ? null : cursorOf(list, keyOfPlace(next))
    return { data, nextCursor, complete }
  }

  /** Stretch by stretch of places: each is decided by one look at index and rest together. */
  async #collect(wanted: Wanted, from: SearchPlace | undefined): Promise<Collected> {
    const { database, organizationId: organization } = this.#source
    const page = new FoundPage(wanted, (row) => this.#log.long.whole(database, row, {
      organization, conversation: row.conversation_id as Stored<'id'>,
    }))
    const untilMs = performance.now() + readMs
    let complete = true
    for (let last = from; ;) {
      const count = Math.min(fetchMax, page.left)
      const candidates = await this.#candidates(wanted, last, count)
      complete &&= candidates.complete
      const { places } = candidates
      for (let at = 0; at < places.length;) {
        const some = places.slice(at, at + Math.min(fetchMax, Math.max(fetchMin, page.left)))
        const next = await page.take(some, await this.#rows(some), last)
        if (next !== 'go on') return { data: page.data, next, complete }
        at += some.length
        last = some.at(-1)
        if (performance.now() > untilMs) return { data: page.data, next: last, complete }
      }
      if (!candidates.more) return { data: page.data, next: undefined, complete }
    }
  }

  /** Where what is not indexed is too much to be read, it is indexed first. */
  async #candidates(
    { query, statements }: Wanted,
    before: SearchPlace | undefined,
    limit: number,
  ): Promise<Candidates> {
    const { indexing } = this.#log
    const ask = () => statements.candidates({ query, before, limit })
    const untilMs = performance.now() + helpMs
    let candidates = await ask()
    // A transaction may hold what the indexer has to wait for.
    if (this.#source.inTransaction) return candidates
    while (!candidates.complete && performance.now() < untilMs) {
      await indexing.catchUp(await statements.behind(), untilMs)
      candidates = await ask()
    }
    if (candidates.unindexed > tailMax / 10) this.#remember(statements)
    return candidates
  }

  /** Whoever wrote what is left may be gone. */
  #remember(statements: SearchStatements): void {
    void statements.behind().then((keys) => this.#log.indexing.remember(keys), () => undefined)
  }

  /** The stored messages of places, in any order; those that are gone meanwhile are not there. */
  async #rows(places: readonly SearchPlace[]): Promise<StoredRow[]> {
    const { database, organizationId } = this.#source
    const statement = this.#log.indexing.batch.shortened(places.map((place) => ({
      organization_id: organizationId, conversation_id: place.conversationId,
      message_id: place.messageId,
    })))
    return (await database.execute({ ...statement, readOnly: true })).rows
  }
}

/** Gathers one page. */
class FoundPage {
  readonly data: FoundMessage[] = []
  readonly #wanted: Wanted
  readonly #whole: (row: StoredRow) => Promise<StoredRow | undefined>
  #length = 0

  constructor(wanted: Wanted, whole: (row: StoredRow) => Promise<StoredRow | undefined>) {
    this.#wanted = wanted
    this.#whole = whole
  }

  /** Messages that still fit, and one that tells that there are more. */
  get left(): number {
    return this.#wanted.limit + 1 - this.data.length
  }

  /** Takes what holds the words; once it is full, the place behind which the next page begins. */
  async take(
    places: readonly SearchPlace[],
    rows: readonly StoredRow[],
    before: SearchPlace | undefined,
  ): Promise<SearchPlace | undefined | 'go on'> {
    const byName = new Map(rows.map((row) => [nameOf(row.conversation_id, row.id), row]))
    let last = before
    for (const place of places) {
      const row = byName.get(nameOf(place.conversationId, place.messageId))
      const whole = row && await this.#whole(row)
      const found = whole?.deleted_at === null ? foundIn(whole, this.#wanted.query) : undefined
      if (found !== undefined) {
        this.#length += lengthOf(whole!)
        const { length } = this.data
        if (length === this.#wanted.limit || (length > 0 && this.#length > pageLengthMax)) {
          return last
        }
        this.data.push(found)
      }
      last = place
    }
    return 'go on'
  }
}

const nameOf = (conversationId: unknown, id: unknown): string =>
  `${String(conversationId)} ${String(id)}`

/** The message with what it was found by; undefined when it does not hold it, or not any more. */
function foundIn(row: StoredRow, query: WordQuery): FoundMessage | undefined {
  const message = messageOf(row)
  if (!fulfils(placesOf(indexWordsOf(message.content)), query)) return undefined
  return { message, highlight: highlightOf(message.content, query) ?? null }
}

function namesOf({ conversationId, userId, author, role, kind, from, to }: MessageSearch) {
  return [conversationId, userId, author, role, kind, from, to].map((each) => each ?? null)
}
