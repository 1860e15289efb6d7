import { type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type BatchRow, type Database, prepareBatch, repeated } from '../database/database.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { type Engine, type Statement } from '../database/engine.js'
import { type IdGenerator } from '../ids.js'
import { shortened } from './long-messages.js'
import { type ConversationTables } from './tables.js'
import { termsOf, wordTables } from './terms.js'
import { type ConversationKey } from './transfer-format.js'

/** Messages looked at to choose those of one step, in all and of each conversation. */
const lookMax = 128
const lookMin = 4

/** Bytes of content in one step at most, but for a single longer message. */
const bytesMax = 1024 * 1024

/** Texts whose words leave the index in one step at most. */
const leaveMax = 64

const keyKinds = { organization_id: 'id', conversation_id: 'id' } as const
const lookKinds = { ...keyKinds, most: 'integer' } as const
const messageKinds = { ...keyKinds, message_id: 'id' } as const
const progressKinds = {
  ...keyKinds, position: 'integer', version: 'integer', claim: 'id', began_at: 'instant',
} as const
const termsKinds = {
  ...messageKinds, created_at: 'instant', sequence: 'integer', terms: 'terms', claim: 'id',
} as const
const cleanedKinds = { ...messageKinds, claim: 'id' } as const

type Rows = RawBuilder<unknown>
type KeyRow = BatchRow<typeof keyKinds>
type LookRow = BatchRow<typeof lookKinds>
type MessageRow = BatchRow<typeof messageKinds>
type StoredRow = Readonly<Record<string, unknown>>

/** A message whose words are to be taken. */
interface Wanted {
  readonly row: StoredRow
  /** Its position; null for one that changed behind the progress. */
  readonly position: number | null
}

/** What one step did. */
export interface IndexStep {
  /** Messages looked at. */
  readonly messages: number
  /** Conversations that were asked for and have nothing left. */
  readonly finished: readonly ConversationKey[]
}

/** One row a message behind the progress of conversations, few of each, with what it weighs. */
const tailStatement = (rows: Rows) => sql`
  select b.organization_id, b.conversation_id, m.id as message_id, m.position,
    coalesce(p.version, 0) as version, octet_length(cast(m.content as text)) as bytes,
    c.created_at as began_at
  from ${rows} as b
  join conversations c on c.organization_id = b.organization_id and c.id = b.conversation_id
  left join search_progress p on p.organization_id = b.organization_id
    and p.conversation_id = b.conversation_id
  join messages m on m.organization_id = b.organization_id
    and m.conversation_id = b.conversation_id and m.position > coalesce(p.position, 0)
    and m.position <= coalesce(p.position, 0) + b.most
  order by b.organization_id, b.conversation_id, m.position`

/** Messages that changed, in all organizations. */
const dirtyStatement = (limit: number) => sql`
  select d.organization_id, d.conversation_id, d.message_id, p.version,
    octet_length(cast(m.content as text)) as bytes, c.created_at as began_at
  from search_dirty d
  join conversations c on c.organization_id = d.organization_id and c.id = d.conversation_id
  join search_progress p on p.organization_id = d.organization_id
    and p.conversation_id = d.conversation_id
  join messages m on m.organization_id = d.organization_id
    and m.conversation_id = d.conversation_id and m.id = d.message_id
  order by d.organization_id, d.conversation_id, d.message_id
  limit ${sql.lit(limit)}`

const textColumns = sql`m.organization_id, m.conversation_id, m.id, m.content, m.created_at`

const contentStatement = (columns: RawBuilder<unknown>) => (rows: Rows) => sql`
  select ${columns}
  from ${rows} as b
  join messages m on m.organization_id = b.organization_id
    and m.conversation_id = b.conversation_id and m.id = b.message_id
  where m.deleted_at is null`

/** Begins the progress of conversations. */
const beginStatement = (rows: Rows) => sql`
  insert into search_progress (organization_id, conversation_id, position, version)
  select c.organization_id, c.id, 0, 0
  from ${rows} as b
  join conversations c on c.organization_id = b.organization_id and c.id = b.conversation_id
  where true
  on conflict do nothing`

/**
 * Gets on with conversations of which nothing changed since their messages were read. One that was
 * made anew under its id has the version of the one before again.
 */
