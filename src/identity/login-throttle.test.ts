import { expect, it } from 'vitest'
import { connect } from '../database/connect.js'
import { Database } from '../database/database.js'
import { InvalidConfiguration } from '../errors.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import {
  type IdentityDatabase, IdentityStore, LoginFailed, type LoginLimits, loginLimitsOf,
  LoginThrottled,
} from './index.js'

const password = 'correct horse battery'
const limits: LoginLimits = {
  account: { failures: 5, seconds: 3_000 },
  knownAddress: { failures: 3, seconds: 300 },
  address: { failures: 20, seconds: 2_000 },
}
let network = 0
/** An address that no other test uses. */
const freshAddress = () => `10.${(network += 1) >> 8}.${network & 255}.1`

async function guarded({ holdfast }: ContractWorld, given = limits) {
  const clock = new ManualClock(Date.parse('2026-01-01T00:00:00Z') + network * 86_400_000)
  const source = { clock, ids: holdfast.ids, loginLimits: given }
  const identity = new IdentityStore(holdfast.database.as(), source)
  const email = `${holdfast.ids.next()}@example.test`
  const user = await identity.createUser({ email, password })
  const attempt = async (word: string, ipAddress: string | null, name = email) => {
    try {
      await identity.logIn({ email: name, password: word }, { ipAddress })
      return 'in'
    } catch (error) {
      if (error instanceof LoginFailed) return 'wrong'
      if (error instanceof LoginThrottled) return 'throttled'
      throw error
    }
  }
  return { clock, source, identity, email, user, attempt }
}

const times = <R>(count: number, call: (index: number) => Promise<R>) =>
  Promise.all(Array.from({ length: count }, (_, index) => call(index)))
const countOf = (outcomes: readonly string[], wanted: string) =>
  outcomes.filter((each) => each === wanted).length

