import {
  cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backupsOf } from './backups.js'
import { sqliteDriver } from './database/dialects/sqlite-driver.js'
import { openHoldfast } from './holdfast.js'
import { type BackupManifest, type BackupPhase } from './lifecycle/backup/index.js'
import { manifestText } from './lifecycle/backup/manifest.js'
import { newRootKey } from './secrets/index.js'

/** Bytes flipped and lengths cut to, in each kind of backup; a release asks for more. */
const faults = Number(process.env.HOLDFAST_TEST_BACKUP_FAULTS ?? 16)
const folder = mkdtempSync(join(tmpdir(), 'holdfast-backup-faults-'))
const place = join(folder, 'backups')
const database = `sqlite:${join(folder, 'home.db')}`
const key = newRootKey()
const canary = 'a canary that no encrypted backup may show'
const target = join(folder, 'target.db')
const content = 'this is to stay'

let plain: BackupManifest
let sealed: BackupManifest

beforeAll(async () => {
  const holdfast = await openHoldfast({ database, rootKey: key })
  const { conversations, messages } = holdfast.organization()
  const { id } = await conversations.create({ title: canary })
  await messages.appendMany(id, Array.from({ length: 100 }, () => (
    { role: 'user', content: `${canary} ${'x'.repeat(10_000)}` })))
  await holdfast.close()
  const backups = backupsOf({ database, directory: place, key })
  plain = (await backups.create()).manifest
  sealed = (await backups.create({ encrypt: true })).manifest
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A copy of a backup that is harmed. */
function harmed({ name }: BackupManifest, harm: (path: string) => void): string {
  const path = join(folder, 'harmed')
  rmSync(path, { recursive: true, force: true })
  cpSync(join(place, name), path, { recursive: true })
  harm(path)
  return path
}

/** What a restore over a target is refused with; the target is as it was, and nothing is left. */
async function refusalOf(path: string, given = key): Promise<string> {
  writeFileSync(target, content)
  const beside = () => readdirSync(folder).sort()
    .filter((name) => /^(\.holdfast|target)/.test(name))
  const before = beside()
  const refused = await backupsOf({ database: `sqlite:${target}`, directory: place, key: given })
    .restore(path, { replace: true }).then(() => 'nothing', (error: { code: string }) => error.code)
  expect(readFileSync(target, 'utf8')).toBe(content)
  expect(beside()).toEqual(before)
  return refused
}

/** Places spread over a length, its ends among them. */
const spread = (length: number): number[] => Array.from({ length: faults }, (_, index) => (
  index < 3 ? index : index < 6 ? length - 1 - (index - 3) : Math.floor(Math.random() * length)))

describe.each(['plain', 'encrypted'])('a backup that is %s', (kind) => {
  const made = () => (kind === 'plain' ? plain : sealed)

  it('is refused by name with any byte flipped, and the target stays', async () => {
    for (const file of [made().files[0]!.file, 'manifest.json']) {
      for (const at of spread(statSync(join(place, made().name, file)).size)) {
        const path = harmed(made(), (copy) => {
          const bytes = readFileSync(join(copy, file))
          bytes[at]! ^= 1 << Math.floor(Math.random() * 8)
          writeFileSync(join(copy, file), bytes)
        })
        expect([file, at, await refusalOf(path)]).toEqual([file, at, 'invalid_backup'])
      }
    }
  })

  it('is refused by name cut off at any point, and the target stays', async () => {
    for (const file of [made().files[0]!.file, 'manifest.json']) {
      for (const at of spread(statSync(join(place, made().name, file)).size)) {
        const path = harmed(made(), (copy) => truncateSync(join(copy, file), at))
        expect([file, at, await refusalOf(path)]).toEqual([file, at, 'invalid_backup'])
      }
    }
    const without = harmed(made(), (copy) => rmSync(join(copy, made().files[0]!.file)))
    expect(await refusalOf(without)).toBe('invalid_backup')
  })

  it('is refused by name when it is of a newer schema', async () => {
    const manifest = { ...made(), schema: '9999_later' }
    const path = harmed(made(), (copy) =>
      writeFileSync(join(copy, 'manifest.json'), manifestText(manifest, undefined)))
    expect(await refusalOf(path)).toBe(kind === 'plain' ? 'backup_too_new' : 'invalid_backup')
  })

  it('is refused by name when it is in a newer format', async () => {
    const manifest = { ...made(), version: 2 } as unknown as BackupManifest
    const path = harmed(made(), (copy) =>
      writeFileSync(join(copy, 'manifest.json'), manifestText(manifest, undefined)))
    expect(await refusalOf(path)).toBe('backup_too_new')
  })
})

it('follows no name out of the backup', async () => {
  const files = [{ ...plain.files[0]!, file: '../../home.db' }]
  const tables = [{ ...plain.tables[0]!, table: 'users"; drop table "users' }]
  for (const wrong of [{ files }, { tables }, { files: [] }]) {
    const path = harmed(plain, (copy) => writeFileSync(
      join(copy, 'manifest.json'), manifestText({ ...plain, ...wrong }, undefined)))
    expect(await refusalOf(path)).toBe('invalid_backup')
  }
})

it('refuses a database whose own ledger is newer than its manifest says', async () => {
  const path = harmed(plain, () => undefined)
  const file = join(path, plain.files[0]!.file)
  const opened = new (sqliteDriver().DatabaseSync)(file, {})
  opened.exec(`pragma journal_mode = delete;
    insert into holdfast_migrations values ('9999_later', '')`)
  opened.close()
  const { createHash } = await import('node:crypto')
  const bytes = readFileSync(file)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const files = [{ ...plain.files[0]!, bytes: bytes.length, sha256 }]
  writeFileSync(join(path, 'manifest.json'), manifestText({ ...plain, files }, undefined))
  expect(await refusalOf(path)).toBe('backup_too_new')
})

it('refuses an encrypted one without its key, and names the key', async () => {
  const path = join(place, sealed.name)
  expect(await refusalOf(path, newRootKey())).toBe('backup_key_mismatch')
  const without = backupsOf({ database: `sqlite:${target}`, directory: place })
  await expect(without.restore(sealed.name, { replace: true }))
    .rejects.toThrow(sealed.encryption!.kid)
  await expect(without.create({ encrypt: true })).rejects.toMatchObject({ code: 'backup_refused' })
})

it('moves between no two encrypted backups: files and manifests belong together', async () => {
  const { manifest: other } = await backupsOf({ database, directory: place, key })
    .create({ encrypt: true })
  const [file] = sealed.files
  for (const name of [file!.file, 'manifest.json']) {
    const path = harmed(sealed, (copy) => cpSync(join(place, other.name, name), join(copy, name)))
    expect(await refusalOf(path)).toBe('invalid_backup')
  }
})

it('shows nothing of the database when it is encrypted', () => {
  const shows = (name: string) => readdirSync(join(place, name)).some((file) => {
    const bytes = readFileSync(join(place, name, file))
    return bytes.includes(canary) || bytes.includes(Buffer.from(canary).toString('base64'))
  })
  expect([shows(plain.name), shows(sealed.name)]).toEqual([true, false])
  const digestOf = ({ tables }: BackupManifest) =>
    tables.find(({ table }) => table === 'messages')!.digest
  expect(digestOf(plain)).not.toBe(digestOf(sealed))
})

it('restores only into an empty place, and never under a server that works there', async () => {
  const url = `sqlite:${join(folder, 'used.db')}`
  const backups = backupsOf({ database: url, directory: place, key })
  await backups.restore(plain.name)
  const holdfast = await openHoldfast({ database: url, rootKey: key })
  const { conversations } = holdfast.organization()
  await conversations.create({ title: 'acknowledged' })
  await expect(backups.restore(plain.name)).rejects.toThrow('--replace')
  await expect(backups.restore(plain.name, { replace: true })).rejects.toMatchObject({
    code: 'backup_refused', message: expect.stringContaining('stop servers'),
  })
  await conversations.create({ title: 'and goes on' })
  const titles = (await conversations.list()).data.map(({ title }) => title)
  expect(titles).toEqual(expect.arrayContaining(['acknowledged', 'and goes on', canary]))
  await holdfast.close()
})

it('takes no log that lies beside for one of the file it restores', async () => {
  const path = join(folder, 'stale.db')
  const old = await openHoldfast({ database: `sqlite:${path}`, rootKey: key })
  await old.organization().conversations.create({ title: 'of the old file' })
  cpSync(`${path}-wal`, join(folder, 'stale-log'))
  await old.close()
  const other = join(folder, 'beside.db')
  cpSync(join(folder, 'stale-log'), `${other}-wal`)
  const backups = backupsOf({ database: `sqlite:${other}`, directory: place, key })
  await expect(backups.restore(plain.name)).rejects.toThrow('--replace')
  await backups.restore(plain.name, { replace: true })
  expect(existsSync(`${other}-wal`)).toBe(false)
  const restored = await openHoldfast({ database: `sqlite:${other}`, rootKey: key })
  const { data } = await restored.organization().conversations.list()
  expect(data.map(({ title }) => title)).toEqual([canary])
  await restored.close()
})

it('keeps as many verified ones as asked, and lists what is damaged as that', async () => {
  const directory = join(folder, 'kept')
  const backups = backupsOf({ database, directory, key })
  const unverified = await backups.create({ verify: false, keep: 1 })
  expect([unverified.manifest.verified, backups.list()[0]!.isVerified]).toEqual([null, false])
  const first = await backups.create({ keep: 2 })
  const noted = await backups.verify(unverified.manifest.name)
  expect(noted.verified).not.toBeNull()
  expect(backups.list().map(({ isVerified }) => isVerified)).toEqual([true, true])
  const second = await backups.create({ keep: 2 })
  expect(second.pruned).toEqual([unverified.manifest.name])
  truncateSync(join(first.path, first.manifest.files[0]!.file), 100)
  expect(backups.list().map(({ isVerified, fault }) => [isVerified, fault !== undefined]))
    .toEqual([[true, false], [false, true]])
  await expect(backups.create({ keep: 0 })).rejects.toMatchObject({ field: 'keep' })
})

it('ends when the signal says so, and leaves nothing', async () => {
  const directory = join(folder, 'ended')
  for (const phase of ['snapshot', 'digest', 'pack', 'unpack', 'compare'] as BackupPhase[]) {
    const stop = new AbortController()
    const backups = backupsOf({
      database, directory, key, signal: stop.signal,
      onEvent: (event) => { if (event.type === 'phase' && event.phase === phase) stop.abort() },
    })
    await expect(backups.create({ encrypt: true }), phase)
      .rejects.toMatchObject({ code: 'backup_stopped' })
    expect(readdirSync(directory)).toEqual([])
  }
  expect(existsSync(target)).toBe(true)
})

it('refuses a database that is not there, or ends with the process', async () => {
  const directory = join(folder, 'none')
  for (const missing of ['memory:', `sqlite:${join(folder, 'missing.db')}`]) {
    await expect(backupsOf({ database: missing, directory }).create())
      .rejects.toMatchObject({ code: 'backup_refused' })
  }
  expect(existsSync(join(folder, 'missing.db'))).toBe(false)
})
