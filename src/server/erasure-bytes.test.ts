import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AttachmentWorks } from '../attachments/index.js'
import { type BlobStorage, DirectoryStorage, type Holdfast, S3Storage } from '../index.js'
import { contract } from '../testing/contract.js'
import { PrivateS3 } from '../testing/private-s3.test.harness.js'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-erasure-'))
const missing = PrivateS3.missing()
const reason = missing === undefined ? '' : `: did not run: ${missing}`
let s3: PrivateS3 | undefined

beforeAll(async () => {
  if (missing === undefined) s3 = await PrivateS3.start()
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await s3?.remove()
})

const filesIn = (path: string) => readdirSync(path, { recursive: true }).map(String)
  .filter((name) => statSync(join(path, name)).isFile())
  .map((name) => readFileSync(join(path, name), 'latin1')).join('\n')

async function* piecesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

/** Somebody with a file of their own, one that is unfinished, and one that others have as well. */
async function person(holdfast: Holdfast) {
  const canary = `canary-${holdfast.ids.next()}`
  const { id: userId } = await holdfast.identity.createUser({ email: `${canary}@erased.test` })
  const own = holdfast.organization('default', { id: `user:${userId}`, userId }).attachments
  const others = holdfast.organization('default').attachments
  const put = async (attachments: typeof own, text: string) => {
    const { id } = await attachments.create({ name: 'a' })
    await attachments.put(id, piecesOf(text))
    return { id, complete: () => attachments.complete(id) }
  }
  await (await put(own, canary)).complete()
  await put(own, `unfinished ${canary}`)
  await (await put(own, `shared by ${userId}`)).complete()
  const kept = await put(others, `shared by ${userId}`)
  await kept.complete()
  return { canary, userId, shared: `shared by ${userId}`, kept: kept.id, others }
}

contract('erasing a person takes the bytes of attachments', (open) => {
  const opened = async (storage: BlobStorage) =>
    (await open()).another({ attachments: { storage } })

  it('out of a folder, but those that others have as well', async () => {
    const holdfast = await opened(await DirectoryStorage.open(join(folder, 'a')))
    const { canary, userId, shared, kept, others } = await person(holdfast)
    expect(filesIn(folder)).toContain(canary)
    const { unscrubbed } = await holdfast.personalData().erase(userId, { scrub: false })
    expect(unscrubbed).toEqual([])
    expect(filesIn(folder)).not.toContain(canary)
    expect(filesIn(folder)).toContain(shared)
    expect((await others.get(kept)).state).toBe('ready')
  })

  it.skipIf(missing !== undefined)(`out of a bucket, or says it is away${reason}`, async () => {
    const storage = await S3Storage.open({ ...s3!.options, timeoutMs: 1_000 })
    const holdfast = await opened(storage)
    const [one, other] = [await person(holdfast), await person(holdfast)]
    expect(s3!.text()).toContain(one.canary)
    expect((await holdfast.personalData().erase(one.userId, { scrub: false })).unscrubbed)
      .toEqual([])
    expect(s3!.text()).not.toContain(one.canary)
    expect(s3!.text()).toContain(one.shared)
    await s3!.kill()
    const erased = await holdfast.personalData().erase(other.userId, { scrub: false })
    expect(erased.unscrubbed).toEqual(['attachment_blobs'])
    await s3!.start()
    expect(s3!.text()).toContain(other.canary)
    const late = { now: () => holdfast.clock.now() + 120_000 }
    const { database, ids } = holdfast
    await new AttachmentWorks(database.as(), { clock: late, ids }, { storage }).sweep()
    expect(s3!.text()).not.toContain(other.canary)
  })
})
