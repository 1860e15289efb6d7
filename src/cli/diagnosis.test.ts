import { readFileSync } from 'node:fs'
import { connect as connectSocket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { addressOf } from '../database/address.js'
import { connect } from '../database/connect.js'
import { providerOf } from '../secrets/index.js'
import { diagnosed } from './diagnosis.js'

const server = addressOf('postgres://someone:word@db.example:5432/holdfast')
const file = addressOf('sqlite:/data/holdfast.db')

/** What `work` throws. */
async function thrown(work: () => unknown): Promise<unknown> {
  try {
    await work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('a failure over a file that is not the database', () => {
  const addresses = [['a server', server], ['a file', file]] as const
  it.each(addresses)('stays what it is, on %s', async (_name, at) => {
    const key = await thrown(() => providerOf({ file: '/missing/root.key' }))
    expect(diagnosed(key, at)).toBe(key)
    expect((key as Error).message).toBe(
      'The root key file /missing/root.key cannot be read; name the right one.')
    for (const path of ['/elsewhere', '/data/holdfast.db.key']) {
      const refused = Object.assign(new Error('EACCES'), { code: 'EACCES', path })
      expect(diagnosed(refused, at)).toBe(refused)
    }
  })

  it('such as a certificate is named', async () => {
    const url = 'postgres://a:b@127.0.0.1:1/c?sslmode=verify-full&sslrootcert=/missing/ca.pem'
    const failure = diagnosed(await thrown(() => connect(url)), addressOf(url)) as Error
    expect(failure.message).toContain('/missing/ca.pem')
  })
})

describe('a failure of the database itself', () => {
  it('still says so: a socket, a folder, a file without rights', async () => {
    const socket = await thrown(() => new Promise((_done, fail) => {
      connectSocket('/missing/.s.PGSQL.5432').once('error', fail)
    }))
    expect((diagnosed(socket, server) as Error).message).toMatch(/^Nothing answers at db\.example/)
    const missing = '/missing/holdfast.db'
    const folder = await thrown(() => readFileSync(missing))
    expect((diagnosed(folder, addressOf(`sqlite:${missing}`)) as Error).message)
      .toBe('The folder /missing does not exist. Make it and the database: holdfast init-db')
    const path = '/data/holdfast.db-wal'
    const log = Object.assign(new Error('EACCES'), { code: 'EACCES', path })
    expect((diagnosed(log, file) as Error).message).toMatch(/may not be opened for writing/)
  })
  it('is told from a pooler that was not named as one', () => {
    const refusal = new Error('unsupported startup parameter: statement_timeout')
    const told = diagnosed(Object.assign(refusal, { code: '08P01' }), server) as Error
    expect(told.message).toContain('db.example is a pooler such as PgBouncer')
    expect(told.message).toContain('?pgbouncer=true')
  })
})
