import { sql } from 'kysely'
import { BackgroundLoop, pause } from '../background.js'
import { type Arrivals } from './arrivals.js'
import { keysMax, stepMax } from './indexing.js'
import { type MessageLog } from './message-log.js'
import { type ConversationKey } from './transfer-format.js'

/** What an indexer tells; for logs. */
export type IndexerEvent =
  /** Some way through; `messages` since it began. */
  | { readonly kind: 'indexed'; readonly messages: number }
  /** It has been through all conversations for the first time. */
  | { readonly kind: 'finished'; readonly messages: number }
  /** The database could not be asked; it is tried again. */
  | { readonly kind: 'unavailable'; readonly error: unknown }

/** How to look for what is not indexed. */
export interface IndexerOptions {
  /** Told what happens; must not throw. */
  readonly onEvent?: (event: IndexerEvent) => void
  /** Pause between two looks at all conversations, in milliseconds. @default 60000 */
  readonly everyMs?: number
}

/** Conversations looked at in one statement. */
const chunkMax = 500

/** Messages between two tellings. */
const tellEvery = 10_000

const pauseMs = 2_000

/** What a look at a part of the conversations found. */
interface Chunk {
  readonly behind: ConversationKey[]
  /** The last one looked at; undefined at the end. */
  readonly last: ConversationKey | undefined
}

/**
 * Looks through all conversations, of all organizations, for messages whose words were not taken:
 * those from before there was search, and what processes left that ended early. Beside it each
 * process takes the words of what it appends. Where it was killed the next one goes on; several at
 * once do no harm.
 */
export class MessageIndexer {
  readonly #log: MessageLog
  readonly #options: IndexerOptions
  readonly #loop = new BackgroundLoop(() => this.#look())
  #isFirst = true
  #messages = 0
  #told = 0

  constructor(log: MessageLog, options: IndexerOptions = {}) {
    this.#log = log
    this.#options = options
  }

  /** Begins, and goes on until it is closed. */
  start(): this {
    this.#loop.start()
    return this
  }

  /** Ends after the step at work; calling it again does no harm. */
  close(): Promise<void> {
    return this.#loop.close()
  }

  /**
   * Looks through all conversations once, and at what changed; the messages whose words it took.
   */
  async pass(): Promise<number> {
    const before = this.#messages
    await this.#take([])
    const { arrivals } = this.#log.indexing
    if (arrivals !== undefined) {
      await this.#takeArrived(arrivals)
      return this.#messages - before
    }
    for (let place: ConversationKey | undefined; ;) {
      const sinceMs = performance.now()
      const { behind, last } = await this.#chunk(place)
      await this.#pause(performance.now() - sinceMs)
      await this.#take(behind)
      if (last === undefined || this.#loop.signal.aborted) return this.#messages - before
      place = last
    }
  }

  /** In the order in which messages came, from where all before is indexed. */
  async #takeArrived(arrivals: Arrivals): Promise<void> {
    for (let isOver = false; !isOver && !this.#loop.signal.aborted;) {
      const sinceMs = performance.now()
      const behind = await arrivals.behind(chunkMax)
      await this.#pause(performance.now() - sinceMs)
      await this.#take(behind)
      isOver = !await arrivals.advance() && behind.length === 0
    }
  }

  async #look(): Promise<number> {
    try {
      await this.pass()
      if (this.#isFirst && this.#messages > 0) this.#tell('finished')
      this.#isFirst = false
      return this.#options.everyMs ?? 60_000
    } catch (error) {
      this.#options.onEvent?.({ kind: 'unavailable', error })
      return pauseMs
    }
  }

  /** Step by step, no more than half of the time, so that others come through. */
  async #take(behind: readonly ConversationKey[]): Promise<void> {
    let left = behind
    for (let isOver = false; !isOver && !this.#loop.signal.aborted;) {
      const sinceMs = performance.now()
      const asked = left.slice(0, keysMax)
      const { batch } = this.#log.indexing
      const { messages, finished } = await batch.step(asked, stepMax)
      const takenOut = await batch.takeOut()
      const done = new Set(finished)
      left = left.filter((key) => !done.has(key))
      isOver = left.length === 0 && messages === 0 && takenOut === 0
      this.#messages += messages
      if (this.#messages >= this.#told + tellEvery) this.#tell('indexed')
      await this.#pause(performance.now() - sinceMs)
    }
  }

  #tell(kind: 'indexed' | 'finished'): void {
    this.#told = this.#messages
    this.#options.onEvent?.({ kind, messages: this.#messages })
  }

  #pause(forMs: number): Promise<void> {
    return pause(forMs, this.#loop.signal)
  }

  /** The next conversations in order of their keys, and which of them have messages left. */
  async #chunk(place: ConversationKey | undefined): Promise<Chunk> {
    const { database } = this.#log
    const type = sql.raw(database.engine.types.id)
    const after = place === undefined
      ? sql``
      : sql`where (organization_id, id) > (cast(${place.organizationId} as ${type}),
          cast(${place.conversationId} as ${type}))`
    const { sql: text, parameters } = sql`
      select c.organization_id, c.id, c.message_count - coalesce(p.position, 0) as behind
      from (select organization_id, id, message_count from conversations ${after}
        order by organization_id, id limit ${sql.lit(chunkMax)}) as c
      left join search_progress p on p.organization_id = c.organization_id
        and p.conversation_id = c.id
      order by c.organization_id, c.id`.compile(database.write)
    const { rows } = await database.execute({ sql: text, parameters, readOnly: true })
    const keys = rows.map((row) => ({
      organizationId: row.organization_id, conversationId: row.id,
    }) as ConversationKey)
    return {
      behind: keys.filter((_, index) => Number(rows[index]!.behind) > 0),
      last: rows.length < chunkMax ? undefined : keys.at(-1),
    }
  }
}
