import { type Clock, instantOf } from '../clock.js'
import { type Signals } from '../coordination/coordination.js'
import { CoalescingWriter } from '../database/coalesce.js'
import { type Stored } from '../database/columns.js'
import { type Database, type Placeholder, prepare } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { type IdGenerator } from '../ids.js'
import { AppendBatch, type AppendCall, type FirstPlace } from './append.js'
import { type ContextKey, contextRow } from './context-row.js'
import { EventReader } from './event-reader.js'
import { EventSignals } from './event-signals.js'
import { type ConversationStates } from './events.js'
import { ImportTurns } from './import-turns.js'
import { Indexing } from './indexing.js'
import { LiveConversations } from './live.js'
import { isShort, lengthOf, LongMessages, shortened } from './long-messages.js'
import { type ConversationTables, messages as table } from './tables.js'
import { type ConversationKey } from './transfer-format.js'
import { TransferStatements } from './transfer-statements.js'
import { TreeStatements } from './tree-statements.js'

const { columns } = table

/** Where a page begins and how long it is. */
export interface PageParameters {
  organization: Stored<'id'>
  conversation: Stored<'id'>
  from: Stored<'integer'>
  limit: number
}

/** Parts that the log takes from outside. */
export interface MessageSource {
  readonly clock: Clock
  readonly ids: IdGenerator
  /** Tells other processes what they may look at. */
  readonly signals: Signals
  /** What another domain tells of agents' states, for the events of conversations. */
  readonly states?: ConversationStates
  /** Whether the words of what is appended are taken in the background. @default true */
  readonly backgroundIndexing?: boolean | undefined
  /** Longest wait of an append for the batches before it. @default 5000 */
  readonly waitingTimeoutMs?: number
}

/** Rows fetched at once: a page of the usual size is one statement. */
const fetchMax = 64

/** Characters of JSON in one page; it ends early beyond them, but never without a message. */
export const pageLengthMax = 32 * 1024 * 1024

/** What a page says of each message; whose it is, and where, is known. */
const listed = [
  'id', 'position', 'depth', 'parent_message_id', 'kind', 'role', 'content', 'metadata', 'author',
  'model', 'tokens_used', 'cost_usd', 'revision', 'created_at',
] as const

/** Stored messages of a page. */
export interface StoredPage {
  readonly rows: Record<string, unknown>[]
  /** Whether the conversation goes on behind them. */
  readonly more: boolean
}

/** What all message stores of one database share: the writer and the compiled statements. */
export class MessageLog {
  readonly database: Database<ConversationTables>
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly batch: AppendBatch
  readonly tree: TreeStatements
  readonly long: LongMessages
  readonly contextRow: (key: ContextKey) => Statement
  readonly transfer: TransferStatements
  readonly imports = new ImportTurns()
  /** Takes the words of messages, for search. */
  readonly indexing: Indexing
  /** Who listens to conversations is woken by it. */
  readonly events: EventSignals
  /** Those of this process. */
  readonly live: LiveConversations
  readonly page: Readonly<Record<'asc' | 'desc', (given: PageParameters) => Statement>>
  readonly #writer: CoalescingWriter<AppendCall, FirstPlace>
  #stamp: { readonly milliseconds: number; readonly stored: Stored<'instant'> } | undefined

  constructor(
    database: Database<ConversationTables>,
    source: MessageSource,
  ) {
    this.database = database
    this.clock = source.clock
    this.ids = source.ids
    this.batch = new AppendBatch(database)
    this.tree = new TreeStatements(database)
    this.long = new LongMessages(database)
    this.contextRow = contextRow(database)
    this.transfer = new TransferStatements(database)
    this.indexing = new Indexing(this)
    if (source.backgroundIndexing === false) this.indexing.pause()
    const { signals, states } = source
    this.events = new EventSignals(signals)
    const reader = new EventReader(database, states)
    this.live = new LiveConversations({ reader, events: this.events, signals, states })
    this.page = { asc: this.#page('asc'), desc: this.#page('desc') }
    this.#writer = new CoalescingWriter({
      write: async (calls) => (await this.batch.write(calls)).map((value) => ({ value })),
      orderKey: (call) => call.organizationId + call.conversationId,
      weigh: weightOf,
      ...(source.waitingTimeoutMs === undefined
        ? {}
        : { waitingTimeoutMs: source.waitingTimeoutMs }),
    })
  }

  /** The present moment in stored form; calls of one millisecond share it. */
  now(): Stored<'instant'> {
    const milliseconds = this.clock.now()
    if (milliseconds !== this.#stamp?.milliseconds) {
      this.#stamp = { milliseconds, stored: columns.createdAt.encode(instantOf(milliseconds)) }
    }
    return this.#stamp.stored
  }

  /** Joins the call with others into one durable batch. */
  append(call: AppendCall): Promise<FirstPlace> {
    return this.#writer.append(call)
  }

  /** Wakes who listens to the conversation, in all processes, and the indexer of this one. */
  tell(key: ConversationKey): void {
    this.indexing.notice(key)
    this.events.tell(key)
  }

  /** At most `limit` rows, fewer when they grow too long for one answer. */
  async read(
    database: Database<ConversationTables>,
    order: 'asc' | 'desc',
    given: PageParameters,
  ): Promise<StoredPage> {
    const rows: Record<string, unknown>[] = []
    let length = 0
    let from = given.from
    for (;;) {
      const limit = Math.min(given.limit + 1 - rows.length, fetchMax)
      const fetched = await database.execute(this.page[order]({ ...given, from, limit }))
      for (const row of fetched.rows) {
        if (rows.length === given.limit) return { rows, more: true }
        const whole = isShort(row) ? row : await this.long.whole(database, row, given)
        if (whole === undefined || whole.deleted_at != null) continue
        length += lengthOf(whole)
        if (rows.length > 0 && length > pageLengthMax) return { rows, more: true }
        rows.push(whole)
      }
      if (fetched.rows.length < limit) return { rows, more: false }
      from = columns.position.encode(columns.position.decode(fetched.rows.at(-1)!.position))
    }
  }

  /** Resolves when every append handed in so far is settled. */
  idle(): Promise<void> {
    return this.#writer.idle()
  }

  #page(order: 'asc' | 'desc') {
    const build = (parameter: Placeholder<PageParameters>) =>
      this.database.write
        .selectFrom('messages as m')
        .select(shortened(listed) as never)
        .where('organization_id', '=', parameter('organization'))
        .where('conversation_id', '=', parameter('conversation'))
        .where('position', order === 'asc' ? '>' : '<', parameter('from'))
        .where('deleted_at', 'is', null)
        .orderBy('position', order)
        .limit(parameter('limit'))
    return prepare<PageParameters>(`messages_page_${order}`, build)
  }
}

function weightOf({ drafts }: AppendCall): number {
  return drafts.reduce((sum, { content, metadata }) => sum + content.length + metadata.length, 0)
}
