import { assert } from '../assert.js'
import { type Database } from '../database/database.js'
import { type Page } from '../database/page.js'
import { type Scope } from '../scope.js'
import { type CheckpointLog } from './checkpoint-log.js'
import {
  type CheckpointName, type GetCheckpoint, type ListCheckpoints, type PutCheckpoint,
  type PutWrites, type StoredCheckpoint,
} from './contract.js'
import { CheckpointNotFound } from './errors.js'
import { ancestorsOf, listed } from './listing.js'
import { type AncestorPage, ancestorPage, type CheckpointPage, checkpointPage } from './page.js'
import { ThreadMemory } from './memory.js'
import { type Call } from './put-calls.js'
import { type Putting } from './putting.js'
import { CheckpointReader, type ReaderParts } from './reader.js'
import {
  checkedPut, checkedWrites, checkFence, checkGet, checkListing, checkName, checkThreadId,
} from './rules.js'
import { checkpointThreads, type CheckpointTables } from './tables.js'
import { plainWrapping } from './wrapping.js'

/** The checkpoints of one organization. */
export class CheckpointStore {
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
    await this.#send({ kind: 'put', ...this.#callOf(threadId), put })
    return { checkpointId }
  }

  /** See `CheckpointTransport.putWrites`. */
  async putWrites(given: PutWrites): Promise<void> {
    checkName(given)
    checkFence(given.fence)
    const writes = checkedWrites(given, this.#log.options.valueBytesMax)
    if (writes.length === 0) return
    await this.#send({
      kind: 'writes', ...this.#callOf(given.threadId), put: { ...given, writes },
    })
  }

  /** A checkpoint, in one round trip; undefined when there is none. */
  async find(name: GetCheckpoint): Promise<StoredCheckpoint | undefined> {
    checkGet(name)
    return this.#reader().find(name)
  }

  /** A checkpoint. Throws CheckpointNotFound. */
  async get(name: GetCheckpoint): Promise<StoredCheckpoint> {
    const found = await this.find(name)
    if (found === undefined) throw new CheckpointNotFound('There is no such checkpoint here.')
    return found
  }

  /** See `CheckpointTransport.list`. */
  list(request: ListCheckpoints = {}): AsyncGenerator<StoredCheckpoint, void, void> {
    checkListing(request)
    return listed(this.#parts(), request)
  }

  /** As `list`, one page of it; it ends early where checkpoints are large. Throws InvalidCursor. */
  async page(request: CheckpointPage = {}): Promise<Page<StoredCheckpoint>> {
    const { limit: _, cursor: __, ...listing } = request
    checkListing(listing)
    return checkpointPage(this.#parts(), request)
  }

  /** As `ancestors`, one page of them. Throws InvalidCursor. */
  async ancestorPage(name: CheckpointName, request: AncestorPage = {}) {
    checkName(name)
    return ancestorPage(this.#parts(), name, request)
  }

  /** See `CheckpointTransport.ancestors`. */
  ancestors(
    name: CheckpointName, { channels }: { readonly channels?: readonly string[] | undefined } = {},
  ): AsyncGenerator<StoredCheckpoint, void, void> {
    checkName(name)
    return ancestorsOf(this.#parts(), name, channels)
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

  get #organizationId() {
    const { columns } = checkpointThreads
    return columns.organizationId.encode(this.#scope.organizationId, 'organization_id')
  }

  async #send(call: Call): Promise<void> {
    if (this.#putting === undefined) return this.#log.put(call)
    const [outcome] = await this.#putting.write([call])
    assert(outcome !== undefined, 'a call has an outcome')
    if ('error' in outcome) throw outcome.error
  }

  #callOf(threadId: string) {
    return {
      organizationId: this.#organizationId, threadId, wrapping: plainWrapping,
      createdBy: this.#scope.actor.id,
    }
  }

  #parts(): ReaderParts {
    return {
      database: this.#database,
      statements: this.#log.statements,
      memory: this.#memory,
      organizationId: this.#organizationId,
      wrapping: plainWrapping,
    }
  }

  #reader(): CheckpointReader {
    return new CheckpointReader(this.#parts())
  }
}
