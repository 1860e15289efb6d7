import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { CoordinationLoad } from '../testing/coordination-load.test.harness.js'
import { freePort, PrivateRedis } from '../testing/private-redis.test.harness.js'
import { connectCoordination } from './connect.js'
import { type Coordinator } from './coordination.js'
import { RedisConnection, type RedisOptions } from './redis-connection.js'
import { Script } from './script.js'
import { slotOf } from './slot.js'

vi.setConfig({ testTimeout: 60_000 })

const missing = PrivateRedis.missing()
const reason = missing === undefined ? '' : `: did not run: ${missing}`
const operations = ['heard', 'woken', 'lock granted', 'renew', 'seen', 'list', 'ping']
const started: { remove(): Promise<void> }[] = []
const opened: { close(): Promise<void> }[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()))
  await Promise.all(started.splice(0).map((each) => each.remove()))
})

async function start(...options: Parameters<typeof PrivateRedis.start>): Promise<PrivateRedis> {
  const redis = await PrivateRedis.start(...options)
  started.push(redis)
  return redis
}

async function open(url: string, redisOptions: RedisOptions = {}): Promise<Coordinator> {
  const coordinator = await connectCoordination({ redis: url, redisOptions })
  opened.push(coordinator)
  return coordinator
}

/** Waits until every operation has succeeded once more. */
async function well(load: CoordinationLoad, timeout: number): Promise<void> {
  const before = new Map(load.counts)
  const late = () => operations.filter((name) => load.count(name) <= (before.get(name) ?? 0))
  await expect.poll(late, { timeout, interval: 20 }).toEqual([])
}

async function loaded(url: string, play: (load: CoordinationLoad) => Promise<void>) {
  const [here, there] = [await open(url), await open(url)]
  expect([here.health(), there.health()]).toEqual([{ state: 'ok' }, { state: 'ok' }])
  const load = await CoordinationLoad.start(here, there)
  try {
    await well(load, 5_000)
    await play(load)
  } finally {
    await load.stop()
  }
  expect(load.faults).toEqual([])
}

describe.skipIf(missing !== undefined)(`Redis behind Sentinels${reason}`, () => {
  async function sentinels(password?: string) {
    const secret = password === undefined
      ? [] : [`requirepass ${password}`, `masterauth ${password}`]
    const leader = await start({ lines: secret })
    const replica = await start({ lines: [...secret, `replicaof 127.0.0.1 ${leader.port}`] })
    const lines = [
      `sentinel monitor main 127.0.0.1 ${leader.port} 1`,
      ...(password === undefined ? [] : [`sentinel auth-pass main ${password}`]),
      'sentinel down-after-milliseconds main 500', 'sentinel failover-timeout main 2000',
    ]
    const sentinel = await start({ isSentinel: true, lines })
    const sees = () => sentinel.command<unknown[]>('SENTINEL', 'replicas', 'main')
    await expect.poll(sees, { timeout: 20_000 }).toHaveLength(1)
    const login = password === undefined ? '' : `:${password}@`
    // The first one named does not answer: the next is asked.
    const url = `redis+sentinel://${login}127.0.0.1:1,127.0.0.1:${sentinel.port}/main`
    return { leader, replica, sentinel, url }
  }

  it('does everything, and goes on after the leader has died', async () => {
    const { leader, replica, url } = await sentinels()
    await loaded(url, async (load) => {
      load.lose()
      await leader.kill()
      const died = performance.now()
      await expect.poll(() => replica.command<[string]>('ROLE').then(([role]) => role),
        { timeout: 20_000 }).toBe('master')
      const promotedMs = performance.now() - died
      await well(load, 10_000)
      const wellMs = performance.now() - died
      console.log(`promoted after ${Math.round(promotedMs)} ms, well ${Math.round(wellMs)} ms`)
    })
  })

  it('logs in to the servers, and not to a Sentinel that asks for nothing', async () => {
    const { url } = await sentinels('s3cret')
    const coordinator = await open(url)
    expect(coordinator.health()).toEqual({ state: 'ok' })
    await coordinator.ping()
  })

  it('says that no Sentinel knows the name', async () => {
    const { sentinel } = await sentinels()
    const { state, reason: why } =
      (await open(`redis+sentinel://127.0.0.1:${sentinel.port}/other`)).health()
    expect([state, why]).toEqual(['degraded', 'Redis is not known to its Sentinels as "other".'])
  })
})

