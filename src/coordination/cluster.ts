import { type Place, type RedisAddress, written } from './address.js'
import { askOnce } from './client.js'
import { CoordinationUnavailable } from './errors.js'
import { type Limits, Link } from './link.js'
import { reasonOf } from './reason.js'
import { slotOf } from './slot.js'

/** First slot, last slot, leader, followers: what CLUSTER SLOTS answers. */
type SlotRange = readonly [number, number, readonly [string | null, number, ...unknown[]]]

/** How often the map is read at most, and while nothing seems to change, in milliseconds. */
const refreshAtMostEveryMs = 200
const refreshAtLeastEveryMs = 10_000

/** The leaders of a Cluster and the slots they hold. */
export class Cluster {
  readonly #address: RedisAddress
  readonly #limits: Limits
  readonly #links = new Map<string, Link>()
  #ranges: readonly { readonly first: number; readonly last: number; readonly place: Place }[] = []
  #reason = 'is not connected yet'
  #refreshing: Promise<void> | undefined
  #refreshedMs = -Infinity
  readonly #timer: NodeJS.Timeout
  #isClosed = false

  constructor(address: RedisAddress, limits: Limits) {
    this.#address = address
    this.#limits = limits
    this.#timer = setInterval(() => {
      const ageMs = performance.now() - this.#refreshedMs
      const isWell = this.reason === undefined
      if (!isWell || ageMs > refreshAtLeastEveryMs) void this.refresh()
    }, refreshAtMostEveryMs)
  }

  /** The first map was read, or could not be, and its leaders were tried. */
  async attempted(): Promise<void> {
    await this.refresh()
    await Promise.all([...this.#links.values()].map((link) => link.attempted))
  }

  /** Why some commands fail at this moment; undefined when all leaders are there. */
  get reason(): string | undefined {
    if (this.#ranges.length === 0) return `The Redis Cluster ${this.#reason}.`
    for (const { reason } of this.#links.values()) if (reason !== undefined) return reason
    return undefined
  }

  /** The link to the leader of a key. Throws CoordinationUnavailable while none is known. */
  linkOf(key: string): Link {
    return this.linkTo(this.placeOf(key))
  }

  /** The same; undefined while none is known. */
  knownLinkOf(key: string): Link | undefined {
    const place = this.#knownPlaceOf(key)
    return place === undefined ? undefined : this.#links.get(written(place))
  }

  placeOf(key: string): Place {
    const place = this.#knownPlaceOf(key)
    if (place !== undefined) return place
    void this.refresh()
    throw new CoordinationUnavailable(this.reason ?? 'No node of the Cluster holds this key.')
  }

  #knownPlaceOf(key: string): Place | undefined {
    const slot = slotOf(key)
    return this.#ranges.find(({ first, last }) => first <= slot && slot <= last)?.place
  }

  /** A leader by chance. */
  somePlace(): Place {
    const { place } = this.#ranges[Math.floor(Math.random() * this.#ranges.length)] ?? {}
    if (place === undefined) throw new CoordinationUnavailable(this.#reason)
    return place
  }

  linkTo(place: Place): Link {
    const name = written(place)
    const found = this.#links.get(name)
    if (found !== undefined) return found
    const { tls, username, password } = this.#address
    const made = new Link({
      login: { tls, username, password, database: 0 },
      limits: this.#limits,
      locate: async () => place,
      lost: () => void this.refresh(),
    })
    this.#links.set(name, made)
    return made
  }

  /** Reads the map again, once for all who ask at the same time. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined))
    return this.#refreshing
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#timer)
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
  }

  async #refresh(): Promise<void> {
    const { tls, username, password, places } = this.#address
    const login = { tls, username, password, database: 0 }
    const question = { words: ['CLUSTER', 'SLOTS'], timeoutMs: this.#limits.connectTimeoutMs }
    const known = new Map([...this.#ranges.map(({ place }) => place), ...places]
      .map((place) => [written(place), place]))
    for (const place of known.values()) {
      if (this.#isClosed) return
      try {
        const ranges = await askOnce<readonly SlotRange[]>(place, login, question)
        if (ranges.length > 0 && !this.#isClosed) return this.#take(ranges, place)
        this.#reason = 'has no slots yet'
      } catch (error) {
        this.#reason = reasonOf(error)
      }
    }
  }

  #take(ranges: readonly SlotRange[], asked: Place): void {
    this.#refreshedMs = performance.now()
    this.#ranges = ranges.map(([first, last, [host, port]]) => (
      // A node that does not know its own address answers without one.
      { first, last, place: { host: host || asked.host, port } }
    ))
    const leaders = new Set(this.#ranges.map(({ place }) => written(place)))
    for (const { place } of this.#ranges) this.linkTo(place)
    for (const [name, link] of this.#links) {
      if (leaders.has(name)) continue
      link.close()
      this.#links.delete(name)
    }
  }
}
