import { expect, it } from 'vitest'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { contract } from '../testing/index.js'
import { EmailTaken, LoginFailed, UserNotFound } from './index.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'

contract('users', (open) => {
  it('come back as they were created', async () => {
    const { holdfast: { identity, ids } } = await open()
    const email = `Ada.${ids.next()}@Example.test`
    const created = await identity.createUser({ email, displayName: 'A \u0000 \ud800 é' })
    expect(created).toMatchObject({
      email, displayName: 'A \u0000 \ud800 é', active: true, lastLoginAt: null,
    })
    expect(Object.keys(created).filter((key) => /hash|key/i.test(key))).toEqual([])
    expect(await identity.getUser(created.id)).toStrictEqual(created)
    expect(await identity.findUserByEmail(email)).toStrictEqual(created)
  })

  it('that are not there are not found', async () => {
    const { holdfast: { identity, organizations } } = await open()
    await expect(identity.getUser(unknownId)).rejects.toThrow(UserNotFound)
    expect(await identity.findUserByEmail('nobody@example.test')).toBeUndefined()
    expect(await organizations.list(unknownId)).toEqual([])
  })

  it('are one person whatever the case or Unicode form of their address', async () => {
    const { holdfast: { identity, ids } } = await open()
    const domain = `${ids.next()}.test`
    const forms = [
      ['José', 'JOSÉ', 'jose\u0301', 'JOSE\u0301'], ['ﬁn', 'FIN', 'fin'], ['Ａda', 'ada', 'ADA'],
      ['straße', 'STRAßE'], ['Ⅷ', 'viii'],
    ]
    for (const [first, ...others] of forms) {
      const created = await identity.createUser({ email: `${first}@${domain}` })
      for (const other of others) {
        const email = `${other}@${domain.toUpperCase()}`
        await expect(identity.createUser({ email })).rejects.toThrow(EmailTaken)
        expect(await identity.findUserByEmail(email)).toStrictEqual(created)
      }
    }
    const different = [`jose@${domain}`, `josé.@${domain}`, `josé@x.${domain}`]
    for (const email of different) await identity.createUser({ email })
  })

  it('bear no name with signs that nobody sees', async () => {
    const { holdfast: { identity, ids } } = await open()
    const name = ids.next().slice(-12)
    const email = `${name}@example.test`
    const user = await identity.createUser({ email, username: name })
    for (const sign of [
      '\u00ad', '\u034f', '\u115f', '\u1160', '\u17b4', '\u180b', '\u200d', '\u2065', '\u2800',
      '\u3164', '\ufe0f', '\uffa0', '\u{e0100}', '\u{1d173}',
    ]) {
      for (const [field, given] of [
        ['username', { email: `x${email}`, username: name + sign }],
        ['username', { email: `x${email}`, username: name[0] + sign + name.slice(1) }],
        ['email', { email: name + sign + email.slice(name.length) }],
      ] as const) {
        await expect(identity.createUser(given), `${field} with ${escape(sign)}`).rejects
          .toMatchObject({ code: 'invalid_input', field })
      }
      await expect(identity.updateUser(user.id, { username: name + sign })).rejects
        .toMatchObject({ code: 'invalid_input', field: 'username' })
    }
  })

  it('name the address that is taken', async () => {
    const { holdfast: { identity, ids } } = await open()
    const email = `${ids.next()}@example.test`
    await identity.createUser({ email })
    await expect(identity.createUser({ email })).rejects.toMatchObject({
      code: 'email_taken', status: 409, field: 'email',
    })
  })

  it('of one address are created once by 20 calls', async () => {
    const { holdfast: { identity, ids } } = await open()
    const email = `${ids.next()}@example.test`
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, index) =>
      identity.createUser({ email: index % 2 === 0 ? email : email.toUpperCase() })))
    const created = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    expect(created).toHaveLength(1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(EmailTaken)
    }
    expect(await identity.findUserByEmail(email)).toStrictEqual(created[0])
  })

  it('log in with their new address alone once it is changed', async () => {
    const { holdfast: { identity, ids } } = await open()
    const [before, after] = [`${ids.next()}@old.test`, `${ids.next()}@New.test`]
    const password = 'a sound password'
    const { id, revision } = await identity.createUser({ email: before, password })
    const changed = await identity.updateUser(id, { email: after }, revision)
    expect(changed).toMatchObject({ id, email: after, revision: revision + 1 })
    expect(await identity.getUser(id)).toStrictEqual(changed)
    expect(await identity.findUserByEmail(after.toUpperCase())).toStrictEqual(changed)
    expect(await identity.findUserByEmail(before)).toBeUndefined()
    const { session } = await identity.logIn({ email: after, password })
    expect(session.userId).toBe(id)
    await expect(identity.logIn({ email: before, password })).rejects.toThrow(LoginFailed)
    await expect(identity.updateUser(id, { email: before }, revision))
      .rejects.toThrow(RevisionConflict)
    await expect(identity.updateUser(unknownId, { email: before })).rejects.toThrow(UserNotFound)
    await expect(identity.updateUser(id, { email: 'nowhere' }))
      .rejects.toMatchObject({ code: 'invalid_input', field: 'email' })
    expect(await identity.createUser({ email: before })).toMatchObject({ email: before })
  })

  it('keep their own address in another case, and never take another’s', async () => {
    const { holdfast: { identity, ids } } = await open()
    const [mine, theirs] = [`${ids.next()}@a.test`, `${ids.next()}@a.test`]
    const name = ids.next().slice(-12)
    const { id } = await identity.createUser({ email: mine })
    await identity.createUser({ email: theirs, username: name })
    expect(await identity.updateUser(id, { email: mine.toUpperCase() }))
      .toMatchObject({ email: mine.toUpperCase() })
    await expect(identity.updateUser(id, { email: theirs.toUpperCase(), displayName: 'x' }))
      .rejects.toMatchObject({ code: 'email_taken', field: 'email' })
    await expect(identity.updateUser(id, { email: mine, username: name }))
      .rejects.toMatchObject({ code: 'username_taken', field: 'username' })
    expect(await identity.getUser(id))
      .toMatchObject({ email: mine.toUpperCase(), displayName: null, username: null })
  })

  it('of one new address are one of 20 who want it at once', async () => {
    const { holdfast: { identity, ids } } = await open()
    const wanted = `${ids.next()}@example.test`
    const all = await Promise.all(Array.from({ length: 20 }, () =>
      identity.createUser({ email: `${ids.next()}@example.test` })))
    const outcomes = await Promise.allSettled(all.map(({ id }) =>
      identity.updateUser(id, { email: wanted })))
    const done = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    expect(done).toHaveLength(1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(EmailTaken)
    }
    expect(await identity.findUserByEmail(wanted)).toStrictEqual(done[0])
  })

  it('need an address and, if any, a password of a sensible length', async () => {
    const { holdfast: { identity } } = await open()
    const addresses = ['', 'a', '@', 'a@', '@b', 'a@b@c', 'a b@c', ' a@b', 'a@b\n', 'é'.repeat(400)]
    for (const email of addresses) {
      await expect(identity.createUser({ email })).rejects.toThrow(InvalidInput)
    }
    for (const password of ['', '1234567', 'x'.repeat(257)]) {
      const failing = identity.createUser({ email: 'a@b', password })
      await expect(failing).rejects.toMatchObject({ code: 'invalid_input', field: 'password' })
    }
    expect(await identity.findUserByEmail('a@b')).toBeUndefined()
  })
})
