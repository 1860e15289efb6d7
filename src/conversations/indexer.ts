import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type BatchRow, type Database, prepareBatch } from '../database/database.js'
import { type Engine, type Statement } from '../database/engine.js'
import { decodeRow } from '../database/table.js'
import { type Rows, termsKinds, wordTables } from './append-statements.js'
import { type MessageLog } from './message-log.js'
import { type ConversationTables, indexings, messages } from './tables.js'
import { termsOf } from './terms.js'

/** What an indexer tells; for logs. */
export type IndexerEvent =
  | { readonly kind: 'indexed'; readonly messages: number }
  | { readonly kind: 'finished'; readonly messages: number }
  /** The database could not be asked; it is tried again. */
  | { readonly kind: 'unavailable'; readonly error: unknown }

/** How to index. */
export interface IndexerOptions {
  /** Told what happens; must not throw. */
  readonly onEvent?: (event: IndexerEvent) => void
  /** Messages of one step, 1 to 1000. @default 50 */
  readonly batch?: number
}

/** How far the indexer is. */
export interface Indexing {
  /** Messages looked at so far. */
  readonly messages: number
  readonly finished: boolean
}

/** Messages between two tellings. */
const tellEvery = 10_000

const pauseMs = 2_000

type TermsRow = BatchRow<typeof termsKinds>
type State = ReturnType<typeof decodeRow<typeof indexings.columns>>

const columns = indexings.columns

/**
 * Takes the words of messages that were there before there was search, step by step in the order
 * of their keys. Where it stopped it goes on; several at once do no harm.
 */
export class MessageIndexer {
  readonly #log: MessageLog
  readonly #database: Database<ConversationTables>
  readonly #options: IndexerOptions
  readonly #insert: (rows: readonly TermsRow[]) => Statement
  readonly #stop = new AbortController()
  #loop: Promise<void> | undefined
  #told = 0

  constructor(log: MessageLog, options: IndexerOptions = {}) {
    this.#log = log
    this.#database = log.database
    this.#options = options
    this.#insert = prepareBatch(log.database.as<never>(), {
      name: 'messages_terms_earlier', kinds: termsKinds, build: earlierTerms(log.database.engine),
    })
  }

  /** Begins; it ends by itself once all is done. */
  start(): this {
    if (!this.#stop.signal.aborted) this.#loop ??= this.#work()
    return this
  }

  /** Ends after the step at work; calling it again does no harm. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  /** One step. */
  async step(): Promise<Indexing> {
    const state = await this.#state()
    if (state === undefined || state.finishedAt !== null) {
      return { messages: state?.messages ?? 0, finished: true }
    }
    const { batch = 50 } = this.#options
    const rows = await this.#after(state.place, batch)
    const finished = rows.length < batch
    await this.#database.atomic([...this.#inserts(rows), this.#progress(state, rows, finished)])
    return { messages: state.messages + rows.length, finished }
  }

  async #work(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const sinceMs = performance.now()
        const indexing = await this.step()
        this.#tell(indexing)
        if (indexing.finished) return
        // No more than half of the time, so that others come through.
        await this.#pause(performance.now() - sinceMs)
      } catch (error) {
        this.#options.onEvent?.({ kind: 'unavailable', error })
        await this.#pause(pauseMs)
      }
    }
  }

  async #pause(forMs: number): Promise<void> {
    await sleep(forMs, undefined, { signal: this.#stop.signal }).catch(() => undefined)
  }

  #tell({ messages: count, finished }: Indexing): void {
    if (finished && count > 0) this.#options.onEvent?.({ kind: 'finished', messages: count })
    else if (count >= this.#told + tellEvery) {
      this.#told = count
      this.#options.onEvent?.({ kind: 'indexed', messages: count })
    }
  }

  async #state(): Promise<State | undefined> {
    const query = this.#database.write
      .selectFrom('indexings').selectAll().where('name', '=', nameOfMessages)
    const stored = await this.#database.first(query)
    return stored === undefined ? undefined : decodeRow(indexings, stored)
  }

  async #after(place: string[] | null, limit: number): Promise<Record<string, unknown>[]> {
    const type = sql.raw(this.#database.engine.types.id)
    const key = place?.map((id) => sql`cast(${messages.columns.id.encode(id)} as ${type})`)
    const after = key === undefined
      ? sql``
      : sql`and (organization_id, conversation_id, id) > (${sql.join(key)})`
    const { sql: text, parameters } = sql`
      select organization_id, conversation_id, id, content from messages
      where deleted_at is null ${after}
      order by organization_id, conversation_id, id limit ${limit}`.compile(this.#database.write)
    return (await this.#database.execute({ sql: text, parameters, readOnly: true })).rows
  }

  #inserts(found: readonly Record<string, unknown>[]): Statement[] {
    const rows = found.map((row) => this.#termsRow(row)).filter(({ terms }) => terms !== null)
    if (rows.length === 0) return []
    // Each must see the numbers that those before it took.
    const { arrayParameters } = this.#database.engine
    return arrayParameters ? [this.#insert(rows)] : rows.map((row) => this.#insert([row]))
  }

  #termsRow(row: Record<string, unknown>): TermsRow {
    const organizationId = row.organization_id as Stored<'id'>
    const id = row.id as Stored<'id'>
    const content = messages.columns.content.decode(row.content)
    return {
      organization_id: organizationId,
      conversation_id: row.conversation_id as Stored<'id'>,
      id,
      ...termsOf(this.#database.engine, { organizationId, id, content }),
    }
  }

  /** Only from where this step began: another indexer may have been faster. */
  #progress(state: State, rows: readonly Record<string, unknown>[], finished: boolean): Statement {
    const last = rows.at(-1)
    const place = last === undefined
      ? state.place
      : [last.organization_id, last.conversation_id, last.id].map(String)
    const { sql: text, parameters } = this.#database.write
      .updateTable('indexings')
      .set({
        place: columns.place.encode(place),
        messages: columns.messages.encode(state.messages + rows.length),
        finished_at: finished
          ? columns.finishedAt.encode(instantOf(this.#log.clock.now()))
          : null,
      })
      .where('name', '=', nameOfMessages)
      .where('messages', '=', columns.messages.encode(state.messages))
      .where('finished_at', 'is', null)
      .compile()
    return { sql: text, parameters }
  }
}

/** Its row in `indexings`. */
export const nameOfMessages = columns.name.encode('messages')

/** One that is being deleted is waited for, so that no words of it stay behind. */
const earlierTerms = ({ words, rowLocks }: Engine) => (rows: Rows) => sql`
  insert into message_terms (organization_id, conversation_id, message_id, sequence, terms)
  select b.organization_id, b.conversation_id, b.id,
    ${words.earlierNumber(sql`b.sequence`, wordTables)}, b.terms
  from ${rows} as b
  join messages m on m.organization_id = b.organization_id
    and m.conversation_id = b.conversation_id and m.id = b.id
  where m.deleted_at is null ${rowLocks ? sql`for update of m` : sql``}
  on conflict (organization_id, message_id) do nothing`
