import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { InvalidCursor } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { UuidV7Generator } from '../ids.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import {
  LockLimitReached, LockLost, LockNotAcquired, LockNotFound, LockStore, WaitingRoom,
} from './index.js'
import { type LockTables } from './tables.js'

const hard = '\u0000 \ud800 \ufdd0 é/..%2F?#'
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))
const twenty = Array.from({ length: 20 }, (_, index) => index)

/** A store as another process has it, whose clock is wrong by so much. */
function elsewhere({ holdfast, organizationId }: ContractWorld, wrongByMs = 0): LockStore {
  const ids = new UuidV7Generator({ clock: new ManualClock(Date.now() + wrongByMs) })
  const database = Database.over<LockTables>(holdfast.backend).within('all')
  const room = new WaitingRoom(database, { signals: holdfast.coordination.signals, ids })
  const scope = { organizationId, actor: { id: 'elsewhere' } }
  return new LockStore(database, scope, { room, ids, inTransaction: false })
}

contract('locks', (open) => {
  it('are held by one, under a name of any text', async () => {
    const { organization: { locks } } = await open()
    for (const name of ['a', hard, 'x'.repeat(255)]) {
      const lock = await locks.acquire(name, { owner: `of ${hard}` })
      expect(lock).toMatchObject({ name, owner: `of ${hard}`, fence: 1 })
      expect(await locks.tryAcquire(name)).toBeUndefined()
      const state = await locks.get(name)
      expect(state).toMatchObject({
        name, owner: `of ${hard}`, fence: 1, expiresAt: lock.expiresAt, waiters: 0,
      })
      expect(Date.parse(state.expiresAt!) - Date.parse(state.acquiredAt!)).toBe(30_000)
      expect(await lock.release()).toBe(true)
      expect(await lock.release()).toBe(false)
      expect(await locks.get(name))
        .toEqual({ name, owner: null, fence: 1, acquiredAt: null, expiresAt: null, waiters: 0 })
    }
  })

  it('have a fence that strictly grows over release, expiry, force and theft', async () => {
    const { organization: { locks } } = await open()
    const fences: number[] = []
    const hold = async (ttlSeconds = 30) => {
      const lock = await locks.acquire('a', { ttlSeconds, renewing: false })
      fences.push(lock.fence)
      return lock
    }
    await (await hold()).release()
    const expired = await hold(0.05)
    await pause(80)
    const stolen = await hold()
    expect(await locks.release(expired)).toBe(false)
    await expect(locks.renew(expired)).rejects.toThrow(LockLost)
    expect(await locks.get('a')).toMatchObject({ owner: stolen.owner, fence: 3 })
    expect(await locks.forceRelease('a')).toBe(true)
    expect(await locks.forceRelease('a')).toBe(false)
    expect(await locks.release(stolen)).toBe(false)
    await expect(locks.renew(stolen)).rejects.toThrow(LockLost)
    await (await hold()).release()
    await hold(0.001)
    await pause(20)
    await hold()
    expect(fences).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('once expired stay lost, even while nobody else wants them', async () => {
    const { organization: { locks } } = await open()
    const lock = await locks.acquire('a', { ttlSeconds: 0.05, renewing: false })
    await pause(80)
    await expect(lock.renew()).rejects.toThrow(LockLost)
    expect(await lock.release()).toBe(false)
    expect(await locks.get('a')).toMatchObject({ owner: null, fence: 1 })
  })

  it('are renewed and released by owner and fence together only', async () => {
    const { organization: { locks } } = await open()
    const { name, owner, fence } = await locks.acquire('a', { renewing: false })
    const wrong = [{ name, owner, fence: fence + 1 }, { name, owner: 'else', fence },
      { name: 'b', owner, fence }]
    for (const hold of wrong) {
      expect(await locks.release(hold)).toBe(false)
      await expect(locks.renew(hold)).rejects.toThrow(LockLost)
    }
    const { expiresAt } = await locks.get(name)
    expect(await locks.renew({ name, owner, fence }, 60) > expiresAt!).toBe(true)
    expect(await locks.release({ name, owner, fence })).toBe(true)
  })

  it('go by the database’s clock, whatever a process thinks the time is', async () => {
    const world = await open()
    for (const wrongByMs of [-86_400_000, 86_400_000]) {
      const locks = elsewhere(world, wrongByMs)
      const lock = await locks.acquire(`a${wrongByMs}`)
      expect(Math.abs(Date.parse(lock.expiresAt) - Date.now() - 30_000)).toBeLessThan(10_000)
      expect(await world.organization.locks.tryAcquire(lock.name)).toBeUndefined()
      expect(lock.signal.aborted).toBe(false)
      expect(await lock.release()).toBe(true)
      const ours = await world.organization.locks.acquire(lock.name)
      expect(await locks.tryAcquire(lock.name)).toBeUndefined()
      await ours.release()
    }
  })

  it('are given to one of 20 that ask at once', async () => {
    const world = await open()
    const { organization: { locks } } = world
    const stores = [locks, elsewhere(world)]
    const asked = await Promise.all(twenty.map((index) => stores[index % 2]!.tryAcquire('a')))
    expect(asked.filter((lock) => lock !== undefined).map(({ fence }) => fence)).toEqual([1])
    const refused = locks.acquire('a', { waitMs: 0 })
    await expect(refused).rejects.toThrow(LockNotAcquired)
    const error = await refused.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ status: 409, retryable: true, retryAfterSeconds: 30 })
  })

  it('answer a call repeated with its key with the same hold, and nobody else', async () => {
    const { holdfast, organizationId, organization: { locks } } = await open()
    const options = { idempotencyKey: 'k', renewing: false }
    const first = await locks.acquire('a', options)
    const again = await locks.acquire('a', options)
    expect(again).toMatchObject({ owner: first.owner, fence: 1 })
    const others = holdfast.organization(organizationId, { id: 'another' }).locks
    expect(await others.tryAcquire('a', options)).toBeUndefined()
    expect(await locks.tryAcquire('a', { ...options, idempotencyKey: 'l' })).toBeUndefined()
    await first.release()
    expect(await locks.tryAcquire('a', options)).toMatchObject({ fence: 2 })
  })

  it('of a neighbour with the same name are another lock', async () => {
    const { organization, neighbour } = await open()
    const ours = await organization.locks.acquire('a')
    await (await neighbour.locks.acquire('a')).release()
    const theirs = await neighbour.locks.acquire('a', { owner: ours.owner })
    expect([ours.fence, theirs.fence]).toEqual([1, 2])
    expect(await neighbour.locks.release(ours)).toBe(false)
    expect(await neighbour.locks.forceRelease('a')).toBe(true)
    expect(await organization.locks.get('a')).toMatchObject({ owner: ours.owner })
    await neighbour.locks.acquire('theirs')
    await expect(organization.locks.get('theirs')).rejects.toThrow(LockNotFound)
    expect((await organization.locks.list()).data.map(({ name }) => name)).toEqual(['a'])
  })

  it('are listed by name, page by page to the end', async () => {
    const { organization: { locks } } = await open()
    const names = [...twenty.map((index) => `lock ${String(index).padStart(2, '0')}`), hard].sort()
    for (const name of names) await locks.acquire(name)
    await (await locks.acquire('free')).release()
    const listed: string[] = []
    for (let cursor: string | undefined; ;) {
      const page = await locks.list({ limit: 4, cursor })
      listed.push(...page.data.map(({ name }) => name))
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    expect(listed.sort()).toEqual(names)
    const all = await locks.list({ all: true, limit: 200 })
    expect(all.data.map(({ name }) => name).sort()).toEqual([...names, 'free'].sort())
    const { nextCursor } = await locks.list({ limit: 1 })
    await expect(locks.list({ all: true, cursor: nextCursor! })).rejects.toThrow(InvalidCursor)
  })

  it('refuse what breaks a rule, and write nothing', async () => {
    const { organization: { locks }, holdfast } = await open()
    const refused: [() => Promise<unknown>, string][] = [
      [() => locks.acquire(''), 'name'], [() => locks.acquire('x'.repeat(256)), 'name'],
      [() => locks.acquire(7 as never), 'name'], [() => locks.get(''), 'name'],
      [() => locks.acquire('a', { ttlSeconds: 0 }), 'ttl_seconds'],
      [() => locks.acquire('a', { ttlSeconds: 86_401 }), 'ttl_seconds'],
      [() => locks.acquire('a', { ttlSeconds: Number.NaN }), 'ttl_seconds'],
      [() => locks.acquire('a', { waitMs: -1 }), 'wait_ms'],
      [() => locks.acquire('a', { owner: '' }), 'owner'],
      [() => locks.release({ name: 'a', owner: 'b', fence: 1.5 }), 'fence'],
      [() => locks.list({ limit: 0 }), 'limit'],
      [() => holdfast.organization('00000000-0000-7000-8000-00000000dead').locks.acquire('a'),
        'organization_id'],
    ]
    for (const [call, field] of refused) {
      const error = await call().then(() => undefined, (reason: unknown) => reason)
      expect([field, error]).toEqual([field, expect.any(InvalidInput)])
      expect(error).toMatchObject({ field })
    }
    expect((await locks.list({ all: true })).data).toEqual([])
  })

  it('have no more names than an organization may have, and known names go on', async () => {
    const { organization: { locks }, neighbour, organizationId, holdfast } = await open()
    const { database } = holdfast
    await (await locks.acquire('known')).release()
    const fill = sql`
      with recursive n (i) as (select 2 union all select i + 1 from n where i < 100000)
      insert into locks
        (organization_id, name, fence, last_ticket, served_ticket, departures)
      select ${sql.lit(organizationId)}, 'n' || i, 1, 0, 0, 0 from n`
    await database.run({ compile: () => fill.compile(database.write) })
    await expect(locks.tryAcquire('new')).rejects.toThrow(LockLimitReached)
    await expect(locks.acquire('new', { waitMs: 50 })).rejects.toThrow(LockLimitReached)
    expect(await locks.acquire('known')).toMatchObject({ fence: 2 })
    expect(await neighbour.locks.acquire('new')).toMatchObject({ fence: 1 })
  })

  it('turn away whoever finds the queue full', async () => {
    const { organization: { locks }, organizationId, holdfast: { database } } = await open()
    await locks.acquire('a')
    const last = locks.acquire('a', { waitMs: 1_000 })
    while ((await locks.get('a')).waiters === 0) await pause(2)
    const { write } = database
    const here = { organization_id: organizationId as never }
    await database.run(write.updateTable('lock_waiters').set({ ticket: 1_000 as never })
      .where((where) => where.and(here)))
    await database.run(write.updateTable('locks').set({ last_ticket: 1_000 as never })
      .where((where) => where.and(here)))
    await expect(locks.acquire('a', { waitMs: 60_000 })).rejects.toThrow(LockNotAcquired)
    await expect(last).rejects.toThrow(LockNotAcquired)
  })

  it('that were never held are not found', async () => {
    const { organization: { locks } } = await open()
    await expect(locks.get('a')).rejects.toThrow(LockNotFound)
    expect(await locks.forceRelease('a')).toBe(false)
    expect(await locks.release({ name: 'a', owner: 'b', fence: 1 })).toBe(false)
  })
})
