import { expect, it } from 'vitest'
import { encodeRow } from '../database/table.js'
import { contract } from '../testing/contract.js'
import { attachmentBlobs, attachmentContents, attachments } from './index.js'

async function* piecesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

/** More than one sweep looks at. */
const many = 1_001

contract('discarding all bytes that nobody has', (open) => {
  it('finds them behind any number that somebody has', async () => {
    const { holdfast, organizationId, neighbourId, neighbour } = await open()
    const at = '2026-01-01T00:00:00.000000Z'
    const rows = Array.from({ length: many }, (_, index) => {
      const sha256 = index.toString(16).padStart(64, '0')
      const [blobId, id] = [holdfast.ids.next(), holdfast.ids.next()]
      const same = { organizationId, sha256, size: 0, mediaType: 'text/plain', createdAt: at }
      return {
        blob: encodeRow(attachmentBlobs, {
          ...same, id: blobId, storage: 'database', state: 'kept', sweepAfter: at,
        }),
        content: encodeRow(attachmentContents, { ...same, blobId }),
        attachment: encodeRow(attachments, {
          organizationId, id, sha256, conversationId: null, userId: null, name: 'a',
          declaredType: null, declaredSize: null, declaredSha256: null, state: 'ready',
          blobId: null, createdAt: at, completedAt: at, expiresAt: null,
        }),
      }
    })
    const { database, attachmentWorks } = holdfast
    const { write } = database
    for (let from = 0; from < many; from += 500) {
      const some = rows.slice(from, from + 500)
      await database.run(write.insertInto('attachment_blobs').values(some.map((of) => of.blob)))
      await database.run(
        write.insertInto('attachment_contents').values(some.map((of) => of.content)))
      await database.run(write.insertInto('attachments').values(some.map((of) => of.attachment)))
    }
    expect(neighbourId > organizationId).toBe(true)
    const { id } = await neighbour.attachments.create({ name: 'a' })
    await neighbour.attachments.put(id, piecesOf('bytes'))
    await neighbour.attachments.complete(id)
    // As when its conversation goes while the process dies.
    await database.run(write.deleteFrom('attachments').where('id', '=', id as never))
    expect(await attachmentWorks.discardAll()).toBe(true)
    const left = write.selectFrom('attachment_chunks').select('blob_id')
      .where('organization_id', '=', neighbourId as never)
    expect(await database.all(left)).toEqual([])
  })
})
