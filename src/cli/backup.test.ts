import { existsSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newRootKey } from '../secrets/index.js'
import {
  ensureBuilt, sharedCli, startCli, temporaryFolder,
} from '../testing/command-line.test.harness.js'
import { run } from './program.js'
import { Terminal } from './terminal.js'

const runCli = sharedCli(run, Terminal)
const folder = temporaryFolder()
const { path: cwd } = folder
const database = ['--database', 'sqlite:./home.db']

beforeAll(async () => {
  await ensureBuilt()
  await runCli(['init-db', ...database], { cwd })
  writeFileSync(join(cwd, 'home.db.key'), `${newRootKey()}\n`, { mode: 0o600 })
}, 150_000)
afterAll(() => folder.remove())

const backup = (...words: string[]) => runCli(['backup', ...words], { cwd })

it('makes, lists, verifies and restores from the terminal', async () => {
  const made = await backup('create', ...database, '--encrypt', '--json')
  expect([made.code, made.stderr]).toEqual([0, ''])
  const { name, verified, encryption, pruned } = JSON.parse(made.stdout)
  expect([verified === null, encryption.cipher, pruned]).toEqual([false, 'AES-256-GCM', []])
  expect((await backup('list', ...database)).stdout)
    .toMatch(new RegExp(`^${name}  verified .* sqlite  encrypted\n$`))
  const listed = JSON.parse((await backup('list', ...database, '--json')).stdout)
  expect(listed.data).toMatchObject([{ name, verified: true, fault: null, encrypted: true }])
  expect((await backup('verify', name, ...database)).stdout).toMatch(/^verified .* are what was/)
  // The key beside another database is not the one it was made with.
  const other = ['--database', 'sqlite:./other.db']
  const closed = await backup('restore', name, ...other, '--json')
  expect([closed.code, JSON.parse(closed.stderr).error.code]).toEqual([1, 'backup_key_mismatch'])
  const key = ['--key-file', './home.db.key']
  expect((await backup('restore', name, ...other, ...key)).stdout).toMatch(/^restored \d+ rows/)
  const again = await backup('restore', name, ...other, ...key)
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('--replace')])
  expect((await backup('restore', name, ...other, ...key, '--replace')).code).toBe(0)
  const doctor = await runCli(['migrate', 'status', ...other], { cwd })
  expect([doctor.code, doctor.stdout.includes('pending')]).toEqual([0, false])
})

it('keeps as many as asked, and shows what is damaged', async () => {
  const place = ['--directory', './kept', ...database]
  for (const count of [1, 2, 3]) {
    const { code } = await backup('create', ...place, '--keep', '2')
    expect([count, code]).toEqual([count, 0])
  }
  const [older, newer] = readdirSync(join(cwd, 'kept')).sort()
  expect(newer).toBeDefined()
  truncateSync(join(cwd, 'kept', older!, 'database.file'), 10)
  const list = await backup('list', ...place)
  expect(list.stdout)
    .toMatch(new RegExp(`^${newer}  verified [^\n]*\n${older}  damaged: [^\n]*\n$`))
  const verify = await backup('verify', older!, ...place, '--json')
  expect([verify.code, JSON.parse(verify.stderr).error.code]).toEqual([1, 'invalid_backup'])
  expect((await backup('create', ...place, '--keep', 'few')).code).toBe(2)
})

/** The doctor's word on backups under settings of a schedule. */
async function doctorOn(environment: Readonly<Record<string, string>>): Promise<string> {
  const { stdout } = await runCli(['doctor', ...database, '--json'], { cwd, environment })
  const { checks } = JSON.parse(stdout) as { checks: { name: string; state: string }[] }
  return checks.find(({ name }) => name === 'backups')?.state ?? 'nothing'
}

