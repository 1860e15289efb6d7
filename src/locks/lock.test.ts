import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { type LocalSignals } from '../coordination/local-signals.js'
import { InvalidInput } from '../errors.js'
import { contract } from '../testing/index.js'
import { type LockHold, LockLost, LockNotAcquired } from './index.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

/** Keeps the whole process from doing anything. */
function block(ms: number): void {
  const endMs = performance.now() + ms
  while (performance.now() < endMs);
}

contract('a lock that is held', (open) => {
  it('is renewed by itself until it is released', async () => {
    const { organization: { locks } } = await open()
    const lock = await locks.acquire('a', { ttlSeconds: 0.6 })
    const first = lock.expiresAt
    await pause(1_500)
    expect(lock.signal.aborted).toBe(false)
    expect(lock.expiresAt > first).toBe(true)
    expect(await locks.tryAcquire('a')).toBeUndefined()
    expect(await lock.release()).toBe(true)
    const { expiresAt } = await locks.acquire('a', { renewing: false })
    await pause(300)
    expect(lock.signal.aborted).toBe(false)
    expect((await locks.get('a')).expiresAt).toBe(expiresAt)
  })

  it('is renewed for as long as asked', async () => {
    const { organization: { locks } } = await open()
    const lock = await locks.acquire('a', { ttlSeconds: 5, renewing: false })
    await lock.renew(3_600)
    expect(Date.parse(lock.expiresAt) - Date.now()).toBeGreaterThan(3_500_000)
    await expect(lock.renew(0)).rejects.toThrow(InvalidInput)
    expect(lock.signal.aborted).toBe(false)
  })

  it('aborts its signal before the lease ends in the database', async () => {
    const { organization: { locks } } = await open()
    const lock = await locks.acquire('a', { ttlSeconds: 2, renewing: false })
    await new Promise((done) => lock.signal.addEventListener('abort', done))
    expect(lock.signal.reason).toBeInstanceOf(LockLost)
    expect(await locks.get('a')).toMatchObject({ owner: lock.owner, fence: lock.fence })
    expect(await lock.release()).toBe(true)
  })

  it('knows after a pause of its process that it is lost, before any timer runs', async () => {
    const { organization: { locks } } = await open()
    const lock = await locks.acquire('a', { ttlSeconds: 0.2 })
    expect(lock.signal.aborted).toBe(false)
    block(250)
    expect(lock.signal.aborted).toBe(true)
    await expect(lock.renew()).rejects.toThrow(LockLost)
  })

  it('aborts its signal when a renewal finds it lost', async () => {
    const { organization: { locks }, holdfast, organizationId } = await open()
    const lock = await locks.acquire('a', { ttlSeconds: 3 })
    const { locks: theirs } = holdfast.organization(organizationId)
    await theirs.release(lock)
    await new Promise((done) => lock.signal.addEventListener('abort', done))
    expect(await lock.release()).toBe(false)
  })

  it('frames a piece of work, and tells when it was lost on the way', async () => {
    const { organization: { locks } } = await open()
    const value = await locks.withLock('a', {}, async (lock) => {
      expect(await locks.tryAcquire('a')).toBeUndefined()
      return lock.fence
    })
    expect(value).toBe(1)
    const failing = locks.withLock('a', {}, async () => Promise.reject(new Error('broken')))
    await expect(failing).rejects.toThrow('broken')
    expect(await locks.get('a')).toMatchObject({ owner: null, fence: 2 })
    const losing = locks.withLock('a', {}, async () => locks.forceRelease('a'))
    await expect(losing).rejects.toThrow(LockLost)
  })
})

contract('a lock that is not renewed', (open) => {
  it('is forgotten by its process when nobody has it at hand, however long its lease', async () => {
    const { organization: { locks } } = await open()
    const taken = async (name: string) => {
      const lock = await locks.acquire(name, { renewing: false, ttlSeconds: 86_400 })
      expect(await locks.release(lock)).toBe(true)
      return new WeakRef(lock)
    }
    const all = [await taken('a'), await taken('b'), await taken('a')]
    const left = () => all.filter((each) => each.deref() !== undefined)
    for (let turn = 0; turn < 10 && left().length > 0; turn++) {
      await pause(20)
      collect()
    }
    expect(left()).toEqual([])
  })

  it('does not last longer for what its process may have missed, which it looks for', async () => {
    const { organization: { locks }, holdfast, organizationId } = await open()
    const once = { renewing: false, ttlSeconds: 60 }
    const [kept, taken] = [await locks.acquire('kept', once), await locks.acquire('taken', once)]
    expect([kept, taken].map(({ signal }) => signal.aborted)).toEqual([false, false])
    const { expiresAt } = kept
    await expect(locks.acquire('kept', { waitMs: 10 })).rejects.toThrow(LockNotAcquired)
    await holdfast.organization(organizationId).locks.release(taken)
    const { rows: [row] } = await holdfast.database.execute(
      { sql: `select listener from locks where name = 'kept'`, parameters: [] })
    const signals = holdfast.coordination.signals as LocalSignals
    await pause(50)
    signals.tell({ topic: `locks:${String(row!.listener)}`, missed: true })
    await new Promise((done) => taken.signal.addEventListener('abort', done))
    expect(kept.signal.aborted).toBe(false)
    expect((await locks.get('kept')).expiresAt).toBe(expiresAt)
    await expect(taken.renew()).rejects.toThrow(LockLost)
  })
})

