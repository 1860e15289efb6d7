import { isDeepStrictEqual } from 'node:util'
import { type Outcome } from '../database/coalesce.js'
import { Busy } from '../database/failures.js'
import { type StoredCheckpoint, type Typed } from './contract.js'
import { CheckpointConflict, CheckpointNotFound } from './errors.js'
import { type KnownCheckpoint, type KnownThread, type ThreadMemory } from './memory.js'
import { PutBatch, type PutParts, staleFence } from './put-batch.js'
import { type Call, keptChannels, type PutCall } from './put-calls.js'
import { type Basis } from './put-rows.js'
import { CheckpointReader, type ReaderParts, type Standing } from './reader.js'
import { type FoundCheckpoint } from './rows.js'
import { type CheckedPut } from './rules.js'
import { checkpointKeys, checkpointPolicies } from './tables.js'
import { isRope } from './values.js'

/** How often a put is tried that nothing stands against. */
const attemptsMax = 5

/** Puts checkpoints: at once where this process knows what stands, otherwise after a look. */
export class Putting {
  readonly #parts: PutParts & Pick<ReaderParts, 'statements'> & { readonly memory: ThreadMemory }
  readonly #batch: PutBatch

  constructor(parts: PutParts & Pick<ReaderParts, 'statements'>) {
    this.#parts = parts
    this.#batch = new PutBatch(parts, this)
  }

  /** One outcome a call, in order. Throws only when surely, or maybe, nothing was written. */
  write(calls: readonly Call[]): Promise<Outcome<void>[]> {
    return this.#batch.write(calls)
  }

  /** What a put is made from, if its parent is the head and still as this process knows it. */
  async basisOf(call: PutCall): Promise<Basis> {
    const thread = this.#parts.memory.thread(call)
    const { parentId, namespace } = call.put
    if (parentId === null) {
      return { thread, parent: undefined, known: null, mayGrow: true, replaces: false }
    }
    const known = thread.checkpoint(namespace, parentId)
    if (known === undefined || !hasBytes(thread, call.put, namespace)) {
      const { threadId } = call
      await this.#readerOf(call).load({ threadId, namespace, checkpointId: parentId }, thread)
    }
    const parent = thread.checkpoint(namespace, parentId)
    return { thread, parent, known: parent?.token ?? null, mayGrow: true, replaces: false }
  }

  /** Whether encryption was switched, or its key is another one, since the call was made ready. */
  async isOutdated({ organizationId, wrapping }: Call): Promise<boolean> {
    const { organizationId: owner, encrypts } = checkpointPolicies.columns
    const database = this.#parts.database.within([organizationId])
    const policy = await database.first(database.write
      .selectFrom('checkpoint_policies as p')
      .leftJoin('checkpoint_keys as k', (join) => join
        .onRef('k.organization_id', '=', 'p.organization_id')
        .onRef('k.id', '=', 'p.organization_id'))
      .select(['p.encrypts', 'k.created_at'])
      .where('p.organization_id', '=', owner.encode(organizationId)))
    if (policy === undefined || !encrypts.decode(policy.encrypts)) return wrapping.seals
    const { createdAt } = checkpointKeys.columns
    return policy.created_at === null || createdAt.decode(policy.created_at) !== wrapping.since
  }

