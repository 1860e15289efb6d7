import { sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database, repeated } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { type CheckpointName, type PruneCheckpoints } from './contract.js'
import { CheckpointNotFound, EncryptionUnavailable, ThreadExists } from './errors.js'
import { type KeepStatements, type ThreadCopy, type ThreadKey } from './keep-statements.js'
import { type CheckpointPolicies } from './policies.js'
import { newToken } from './put-rows.js'
import { resealed } from './resealing.js'
import { pruningOf } from './rules.js'
import { endedNamespaces } from './subgraphs.js'
import { checkpoints, checkpointThreads, type CheckpointTables } from './tables.js'

/** What keeping takes. */
export interface KeeperParts {
  readonly database: Database<CheckpointTables>
  readonly statements: KeepStatements
  readonly organizationId: Stored<'id'>
  readonly policies: CheckpointPolicies
  /** The actor, for new threads. */
  readonly createdBy: string
}

/** Threads of which names are read at once. */
const threadsPage = 200

/** A walk stops when there was reason to. */
export interface Stoppable {
  readonly signal?: AbortSignal | undefined
}

/** What a new thread is filled with. */
interface Filling {
  readonly statements: readonly Statement[]
  /** Whether the first statement may find nothing. */
  readonly isFoundAnyway: boolean
}

const { threadId: threadIds, number: numbers, createdBy } = checkpointThreads.columns

/** Takes checkpoints away, copies threads and forks them; a thread is held for each step. */
export class CheckpointKeeper {
  readonly #parts: KeeperParts

  constructor(parts: KeeperParts) {
    this.#parts = parts
  }

