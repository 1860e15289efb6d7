import { assert } from '../assert.js'
import { type Database } from '../database/database.js'
import { type Page, type PageRequest } from '../database/page.js'
import { type Scope } from '../scope.js'
import { type CheckpointLog } from './checkpoint-log.js'
import { type ChannelChange, comparedChannels } from './compare.js'
import {
  type CheckpointName, type CheckpointTransport, type GetCheckpoint, type ListCheckpoints,
  type PruneCheckpoints, type PutCheckpoint, type PutWrites, type StoredCheckpoint,
} from './contract.js'
import { CheckpointNotFound, CheckpointUnreadable, PolicyChanged } from './errors.js'
import { CheckpointKeeper, type Stoppable } from './keeper.js'
import { ancestorsOf, listed } from './listing.js'
import { type AncestorPage, ancestorPage, type CheckpointPage, checkpointPage } from './page.js'
import { ThreadMemory } from './memory.js'
import { type Call, type CallScope } from './put-calls.js'
import { type Putting } from './putting.js'
import { CheckpointReader, type ReaderParts } from './reader.js'
import {
  checkedPut, checkedWrites, checkFence, checkGet, checkListing, checkName, type CheckpointPolicy,
  checkRunIds, checkThreadId,
} from './rules.js'
import { checkpointThreads, type CheckpointTables } from './tables.js'
import { type CheckpointThread, threadPage } from './threads.js'
import { type Wrapping } from './wrapping.js'

/** How often a call is made while encryption is switched. */
const attemptsMax = 3

/** The checkpoints of one organization. */
export class CheckpointStore implements CheckpointTransport {
  readonly #log: CheckpointLog
  readonly #scope: Scope
  readonly #database: Database<CheckpointTables>
  readonly #memory: ThreadMemory
  /** What puts inside the transaction, when there is one. */
  readonly #putting: Putting | undefined

  /** With `transaction`, everything happens inside it instead of in shared batches. */
  constructor(log: CheckpointLog, scope: Scope, transaction?: Database<CheckpointTables>) {
    this.#log = log
    this.#scope = scope
    this.#database = (transaction ?? log.database).within([scope.organizationId])
    // What a transaction writes is known to nobody before its end.
    this.#memory = transaction === undefined ? log.memory : log.newMemory()
    this.#putting = transaction && log.puttingOn(this.#database, this.#memory)
  }

