import { type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type WordQuery } from '../database/engine.js'
import { cursorOf, keyOf, type Page, type PageRequest } from '../database/page.js'
import { type Highlight, highlightOf, queryOf } from '../search/index.js'
import { wordTables } from './append-statements.js'
import { messageOf } from './drafts.js'
import { type MessageLog } from './message-log.js'
import { checkLimit } from './rules.js'
import {
  conversations, type ConversationTables, type Message, messages as table,
} from './tables.js'
import { markOf } from './terms.js'

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
  /** False as long as messages from before there was search are still being looked through. */
  readonly complete: boolean
}

/** Rows fetched at once. */
const fetchMax = 64

/** Characters of JSON in one page; it ends early beyond them, but never without a message. */
const pageLengthMax = 4 * 1024 * 1024

const { columns } = table

type StoredRow = Record<string, unknown>

const joinConversations = sql`
  join conversations c on c.organization_id = m.organization_id and c.id = m.conversation_id`

/** Finds messages of one organization by their words. */
export class MessageFinder {
  readonly #log: MessageLog
  readonly #database: Database<ConversationTables>
  readonly #organizationId: Stored<'id'>

  constructor(
    log: MessageLog,
    organizationId: Stored<'id'>,
    database: Database<ConversationTables>,
  ) {
    this.#log = log
    this.#organizationId = organizationId
    this.#database = database
  }

  /** One page, newest first. Throws InvalidInput, InvalidValue, InvalidCursor. */
  async find(search: MessageSearch): Promise<FoundMessages> {
    const limit = checkLimit(search)
    const query = queryOf(search.q)
    const { cursor } = search
    const filters = this.#filters(search)
    const list = ['search', this.#organizationId, search.q, ...namesOf(search)]
    const before = cursor === undefined ? undefined : this.#place(keyOf(list, cursor)[0])
    const complete = await this.#log.isIndexed(this.#database)
    if (query.required.length === 0) return { data: [], nextCursor: null, complete }
    const { rows, more } = await this.#collect({
      query, filters, byUser: search.userId !== undefined, limit, before,
    })
    const data = rows.map((row) => {
      const message = messageOf(row)
      return { message, highlight: highlightOf(message.content, query) ?? null }
    })
    const nextCursor = more ? cursorOf(list, [this.#keyOf(rows.at(-1)!)]) : null
    return { data, nextCursor, complete }
  }

  async #collect({ before, limit, ...given }: Wanted) {
    const rows: StoredRow[] = []
    let length = 0
    for (;;) {
      const count = Math.min(limit + 1 - rows.length, fetchMax)
      const last = rows.at(-1)
      const from = last === undefined ? before : this.#place(this.#keyOf(last))
      const fetched = await this.#fetch({ ...given, limit: count, before: from })
      for (const row of fetched) {
        length += String(row.content).length + String(row.metadata).length
        const isFull = rows.length === limit || (rows.length > 0 && length > pageLengthMax)
        if (isFull) return { rows, more: true }
        rows.push(row)
      }
      if (fetched.length < count) return { rows, more: false }
    }
  }

  async #fetch({ query, filters, byUser, limit, before }: Wanted): Promise<StoredRow[]> {
    const { engine, write } = this.#database
    const { words } = engine
    const found = words.found(wordTables, query, markOf(this.#organizationId))
    const order = sql.ref(`w.${words.order}`)
    // The limit stands in the text: few rows of a common word are found by their order alone.
    const { sql: text, parameters } = sql`
      select m.*, w.sequence
      from ${found} as w
      join messages m on m.organization_id = w.organization_id
        and m.conversation_id = w.conversation_id and m.id = w.message_id
      ${byUser ? joinConversations : sql``}
      where w.organization_id = ${this.#organizationId} and m.deleted_at is null
        ${before === undefined ? sql`` : sql`and ${order} < ${before}`}
        ${sql.join(filters, sql` `)}
      order by ${order} desc
      limit ${sql.lit(limit)}`.compile(write)
    return (await this.#database.execute({ sql: text, parameters, readOnly: true })).rows
  }

  #filters({ conversationId, userId, author, role, kind, from, to }: MessageSearch) {
    const filters: RawBuilder<unknown>[] = []
    const add = (given: string | undefined, filter: (value: string) => RawBuilder<unknown>) => {
      if (given !== undefined) filters.push(sql`and ${filter(given)}`)
    }
    add(conversationId, (id) =>
      sql`w.conversation_id = ${columns.conversationId.encode(id, 'conversation_id')}`)
    add(userId, (id) => sql`c.user_id = ${conversations.columns.userId.encode(id, 'user_id')}`)
    add(author, (name) => sql`m.author = ${columns.author.encode(name, 'author')}`)
    add(role, (name) => sql`m.role = ${columns.role.encode(name, 'role')}`)
    add(kind, (name) => sql`m.kind = ${columns.kind.encode(name, 'kind')}`)
    add(from, (moment) => sql`m.created_at >= ${columns.createdAt.encode(moment, 'from')}`)
    add(to, (moment) => sql`m.created_at < ${columns.createdAt.encode(moment, 'to')}`)
    return filters
  }

  #keyOf(row: StoredRow): string | number {
    const { order } = this.#database.engine.words
    return order === 'sequence' ? Number(row.sequence) : String(row.id)
  }

  #place(key: string | number | undefined): string | number {
    return this.#database.engine.words.order === 'sequence'
      ? columns.position.encode(Number(key), 'cursor')
      : columns.id.encode(String(key), 'cursor')
  }
}

interface Wanted {
  readonly query: WordQuery
  readonly filters: readonly RawBuilder<unknown>[]
  /** Whether filters name the conversation. */
  readonly byUser: boolean
  readonly limit: number
  /** The place of the last row before this page. */
  readonly before: string | number | undefined
}

function namesOf({ conversationId, userId, author, role, kind, from, to }: MessageSearch) {
  return [conversationId, userId, author, role, kind, from, to].map((each) => each ?? null)
}
