import { ErrorReply } from '@redis/client'
import { type Place, placesOf, type RedisAddress, redisAddressOf } from './address.js'
import { type Client } from './client.js'
import { Cluster } from './cluster.js'
import { type CoordinationHealth } from './coordination.js'
import { within } from './deadline.js'
import { CoordinationUnavailable } from './errors.js'
import { type Limits, Link } from './link.js'
import { isCondition, reasonOf } from './reason.js'
import { type LivingRunner, Script } from './script.js'
import { requireLeader, Sentinels } from './sentinels.js'

/** How to connect to Redis. */
export interface RedisOptions {
  /** Put before every key and channel, so that several Holdfasts can share a server. @default '' */
  readonly prefix?: string
  /** Longest time to connect, in milliseconds. @default 1000 */
  readonly connectTimeoutMs?: number
  /** Longest time to the answer of one command, in milliseconds. @default 250 */
  readonly commandTimeoutMs?: number
}

/** A further connection, for what cannot share one: subscriptions and waiting. */
export interface DedicatedOptions {
  /** Where: the server that holds this key. @default any server */
  readonly key?: string
  readonly blocks?: boolean
  prepare?(client: Client): Promise<void>
  lost?(): void
}

/** How often a command follows a Cluster's directions. */
const redirectionsMax = 3

/**
 * Writes and publishes, so that it fails where scripts would: on a replica, without memory, or for
 * a user who may not.
 */
const probe = new Script(`
redis.call('set', KEYS[1], '1', 'px', 1000)
return redis.call('publish', ARGV[1], '')`)

/**
 * The connection to Redis: one server, the leader that Sentinels name, or a Cluster. It is made
 * again for ever. A command is sent at most once, except after an answer that says that it was not
 * executed (NOSCRIPT, MOVED, ASK).
 */
export class RedisConnection implements LivingRunner {
  readonly limits: Limits
  readonly #address: RedisAddress
  readonly #prefix: string
  readonly #sentinels: Sentinels | undefined
  readonly #cluster: Cluster | undefined
  readonly #link: Link | undefined
  readonly #dedicated = new Set<Link>()
  /** What the server said to the last script, when that was no. */
  #refusal: string | undefined
  #isClosed = false

  private constructor(address: RedisAddress, options: RedisOptions) {
    const { connectTimeoutMs = 1_000, commandTimeoutMs = 250 } = options
    this.#address = address
    this.#prefix = options.prefix ?? ''
    this.limits = { connectTimeoutMs, commandTimeoutMs }
    if (address.kind === 'cluster') {
      this.#cluster = new Cluster(address, this.limits)
    } else {
      if (address.kind === 'sentinel') this.#sentinels = new Sentinels(address, connectTimeoutMs)
      this.#link = this.#newLink({})
    }
  }

