import { afterAll, expect, it } from 'vitest'
import { InvalidInput } from '../errors.js'
import { enginesNamed, onEveryEngine } from '../testing/backends.js'
import { checkRoleName, checkRolePassword, newRolePassword, verifierOf } from './roles.js'

onEveryEngine('the verifier of a password', (world) => {
  const role = `holdfast_verified_${process.pid}`
  const run = (sql: string) => world().backend.run({ sql, parameters: [], reach: null })
  afterAll(() => run(`drop role if exists ${role}`))

  it('is what the server makes of it', async () => {
    const password = newRolePassword()
    await run(`create role ${role}`)
    await run(`do $$ begin
      set local password_encryption = 'scram-sha-256';
      alter role ${role} password '${password}'; end $$`)
    const { rows } = await run(`select rolpassword from pg_authid where rolname = '${role}'`)
    const stored = String(rows[0]!.rolpassword)
    const salt = Buffer.from(/:(.+)\$/.exec(stored)![1]!, 'base64')
    expect(verifierOf(password, salt)).toBe(stored)
    expect(verifierOf(`${password}x`, salt)).not.toBe(stored)
  })
}, enginesNamed('postgres'))

it('takes names and passwords that need no quoting, and no others', () => {
  for (const name of ['a', '_x', 'holdfast_owner', 'x'.repeat(63)]) {
    expect(checkRoleName(name, 'name')).toBe(name)
  }
  for (const name of ['', 'A', '1a', 'a-b', 'a b', 'a"', "a'", 'pg_x', 'é', 'x'.repeat(64)]) {
    expect(() => checkRoleName(name, 'name')).toThrow(InvalidInput)
  }
  const password = newRolePassword()
  expect(checkRolePassword(password, 'password')).toBe(password)
  for (const bad of ['', 'x'.repeat(15), 'x'.repeat(129), 'with a space in it', `é${password}`]) {
    expect(() => checkRolePassword(bad, 'password')).toThrow(InvalidInput)
  }
})
