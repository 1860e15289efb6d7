import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'

const bytes = Buffer.from('what both have '.repeat(1_000))

async function* arriving(): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function whole(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of pieces) parts.push(part)
  return Buffer.concat(parts)
}

contract('bytes of a conversation that is deleted', (open) => {
  it('stay where one of its attachments was completed after they were looked up', async () => {
    const { holdfast, organizationId, organization: { attachments, conversations } } = await open()
    const begun = async (conversationId: string | null) => {
      const { id } = await attachments.create({ name: 'a', conversationId })
      await attachments.put(id, arriving())
      return id
    }
    const { id: conversationId } = await conversations.create()
    const own = await begun(conversationId)
    const other = await begun(null)
    const { attachmentWorks: works } = holdfast
    const letGo = await works.ofConversation(works.database, { organizationId, conversationId })
    await attachments.complete(own)
    await attachments.complete(other)
    await conversations.delete(conversationId)
    letGo()
    await works.idle()
    const content = await attachments.content(other)
    expect(await whole(content.read())).toEqual(bytes)
    const late = await begun(null)
    await attachments.complete(late)
    expect(await whole((await attachments.content(late)).read())).toEqual(bytes)
    await attachments.delete(other)
    await attachments.delete(late)
    await works.idle()
    await works.sweep()
    const { write } = works.database
    expect(await works.database.all(write.selectFrom('attachment_blobs').select('id')
      .where('organization_id', '=', organizationId as never))).toEqual([])
  })
})
