import {
  mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import { PrivateS3 } from '../testing/private-s3.test.harness.js'
import {
  AttachmentIncomplete, AttachmentNotFound, type AttachmentOptions, AttachmentStore,
  type AttachmentTables, AttachmentUnavailable, AttachmentWorks, DirectoryStorage, S3Storage,
} from './index.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const folder = mkdtempSync(join(tmpdir(), 'holdfast-storages-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function* arriving(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

function shelf({ holdfast, organizationId }: ContractWorld, options: AttachmentOptions) {
  const clock = new ManualClock(holdfast.clock.now())
  const database = Database.over<AttachmentTables>(holdfast.backend).within('all')
  const works = new AttachmentWorks(database, { clock, ids: holdfast.ids }, options)
  const store = new AttachmentStore(works, { organizationId, actor: { id: 'test' } })
  const made = async (text: string) => {
    const { id } = await store.create({ name: 'a' })
    await store.put(id, arriving(text))
    return (await store.complete(id)).id
  }
  const read = async (id: string) => {
    const parts: Uint8Array[] = []
    for await (const part of (await store.content(id)).read()) parts.push(part)
    return Buffer.concat(parts).toString()
  }
  const blobs = async () => (await database.all(database.write.selectFrom('attachment_blobs')
    .select('id').where('organization_id', '=', organizationId as never))).length
  return { clock, works, store, made, read, blobs }
}

type Shelf = ReturnType<typeof shelf>

/** A storage is away: what was asked of it is as it was, or is done once it is back. */
async function endures(
  { works, store, clock, made, read, blobs }: Shelf,
  goes: () => Promise<void>,
  comes: () => Promise<void>,
) {
  const [kept, dropped] = [await made('kept'), await made('dropped')]
  const { id } = await store.create({ name: 'a' })
  await goes()
  await expect(store.put(id, arriving('new'))).rejects.toThrow(AttachmentUnavailable)
  await expect(read(kept)).rejects.toThrow(AttachmentUnavailable)
  expect(await store.get(id)).toMatchObject({ state: 'pending', sha256: null })
  await expect(store.complete(id)).rejects.toThrow(AttachmentIncomplete)
  await store.delete(dropped)
  await expect(store.get(dropped)).rejects.toThrow(AttachmentNotFound)
  await works.idle()
  await expect(works.sweep()).rejects.toThrow(AttachmentUnavailable)
  expect(await works.discardAll()).toBe(false)
  await comes()
  expect(await works.sweep()).toBe(0)
  clock.advance(120_000)
  while (await works.sweep() > 0);
  expect([await blobs(), await works.discardAll(), await read(kept)]).toEqual([1, true, 'kept'])
  await store.put(id, arriving('new'))
  await store.complete(id)
  expect(await read(id)).toBe('new')
}

contract('attachments whose storage is away', (open) => {
  it('are as they were, and their bytes go when a folder is back', async () => {
    const world = await open()
    const storage = await DirectoryStorage.open(join(folder, 'a'))
    const away = join(folder, 'a', world.organizationId)
    await endures(shelf(world, { storage }), async () => {
      renameSync(away, `${away}.away`)
      writeFileSync(away, '')
    }, async () => {
      rmSync(away)
      renameSync(`${away}.away`, away)
    })
  })

  const missing = PrivateS3.missing()
  const reason = missing === undefined ? '' : `: did not run: ${missing}`
  it.skipIf(missing !== undefined)(`the same when a bucket is back${reason}`, async () => {
    const s3 = await PrivateS3.start()
    const storage = await S3Storage.open({ ...s3.options, timeoutMs: 1_000 })
    await endures(shelf(await open(), { storage }), () => s3.kill(), () => s3.start())
    expect(s3.keys()).toHaveLength(2)
    await s3.remove()
  })

  it('are read from where they were put, when new bytes go elsewhere', async () => {
    const world = await open()
    const older = await DirectoryStorage.open(join(folder, 'b'))
    const old = await shelf(world, { storage: older }).made('old')
    const later = shelf(world, { olderStorages: [older] })
    const id = await later.made('new')
    expect([await later.read(old), await later.read(id)]).toEqual(['old', 'new'])
  })
})

it('a folder keeps files that nobody else reads, under names of its own', async () => {
  const storage = await DirectoryStorage.open(join(folder, 'd', 'c'))
  const key = { organizationId: unknownId, id: unknownId.toUpperCase() }
  await storage.put(key, arriving('bytes'))
  const path = join(folder, 'd', 'c', unknownId, 'ad', unknownId)
  expect(readFileSync(path, 'utf8')).toBe('bytes')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(statSync(join(folder, 'd', 'c', unknownId)).mode & 0o777).toBe(0o700)
  const broken = async function* () {
    yield Buffer.from('a')
    throw new Error('the line broke')
  }
  const other = { ...key, id: '00000000-0000-7000-8000-00000000beef' }
  await expect(storage.put(other, broken())).rejects.toThrow('the line broke')
  expect([await storage.exists(key), await storage.exists(other)]).toEqual([true, false])
  expect(readdirSync(join(folder, 'd'), { recursive: true }).some((name) =>
    String(name).includes('beef'))).toBe(false)
  await storage.delete(key)
  await storage.delete(key)
  expect(await storage.exists(key)).toBe(false)
  const escape = { organizationId: '..', id: '../../etc/passwd' }
  await expect(storage.put(escape, arriving('a'))).rejects.toThrow('two UUIDs')
})
