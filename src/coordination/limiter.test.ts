import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { coordinationContract } from '../testing/coordinators.js'
import { type LimitRule } from './coordination.js'
import { CoordinationUnavailable } from './errors.js'
import { FallbackRateLimiter } from './fallback-limiter.js'
import { windowsOf } from './limit-rules.js'
import { LocalRateLimiter } from './local-limiter.js'
import { RedisRateLimiter } from './redis-limiter.js'
import { type ScriptRunner } from './script.js'

const rule = (more: Partial<LimitRule> = {}): LimitRule => (
  { name: 'user', resource: 'user', id: randomUUID(), limit: 3, windowSeconds: 60, ...more }
)

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

coordinationContract('a rate limiter', (openWorld) => {
  const open = async () => {
    const { here, there } = await openWorld()
    return { limiter: here.limiter, other: there === here ? undefined : there }
  }

  it('admits up to the limit, then says when to come back', async () => {
    const { limiter } = await open()
    const rules = [rule()]
    for (const remaining of [2, 1, 0]) {
      const decision = await limiter.consume(rules)
      expect(decision).toMatchObject({ allowed: true, retryAfterSeconds: 0, degraded: false })
      expect(decision.states).toMatchObject([{ name: 'user', limit: 3, remaining }])
      expect(decision.states[0]!.resetSeconds).toBeCloseTo(60, 0)
    }
    const { allowed, states, retryAfterSeconds } = await limiter.consume(rules)
    expect([allowed, states[0]!.remaining]).toEqual([false, 0])
    expect(retryAfterSeconds).toBeGreaterThan(58)
    expect(retryAfterSeconds).toBeLessThanOrEqual(60)
  })

  it('takes nothing for a call that it refuses', async () => {
    const { limiter } = await open()
    const rules = [rule()]
    await limiter.consume(rules, 2)
    for (let call = 0; call < 20; call += 1) {
      expect((await limiter.consume(rules, 2)).allowed).toBe(false)
    }
    expect((await limiter.consume(rules, 1)).allowed).toBe(true)
  })

  it('takes from all rules or from none', async () => {
    const { limiter } = await open()
    const [wide, narrow] = [rule({ limit: 10 }), rule({ name: 'token', limit: 2 })]
    const tight = { ...narrow, limit: 1, windowSeconds: 30, name: 'second' }
    expect((await limiter.consume([wide, narrow, tight])).allowed).toBe(true)
    const refused = await limiter.consume([wide, narrow, tight])
    expect(refused.allowed).toBe(false)
    expect(refused.states.map(({ name, remaining }) => [name, remaining]))
      .toEqual([['user', 9], ['token', 1], ['second', 0]])
    expect((await limiter.peek([wide, narrow])).states.map(({ remaining }) => remaining))
      .toEqual([9, 1])
  })

  it('looks without taking', async () => {
    const { limiter } = await open()
    const rules = [rule({ limit: 5 })]
    await limiter.consume(rules, 4)
    for (let call = 0; call < 5; call += 1) {
      expect(await limiter.peek(rules)).toMatchObject({ allowed: true, states: [{ remaining: 1 }] })
      expect(await limiter.peek(rules, 2)).toMatchObject({ allowed: false })
    }
  })

  it('gives back what was taken last, and no more', async () => {
    const { limiter } = await open()
    for (const limit of [10, 1_000]) {
      const rules = [rule({ limit })]
      const remaining = async () => (await limiter.peek(rules)).states[0]!.remaining
      await limiter.refund(rules, 5)
      expect(await remaining()).toBe(limit)
      await limiter.consume(rules, 4)
      await limiter.consume(rules, 4)
      await limiter.refund(rules, 6)
      expect(await remaining()).toBe(limit - 2)
      await limiter.refund(rules, 6)
      expect(await remaining()).toBe(limit)
      expect((await limiter.peek(rules)).states[0]!.resetSeconds).toBe(0)
      expect((await limiter.consume(rules, limit)).allowed).toBe(true)
      expect((await limiter.consume(rules)).allowed).toBe(false)
    }
  })

  it('forgets everything when it is reset', async () => {
    const { limiter } = await open()
    const rules = [rule(), rule({ resource: 'token' })]
    await limiter.consume(rules, 3)
    await limiter.reset(rules)
    expect((await limiter.consume(rules, 3)).allowed).toBe(true)
  })

  it('lets windows shorter than a second end', async () => {
    const { limiter } = await open()
    for (const limit of [2, 200]) {
      const rules = [rule({ limit, windowSeconds: 0.3 })]
      expect((await limiter.consume(rules, limit)).allowed).toBe(true)
      expect((await limiter.consume(rules)).allowed).toBe(false)
      await pause(330)
      expect((await limiter.consume(rules, limit)).allowed).toBe(true)
    }
  })

  it('admits a call that comes back when it was told to', async () => {
    const { limiter } = await open()
    const rules = [rule({ limit: 4, windowSeconds: 0.4 }), rule({ limit: 3, windowSeconds: 0.2 })]
    for (let round = 0; round < 4; round += 1) {
      while ((await limiter.consume(rules)).allowed) await pause(20)
      const { retryAfterSeconds } = await limiter.peek(rules)
      await pause(Math.ceil(retryAfterSeconds * 1_000) + 1)
      expect((await limiter.consume(rules)).allowed).toBe(true)
    }
  })

  it('admits no more than the limit of 20 calls at once', async () => {
    const { limiter } = await open()
    for (const [limit, cost] of [[7, 1], [500, 60]] as const) {
      const rules = [rule({ limit })]
      const calls = Array.from({ length: 20 }, () => limiter.consume(rules, cost))
      const admitted = (await Promise.all(calls)).filter(({ allowed }) => allowed)
      expect(admitted).toHaveLength(Math.floor(limit / cost))
    }
  })

  it('decides calls of one moment one after another, each for itself', async () => {
    const { limiter } = await open()
    const [mine, other] = [rule({ limit: 4 }), rule({ limit: 2 })]
    const answers = await Promise.all([
      limiter.consume([mine], 2), limiter.peek([mine], 2), limiter.consume([mine, other], 2),
      limiter.consume([mine]), limiter.consume([other, mine]), limiter.peek([other]),
      limiter.consume([other], 2),
    ])
    expect(answers.map(({ allowed, states }) =>
      [allowed, ...states.map(({ remaining }) => remaining)])).toEqual([
      [true, 2], [true, 2], [true, 0, 0], [false, 0], [true, 1, 3], [true, 1], [false, 1],
    ])
  })

  it('gives each of many calls of one moment its own answer', async () => {
    const { limiter } = await open()
    const ruleSets = Array.from({ length: 150 }, (_, index) => [
      rule({ limit: index + 1 }), ...Array.from({ length: index % 3 }, () => rule({ limit: 9 })),
    ])
    const answers = await Promise.all(ruleSets.map((rules) => limiter.consume(rules)))
    expect(answers.map(({ states }) => states.map(({ remaining }) => remaining)))
      .toEqual(ruleSets.map((rules) => rules.map(({ limit }) => limit - 1)))
  })

  it('does what was asked for first before it forgets or gives back', async () => {
    const { limiter } = await open()
    const [forgotten, returned] = [[rule({ limit: 3 })], [rule({ limit: 3 })]]
    await Promise.all([
      limiter.consume(forgotten, 3), limiter.consume(returned, 3),
      limiter.reset(forgotten), limiter.refund(returned, 2),
    ])
    expect((await limiter.peek(forgotten)).states[0]!.remaining).toBe(3)
    expect((await limiter.peek(returned)).states[0]!.remaining).toBe(2)
  })

  it('keeps subjects apart, whatever their ids contain', async () => {
    const { limiter } = await open()
    const own = randomUUID()
    const ids = ['a', 'a:b', 'a}', '{a', '{a}', '%7d;', '}', '\ud800', '\udfff', '\u0000', '\ufffd']
    const subjects = ids.flatMap((id) => [
      [rule({ limit: 1, id: own + id })],
      [rule({ limit: 1, id: own }), rule({ limit: 1, id: own + id })],
    ])
    for (const rules of subjects) {
      if (rules.length === 2) rules[0] = { ...rules[0]!, limit: 1_000 }
      expect((await limiter.consume(rules)).allowed).toBe(true)
    }
  })

  it('refuses what is out of bounds before it takes anything', async () => {
    const { limiter } = await open()
    const good = rule()
    const wrong: [readonly LimitRule[], number, string][] = [
      [[], 1, 'rules'], [[good, good], 1, 'rules'], [[good], 0, 'cost'], [[good], 1.5, 'cost'],
      [[good], 4, 'cost'], [[good], NaN, 'cost'],
      [Array.from({ length: 17 }, () => rule()), 1, 'rules'],
      [[good, rule({ limit: 0 })], 1, 'rules[1].limit'],
      [[good, rule({ limit: 1_000_000_001 })], 1, 'rules[1].limit'],
      [[good, rule({ windowSeconds: 0.009 })], 1, 'rules[1].windowSeconds'],
      [[good, rule({ windowSeconds: NaN })], 1, 'rules[1].windowSeconds'],
      [[good, rule({ resource: 'a:b' })], 1, 'rules[1].resource'],
      [[good, rule({ id: '' })], 1, 'rules[1].id'],
    ]
    for (const [rules, cost, field] of wrong) {
      await expect(limiter.consume(rules, cost)).rejects.toMatchObject({
        code: 'invalid_input', field,
      })
    }
    expect((await limiter.peek([good])).states[0]!.remaining).toBe(3)
  })

  it('counts for both of two processes on one server', async () => {
    const { limiter, other } = await open()
    const rules = [rule()]
    await limiter.consume(rules, 2)
    if (other === undefined) return
    expect((await other.limiter.consume(rules)).states[0]!.remaining).toBe(0)
    expect((await limiter.consume(rules)).allowed).toBe(false)
  })
})

