import { type Instant } from '../clock.js'
import { type JsonValue, stringifyJson } from '../database/json.js'
import { pageLimitDefault, pageLimitMax } from '../database/page.js'
import { InvalidConfiguration, InvalidInput } from '../errors.js'
import {
  type CheckpointName, type GetCheckpoint, type ListCheckpoints, type PruneCheckpoints,
  type PutCheckpoint, type PutWrites, type Typed,
} from './contract.js'

/** What an organization wants of its checkpoints. */
export interface CheckpointPolicy {
  /** How many of each namespace stay; null for all, unless they are too old. */
  readonly keepLast: number | null
  /** For how many days each stays, however many there are; null for ever, unless too many. */
  readonly keepDays: number | null
  /** Whether everything is encrypted, and what is not refused. */
  readonly encrypts: boolean
}

/** How checkpoints are kept. */
export interface CheckpointOptions {
  /** Bytes of one value, state or write at most, 1 to 64 MiB. @default 67108864 (64 MiB) */
  readonly valueBytesMax?: number
  /** Bytes of values that a process keeps in memory, 0 for none. @default 67108864 (64 MiB) */
  readonly memoryBytesMax?: number
}

const mebibyte = 1024 * 1024

export const threadIdMax = 512
export const namespaceMax = 1024
export const checkpointIdMax = 256
export const runIdMax = 256
export const typeMax = 64
/** A graph calls the channel that waits for many nodes by the names of all of them. */
export const channelMax = 65_536
export const versionMax = 1024
export const channelsMax = 10_000
export const writesMax = 10_000
export const runsMax = 1_000
const metadataBytesMax = mebibyte

/** The options with their defaults. Throws InvalidConfiguration. */
export function optionsOf(given: CheckpointOptions = {}): Required<CheckpointOptions> {
  const { valueBytesMax = 64 * mebibyte, memoryBytesMax = 64 * mebibyte } = given
  const check = (name: string, value: number, [min, max]: readonly [number, number]) => {
    if (Number.isInteger(value) && value >= min && value <= max) return
    throw new InvalidConfiguration(`checkpoints.${name} must be an integer from ${min} to ${max}`)
  }
  check('valueBytesMax', valueBytesMax, [1, 64 * mebibyte])
  check('memoryBytesMax', memoryBytesMax, [0, 64 * 1024 * mebibyte])
  return { valueBytesMax, memoryBytesMax }
}

/** Refuses what is no text of a length. */
export function checkText(
  value: unknown, field: string, [min, max]: readonly [number, number],
): asserts value is string {
  if (typeof value === 'string' && value.length >= min && value.length <= max) return
  throw new InvalidInput(`${field} must be a text of ${min} to ${max} characters`, { field })
}

export function checkThreadId(threadId: unknown, field = 'thread_id'): void {
  checkText(threadId, field, [1, threadIdMax])
}

/** Refuses a name of a checkpoint that breaks a rule. */
export function checkName({ threadId, namespace = '', checkpointId }: CheckpointName): void {
  checkThreadId(threadId)
  checkText(namespace, 'namespace', [0, namespaceMax])
  checkText(checkpointId, 'checkpoint_id', [1, checkpointIdMax])
}

/** Refuses what names no checkpoint and no head. */
export function checkGet({ threadId, namespace = '', checkpointId }: GetCheckpoint): void {
  checkName({ threadId, namespace, checkpointId: checkpointId ?? 'head' })
}

/** Refuses a listing that breaks a rule. */
export function checkListing(request: ListCheckpoints): void {
  const { threadId, namespace, checkpointId, before, metadata, limit } = request
  if (threadId !== undefined) checkThreadId(threadId)
  if (namespace !== undefined) checkText(namespace, 'namespace', [0, namespaceMax])
  if (checkpointId !== undefined) checkText(checkpointId, 'checkpoint_id', [1, checkpointIdMax])
  if (before !== undefined) checkText(before, 'before', [1, checkpointIdMax])
  if (metadata !== undefined) checkMetadata(metadata)
  if (limit === undefined || (Number.isInteger(limit) && limit >= 0)) return
  throw new InvalidInput('limit must be an integer of 0 or more', { field: 'limit' })
}

/** The rows of a page that a request asks for. */
export function checkPageLimit(limit = pageLimitDefault): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= pageLimitMax) return limit
  throw new InvalidInput(`limit must be an integer from 1 to ${pageLimitMax}`, { field: 'limit' })
}

