import { LRUCache } from 'lru-cache'
import { type Kept } from './cache-value.js'

/** Bounds of the values kept in one process. */
export interface NearLimits {
  /** @default 10000 */
  readonly entriesMax?: number
  /** Characters of JSON text and keys. @default 32 Mi */
  readonly charactersMax?: number
}

/** What this process has at hand, bounded; the least recently used goes first. */
export class NearCache {
  readonly #entries: LRUCache<string, Kept>

  constructor({ entriesMax = 10_000, charactersMax = 32 * 1024 * 1024 }: NearLimits = {}) {
    this.#entries = new LRUCache({
      max: entriesMax,
      maxSize: charactersMax,
      // One value must not push out all others.
      maxEntrySize: Math.ceil(charactersMax / 16),
    })
  }

  get size(): number {
    return this.#entries.size
  }

  find(name: string): Kept | undefined {
    return this.#entries.get(name)
  }

  put(name: string, kept: Kept, ttlMs: number): void {
    const ttl = Math.floor(ttlMs)
    if (ttl < 1) return
    this.#entries.set(name, kept, { ttl, size: name.length + kept.text.length })
  }

  forget(name: string): void {
    this.#entries.delete(name)
  }

  clear(): void {
    this.#entries.clear()
  }
}
