import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** Stands before a Redis and can keep its answers back, to let them go in one piece. */
export class HeldReplies {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Kept back, by the socket they are for. */
  readonly #kept = new Map<Socket, Buffer[]>()
  #asked: RegExp | undefined

  private constructor(port: number) {
    this.#server = createServer((client) => this.#join(client, connect(port, '127.0.0.1')))
  }

  /** Before the Redis on this port. */
  static async before(port: number): Promise<HeldReplies> {
    const made = new HeldReplies(port)
    await new Promise<void>((resolve) => made.#server.listen(0, '127.0.0.1', resolve))
    return made
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** From now on a connection over which this is asked gets no more answers. */
  hold(asked: RegExp): void {
    this.#asked = asked
  }

  /** What is kept back at this moment. */
  get held(): string {
    return [...this.#kept.values()].flat().join('')
  }

  /** Lets go what each connection is owed, in one piece, and holds nothing from now on. */
  release(): void {
    this.#asked = undefined
    for (const [client, kept] of this.#kept) client.write(Buffer.concat(kept))
    this.#kept.clear()
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #join(client: Socket, redis: Socket): void {
    const pairs = [[client, redis], [redis, client]] as const
    for (const [socket, other] of pairs) {
      this.#sockets.add(socket.setNoDelay())
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
    }
    client.on('close', () => this.#kept.delete(client))
    client.on('data', (words) => {
      if (this.#asked?.test(words.toString()) && !this.#kept.has(client)) this.#kept.set(client, [])
      redis.write(words)
    })
    redis.on('data', (answer) => {
      const kept = this.#kept.get(client)
      if (kept === undefined) client.write(answer)
      else kept.push(answer)
    })
  }
}