/** Refuses a change of a policy that breaks a rule. */
export function checkPolicy({ keepLast, keepDays, encrypts }: Partial<CheckpointPolicy>): void {
  const check = (value: number | null | undefined, field: string, max: number) => {
    if (value === undefined || value === null) return
    if (Number.isInteger(value) && value >= 1 && value <= max) return
    throw new InvalidInput(`${field} must be an integer from 1 to ${max}, or null`, { field })
  }
  check(keepLast, 'keep_last', 1_000_000)
  check(keepDays, 'keep_days', 36_500)
  if (encrypts === undefined || typeof encrypts === 'boolean') return
  throw new InvalidInput('encrypts must be true or false', { field: 'encrypts' })
}

/** Refuses what is no list of runs. */
export function checkRunIds(runIds: readonly string[]): void {
  if (!Array.isArray(runIds) || runIds.length > runsMax) {
    throw new InvalidInput(`run_ids must be a list of at most ${runsMax}`, { field: 'run_ids' })
  }
  for (const runId of runIds) checkText(runId, 'run_ids', [1, runIdMax])
}

/** What a pruning keeps, with its defaults. Throws InvalidInput. */
export function pruningOf(
  { threadIds, keepLast, keepSince, keepSubgraphs = false }: PruneCheckpoints,
) {
  if (threadIds !== undefined) {
    if (!Array.isArray(threadIds)) {
      throw new InvalidInput('thread_ids must be a list', { field: 'thread_ids' })
    }
    for (const threadId of threadIds) checkThreadId(threadId, 'thread_ids')
  }
  if (keepLast !== undefined && !(Number.isSafeInteger(keepLast) && keepLast >= 0)) {
    throw new InvalidInput('keep_last must be an integer of 0 or more', { field: 'keep_last' })
  }
  if (typeof keepSubgraphs !== 'boolean') {
    throw new InvalidInput('keep_subgraphs must be true or false', { field: 'keep_subgraphs' })
  }
  return {
    keepLast: keepLast ?? (keepSince === undefined ? 1 : 0),
    keepSince: keepSince === undefined ? endOfTime : momentOf(keepSince),
    keepSubgraphs,
  }
}

const endOfTime = '9999-12-31T23:59:59.999999Z'

/** An RFC 3339 moment as it is stored. */
function momentOf(text: unknown): Instant {
  const time = typeof text === 'string' && /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : NaN
  if (Number.isNaN(time)) {
    throw new InvalidInput('keep_since must be an RFC 3339 moment', { field: 'keep_since' })
  }
  const precise = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})Z$/.test(text as string)
  return precise ? text as string : `${new Date(time).toISOString().slice(0, -1)}000Z`
}

/** Refuses a fencing token that is none. */
export function checkFence(fence: number | undefined): void {
  if (fence === undefined || (Number.isSafeInteger(fence) && fence >= 0)) return
  throw new InvalidInput('fence must be an integer of 0 or more', { field: 'fence' })
}

/** A value whose bytes nobody mistakes for those of a Buffer, whose slices are no copies. */
export function typed(value: Typed, field: string, bytesMax: number): Typed {
  const { type, bytes } = checkedObject(value, field)
  checkText(type, `${field}.type`, [1, typeMax])
  if (!(bytes instanceof Uint8Array)) {
    throw new InvalidInput(`${field}.bytes must be a Uint8Array`, { field: `${field}.bytes` })
  }
  if (bytes.length > bytesMax) {
    const rule = `must be at most ${bytesMax} bytes`
    throw new InvalidInput(`${field}.bytes ${rule}`, { field: `${field}.bytes` })
  }
  const isPlain = Object.getPrototypeOf(bytes) === Uint8Array.prototype
  return {
    type, bytes: isPlain ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length),
  }
}

/** The writes of a call, checked. */
export function checkedWrites(
  { taskId, whenWritten = 'keep', writes }: Omit<PutWrites, keyof CheckpointName>,
  bytesMax: number,
  field = 'writes',
): PutWrites['writes'] {
  checkText(taskId, 'task_id', [1, 1024])
  if (whenWritten !== 'keep' && whenWritten !== 'replace') {
    throw new InvalidInput('when_written must be keep or replace', { field: 'when_written' })
  }
  if (!Array.isArray(writes) || writes.length > writesMax) {
    throw new InvalidInput(`${field} must be a list of at most ${writesMax}`, { field })
  }
  return writes.map(({ index, channel, value }: PutWrites['writes'][number], place) => {
    const at = `${field}[${place}]`
    if (!Number.isSafeInteger(index) || Math.abs(index) > 2 ** 31) {
      throw new InvalidInput(`${at}.index must be an integer within 2^31`, { field: `${at}.index` })
    }
    checkText(channel, `${at}.channel`, [0, channelMax])
    return { index, channel, value: typed(value, `${at}.value`, bytesMax) }
  })
}

