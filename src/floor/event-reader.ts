import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { ConversationNotFound, InvalidInput } from '../errors.js'
import { eventOf, nameOfFloor } from './commands.js'
import { type EventBatch, type FloorReading } from './events.js'
import { eventLimitOf } from './rules.js'
import { type FloorKey } from './statements.js'
import { type FloorEvent, floorEvents, type FloorTables } from './tables.js'
import { type FloorWorks } from './works.js'

/** What is asked about conversations: `get` throws ConversationNotFound. */
export interface Conversing {
  get(conversationId: string): Promise<unknown>
}

/** Which events are asked for. */
export interface FloorEventPage {
  /** The number of the last event seen. @default 0 */
  readonly after?: number | undefined
  /** Events at most, 1 to 500. @default 100 */
  readonly limit?: number | undefined
}

const { columns } = floorEvents
const never = new AbortController().signal
const batchMax = 100

/** Reads what happened on floors, also as it happens. */
export class FloorEventReader {
  readonly #database: Database<FloorTables>
  readonly #works: FloorWorks
  readonly #conversations: Conversing

  constructor(database: Database<FloorTables>, works: FloorWorks, conversations: Conversing) {
    this.#database = database
    this.#works = works
    this.#conversations = conversations
  }

  /** Events behind a number, in order. */
  async events(
    key: FloorKey,
    { after = 0, limit = batchMax }: FloorEventPage,
  ): Promise<readonly FloorEvent[]> {
    const number = columns.number.encode(after, 'after')
    if (after < 0) throw new InvalidInput('after must not be negative', { field: 'after' })
    const batch = await this.#read(key, { number, limit: eventLimitOf(limit) })
    if (batch === undefined) await this.#conversations.get(key.conversation_id)
    return batch?.events ?? []
  }

  /** The number where it begins, then the events behind it as they happen. */
  async *follow(
    key: FloorKey,
    { after, live = true, signal = never }: FloorReading,
  ): AsyncGenerator<number | FloorEvent, void, void> {
    const watched = await this.#works.live.join(nameOfFloor(key))
    try {
      let from = await this.#start(key, after)
      yield from
      for (let version = -1; !signal.aborted && !watched.isEnded;) {
        const seen = watched.version
        if (seen !== version) {
          const at = from
          const batch = await watched.read(at, () => this.#batch(key, at))
          // It was deleted; one that came back from a file is another one.
          if (batch.last < from || (batch.last === 0 && !(await this.#isThere(key)))) return
          // Not `yield*`, which awaits each event twice more.
          for (const event of batch.events) yield event
          from = batch.events.at(-1)?.number ?? from
          if (from < batch.last) continue
          version = seen
        }
        if (!live) return
        await watched.next(version, signal)
      }
    } finally {
      this.#works.live.leave(watched)
    }
  }

  async #start(key: FloorKey, after: number | undefined): Promise<number> {
    const number = columns.number.encode(after ?? 0, 'after')
    const batch = await this.#read(key, { number, limit: 1 })
    if (batch === undefined) await this.#conversations.get(key.conversation_id)
    const last = batch?.last ?? 0
    if (after === undefined) return last
    if (after >= 0 && after <= last) return after
    const message = `after must be the number of an event of this floor; the newest is ${last}`
    throw new InvalidInput(message, { field: 'after' })
  }

  async #batch(key: FloorKey, from: number): Promise<EventBatch> {
    const number = columns.number.encode(from)
    return await this.#read(key, { number, limit: batchMax }) ?? { events: [], last: 0 }
  }

  async #read(
    key: FloorKey,
    { number, limit }: { readonly number: Stored<'integer'>; readonly limit: number },
  ): Promise<EventBatch | undefined> {
    const until = columns.number.encode(
      Math.min(Number.MAX_SAFE_INTEGER, Number(number) + limit))
    const { rows } = await this.#database.execute(
      this.#works.statements.eventsAfter({ ...key, number, until }))
    if (rows.length === 0) return undefined
    const last = Number(rows[0]!.event_count)
    return { events: rows.filter((row) => row.number !== null).map(eventOf), last }
  }

  async #isThere({ conversation_id: id }: FloorKey): Promise<boolean> {
    try {
      await this.#conversations.get(id)
      return true
    } catch (error) {
      if (error instanceof ConversationNotFound) return false
      throw error
    }
  }
}