contract('failing logins', (open) => {
  it('of one account are exactly as many as may be, of 64 at once from everywhere', async () => {
    const { attempt } = await guarded(await open())
    const outcomes = await times(64, () => attempt('a wrong guess', freshAddress()))
    expect([countOf(outcomes, 'wrong'), countOf(outcomes, 'throttled')]).toEqual([5, 59])
  })

  it('of one address are exactly as many as may be, of 64 at once on all accounts', async () => {
    const world = await open()
    const { attempt } = await guarded(world)
    const address = freshAddress()
    const outcomes = await times(64, (index) =>
      attempt('a wrong guess', address, `${index}.${world.holdfast.ids.next()}@example.test`))
    expect([countOf(outcomes, 'wrong'), countOf(outcomes, 'throttled')]).toEqual([20, 44])
  })

  it('take from no limit when another one is used up', async () => {
    const { attempt } = await guarded(await open())
    const address = freshAddress()
    await times(64, () => attempt('a wrong guess', address))
    const others = await times(20, (index) => attempt('x', address, `${index}@${address}.test`))
    expect(countOf(others, 'wrong')).toBe(15)
  })

  it('are told alike of a user and of nobody, with the time to wait', async () => {
    const { identity, email } = await guarded(await open())
    const told = []
    for (const name of [email, `not.${email}`]) {
      for (let count = 0; count < 5; count++) {
        await expect(identity.logIn({ email: name, password: 'x' })).rejects.toThrow(LoginFailed)
      }
      const failing = await identity.logIn({ email: name, password }).catch((error) => error)
      told.push([failing.message, failing.code, failing.status, failing.retryAfterSeconds])
    }
    expect(told[0]).toEqual([
      'Too many logins have failed; wait 600 s.', 'login_throttled', 429, 600,
    ])
    expect(told[1]).toEqual(told[0])
  })

  it('do not tell by the other form of a name that somebody has it', async () => {
    const { identity, email } = await guarded(await open())
    const told = []
    for (const name of [email, `not.${email}`]) {
      const codes = []
      for (const login of [...Array.from({ length: 6 }, () => ({ email: name })),
        ...Array.from({ length: 6 }, () => ({ username: name }))]) {
        const failing = identity.logIn({ ...login, password: 'x' })
        codes.push(await failing.catch(({ code }: { code: string }) => code))
      }
      told.push(codes)
    }
    const each = [...Array.from({ length: 5 }, () => 'login_failed'), 'login_throttled']
    expect(told).toEqual([[...each, ...each], [...each, ...each]])
  })

  it('come back one by one as time goes on', async () => {
    const { clock, attempt } = await guarded(await open())
    for (let count = 0; count < 5; count++) await attempt('x', null)
    expect(await attempt(password, null)).toBe('throttled')
    clock.advance(600_000 - 1)
    expect(await attempt(password, null)).toBe('throttled')
    clock.advance(1)
    expect(await attempt('x', null)).toBe('wrong')
    expect(await attempt('x', null)).toBe('throttled')
    clock.advance(600_000)
    expect(await attempt(password, null)).toBe('in')
    expect(await attempt('x', null)).toBe('wrong')
  })

  it('of others do not lock the owner out where they are known', async () => {
    const { clock, attempt } = await guarded(await open())
    const [home, elsewhere] = [freshAddress(), freshAddress()]
    expect(await attempt(password, home)).toBe('in')
    await times(64, () => attempt('a wrong guess', elsewhere))
    expect(await attempt(password, elsewhere)).toBe('throttled')
    for (let count = 0; count < 3; count++) expect(await attempt(password, home)).toBe('in')
    const own = [await attempt('x', home), await attempt('x', home), await attempt('x', home)]
    expect(own).toEqual(['wrong', 'wrong', 'wrong'])
    expect(await attempt(password, home)).toBe('throttled')
    clock.advance(31 * 86_400_000)
    for (let count = 0; count < 5; count++) await attempt('a wrong guess', elsewhere)
    expect(await attempt(password, home)).toBe('throttled')
  })

  it('of an IPv6 address count for its /64', async () => {
    const world = await open()
    const { attempt } = await guarded(world)
    const prefix = `2001:db8:${(network += 1).toString(16)}:1`
    const outcomes = await times(30, (index) =>
      attempt('x', `${prefix}::${index.toString(16)}`, `${index}.${world.holdfast.ids.next()}@a.b`))
    expect(countOf(outcomes, 'wrong')).toBe(20)
  })

  it('stay counted when the clock goes back, and come back one by one all the same', async () => {
    const { clock, attempt } = await guarded(await open())
    for (let count = 0; count < 5; count++) await attempt('x', null)
    clock.advance(-86_400_000)
    expect(await attempt(password, null)).toBe('throttled')
    clock.advance(600_000 - 1)
    expect(await attempt('x', null)).toBe('throttled')
    clock.advance(1)
    expect(await attempt('x', null)).toBe('wrong')
    expect(await attempt('x', null)).toBe('throttled')
  })

  it('of 20 right ones at once there are none', async () => {
    const { attempt } = await guarded(await open())
    const outcomes = await times(20, () => attempt(password, freshAddress()))
    expect(countOf(outcomes, 'in')).toBe(20)
  })

  it('count against the change of a password as well', async () => {
    const { identity, user, attempt } = await guarded(await open())
    const change = (current: string) =>
      identity.changePassword(user.id, { current, next: 'another good one' })
    for (let count = 0; count < 5; count++) {
      await expect(change('a wrong guess')).rejects.toMatchObject({ code: 'password_wrong' })
    }
    await expect(change(password)).rejects.toThrow(LoginThrottled)
    expect(await attempt(password, null)).toBe('throttled')
  })

  it('are forgotten once they say nothing any more', async () => {
    const world = await open()
    const { clock, identity, email, attempt } = await guarded(world)
    await attempt('x', freshAddress())
    const { database } = world.holdfast
    const rows = () => database.all(database.write.selectFrom('login_attempts').selectAll())
    expect((await rows()).length).toBeGreaterThan(0)
    clock.advance(400 * 86_400_000)
    while (await identity.sweep(2) === 2);
    expect(await rows()).toEqual([])
    expect(await attempt('x', null, email)).toBe('wrong')
  })
})

contract('failing logins at two processes', (open) => {
  it('are together exactly as many as may be', async () => {
    const world = await open()
    // What does not outlive a process is its own; there the two share it.
    const { backend } = world.holdfast
    const other = world.isLasting ? await connect(world.databaseUrl) : backend
    const { email, source } = await guarded(world)
    const stores = [backend, other].map((each) =>
      new IdentityStore(Database.over<IdentityDatabase>(each).within('all'), source))
    const outcomes = await times(64, (index) => stores[index % 2]!
      .logIn({ email, password: 'a wrong guess' }, { ipAddress: freshAddress() })
      .catch((error: unknown) => error))
    expect(outcomes.filter((error) => error instanceof LoginFailed)).toHaveLength(5)
    expect(outcomes.filter((error) => error instanceof LoginThrottled)).toHaveLength(59)
    if (world.isLasting) await other.close()
  })
})

it('limits of logins that cannot be are refused by name', () => {
  for (const account of [
    { failures: 0, seconds: 1 }, { failures: 1, seconds: 0 }, { failures: 1.5, seconds: 1 },
    { failures: 1, seconds: 3_000_000 },
  ]) {
    expect(() => loginLimitsOf({ account })).toThrow(InvalidConfiguration)
  }
  expect(loginLimitsOf().account).toEqual({ failures: 10, seconds: 3_600 })
})
