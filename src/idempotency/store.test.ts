import { expect, it } from 'vitest'
import { type JsonValue } from '../database/json.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import { IdempotencyKeyReused, type IdempotentCall, IdempotencyStore } from './index.js'
import { keptSeconds } from './store.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const hard = '\u0000 \ud800 \ufdd0 é'

const callOf = ({ organizationId }: ContractWorld, more: Partial<IdempotentCall> = {}) => ({
  organizationId, actorId: 'user:a', key: 'k', fingerprint: 'f', ...more,
})

/** Does the work once, as the server does; the result and whether it is an earlier one. */
async function once({ holdfast }: ContractWorld, call: IdempotentCall, work: () => JsonValue) {
  return holdfast.transaction(async ({ idempotency }) => {
    const earlier = await idempotency.claim(call)
    if (earlier !== undefined) return { ...earlier, replayed: true }
    const result = work()
    await idempotency.settle(call, result)
    return { result, replayed: false }
  })
}

/** A store on a clock of its own over the same database. */
function clocked({ holdfast }: ContractWorld, clock: ManualClock) {
  return new IdempotencyStore(holdfast.database.as(), { clock, ids: holdfast.ids })
}

contract('idempotency keys', (open) => {
  it('give the result of the first call again', async () => {
    const world = await open()
    const results: JsonValue[] = [
      { id: hard, n: [1, -0, null], ['__proto__']: { a: 1 } }, [], '', 0, false,
      'x'.repeat(100_000),
    ]
    for (const [index, result] of results.entries()) {
      const call = callOf(world, { key: `k${index}` })
      expect(await once(world, call, () => result)).toStrictEqual({ result, replayed: false })
      const again = await once(world, call, () => 'never')
      expect(again).toStrictEqual({ result, replayed: true })
      expect(await world.holdfast.idempotency.find(call)).toStrictEqual({ result })
    }
  })

  it('may be any text, and are told apart to the last code unit', async () => {
    const world = await open()
    const keys = [hard, 'a', 'A', 'a ', 'é', 'e\u0301', '\u0000', '', '\ufdd00000', 'x'.repeat(255)]
    for (const key of keys) {
      const { replayed } = await once(world, callOf(world, { key }), () => key)
      expect([key, replayed]).toEqual([key, false])
    }
    for (const key of keys) {
      expect(await world.holdfast.idempotency.find(callOf(world, { key })))
        .toStrictEqual({ result: key })
    }
  })

  it('that nobody used are not found', async () => {
    const world = await open()
    expect(await world.holdfast.idempotency.find(callOf(world))).toBeUndefined()
    expect(await world.holdfast.idempotency.sweep()).toBe(0)
  })

  it('are refused for another call, and keep the first', async () => {
    const world = await open()
    await once(world, callOf(world), () => 'first')
    const other = callOf(world, { fingerprint: 'g' })
    await expect(once(world, other, () => 'second')).rejects.toThrow(IdempotencyKeyReused)
    await expect(world.holdfast.idempotency.find(other)).rejects.toMatchObject({
      code: 'idempotency_key_reused', status: 422, field: 'header.idempotency-key',
    })
    expect(await world.holdfast.idempotency.find(callOf(world))).toEqual({ result: 'first' })
  })

  it('let one of 20 callers do the work; the others get its result', async () => {
    const world = await open()
    let works = 0
    const outcomes = await Promise.all(Array.from({ length: 20 }, () =>
      once(world, callOf(world), () => (works += 1))))
    expect(works).toBe(1)
    expect(outcomes.map(({ result }) => result)).toEqual(Array.from({ length: 20 }, () => 1))
    expect(outcomes.filter(({ replayed }) => !replayed)).toHaveLength(1)
  })

  it('are free again when the first call failed, with 19 callers waiting', async () => {
    const world = await open()
    let works = 0
    const work = () => {
      works += 1
      if (works === 1) throw new Error('the first fails')
      return works
    }
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () =>
      once(world, callOf(world), work)))
    const failed = outcomes.filter(({ status }) => status === 'rejected')
    expect([failed.length, works]).toEqual([1, 2])
    expect(await world.holdfast.idempotency.find(callOf(world))).toEqual({ result: 2 })
  })

  it('of two actors, and of a neighbour, are different keys', async () => {
    const world = await open()
    const calls = [
      callOf(world), callOf(world, { actorId: 'user:b' }),
      callOf(world, { organizationId: world.neighbourId }),
    ]
    for (const [index, call] of calls.entries()) {
      expect(await world.holdfast.idempotency.find(call)).toBeUndefined()
      expect(await once(world, call, () => index)).toEqual({ result: index, replayed: false })
    }
    for (const [index, call] of calls.entries()) {
      expect(await world.holdfast.idempotency.find(call)).toEqual({ result: index })
    }
  })

  it('belong to an organization that exists', async () => {
    const world = await open()
    const call = callOf(world, { organizationId: unknownId })
    await expect(once(world, call, () => 1)).rejects.toMatchObject({ code: 'reference_not_found' })
  })

  it('are kept for a day, then swept in batches, and then free', async () => {
    const world = await open()
    const clock = new ManualClock()
    const store = clocked(world, clock)
    const used = async (key: string) => {
      await store.claim(callOf(world, { key }))
      await store.settle(callOf(world, { key }), key)
    }
    for (const key of ['a', 'b', 'c']) await used(key)
    clock.advance(1_000)
    await used('d')
    clock.advance((keptSeconds - 1) * 1_000)
    expect(await store.sweep()).toBe(0)
    expect(await store.find(callOf(world, { key: 'a' }))).toEqual({ result: 'a' })
    clock.advance(1)
    expect([await store.sweep(2), await store.sweep(2), await store.sweep(2)]).toEqual([2, 1, 0])
    const left = await Promise.all(['a', 'b', 'c', 'd'].map((key) =>
      store.find(callOf(world, { key, fingerprint: 'f' }))))
    expect(left).toEqual([undefined, undefined, undefined, { result: 'd' }])
    expect(await store.claim(callOf(world, { key: 'a', fingerprint: 'other' }))).toBeUndefined()
    clock.advance(1_000)
    expect(await store.sweep()).toBe(1)
  })

  it('are swept once by 20 sweepers at once', async () => {
    const world = await open()
    const clock = new ManualClock()
    const store = clocked(world, clock)
    for (let count = 0; count < 30; count++) await store.claim(callOf(world, { key: `${count}` }))
    clock.advance(keptSeconds * 1_000 + 1)
    const swept = await Promise.all(Array.from({ length: 20 }, () => store.sweep()))
    expect(swept.reduce((sum, count) => sum + count)).toBe(30)
  })

  it('go with their organization’s transaction', async () => {
    const world = await open()
    const failing = world.holdfast.transaction(async ({ idempotency }) => {
      await idempotency.claim(callOf(world))
      await idempotency.settle(callOf(world), 1)
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect(await world.holdfast.idempotency.find(callOf(world))).toBeUndefined()
  })
})
