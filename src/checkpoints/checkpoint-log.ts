import { CoalescingWriter } from '../database/coalesce.js'
import { type Database } from '../database/database.js'
import { programActor } from '../scope.js'
import { CheckpointKeeper, type Stoppable } from './keeper.js'
import { keepStatements, type KeepStatements } from './keep-statements.js'
import { ThreadMemory } from './memory.js'
import { CheckpointPolicies, type PolicySource } from './policies.js'
import { type PutParts } from './put-batch.js'
import { type Call, threadOf, weightOf } from './put-calls.js'
import { putStatements, type PutStatements } from './put-statements.js'
import { Putting } from './putting.js'
import { readStatements, type ReadStatements } from './read-statements.js'
import { type CheckpointOptions, optionsOf } from './rules.js'
import { type CheckpointTables } from './tables.js'

/** Parts that the log takes from outside. */
export interface CheckpointSource extends PolicySource {
  readonly options?: CheckpointOptions | undefined
  /** Longest wait of a put for the batches before it. @default 5000 */
  readonly waitingTimeoutMs?: number | undefined
}

/** What all stores of checkpoints of one database share. */
export class CheckpointLog {
  readonly database: Database<CheckpointTables>
  readonly options: Required<CheckpointOptions>
  readonly statements: PutStatements & ReadStatements & KeepStatements
  readonly memory: ThreadMemory
  readonly policies: CheckpointPolicies
  readonly #writer: CoalescingWriter<Call, void>

  /** Throws InvalidConfiguration. */
  constructor(database: Database<CheckpointTables>, source: CheckpointSource) {
    this.database = database
    this.options = optionsOf(source.options)
    this.statements = {
      ...putStatements(database), ...readStatements(database), ...keepStatements(database),
    }
    this.memory = this.newMemory()
    this.policies = new CheckpointPolicies(source)
    const putting = this.puttingOn(database, this.memory, { isInside: false })
    const { waitingTimeoutMs } = source
    this.#writer = new CoalescingWriter({
      write: (calls) => putting.write(calls),
      orderKey: threadOf,
      // Encoding costs as much as the statement does: the lanes take turns at it.
      laneMin: 8,
      // A step of a graph ends with two calls: its writes, and the checkpoint that follows.
      hasCompany: ({ kind }) => kind === 'writes',
      weigh: weightOf,
      ...(waitingTimeoutMs === undefined ? {} : { waitingTimeoutMs }),
    })
  }

  /** Joins the call with others into one durable batch. */
  put(call: Call): Promise<void> {
    return this.#writer.append(call)
  }

  /**
   * Prunes by the policies of organizations whose turn it is, at most `limit` of them; how many.
   * One that is interrupted goes on when the organization's turn comes again.
   */
  async sweep(limit = 10, { signal }: Stoppable = {}): Promise<number> {
    const due = await this.policies.due(this.database, limit)
    for (const { organizationId, request } of due) {
      if (signal?.aborted === true) break
      const database = this.database.within([organizationId])
      const keeper = new CheckpointKeeper({
        database, statements: this.statements, organizationId, policies: this.policies,
        createdBy: programActor.id,
      })
      await keeper.prune(request, { signal })
    }
    return due.length
  }

  /** What puts on a database or, as it is by default, inside a transaction. */
  puttingOn(
    database: Database<CheckpointTables>, memory: ThreadMemory,
    more: Pick<PutParts, 'newLog' | 'isInside'> = { isInside: true },
  ): Putting {
    return new Putting({ database, memory, statements: this.statements, ...more })
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
