import { type RawBuilder, sql } from 'kysely'
import { millisecondsOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type WordPlace, type WordQuery } from '../database/engine.js'
import { arrived, arrivedMax } from './arrivals.js'
import { type MessageSearch } from './search.js'
import { conversations, type ConversationTables, messages as table } from './tables.js'
import { markOf, wordTables } from './terms.js'
import { type ConversationKey } from './transfer-format.js'

/** Messages without words in the index that a search reads itself, at most. */
export const tailMax = 2_000

/** Conversations handed out at once to be indexed. */
const behindMax = 32

/** A place among results, for statements and for comparing. */
export interface SearchPlace extends WordPlace {
  /** Sorts as text as places do. */
  readonly name: string
}

/** What may hold the words of a stretch of places, newest first. */
export interface Candidates {
  readonly places: readonly SearchPlace[]
  /** Whether there may be others behind the last. */
  readonly more: boolean
  /** Whether all that is not indexed is among them. */
  readonly complete: boolean
  /** Messages that are not indexed. */
  readonly unindexed: number
}

/** What stretch is looked at. */
export interface CandidatesAsked {
  readonly query: WordQuery
  readonly before: SearchPlace | undefined
  /** Places from the index at most. */
  readonly limit: number
}

type StoredRow = Readonly<Record<string, unknown>>
type Fragment = RawBuilder<unknown>

const { columns } = table
const rowsOf = { index: 0, rest: 1, count: 2 } as const

/** The statements of one search in one organization. */
export class SearchStatements {
  readonly #database: Database<ConversationTables>
  readonly #organizationId: Stored<'id'>
  /** Filters on rows of conversations `c`. */
  readonly #ofConversations: Fragment
  /** Filters on rows of messages `m`. */
  readonly #ofMessages: Fragment
  /** Filters on places, in rows of an alias. */
  readonly #ofPlaces: (alias: string) => Fragment
  /** The filter on the user alone, where `#joins` has conversations. */
  readonly #ofUser: Fragment
  readonly #joins: Fragment
  readonly #isOfOne: boolean

