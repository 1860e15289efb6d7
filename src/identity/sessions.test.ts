import { expect, it } from 'vitest'
import { instantOf } from '../clock.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import { Authenticator, IdentityStore, LoginFailed, Unauthenticated } from './index.js'
import { sessionSeconds } from './store.js'
import { hashOfToken } from './tokens.js'

const password = 'correct horse battery'

/** Identity on a clock of its own, with a person in it. */
async function clocked({ holdfast }: ContractWorld) {
  const clock = new ManualClock()
  const source = { clock, ids: holdfast.ids }
  const identity = new IdentityStore(holdfast.database.as(), source)
  const authenticator = new Authenticator(holdfast.database.as(), source)
  const email = `${holdfast.ids.next()}@example.test`
  const user = await identity.createUser({ email, password })
  return { clock, identity, authenticator, email, user }
}

contract('login sessions', (open) => {
  it('begin with e-mail and password, and keep no token', async () => {
    const world = await open()
    const { clock, identity, email, user } = await clocked(world)
    clock.advance(5_000)
    const origin = { ipAddress: '::1', userAgent: `a\u0000${'x'.repeat(600)}` }
    const { token, session, user: who } = await identity.logIn({ email, password }, origin)
    expect(token).toMatch(/^hf_ls_[0-9A-Za-z]{36}$/)
    expect(who).toStrictEqual(user)
    expect(session).toStrictEqual({
      id: session.id, userId: user.id, ipAddress: '::1', userAgent: origin.userAgent.slice(0, 512),
      createdAt: instantOf(clock.now()), revokedAt: null,
      expiresAt: instantOf(clock.now() + sessionSeconds * 1_000),
    })
    expect((await identity.getUser(user.id)).lastLoginAt).toBe(session.createdAt)
    const { database } = world.holdfast
    const rows = await database.all(database.write.selectFrom('login_sessions').selectAll())
    const stored = JSON.stringify(rows)
    expect(stored).toContain(hashOfToken(token))
    expect(stored).not.toContain(token.slice(6, 36))
  })

  it('fail alike for an unknown user, a wrong password and a user without one', async () => {
    const world = await open()
    const { identity, email } = await clocked(world)
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

  it('authenticate the person until they expire', async () => {
    const world = await open()
    const { clock, identity, authenticator, email, user } = await clocked(world)
    const { token, session } = await identity.logIn({ email: email.toUpperCase(), password })
    const principal = {
      kind: 'session', id: `user:${user.id}`, credentialId: session.id, userId: user.id,
      organizationId: null, scopes: [], expiresAtMs: clock.now() + sessionSeconds * 1_000,
    }
    expect(await authenticator.authenticate(token)).toEqual(principal)
    clock.advance(sessionSeconds * 1_000 - 1)
    expect(await authenticator.authenticate(token)).toEqual(principal)
    clock.advance(1)
    await expect(authenticator.authenticate(token)).rejects.toThrow(Unauthenticated)
    authenticator.forget()
    await expect(authenticator.authenticate(token)).rejects.toThrow(Unauthenticated)
    expect(await identity.findSessionPrincipal(hashOfToken(token))).toBeUndefined()
  })

  it('end at once where they are ended, and everywhere within half a second', async () => {
    const world = await open()
    const { clock, identity, authenticator, email } = await clocked(world)
    const [one, two] = [
      await identity.logIn({ email, password }), await identity.logIn({ email, password }),
    ]
    await authenticator.authenticate(one.token)
    await identity.logOut(one.session.id)
    expect(await identity.findSessionPrincipal(hashOfToken(one.token))).toBeUndefined()
    clock.advance(500)
    await expect(authenticator.authenticate(one.token)).rejects.toThrow(Unauthenticated)
    await authenticator.authenticate(two.token)
    await identity.logOut(two.session.id)
    authenticator.forget()
    await expect(authenticator.authenticate(two.token)).rejects.toThrow(Unauthenticated)
  })

  it('of one person are as many as logins, 20 at once', async () => {
    const world = await open()
    const { identity, authenticator, email } = await clocked(world)
    const logins = await Promise.all(
      Array.from({ length: 20 }, () => identity.logIn({ email, password })))
    expect(new Set(logins.map(({ token }) => token)).size).toBe(20)
    await identity.logOut(logins[0]!.session.id)
    const alive = await Promise.allSettled(
      logins.map(({ token }) => authenticator.authenticate(token)))
    expect(alive.map(({ status }) => status)).toEqual(
      logins.map((_, index) => (index === 0 ? 'rejected' : 'fulfilled')))
  })

  it('end with their user', async () => {
    const world = await open()
    const { identity, email, user } = await clocked(world)
    const { token } = await identity.logIn({ email, password })
    const { database } = world.holdfast
    const disable = database.write.updateTable('users')
      .set({ active: 0 as never }).where('id', '=', user.id as never)
    await database.run(disable)
    expect(await identity.findSessionPrincipal(hashOfToken(token))).toBeUndefined()
    await expect(identity.logIn({ email, password })).rejects.toThrow(LoginFailed)
  })
})
