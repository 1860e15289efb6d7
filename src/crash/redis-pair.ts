import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { PrivateRedis } from '../testing/private-redis.test.harness.js'

/**
 * A Redis with a replica behind one address, and a hand that fails over: what an operator, or a
 * virtual address, does without Sentinels.
 */
export class RedisPair {
  /** How often the replica was promoted. */
  failovers = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #leader: PrivateRedis
  #replica: PrivateRedis

  private constructor(leader: PrivateRedis, replica: PrivateRedis) {
    this.#leader = leader
    this.#replica = replica
    this.#server = createServer((client) => this.#join(client))
  }

  static async start(): Promise<RedisPair> {
    const leader = await PrivateRedis.start()
    const lines = [`replicaof 127.0.0.1 ${leader.port}`]
    const pair = new RedisPair(leader, await PrivateRedis.start({ lines }))
    await new Promise<void>((done) => pair.#server.listen(0, '127.0.0.1', done))
    return pair
  }

  /** Where clients find whichever leads. */
  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /**
   * Cuts the replica off, so that it misses what is written meanwhile; promotes it and sends new
   * connections there, while the old ones still talk to the old leader; cuts these only then, and
   * makes the old leader the replica of the new one.
   */
  async failOver(pause: (ms: number) => Promise<void>): Promise<void> {
    const [old, next] = [this.#leader, this.#replica]
    await next.command('REPLICAOF', 'NO', 'ONE')
    await pause(200)
    ;[this.#leader, this.#replica] = [next, old]
    this.failovers += 1
    await pause(200)
    for (const socket of this.#sockets) socket.destroy()
    await old.command('REPLICAOF', '127.0.0.1', String(next.port))
  }

  async remove(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((done) => this.#server.close(done))
    await Promise.all([this.#leader.remove(), this.#replica.remove()])
  }

  #join(client: Socket): void {
    const server = connect(this.#leader.port, '127.0.0.1')
    for (const [from, to] of [[client, server], [server, client]] as const) {
      this.#sockets.add(from)
      from.on('error', () => undefined)
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  }
}
