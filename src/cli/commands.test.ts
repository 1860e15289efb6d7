import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { enginesNamed } from '../testing/backends.js'
import { type DatabaseLease } from '../testing/engines.js'
import {
  ensureBuilt, sharedCli, temporaryFolder, titleOn,
} from '../testing/command-line.test.harness.js'
import { run } from './program.js'
import { Terminal } from './terminal.js'

const runCliHere = sharedCli(run, Terminal)
let folder: ReturnType<typeof temporaryFolder>

beforeAll(async () => {
  await ensureBuilt()
  folder = temporaryFolder()
}, 180_000)
afterAll(() => folder?.remove())

const cli = (words: readonly string[], environment: Record<string, string> = {}, input = '') =>
  runCliHere(words, { cwd: folder.path, environment, input })

/** Commands that look at what is there, or change it. */
const looking = [
  'user list', 'user disable ada', 'org update acme --name Acme', 'token list', 'secrets list',
  'secrets rotate --all', 'audit verify', 'audit heads', 'usage', 'run list', 'workflow list',
  'agent list', 'export nowhere',
].map((words) => words.split(' '))

for (const engine of enginesNamed('sqlite', 'postgres')) {
  describe.skipIf(engine.missing !== undefined)(titleOn(engine, 'commands'), () => {
    let lease: DatabaseLease
    let environment: Record<string, string>
    beforeAll(async () => {
      lease = await engine.create()
      environment = { HOLDFAST_DATABASE_URL: lease.url }
    })
    afterAll(() => lease?.drop())

    const json = async (words: readonly string[], input = '') => {
      const { code, stdout, stderr } = await cli([...words, '--json'], environment, input)
      expect(stderr.split('\n').filter((line) => !line.includes('made the schema'))).toEqual([''])
      expect(code).toBe(0)
      expect(stdout.split('\n')).toHaveLength(2)
      return JSON.parse(stdout)
    }

    it('migrate up, status and down move the schema and say so', async () => {
      const { applied } = await json(['migrate', 'up'])
      expect(applied[0]).toBe('0001_identity')
      expect(await json(['migrate', 'up'])).toEqual({ applied: [] })
      const { migrations } = await json(['migrate', 'status'])
      expect(migrations.map(({ name }: { name: string }) => name)).toEqual(applied)
      expect(migrations.every((each: { applied_at: unknown }) => each.applied_at)).toBe(true)
      const newest = applied.at(-1)
      expect(await json(['migrate', 'down', '--steps', '1'])).toEqual({ reverted: [newest] })
      const { stdout } = await cli(['migrate', 'status'], environment)
      expect(stdout).toMatch(new RegExp(`^${newest} +pending$`, 'm'))
      expect(stdout).toMatch(/^0001_identity +applied \d{4}-/m)
    })

    it('refuse a schema that is behind, and name the command', async () => {
      const { code, stderr } = await cli(['org', 'create', '--name', 'Acme'], environment)
      expect(code).toBe(1)
      expect(stderr).toMatch(/^holdfast: Migrations are pending .*run: holdfast migrate up\n$/)
    })

    it('make the schema in an empty database and say so', async () => {
      expect((await json(['migrate', 'down', '--all'])).reverted.at(-1)).toBe('0001_identity')
      const { code, stdout, stderr } = await cli(
        ['token', 'create', '--scopes', '*'], environment)
      expect(code).toBe(0)
      expect(stdout).toMatch(/^hf_st_\w{36}\n$/)
      expect(stderr).toContain('made the schema')
      expect(stderr).toContain('without end')
    })

    it('refuse an empty database where they only look, and leave it as it is', async () => {
      const empty = await engine.create()
      try {
        for (const words of looking) {
          const { code, stderr } = await cli(
            [...words, '--json', '--database', empty.url], environment)
          expect([code, stderr], words.join(' '))
            .toEqual([1, expect.stringMatching(/"(database|schema)_missing"/)])
        }
        const { stderr } = await cli(['user', 'list', '--database', empty.url], environment)
        expect(stderr).toMatch(/^holdfast: There is no .* holdfast init-db\n$/)
        expect((await cli(['migrate', 'status', '--database', empty.url])).stdout)
          .not.toContain('applied')
      } finally {
        await empty.drop()
      }
    })

    it('token create makes a token that opens the organization', async () => {
      const { id } = await json(['org', 'create', '--name', 'Tokens', '--slug', 'tokens'])
      const scopes = ['conversations:read', 'service_tokens:*']
      for (const organization of [id, 'tokens']) {
        const created = await json(['token', 'create', '--organization', organization, '--scopes',
          scopes.join(','), '--expires-in-days', '2'])
        expect(created).toMatchObject({ scopes, id: expect.stringMatching(/^[0-9a-f-]{36}$/) })
        const days = (Date.parse(created.expires_at) - Date.now()) / 86_400_000
        expect(days).toBeGreaterThan(1.99)
        expect(days).toBeLessThan(2.01)
        const principal = await withLibrary(({ authenticator }) =>
          authenticator.authenticate(created.token))
        expect(principal).toMatchObject({ organizationId: id, scopes })
      }
    })

    it('org create answers with id, slug and name, and sets the owner', async () => {
      const user = await json(['user', 'create', '--email', 'Owner@example.com', '--password',
        'long enough'])
      const words = ['org', 'create', '--name', 'Ümläut & Co', '--owner-email', 'owner@EXAMPLE.com']
      const created = await json(words)
      expect(created).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/), slug: expect.any(String), name: 'Ümläut & Co',
      })
      const role = await withLibrary(({ organizations }) =>
        organizations.findRole(created.id, user.id))
      expect(role).toBe('owner')
    })

    it('user create takes the password from standard input and the role', async () => {
      const words = ['user', 'create', '--email', 'ada@example.com', '--display-name', 'Ada',
        '--password-stdin', '--organization', 'default', '--role', 'admin']
      const created = await json(words, 'correct horse\n')
      expect(created).toEqual({ id: expect.any(String), email: 'ada@example.com' })
      await withLibrary(async ({ identity, organizations }) => {
        const login = { email: 'ada@example.com', password: 'correct horse' }
        const { user } = await identity.logIn(login)
        expect(user).toMatchObject({ id: created.id, displayName: 'Ada' })
        expect(await organizations.list(user.id))
          .toMatchObject([{ slug: 'default', role: 'admin' }, { name: 'Ada', role: 'owner' }])
      })
    })

    it('user update, set-password, disable, enable, delete find a user by any name', async () => {
      const made = ['user', 'create', '--email', 'old@example.com', '--password', 'long enough']
      const { id } = await json(made)
      const words = ['user', 'update', 'OLD@example.com', '--email', 'new@example.com']
      expect(await json([...words, '--username', 'newton', '--display-name', 'Newton']))
        .toMatchObject({ id, email: 'new@example.com', username: 'newton', display_name: 'Newton' })
      expect(await json(['user', 'update', 'newton', '--display-name', '']))
        .toMatchObject({ id, email: 'new@example.com', username: 'newton', display_name: null })
      const told = { id, email: 'new@example.com' }
      expect(await json(['user', 'set-password', id, '--password-stdin'], 'longer still\n'))
        .toEqual({ ...told, password_set: true })
      expect(await json(['user', 'disable', 'newton'])).toEqual({ ...told, disabled: true })
      const login = { email: 'new@example.com', password: 'longer still' }
      await withLibrary(({ identity }) =>
        expect(identity.logIn(login)).rejects.toMatchObject({ code: 'login_failed' }))
      expect(await json(['user', 'enable', 'newton'])).toEqual({ ...told, enabled: true })
      const { user } = await withLibrary(({ identity }) => identity.logIn(login))
      expect(user.id).toBe(id)
      expect(await json(['user', 'delete', 'newton'])).toEqual({ ...told, deleted: true })
      const gone = await cli(['user', 'update', 'newton', '--email', 'x@y.test'], environment)
      expect([gone.code, gone.stderr]).toEqual([1, 'holdfast: There is no user newton.\n'])
    })

    it('leave no user behind when the organization does not exist', async () => {
      const words = ['user', 'create', '--email', 'nobody@example.com', '--organization', 'missing']
      const { code, stderr } = await cli(words, environment)
      expect([code, stderr]).toEqual([1, 'holdfast: There is no organization missing.\n'])
      const found = await withLibrary(({ identity }) =>
        identity.findUserByEmail('nobody@example.com'))
      expect(found).toBeUndefined()
    })

    it.each([
      [['user', 'create', '--email', 'ADA@example.com'], 'email_taken', /is taken/],
      [['user', 'create', '--email', 'ada'], 'invalid_input', /e-mail address/],
      [['user', 'create', '--email', 'a@b', '--password', 'short'], 'invalid_input', /8 to 256/],
      [['org', 'create', '--name', 'X', '--slug', 'Not A Slug'], 'invalid_input', /slug must/],
      [['org', 'create', '--name', 'X', '--slug', 'default'], 'slug_taken', /is taken/],
      [['org', 'create', '--name', 'X', '--owner-email', 'x@y'], 'user_not_found', /user create/],
      [['token', 'create', '--scopes', '*', '--organization', 'nope'], 'organization_not_found',
        /no organization nope/],
    ])('%j fails with the code %s', async (words, code, message) => {
      const ended = await cli([...words, '--json'], environment)
      expect([ended.code, ended.stdout]).toEqual([1, ''])
      const { error } = JSON.parse(ended.stderr)
      expect(error.code).toBe(code)
      expect(error.message).toMatch(message)
    })

    async function withLibrary<R>(
      work: (holdfast: Awaited<ReturnType<typeof openHoldfast>>) => Promise<R>,
    ): Promise<R> {
      const holdfast = await openHoldfast({ database: lease.url })
      try {
        return await work(holdfast)
      } finally {
        await holdfast.close()
      }
    }
  })
}

