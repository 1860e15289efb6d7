import { expect, it } from 'vitest'
import { type Signals } from '../coordination/coordination.js'
import { Database } from '../database/database.js'
import { UuidV7Generator } from '../ids.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { silentWitness } from '../testing/witness.test.harness.js'
import { type Lock, LockNotAcquired, LockStore, WaitingRoom } from './index.js'
import { Leases, type Standing } from './leases.js'
import { locks as lockTable, type LockTables } from './tables.js'

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))
const deaf: Signals = {
  publish: async () => undefined,
  subscribe: async () => ({ close: async () => undefined }),
}

interface Process {
  readonly locks: LockStore
  readonly room: WaitingRoom
}

/** Another process on the same database; it hears signals only when they are handed in. */
function another({ holdfast, organizationId }: ContractWorld, signals: Signals = deaf): Process {
  const ids = new UuidV7Generator({ clock: holdfast.clock })
  const database = Database.over<LockTables>(holdfast.backend).within('all')
  const room = new WaitingRoom(database, { signals, ids })
  const scope = { organizationId, actor: { id: 'another' } }
  const source = { room, ids, inTransaction: false, witness: silentWitness }
  return { locks: new LockStore(database, scope, source), room }
}

/** Resolves when so many wait. */
async function queued(locks: LockStore, name: string, count: number): Promise<void> {
  while ((await locks.get(name)).waiters !== count) await pause(2)
}