it('makes them on a schedule once they are due, and doctor says when they are not', async () => {
  const environment = {
    HOLDFAST_BACKUP_EVERY_HOURS: '1', HOLDFAST_BACKUP_DIRECTORY: join(cwd, 'scheduled'),
    HOLDFAST_DATABASE_URL: `sqlite:${join(cwd, 'home.db')}`,
  }
  expect(await doctorOn({})).toBe('nothing')
  expect(await doctorOn(environment)).toBe('warning')
  const scheduler = startCli(['scheduler'], { cwd, environment })
  try {
    while (namesIn('scheduled').length === 0) await sleep(50)
  } finally {
    scheduler.signal('SIGTERM')
  }
  expect((await scheduler.end).code).toBe(0)
  expect(await doctorOn(environment)).toBe('ok')
  expect(namesIn('scheduled')).toHaveLength(1)
})

it('takes back what a scheduler was making when it is told to end', async () => {
  const environment = {
    HOLDFAST_BACKUP_EVERY_HOURS: '1', HOLDFAST_BACKUP_DIRECTORY: join(cwd, 'broken-off'),
    HOLDFAST_DATABASE_URL: `sqlite:${join(cwd, 'home.db')}`,
  }
  const scheduler = startCli(['scheduler'], { cwd, environment })
  while (!existsSync(join(cwd, 'broken-off'))) await sleep(10)
  scheduler.signal('SIGTERM')
  expect((await scheduler.end).code).toBe(0)
  const left = readdirSync(join(cwd, 'broken-off')).filter((name) => name.startsWith('.'))
  expect(left).toEqual([])
})

it('says why a backup on a schedule failed, with stacks asked for as without', async () => {
  const environment = {
    HOLDFAST_BACKUP_EVERY_HOURS: '1', HOLDFAST_BACKUP_DIRECTORY: join(cwd, 'failing'),
    HOLDFAST_BACKUP_SCRATCH: join(cwd, 'home.db'), HOLDFAST_LOG_LEVEL: 'debug',
    HOLDFAST_DATABASE_URL: `sqlite:${join(cwd, 'home.db')}`,
  }
  const scheduler = startCli(['scheduler'], { cwd, environment })
  const claim = join(cwd, 'failing', '.holdfast-backup-claim')
  while (!existsSync(claim)) await sleep(10)
  while (existsSync(claim)) await sleep(10)
  scheduler.signal('SIGTERM')
  const { stderr } = await scheduler.end
  expect(stderr).toMatch(/backup failed: .*home\.db cannot be used/)
})

it('hinders neither doctor nor figures where the folder is none', async () => {
  writeFileSync(join(cwd, 'no-folder'), '')
  const environment = {
    HOLDFAST_BACKUP_EVERY_HOURS: '1', HOLDFAST_BACKUP_DIRECTORY: join(cwd, 'no-folder'),
    HOLDFAST_DATABASE_URL: `sqlite:${join(cwd, 'home.db')}`, HOLDFAST_PORT: '0',
  }
  expect(await doctorOn(environment)).toBe('warning')
  const server = startCli(['serve', '--json'], { cwd, environment })
  const { url } = JSON.parse(await server.line(/"url"/)) as { url: string }
  const figures = await fetch(`${url}/metrics`)
  expect([figures.status, await figures.text()])
    .toEqual([200, expect.stringMatching(/^holdfast_backup_age_seconds NaN$/im)])
  server.signal('SIGTERM')
  await server.end
})

/** The names of the backups in a folder. */
function namesIn(directory: string): string[] {
  const path = join(cwd, directory)
  return existsSync(path) ? readdirSync(path).filter((name) => !name.startsWith('.')) : []
}

it('takes keys of a file, and the newest of them for what is made', async () => {
  const [old, fresh] = [newRootKey(), newRootKey()]
  const place = ['--directory', './keys', ...database, '--key-file', './keys.txt', '--json']
  writeFileSync(join(cwd, 'keys.txt'), `${old}\n`, { mode: 0o600 })
  const first = JSON.parse((await backup('create', ...place, '--encrypt')).stdout)
  writeFileSync(join(cwd, 'keys.txt'), `${fresh}\n${old}\n`, { mode: 0o600 })
  const second = JSON.parse((await backup('create', ...place, '--encrypt')).stdout)
  expect(second.encryption.kid).not.toBe(first.encryption.kid)
  expect((await backup('verify', first.name, ...place)).code).toBe(0)
})