describe.skipIf(missing !== undefined)(`a Redis Cluster${reason}`, () => {
  async function cluster(): Promise<{ nodes: PrivateRedis[]; url: string }> {
    const nodes: PrivateRedis[] = []
    const busPorts: number[] = []
    for (let index = 0; index < 3; index += 1) {
      busPorts[index] = await freePort()
      nodes[index] = await start({
        lines: [
          'cluster-enabled yes', 'cluster-config-file nodes.conf', 'cluster-node-timeout 5000',
          `cluster-port ${busPorts[index]}`,
        ],
      })
    }
    const ranges = [['0', '5460'], ['5461', '10922'], ['10923', '16383']] as const
    for (const [index, node] of nodes.entries()) {
      await node.command('CLUSTER', 'ADDSLOTSRANGE', ...ranges[index]!)
      const [port, busPort] = [String(nodes[0]!.port), String(busPorts[0])]
      if (index > 0) await node.command('CLUSTER', 'MEET', '127.0.0.1', port, busPort)
    }
    for (const node of nodes) {
      const info = () => node.command<string>('CLUSTER', 'INFO')
      await expect.poll(info, { timeout: 20_000 }).toMatch(/cluster_state:ok/)
    }
    const url = `redis+cluster://127.0.0.1:1,127.0.0.1:${nodes[1]!.port}`
    return { nodes, url }
  }

  function placesOf(nodes: readonly PrivateRedis[], key: string) {
    const slot = slotOf(key)
    const owner = nodes[slot > 10_922 ? 2 : slot > 5_460 ? 1 : 0]!
    return { slot: String(slot), owner, heir: nodes.find((node) => node !== owner)! }
  }

  const idOf = (node: PrivateRedis) => node.command<string>('CLUSTER', 'MYID')

  async function moved(slot: string, owner: PrivateRedis, heir: PrivateRedis): Promise<void> {
    for (const node of [heir, owner]) {
      await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', await idOf(heir))
    }
  }

  it('does everything, and goes on after a node was gone for a while', async () => {
    const { nodes, url } = await cluster()
    await loaded(url, async (load) => {
      load.lose()
      for (const node of nodes) {
        node.freeze()
        await pause(700)
        node.thaw()
        await well(load, 10_000)
      }
      await pause(300)
    })
  })

  it('decides many calls of one moment, whatever slots their subjects are in', async () => {
    const { url } = await cluster()
    const { limiter } = await open(url)
    const calls = Array.from({ length: 60 }, (_, index) => limiter.consume([
      { name: 'user', resource: 'user', id: `${index % 40}`, limit: 2 + index, windowSeconds: 60 },
      { name: 'token', resource: 'token', id: `${index}`, limit: 9, windowSeconds: 60 },
    ]))
    const answers = await Promise.all(calls)
    expect(answers.map(({ states, degraded }) => [states[0]!.remaining, degraded]))
      .toEqual(answers.map((_, index) => [index < 40 ? index + 1 : index, false]))
  })

  it('limits and caches, whatever slots the subjects are in', async () => {
    const { url } = await cluster()
    const [here, there] = [await open(url), await open(url)]
    for (let id = 0; id < 50; id += 1) {
      const subjects = ['organization', 'user', 'token'].map((name, index) => (
        { name, resource: name, id: `{${index}}${id}`, limit: 3, windowSeconds: 60 }
      ))
      const decisions = []
      for (const { limiter } of [here, there, here, there]) {
        decisions.push(await limiter.consume(subjects))
      }
      expect(decisions.map(({ allowed, degraded }) => [allowed, degraded]))
        .toEqual([[true, false], [true, false], [true, false], [false, false]])
      await here.limiter.refund(subjects, 2)
      expect((await there.limiter.peek(subjects, 2)).allowed).toBe(true)
      await there.limiter.reset(subjects)
      expect((await here.limiter.consume(subjects, 3)).allowed).toBe(true)
      const key = { namespace: 'cluster', resource: 'value', id: `${id}` }
      await here.cache.getOrLoad(key, async () => id)
      expect(await there.cache.find(key)).toBe(id)
      await there.cache.invalidate(key)
      await expect.poll(() => here.cache.find(key)).toBe(undefined)
    }
  })

  it('wakes who waits in a slot that moves', async () => {
    const { nodes, url } = await cluster()
    // A ring that is not kept in time on a busy machine would wake its own process alone.
    const [here, there] = [await open(url), await open(url, { commandTimeoutMs: 10_000 })]
    const waiting = here.wakeUps.wait(['moving'], 6_000)
    await pause(300)
    const { slot, owner, heir } = placesOf(nodes, '{queue}')
    await moved(slot, owner, heir)
    await pause(1_500)
    const sinceMs = performance.now()
    await there.wakeUps.ring('moving')
    expect(await waiting).toBe('moving')
    expect(performance.now() - sinceMs).toBeLessThan(1_500)
  })

  it('follows a slot that moves, and executes each command once', async () => {
    const { nodes, url } = await cluster()
    // An answer that comes late on a busy machine would leave it open what was executed.
    const connection = await RedisConnection.open(url, { commandTimeoutMs: 10_000 })
    opened.push(connection)
    const count = new Script(`return redis.call('incr', KEYS[1])`)
    const key = 'counter'
    const { slot, owner, heir } = placesOf(nodes, key)
    expect(slot).toBe(String(await owner.command('CLUSTER', 'KEYSLOT', key)))
    // On its way: the old owner answers ASK for a key that it does not have.
    await heir.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', await idOf(owner))
    await owner.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', await idOf(heir))
    expect(await connection.run(count, [key])).toBe(1)
    expect(await connection.run(count, [key])).toBe(2)
    // Moved: the old owner answers MOVED until the map is read again.
    await moved(slot, owner, heir)
    for (let expected = 3; expected < 20; expected += 1) {
      expect(await connection.run(count, [key])).toBe(expected)
      await pause(20)
    }
    expect(await heir.command('GET', key)).toBe('19')
  })
})
