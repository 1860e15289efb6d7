import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import { PrivateServer } from './private-server.test.harness.js'

/** Lines of a configuration file, without the port, which is chosen. */
export interface PrivateRedisOptions {
  readonly lines?: readonly string[]
  /** A Sentinel instead of a server. @default false */
  readonly isSentinel?: boolean
}

/** An open connection to a private Redis. */
export interface RedisSession {
  command<R = unknown>(...words: readonly string[]): Promise<R>
  end(): void
}

const startMs = 10_000

/** A Redis of the test's own, which may be stopped, frozen and reconfigured at will. */
export class PrivateRedis extends PrivateServer {
  readonly port: number
  readonly #folder: string
  readonly #options: PrivateRedisOptions

  private constructor(port: number, options: PrivateRedisOptions) {
    super('Redis')
    this.port = port
    this.#folder = mkdtempSync(join(tmpdir(), 'holdfast-redis-'))
    this.#options = options
  }

  /** Why there is none here; undefined when there is. */
  static missing(): string | undefined {
    const found = spawnSync('redis-server', ['--version'], { stdio: 'ignore' })
    return found.status === 0 ? undefined : 'no redis-server on this machine'
  }

  /** Starts one on a free port. */
  static async start(options: PrivateRedisOptions = {}): Promise<PrivateRedis> {
    const made = new PrivateRedis(await freePort(), options)
    await made.start()
    return made
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts it on its port, empty; resolves when it answers. */
  async start(): Promise<void> {
    const file = join(this.#folder, 'redis.conf')
    const { lines = [], isSentinel = false } = this.#options
    const own = [`port ${this.port}`, 'bind 127.0.0.1', `dir ${this.#folder}`]
    const volatile = isSentinel ? [] : ['save ""', 'appendonly no', 'databases 4']
    writeFileSync(file, [...own, ...volatile, ...lines, ''].join('\n'))
    const words = isSentinel ? [file, '--sentinel'] : [file]
    await this.launch({ program: 'redis-server', words, startMs })
  }

  /** Runs one command on a connection of its own. */
  async command<R = unknown>(...words: readonly string[]): Promise<R> {
    const session = await this.session()
    try {
      return await session.command<R>(...words)
    } finally {
      session.end()
    }
  }

  /** A connection that stays, for when there will be no other. */
  async session(): Promise<RedisSession> {
    const client = createClient({
      url: this.url, socket: { reconnectStrategy: false, connectTimeout: 1_000 },
    })
    client.on('error', () => undefined)
    await client.connect()
    return {
      command: async <R>(...words: readonly string[]) =>
        (await client.sendCommand([...words])) as R,
      end: () => client.destroy(),
    }
  }

  /** Ends it and removes what it wrote. */
  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  protected async answers(): Promise<boolean> {
    return this.command('PING').then(() => true, (error: Error) => /NOAUTH/.test(error.message))
  }
}

/** A port on which nothing listens. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