  /** Throws InvalidValue for a filter that is no id or moment, naming it. */
  constructor(
    database: Database<ConversationTables>,
    organizationId: Stored<'id'>,
    search: MessageSearch,
  ) {
    this.#database = database
    this.#organizationId = organizationId
    const { conversationId, userId, author, role, kind, from, to } = search
    this.#isOfOne = conversationId !== undefined
    const conversation = given(conversationId, (id) =>
      columns.conversationId.encode(id, 'conversation_id'))
    const user = given(userId, (id) => conversations.columns.userId.encode(id, 'user_id'))
    const since = given(from, (moment) => columns.createdAt.encode(moment, 'from'))
    const until = given(to, (moment) => columns.createdAt.encode(moment, 'to'))
    const said = Object.entries({ author, role, kind }).flatMap(([name, value]) =>
      value === undefined ? [] : [sql` and m.${sql.ref(name)} = ${textOf(name, value)}`])
    this.#ofMessages = joined(said)
    this.#ofUser = user === undefined ? sql`` : sql` and c.user_id = ${user}`
    this.#ofConversations = joined([
      ...conversation === undefined ? [] : [sql` and c.id = ${conversation}`],
      this.#ofUser,
    ])
    this.#ofPlaces = (alias) => joined([
      ...conversation === undefined
        ? []
        : [sql` and ${sql.ref(`${alias}.conversation_id`)} = ${conversation}`],
      ...since === undefined ? [] : [sql` and ${sql.ref(`${alias}.created_at`)} >= ${since}`],
      ...until === undefined ? [] : [sql` and ${sql.ref(`${alias}.created_at`)} < ${until}`],
    ])
    this.#joins = joined([
      ...said.length === 0 ? [] : [sql` join messages m on m.organization_id = w.organization_id
        and m.conversation_id = w.conversation_id and m.id = w.message_id`],
      ...user === undefined ? [] : [sql` join conversations c
        on c.organization_id = w.organization_id and c.id = w.conversation_id`],
    ])
  }

  /**
   * Places from the index, and all behind the same `before` that are not in it: of one moment, so
   * that a message whose words are taken meanwhile is in one or in the other.
   */
  async candidates({ query, before, limit }: CandidatesAsked): Promise<Candidates> {
    const found = this.#database.engine.words.found(wordTables, {
      query, mark: markOf(this.#organizationId), organizationId: this.#organizationId,
      joins: this.#joins, before, limit,
      filters: sql`${this.#ofPlaces('w')}${this.#ofMessages}${this.#ofUser}`,
    })
    const rows = await this.#read(sql`
      with ${this.#lag(tailMax + 1)}
      select ${sql.lit(rowsOf.index)} as source, created_at, message_id, conversation_id,
        0 as behind
      from ${found} as found
      union all
      select ${sql.lit(rowsOf.rest)}, created_at, id, conversation_id, 0
      from (${this.#tail(before)}) as tail
      union all
      select ${sql.lit(rowsOf.rest)}, created_at, id, conversation_id, 0
      from (${this.#dirty(before)}) as dirty
      union all
      select ${sql.lit(rowsOf.count)}, ${this.#none('instant')}, ${this.#none('id')},
        ${this.#none('id')}, coalesce(sum(behind), 0) + ${this.#overflow} from lag`)
    return candidatesOf(rows, limit)
  }

  /** Some conversations with messages that are not indexed. */
  async behind(): Promise<ConversationKey[]> {
    const rows = await this.#read(sql`
      with ${this.#lag(behindMax)} select organization_id, id from lag`)
    return rows.map((row) => ({
      organizationId: row.organization_id as Stored<'id'>,
      conversationId: row.id as Stored<'id'>,
    }))
  }

  /**
   * Conversations with messages that are not indexed: by the messages that came since the horizon,
   * where the engine numbers them, else by a look at the count of each.
   */
  #lag(limit: number): Fragment {
    const progress = (organization: string, conversation: string) => sql`left join search_progress p
      on p.organization_id = ${sql.ref(organization)}
      and p.conversation_id = ${sql.ref(conversation)}`
    const arrival = this.#arrival
    if (arrival === undefined) {
      // With the limit inside, the progress of each conversation would be looked up by itself.
      return sql`lagging as materialized (
        select c.organization_id, c.id, coalesce(p.position, 0) as position,
          c.message_count - coalesce(p.position, 0) as behind
        from conversations c ${progress('c.organization_id', 'c.id')}
        where c.organization_id = ${this.#organizationId}
          and c.message_count > coalesce(p.position, 0) ${this.#ofConversations}),
        lag as materialized (select * from lagging limit ${sql.lit(limit)})`
    }
    return sql`arrived as materialized (${arrived(arrival)}), lag as materialized (
      select c.organization_id, c.id, coalesce(p.position, 0) as position, count(*) as behind
      from arrived a ${progress('a.organization_id', 'a.conversation_id')}
      cross join conversations c
      where a.organization_id = ${this.#organizationId} and a.position > coalesce(p.position, 0)
        and c.organization_id = a.organization_id and c.id = a.conversation_id
        ${this.#ofConversations}
      group by c.organization_id, c.id, p.position limit ${sql.lit(limit)})`
  }

  /** More than can be read, where so much came since the horizon that not all was looked at. */
  get #overflow(): Fragment {
    if (this.#arrival === undefined) return sql`0`
    return sql`(select case when count(*) > ${sql.lit(arrivedMax)} then ${sql.lit(tailMax + 1)}
      else 0 end from arrived)`
  }

  /** One conversation tells by itself. */
  get #arrival(): string | undefined {
    return this.#isOfOne ? undefined : this.#database.engine.words.arrival
  }

  #tail(before: SearchPlace | undefined): Fragment {
    return sql`select m.created_at, m.id, m.conversation_id
      from lag cross join messages m
      where m.organization_id = lag.organization_id and m.conversation_id = lag.id
        and m.position > lag.position and m.position <= lag.position + ${sql.lit(tailMax)}
        and ${this.#readable(before)}
      limit ${sql.lit(tailMax + 1)}`
  }

  #dirty(before: SearchPlace | undefined): Fragment {
    return sql`select m.created_at, m.id, m.conversation_id
      from search_dirty d
      cross join messages m
      cross join conversations c
      where d.organization_id = ${this.#organizationId}
        and m.organization_id = d.organization_id and m.conversation_id = d.conversation_id
        and m.id = d.message_id and c.organization_id = d.organization_id
        and c.id = d.conversation_id ${this.#ofConversations} and ${this.#readable(before)}
      limit ${sql.lit(tailMax + 1)}`
  }

  #readable(before: SearchPlace | undefined): Fragment {
    const cast = (value: unknown, kind: 'id' | 'instant') =>
      sql`cast(${value} as ${this.#type(kind)})`
    const behind = before === undefined ? sql`` : sql` and (m.created_at, m.id, m.conversation_id)
      < (${cast(before.createdAt, 'instant')}, ${cast(before.messageId, 'id')},
        ${cast(before.conversationId, 'id')})`
    return sql`m.deleted_at is null ${this.#ofPlaces('m')} ${this.#ofMessages} ${behind}`
  }

  #none(kind: 'id' | 'instant'): Fragment {
    return sql`cast(null as ${this.#type(kind)})`
  }

  #type(kind: 'id' | 'instant'): Fragment {
    return sql.raw(this.#database.engine.types[kind])
  }

  async #read(fragment: Fragment): Promise<StoredRow[]> {
    const { sql: text, parameters } = fragment.compile(this.#database.write)
    return (await this.#database.execute({ sql: text, parameters, readOnly: true })).rows
  }
}

/** The place with this key, as a cursor holds it. Throws InvalidValue. */
export function placeOf(key: readonly (string | number)[]): SearchPlace {
  const [createdAt, messageId, conversationId] = key.map(String)
  return {
    createdAt: columns.createdAt.encode(createdAt!, 'cursor'),
    messageId: columns.id.encode(messageId!, 'cursor'),
    conversationId: columns.conversationId.encode(conversationId!, 'cursor'),
    milliseconds: millisecondsOf(createdAt!),
    name: [createdAt, messageId, conversationId].join(' '),
  }
}

/** The key of a place, for a cursor. */
export const keyOfPlace = ({ name }: SearchPlace): string[] => name.split(' ')

function candidatesOf(rows: readonly StoredRow[], limit: number): Candidates {
  const of = (source: number) => rows.filter((row) => Number(row.source) === source)
  const indexed = of(rowsOf.index).map(placeIn).sort(newestFirst).slice(0, limit)
  const rest = of(rowsOf.rest).map(placeIn)
  const unindexed = Number(of(rowsOf.count)[0]!.behind)
  const more = indexed.length === limit
  const last = indexed.at(-1)
  const inStretch = more ? rest.filter(({ name }) => name > last!.name) : rest
  const places = new Map([...indexed, ...inStretch].map((place) => [place.name, place]))
  return {
    places: [...places.values()].sort(newestFirst),
    more,
    complete: unindexed <= tailMax && rest.length <= tailMax,
    unindexed: Math.max(unindexed, rest.length),
  }
}

const joined = (fragments: readonly Fragment[]): Fragment =>
  fragments.length === 0 ? sql`` : sql.join(fragments, sql` `)

const newestFirst = (a: SearchPlace, b: SearchPlace): number => (a.name < b.name ? 1 : -1)

const placeIn = (row: StoredRow): SearchPlace => placeOf([
  columns.createdAt.decode(row.created_at), columns.id.decode(row.message_id),
  columns.conversationId.decode(row.conversation_id),
])

function given<T>(value: string | undefined, encode: (value: string) => T): T | undefined {
  return value === undefined ? undefined : encode(value)
}

const textOf = (name: string, value: string) => columns.role.encode(value, name)
