import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { InvalidConfiguration } from '../errors.js'
import { PrivateRedis } from '../testing/private-redis.test.harness.js'
import { CoordinationUnavailable } from './connect.js'
import { RedisCoordinator } from './redis.js'
import { RedisConnection, type RedisOptions } from './redis-connection.js'
import { Script } from './script.js'

const missing = PrivateRedis.missing()
const reason = missing === undefined ? '' : `: did not run: ${missing}`
const count = new Script(`return redis.call('incr', KEYS[1])`)
const slow = new Script(`
local start = redis.call('time')
local elapsed = 0
while elapsed < tonumber(ARGV[1]) do
  local now = redis.call('time')
  elapsed = (now[1] - start[1]) * 1000 + (now[2] - start[2]) / 1000
end
return redis.call('incr', KEYS[1])`)

describe.skipIf(missing !== undefined)(`the connection to Redis${reason}`, () => {
  let redis: PrivateRedis
  const opened: { close(): unknown }[] = []

  beforeAll(async () => {
    redis = await PrivateRedis.start()
  })
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close()
    redis.thaw()
    await redis.command('FLUSHALL')
  })
  afterAll(() => redis?.remove())

  async function open(url = redis.url, options?: RedisOptions): Promise<RedisConnection> {
    const connection = await RedisConnection.open(url, options)
    opened.push(connection)
    return connection
  }

  it('runs scripts whether or not Redis knows them yet, each once', async () => {
    const connection = await open()
    expect(await connection.run(count, ['n'])).toBe(1)
    expect(await connection.run(count, ['n'])).toBe(2)
    await redis.command('SCRIPT', 'FLUSH')
    const all = await Promise.all(Array.from({ length: 20 }, () => connection.run(count, ['n'])))
    expect(all).toEqual(Array.from({ length: 20 }, (_, index) => index + 3))
  })

  it('puts its prefix before every key', async () => {
    const connection = await open(redis.url, { prefix: 'mine:' })
    await connection.run(count, ['n'])
    expect(await redis.command('KEYS', '*')).toEqual(['mine:n'])
  })

  it('uses the database that the URL names', async () => {
    await (await open(`${redis.url}/3`)).run(count, ['n'])
    expect(await redis.command('EXISTS', 'n')).toBe(0)
    expect(await (await open(`${redis.url}/3`)).run(count, ['n'])).toBe(2)
    await redis.command('FLUSHALL')
  })

  it('does not send a command again whose answer was cut off', async () => {
    const proxy = await Proxy.before(redis.port)
    opened.push(proxy)
    const connection = await open(proxy.url)
    await connection.run(count, ['n'])
    proxy.cutAtNextAnswer()
    await expect(connection.run(count, ['n'])).rejects.toThrow(CoordinationUnavailable)
    expect(await redis.command('GET', 'n')).toBe('2')
    await expect.poll(() => connection.health().state, { timeout: 5_000 }).toBe('ok')
    expect(await connection.run(count, ['n'])).toBe(3)
  })

  it('does not send a script again that failed after it had written', async () => {
    const connection = await open()
    const failing = new Script(`
      redis.call('incr', KEYS[1])
      return redis.error_reply('ERR of the test')`)
    await redis.command('SCRIPT', 'LOAD', failing.lua)
    await expect(connection.run(failing, ['n'])).rejects.toThrow(/answers: ERR of the test/)
    expect(await redis.command('GET', 'n')).toBe('1')
    expect(connection.health()).toEqual({ state: 'ok' })
  })

  it('fails at once after the first late answer, and sends nothing meanwhile', async () => {
    const connection = await open()
    await connection.run(count, ['n'])
    redis.freeze()
    await expect(connection.run(count, ['n'])).rejects.toThrow(/does not answer in time/)
    const startMs = performance.now()
    const reasons = new Set<unknown>()
    for (let call = 0; call < 1_000; call += 1) {
      await connection.run(count, ['n']).then(
        () => reasons.add('an answer'), ({ name }: Error) => reasons.add(name))
    }
    expect(performance.now() - startMs).toBeLessThan(2_000)
    expect([...reasons]).toEqual(['CoordinationUnavailable'])
    await pause(1_500)
    redis.thaw()
    await expect.poll(() => connection.health().state, { timeout: 5_000 }).toBe('ok')
    // The first is ambiguous: it was sent, and runs when Redis wakes up.
    expect(Number(await redis.command('GET', 'n'))).toBeLessThanOrEqual(2)
  })

  it('comes back as soon as a slow Redis is heard again, on the same connection', async () => {
    const connection = await open()
    const ids = async () =>
      (await redis.command<string>('CLIENT', 'LIST')).match(/id=\d+(?= .*name=holdfast)/g)
    const before = await ids()
    expect(before).toHaveLength(1)
    await expect(connection.run(slow, ['n'], [400])).rejects.toThrow(/does not answer in time/)
    await expect(connection.run(count, ['n'])).rejects.toThrow(CoordinationUnavailable)
    await expect.poll(() => connection.health().state, { timeout: 1_000 }).toBe('ok')
    expect(await connection.run(count, ['n'])).toBe(2)
    expect(await ids()).toEqual(before)
  })

  it('counts an answer that came while this process was busy', async () => {
    const connection = await open()
    const answer = connection.run(count, ['n'])
    await new Promise((resolve) => setImmediate(resolve))
    const startMs = performance.now()
    while (performance.now() - startMs < 400);
    expect(await answer).toBe(1)
    expect(connection.health()).toEqual({ state: 'ok' })
  })

  it('refuses more than it can hold instead of growing without end', async () => {
    const connection = await open(redis.url, { commandTimeoutMs: 5_000 })
    const calls = Array.from({ length: 12_000 }, () => connection.run(count, ['n']))
    const outcomes = await Promise.allSettled(calls)
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    expect(refused.length).toBeGreaterThanOrEqual(1_000)
    expect(Number(await redis.command('GET', 'n'))).toBe(12_000 - refused.length)
  })

  it('fails at once when it is closed, also what is under way', async () => {
    const connection = await open()
    redis.freeze()
    const waiting = connection.run(count, ['n'])
    await connection.close()
    await expect(waiting).rejects.toThrow(CoordinationUnavailable)
    await expect(connection.run(count, ['n'])).rejects.toThrow(/closed/)
    expect(connection.health()).toEqual({ state: 'degraded', reason: 'Redis is closed.' })
  })

  it('opens without a Redis, says so, and is there when Redis is', async () => {
    const late = await PrivateRedis.start()
    await late.kill()
    const connection = await open(late.url)
    const why = `Redis at 127.0.0.1:${late.port} refuses the connection.`
    expect(connection.health()).toEqual({ state: 'degraded', reason: why })
    await expect(connection.run(count, ['n'])).rejects.toThrow(why)
    await late.start()
    await expect.poll(() => connection.health().state, { timeout: 5_000 }).toBe('ok')
    expect(await connection.run(count, ['n'])).toBe(1)
    await late.remove()
  })

  it('is well again when Redis is, though nobody waits any more who was refused to', async () => {
    const here = await RedisCoordinator.open(redis.url)
    opened.push(here)
    const health = () => here.ping().catch(() => undefined).then(() => here.health())
    await redis.command('REPLICAOF', '127.0.0.1', '1')
    await here.wakeUps.wait(['refused'], 400)
    expect(await health()).toMatchObject({ state: 'degraded' })
    await redis.command('REPLICAOF', 'NO', 'ONE')
    await expect.poll(health, { timeout: 5_000 }).toEqual({ state: 'ok' })
  })

  it('refuses a URL of another form', async () => {
    await expect(RedisConnection.open('http://a')).rejects.toThrow(InvalidConfiguration)
  })
})

/** Passes bytes on, until it is told to swallow an answer and cut the connection. */
class Proxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isCutting = false

  private constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1')
      for (const socket of [near, far]) {
        this.#sockets.add(socket)
        socket.on('error', () => undefined)
        socket.on('close', () => (near.destroy(), far.destroy(), this.#sockets.delete(socket)))
      }
      near.pipe(far)
      far.on('data', (data) => {
        // The answers to pings pass; a number is the answer of the script.
        if (this.#isCutting && data.toString().startsWith(':')) {
          this.#isCutting = false
          near.destroy()
        } else {
          near.write(data)
        }
      })
    })
  }

  static async before(port: number): Promise<Proxy> {
    const proxy = new Proxy(port)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  cutAtNextAnswer(): void {
    this.#isCutting = true
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}
