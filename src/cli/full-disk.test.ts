import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backupsOf } from '../backups.js'
import { openHoldfast } from '../holdfast.js'
import {
  type Ended, ensureBuilt, root, temporaryFolder,
} from '../testing/command-line.test.harness.js'

const folder = temporaryFolder()
afterAll(() => folder.remove())
const place = (name: string) => join(folder.path, name)
const database = `sqlite:${place('holdfast.db')}`
let conversation: string

beforeAll(async () => {
  await ensureBuilt()
  const holdfast = await openHoldfast({ database })
  const { conversations, messages } = holdfast.organization()
  conversation = (await conversations.create({ title: 'long' })).id
  const one = { role: 'user', content: 'x'.repeat(1_000) } as const
  for (let round = 0; round < 4; round += 1) {
    await messages.appendMany(conversation, Array.from({ length: 200 }, () => one))
  }
  await holdfast.close()
}, 60_000)

/** Runs a command that may make no file longer than 64 KiB, as though the disk were full then. */
function onFullDisk(command: string): Promise<Ended> {
  const cli = `node '${join(root, 'dist/bundle/cli.js')}'`
  const script = `ulimit -f 128; ${cli} ${command}`
  const environment = { PATH: process.env.PATH, HOLDFAST_DATABASE_URL: database }
  return new Promise((done) => {
    const given = { cwd: folder.path, env: environment }
    execFile('/bin/sh', ['-c', script], given, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : error.code as number, stdout, stderr }))
  })
}

describe('a result that does not fit on the disk', () => {
  it.each([
    ['many lines', () => `conversation export ${conversation} > result`],
    ['one long text', () => 'openapi > result'],
  ])('of %s fails, though the shell opened the file', async (_name, command) => {
    const { code, stderr } = await onFullDisk(command())
    expect(stderr).toMatch(/^holdfast: The result is cut off: standard output cannot be written \(/)
    expect(code).toBe(1)
  })

  it('is whole when it fits', async () => {
    expect(await onFullDisk('migrate status > status')).toMatchObject({ code: 0, stderr: '' })
    expect(readFileSync(place('status'), 'utf8').split('\n').length).toBeGreaterThan(40)
  })

  it('is no failure for a reader that went away', async () => {
    const { code, stdout, stderr } = await onFullDisk('openapi | head -1')
    expect([code, stdout, stderr]).toEqual([0, '{\n', ''])
  })

  it('leaves no half archive, in a folder of its own or in one that was there', async () => {
    mkdirSync(place('there'))
    for (const name of ['new', 'there']) {
      const { code, stderr } = await onFullDisk(`export ./${name}`)
      expect(stderr).toMatch(/^holdfast: .*messages\.jsonl cannot be used \(EFBIG.*Free space.*\n$/)
      expect(code).toBe(1)
    }
    expect(existsSync(place('new'))).toBe(false)
    expect(readdirSync(place('there'))).toEqual([])
    const { code, stderr } = await onFullDisk('export ./new.tar')
    expect(stderr).toMatch(/^holdfast: .*new\.tar cannot be used \(EFBIG.*Free space.*\n$/)
    expect([code, existsSync(place('new.tar'))]).toEqual([1, false])
  })
})

describe('a restore that does not fit on the disk', () => {
  it('names where it is, and leaves nothing', async () => {
    const backups = backupsOf({ database, directory: place('backups') })
    const { manifest } = await backups.create()
    const before = readdirSync(folder.path)
    const words = `backup restore ${manifest.name} --directory ./backups`
    const { code, stderr } = await onFullDisk(`${words} --database sqlite:${place('new.db')}`)
    expect(stderr).toMatch(/^holdfast: .*restored cannot be used \(EFBIG.*\)\. Free space there/)
    expect([code, readdirSync(folder.path)]).toEqual([1, before])
  })
})

describe('a place for a result that cannot be', () => {
  it('is named, and not taken for the database', async () => {
    writeFileSync(place('file'), '')
    const { code, stderr } = await onFullDisk('export ./file/archive')
    expect(stderr).toMatch(/^holdfast: \.\/file\/archive cannot be used \(ENOTDIR.*\)\. Name/)
    expect(code).toBe(1)
  })
})
