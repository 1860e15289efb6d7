import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { InvalidCursor } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { contract, type ContractWorld, ManualClock, testEngines } from '../testing/index.js'
import { PrivateS3 } from '../testing/private-s3.test.harness.js'
import {
  AttachmentCompleted, AttachmentIncomplete, AttachmentMismatch, AttachmentNotFound,
  AttachmentPlaceNotFound, AttachmentStore, type AttachmentTables, AttachmentTooLarge,
  AttachmentUnavailable, AttachmentWorks, type BlobStorage, DirectoryStorage, S3Storage,
} from './index.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const folder = mkdtempSync(join(tmpdir(), 'holdfast-attachments-'))
let s3: PrivateS3 | undefined
beforeAll(async () => {
  if (PrivateS3.missing() === undefined) s3 = await PrivateS3.start()
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await s3?.remove()
})

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function* arriving(bytes: Uint8Array, piece = 50_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece)
}

async function whole(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of bytes) parts.push(part)
  return Buffer.concat(parts)
}

interface Shelf {
  readonly store: AttachmentStore
  readonly theirs: AttachmentStore
  readonly works: AttachmentWorks
  readonly clock: ManualClock
  /** Rows of blobs and chunks, and files or objects, of our organization. */
  left(): Promise<{ blobs: number; contents: number; chunks: number; files: number }>
}

type OpenShelf = (world: ContractWorld, options?: object) => Promise<Shelf>

const inDatabase: OpenShelf = async (world, options = {}) => shelf(world, options)
const inFolder: OpenShelf = async (world, options = {}) =>
  shelf(world, { storage: await DirectoryStorage.open(join(folder, 'a')), ...options })
const inBucket: OpenShelf = async (world, options = {}) =>
  shelf(world, { storage: await S3Storage.open({ ...s3!.options, prefix: 'a' }), ...options })

const places = [
  { place: 'the database', openShelf: inDatabase, chunks: 2 },
  { place: 'a folder', openShelf: inFolder, chunks: 1 },
  { place: 'a bucket', openShelf: inBucket, chunks: 1, missing: PrivateS3.missing() },
]

function shelf({ holdfast, organizationId, neighbourId }: ContractWorld, options: object): Shelf {
  const clock = new ManualClock(holdfast.clock.now())
  const database = Database.over<AttachmentTables>(holdfast.backend).within('all')
  const works = new AttachmentWorks(database, { clock, ids: holdfast.ids }, options)
  const scope = (id: string) => ({ organizationId: id, actor: { id: 'test' } })
  const rows = async (name: 'attachment_blobs' | 'attachment_contents' | 'attachment_chunks') =>
    (await database.all(database.write.selectFrom(name).select('organization_id')
      .where('organization_id', '=', organizationId as never))).length
  return {
    store: new AttachmentStore(works, scope(organizationId)),
    theirs: new AttachmentStore(works, scope(neighbourId)),
    works, clock,
    async left() {
      await works.idle()
      const files = readdirSync(folder, { recursive: true }).map(String)
        .filter((path) => statSync(join(folder, path)).isFile())
        .concat(s3?.keys() ?? []).filter((path) => path.includes(organizationId))
      return {
        blobs: await rows('attachment_blobs'), contents: await rows('attachment_contents'),
        chunks: await rows('attachment_chunks'), files: files.length,
      }
    },
  }
}

async function made(store: AttachmentStore, bytes: Uint8Array, given: object = {}) {
  const { id } = await store.create({ name: 'a.bin', ...given })
  await store.put(id, arriving(bytes))
  return store.complete(id)
}

const nothing = { blobs: 0, contents: 0, chunks: 0, files: 0 }