const claimStatement = (rows: Rows) => sql`
  update search_progress
  set version = search_progress.version + 1, claim = b.claim, position = case
    when b.position > search_progress.position then b.position else search_progress.position end
  from ${rows} as b
  where search_progress.organization_id = b.organization_id
    and search_progress.conversation_id = b.conversation_id
    and search_progress.version = b.version
    and exists (select 1 from conversations c
      where c.organization_id = b.organization_id and c.id = b.conversation_id
        and c.created_at = b.began_at)`

const ofClaimed = sql`
  join search_progress p on p.organization_id = b.organization_id
    and p.conversation_id = b.conversation_id and p.claim = b.claim`

/** Keeps the words of messages whose conversation got on. */
const termsStatement = ({ words }: Engine) => (rows: Rows) => sql`
  insert into message_terms
    (organization_id, conversation_id, message_id, created_at, sequence, terms)
  select b.organization_id, b.conversation_id, b.message_id, b.created_at,
    ${words.freeSequence(sql`b.sequence`, wordTables)}, b.terms
  from ${rows} as b ${ofClaimed}
  where true
  on conflict (organization_id, conversation_id, message_id) do nothing`

const cleanedStatement = (rows: Rows) => sql`
  delete from search_dirty where (organization_id, conversation_id, message_id) in (
    select b.organization_id, b.conversation_id, b.message_id from ${rows} as b ${ofClaimed})`

/**
 * Takes the words of messages, a few at a time. What is read and what is written are two steps:
 * between them the row of the progress tells by its version whether something changed, and then
 * nothing is kept. So several indexers at once, or one that was killed, do no harm.
 */
export class IndexBatch {
  readonly #database: Database<ConversationTables>
  readonly #ids: IdGenerator
  readonly #tail: (rows: readonly LookRow[]) => Statement
  /** What is said in messages that are not erased, by their keys. */
  readonly #contents: (rows: readonly MessageRow[]) => Statement
  /** Messages that are not erased, by their keys; of long ones only how long they are. */
  readonly shortened: (rows: readonly MessageRow[]) => Statement
  readonly #begin: (rows: readonly KeyRow[]) => Statement
  readonly #claim: (rows: readonly BatchRow<typeof progressKinds>[]) => Statement
  readonly #terms: (rows: readonly BatchRow<typeof termsKinds>[]) => Statement
  readonly #cleaned: (rows: readonly BatchRow<typeof cleanedKinds>[]) => Statement
  readonly #leave: readonly Statement[]
  /** By its limit, of which there are few. */
  readonly #dirtyOf = new Map<number, Statement>()

