import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { type Backend } from '../database/engine.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import { Authenticator, type IdentityTables, Unauthenticated } from './index.js'
import { kindOfToken, newToken } from './tokens.js'

/** The backend, counting every statement that reaches it. */
function counted(backend: Backend) {
  let statements = 0
  const counting = new Proxy(backend, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]): unknown => {
        statements += 1
        return Reflect.apply(value, target, given)
      }
    },
  })
  return { backend: counting, statements: () => statements }
}

function watched({ holdfast }: ContractWorld) {
  const { backend, statements } = counted(holdfast.backend)
  const clock = new ManualClock()
  const source = { clock, ids: holdfast.ids }
  const database = Database.over<IdentityTables>(backend).within('all')
  const authenticator = new Authenticator(database, source)
  return { clock, statements, authenticator }
}

const replaced = (token: string, at: number, by: string) =>
  token.slice(0, at) + (token[at] === by ? 'z' : by) + token.slice(at + 1)

contract('authentication', (open) => {
  it('costs no query for a token that is malformed', async () => {
    const { authenticator, statements } = watched(await open())
    const good = newToken('service_token')
    const malformed = [
      '', 'x', 'hf_', 'hf_st_', good.slice(1), good.slice(0, -1), `${good}0`, ` ${good}`,
      `${good}\n`, good.toUpperCase(), good.replace('hf_st_', 'hf_xx_'),
      good.replace('hf_st_', 'hf_ls_'),
      ...Array.from({ length: 36 }, (_, index) => replaced(good, 6 + index, '0')),
      `${good.slice(0, 10)}\u0000${good.slice(11)}`, 'é'.repeat(42), 'x'.repeat(100_000),
    ]
    for (const token of malformed) {
      expect(kindOfToken(token)).toBeUndefined()
      await expect(authenticator.authenticate(token)).rejects.toThrow(Unauthenticated)
    }
    expect(statements()).toBe(0)
  })

  it('asks once in half a second for all calls with one token, good or unknown', async () => {
    const world = await open()
    const { authenticator, statements, clock } = watched(world)
    const { token } = await world.organization.serviceTokens.create({ name: 'x', scopes: ['*'] })
    await Promise.all(Array.from({ length: 20 }, () => authenticator.authenticate(token)))
    clock.advance(499)
    await authenticator.authenticate(token)
    expect(statements()).toBe(1)
    clock.advance(1)
    await authenticator.authenticate(token)
    expect(statements()).toBe(2)
    const unknown = newToken('session')
    const refused = await Promise.allSettled(
      Array.from({ length: 20 }, () => authenticator.authenticate(unknown)))
    expect(refused.every(({ status }) => status === 'rejected')).toBe(true)
    expect(statements()).toBe(3)
  })

  it('asks again after a failure of the database', async () => {
    const world = await open()
    const { holdfast } = world
    const { token } = await world.organization.serviceTokens.create({ name: 'x', scopes: ['*'] })
    let failing = true
    const flaky = new Proxy(holdfast.backend, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return async (...given: unknown[]): Promise<unknown> => {
          if (failing) throw new Error('the database is away')
          return Reflect.apply(value, target, given)
        }
      },
    })
    const database = Database.over<IdentityTables>(flaky).within('all')
    const authenticator = new Authenticator(database, holdfast)
    await expect(authenticator.authenticate(token)).rejects.toThrow('away')
    failing = false
    expect((await authenticator.authenticate(token)).kind).toBe('service_token')
  })
})
