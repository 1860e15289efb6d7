import { type Database } from '../database/database.js'
import { type GetCheckpoint, type StoredCheckpoint } from './contract.js'
import { CheckpointUnreadable } from './errors.js'
import { type KnownThread, type ThreadMemory } from './memory.js'
import { type Finding, type ReadStatements } from './read-statements.js'
import { BytesMissing, checkpointsIn, type FoundCheckpoint, type Logs } from './rows.js'
import {
  checkpointChunks, checkpoints, checkpointThreads, type CheckpointTables,
} from './tables.js'
import { closedValue } from './values.js'
import { type Wrapping } from './wrapping.js'

/** What reading takes. */
export interface ReaderParts {
  readonly database: Database<CheckpointTables>
  readonly statements: ReadStatements
  readonly memory: ThreadMemory
  readonly organizationId: string
  readonly wrapping: Wrapping
}

/** How a namespace stands. */
export interface Standing {
  readonly fence: number | null
  readonly headId: string | null
  readonly token: number | null
}

/** Reads checkpoints of one organization, and remembers what of them cannot change. */
export class CheckpointReader {
  readonly #parts: ReaderParts

  constructor(parts: ReaderParts) {
    this.#parts = parts
  }

  /** A checkpoint, in one round trip; undefined when there is none. */
  async find(name: GetCheckpoint): Promise<StoredCheckpoint | undefined> {
    return (await this.load(name))?.checkpoint
  }

  /** As `find`, with what a writer has to know. */
  async load(
    name: GetCheckpoint,
    thread = this.#parts.memory.thread({ ...this.#parts, threadId: name.threadId }),
  ): Promise<FoundCheckpoint | undefined> {
    try {
      return await this.#load(name, thread, new Map(thread.logs))
    } catch (error) {
      if (!(error instanceof BytesMissing)) throw error
    }
    try {
      return await this.#load(name, thread, new Map())
    } catch (cause) {
      if (!(cause instanceof BytesMissing)) throw cause
      throw new CheckpointUnreadable('Some bytes of the checkpoint are gone.', { cause })
    }
  }

  /** How a namespace stands; undefined without its thread. */
  async standing({ threadId, namespace = '' }: GetCheckpoint): Promise<Standing | undefined> {
    const { database, statements } = this.#parts
    const { rows: [row] } = await database.execute(statements.standing(
      { ...this.#key(threadId), namespace: checkpoints.columns.namespace.encode(namespace) }))
    if (row === undefined) return undefined
    return {
      fence: row.fence === null ? null : Number(row.fence),
      headId: checkpoints.columns.parentId.decode(row.head_id),
      token: row.token === null ? null : Number(row.token),
    }
  }

  async #load(name: GetCheckpoint, thread: KnownThread, known: Logs) {
    const { database, statements, organizationId, wrapping, memory } = this.#parts
    const { namespace = '', withParentWrites = false } = name
    const { rows } = await database.execute(statements.find(this.#finding(name, known)))
    const [first] = rows
    const isSame = first === undefined || thread.settle(Number(first.thread))
    if (!isSame && known.size > 0) throw new BytesMissing()
    const read = checkpointsIn(rows, {
      organizationId, wrapping, withParentWrites,
      knownOf: () => known,
    })
    const [found] = read.checkpoints
    if (found === undefined) return undefined
    for (const logs of read.logs.values()) {
      for (const [log, bytes] of logs) thread.logs.set(log, bytes)
    }
    memory.trim({ organizationId, threadId: name.threadId })
    const { token, headToken, values, reaches, checkpoint: { checkpointId } } = found
    const isHead = name.checkpointId === undefined
    // A head that came back after a deletion: something may follow it in its logs.
    const cameBack = isHead && headToken !== token
    thread.learn(namespace, checkpointId, cameBack && headToken !== null
      ? {
        token: headToken, reaches,
        values: new Map([...values].map(([k, v]) => [k, closedValue(v)])),
      }
      : { token, values, reaches })
    return found
  }

  #finding({ threadId, namespace = '', ...name }: GetCheckpoint, known: Logs): Finding {
    const { columns } = checkpoints
    const lengths = [...known].map(([log, { length }]): [number, number] => [log, length])
    return {
      namespace: columns.namespace.encode(namespace, 'namespace'),
      checkpoint_id: name.checkpointId === undefined
        ? null : columns.checkpointId.encode(name.checkpointId, 'checkpoint_id'),
      with_parent: columns.isPinned.encode(name.withParentWrites ?? false),
      known: columns.refs.encode(lengths),
      ...this.#key(threadId),
    }
  }

  #key(threadId: string) {
    return {
      organization_id: checkpointChunks.columns.organizationId.encode(
        this.#parts.organizationId, 'organization_id'),
      thread_id: checkpointThreads.columns.threadId.encode(threadId, 'thread_id'),
    }
  }
}