describe('a command line that cannot be understood', () => {
  it('ends the process with 2 and one line', async () => {
    expect(await cli(['serv'])).toEqual({
      code: 2, stdout: '', stderr: "holdfast: unknown command 'serv' (Did you mean serve?)\n",
    })
  })

  it('ends the process with 2 and one object for programs', async () => {
    const { code, stdout, stderr } = await cli(['migrate', 'down', '--json'])
    expect([code, stdout]).toEqual([2, ''])
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'usage', message: 'migrate down needs --steps <n> or --all' },
    })
  })
})

describe('a configuration that cannot work', () => {
  it.each([
    [{ HOLDFAST_PORT: 'x' }, /HOLDFAST_PORT must be/],
    [{ HOLDFAST_DATABASE_URL: 'mysql://x' }, /HOLDFAST_DATABASE_URL must be/],
    [{ HOLDFAST_DATABASE_URL: 'memory:' }, /in memory ends with this command/],
    [{ HOLDFAST_DATABASE_URL: 'sqlite:./none/a.db' }, /folder \.\/none does not exist.*init-db/],
    [{ HOLDFAST_DATABASE_URL: 'sqlite:.' }, /\. is a folder/],
    [{ HOLDFAST_DATABASE_URL: 'postgres://a:s3cret@127.0.0.1:1/b' }, /Nothing answers at 127/],
    [{ HOLDFAST_DATABASE_URL: 'postgres://a:s3cret@no.invalid/b' }, /cannot be resolved/],
    [{ HOLDFAST_DATABASE_URL: 'postgres://a:s3cret@127.0.0.1:1/b?sslmode=x' }, /sslmode must be/],
  ])('%j ends with 1 and one line that says why', async (environment, message) => {
    const { code, stdout, stderr } = await cli(['migrate', 'up'], environment)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^holdfast: .+\n$/)
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain('s3cret')
  })

  it('shows the stack when asked', async () => {
    const words = ['migrate', 'up', '--log-level', 'debug', '--database', 'sqlite:.']
    const { stderr } = await cli(words)
    expect(stderr).toMatch(/^holdfast: \. is a folder.*\n.*\n +at /)
  })

  it('does not make a file by asking for its status', async () => {
    const words = ['migrate', 'status', '--database', 'sqlite:typo.db']
    const { code, stderr } = await cli(words)
    expect([code, stderr])
      .toEqual([1, 'holdfast: There is no database at typo.db. Create it: holdfast init-db\n'])
    expect(existsSync(join(folder.path, 'typo.db'))).toBe(false)
  })

  it('warns of a variable that is spelled wrong and goes on', async () => {
    const environment = { HOLDFAST_DATABSE_URL: 'x', HOLDFAST_DATABASE_URL: 'sqlite:warned.db' }
    const { code, stderr } = await cli(['migrate', 'up'], environment)
    expect(code).toBe(0)
    expect(stderr).toMatch(/^holdfast: warning: HOLDFAST_DATABSE_URL .*HOLDFAST_DATABASE_URL\?\n$/)
  })
})