  /** The database must reach all organizations whose messages are handed in. */
  constructor(database: Database<ConversationTables>, ids: IdGenerator) {
    this.#database = database
    this.#ids = ids
    const on = database.as<never>()
    this.#tail = prepareBatch(on, { name: 'search_tail', kinds: lookKinds, build: tailStatement })
    this.#contents = prepareBatch(on, {
      name: 'search_contents', kinds: messageKinds, build: contentStatement(textColumns),
    })
    this.shortened = prepareBatch(on, {
      name: 'search_shortened', kinds: messageKinds, build: contentStatement(shortened()),
    })
    this.#begin = prepareBatch(on, { name: 'search_begin', kinds: keyKinds, build: beginStatement })
    this.#claim = prepareBatch(on, {
      name: 'search_claim', kinds: progressKinds, build: claimStatement,
    })
    this.#terms = prepareBatch(on, {
      name: 'search_terms', kinds: termsKinds, build: termsStatement(database.engine),
    })
    this.#cleaned = prepareBatch(on, {
      name: 'search_cleaned', kinds: cleanedKinds, build: cleanedStatement,
    })
    this.#leave = database.engine.words.takeOut(wordTables, leaveMax)
      .map((fragment) => this.#compiled(fragment))
  }

  /** Takes out the words of some conversations that went; of how many texts. */
  async takeOut(): Promise<number> {
    if (this.#leave.length === 0) return 0
    const results = await repeated(() => this.#database.atomic(this.#leave))
    return results.at(-1)!.changed
  }

  /**
   * Takes the words of at most `limit` messages: of those that changed, in any conversation, and of
   * these conversations, which must differ.
   */
  async step(keys: readonly ConversationKey[], limit: number): Promise<IndexStep> {
    const most = Math.max(lookMin, Math.floor(lookMax / keys.length)) as Stored<'integer'>
    const rows = keys.map(({ organizationId, conversationId }) =>
      ({ organization_id: organizationId, conversation_id: conversationId, most }))
    const dirty = await this.#read(this.#dirty(limit))
    const tail = rows.length === 0 ? [] : await this.#read(this.#tail(rows))
    const chosen = chosenOf([...dirty, ...tail], limit)
    if (chosen.length > 0) await this.#take(chosen)
    const left = new Set(tail.map(nameOfRow))
    const finished = keys.filter((key) =>
      !left.has(`${key.organizationId} ${key.conversationId}`))
    return { messages: chosen.length, finished }
  }

  async #take(wanted: readonly Wanted[]): Promise<void> {
    const claim = this.#ids.next() as Stored<'id'>
    const { rows: contents } = await this.#database.execute({
      ...this.#contents(wanted.map(({ row }) => messageKeyOf(row))), readOnly: true,
    })
    const terms = contents.flatMap((row) => this.#termsRow(row, claim))
    const progress = progressOf(wanted, claim)
    const cleaned = wanted.filter(({ position }) => position === null)
      .map(({ row }) => ({ claim, ...messageKeyOf(row) }))
    const begun = progress.filter(({ version }) => Number(version) === 0)
    const { arrayParameters } = this.#database.engine
    const statements = [
      ...begun.length > 0 ? [this.#begin(begun)] : [],
      this.#claim(progress),
      // Each must see the numbers that those before it took.
      ...arrayParameters
        ? terms.length > 0 ? [this.#terms(terms)] : []
        : terms.map((row) => this.#terms([row])),
      ...cleaned.length > 0 ? [this.#cleaned(cleaned)] : [],
    ]
    try {
      await repeated(() => this.#database.atomic(statements))
    } catch (error) {
      // A conversation went away meanwhile; the next look does not see it any more.
      if (!(error instanceof ForeignKeyViolation)) throw error
    }
  }

  #termsRow(row: StoredRow, claim: Stored<'id'>): BatchRow<typeof termsKinds>[] {
    const terms = termsOf(this.#database.engine, row)
    if (terms === undefined) return []
    return [{
      organization_id: row.organization_id as Stored<'id'>,
      conversation_id: row.conversation_id as Stored<'id'>,
      message_id: row.id as Stored<'id'>,
      claim, ...terms,
    }]
  }

  #dirty(limit: number): Statement {
    const known = this.#dirtyOf.get(limit)
    if (known !== undefined) return known
    const statement = this.#compiled(dirtyStatement(limit))
    this.#dirtyOf.set(limit, statement)
    return statement
  }

  #compiled(fragment: Rows): Statement {
    const { sql: text, parameters } = fragment.compile(this.#database.write)
    return { sql: text, parameters }
  }

  async #read(statement: Statement): Promise<StoredRow[]> {
    return (await this.#database.execute({ ...statement, readOnly: true })).rows
  }
}

/** As many as fit; those that changed first, each once. */
function chosenOf(rows: readonly StoredRow[], limit: number): Wanted[] {
  const chosen: Wanted[] = []
  let bytes = 0
  for (const row of rows) {
    bytes += Number(row.bytes)
    if (chosen.length === limit || (chosen.length > 0 && bytes > bytesMax)) break
    chosen.push({ row, position: row.position === undefined ? null : Number(row.position) })
  }
  return chosen
}

/** One row a conversation, in one order everywhere, so that two indexers seldom deadlock. */
function progressOf(wanted: readonly Wanted[], claim: Stored<'id'>) {
  const rows = new Map<string, BatchRow<typeof progressKinds>>()
  for (const { row, position } of wanted) {
    const name = nameOfRow(row)
    const known = rows.get(name)
    const reached = Math.max(position ?? 0, Number(known?.position ?? 0))
    rows.set(name, {
      organization_id: row.organization_id as Stored<'id'>,
      conversation_id: row.conversation_id as Stored<'id'>,
      position: reached as Stored<'integer'>,
      version: Number(row.version) as Stored<'integer'>,
      claim,
      began_at: row.began_at as Stored<'instant'>,
    })
  }
  return [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

const nameOfRow = (row: StoredRow): string =>
  `${String(row.organization_id)} ${String(row.conversation_id)}`

const messageKeyOf = (row: StoredRow): MessageRow => ({
  organization_id: row.organization_id as Stored<'id'>,
  conversation_id: row.conversation_id as Stored<'id'>,
  message_id: row.message_id as Stored<'id'>,
})