  /** See `CheckpointTransport.prune`; each thread in a transaction of its own. */
  async prune(
    request: PruneCheckpoints, { signal }: Stoppable = {},
  ): Promise<{ readonly deleted: number }> {
    const { statements } = this.#parts
    const { keepLast, keepSince, keepSubgraphs } = pruningOf(request)
    let deleted = 0
    for await (const key of this.#threads(request.threadIds)) {
      if (signal?.aborted === true) break
      const pruning = {
        ...key,
        keep_last: numbers.encode(keepLast, 'keep_last'),
        keep_since: checkpoints.columns.createdAt.encode(keepSince, 'keep_since'),
      }
      const [, , , pruned, , , tasks] = await this.#atomic([
        statements.hold(key), statements.detachPruned(pruning), statements.pruneWrites(pruning),
        statements.prune(pruning), statements.sweepChunks(key), statements.sweepSources(key),
        statements.tasks(key),
      ])
      deleted += pruned!.changed
      const hasTasks = tasks!.rows.length > 0
      if (hasTasks && !keepSubgraphs) deleted += await this.#deleteEnded(key, keepSince)
    }
    return { deleted }
  }

  /** Deletes the subgraphs that nothing leads to any more; how many checkpoints went. */
  #deleteEnded(key: ThreadKey, keepSince: string): Promise<number> {
    const { database, organizationId, policies, statements } = this.#parts
    return repeated(() => database.transaction(async (transaction) => {
      const { rows: [held] } = await transaction.execute(statements.hold(key))
      if (held === undefined) return 0
      const wrapping = await policies.readWrapping(transaction, organizationId)
        .catch(unlessUnavailable)
      // Without the key nothing is known of subgraphs, and all else is pruned all the same.
      if (wrapping === undefined) return 0
      const thread = numbers.encode(Number(held.number))
      const ended = await endedNamespaces({
        database: transaction, statements, key, thread, wrapping, keepSince,
      })
      if (ended.length === 0) return 0
      const deletion = {
        ...key, namespaces: JSON.stringify(ended.map((each) => [each])) as Stored<'json'>,
      }
      const [, , deleted] = await transaction.atomic([
        statements.detachNamespaces(deletion), statements.deleteNamespaceWrites(deletion),
        statements.deleteNamespaces(deletion), statements.deleteHeads(deletion),
        statements.sweepChunks(key), statements.sweepSources(key),
      ])
      return deleted!.changed
    }))
  }

  /** See `CheckpointTransport.deleteRuns`; each thread in a transaction of its own. */
  async deleteRuns(runIds: readonly string[]): Promise<void> {
    const { database, organizationId, statements } = this.#parts
    const encoded = runIds.map((runId) => checkpoints.columns.runId.encode(runId, 'run_id')!)
    const rows = await database.all(database.write
      .selectFrom('checkpoints as c')
      .innerJoin('checkpoint_threads as t', (join) => join
        .onRef('t.organization_id', '=', 'c.organization_id')
        .onRef('t.number', '=', 'c.thread'))
      .select('t.thread_id').distinct()
      .where('c.organization_id', '=', organizationId)
      .where('c.run_id', 'in', encoded)
      .orderBy('t.thread_id'))
    for (const { thread_id } of rows) {
      const key = { organization_id: organizationId, thread_id }
      const deletion = {
        ...key,
        run_ids: JSON.stringify(encoded.map((each) => [each])) as Stored<'json'>,
        token: numbers.encode(newToken()),
      }
      await this.#atomic([
        statements.hold(key), statements.detachRuns(deletion),
        statements.deleteRunWrites(deletion), statements.deleteRuns(deletion),
        statements.mendHeads(deletion), statements.sweepChunks(key), statements.sweepSources(key),
        statements.removeEmpty(key),
      ])
    }
  }

  /** See `CheckpointTransport.copyThread`. */
  async copyThread(threadId: string, toThreadId: string): Promise<void> {
    const { statements } = this.#parts
    // A thread may hold nothing but writes that came before their checkpoint.
    await this.#copy(threadId, toThreadId, (copy) => ({
      isFoundAnyway: true,
      statements: [
        statements.copyHeads(copy), statements.copyCheckpoints(copy), statements.copyWrites(copy),
        statements.copyChunks(copy),
      ],
    }))
  }

  /** A thread that begins with one checkpoint of another, its writes included. */
  async fork(name: CheckpointName, toThreadId: string): Promise<void> {
    const { statements } = this.#parts
    const { columns } = checkpoints
    const place = {
      namespace: columns.namespace.encode(name.namespace ?? '', 'namespace'),
      checkpoint_id: columns.checkpointId.encode(name.checkpointId, 'checkpoint_id'),
    }
    const count = await this.#copy(name.threadId, toThreadId, (copy) => {
      const fork = { ...copy, ...place }
      return {
        isFoundAnyway: false,
        statements: [
          statements.forkCheckpoint(fork), statements.forkHeads(fork), statements.forkWrites(fork),
          statements.forkChunks(fork), statements.forkSources(fork),
        ],
      }
    })
    if (count === 0) throw new CheckpointNotFound('There is no such checkpoint here.')
  }

  /** Pins a checkpoint against pruning, or lets go of it. Throws CheckpointNotFound. */
  async pin({ threadId, namespace = '', checkpointId }: CheckpointName, isPinned: boolean) {
    const { database, organizationId } = this.#parts
    const { columns } = checkpoints
    const thread = database.write.selectFrom('checkpoint_threads').select('number')
      .where('organization_id', '=', organizationId)
      .where('thread_id', '=', threadIds.encode(threadId, 'thread_id'))
    const changed = await database.run(database.write
      .updateTable('checkpoints')
      .set({ is_pinned: columns.isPinned.encode(isPinned) })
      .where('organization_id', '=', organizationId)
      .where('thread', '=', thread)
      .where('checkpoint_id', '=', columns.checkpointId.encode(checkpointId, 'checkpoint_id'))
      .where('namespace', '=', columns.namespace.encode(namespace, 'namespace')))
    if (changed === 0) throw new CheckpointNotFound('There is no such checkpoint here.')
  }

  /** Begins the new thread, fills it; how many rows the first statement behind that wrote. */
  async #copy(
    threadId: string, toThreadId: string, rest: (copy: ThreadCopy) => Filling,
  ): Promise<number> {
    const { statements, database, organizationId, policies } = this.#parts
    const copy: ThreadCopy = {
      organization_id: organizationId,
      thread_id: threadIds.encode(threadId, 'thread_id'),
      to_thread_id: threadIds.encode(toThreadId, 'to_thread_id'),
      number: numbers.encode(newToken()),
      created_by: createdBy.encode(this.#parts.createdBy)!,
    }
    return database.transaction(async (transaction) => {
      const [held, begun] = await transaction.atomic([
        statements.hold(copy), statements.beginCopy(copy),
      ])
      if (held!.rows.length === 0) return 0
      if (begun!.rows.length === 0) {
        throw new ThreadExists(`There is a thread ${JSON.stringify(toThreadId)} already.`)
      }
      const filling = rest(copy)
      const [first] = await transaction.atomic(filling.statements)
      if (first!.changed === 0 && !filling.isFoundAnyway) {
        throw new CheckpointNotFound('There is no such checkpoint here.')
      }
      // Nobody switches encryption while the thread is held; what is remembered may be older.
      const wrapping = await policies.readWrapping(transaction, organizationId)
      if (wrapping.seals) {
        await resealed(transaction, { organizationId, wrapping, copy, threadId, toThreadId })
      }
      return first!.changed
    })
  }

  #atomic(statements: readonly Statement[]) {
    return repeated(() => this.#parts.database.atomic(statements))
  }

  /** The threads named, or all of the organization, in order. */
  async *#threads(given: readonly string[] | undefined): AsyncGenerator<ThreadKey, void, void> {
    const { database, organizationId } = this.#parts
    const key = (thread_id: Stored<'text'>) => ({ organization_id: organizationId, thread_id })
    if (given !== undefined) {
      yield* [...new Set(given)].map((each) => key(threadIds.encode(each, 'thread_ids')))
      return
    }
    for (let after: Stored<'text'> | undefined; ;) {
      const rows = await database.all(database.write
        .selectFrom('checkpoint_threads').select('thread_id')
        .where('organization_id', '=', organizationId)
        .where(sql<boolean>`thread_id > ${after ?? ''}`)
        .orderBy('thread_id').limit(threadsPage))
      yield* rows.map(({ thread_id }) => key(thread_id))
      if (rows.length < threadsPage) return
      after = rows.at(-1)!.thread_id
    }
  }
}

function unlessUnavailable(error: unknown): undefined {
  if (!(error instanceof EncryptionUnavailable)) throw error
}