  /** What becomes of a put that could not be made at once. */
  async settle(call: PutCall): Promise<Outcome<void>> {
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      const outcome = await this.#attempt(call)
      if (outcome !== undefined) return outcome
    }
    const message = 'Others write to this thread all the time; repeat the call.'
    return { error: new Busy(message, { retryAfterSeconds: 1 }) }
  }

  async #attempt(call: PutCall): Promise<Outcome<void> | undefined> {
    const { put, threadId } = call
    const reader = this.#readerOf(call)
    const name = { threadId, namespace: put.namespace }
    const standing = await reader.standing(name)
    const stale = staleness(put, standing)
    if (stale !== undefined) return { error: stale }
    const head = standing?.headId ?? null
    const existing = await reader.find({ ...name, checkpointId: put.checkpointId })
    if (existing !== undefined) {
      if (isSame(put, existing)) return done
      if (head !== put.checkpointId) return conflict(head, put)
      return this.#replace(call, standing!.token)
    }
    if (head === put.parentId) return this.#follow(call)
    return put.whenStale === 'fork' ? this.#branch(call) : conflict(head, put)
  }

  /** Behind the head, which is the parent, after having read it. */
  async #follow(call: PutCall): Promise<Outcome<void> | undefined> {
    const { put: { namespace, parentId }, threadId } = call
    const thread = this.#parts.memory.thread(call)
    if (parentId !== null) await this.#readerOf(call).load({ threadId, namespace }, thread)
    const parent = parentId === null ? undefined : thread.checkpoint(namespace, parentId)
    const basis = {
      thread, parent, known: parent?.token ?? null, mayGrow: true, replaces: false,
    }
    return await this.#batch.advance(call, basis) ? done : undefined
  }

  async #replace(call: PutCall, known: number | null): Promise<Outcome<void> | undefined> {
    const { thread, parent } = await this.#apart(call)
    if (parent === undefined && isKept(call.put)) return withoutParent(call.put)
    const basis = { thread, parent, known, mayGrow: false, replaces: true }
    return await this.#batch.advance(call, basis) ? done : undefined
  }

  async #branch(call: PutCall): Promise<Outcome<void> | undefined> {
    const { thread, parent } = await this.#apart(call)
    if (parent === undefined && isKept(call.put)) return withoutParent(call.put)
    const basis = {
      thread, parent, known: parent?.token ?? null, mayGrow: false, replaces: false,
    }
    return await this.#batch.branch(call, basis) ? done : undefined
  }

  /** The parent as it is now, and whatever follows it already. */
  async #apart(call: PutCall) {
    const { put: { namespace, parentId }, threadId } = call
    const thread = this.#parts.memory.thread(call)
    if (parentId === null) return { thread, parent: undefined }
    const name = { threadId, namespace, checkpointId: parentId }
    const found = await this.#readerOf(call).load(name, thread)
    return { thread, parent: found && knownOf(found) }
  }

  #readerOf({ organizationId, wrapping }: PutCall): CheckpointReader {
    const { database, ...parts } = this.#parts
    return new CheckpointReader({
      ...parts, organizationId, wrapping, database: database.within([organizationId]),
    })
  }
}

const knownOf = ({ token, values, reaches }: FoundCheckpoint): KnownCheckpoint =>
  ({ token, values, reaches })

const done: Outcome<void> = { value: undefined }

const conflict = (head: string | null, { parentId: parent }: CheckedPut): Outcome<void> =>
  ({ error: new CheckpointConflict({ head, parent }) })

/** Whether a put is to keep values of a parent. */
const isKept = (put: CheckedPut) => put.parentId !== null && keptChannels(put).length > 0

function withoutParent(put: CheckedPut): Outcome<void> {
  const channels = keptChannels(put).slice(0, 5).map((each) => JSON.stringify(each)).join(', ')
  const parent = JSON.stringify(put.parentId)
  const message = `The parent ${parent} is gone, whose values of ${channels} are to stay.`
  return { error: new CheckpointNotFound(message) }
}

function staleness({ fence }: CheckedPut, standing: Standing | undefined): Error | undefined {
  const seen = standing?.fence ?? null
  return fence !== undefined && seen !== null && fence < seen ? staleFence(fence, seen) : undefined
}

/** Whether the bytes are known that new values are to be compared with. */
function hasBytes(thread: KnownThread, put: CheckedPut, namespace: string): boolean {
  const parent = thread.checkpoint(namespace, put.parentId!)
  return Object.keys(put.values).every((channel) => {
    const value = parent?.values.get(channel)
    return !isRope(value) ||
      value.pieces.every(({ log, end }) => (thread.logs.get(log)?.length ?? 0) >= end)
  })
}

/** Whether a put is what stands there already. */
function isSame(put: CheckedPut, stored: StoredCheckpoint): boolean {
  const sameParts = stored.parentId === put.parentId &&
    stored.runId === (put.runId ?? null) &&
    sameTyped(put.state, stored.state) &&
    isDeepStrictEqual(plain(put.metadata), plain(stored.metadata)) &&
    isDeepStrictEqual(put.deltaChannels, stored.deltaChannels) &&
    isDeepStrictEqual(plain(put.channelVersions), plain(stored.channelVersions))
  return sameParts && Object.entries(put.values).every(([channel, value]) =>
    Object.hasOwn(stored.values, channel) && sameTyped(value, stored.values[channel]!))
}

const sameTyped = (left: Typed, right: Typed) =>
  left.type === right.type && Buffer.compare(left.bytes, right.bytes) === 0

/** What JSON makes of it: key order and prototypes aside. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
