import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import {
  ensureBuilt, root, sharedCli, temporaryFolder, titleOn,
} from '../testing/command-line.test.harness.js'
import { enginesNamed } from '../testing/backends.js'
import { type DatabaseLease } from '../testing/engines.js'
import { run } from './program.js'
import { Terminal } from './terminal.js'

const runCliHere = sharedCli(run, Terminal)
let folder: ReturnType<typeof temporaryFolder>

beforeAll(async () => {
  await ensureBuilt()
  folder = temporaryFolder()
}, 180_000)
afterAll(() => folder?.remove())

const key = Buffer.alloc(32, 7).toString('base64')
const title = '=HYPERLINK("x")'

for (const engine of enginesNamed('sqlite', 'postgres')) {
  describe.skipIf(engine.missing !== undefined)(titleOn(engine, 'audit'), () => {
    let lease: DatabaseLease
    let path: (name: string) => string
    beforeAll(async () => {
      lease = await engine.create()
      path = (name) => join(folder.path, `${engine.name}-${name}`)
      const holdfast = await openHoldfast({ database: lease.url })
      const { conversations } = holdfast.organization('default', {
        id: title, userAgent: 'a\r\n"b"\u009b31m',
      })
      for (let count = 0; count < 5; count++) await conversations.create()
      await holdfast.close()
    })
    afterAll(() => lease?.drop())

    const cli = (...words: readonly string[]) => runCliHere(['audit', ...words], {
      cwd: folder.path,
      environment: { HOLDFAST_DATABASE_URL: lease.url, HOLDFAST_AUDIT_KEY: key },
    })
    const offline = async (...words: readonly string[]) => {
      const { execFileSync } = await import('node:child_process')
      const script = join(root, 'examples', 'verify-audit', 'verify-audit.mjs')
      return execFileSync(process.execPath, [script, ...words], { encoding: 'utf8' })
    }

    it('verify says that logs are intact, heads prints them, the script agrees', async () => {
      const { code, stdout } = await cli('verify')
      expect([code, stdout]).toEqual([0, expect.stringMatching(/intact: 5 entries, 0 pruned/)])
      const signed = await cli('heads', '--json')
      const publicKey = /public key (\S+)/.exec(signed.stderr)![1]!
      writeFileSync(path('heads'), signed.stdout)
      expect(JSON.parse(signed.stdout)).toMatchObject({ type: 'head', sequence: 5 })
      const exported = await cli('export', '--out', path('export'))
      expect([exported.code, exported.stdout]).toEqual([0, ''])
      const words = [path('export'), '--head', path('heads'), '--public-key', publicKey]
      const checked = await runCliHere(
        ['audit', 'verify', '--from', ...words], { cwd: folder.path, environment: {} })
      expect([checked.code, checked.stdout]).toEqual(
        [0, expect.stringMatching(/intact: 5 entries, 0 pruned, 2 heads/)])
      expect(await offline(...words)).toMatch(/^intact: 5 entries, 0 pruned, 2 heads compared/)
      expect(readFileSync(path('export'), 'utf8')).not.toContain('\u009b')
      const forged = readFileSync(path('export'), 'utf8').replace('conversation.created', 'x.y')
      writeFileSync(path('forged'), forged)
      await expect(offline(path('forged'), ...words.slice(1))).rejects.toThrow(/bad entry 1:/)
      const named = await cli('verify', '--from', path('forged'))
      expect([named.code, named.stdout]).toEqual([1, expect.stringMatching(/NOT INTACT: Entry 1 /)])
    }, 240_000)

    it('export writes CSV in which nothing is a formula', async () => {
      const { code, stdout } = await cli('export', '--format', 'csv')
      expect(code).toBe(0)
      expect(stdout.split('\n')[0]).toMatch(/^"sequence","recorded_at","actor_id"/)
      expect(stdout).toContain(`"'=HYPERLINK(""x"")"`)
      expect(stdout).toContain(`"a\r\n""b""`)
    })

    it('prune leaves a tombstone that verifies', async () => {
      expect((await cli('prune', '--older-than-days', '1', '--json')).stdout)
        .toBe('{"pruned":0}\n')
      expect(JSON.parse((await cli('prune', '--older-than-days', '0', '--json')).stdout))
        .toEqual({ pruned: 5 })
      const { code, stdout } = await cli('verify', '--head', path('heads'), '--json')
      expect(code).toBe(0)
      expect(JSON.parse(stdout).logs[0]).toMatchObject({ intact: true, pruned: 5, entries: 1 })
    })

    it('retention is that of the installation until it is set', async () => {
      expect((await cli('retention')).stdout).toBe('as the installation keeps all logs\n')
      expect((await cli('retention', '--days', '400')).stdout).toBe('400 days\n')
      const { stdout } = await cli('retention', '--days', 'default', '--json')
      expect(stdout).toBe('{"retention_days":null}\n')
    })

    it('verify names the first bad entry and fails', async () => {
      const holdfast = await openHoldfast({ database: lease.url })
      const { write } = holdfast.database
      await holdfast.database.run(write.updateTable('audit_events')
        .set({ outcome: 'denied' as never }).where('sequence', '=', 6 as never))
      await holdfast.close()
      const { code, stdout } = await cli('verify')
      expect([code, stdout]).toEqual([1, expect.stringMatching(/NOT INTACT: Entry 6 /)])
    })

    it.each([
      [['verify', '--head', 'none.jsonl'], 1, /none\.jsonl cannot be read/],
      [['verify', '--organization', 'none'], 1, /no organization none/],
      [['verify', '--public-key', 'x'], 1, /32 bytes in base64/],
      [['verify', '--from', 'none.jsonl'], 1, /none\.jsonl cannot be read/],
      [['verify', '--from', 'a', '--organization', 'b'], 2, /means nothing with --from/],
      [['retention', '--days', 'x'], 2, /whole number/],
      [['export', '--format', 'xml'], 2, /jsonl or csv/],
      [['export', '--out', 'none/a'], 1, /cannot be written/],
      [['prune', '--older-than-days', 'x'], 2, /whole number/],
    ])('%j is refused', async (words, code, message) => {
      const ended = await cli(...words)
      expect([ended.code, ended.stderr]).toEqual([code, expect.stringMatching(message)])
    })
  })
}

it('a SQLite file gets a key of its own beside it, for its owner alone', async () => {
  const environment = { HOLDFAST_DATABASE_URL: 'sqlite:own.db' }
  await runCliHere(['init-db'], { cwd: folder.path, environment })
  const heads = await runCliHere(['audit', 'heads'], { cwd: folder.path, environment })
  expect(heads.code).toBe(0)
  const file = join(folder.path, 'own.db.audit-key')
  const key = readFileSync(file, 'utf8')
  expect(key).toMatch(/^[A-Za-z0-9_-]{43}\n$/)
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600)
  await runCliHere(['audit', 'heads'], { cwd: folder.path, environment })
  expect(readFileSync(file, 'utf8')).toBe(key)
})

it('a key file that a full disk left empty is made anew, so that heads are signed', async () => {
  const environment = { HOLDFAST_DATABASE_URL: 'sqlite:empty.db' }
  await runCliHere(['init-db'], { cwd: folder.path, environment })
  const file = join(folder.path, 'empty.db.audit-key')
  writeFileSync(file, '')
  const heads = await runCliHere(['audit', 'heads'], { cwd: folder.path, environment })
  expect(heads.code).toBe(0)
  expect(readFileSync(file, 'utf8')).toMatch(/^[A-Za-z0-9_-]{43}\n$/)
  expect(readdirSync(folder.path).filter((name) => name.endsWith('.new'))).toEqual([])
})