for (const { place, openShelf, chunks, missing } of places) {
  const engines = testEngines()
    .map((engine) => ({ ...engine, missing: engine.missing ?? missing }))
  contract(`attachments in ${place}`, (open) => {
    it('come back as they were put, whole and in parts', async () => {
      const { store } = await openShelf(await open())
      const bytes = randomBytes(700_001)
      const created = await store.create({ name: 'é \ud800.png', declaredType: 'image/png' })
      expect(created).toMatchObject({
        name: 'é \ud800.png', state: 'pending', size: null, sha256: null, mediaType: null,
      })
      expect(await store.put(created.id, arriving(bytes, 70_000)))
        .toMatchObject({ size: 700_001, sha256: sha256(bytes) })
      const ready = await store.complete(created.id, { size: 700_001, sha256: sha256(bytes) })
      expect(ready).toMatchObject({
        id: created.id, state: 'ready', size: 700_001, sha256: sha256(bytes), expiresAt: null,
        mediaType: 'application/octet-stream', declaredType: 'image/png',
      })
      expect(await store.get(created.id)).toStrictEqual(ready)
      expect(await store.complete(created.id)).toStrictEqual(ready)
      const content = await store.content(created.id)
      expect((await whole(content.read())).equals(bytes)).toBe(true)
      for (const [start, end] of [[0, 1], [262_143, 262_145], [262_144, 524_288], [5, 700_001],
        [700_000, 700_001], [7, 7]] as const) {
        const part = await whole(content.read({ start, end }))
        expect(part.equals(bytes.subarray(start, end))).toBe(true)
      }
      const empty = await made(store, new Uint8Array())
      expect(empty.size).toBe(0)
      expect(await whole((await store.content(empty.id)).read())).toHaveLength(0)
    })

    it('of the same bytes are kept once, 20 at once too, until the last is gone', async () => {
      const { store, theirs, left } = await openShelf(await open())
      const bytes = randomBytes(300_000)
      const all = await Promise.all(Array.from({ length: 20 }, () => made(store, bytes)))
      expect(new Set(all.map(({ id }) => id)).size).toBe(20)
      const one = await left()
      expect(one).toMatchObject({ blobs: 1, contents: 1 })
      expect(one.chunks + one.files).toBe(chunks)
      const other = await made(theirs, bytes)
      expect(await left()).toEqual(one)
      await Promise.all(all.slice(1).map(({ id }) => store.delete(id)))
      expect((await whole((await store.content(all[0]!.id)).read())).equals(bytes)).toBe(true)
      await store.delete(all[0]!.id)
      expect(await left()).toEqual(nothing)
      expect((await whole((await theirs.content(other.id)).read())).equals(bytes)).toBe(true)
    })

    it('that come and go at the same time are there, or are gone', async () => {
      const { store, left } = await openShelf(await open())
      const bytes = randomBytes(1_000)
      let kept = await made(store, bytes)
      for (let round = 0; round < 8; round++) {
        const [next] = await Promise.all([made(store, bytes), store.delete(kept.id)])
        expect((await whole((await store.content(next.id)).read())).equals(bytes)).toBe(true)
        kept = next
        expect(await left()).toMatchObject({ blobs: 1, contents: 1 })
      }
      await store.delete(kept.id)
      expect(await left()).toEqual(nothing)
    })

    it('that are not what was announced are refused, and nothing is kept', async () => {
      const { store, left } = await openShelf(await open(), { bytesMax: 1_000 })
      const put = async (given: object, length: number) => {
        const { id } = await store.create({ name: 'a', ...given })
        return store.put(id, arriving(Buffer.alloc(length), 100)).finally(() => store.delete(id))
      }
      for (const [given, length, kind] of [
        [{ size: 10 }, 9, AttachmentMismatch], [{ size: 10 }, 11, AttachmentMismatch],
        [{ sha256: 'a'.repeat(64) }, 10, AttachmentMismatch], [{}, 1_001, AttachmentTooLarge],
        [{ size: 1_000 }, 1_001, AttachmentMismatch],
      ] as const) await expect(put(given, length)).rejects.toThrow(kind)
      await expect(put({}, 1_000)).resolves.toMatchObject({ size: 1_000 })
      const right = { size: 10, sha256: sha256(Buffer.alloc(10)).toUpperCase() }
      await expect(put(right, 10)).resolves.toMatchObject({ size: 10 })
      expect(await left()).toEqual(nothing)
      const { id } = await store.create({ name: 'a' })
      await store.put(id, arriving(Buffer.alloc(5)))
      await expect(store.complete(id, { size: 6 })).rejects.toThrow(AttachmentMismatch)
      await expect(store.complete(id, { sha256: 'x' })).rejects.toThrow(InvalidInput)
      expect((await store.complete(id, { size: 5 })).state).toBe('ready')
      await expect(store.complete(id, { size: 6 })).rejects.toThrow(AttachmentMismatch)
    })

    it('may be put again until they are ready, and not while nothing is put', async () => {
      const { store, left } = await openShelf(await open())
      const { id } = await store.create({ name: 'a' })
      await expect(store.complete(id)).rejects.toThrow(AttachmentIncomplete)
      await expect(store.content(id)).rejects.toThrow(AttachmentIncomplete)
      const broken = async function* () {
        yield Buffer.from('a')
        throw new Error('the line broke')
      }
      await expect(store.put(id, broken())).rejects.toThrow('the line broke')
      await store.put(id, arriving(Buffer.from('first')))
      await store.put(id, arriving(Buffer.from('second')))
      expect(await left()).toMatchObject({ blobs: 1, contents: 0 })
      await store.complete(id)
      expect((await whole((await store.content(id)).read())).toString()).toBe('second')
      await expect(store.put(id, arriving(Buffer.from('third'))))
        .rejects.toThrow(AttachmentCompleted)
      await store.delete(id)
      expect(await left()).toEqual(nothing)
    })

    it('that nobody finishes expire', async () => {
      const { store, works, clock, left } = await openShelf(await open(), { pendingSeconds: 60 })
      const { id } = await store.create({ name: 'a' })
      await store.put(id, arriving(Buffer.alloc(300_000)))
      const kept = await made(store, Buffer.from('kept'))
      await works.sweep()
      expect((await store.get(id)).state).toBe('pending')
      clock.advance(60_001)
      await expect(store.get(id)).rejects.toThrow(AttachmentNotFound)
      await expect(store.complete(id)).rejects.toThrow(AttachmentNotFound)
      await expect(store.put(id, arriving(Buffer.alloc(1)))).rejects.toThrow(AttachmentNotFound)
      while (await works.sweep() > 0);
      expect(await left()).toMatchObject({ blobs: 1, contents: 1 })
      await store.delete(kept.id)
      expect(await left()).toEqual(nothing)
    })

    it('whose process died in between leave nothing that the sweep does not find', async () => {
      const world = await open()
      const { works, store, clock, left } = await openShelf(world, { pendingSeconds: 60 })
      const dying = async (change: (storage: BlobStorage) => Partial<BlobStorage>) => {
        const { storage } = works
        const dies = Object.assign(Object.create(storage) as BlobStorage, {
          put: storage.put.bind(storage), read: storage.read.bind(storage),
          delete: storage.delete.bind(storage), ...change(storage),
        })
        return shelf(world, { storage: dies, pendingSeconds: 60 })
      }
      const never = () => new Promise<never>(() => undefined)
      const { id } = await store.create({ name: 'a' })
      const afterBytes = await dying((storage) => ({
        put: async (...given) => storage.put(...given).then(never),
      }))
      void afterBytes.store.put(id, arriving(Buffer.from('bytes')))
      await expect.poll(async () => {
        const { chunks, files } = await left()
        return chunks + files
      }).toBe(1)
      const beforeBytesGo = await dying(() => ({ delete: never }))
      const gone = await made(beforeBytesGo.store, Buffer.from('others'))
      await beforeBytesGo.store.delete(gone.id)
      await expect(store.get(gone.id)).rejects.toThrow(AttachmentNotFound)
      expect(await left()).toMatchObject({ blobs: 2, contents: 0 })
      clock.advance(120_000)
      while (await works.sweep() > 0);
      expect(await left()).toEqual(nothing)
    })

    it('go with their conversation', async () => {
      const world = await open()
      const { store, works, clock, left } = await openShelf(world)
      const { conversations } = world.organization
      const { id: conversationId } = await conversations.create()
      const bound = await made(store, Buffer.from('bound'), { conversationId })
      const free = await made(store, Buffer.from('free'))
      expect((await store.list({ conversationId })).data).toStrictEqual([bound])
      await conversations.delete(conversationId)
      await expect(store.get(bound.id)).rejects.toThrow(AttachmentNotFound)
      await world.holdfast.attachmentWorks.idle()
      clock.advance(60_001)
      while (await works.sweep() > 0);
      expect(await left()).toMatchObject({ blobs: 1, contents: 1 })
      await store.delete(free.id)
      await expect(store.create({ name: 'a', conversationId }))
        .rejects.toThrow(AttachmentPlaceNotFound)
    })

    it('keep their bytes where the first that has them is completed as it goes', async () => {
      const world = await open()
      const { store, works, left } = await openShelf(world)
      const { conversations } = world.organization
      const { id: conversationId } = await conversations.create()
      const bytes = Buffer.from('shared')
      const first = await store.create({ name: 'a', conversationId })
      await store.put(first.id, arriving(bytes))
      const letGo = await works.ofConversation(works.database, {
        organizationId: world.organizationId, conversationId,
      })
      await store.complete(first.id)
      const kept = await made(store, bytes)
      await conversations.delete(conversationId)
      letGo()
      expect(await left()).toMatchObject({ blobs: 1, contents: 1 })
      expect(await whole((await store.content(kept.id)).read())).toEqual(bytes)
    })

    it('leave no bytes behind when their organization is deleted', async () => {
      const world = await open()
      const { store, works, left } = await openShelf(world)
      await made(store, randomBytes(1_000))
      const { id } = await store.create({ name: 'unfinished' })
      await store.put(id, arriving(randomBytes(10)))
      const { database, clock } = world.holdfast
      await database.run(database.write
        .deleteFrom('organizations').where('id', '=', world.organizationId as never))
      const late = { now: () => clock.now() + 86_400_001 }
      const later = new AttachmentWorks(works.database, { clock: late, ids: works.ids }, works)
      while (await later.sweep() > 0);
      expect(await left()).toEqual(nothing)
    })

    it('stay unseen by a neighbour', async () => {
      const world = await open()
      const { store, theirs } = await openShelf(world)
      const ours = await made(store, Buffer.from('ours'))
      const pending = await store.create({ name: 'a' })
      const { id: conversationId } = await world.organization.conversations.create()
      for (const { id } of [ours, pending, { id: unknownId }]) {
        for (const call of [
          () => theirs.get(id), () => theirs.content(id), () => theirs.complete(id),
          () => theirs.delete(id), () => theirs.put(id, arriving(Buffer.from('theirs'))),
        ]) await expect(call()).rejects.toThrow(AttachmentNotFound)
      }
      await expect(theirs.create({ name: 'a', conversationId }))
        .rejects.toThrow(AttachmentPlaceNotFound)
      expect((await theirs.list()).data).toEqual([])
      expect((await store.list()).data.map(({ id }) => id)).toEqual([pending.id, ours.id])
    })
  }, { engines })
}

