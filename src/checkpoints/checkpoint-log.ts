import { CoalescingWriter } from '../database/coalesce.js'
import { type Database } from '../database/database.js'
import { ThreadMemory } from './memory.js'
import { type Call, threadOf, weightOf } from './put-calls.js'
import { putStatements, type PutStatements } from './put-statements.js'
import { Putting } from './putting.js'
import { readStatements, type ReadStatements } from './read-statements.js'
import { type CheckpointOptions, optionsOf } from './rules.js'
import { type CheckpointTables } from './tables.js'

/** Parts that the log takes from outside. */
export interface CheckpointSource {
  readonly options?: CheckpointOptions | undefined
  /** Longest wait of a put for the batches before it. @default 5000 */
  readonly waitingTimeoutMs?: number | undefined
}

/** What all stores of checkpoints of one database share. */
export class CheckpointLog {
  readonly database: Database<CheckpointTables>
  readonly options: Required<CheckpointOptions>
  readonly statements: PutStatements & ReadStatements
  readonly memory: ThreadMemory
  readonly #writer: CoalescingWriter<Call, void>

  /** Throws InvalidConfiguration. */
  constructor(database: Database<CheckpointTables>, source: CheckpointSource) {
    this.database = database
    this.options = optionsOf(source.options)
    this.statements = { ...putStatements(database), ...readStatements(database) }
    this.memory = this.newMemory()
    const putting = this.puttingOn(database, this.memory)
    const { waitingTimeoutMs } = source
    this.#writer = new CoalescingWriter({
      write: (calls) => putting.write(calls),
      orderKey: threadOf,
      weigh: weightOf,
      ...(waitingTimeoutMs === undefined ? {} : { waitingTimeoutMs }),
    })
  }

  /** Joins the call with others into one durable batch. */
  put(call: Call): Promise<void> {
    return this.#writer.append(call)
  }

  /** What puts on a database or a transaction. */
  puttingOn(database: Database<CheckpointTables>, memory: ThreadMemory): Putting {
    return new Putting({ database, memory, statements: this.statements })
  }

  /** A memory that knows nothing yet. */
  newMemory(): ThreadMemory {
    return new ThreadMemory(this.options.memoryBytesMax)
  }

  /** Resolves when every put handed in so far is settled. */
  idle(): Promise<void> {
    return this.#writer.idle()
  }
}
