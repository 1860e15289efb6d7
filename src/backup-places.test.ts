import {
  chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync,
  utimesSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { backupsOf } from './backups.js'
import { openHoldfast } from './holdfast.js'
import { Backups } from './lifecycle/backup/index.js'
import { tables } from './tables.js'
import { ManualClock } from './testing/index.js'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-backup-places-'))
const database = `sqlite:${join(folder, 'home.db')}`
const hourMs = 3_600_000

beforeAll(async () => {
  await (await openHoldfast({ database })).close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Backups by a clock that is set. */
function backupsAt(directory: string, clock: ManualClock): Backups {
  return new Backups({ database, directory, clock, tables })
}

const namesOf = (backups: Backups) => backups.list().map(({ name }) => name)

it.each([['a little', hourMs / 2], ['by a month', 30 * 24 * hourMs]])(
  'keeps what was made last, though the clock before was ahead %s', async (_much, aheadMs) => {
    const directory = join(folder, `ahead-${aheadMs}`)
    const clock = new ManualClock(Date.now() + aheadMs)
    const backups = backupsAt(directory, clock)
    const { manifest: ahead } = await backups.create()
    clock.advance(-aheadMs)
    const { manifest: first, pruned } = await backups.create({ keep: 1 })
    expect(pruned).toEqual([ahead.name])
    expect(namesOf(backups)).toEqual([first.name])
  })

it('takes one of a time to come for the oldest, and for none that is new enough', async () => {
  const directory = join(folder, 'to-come')
  const clock = new ManualClock(Date.now() + 30 * 24 * hourMs)
  const backups = backupsAt(directory, clock)
  const { manifest: ahead } = await backups.create()
  clock.advance(-30 * 24 * hourMs)
  expect(backups.verified().map(({ name, ageSeconds }) => [name, ageSeconds]))
    .toEqual([[ahead.name, undefined]])
  const { manifest: first } = await backups.create({ keep: 3 })
  clock.advance(1_000)
  const { manifest: second } = await backups.create({ keep: 3 })
  expect(namesOf(backups)).toEqual([second.name, first.name, ahead.name])
  clock.advance(1_000)
  const { pruned } = await backups.create({ keep: 3 })
  expect(pruned).toEqual([ahead.name])
})

it('lists what there is though something else has the name of a backup', async () => {
  const directory = join(folder, 'strange')
  const backups = backupsOf({ database, directory })
  const { manifest } = await backups.create()
  writeFileSync(join(directory, '20261127T220000123Z-1f2e3d4c'), 'a file')
  mkdirSync(join(directory, '20261127T220000124Z-1f2e3d4c', 'manifest.json'), { recursive: true })
  expect(backups.list().map(({ name, fault }) => [name, fault === undefined]).sort())
    .toEqual([['20261127T220000124Z-1f2e3d4c', false], [manifest.name, true]].sort())
})

it('clears away what a machine left that is no more, once nobody has touched it for a week',
  async () => {
    const directory = join(folder, 'left')
    const [old, fresh] = ['old', 'fresh'].map((name) => {
      const path = join(directory, `.holdfast-backup-${name}.1.0123abcd`)
      mkdirSync(join(path, 'backup'), { recursive: true })
      writeFileSync(join(path, 'backup', 'database.file'), 'half')
      return path
    })
    const eightDaysAgo = new Date(Date.now() - 8 * 24 * hourMs)
    for (const part of ['backup/database.file', 'backup', '.']) {
      utimesSync(join(old!, part), eightDaysAgo, eightDaysAgo)
    }
    // Somebody still writes the file, though no name in the folder has changed.
    for (const part of ['backup', '.']) utimesSync(join(fresh!, part), eightDaysAgo, eightDaysAgo)
    await backupsOf({ database, directory }).create()
    expect(readdirSync(directory).filter((name) => name.startsWith('.')))
      .toEqual(['.holdfast-backup-fresh.1.0123abcd'])
  })

it('restores behind a link, whether something is there or not, and leaves the link', async () => {
  const directory = join(folder, 'linked')
  const { manifest } = await backupsOf({ database, directory }).create()
  const volume = join(folder, 'volume')
  mkdirSync(volume)
  symlinkSync('volume/real.db', join(folder, 'link.db'))
  const url = `sqlite:${join(folder, 'link.db')}`
  const backups = backupsOf({ database: url, directory })
  await backups.restore(manifest.name)
  expect(readdirSync(volume)).toEqual(['real.db'])
  const first = statSync(join(volume, 'real.db')).ino
  await expect(backups.restore(manifest.name)).rejects.toThrow('--replace')
  await backups.restore(manifest.name, { replace: true })
  expect(lstatSync(join(folder, 'link.db')).isSymbolicLink()).toBe(true)
  expect(readdirSync(volume)).toEqual(['real.db'])
  expect(statSync(join(volume, 'real.db')).ino).not.toBe(first)
  await (await openHoldfast({ database: url })).close()
})

it('is for whoever the database was for that it takes the place of', async () => {
  const directory = join(folder, 'owned')
  const path = join(folder, 'owned.db')
  const backups = backupsOf({ database: `sqlite:${path}`, directory })
  const { manifest } = await backupsOf({ database, directory }).create()
  await backups.restore(manifest.name)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  chmodSync(path, 0o660)
  await backups.restore(manifest.name, { replace: true })
  expect(statSync(path).mode & 0o777).toBe(0o660)
})

it('takes the place of no folder and no device, and names a backup that is not there', async () => {
  const directory = join(folder, 'named')
  const { manifest } = await backupsOf({ database, directory }).create()
  const onto = backupsOf({ database: `sqlite:${folder}`, directory })
  await expect(onto.restore(manifest.name, { replace: true })).rejects.toMatchObject({
    code: 'backup_refused', message: expect.stringContaining('is no file'),
  })
  await expect(onto.restore('20260101T000000000Z-00000000')).rejects.toMatchObject({
    code: 'invalid_backup', message: expect.stringContaining(`in ${directory}`),
  })
})
