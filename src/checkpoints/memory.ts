import { type Reaches } from './body.js'
import { type KnownWrites } from './sources.js'
import { inlineMax, isRope, refsOf, type Value } from './values.js'

/** Bytes of a log from its beginning on; they only become more. */
export class KnownLog {
  #buffer = Buffer.alloc(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  /** What this log takes in memory. */
  get size(): number {
    return this.#buffer.length
  }

  /** Takes in bytes that begin at `start`; what leaves a gap is left out. */
  add(start: number, bytes: Uint8Array): void {
    const end = start + bytes.length
    if (start > this.#length || end <= this.#length) return
    if (end > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(this.#length === 0 ? end : 2 * end)
      this.#buffer.copy(larger, 0, 0, this.#length)
      this.#buffer = larger
    }
    this.#buffer.set(bytes.subarray(this.#length - start), this.#length)
    this.#length = end
  }
}

/** What the row of a checkpoint says of its values. */
export interface KnownCheckpoint {
  /** Where it is the head, the head has this token. */
  readonly token: number
  readonly values: ReadonlyMap<string, Value>
  readonly reaches: Reaches
}

/** Calls of pending writes on one checkpoint. */
interface WritesOnCheckpoint {
  /** What the checkpoint was known by. */
  readonly token: number
  readonly calls: KnownWrites[]
}

const checkpointsMax = 32

/** Checkpoints whose pending writes are remembered, until the next one is put. */
const writtenMax = 8

/** So many logs are kept before it is asked which of them are still of use. */
const logsMin = 64

/** What this process knows of a thread. All of it was committed, and none of it can change. */
export class KnownThread {
  readonly logs = new Map<number, KnownLog>()
  readonly #checkpoints = new Map<string, KnownCheckpoint>()
  readonly #writes = new Map<string, WritesOnCheckpoint>()
  #number: number | undefined
  /** Bytes of values and writes beside the logs. */
  #besides = 0
  #logsMax = logsMin

  /** What rows of the thread name it by; undefined while nothing is known. */
  get number(): number | undefined {
    return this.#number
  }

  /**
   * Takes in which thread has the name. Where it was another one, that one is gone, and all that
   * was known of it is forgotten: a copy has numbers of logs, and tokens, that others have as well.
   * False then.
   */
  settle(number: number): boolean {
    const isSame = this.#number === undefined || this.#number === number
    this.#number = number
    if (!isSame) {
      this.logs.clear()
      this.#checkpoints.clear()
      this.#writes.clear()
      this.#besides = 0
    }
    return isSame
  }

  log(number: number): KnownLog {
    let log = this.logs.get(number)
    if (log === undefined) this.logs.set(number, log = new KnownLog())
    return log
  }

  checkpoint(namespace: string, checkpointId: string): KnownCheckpoint | undefined {
    return this.#checkpoints.get(keyOf(namespace, checkpointId))
  }

  learn(namespace: string, checkpointId: string, known: KnownCheckpoint): void {
    const key = keyOf(namespace, checkpointId)
    this.#forgetCheckpoint(key)
    this.#checkpoints.set(key, known)
    this.#besides += sizeOf(known)
    if (this.#checkpoints.size > checkpointsMax) {
      this.#forgetCheckpoint(this.#checkpoints.keys().next().value!)
    }
    if (this.logs.size > this.#logsMax) this.#forgetLogs()
  }

  /** The pending writes on a checkpoint that are remembered, if it is still known by the token. */
  writesOn(namespace: string, checkpointId: string, token: number | null): readonly KnownWrites[] {
    const found = this.#writes.get(keyOf(namespace, checkpointId))
    return found === undefined || found.token !== token ? [] : found.calls
  }

  /** Remembers pending writes on a checkpoint that is known, for the one that follows it. */
  learnWrites(namespace: string, checkpointId: string, call: KnownWrites): void {
    const key = keyOf(namespace, checkpointId)
    const token = this.#checkpoints.get(key)?.token
    if (token === undefined) return
    if (this.#writes.get(key)?.token !== token) this.#forgetWrites(key)
    const own = this.#writes.get(key) ?? { token, calls: [] }
    own.calls.push(call)
    this.#besides += call.bytes.length
    this.#writes.set(key, own)
    if (this.#writes.size > writtenMax) this.#forgetWrites(this.#writes.keys().next().value!)
  }

  /** Forgets the pending writes on a checkpoint: another one follows it. */
  forgetWrites(namespace: string, checkpointId: string): void {
    this.#forgetWrites(keyOf(namespace, checkpointId))
  }

  #forgetWrites(key: string): void {
    for (const { bytes } of this.#writes.get(key)?.calls ?? []) this.#besides -= bytes.length
    this.#writes.delete(key)
  }

  #forgetCheckpoint(key: string): void {
    const known = this.#checkpoints.get(key)
    if (known !== undefined) this.#besides -= sizeOf(known)
    this.#checkpoints.delete(key)
  }

  /**
   * Forgets the logs of no checkpoint that is known. A channel whose value is another one at each
   * step leaves one behind each time, and every read says which logs are known.
   */
  #forgetLogs(): void {
    const used = new Set([...this.#checkpoints.values()]
      .flatMap(({ values }) => refsOf(values.values())).map(([log]) => log))
    for (const log of this.logs.keys()) if (!used.has(log)) this.logs.delete(log)
    this.#logsMax = Math.max(logsMin, 2 * this.logs.size)
  }

  get size(): number {
    let size = this.#besides
    for (const log of this.logs.values()) size += log.size
    return size
  }
}

/** What values take that stand in their checkpoint, but for the smallest. */
function sizeOf({ values }: KnownCheckpoint): number {
  let size = 0
  for (const value of values.values()) {
    if (!isRope(value) && value.bytes.length > inlineMax) size += value.bytes.length
  }
  return size
}

/** No two names are written alike. */
const keyOf = (namespace: string, checkpointId: string) =>
  `${namespace.length} ${namespace}${checkpointId}`

/** A thread of an organization. */
export interface ThreadName {
  readonly organizationId: string
  readonly threadId: string
}

const threadsMax = 1_000

/**
 * What this process wrote or read of threads, the last used up to a number of bytes. A hint only:
 * every write says what it takes for known, and is refused where that no longer holds.
 */
export class ThreadMemory {
  readonly #bytesMax: number
  /** Each with the size that is part of the sum. */
  readonly #threads = new Map<string, { readonly thread: KnownThread; size: number }>()
  #size = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** What is known of a thread; it is now the last used. */
  thread({ organizationId, threadId }: ThreadName): KnownThread {
    const key = `${organizationId} ${threadId}`
    const entry = this.#threads.get(key) ?? { thread: new KnownThread(), size: 0 }
    this.#threads.delete(key)
    this.#threads.set(key, entry)
    return entry.thread
  }

  /** Forgets a thread. */
  forget({ organizationId, threadId }: ThreadName): void {
    this.#forget(`${organizationId} ${threadId}`)
  }

  /**
   * Takes in how large a thread became, and forgets those that were used least lately until the
   * rest is small enough.
   */
  trim({ organizationId, threadId }: ThreadName): void {
    const entry = this.#threads.get(`${organizationId} ${threadId}`)
    if (entry !== undefined) {
      const { size } = entry.thread
      this.#size += size - entry.size
      entry.size = size
    }
    for (const key of this.#threads.keys()) {
      if (this.#size <= this.#bytesMax && this.#threads.size <= threadsMax) break
      this.#forget(key)
    }
  }

  #forget(key: string): void {
    this.#size -= this.#threads.get(key)?.size ?? 0
    this.#threads.delete(key)
  }
}
