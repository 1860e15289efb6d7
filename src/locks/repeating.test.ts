import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { contract, type ContractWorld } from '../testing/contract.js'
import { type LockStore } from './index.js'

/** The store here twice, and here and in another process where there can be one. */
async function places({ another, isLasting, organization, organizationId }: ContractWorld) {
  const { locks } = organization
  const here: [LockStore, LockStore] = [locks, locks]
  if (!isLasting) return [here]
  const elsewhere = (await another()).organization(organizationId).locks
  return [here, [locks, elsewhere], [elsewhere, locks]] as [LockStore, LockStore][]
}

/** Resolves when so many wait. */
async function queued(locks: LockStore, name: string, count: number): Promise<void> {
  await expect.poll(async () => (await locks.get(name)).waiters, { interval: 2 }).toBe(count)
}

const keyed = { idempotencyKey: 'once', renewing: false, ttlSeconds: 20 } as const

/** A lock that is held, and one wait for it that is asked for in both places. */
async function askedTwice([first, second]: [LockStore, LockStore], name: string) {
  const held = await first.acquire(name)
  const stop = new AbortController()
  const given = first.acquire(name, { ...keyed, signal: stop.signal })
    .catch((error: unknown) => error)
  await queued(first, name, 1)
  const waiting = second.acquire(name, keyed)
  await sleep(50)
  return { held, stop, given, waiting }
}

contract('a wait for a lock that is asked for again', (open) => {
  it('has one place in the queue, and leaves no lock behind that nobody holds', async () => {
    const world = await open()
    for (const [number, [first, second]] of (await places(world)).entries()) {
      const name = `lock ${number}`
      const held = await first.acquire(name)
      const waits = [first.acquire(name, keyed).catch(() => undefined)]
      await queued(first, name, 1)
      waits.push(second.acquire(name, keyed))
      await sleep(50)
      await queued(first, name, 1)
      await held.release()
      const lock = (await waits[1])!
      expect(lock.fence).toBe(held.fence + 1)
      expect(await second.release(lock)).toBe(true)
      expect(await first.get(name)).toMatchObject({ owner: null, waiters: 0 })
    }
  })

  it('is not ended by whoever gives up asking for it first', async () => {
    const world = await open()
    for (const [number, [first, second]] of (await places(world)).entries()) {
      const name = `lock ${number}`
      const { held, stop, given, waiting } = await askedTwice([first, second], name)
      stop.abort(new Error('enough'))
      await sleep(50)
      await queued(first, name, 1)
      await held.release()
      const lock = await waiting
      await given
      await second.renew(lock)
      expect(await first.get(name)).toMatchObject({ owner: lock.owner, fence: lock.fence })
      expect(await second.release(lock)).toBe(true)
    }
  })

  it('keeps what it got when the first to ask gives up afterwards', async () => {
    const world = await open()
    for (const [number, [first, second]] of (await places(world)).entries()) {
      const name = `lock ${number}`
      const { held, stop, given, waiting } = await askedTwice([first, second], name)
      await held.release()
      const lock = await waiting
      stop.abort(new Error('enough'))
      await given
      await sleep(50)
      await second.renew(lock)
      expect(await second.release(lock)).toBe(true)
    }
  })
})

contract('a wait for a lock that is aborted', (open) => {
  it('in the moment in which the lock is given leaves it to others', async () => {
    const { organization: { locks } } = await open()
    for (const options of [{}, keyed]) {
      for (let round = 0; round < 10; round += 1) {
        const name = `lock ${round}`
        const held = await locks.acquire(name)
        const stop = new AbortController()
        const given = locks.acquire(name, { ...options, signal: stop.signal })
        given.catch(() => undefined)
        await queued(locks, name, 1)
        stop.abort(new Error('enough'))
        await held.release()
        await expect(given).rejects.toThrow('enough')
        expect(await locks.get(name)).toMatchObject({ owner: null, waiters: 0 })
      }
    }
  })
})
