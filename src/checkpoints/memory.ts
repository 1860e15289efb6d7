import { type Reaches } from './body.js'
import { type Value } from './values.js'

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

const checkpointsMax = 32

/** What this process knows of a thread. All of it was committed, and none of it can change. */
export class KnownThread {
  readonly logs = new Map<number, KnownLog>()
  readonly #checkpoints = new Map<string, KnownCheckpoint>()

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
    this.#checkpoints.delete(key)
    this.#checkpoints.set(key, known)
    if (this.#checkpoints.size > checkpointsMax) {
      this.#checkpoints.delete(this.#checkpoints.keys().next().value!)
    }
  }

  get size(): number {
    let size = 0
    for (const log of this.logs.values()) size += log.size
    return size
  }
}

const keyOf = (namespace: string, checkpointId: string) => JSON.stringify([namespace, checkpointId])

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
  readonly #threads = new Map<string, KnownThread>()

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** What is known of a thread; it is now the last used. */
  thread({ organizationId, threadId }: ThreadName): KnownThread {
    const key = `${organizationId} ${threadId}`
    const thread = this.#threads.get(key) ?? new KnownThread()
    this.#threads.delete(key)
    this.#threads.set(key, thread)
    return thread
  }

  /** Forgets a thread. */
  forget({ organizationId, threadId }: ThreadName): void {
    this.#threads.delete(`${organizationId} ${threadId}`)
  }

  /** Forgets the threads that were used least lately, until the rest is small enough. */
  trim(): void {
    let size = 0
    let count = 0
    for (const [key, thread] of [...this.#threads].toReversed()) {
      size += thread.size
      count += 1
      if (size > this.#bytesMax || count > threadsMax) this.#threads.delete(key)
    }
  }
}