contract('the guard of a lock', (open) => {
  it('lets a transaction of the holder pass', async () => {
    const { holdfast, organizationId, organization } = await open()
    const lock = await organization.locks.acquire('a')
    const { id } = await holdfast.transaction(async (transaction) => {
      const { locks, conversations } = transaction.organization(organizationId)
      await locks.guard(lock)
      return conversations.create({ title: 'guarded' })
    })
    expect(await organization.conversations.get(id)).toMatchObject({ title: 'guarded' })
  })

  it('takes back everything once the lock expired, was stolen, or is another’s', async () => {
    const { holdfast, organizationId, neighbourId, organization: { locks, conversations } } =
      await open()
    const write = (hold: Parameters<typeof locks.guard>[0], id = organizationId) =>
      holdfast.transaction(async (transaction) => {
        const stores = transaction.organization(id)
        await stores.conversations.create({ title: 'never' })
        await stores.locks.guard(hold)
      })
    const lock = await locks.acquire('a', { ttlSeconds: 0.05, renewing: false })
    await pause(80)
    await expect(write(lock)).rejects.toThrow(LockLost)
    const thief = await locks.acquire('a')
    await expect(write(lock)).rejects.toThrow(LockLost)
    await expect(write({ ...thief, name: 'a', owner: 'else', fence: thief.fence }))
      .rejects.toThrow(LockLost)
    await expect(write(thief, neighbourId)).rejects.toThrow(LockLost)
    await thief.release()
    await expect(write(thief)).rejects.toThrow(LockLost)
    expect((await conversations.list()).data).toEqual([])
  })

  it('keeps the lock from everybody else until the transaction ends', async () => {
    const { holdfast, organizationId, organization: { locks } } = await open()
    const lock = await locks.acquire('a', { ttlSeconds: 0.5, renewing: false })
    const order: string[] = []
    const guarded = holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).locks.guard(lock)
      await pause(800)
      order.push('written')
    })
    await pause(50)
    const next = locks.acquire('a').then(({ fence }) => order.push(`taken with ${fence}`))
    await Promise.all([guarded, next])
    expect(order).toEqual(['written', 'taken with 2'])
  })

  it('keeps nobody waiting who only tries', async ({ skip }) => {
    const { holdfast, organizationId, organization: { locks } } = await open()
    skip(!holdfast.backend.engine.rowLocks, 'here one writer at a time holds all')
    const lock = await locks.acquire('a')
    let isOver = false
    const guarded = holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).locks.guard(lock)
      await pause(1_000)
      isOver = true
    })
    await pause(100)
    expect(await locks.tryAcquire('a')).toBeUndefined()
    await expect(locks.acquire('a', { waitMs: 0 })).rejects.toThrow(LockNotAcquired)
    expect(isOver).toBe(false)
    await guarded
  })

  it('is a condition of a single statement as well', async () => {
    const { holdfast, organizationId, organization: { locks, conversations } } = await open()
    const { id } = await conversations.create({ title: 'before' })
    const { database } = holdfast
    const rename = (title: string, hold: LockHold, on = database) => on.run(on.write
      .updateTable('conversations')
      .set({ title: title as never })
      .where('id', '=', id as never)
      .where(locks.condition(hold)))
    const lock = await locks.acquire('a', { ttlSeconds: 0.5, renewing: false })
    expect(await rename('held', lock)).toBe(1)
    expect(await rename('another’s', { ...lock, name: 'a', owner: 'x', fence: 1 })).toBe(0)
    const order: string[] = []
    const writing = database.transaction(async (transaction) => {
      expect(await rename('written', lock, transaction)).toBe(1)
      await pause(800)
      order.push('written')
    })
    await pause(50)
    const next = locks.acquire('a').then(({ fence }) => order.push(`taken with ${fence}`))
    await Promise.all([writing, next])
    expect(order).toEqual(['written', 'taken with 2'])
    expect(await rename('too late', lock)).toBe(0)
    expect(await conversations.get(id)).toMatchObject({ organizationId, title: 'written' })
  })

  it('works in a transaction only, and a lock is taken outside of one only', async () => {
    const { holdfast, organizationId, organization: { locks } } = await open()
    const lock = await locks.acquire('a')
    await expect(locks.guard(lock)).rejects.toThrow(InvalidInput)
    await expect(holdfast.transaction((transaction) =>
      transaction.organization(organizationId).locks.acquire('b'))).rejects.toThrow(InvalidInput)
  })

  it('lets a release in a transaction count only when that is committed', async () => {
    const { holdfast, organizationId, organization: { locks } } = await open()
    const lock = await locks.acquire('a')
    const waiting = locks.acquire('a')
    while ((await locks.get('a')).waiters === 0) await pause(2)
    const failing = holdfast.transaction(async (transaction) => {
      expect(await transaction.organization(organizationId).locks.release(lock)).toBe(true)
      throw new Error('not after all')
    })
    await expect(failing).rejects.toThrow('not after all')
    expect(await locks.get('a')).toMatchObject({ owner: lock.owner, waiters: 1 })
    await holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).locks.release(lock)
    })
    expect((await waiting).fence).toBe(2)
  })
})
