import { hash } from '@node-rs/argon2'
import { expect, it, vi } from 'vitest'
import { Database } from '../database/database.js'
import { counted } from '../testing/counting.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { type IdentityDatabase, IdentityStore, loginLimitsOf } from './index.js'

const work = vi.hoisted(() => ({ verified: 0, hashed: 0 }))

/** The library itself, counting what it is asked to do. */
vi.mock('@node-rs/argon2', async (original) => {
  const real = await original<typeof import('@node-rs/argon2')>()
  return {
    ...real,
    verify: (...given: Parameters<typeof real.verify>) => {
      work.verified += 1
      return real.verify(...given)
    },
    hash: (...given: Parameters<typeof real.hash>) => {
      work.hashed += 1
      return real.hash(...given)
    },
  }
})

const password = 'correct horse battery'
/** A long run, asked for by the environment, is judged by its times as well. */
const logins = Number(process.env.HOLDFAST_TEST_LOGINS ?? 40)
const judgedFrom = 500

/** Identity over a counted database, with limits that a long run does not reach. */
async function observed({ holdfast }: ContractWorld) {
  const { backend, ...counts } = counted(holdfast.backend)
  const plenty = { failures: 1_000_000, seconds: 1 }
  const loginLimits = loginLimitsOf({ account: plenty, knownAddress: plenty, address: plenty })
  const source = { clock: holdfast.clock, ids: holdfast.ids, loginLimits }
  const database = Database.over<IdentityDatabase>(backend).within('all')
  const identity = new IdentityStore(database, source)
  const email = `${holdfast.ids.next()}@example.test`
  const user = await identity.createUser({ email, password })
  return { identity, email, user, database, ...counts }
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)]!
}

contract('a login that fails', (open) => {
  it('costs and says the same whether or not there is such a user', async () => {
    const { identity, email, user, statements, reset } = await observed(await open())
    const silent = await identity.createUser({ email: `silent.${email}` })
    const disabled = await identity.createUser({ email: `disabled.${email}`, password })
    await identity.disableUser(disabled.id)
    const attempts = [
      { email, password: 'a wrong guess' }, { email: `not.${email}`, password },
      { email: silent.email, password }, { email: disabled.email, password },
      { username: 'nobody-at-all', password },
    ]
    const told = []
    for (const attempt of attempts) {
      reset()
      Object.assign(work, { verified: 0, hashed: 0 })
      const origin = { ipAddress: '192.0.2.1', userAgent: 'x' }
      const error = await identity.logIn(attempt, origin).catch((thrown) => thrown)
      const { verified, hashed } = work
      told.push([error.code, error.status, error.message, verified, hashed, statements()])
    }
    expect(told[0]!.slice(0, 5))
      .toEqual(['login_failed', 401, 'E-mail or password is wrong.', 1, 0])
    for (const each of told) expect(each).toEqual(told[0])
    expect((await identity.getUser(user.id)).lastLoginAt).toBeNull()
  })

  it(`takes the same time either way, in ${logins} of them`, async () => {
    const { identity, email } = await observed(await open())
    const timed = async (name: string) => {
      const began = performance.now()
      await identity.logIn({ email: name, password: 'a wrong guess' }).catch(() => undefined)
      return performance.now() - began
    }
    const times = { there: [] as number[], absent: [] as number[] }
    for (let count = 0; count < logins / 2; count++) {
      // In turn, and each first as often as the other.
      const order = count % 2 === 0 ? ['there', 'absent'] as const : ['absent', 'there'] as const
      for (const which of order) {
        times[which].push(await timed(which === 'there' ? email : `absent.${email}`))
      }
    }
    const [there, absent] = [median(times.there), median(times.absent)]
    console.info(JSON.stringify({ logins, thereMs: there, absentMs: absent }))
    expect(times.there).toHaveLength(times.absent.length)
    if (logins >= judgedFrom) expect(Math.abs(there / absent - 1)).toBeLessThan(0.05)
  }, 900_000)
})

contract('passwords', (open) => {
  it('are hashed anew at login when the parameters have risen', async () => {
    const { identity, email, user, database } = await observed(await open())
    const weak = await hash(password, { memoryCost: 8 * 1024, timeCost: 1, parallelism: 1 })
    await database.run(database.write.updateTable('users')
      .set({ password_hash: weak as never }).where('id', '=', user.id as never))
    const stored = async () => {
      const row = await database.first(database.write.selectFrom('users')
        .select('password_hash').where('id', '=', user.id as never))
      return String(row!.password_hash)
    }
    await identity.logIn({ email, password })
    const renewed = await stored()
    expect(renewed).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    await identity.logIn({ email, password })
    expect(await stored()).toBe(renewed)
  })

  it('are taken exactly as typed', async () => {
    const { identity, email } = await observed(await open())
    const typed = ` é\u0000 ${'x'.repeat(100)} `
    const { id } = await identity.createUser({ email: `typed.${email}`, password: typed })
    const login = { email: `typed.${email}` }
    expect((await identity.logIn({ ...login, password: typed })).user.id).toBe(id)
    for (const other of [
      typed.trim(), typed.normalize('NFD'), typed.slice(0, -2), typed.replace('\u0000', ''),
      `${typed.slice(0, 80)}y${typed.slice(81)}`, typed.toUpperCase(),
    ]) {
      await expect(identity.logIn({ ...login, password: other })).rejects.toThrow('is wrong')
    }
  })

  it('that everybody has, or that are the own name, are refused', async () => {
    const { identity, email } = await observed(await open())
    const owner = { email: `a.person@${email.split('@')[0]}`, username: 'Person.Name' }
    const refused = [
      'password', 'PASSWORD', '12345678', 'qwertyuiop', 'trustno1', owner.email,
      owner.email.toUpperCase(), 'A.Person', 'person.name', 'short', '😀😀😀😀', 'x'.repeat(257),
    ]
    for (const each of refused) {
      await expect(identity.createUser({ ...owner, password: each }))
        .rejects.toMatchObject({ code: 'invalid_input', field: 'password' })
    }
    const fine = ['😀😀😀😀😀😀😀😀', '        ', 'x'.repeat(256), 'a.person@', 'passwort für 2']
    for (const [index, each] of fine.entries()) {
      await identity.createUser({ email: `${index}.${email}`, password: each })
    }
  })
})