describe('a limiter within one process', () => {
  it('keeps a bounded number of subjects, and those of late', async () => {
    let nowUs = 0
    const limiter = new LocalRateLimiter({ nowUs: () => nowUs, entriesMax: 3_000 })
    for (let index = 0; index < 20_000; index += 1) {
      nowUs += 1
      await limiter.consume([rule({ id: String(index), limit: 1 })])
      await limiter.peek([rule({ id: `other ${index}` })])
      expect(limiter.entries).toBeLessThanOrEqual(3_000)
    }
    expect((await limiter.consume([rule({ id: '19999', limit: 1 })])).allowed).toBe(false)
  })

  it('forgets what is empty first', async () => {
    let nowUs = 0
    const limiter = new LocalRateLimiter({ nowUs: () => nowUs, entriesMax: 300 })
    const long = [rule({ limit: 1, windowSeconds: 3_600 })]
    await limiter.consume(long)
    for (let index = 0; index < 1_000; index += 1) {
      nowUs += 100_000
      await limiter.consume([rule({ id: String(index), limit: 1, windowSeconds: 1 })])
    }
    expect((await limiter.consume(long)).allowed).toBe(false)
  })
})

describe('a limiter that cannot reach the others', () => {
  const gone: ScriptRunner = {
    run: async () => {
      throw new CoordinationUnavailable('gone')
    },
  }

  it('keeps the limit on its own, and says so', async () => {
    const limiter = new FallbackRateLimiter(new RedisRateLimiter(gone), new LocalRateLimiter())
    const rules = [rule()]
    for (let call = 0; call < 3; call += 1) {
      expect(await limiter.consume(rules)).toMatchObject({ allowed: true, degraded: true })
    }
    expect(await limiter.consume(rules)).toMatchObject({ allowed: false, degraded: true })
    await limiter.refund(rules, 2)
    expect(await limiter.peek(rules)).toMatchObject({ states: [{ remaining: 2 }], degraded: true })
    await limiter.reset(rules)
    expect(await limiter.consume(rules, 3)).toMatchObject({ allowed: true })
    await expect(limiter.consume([])).rejects.toMatchObject({ code: 'invalid_input' })
  })

  it('keeps its share of the limit, but never less than a call needs', async () => {
    const shared = new RedisRateLimiter(gone)
    const limiter = new FallbackRateLimiter(shared, new LocalRateLimiter(), { localShare: 0.25 })
    const rules = [rule({ limit: 8 })]
    const answers = []
    for (let call = 0; call < 4; call += 1) answers.push((await limiter.consume(rules)).allowed)
    expect(answers).toEqual([true, true, false, false])
    expect((await limiter.consume([rule({ limit: 8 })], 8)).allowed).toBe(true)
  })
})

describe('the keys of a call', () => {
  it('share the hash tag of the first rule, so that a cluster has them in one slot', () => {
    const rules = [
      rule({ resource: 'organization', id: 'a}b' }), rule({ id: 'c' }),
      rule({ id: 'c', windowSeconds: 0.5 }),
    ]
    expect(windowsOf(rules, 1).map(({ key }) => key)).toEqual([
      'ratelimit:{organization:a%7d;b}:60000', 'ratelimit:{organization:a%7d;b}:user:c:60000',
      'ratelimit:{organization:a%7d;b}:user:c:500',
    ])
  })
})