describe('help, version and the API document', () => {
  it('--version prints the version of the package', async () => {
    const packageFile = new URL('../../package.json', import.meta.url)
    const { version } = JSON.parse(readFileSync(packageFile, 'utf8'))
    expect(await cli(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it.each([['--help'], ['help'], ['serve', '--help'], ['help', 'token']])(
    '%s %s prints help on standard output', async (...words) => {
      const { code, stdout, stderr } = await cli(words)
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(/^Usage: holdfast/)
    })

  it('token list, rotate and revoke lead a token through its life', async () => {
    const made = await cli(['token', 'create', '--scopes', 'jobs:*', '--name', 'life',
      '--allow-ip', '10.0.0.0/8,::1', '--rate-limit', '600/60', '--json'])
    const { id, token } = JSON.parse(made.stdout)
    const rotated = await cli(['token', 'rotate', id, '--overlap-seconds', '60', '--json'])
    const answer = JSON.parse(rotated.stdout)
    expect([answer.id, answer.token]).toEqual([id, expect.stringMatching(/^hf_st_/)])
    expect(answer.token).not.toBe(token)
    const revoked = await cli(['token', 'revoke', id, '--reason', 'lost', '--json'])
    expect(JSON.parse(revoked.stdout)).toMatchObject({ id, reason: 'lost' })
    const again = await cli(['token', 'rotate', id])
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining(id)])
    const listed = await cli(['token', 'list', '--json'])
    const lines = listed.stdout.trim().split('\n').map((line) => JSON.parse(line))
    expect(lines.find((each) => each.id === id)).toMatchObject({
      name: 'life', scopes: ['jobs:*'], revoked_at: expect.any(String), use_count: 0,
    })
    expect(listed.stdout).not.toContain(token.slice(6, 30))
  })

  it('token create and rotate name a flag that makes no sense', async () => {
    for (const [words, message] of [
      [['create', '--scopes', '*', '--rate-limit', 'fast'], '--rate-limit must be'],
      [['rotate', 'x', '--overlap-seconds', 'long'], '--overlap-seconds must be'],
    ] as const) {
      const { code, stderr } = await cli(['token', ...words])
      expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
    }
    const { code, stderr } = await cli(['token', 'create', '--scopes', '*', '--allow-ip', 'x'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('allowed_ip_ranges')])
  })

  it('org update changes name, slug and rate limit', async () => {
    const made = await cli(['org', 'create', '--name', 'Before', '--slug', 'before', '--json'])
    const { id } = JSON.parse(made.stdout)
    const words = ['org', 'update', 'before', '--slug', 'after', '--rate-limit', '600/60']
    const { stdout } = await cli([...words, '--json'])
    expect(JSON.parse(stdout)).toEqual({
      id, slug: 'after', name: 'Before', rate_limit: 600, rate_window_seconds: 60,
    })
    const listed = await cli(['org', 'list', '--json'])
    const rows = listed.stdout.trim().split('\n').map((line) => JSON.parse(line) as object)
    expect(rows[0]).toEqual({ id, slug: 'after', name: 'Before', created_at: expect.any(String) })
    expect(rows.at(-1)).toMatchObject({ slug: 'default' })
    expect((await cli(['org', 'list'])).stdout).toContain(`${id}  after  Before\n`)
    const lifted = await cli(['org', 'update', 'after', '--rate-limit', 'none', '--json'])
    expect(JSON.parse(lifted.stdout)).toMatchObject({ slug: 'after', rate_limit: null })
  })

  it('openapi prints the document, or writes it to a file', async () => {
    const { code, stdout } = await cli(['openapi'])
    expect(code).toBe(0)
    const document = JSON.parse(stdout)
    expect(document.openapi).toBe('3.1.0')
    expect(document.paths['/v1/conversations']).toBeDefined()
    const written = await cli(['openapi', '--out', 'openapi.json'])
    expect(written).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(readFileSync(join(folder.path, 'openapi.json'), 'utf8')).toBe(stdout)
  })

  it('openapi says which file cannot be written', async () => {
    const { code, stderr } = await cli(['openapi', '--out', 'none/openapi.json'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^holdfast: The document cannot be written \(.*none\/openapi\.json/)
  })
})

describe('init-db on SQLite', () => {
  const words = ['init-db', '--database', 'sqlite:./new/folder/a.db']

  it('makes folder, file, schema and organization, and says so', async () => {
    const { code, stdout } = await cli(words)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^created sqlite:\.\/new\/folder\/a\.db\napplied 0001_identity\n/)
    expect(stdout).toMatch(/\ncreated the organization "default"\n$/)
    const path = join(folder.path, 'new/folder')
    if (process.platform === 'win32') return
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(statSync(join(path, 'a.db')).mode & 0o777).toBe(0o600)
  })

  it('changes nothing the second time', async () => {
    const { code, stdout } = await cli([...words, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      database: 'sqlite:./new/folder/a.db', created: false, migrations: [],
      default_organization_created: false,
    })
  })

  it('says when a file stands where the folder should be', async () => {
    writeFileSync(join(folder.path, 'plain'), '')
    const { code, stderr } = await cli(['init-db', '--database', 'sqlite:./plain/a.db'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^holdfast: The folder \.\/plain cannot be made/)
  })

  it('has nothing to do in memory', async () => {
    const { code, stdout } = await cli(['init-db', '--database', 'memory:'])
    expect([code, stdout]).toEqual([0, expect.stringContaining('nothing to prepare')])
  })
})