  /**
   * Begins to connect; resolves once the first attempt has ended, well or not, and goes on trying.
   * Throws InvalidConfiguration for a URL of another form.
   */
  static async open(url: string, options: RedisOptions = {}): Promise<RedisConnection> {
    const connection = new RedisConnection(redisAddressOf(url), options)
    await (connection.#cluster?.attempted() ?? connection.#link!.attempted)
    return connection
  }

  /** True when the keys of one command must share a hash tag. */
  get isCluster(): boolean {
    return this.#cluster !== undefined
  }

  /** The key or channel as Redis knows it. */
  prefixed(name: string): string {
    return this.#prefix + name
  }

  async run<R>(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[] = [],
  ): Promise<R> {
    const prefixed = keys.map((key) => this.#prefix + key)
    const rest = [String(keys.length), ...prefixed, ...args.map(String)]
    try {
      const answer = await this.#evaluate<R>(script, prefixed[0] ?? '', rest)
      this.#refusal = undefined
      return answer
    } catch (error) {
      throw this.#explained(error)
    }
  }

  lifeOf(key: string): string {
    return (this.#link ?? this.#cluster!.knownLinkOf(this.#prefix + key))?.life ?? ''
  }

  /** One command for one key, on the shared connection. Throws CoordinationUnavailable. */
  async command<R>(key: string, words: readonly string[]): Promise<R> {
    try {
      return await this.#send<R>(this.#prefix + key, words)
    } catch (error) {
      throw this.#explained(error)
    }
  }

  /** A link of its own, closed with this connection. */
  dedicated(options: DedicatedOptions): Link {
    const link = this.#newLink(options)
    this.#dedicated.add(link)
    return link
  }

  /** Whether scripts are run at this moment, as far as is known without asking. */
  health(): CoordinationHealth {
    const reason = this.#isClosed
      ? 'Redis is closed.'
      : (this.#cluster?.reason ?? this.#link?.reason ?? this.#refusal)
    return reason === undefined ? { state: 'ok' } : { state: 'degraded', reason }
  }

  /** One small write, and a word that nobody hears. Throws CoordinationUnavailable. */
  async ping(): Promise<void> {
    await this.run(probe, ['ping'], [this.prefixed('ping')])
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const link of this.#dedicated) link.close()
    this.#link?.close()
    this.#cluster?.close()
  }

  async #evaluate<R>(script: Script, key: string, rest: readonly string[]): Promise<R> {
    try {
      return await this.#send<R>(key, ['EVALSHA', script.digest, ...rest])
    } catch (error) {
      if (!isReply(error, 'NOSCRIPT')) throw error
      return this.#send<R>(key, ['EVAL', script.lua, ...rest])
    }
  }

  async #send<R>(key: string, words: readonly string[]): Promise<R> {
    if (this.#isClosed) throw new CoordinationUnavailable('Redis is closed.')
    if (this.#cluster === undefined) return this.#link!.command<R>(words)
    return within(this.limits.commandTimeoutMs, this.#redirected<R>(this.#cluster, key, words))
  }

  /** Follows a Cluster's directions; each of them says that nothing was executed. */
  async #redirected<R>(cluster: Cluster, key: string, words: readonly string[]): Promise<R> {
    let link = cluster.linkOf(key)
    let isAsking = false
    for (let redirections = 0; ; redirections += 1) {
      try {
        return await (isAsking ? link.asking<R>(words) : link.command<R>(words))
      } catch (error) {
        const direction = directionOf(error)
        if (direction === undefined || redirections === redirectionsMax) throw error
        isAsking = direction.isAsking
        if (!isAsking) void cluster.refresh()
        link = cluster.linkTo(direction.place)
        await link.attempted
      }
    }
  }

  #explained(error: unknown): unknown {
    if (error instanceof CoordinationUnavailable) return error
    const reason = `Redis at ${placesOf(this.#address)} ${reasonOf(error)}.`
    if (isCondition(error)) this.#refusal = reason
    if (isReply(error, 'READONLY')) this.#link?.drop(reasonOf(error))
    if (isReply(error, 'CLUSTERDOWN')) void this.#cluster?.refresh()
    return new CoordinationUnavailable(reason, { cause: error })
  }

  #newLink({ key, ...options }: DedicatedOptions): Link {
    const { connectTimeoutMs } = this.limits
    const { prepare } = options
    return new Link({
      login: this.#address,
      limits: this.limits,
      ...options,
      locate: () => this.#locate(key),
      prepare: async (client) => {
        if (this.#sentinels !== undefined) await requireLeader(client, connectTimeoutMs)
        await prepare?.(client)
      },
    })
  }

  async #locate(key: string | undefined): Promise<Place> {
    if (this.#sentinels !== undefined) return this.#sentinels.locate()
    if (this.#cluster === undefined) return this.#address.places[0]!
    // What was lost may be elsewhere by now, or may have been told to go there.
    await this.#cluster.refresh()
    return key === undefined ? this.#cluster.somePlace() : this.#cluster.placeOf(this.#prefix + key)
  }
}

function isReply(error: unknown, code: string): boolean {
  return error instanceof ErrorReply && error.message.startsWith(code)
}

/** Where a Cluster says a key is. */
function directionOf(error: unknown): { isAsking: boolean; place: Place } | undefined {
  if (!(error instanceof ErrorReply)) return undefined
  const found = /^(MOVED|ASK) \d+ (.*):(\d+)$/.exec(error.message)
  if (found === null || found[2] === '') return undefined
  return { isAsking: found[1] === 'ASK', place: { host: found[2]!, port: Number(found[3]) } }
}
