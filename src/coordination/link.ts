import { setTimeout as pause } from 'node:timers/promises'
import { ErrorReply } from '@redis/client'
import { type Place, written } from './address.js'
import { type Client, connected, type Login, newClient } from './client.js'
import { Late, within } from './deadline.js'
import { CoordinationUnavailable } from './errors.js'
import { reasonOf } from './reason.js'

/** Limits of every connection. */
export interface Limits {
  /** Longest time to connect and log in, in milliseconds. */
  readonly connectTimeoutMs: number
  /** Longest time to the answer of a command, in milliseconds. */
  readonly commandTimeoutMs: number
}

/** How a link finds its server and what it does there. */
export interface LinkOptions {
  readonly login: Login
  readonly limits: Limits
  /** The server of this moment, asked before each attempt. */
  locate(): Promise<Place>
  /** Before any other use of a new connection; when it fails, so does the attempt. */
  prepare?(client: Client): Promise<void>
  /** After a connection was lost. */
  lost?(): void
  /** Commands may block, so that silence means nothing. @default false */
  readonly blocks?: boolean
}

/** How often a connection is tried while nothing else is heard, in milliseconds. */
const pingEveryMs = 300
/** A connection that is silent this long is given up. */
const silenceMaxMs = 1_000
/** A connection that lasted this long was a good one. */
const settledMs = 1_000
const backoffBaseMs = 25
const backoffMaxMs = 500

/**
 * One connection to one server, made again for ever with a growing, jittered pause. While there is
 * none, and from the first late answer until the server is heard again, commands fail at once.
 */
export class Link {
  readonly #options: LinkOptions
  readonly #closing = new AbortController()
  #client: Client | undefined
  #life = ''
  #isSuspect = false
  #reason = 'is not connected yet'
  #place: Place | undefined
  /** Ends the pause of this moment. */
  #wake: (() => void) | undefined
  readonly #firstAttempt: Promise<void>

  constructor(options: LinkOptions) {
    this.#options = options
    let attempted = () => {}
    this.#firstAttempt = new Promise((resolve) => (attempted = resolve))
    void this.#keepConnected(attempted)
  }

  /** Why commands fail at this moment; undefined while they are sent. */
  get reason(): string | undefined {
    if (this.#client !== undefined && !this.#isSuspect) return undefined
    const place = this.#place === undefined ? 'Redis' : `Redis at ${written(this.#place)}`
    return `${place} ${this.#reason}.`
  }

  /** Resolves when the first attempt to connect has ended, well or not. */
  get attempted(): Promise<void> {
    return this.#firstAttempt
  }

  /** Names the life of the server, which ends with its process; '' where it does not tell. */
  get life(): string {
    return this.#life
  }

  /**
   * Sends a command. Throws CoordinationUnavailable when it was not sent, Late when the answer did
   * not come in time, and what the server or the socket says.
   */
  command<R>(
    words: readonly string[],
    timeoutMs: number = this.#options.limits.commandTimeoutMs,
  ): Promise<R> {
    const client = this.#client
    if (client === undefined || this.#isSuspect) {
      return Promise.reject(new CoordinationUnavailable(this.reason ?? 'Redis is closed.'))
    }
    const answer = client.sendCommand(words as string[]) as Promise<R>
    return within(timeoutMs, answer).catch((error: unknown) => this.#failed(client, error))
  }

  /** The same, preceded by ASKING on the same connection. */
  async asking<R>(words: readonly string[]): Promise<R> {
    const [, answer] = await Promise.all([this.command(['ASKING']), this.command<R>(words)])
    return answer
  }

  /** Gives up the connection, so that the next one may lead elsewhere. */
  drop(reason: string): void {
    if (this.#client !== undefined) this.#lose(this.#client, reason)
  }

  close(): void {
    this.#closing.abort()
    this.#reason = 'is closed'
    const client = this.#client
    this.#client = undefined
    client?.destroy()
    this.#wake?.()
  }

  async #keepConnected(attempted: () => void): Promise<void> {
    for (let failures = 0; !this.#isClosed; ) {
      const startMs = performance.now()
      const client = await this.#connect()
      attempted()
      if (client !== undefined) await this.#watch(client)
      if (this.#isClosed) return
      failures = performance.now() - startMs > settledMs ? 0 : failures + 1
      const backoffMs = Math.min(backoffMaxMs, backoffBaseMs * 2 ** Math.min(failures, 10))
      await this.#pause(backoffMs * (0.5 + Math.random() / 2))
    }
  }

  async #connect(): Promise<Client | undefined> {
    const { login, limits, prepare } = this.#options
    let client: Client | undefined
    try {
      const place = (this.#place = await this.#options.locate())
      client = newClient(place, login, limits.connectTimeoutMs)
      await connected(client, limits.connectTimeoutMs)
      this.#life = await lifeOf(client, limits.connectTimeoutMs)
      await prepare?.(client)
      if (this.#isClosed) throw new Error('closed')
      this.#client = client
      this.#isSuspect = false
      return client
    } catch (error) {
      client?.destroy()
      if (!this.#isClosed) this.#reason = reasonOf(error)
      return undefined
    }
  }

  /** Ends when the connection is lost. */
  async #watch(client: Client): Promise<void> {
    client.once('terminated', (cause: unknown) => this.#lose(client, reasonOf(cause)))
    if (!client.isReady) this.#lose(client, 'closed the connection')
    while (this.#client === client) {
      if (!this.#isSuspect) await this.#pause(pingEveryMs)
      if (this.#client !== client || this.#options.blocks === true) continue
      await this.#probe(client)
    }
  }

  async #probe(client: Client): Promise<void> {
    try {
      await within(silenceMaxMs, client.sendCommand(['PING']))
      this.#isSuspect = false
    } catch (error) {
      // Any answer shows that the server lives; a queue that is full shows nothing.
      if (error instanceof Late || !client.isReady) return this.#lose(client, reasonOf(error))
      if (error instanceof ErrorReply) this.#isSuspect = false
      await this.#pause(pingEveryMs)
    }
  }

  #failed(client: Client, error: unknown): never {
    if (error instanceof Late && this.#client === client) {
      this.#reason = reasonOf(error)
      this.#isSuspect = true
      if (this.#options.blocks === true) this.#lose(client, this.#reason)
      this.#wake?.()
    }
    throw error
  }

  #lose(client: Client, reason: string): void {
    if (this.#client !== client) return
    this.#client = undefined
    this.#reason = reason
    client.destroy()
    this.#wake?.()
    this.#options.lost?.()
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  /** Waits, unless something happens. */
  async #pause(durationMs: number): Promise<void> {
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    await pause(durationMs, undefined, { signal: woken.signal }).catch(() => undefined)
    this.#wake = undefined
  }
}

/** A user may be denied the question. */
async function lifeOf(client: Client, timeoutMs: number): Promise<string> {
  const info = await within(timeoutMs, client.sendCommand(['INFO', 'server']))
    .catch((error: unknown) => {
      if (error instanceof ErrorReply) return ''
      throw error
    })
  return /^run_id:(\w+)/m.exec(String(info))?.[1] ?? ''
}
