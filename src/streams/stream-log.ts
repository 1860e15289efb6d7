import { type RawBuilder, sql } from 'kysely'
import { type Signals } from '../coordination/coordination.js'
import { CoalescingWriter } from '../database/coalesce.js'
import { type Database, prepareRaw } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { type IdGenerator } from '../ids.js'
import { type Scope } from '../scope.js'
import { AppendBatch } from './append.js'
import { type AppendCall, type Appended, lengthOf } from './append-call.js'
import { streamOf } from './append-entries.js'
import { createStatements, type CreateStatements } from './create-statements.js'
import { LiveStreams, topicOf } from './live.js'
import { type ReadStatements, readStatements } from './read-statements.js'
import { type StreamKey, StreamReader } from './reader.js'
import { type StreamTables } from './tables.js'

/** A stream that was just deleted, and by whom. */
export interface DeletedStream extends Scope {
  readonly path: string
}

/** Parts that the log takes from outside. */
export interface StreamSource {
  readonly ids: IdGenerator
  readonly signals: Signals
  /** Called inside the transaction that deletes a stream. */
  readonly onDeleted: (database: Database<StreamTables>, deleted: DeletedStream) => Promise<void>
  /** Bytes of a stream at most. @default 64 MiB */
  readonly bytesMax?: number
  /** Longest wait of an append for the batches before it. @default 5000 */
  readonly waitingTimeoutMs?: number
}

/** @see StreamSource.bytesMax */
export const bytesMaxDefault = 64 * 1024 * 1024

/** What all stream stores of one database share: writer, live readers and compiled statements. */
export class StreamLog {
  readonly database: Database<StreamTables>
  readonly ids: IdGenerator
  readonly batch: AppendBatch
  readonly statements: CreateStatements & ReadStatements
  readonly live: LiveStreams
  readonly onDeleted: StreamSource['onDeleted']
  readonly #signals: Signals
  readonly #writer: CoalescingWriter<AppendCall, Appended>
  readonly #expired: (given: { limit: number }) => Statement
  readonly #forgotten: (given: { limit: number }) => Statement

  constructor(database: Database<StreamTables>, source: StreamSource) {
    const { bytesMax = bytesMaxDefault, waitingTimeoutMs } = source
    this.database = database
    this.ids = source.ids
    this.onDeleted = source.onDeleted
    this.#signals = source.signals
    this.batch = new AppendBatch(database, { ids: source.ids, tailMax: bytesMax })
    this.statements = { ...createStatements(database), ...readStatements(database) }
    this.live = new LiveStreams({
      signals: source.signals,
      read: (key, from) => this.#readerOf([key]).read(key, from),
      look: (keys) => this.#readerOf(keys).look(keys),
    })
    this.#writer = new CoalescingWriter({
      write: async (calls) => {
        const outcomes = await this.batch.write(calls)
        this.#tell(calls.filter((_, index) => 'value' in outcomes[index]!))
        return outcomes
      },
      orderKey: streamOf,
      weigh: lengthOf,
      ...(waitingTimeoutMs === undefined ? {} : { waitingTimeoutMs }),
    })
    this.#expired = this.#sweeping('streams_expired',
      sql`s.expires_at <= ${database.engine.now()}`)
    this.#forgotten = this.#sweeping('streams_forgotten', sql`s.deleted_at is not null
      and not exists (select 1 from streams f
        where f.organization_id = s.organization_id and f.source_id = s.id)`)
  }

  /** Joins the call with others into one durable batch. */
  append(call: AppendCall): Promise<Appended> {
    return this.#writer.append(call)
  }

  /** Wakes who waits for these streams, in all processes. */
  tell(key: StreamKey): void {
    void this.#signals.publish(topicOf(key)).catch(() => undefined)
  }

  /** Deletes streams that are over, in all organizations, at most `limit`; how many went. */
  async sweep(limit = 100): Promise<number> {
    const expired = await this.database.execute(this.#expired({ limit }))
    const forgotten = await this.database.execute(this.#forgotten({ limit }))
    return expired.changed + forgotten.changed
  }

  /** Resolves when every append handed in so far is settled. */
  idle(): Promise<void> {
    return this.#writer.idle()
  }

  #tell(calls: readonly AppendCall[]): void {
    const told = new Map(calls.map((call) => [streamOf(call), call]))
    for (const call of told.values()) this.tell(call)
  }

  /** Reads these streams, and no organization's but theirs. */
  #readerOf(keys: readonly StreamKey[]): StreamReader {
    const database = this.database.within(keys.map(({ organizationId }) => organizationId))
    return new StreamReader(database, this.statements)
  }

  #sweeping(name: string, where: RawBuilder<unknown>) {
    const { engine } = this.database
    return prepareRaw<{ limit: number }>(this.database, { name, build: (parameter) => sql`
      delete from streams where (organization_id, id) in (
        select s.organization_id, s.id from streams s where ${where}
        limit ${parameter('limit')} ${engine.skipLocked})` })
  }
}
