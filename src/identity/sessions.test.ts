import { describe, expect, it } from 'vitest'
import { instantOf } from '../clock.js'
import { Database } from '../database/database.js'
import { InvalidConfiguration } from '../errors.js'
import { counted } from '../testing/counting.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import {
  Authenticator, IdentityStore, type IdentityTables, LoginFailed, SessionNotFound, sessionTimesOf,
  Unauthenticated,
} from './index.js'
import { hashOfToken } from './tokens.js'

const password = 'correct horse battery'
const { idleSeconds, maxSeconds } = sessionTimesOf()
const minuteMs = 60_000

/** Identity on a clock of its own, with a person in it. */
async function clocked({ holdfast }: ContractWorld) {
  const clock = new ManualClock()
  const source = { clock, ids: holdfast.ids }
  const { backend, ...counts } = counted(holdfast.backend)
  const authenticator = new Authenticator(
    Database.over<IdentityTables>(backend), source)
  const credentials = { changed: (who?: string) => authenticator.changed(who) }
  const identity = new IdentityStore(holdfast.database.as(), { ...source, credentials })
  /** Another process, to which no signal comes. */
  const elsewhere = new IdentityStore(holdfast.database.as(), source)
  const email = `${holdfast.ids.next()}@example.test`
  const user = await identity.createUser({ email, password })
  return { clock, identity, elsewhere, authenticator, email, user, ...counts }
}

const rowsOf = ({ holdfast: { database } }: ContractWorld, sessionId: string) =>
  database.all(database.write.selectFrom('login_sessions').selectAll()
    .where('id', '=', sessionId as never))