contract('those who wait for a lock', (open) => {
  it('get it in the order in which they came, each as soon as it is free', async () => {
    const world = await open()
    const { organization: { locks } } = world
    const stores = [locks, another(world, world.holdfast.coordination.signals).locks]
    const first = await locks.acquire('a')
    const order: number[] = []
    const fences: number[] = []
    const waiting = []
    for (let index = 0; index < 20; index += 1) {
      waiting.push(stores[index % 2]!.acquire('a').then(async (lock) => {
        order.push(index)
        fences.push(lock.fence)
        expect(await lock.release()).toBe(true)
      }))
      await queued(locks, 'a', index + 1)
    }
    const startMs = performance.now()
    expect(await first.release()).toBe(true)
    await Promise.all(waiting)
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index))
    expect(fences).toEqual(order.map((index) => index + 2))
    // Without being woken, each would wait for the next look.
    expect(performance.now() - startMs).toBeLessThan(5_000)
  })

  it('never hold it together, however many come and go', async () => {
    const world = await open()
    const stores = [world.organization.locks, another(world).locks, another(world).locks]
    let holders = 0
    let last = 0
    const overlaps: number[] = []
    const visit = async (index: number) => {
      for (let round = 0; round < 5; round += 1) {
        const lock = await stores[index % 3]!.acquire('a', { waitMs: 60_000 })
        if ((holders += 1) > 1 || lock.fence <= last) overlaps.push(lock.fence)
        last = lock.fence
        await pause(1)
        holders -= 1
        await lock.release()
      }
    }
    await Promise.all(Array.from({ length: 20 }, (_, index) => visit(index)))
    expect([overlaps, last]).toEqual([[], 100])
  })

  it('have a lock at once that was let go before they were in its queue', async () => {
    const world = await open()
    const { organization: { locks } } = world
    const held = await locks.acquire('a')
    await held.release()
    expect(await vanish(world, 'a')).toMatchObject({ holds: { fence: held.fence + 1 } })
  })

  it('are not overtaken by who comes later', async () => {
    const { organization: { locks } } = await open()
    const held = await locks.acquire('a', { ttlSeconds: 0.3, renewing: false })
    const waiting = locks.acquire('a')
    await queued(locks, 'a', 1)
    await pause(300)
    expect(await locks.tryAcquire('a')).toBeUndefined()
    expect((await waiting).fence).toBe(held.fence + 1)
  })

  it('get what a dead process held as soon as its lease ends', async () => {
    const world = await open()
    const dead = await another(world).locks.acquire('a', { ttlSeconds: 1, renewing: false })
    const heldMs = performance.now()
    const [first, second] = [world.organization.locks, another(world).locks]
    const waiting = first.acquire('a')
    await queued(first, 'a', 1)
    const behind = second.acquire('a')
    await queued(first, 'a', 2)
    const lock = await waiting
    const tookMs = performance.now() - heldMs
    expect(lock.fence).toBe(dead.fence + 1)
    expect(tookMs).toBeGreaterThan(900)
    expect(tookMs).toBeLessThan(1_700)
    await lock.release()
    await (await behind).release()
  })

  it('are passed over when their process has died, and so is a whole queue', async () => {
    const world = await open()
    const { locks } = world.organization
    const held = await locks.acquire('a')
    await vanish(world, 'a')
    await vanish(world, 'a')
    await queued(locks, 'a', 2)
    await silence(world)
    const living = locks.acquire('a')
    await queued(locks, 'a', 1)
    await held.release()
    const lock = await living
    expect(lock.fence).toBe(held.fence + 1)
    await vanish(world, 'a')
    await silence(world)
    await lock.release()
    expect(await locks.get('a')).toMatchObject({ owner: null, fence: 2, waiters: 0 })
    const last = await locks.acquire('a', { ttlSeconds: 0.1, renewing: false })
    await vanish(world, 'a')
    await silence(world)
    await pause(130)
    expect(await locks.tryAcquire('a')).toMatchObject({ fence: last.fence + 1 })
  })

  it('hold it only for a moment when they die just as it is handed to them', async () => {
    const world = await open()
    const { locks } = world.organization
    const held = await locks.acquire('a')
    await vanish(world, 'a')
    await held.release()
    const { expiresAt, acquiredAt, fence } = await locks.get('a')
    expect([fence, Date.parse(expiresAt!) - Date.parse(acquiredAt!)]).toEqual([2, 5_000])
  })

  it('hold it for as long as they wished once they accepted it', async () => {
    const world = await open()
    const { locks } = world.organization
    const held = await locks.acquire('a')
    const options = { ttlSeconds: 3_600, waitMs: 60_000 }
    const renewed = another(world).locks.acquire('a', options)
    await queued(locks, 'a', 1)
    const steady = another(world).locks.acquire('a', { ...options, renewing: false })
    await queued(locks, 'a', 2)
    await held.release()
    const lock = await renewed
    const leftMs = () => Date.parse(lock.expiresAt) - Date.now()
    await expect.poll(leftMs).toBeGreaterThan(3_500_000)
    await lock.release()
    const { expiresAt } = await steady
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(3_500_000)
  })

  it('leave without a trace when their time is over', async () => {
    const { organization: { locks } } = await open()
    const held = await locks.acquire('a')
    const startMs = performance.now()
    await expect(locks.acquire('a', { waitMs: 100 })).rejects.toThrow(LockNotAcquired)
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(99)
    expect((await locks.get('a')).waiters).toBe(0)
    await held.release()
    expect(await locks.tryAcquire('a')).toMatchObject({ fence: 2 })
  })

  it('leave when they are told to, and hand on what they got in that moment', async () => {
    const { organization: { locks } } = await open()
    for (let round = 1; round <= 20; round += 1) {
      const held = await locks.acquire('a')
      const abort = new AbortController()
      const leaving = locks.acquire('a', { signal: abort.signal })
      leaving.catch(() => undefined)
      await queued(locks, 'a', 1)
      const staying = locks.acquire('a')
      await queued(locks, 'a', 2)
      const released = held.release()
      if (round % 2 === 0) await released
      abort.abort(new Error('changed my mind'))
      const left = await leaving.catch((error: Error) => error.message)
      if (left !== 'changed my mind') await (left as Lock).release()
      await (await staying).release()
      await released
    }
    const abort = AbortSignal.abort(new Error('never mind'))
    await expect(locks.acquire('a', { signal: abort })).rejects.toThrow('never mind')
    expect(await locks.get('a')).toMatchObject({ owner: null, waiters: 0 })
  })

  it('are sent home when Holdfast closes', async () => {
    const world = await open()
    const { locks } = world.organization
    await locks.acquire('a')
    const { room, locks: theirs } = another(world)
    const waiting = theirs.acquire('a')
    const refused = expect(waiting).rejects.toThrow('closed')
    await queued(locks, 'a', 1)
    await room.close()
    await refused
    expect((await locks.get('a')).waiters).toBe(0)
  })

  it('see it go on when an administrator takes it from its holder', async () => {
    const world = await open()
    const { locks } = world.organization
    const held = await locks.acquire('a')
    const waiting = locks.acquire('a')
    await queued(locks, 'a', 1)
    expect(await locks.forceRelease('a')).toBe(true)
    expect((await waiting).fence).toBe(held.fence + 1)
    while (!held.signal.aborted) await pause(5)
    expect(await held.release()).toBe(false)
    expect((await locks.get('a')).fence).toBe(held.fence + 1)
  })
})

/** Puts somebody into the queue whose process then dies. */
async function vanish(world: ContractWorld, name: string): Promise<Standing> {
  const database = Database.over<LockTables>(world.holdfast.backend).within('all')
  const { room } = another(world)
  const { columns } = lockTable
  return new Leases(room.leaseParts(database)).queue({
    organization_id: columns.organizationId.encode(world.organizationId),
    name: columns.name.encode(name),
    claim: columns.name.encode(world.holdfast.ids.next()),
    listener: room.listener,
    owner: columns.name.encode('vanished'),
    ttl_ms: columns.fence.encode(3_600_000), isKeyed: false,
  })
}

/** Makes everybody who waits look as if nothing had been heard of them for a while. */
async function silence({ holdfast }: ContractWorld): Promise<void> {
  const database = Database.over<LockTables>(holdfast.backend).within('all')
  const { write, engine } = database
  await database.run(
    write.updateTable('lock_waiters').set({ seen_at: engine.now(-60_000) as never }))
}
