import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../database/connect.js'
import { enginesNamed } from '../testing/backends.js'
import { type DatabaseLease } from '../testing/engines.js'
import {
  ensureBuilt, runCli, temporaryFolder, titleOn,
} from '../testing/command-line.test.harness.js'

for (const engine of enginesNamed('postgres')) {
  describe.skipIf(engine.missing !== undefined)(titleOn(engine, 'init-db'), () => {
    let folder: ReturnType<typeof temporaryFolder>
    let lease: DatabaseLease
    let role: string

    beforeAll(async () => {
      await ensureBuilt()
      folder = temporaryFolder()
      lease = await engine.create()
      role = `${new URL(lease.url).pathname.slice(1)}_role`
    }, 180_000)
    afterAll(async () => {
      await lease?.drop()
      await query('postgres', `drop role if exists "${role}"`)
      folder?.remove()
    })

    const at = (database: string, login: Partial<URL> = {}): string => {
      const url = new URL(lease.url)
      url.pathname = `/${database}`
      return Object.assign(url, login).toString()
    }
    const asRole = () =>
      at(new URL(lease.url).pathname.slice(1), { username: role, password: 's3cret' })
    const query = async (database: string, sql: string) => {
      const backend = await connect(at(database), { poolMax: 1 })
      try {
        return (await backend.run({ sql, parameters: [] })).rows
      } finally {
        await backend.close()
      }
    }
    const initDb = (words: readonly string[]) =>
      runCli(['init-db', ...words], { cwd: folder.path })

    it('makes a missing database once, however many try at the same time', async () => {
      await lease.drop()
      const words = ['--database', lease.url, '--json']
      const ended = await Promise.all([initDb(words), initDb(words), initDb(words)])
      expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual(Array(3).fill([0, '']))
      const results = ended.map(({ stdout }) => JSON.parse(stdout))
      const count = (key: string) => results.filter((each) => each[key] === true).length
      expect([count('created'), count('default_organization_created')]).toEqual([1, 1])
      expect(results.filter(({ migrations }) => migrations.length > 0)).toHaveLength(1)
    })

    it('changes nothing the second time, and says so', async () => {
      const { code, stdout } = await initDb(['--database', lease.url])
      expect(code).toBe(0)
      expect(stdout)
        .toMatch(/^found postgres.*\nthe schema was up to date\nthe organization .* there\n$/)
    })

    it('needs a role that exists, and shows how to make one', async () => {
      const database = asRole()
      await lease.drop()
      const { code, stderr } = await initDb(['--database', database, '--admin-url', at('postgres')])
      expect(code).toBe(1)
      expect(stderr).toContain(`The role "${role}" does not exist on the server.`)
      expect(stderr).toContain(`create role "${role}" login password`)
      expect(stderr).not.toContain('s3cret')
    })

    it('says what a login may not do and how to go on', async () => {
      await query('postgres', `create role "${role}" login password 's3cret'`)
      const database = asRole()
      const { code, stderr } = await initDb(['--database', database])
      expect(code).toBe(1)
      expect(stderr).toMatch(/^holdfast: The login may not create the database .*--admin-url/)
    })

    it('makes the database as the administrator and gives it to the role', async () => {
      const name = new URL(lease.url).pathname.slice(1)
      const database = asRole()
      const words = ['--database', database, '--admin-url', at('postgres'), '--json']
      const { code, stdout, stderr } = await initDb(words)
      expect([code, stderr]).toEqual([0, ''])
      expect(JSON.parse(stdout))
        .toMatchObject({ created: true, default_organization_created: true })
      const owners = await query(name, 'select pg_get_userbyid(datdba) as owner, ' +
        `pg_encoding_to_char(encoding) as encoding from pg_database where datname = '${name}'`)
      expect(owners).toEqual([{ owner: role, encoding: 'UTF8' }])
      const tables = await query(
        name, "select tableowner from pg_tables where tablename = 'messages'")
      expect(tables).toEqual([{ tableowner: role }])
    })

    it('explains a wrong administrator like any other login', async () => {
      const admin = 'postgres://a@127.0.0.1:1/b'
      const words = ['--database', at('holdfast_never'), '--admin-url', admin]
      const { code, stderr } = await initDb(words)
      expect(code).toBe(1)
      expect(stderr).toMatch(/^holdfast: Nothing answers at 127\.0\.0\.1:1/)
    })
  })
}