contract('login sessions', (open) => {
  it('begin with e-mail and password, and keep no token', async () => {
    const world = await open()
    const { clock, identity, email, user } = await clocked(world)
    clock.advance(5_000)
    const origin = { ipAddress: '::1', userAgent: `a\u0000${'x'.repeat(600)}` }
    const { token, session, user: who } = await identity.logIn({ email, password }, origin)
    expect(token).toMatch(/^hf_ls_[0-9A-Za-z]{36}$/)
    expect(who).toStrictEqual({ ...user, lastLoginAt: session.createdAt })
    expect(session).toStrictEqual({
      id: session.id, userId: user.id, ipAddress: '::1', userAgent: origin.userAgent.slice(0, 512),
      createdAt: instantOf(clock.now()), lastActiveAt: instantOf(clock.now()), revokedAt: null,
      expiresAt: instantOf(clock.now() + maxSeconds * 1_000),
    })
    const stored = JSON.stringify(await rowsOf(world, session.id))
    expect(stored).toContain(hashOfToken(token))
    expect(stored).not.toContain(token.slice(6, 36))
  })

  it('fail alike for an unknown user, a wrong password and a user without one', async () => {
    const { identity, email } = await clocked(await open())
    const { email: silent } = await identity.createUser({ email: `silent.${email}` })
    const attempts = [
      { email, password: `${password} ` }, { email, password: password.toUpperCase() },
      { email: `not.${email}`, password }, { email: silent, password }, { email, password: '' },
    ]
    for (const attempt of attempts) {
      const failing = identity.logIn(attempt)
      await expect(failing).rejects.toThrow(LoginFailed)
      await expect(failing).rejects.toMatchObject({ message: 'E-mail or password is wrong.' })
    }
  })

  it('end when they were not used for a day, and after seven days whatever happens', async () => {
    const { clock, identity, authenticator, email } = await clocked(await open())
    const idle = await identity.logIn({ email, password })
    const busy = await identity.logIn({ email: email.toUpperCase(), password })
    const end = clock.now() + maxSeconds * 1_000
    const use = async () => {
      const { expiresAtMs } = await authenticator.authenticate(busy.token)
      expect(expiresAtMs).toBe(Math.min(end, clock.now() + idleSeconds * 1_000))
      await authenticator.idle()
    }
    clock.advance(idleSeconds * 1_000 - 1)
    await use()
    clock.advance(1)
    await expect(authenticator.authenticate(idle.token)).rejects.toThrow(Unauthenticated)
    while (clock.now() < end - idleSeconds * 1_000) {
      clock.advance(idleSeconds * 1_000 - minuteMs)
      await use()
    }
    clock.advance(end - clock.now() - 1)
    await use()
    clock.advance(1)
    await expect(authenticator.authenticate(busy.token)).rejects.toThrow(Unauthenticated)
  })

  it('write of their use once a minute, however much they are used', async () => {
    const { clock, identity, authenticator, email, texts, reset } = await clocked(await open())
    const { token, session } = await identity.logIn({ email, password })
    clock.advance(minuteMs)
    reset()
    for (let second = 0; second < 50; second++) {
      await Promise.all(Array.from({ length: 4 }, () => authenticator.authenticate(token)))
      clock.advance(1_000)
    }
    await authenticator.idle()
    const writes = texts().filter((text) => text.includes('update login_sessions'))
    expect(writes).toHaveLength(1)
    const { data: [listed] } = await identity.listSessions(session.userId)
    expect(listed!.lastActiveAt).toBe(instantOf(Date.parse(session.createdAt) + minuteMs))
  })

  it('end at once where they are ended, and everywhere within half a second', async () => {
    const { clock, identity, elsewhere, authenticator, email, user } = await clocked(await open())
    const logIn = () => identity.logIn({ email, password })
    const [one, two] = [await logIn(), await logIn()]
    await authenticator.authenticate(one.token)
    await identity.endSession(user.id, one.session.id)
    await expect(authenticator.authenticate(one.token)).rejects.toThrow(Unauthenticated)
    await authenticator.authenticate(two.token)
    await elsewhere.endSession(user.id, two.session.id)
    clock.advance(500)
    await expect(authenticator.authenticate(two.token)).rejects.toThrow(Unauthenticated)
  })

  it('are believed no longer when the clock goes back', async () => {
    const { clock, identity, elsewhere, authenticator, email, user } = await clocked(await open())
    const { token } = await identity.logIn({ email, password })
    await authenticator.authenticate(token)
    await elsewhere.endSessionsOf(user.id)
    clock.advance(-3_600_000)
    await expect(authenticator.authenticate(token)).rejects.toThrow(Unauthenticated)
  })

  it('of one person are as many as logins, 20 at once; all but one end together', async () => {
    const { identity, authenticator, email, user } = await clocked(await open())
    const logins = await Promise.all(
      Array.from({ length: 20 }, () => identity.logIn({ email, password })))
    expect(new Set(logins.map(({ token }) => token)).size).toBe(20)
    const living = async () => {
      const outcomes = await Promise.allSettled(
        logins.map(({ token }) => authenticator.authenticate(token)))
      return outcomes.map(({ status }) => status === 'fulfilled')
    }
    await identity.endSession(user.id, logins[0]!.session.id)
    expect(await living()).toEqual(logins.map((_, index) => index !== 0))
    expect(await identity.endSessionsOf(user.id, { exceptId: logins[7]!.session.id })).toBe(18)
    expect(await living()).toEqual(logins.map((_, index) => index === 7))
    expect(await identity.endSessionsOf(user.id)).toBe(1)
    expect(await identity.endSessionsOf(user.id)).toBe(0)
  })

  it('are listed newest first, page by page, without those that ended', async () => {
    const { clock, identity, email, user } = await clocked(await open())
    const old = await identity.logIn({ email, password })
    clock.advance(idleSeconds * 1_000)
    const begun = []
    for (let count = 0; count < 5; count++) {
      begun.unshift((await identity.logIn({ email, password })).session)
    }
    await identity.endSession(user.id, begun[1]!.id)
    const rest = begun.filter((_, index) => index !== 1)
    const first = await identity.listSessions(user.id, { limit: 3 })
    expect(first.data).toStrictEqual(rest.slice(0, 3))
    const next = await identity.listSessions(user.id, { limit: 3, cursor: first.nextCursor! })
    expect(next).toStrictEqual({ data: rest.slice(3), nextCursor: null })
    expect(JSON.stringify(next)).not.toContain(old.session.id)
  })

  it('of a stranger are not there', async () => {
    const { identity, email, user } = await clocked(await open())
    const stranger = await identity.createUser({ email: `stranger.${email}` })
    const { session } = await identity.logIn({ email, password })
    expect(await identity.listSessions(stranger.id)).toEqual({ data: [], nextCursor: null })
    const failing = identity.endSession(stranger.id, session.id)
    await expect(failing).rejects.toThrow(SessionNotFound)
    await identity.endSession(user.id, session.id)
    await expect(identity.endSession(user.id, session.id)).rejects.toThrow(SessionNotFound)
  })

  it('end with the login that their token was sent along with', async () => {
    const { identity, authenticator, email } = await clocked(await open())
    const before = await identity.logIn({ email, password })
    await authenticator.authenticate(before.token)
    await expect(identity.logIn({ email, password: 'wrong one' }, { token: before.token }))
      .rejects.toThrow(LoginFailed)
    await authenticator.authenticate(before.token)
    const after = await identity.logIn({ email, password }, { token: before.token })
    expect(after.token).not.toBe(before.token)
    await expect(authenticator.authenticate(before.token)).rejects.toThrow(Unauthenticated)
    await authenticator.authenticate(after.token)
  })

  it('are deleted a month after their end', async () => {
    const world = await open()
    const { clock, identity, email } = await clocked(world)
    const { session } = await identity.logIn({ email, password })
    clock.advance((maxSeconds + 30 * 86_400) * 1_000)
    await identity.sweep(1_000)
    expect(await rowsOf(world, session.id)).toHaveLength(1)
    clock.advance(1)
    await identity.sweep(1_000)
    expect(await rowsOf(world, session.id)).toHaveLength(0)
  })
})

describe('times of sessions', () => {
  it('that cannot be are refused by name', () => {
    for (const times of [
      { idleSeconds: 299 }, { idleSeconds: 1.5 }, { idleSeconds: 700, maxSeconds: 600 },
      { maxSeconds: 366 * 86_400 }, { maxSeconds: NaN },
    ]) {
      expect(() => sessionTimesOf(times)).toThrow(InvalidConfiguration)
    }
    expect(sessionTimesOf({ maxSeconds: 3_600 })).toEqual({ idleSeconds: 3_600, maxSeconds: 3_600 })
  })
})
