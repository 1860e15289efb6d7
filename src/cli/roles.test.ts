import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../database/connect.js'
import { openHoldfast } from '../holdfast.js'
import { enginesNamed } from '../testing/backends.js'
import {
  ensureBuilt, runCli, startCli, temporaryFolder, titleOn,
} from '../testing/command-line.test.harness.js'
import { type DatabaseLease } from '../testing/engines.js'

/** Each of these starts several processes. */
const patienceMs = 120_000

const rootKey = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7)).toString('base64')

for (const engine of enginesNamed('postgres')) {
  describe.skipIf(engine.missing !== undefined)(titleOn(engine, 'init-db --roles'), () => {
    let folder: ReturnType<typeof temporaryFolder>
    let lease: DatabaseLease
    let names: { owner: string; server: string }
    const passwords = { owner: 'owner-password-0123', server: 'server-password-0123' }
    beforeAll(async () => {
      await ensureBuilt()
      folder = temporaryFolder()
      lease = await engine.create()
      const name = new URL(lease.url).pathname.slice(1)
      names = { owner: `${name}_o`, server: `${name}_s` }
    }, 180_000)
    afterAll(async () => {
      await lease?.drop()
      const url = new URL(lease.adminUrl)
      url.pathname = '/postgres'
      await execute(url.toString(), `drop role if exists ${names.owner}`,
        `drop role if exists ${names.server}`)
      folder?.remove()
    })

    const initRoles = (environment: Record<string, string> = {}, url = lease.adminUrl) => runCli([
      'init-db', '--database', url, '--roles', '--owner-role', names.owner,
      '--server-role', names.server, '--json',
    ], { cwd: folder.path, environment })
    const urlOf = (role: 'owner' | 'server') => {
      const url = new URL(lease.adminUrl)
      return Object.assign(url, { username: names[role], password: passwords[role] }).toString()
    }
    const serve = (environment: Record<string, string>) => startCli(
      ['serve', '--port', '0', '--json'], { cwd: folder.path, environment })

    it('gives tables that another login made to the owner, and prints both URLs once', async () => {
      await (await openHoldfast({ database: lease.adminUrl })).close()
      const { code, stdout, stderr } = await initRoles()
      expect([code, stderr]).toEqual([0, ''])
      const made = JSON.parse(stdout)
      expect(made).toMatchObject({ created: false, migrations: [] })
      expect(new URL(made.database_url)).toMatchObject({ username: names.server })
      expect(new URL(made.database_url).password).toMatch(/^[\w-]{32}$/)
      const backend = await connect(made.migration_database_url, { poolMax: 1 })
      const { rows } = await backend.run({
        sql: `select distinct tableowner from pg_tables where schemaname = 'public'`,
        parameters: [], reach: null,
      }).finally(() => backend.close())
      expect(rows).toEqual([{ tableowner: names.owner }])
    }, patienceMs)

    it('may be run again: passwords stay, or become those given, and are not shown', async () => {
      const again = JSON.parse((await initRoles()).stdout)
      expect(new URL(again.database_url).password).toBe('***')
      const { code, stdout } = await initRoles({
        HOLDFAST_OWNER_PASSWORD: passwords.owner, HOLDFAST_SERVER_PASSWORD: passwords.server,
      })
      expect(code).toBe(0)
      const backend = await connect(urlOf('server'), { poolMax: 1 })
      await backend.ping().finally(() => backend.close())
      expect(JSON.parse(stdout).database_url).toBe(urlOf('server'))
      const { stderr } = await initRoles({ HOLDFAST_SERVER_PASSWORD: 'short' })
      expect(stderr).toContain('HOLDFAST_SERVER_PASSWORD must be 16 to 128 ASCII characters')
    }, patienceMs)

    it('lets the serving login change rows in its reach and nothing else', async () => {
      const backend = await connect(urlOf('server'), { poolMax: 1 })
      const run = (sql: string) => backend.run({ sql, parameters: [], reach: 'all' })
      expect((await run('select * from organizations')).rows).toHaveLength(1)
      expect(await backend.walls()).toEqual({ role: names.server, unbound: undefined, open: [] })
      for (const sql of [
        'create table own (a int)', 'create schema own', 'drop table messages',
        'truncate messages', 'alter table messages disable row level security',
        'alter table messages no force row level security',
        'drop policy organizations_in_reach on messages',
        `insert into holdfast_migrations values ('x', 'y')`, `set role ${names.owner}`,
        'set session_replication_role = replica', `create role other`,
      ]) await expect(run(sql), sql).rejects.toThrow()
      await backend.close()
    }, patienceMs)

    it('goes by the search path, and says when it leads nowhere', async () => {
      const other = await engine.create()
      try {
        const name = new URL(other.adminUrl).pathname.slice(1)
        await execute(other.adminUrl, `alter database "${name}" set search_path = own`)
        const lost = await initRoles({}, other.adminUrl)
        expect([lost.code, lost.stderr])
          .toEqual([1, expect.stringMatching(/The search_path of .* names no schema of/)])
        await execute(other.adminUrl, 'create schema own', 'drop schema public')
        const made = await initRoles({
          HOLDFAST_OWNER_PASSWORD: passwords.owner, HOLDFAST_SERVER_PASSWORD: passwords.server,
        }, other.adminUrl)
        expect([made.code, made.stderr]).toEqual([0, ''])
        const { database_url: url } = JSON.parse(made.stdout) as { database_url: string }
        const running = serve({
          HOLDFAST_DATABASE_URL: url, HOLDFAST_MODE: 'production', HOLDFAST_ROOT_KEY: rootKey,
        })
        expect(JSON.parse(await running.line(/^\{/))).toMatchObject({ database: engine.name })
        running.signal('SIGTERM')
        expect((await running.end).code).toBe(0)
      } finally {
        await other.drop()
      }
    }, patienceMs)

    it('serves in production with the server’s login', async () => {
      const running = serve({
        HOLDFAST_DATABASE_URL: urlOf('server'), HOLDFAST_MODE: 'production',
        HOLDFAST_MIGRATION_DATABASE_URL: urlOf('owner'), HOLDFAST_ROOT_KEY: rootKey,
      })
      expect(JSON.parse(await running.line(/^\{/))).toMatchObject({ database: engine.name })
      running.signal('SIGTERM')
      const { code, stderr } = await running.end
      expect([code, stderr.includes('warning')]).toEqual([0, false])
    }, patienceMs)

    it('migrates with the owner’s login while the server’s may not', async () => {
      await execute(urlOf('owner'), `delete from holdfast_migrations where name like '0013%'`)
      const alone = await serve({ HOLDFAST_DATABASE_URL: urlOf('server') }).end
      expect(alone.code).toBe(1)
      expect(alone.stderr).toContain('HOLDFAST_MIGRATION_DATABASE_URL')
      await execute(urlOf('owner'),
        `insert into holdfast_migrations values ('0013_row_level_security', 'before')`)
    }, patienceMs)

    it('refuses logins in production that no policy binds, with the command for it', async () => {
      for (const url of [lease.adminUrl, urlOf('owner')]) {
        const { code, stderr } = await serve({
          HOLDFAST_DATABASE_URL: url, HOLDFAST_MODE: 'production',
        }).end
        expect(code).toBe(1)
        expect(stderr).toMatch(/(is a superuser|owns the tables), or may become/)
        expect(stderr).toContain('holdfast init-db --roles')
      }
      const running = serve({ HOLDFAST_DATABASE_URL: lease.adminUrl })
      await running.line(/^\{/)
      running.signal('SIGTERM')
      expect((await running.end).stderr).toContain('row-level security does not bind it')
    }, patienceMs)

    it('lets doctor tell the logins and a table without its wall apart', async () => {
      const check = async (url: string) => {
        const { stdout } = await runCli(['doctor', '--json', '--database', url], {
          cwd: folder.path, environment: { HOLDFAST_PORT: '0' },
        })
        const { checks } = JSON.parse(stdout) as { checks: { name: string; state: string }[] }
        return checks.find(({ name }) => name === 'row-security')
      }
      expect(await check(urlOf('server'))).toMatchObject({ state: 'ok' })
      expect(await check(lease.adminUrl)).toMatchObject({ state: 'warning' })
      await execute(urlOf('owner'), 'alter table messages no force row level security')
      expect(await check(urlOf('server')))
        .toMatchObject({ state: 'warning', message: expect.stringContaining('on messages.') })
    }, patienceMs)
  })
}

async function execute(url: string, ...statements: readonly string[]): Promise<void> {
  const backend = await connect(url, { poolMax: 1 })
  try {
    for (const sql of statements) await backend.run({ sql, parameters: [], reach: null })
  } finally {
    await backend.close()
  }
}