contract('attachments', (open) => {
  it('are paged newest first to the end', async () => {
    const { organization: { attachments }, neighbour } = await open()
    const ids: string[] = []
    for (let index = 0; index < 11; index++) ids.push((await attachments.create({ name: 'a' })).id)
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await attachments.list({ limit: 4, cursor })
      seen.push(...page.data.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
      if (cursor !== undefined) {
        await expect(neighbour.attachments.list({ cursor })).rejects.toThrow(InvalidCursor)
      }
    } while (cursor !== undefined)
    expect(seen).toEqual(ids.reverse())
  })

  it('refuse what breaks a rule', async () => {
    const { organization: { attachments } } = await open()
    for (const [given, field] of [
      [{ name: '' }, 'name'], [{ name: 'a/b' }, 'name'], [{ name: '..' }, 'name'],
      [{ name: 'a\n' }, 'name'], [{ name: 'a'.repeat(256) }, 'name'],
      [{ name: 'a', declaredType: 'png' }, 'media_type'], [{ name: 'a', size: -1 }, 'size'],
      [{ name: 'a', size: 26_214_401 }, 'size'], [{ name: 'a', sha256: 'z' }, 'sha256'],
      [{ name: 'a', conversationId: 'x' }, 'conversation_id'],
    ] as const) await expect(attachments.create(given)).rejects.toMatchObject({ field })
    expect((await attachments.list()).data).toEqual([])
    await expect(attachments.get('x')).rejects.toMatchObject({ field: 'attachment_id' })
  })

  it('take part in a transaction, but for their bytes', async () => {
    const { holdfast, organizationId, organization: { attachments } } = await open()
    const { id } = await attachments.create({ name: 'a' })
    await attachments.put(id, arriving(Buffer.from('bytes')))
    const failing = holdfast.transaction(async (transaction) => {
      const inside = transaction.organization(organizationId).attachments
      await inside.complete(id)
      await inside.delete(id)
      await expect(inside.put(id, arriving(Buffer.from('a')))).rejects.toThrow(InvalidInput)
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    await attachments.complete(id)
    expect((await whole((await attachments.content(id)).read())).toString()).toBe('bytes')
    const { data } = await holdfast.organization(organizationId).audit.list()
    expect(data.map(({ action }) => action)).toContain('attachment.completed')
  })

  it('in a storage that is not configured are unavailable', async () => {
    const world = await open()
    const { store } = await inFolder(world)
    const { id } = await made(store, Buffer.from('bytes'))
    await expect(world.organization.attachments.content(id)).rejects.toThrow(AttachmentUnavailable)
  })
})
