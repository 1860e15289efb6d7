import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { startServer } from '../server/index.js'
import { createClient, type Fetch } from './index.js'

const leftovers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

/** Clients that may take locks; of the first call to a path that `loses`, the answer is lost. */
async function served({ loses }: { readonly loses?: string } = {}) {
  const holdfast = await openHoldfast()
  leftovers.push(() => holdfast.close())
  const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
  leftovers.push(() => server.close())
  const organization = holdfast.organization()
  const { token } = await organization.serviceTokens.create(
    { name: 'worker', scopes: ['locks:*'] })
  let left = loses === undefined ? 0 : 1
  const losing: Fetch = async (url, init) => {
    const response = await fetch(url, init)
    if (left === 0 || !url.endsWith(loses!)) return response
    left -= 1
    await response.arrayBuffer()
    throw new TypeError('the connection broke')
  }
  const { locks } = createClient({ url: server.url, token, fetch: losing })
  return { locks, organization }
}

it('a lock is taken, seen, renewed and let go, and each holder has a greater fence', async () => {
  const { locks } = await served()
  const first = await locks.acquire('a/b', { owner: 'me' })
  await expect(locks.acquire('a/b')).rejects.toMatchObject({ code: 'lock_not_acquired' })
  const renewed = await locks.renew(first, 60)
  expect(renewed.expires_at > first.expires_at).toBe(true)
  expect(await locks.get('a/b')).toMatchObject({ owner: 'me', fence: first.fence, waiters: 0 })
  const waiting = locks.acquire('a/b', { wait_seconds: 10 })
  expect(await locks.release(first)).toBe(true)
  expect((await waiting).fence).toBeGreaterThan(first.fence)
  expect(await locks.release(first)).toBe(false)
  await expect(locks.renew(first)).rejects.toMatchObject({ code: 'lock_lost' })
  await locks.acquire('other')
  const names: string[] = []
  for await (const { name } of locks.each({ limit: 1 })) names.push(name)
  expect(names).toEqual(['a/b', 'other'])
  expect((await locks.list({ limit: 1 })).data).toMatchObject([{ name: 'a/b' }])
})

it('a lock whose answer was lost is the same when it is asked for again', async () => {
  const { locks } = await served({ loses: '/v1/locks/once/acquire' })
  const { fence } = await locks.acquire('once')
  expect((await locks.get('once')).fence).toBe(fence)
})

it('work goes on beyond the lease, alone, and lets go at its end', async () => {
  const { locks, organization } = await served()
  const result = await locks.withLock('long', { ttl_seconds: 0.6 }, async (lock, signal) => {
    for (let seen = 0; seen < 15; seen += 1) {
      await sleep(100)
      expect(await organization.locks.tryAcquire('long')).toBeUndefined()
    }
    expect(signal.aborted).toBe(false)
    return lock.fence
  })
  expect(result).toBe(1)
  expect(await locks.get('long')).toMatchObject({ owner: null })
})

it('work is told once its lock is taken away, and does not count as done', async () => {
  const { locks, organization } = await served()
  const work = locks.withLock('taken', { ttl_seconds: 0.9 }, async (_lock, signal) => {
    await organization.locks.forceRelease('taken')
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    return signal.reason as Error
  })
  await expect(work).rejects.toMatchObject({ code: 'lock_lost' })
})

it('work that fails lets go, and its failure is told', async () => {
  const { locks } = await served()
  const failing = () => Promise.reject(new Error('no'))
  await expect(locks.withLock('failed', {}, failing)).rejects.toThrow('no')
  expect(await locks.get('failed')).toMatchObject({ owner: null })
})

it('an aborted wait is given up, and work that holds the lock hears of it', async () => {
  const { locks } = await served()
  const stop = new AbortController()
  await locks.withLock('held', { signal: stop.signal }, async (_lock, signal) => {
    const waiting = locks.acquire('held', { wait_seconds: 20 }, { signal: stop.signal })
    setTimeout(() => stop.abort(new Error('enough')), 100)
    await expect(waiting).rejects.toThrow('enough')
    expect(signal.aborted).toBe(true)
    await expect.poll(async () => (await locks.get('held')).waiters).toBe(0)
  })
  expect(await locks.get('held')).toMatchObject({ owner: null })
})
