import { randomUUID } from 'node:crypto'
import { type Lifetimes, lifetimesOf, nameOf } from './cache-key.js'
import { absent, keep, type Kept } from './cache-value.js'
import {
  type Cache, type CacheFigures, type CacheKey, type CacheOptions, type Signal, type Signals,
} from './coordination.js'
import { CoordinationUnavailable } from './errors.js'
import { type FarCache, type Found } from './far-cache.js'
import { Gate } from './gate.js'
import { NearCache, type NearLimits } from './near-cache.js'
import { OwedInvalidations } from './owed-invalidations.js'

/** How a cache is set up. */
export interface LayeredCacheOptions extends NearLimits {
  /** What all processes share; without it the cache is this process's alone. */
  readonly far?: FarCache
  /** Tells other processes what is no longer true. */
  readonly signals?: Signals
  /** Longest time a value is kept in this process, in milliseconds. @default 5000 */
  readonly nearTtlMs?: number
  /** Longest text that is kept in Redis, in bytes. @default 65536 */
  readonly farBytesMax?: number
  /** Loads at once while Redis is away. @default 16 */
  readonly aloneLoadsMax?: number
}

/** A value on its way into this process's memory; spoiled by an invalidation meanwhile. */
interface Passage {
  isSpoiled: boolean
}

/** What a way through the layers ended with. */
interface Outcome {
  readonly kept: Kept
  /** False when it was loaded. */
  readonly isHit: boolean
}

interface Flight extends Passage {
  readonly promise: Promise<Outcome>
}

/** One call's way through the layers. */
interface Errand {
  readonly name: string
  readonly passage: Passage
  readonly lifetimes: Lifetimes
  load(): Promise<unknown>
}

/** The topic on which invalidations travel. */
const topic = 'cache'
/** While others cannot be heard, values are kept in this process no longer. */
const aloneTtlMs = 1_000
/** Longest wait for another process's load; then we load ourselves, and keep nothing of it. */
const patienceMs = 1_000

/**
 * Two levels: this process's memory, and Redis. Of the callers in one process one goes on to
 * Redis, and of the processes one loads. Without Redis it is memory or load, never an error.
 */
export class LayeredCache implements Cache {
  readonly #near: NearCache
  readonly #far: FarCache | undefined
  readonly #signals: Signals | undefined
  readonly #owed: OwedInvalidations | undefined
  readonly #gate: Gate
  readonly #nearTtlMs: number
  readonly #farBytesMax: number
  readonly #origin = randomUUID()
  readonly #flights = new Map<string, Flight>()
  readonly #passages = new Map<string, Set<Passage>>()
  #hits = 0
  #misses = 0
  #loads = 0

