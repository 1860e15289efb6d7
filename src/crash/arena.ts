import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { judge, type Judgement, readEverything } from './law.js'
import { Ledger } from './ledger.js'
import { Load, type LoadOptions } from './load.js'
import { Random } from './random.js'
import { ServerProcess } from './server-process.js'
import { Wire } from './wire.js'

/** What `Arena.load` is told; the rest it knows. */
export type ArenaLoad = Pick<
  LoadOptions, 'target' | 'writers' | 'keyed' | 'fillingLength' | 'allowed' | 'restMs'
>

/** One database under fault: its token, its conversations, and the ledger of what was written. */
export class Arena {
  readonly wire: Wire
  readonly random: Random
  readonly token: string
  readonly conversations: readonly string[]
  readonly #folder: string
  readonly #ledger: Ledger
  #keyed = false
  #fillingLength = 0
  #load: Load | undefined

  private constructor(token: string, conversations: readonly string[], wire: Wire) {
    this.wire = wire
    this.random = new Random()
    this.token = token
    this.conversations = conversations
    this.#folder = mkdtempSync(join(tmpdir(), 'holdfast-ledger-'))
    this.#ledger = new Ledger(join(this.#folder, 'ledger'))
  }

  /** Makes the conversations, on a server that has just started on an empty database. */
  static async on(server: ServerProcess, conversationCount = 16): Promise<Arena> {
    const token = server.adminToken
    if (token === undefined) throw new Error('the database was not empty: no admin_token')
    const wire = new Wire(256)
    const conversations = []
    for (let count = 0; count < conversationCount; count += 1) {
      const url = `${server.url}/v1/conversations`
      const made = await wire.ask<{ id: string }>({ method: 'POST', url, token, body: {} }, 201)
      conversations.push(made.id)
    }
    return new Arena(token, conversations, wire)
  }

  /** Starts writers; one load an arena. */
  load(options: ArenaLoad): Load {
    this.#keyed = options.keyed
    this.#fillingLength = options.fillingLength ?? 0
    const { wire, random, token, conversations } = this
    const own = { wire, random, token, conversations, ledger: this.#ledger }
    this.#load = Load.start({ ...options, ...own })
    return this.#load
  }

  /** Reads everything from a server and holds it against the ledger. */
  async judgement({ url }: { readonly url: string }): Promise<Judgement> {
    const server = { url, token: this.token }
    return judge({
      entries: this.#ledger.read(),
      kept: await readEverything(this.wire, server, this.conversations),
      keyed: this.#keyed,
      fillingLength: this.#fillingLength,
    })
  }

  /** Ends the writers, closes the connections and removes the ledger. */
  async close(): Promise<void> {
    await this.#load?.stop(0)
    this.wire.close()
    this.#ledger.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
