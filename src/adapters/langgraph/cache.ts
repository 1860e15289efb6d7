import { BaseCache, type SerializerProtocol } from '@langchain/langgraph-checkpoint'
import { type CacheTransport, type ItemName } from '../../items/index.js'
import { inParts } from './parts.js'
import { typed } from './writes.js'

/** Options of `HoldfastCache`. */
export interface HoldfastCacheOptions {
  /** How values become bytes. @default LangGraph's JsonPlusSerializer */
  readonly serde?: SerializerProtocol | undefined
  /** Apart from whatever else the organization caches: the first label of every name. */
  readonly root?: string | undefined
  /** Hears of what could not be read or kept. @default a warning of the process */
  readonly onError?: ((error: unknown) => void) | undefined
}

type Key = [namespace: string[], key: string]

const rootDefault = 'langgraph'
const callMax = 1_000
/** What is over at once must not leave an older value in its place. */
const ttlSecondsMin = 0.001
const ttlSecondsMax = 315_360_000

/**
 * Results of nodes of LangGraph, in a Holdfast or on a server of one.
 *
 * A cache that is away spares no work and fails none: what cannot be read is a miss, and what
 * cannot be kept is told to `onError`. LangGraph does not wait for `set`, so that an error of its
 * own would end the process.
 */
export class HoldfastCache<V = unknown> extends BaseCache<V> {
  readonly #transport: CacheTransport
  readonly #root: string
  readonly #onError: (error: unknown) => void

  constructor(transport: CacheTransport, options: HoldfastCacheOptions = {}) {
    super(options.serde)
    this.#transport = transport
    this.#root = options.root ?? rootDefault
    this.#onError = options.onError ?? warn
  }

  /** The values there are, with their keys. */
  override async get(keys: Key[]): Promise<{ key: Key; value: V }[]> {
    const found: { key: Key; value: V }[] = []
    try {
      for (let start = 0; start < keys.length; start += callMax) {
        const some = keys.slice(start, start + callMax)
        const values = await inParts(
          some.map((key) => this.#nameOf(key)), (names) => this.#transport.find(names))
        for (const [place, value] of values.entries()) {
          if (value === undefined) continue
          const loaded = await this.serde.loadsTyped(value.type, value.bytes) as V
          found.push({ key: some[place]!, value: loaded })
        }
      }
    } catch (error) {
      this.#onError(error)
    }
    return found
  }

  /** Keeps values, for `ttl` seconds each where it is given. */
  override async set(pairs: { key: Key; value: V; ttl?: number }[]): Promise<void> {
    try {
      const entries = await Promise.all(pairs.map(async ({ key, value, ttl }) => ({
        ...this.#nameOf(key), value: await typed(this.serde, value), ttlSeconds: ttlOf(ttl),
      })))
      for (let start = 0; start < entries.length; start += callMax) {
        await this.#transport.put(entries.slice(start, start + callMax))
      }
    } catch (error) {
      this.#onError(error)
    }
  }

  /** Forgets the values of namespaces; without any, all of this cache. */
  override async clear(namespaces: string[][]): Promise<void> {
    if (namespaces.length === 0) {
      await this.#transport.clear([[this.#root]], { below: true })
      return
    }
    for (let start = 0; start < namespaces.length; start += callMax) {
      const some = namespaces.slice(start, start + callMax)
      await this.#transport.clear(some.map((namespace) => [this.#root, ...namespace]))
    }
  }

  #nameOf([namespace, key]: Key): ItemName {
    return { namespace: [this.#root, ...namespace], key }
  }
}

function ttlOf(seconds: number | undefined): number | undefined {
  if (seconds === undefined || seconds === null) return undefined
  return Math.min(Math.max(seconds, ttlSecondsMin), ttlSecondsMax)
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}