/** A put with its parts checked and completed. */
export interface CheckedPut extends Omit<PutCheckpoint, 'writes'> {
  readonly namespace: string
  readonly parentId: string | null
  readonly metadata: NonNullable<PutCheckpoint['metadata']>
  /** In order. */
  readonly deltaChannels: readonly string[]
  readonly writes: readonly Omit<PutWrites, keyof CheckpointName>[]
}

/** Throws InvalidInput. */
export function checkedPut(put: PutCheckpoint, bytesMax: number): CheckedPut {
  checkName(put)
  const { namespace = '', parentId = null, runId, metadata = {}, whenStale = 'refuse' } = put
  if (parentId !== null) checkText(parentId, 'parent_id', [1, checkpointIdMax])
  if (runId !== undefined) checkText(runId, 'run_id', [1, runIdMax])
  if (parentId === put.checkpointId) {
    throw new InvalidInput('parent_id must name another checkpoint', { field: 'parent_id' })
  }
  if (whenStale !== 'refuse' && whenStale !== 'fork') {
    throw new InvalidInput('when_stale must be refuse or fork', { field: 'when_stale' })
  }
  checkFence(put.fence)
  checkMetadata(metadata)
  const channelVersions = checkedVersions(put.channelVersions)
  const values = checkedObject(put.values, 'values')
  const checked = Object.entries(values).map(([channel, value]) => {
    if (!Object.hasOwn(channelVersions, channel)) {
      const rule = 'has no version in channel_versions'
      throw new InvalidInput(`values.${channel} ${rule}`, { field: `values.${channel}` })
    }
    return [channel, typed(value, `values.${channel}`, bytesMax)] as const
  })
  const writes = (put.writes ?? []).map((call, index) => ({
    ...call, writes: checkedWrites(call, bytesMax, `writes[${index}].writes`),
  }))
  const deltaChannels = checkedDeltas(put.deltaChannels ?? [], channelVersions)
  const { threadId, checkpointId, fence } = put
  return {
    threadId, namespace, checkpointId, parentId, runId, metadata, whenStale, fence,
    channelVersions, deltaChannels, writes,
    state: typed(put.state, 'state', bytesMax),
    values: Object.fromEntries(checked),
  }
}

function checkedVersions(versions: PutCheckpoint['channelVersions']) {
  const entries = Object.entries(checkedObject(versions, 'channel_versions'))
  if (entries.length > channelsMax) {
    const rule = `must name at most ${channelsMax} channels`
    throw new InvalidInput(`channel_versions ${rule}`, { field: 'channel_versions' })
  }
  for (const [channel, version] of entries) {
    const field = `channel_versions.${channel}`
    checkText(channel, 'channel_versions', [0, channelMax])
    const isVersion = typeof version === 'string'
      ? version.length <= versionMax : Number.isFinite(version)
    if (!isVersion) throw new InvalidInput(`${field} must be a number or a text`, { field })
  }
  return Object.fromEntries(entries)
}

/** Channels that are kept as differences, each once, in order. */
function checkedDeltas(
  given: readonly string[], versions: PutCheckpoint['channelVersions'],
): string[] {
  const field = 'delta_channels'
  if (!Array.isArray(given) || given.length > channelsMax) {
    throw new InvalidInput(`${field} must be a list of at most ${channelsMax}`, { field })
  }
  for (const channel of given) {
    checkText(channel, field, [0, channelMax])
    if (!Object.hasOwn(versions, channel)) continue
    throw new InvalidInput(`${field} must name no channel of channel_versions`, { field })
  }
  return [...new Set(given)].sort()
}

/** Refuses metadata that is no object, or too large. */
export function checkMetadata(metadata: unknown): void {
  const text = stringifyJson(checkedObject(metadata, 'metadata') as JsonValue)
  if (Buffer.byteLength(text) <= metadataBytesMax) return
  const rule = `must be at most ${metadataBytesMax} bytes of JSON`
  throw new InvalidInput(`metadata ${rule}`, { field: 'metadata' })
}

function checkedObject<T>(value: T, field: string): T {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new InvalidInput(`${field} must be an object`, { field })
}