  constructor(options: LayeredCacheOptions = {}) {
    this.#near = new NearCache(options)
    this.#far = options.far
    this.#signals = options.signals
    this.#gate = new Gate(options.aloneLoadsMax ?? 16)
    this.#nearTtlMs = options.nearTtlMs ?? 5_000
    this.#farBytesMax = options.farBytesMax ?? 65_536
    if (this.#far === undefined) return
    this.#owed = new OwedInvalidations(this.#far, (name) => this.#tell(name))
  }

  /** Begins to hear of other processes' invalidations. */
  async open(): Promise<this> {
    await this.#signals?.subscribe(topic, (signal) => this.#hear(signal))
    return this
  }

  async getOrLoad<V>(
    key: CacheKey,
    load: () => Promise<V | undefined>,
    options: CacheOptions = {},
  ): Promise<V | undefined> {
    const name = nameOf(key)
    const near = this.#near.find(name)
    if (near !== undefined) {
      this.#hits += 1
      return near.value as V | undefined
    }
    const lifetimes = lifetimesOf(options)
    const flight = this.#flights.get(name) ?? this.#takeOff({ name, lifetimes, load })
    const { kept, isHit } = await flight.promise.catch((error: unknown) => {
      this.#misses += 1
      throw error
    })
    if (isHit) this.#hits += 1
    else this.#misses += 1
    return kept.value as V | undefined
  }

  async find<V>(key: CacheKey): Promise<V | undefined> {
    const name = nameOf(key)
    const near = this.#near.find(name)
    const kept = near ?? (await this.#pass(name, (passage) => this.#findFar(name, passage)))
    if (kept === undefined) this.#misses += 1
    else this.#hits += 1
    return kept?.value as V | undefined
  }

  async invalidate(key: CacheKey): Promise<void> {
    const name = nameOf(key)
    this.#spoil(name)
    // In this order: who hears of it and looks again must not find the old value.
    if ((await this.#owed?.pay(name)) !== false) await this.#tell(name)
  }

  figures(): CacheFigures {
    const { size } = this.#near
    return { hits: this.#hits, misses: this.#misses, loads: this.#loads, size }
  }

  close(): void {
    this.#owed?.close()
  }

  #takeOff({ name, lifetimes, load }: Omit<Errand, 'passage'>): Flight {
    const passage: Passage = { isSpoiled: false }
    const errand = { name, passage, lifetimes, load }
    const promise = this.#passing(name, passage, () => this.#fetch(errand))
      .finally(() => {
        if (this.#flights.get(name) === flight) this.#flights.delete(name)
      })
    const flight: Flight = Object.assign(passage, { promise })
    this.#flights.set(name, flight)
    return flight
  }

  #pass<R>(name: string, work: (passage: Passage) => Promise<R>): Promise<R> {
    const passage: Passage = { isSpoiled: false }
    return this.#passing(name, passage, () => work(passage))
  }

  async #passing<R>(name: string, passage: Passage, work: () => Promise<R>): Promise<R> {
    const passages = this.#passages.get(name) ?? new Set()
    this.#passages.set(name, passages.add(passage))
    try {
      return await work()
    } finally {
      passages.delete(passage)
      if (passages.size === 0 && this.#passages.get(name) === passages) {
        this.#passages.delete(name)
      }
    }
  }

  #hear({ payload, missed }: Signal): void {
    if (missed) {
      this.#near.clear()
      for (const name of [...this.#passages.keys()]) this.#spoil(name)
      return this.#owed?.repeat()
    }
    const isOwn = payload?.startsWith(this.#origin) ?? true
    if (!isOwn) this.#spoil(payload!.slice(this.#origin.length + 1))
  }

  async #tell(name: string): Promise<void> {
    await this.#signals?.publish(topic, `${this.#origin} ${name}`)
  }

  /** Forgets the value here, and what is on its way here; who asks from now on starts anew. */
  #spoil(name: string): void {
    this.#near.forget(name)
    this.#flights.delete(name)
    for (const passage of this.#passages.get(name) ?? []) passage.isSpoiled = true
  }

  async #fetch(errand: Errand): Promise<Outcome> {
    const { name, passage } = errand
    if (this.#far === undefined) return this.#loadAlone(errand, this.#nearTtlMs)
    // What we could not yet remove from Redis must not come back from there.
    if (this.#owed!.has(name)) return this.#loadGated(errand)
    let found: Found
    try {
      found = await this.#await(this.#far, name)
    } catch (error) {
      return this.#loadGated(errand, error)
    }
    if (found.state === 'ours') return this.#loadUnder(this.#far, found.ticket, errand)
    if (found.state !== 'kept') return loaded(await this.#load(errand))
    if (!passage.isSpoiled) this.#near.put(name, found.kept, this.#nearTtl(found.ttlMs))
    return { kept: found.kept, isHit: true }
  }

  /** Looks until there is a value or a ticket, but only for so long. */
  async #await(far: FarCache, name: string): Promise<Found> {
    const untilMs = performance.now() + patienceMs
    for (let delayMs = 5; ; delayMs = Math.min(100, delayMs * 1.6)) {
      const found = await far.lookOrTake(name)
      if (found.state !== 'theirs' || performance.now() >= untilMs) return found
      await new Promise((done) => setTimeout(done, delayMs * (0.75 + Math.random() / 2)))
    }
  }

  /** Nobody else is asked or told; few loads at a time. */
  async #loadGated(errand: Errand, cause?: unknown): Promise<Outcome> {
    if (cause !== undefined && !(cause instanceof CoordinationUnavailable)) throw cause
    return this.#gate.through(() => this.#loadAlone(errand, aloneTtlMs))
  }

  async #loadAlone(errand: Errand, nearTtlMs: number): Promise<Outcome> {
    const { name, passage } = errand
    const kept = await this.#load(errand)
    const ttlMs = Math.min(nearTtlMs, lifetimeOf(kept, errand))
    if (!passage.isSpoiled) this.#near.put(name, kept, ttlMs)
    return loaded(kept)
  }

  async #loadUnder(far: FarCache, ticket: string, errand: Errand): Promise<Outcome> {
    const { name, passage } = errand
    let kept: Kept
    try {
      kept = await this.#load(errand)
    } catch (error) {
      far.giveUp(name, ticket).catch(() => undefined)
      throw error
    }
    const startedMs = performance.now()
    const ttlMs = jittered(lifetimeOf(kept, errand))
    const isOurs = await this.#store({ far, ticket, name, kept, ttlMs, passage })
    const restMs = ttlMs - (performance.now() - startedMs)
    if (isOurs && !passage.isSpoiled) this.#near.put(name, kept, this.#nearTtl(restMs))
    return loaded(kept)
  }

  /** Whether the ticket was good to the end. */
  async #store({ far, ticket, name, kept, ttlMs, passage }: Storing): Promise<boolean> {
    const isKept = ttlMs >= 1 && !passage.isSpoiled &&
      Buffer.byteLength(kept.text) <= this.#farBytesMax
    try {
      if (isKept) return await far.fill(name, ticket, { kept, ttlMs })
      return await far.giveUp(name, ticket)
    } catch (error) {
      if (error instanceof CoordinationUnavailable) return false
      throw error
    }
  }

  async #load({ load }: Errand): Promise<Kept> {
    this.#loads += 1
    const value = await load()
    return value === undefined ? absent : keep(value)
  }

  async #findFar(name: string, passage: Passage): Promise<Kept | undefined> {
    if (this.#far === undefined || this.#owed!.has(name)) return undefined
    try {
      const found = await this.#far.look(name)
      if (found.state !== 'kept') return undefined
      if (!passage.isSpoiled) this.#near.put(name, found.kept, this.#nearTtl(found.ttlMs))
      return found.kept
    } catch (error) {
      if (error instanceof CoordinationUnavailable) return undefined
      throw error
    }
  }

  #nearTtl(ttlMs: number): number {
    return Math.min(this.#nearTtlMs, ttlMs)
  }
}

/** What `#store` needs. */
interface Storing {
  readonly far: FarCache
  readonly ticket: string
  readonly name: string
  readonly kept: Kept
  readonly ttlMs: number
  readonly passage: Passage
}

const loaded = (kept: Kept): Outcome => ({ kept, isHit: false })

function lifetimeOf(kept: Kept, { lifetimes }: Errand): number {
  return kept === absent ? lifetimes.absentTtlMs : lifetimes.ttlMs
}

/** Shorter by up to a tenth, so that what was cached together does not end together. */
const jittered = (ttlMs: number): number => ttlMs * (1 - Math.random() / 10)