  /** See `CheckpointTransport.put`. */
  async put(checkpoint: PutCheckpoint): Promise<{ readonly checkpointId: string }> {
    const put = checkedPut(checkpoint, this.#log.options.valueBytesMax)
    const { threadId, checkpointId } = put
    await this.#send(threadId, ({ organizationId, wrapping, createdBy }) => (
      { kind: 'put', organizationId, threadId, wrapping, createdBy, put }))
    return { checkpointId }
  }

  /** See `CheckpointTransport.putWrites`. */
  async putWrites(given: PutWrites): Promise<void> {
    checkName(given)
    checkFence(given.fence)
    const writes = checkedWrites(given, this.#log.options.valueBytesMax)
    if (writes.length === 0) return
    const { threadId, namespace, checkpointId, taskId, whenWritten, fence } = given
    const put = { threadId, namespace, checkpointId, taskId, whenWritten, writes, fence }
    await this.#send(threadId, ({ organizationId, wrapping, createdBy }) => (
      { kind: 'writes', organizationId, threadId, wrapping, createdBy, put }))
  }

  /** A checkpoint, in one round trip; undefined when there is none. */
  async find(name: GetCheckpoint): Promise<StoredCheckpoint | undefined> {
    checkGet(name)
    return this.#reading((parts) => new CheckpointReader(parts).find(name))
  }

  /** A checkpoint. Throws CheckpointNotFound. */
  async get(name: GetCheckpoint): Promise<StoredCheckpoint> {
    const found = await this.find(name)
    if (found === undefined) throw new CheckpointNotFound('There is no such checkpoint here.')
    return found
  }

  /** See `CheckpointTransport.list`. */
  async *list(request: ListCheckpoints = {}): AsyncGenerator<StoredCheckpoint, void, void> {
    checkListing(request)
    yield* this.#walking((parts) => listed(parts, request))
  }

  /** As `list`, one page of it; it ends early where checkpoints are large. Throws InvalidCursor. */
  async page(request: CheckpointPage = {}): Promise<Page<StoredCheckpoint>> {
    const { limit: _, cursor: __, ...listing } = request
    checkListing(listing)
    return this.#reading((parts) => checkpointPage(parts, request))
  }

  /** As `ancestors`, one page of them. Throws InvalidCursor. */
  async ancestorPage(name: CheckpointName, request: AncestorPage = {}) {
    checkName(name)
    return this.#reading((parts) => ancestorPage(parts, name, request))
  }

  /** See `CheckpointTransport.ancestors`. */
  async *ancestors(
    name: CheckpointName, { channels }: { readonly channels?: readonly string[] | undefined } = {},
  ): AsyncGenerator<StoredCheckpoint, void, void> {
    checkName(name)
    yield* this.#walking((parts) => ancestorsOf(parts, name, channels))
  }

  /** What differs between the channels of two checkpoints. Throws CheckpointNotFound. */
  async compare(before: CheckpointName, after: CheckpointName): Promise<ChannelChange[]> {
    return comparedChannels(await this.get(before), await this.get(after))
  }

  /** One page of threads by name, with what they hold. */
  async threads(request: PageRequest = {}): Promise<Page<CheckpointThread>> {
    return threadPage(this.#database, this.#organizationId, request)
  }

  /** Deletes a thread with everything of it. A thread that is not there is no failure. */
  async deleteThread(threadId: string): Promise<void> {
    checkThreadId(threadId)
    await this.#database.run(this.#database.write
      .deleteFrom('checkpoint_threads')
      .where('organization_id', '=', this.#organizationId)
      .where('thread_id', '=', checkpointThreads.columns.threadId.encode(threadId, 'thread_id')))
    this.#memory.forget({ organizationId: this.#organizationId, threadId })
  }

  /**
   * Copies every checkpoint and write of a thread to one that is not there; nothing when there is
   * no such thread. Throws ThreadExists.
   */
  async copyThread(threadId: string, toThreadId: string): Promise<void> {
    checkThreadId(threadId)
    checkThreadId(toThreadId, 'to_thread_id')
    await this.#keeper().copyThread(threadId, toThreadId)
  }

  /**
   * Begins a thread with a checkpoint of another, which has no parent there. Throws ThreadExists,
   * CheckpointNotFound.
   */
  async fork(name: CheckpointName, toThreadId: string): Promise<void> {
    checkName(name)
    checkThreadId(toThreadId, 'to_thread_id')
    await this.#keeper().fork(name, toThreadId)
  }

  /** Deletes the checkpoints of runs, pinned ones as well; what others need of them stays. */
  async deleteRuns(runIds: readonly string[]): Promise<void> {
    checkRunIds(runIds)
    if (runIds.length > 0) await this.#keeper().deleteRuns(runIds)
  }

  /** Deletes what the rule does not keep, thread by thread; whatever remains can be loaded. */
  async prune(request: PruneCheckpoints = {}, options: Stoppable = {}) {
    return this.#keeper().prune(request, options)
  }

  /** Pins a checkpoint: no pruning takes it away. Throws CheckpointNotFound. */
  async pin(name: CheckpointName): Promise<void> {
    checkName(name)
    await this.#keeper().pin(name, true)
  }

  /** Lets go of a pinned checkpoint. Throws CheckpointNotFound. */
  async unpin(name: CheckpointName): Promise<void> {
    checkName(name)
    await this.#keeper().pin(name, false)
  }

  /** What the organization wants of its checkpoints. */
  async policy(): Promise<CheckpointPolicy> {
    return this.#log.policies.find(this.#database, this.#organizationId)
  }

  /**
   * Changes it; what is not named stays. A sweep prunes by it once an hour. `encrypts` can be
   * changed only while there are no threads. Throws InvalidInput, EncryptionUnavailable.
   */
  async setPolicy(change: Partial<CheckpointPolicy>): Promise<CheckpointPolicy> {
    return this.#log.policies.set(this.#database, this.#organizationId, change)
  }

  get #organizationId() {
    const { columns } = checkpointThreads
    return columns.organizationId.encode(this.#scope.organizationId, 'organization_id')
  }

  /** Sends a call, anew where encryption was switched since it was made ready. */
  async #send(threadId: string, make: (scope: CallScope) => Call): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const scope = await this.#callOf(threadId)
      try {
        return await this.#sendOnce(make(scope))
      } catch (error) {
        const isOutdated = error instanceof PolicyChanged ||
          await this.#isSwitched(error, scope.wrapping)
        if (attempt === attemptsMax || !isOutdated) throw error
        this.#log.policies.forget(this.#organizationId)
      }
    }
  }

  /** Reads, anew where encryption was switched since this process looked. */
  async #reading<R>(read: (parts: ReaderParts) => Promise<R>): Promise<R> {
    const parts = await this.#parts()
    try {
      return await read(parts)
    } catch (error) {
      if (!await this.#isSwitched(error, parts.wrapping)) throw error
      return read(await this.#parts())
    }
  }

  /** As `#reading`, of many: once some of them are out, there is no beginning again. */
  async *#walking(
    walk: (parts: ReaderParts) => AsyncIterable<StoredCheckpoint>,
  ): AsyncGenerator<StoredCheckpoint, void, void> {
    const parts = await this.#parts()
    let isOut = false
    try {
      for await (const each of walk(parts)) {
        isOut = true
        yield each
      }
    } catch (error) {
      if (isOut || !await this.#isSwitched(error, parts.wrapping)) throw error
      yield* walk(await this.#parts())
    }
  }

  /** Whether something could not be read since encryption was switched, or has another key. */
  async #isSwitched(error: unknown, { since }: Wrapping): Promise<boolean> {
    if (!(error instanceof CheckpointUnreadable)) return false
    this.#log.policies.forget(this.#organizationId)
    return (await this.#wrapping()).since !== since
  }

  async #sendOnce(call: Call): Promise<void> {
    if (this.#putting === undefined) return this.#log.put(call)
    const [outcome] = await this.#putting.write([call])
    assert(outcome !== undefined, 'a call has an outcome')
    if ('error' in outcome) throw outcome.error
  }

  async #callOf(threadId: string): Promise<CallScope> {
    return {
      organizationId: this.#organizationId, threadId, wrapping: await this.#wrapping(),
      createdBy: this.#scope.actor.id,
    }
  }

  #wrapping(): Promise<Wrapping> {
    return this.#log.policies.wrappingOf(this.#database, this.#organizationId)
  }

  async #parts(): Promise<ReaderParts> {
    return {
      database: this.#database,
      statements: this.#log.statements,
      memory: this.#memory,
      organizationId: this.#organizationId,
      wrapping: await this.#wrapping(),
    }
  }

  #keeper(): CheckpointKeeper {
    return new CheckpointKeeper({
      database: this.#database,
      statements: this.#log.statements,
      organizationId: this.#organizationId,
      policies: this.#log.policies,
      createdBy: this.#scope.actor.id,
    })
  }
}
