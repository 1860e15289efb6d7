import { sql } from 'kysely'
import { instantOf } from '../../clock.js'
import { type Stored } from '../../database/columns.js'
import { ForeignKeyViolation } from '../../database/failures.js'
import { type JsonValue } from '../../database/json.js'
import { decodeRow, encodeRow } from '../../database/table.js'
import { conversationIdOf } from '../conversation-id.js'
import { ChatKitNotFound } from './errors.js'
import { type Room } from './host.js'
import { type Attachment, checkAttachment, checkId } from './rules.js'
import { chatkitAttachments as table } from './tables.js'

const { columns } = table

/** How often an attachment is saved whose thread others make and delete at the same time. */
const attemptsMax = 50

/** What ChatKit knows of the attachments of one organization. */
export class Attachments {
  readonly #room: Room

  constructor(room: Room) {
    this.#room = room
  }

  /** Saves an attachment, new or not. With its thread, once that is saved, it goes. */
  async save(attachment: Attachment): Promise<void> {
    checkAttachment(attachment)
    const { database, organizationId, clock } = this.#room
    const row = encodeRow(table, {
      organizationId, attachmentId: attachment.id, conversationId: null,
      updatedAt: instantOf(clock.now()),
      attachment: attachment as unknown as { [key: string]: JsonValue },
    })
    const { thread_id: threadId } = attachment
    const conversation = threadId == null ? null
      : columns.conversationId.encode(conversationIdOf(threadId, 'attachment.thread_id'))
    const conversationId = sql<Stored<'id'> | null>`(
      select c.id from conversations c
      where c.organization_id = ${organizationId} and c.id = ${conversation})`
    const upsert = database.write.insertInto('chatkit_attachments')
      .values({ ...row, conversation_id: conversationId })
      .onConflict((conflict) => conflict.columns(['organization_id', 'attachment_id'])
        .doUpdateSet((expression) => ({
          conversation_id: expression.ref('excluded.conversation_id'),
          updated_at: expression.ref('excluded.updated_at'),
          attachment: expression.ref('excluded.attachment'),
        })))
    for (let attempt = 1; ; attempt += 1) {
      try {
        await database.run(upsert)
        return
      } catch (error) {
        // Its thread was deleted while it was looked up.
        if (!(error instanceof ForeignKeyViolation) || attempt === attemptsMax) throw error
      }
    }
  }

  /** One attachment. Throws ChatKitNotFound. */
  async get(attachmentId: string): Promise<Attachment> {
    const { database, organizationId } = this.#room
    checkId(attachmentId, 'attachment_id')
    const stored = await database.first(database.write
      .selectFrom('chatkit_attachments').selectAll()
      .where('organization_id', '=', organizationId)
      .where('attachment_id', '=', columns.attachmentId.encode(attachmentId, 'attachment_id')))
    if (stored === undefined) {
      throw new ChatKitNotFound(`There is no attachment ${attachmentId} here.`)
    }
    return decodeRow(table, stored).attachment as unknown as Attachment
  }

  /** Deletes an attachment, if it is there. */
  async delete(attachmentId: string): Promise<void> {
    const { database, organizationId } = this.#room
    checkId(attachmentId, 'attachment_id')
    await database.run(database.write.deleteFrom('chatkit_attachments')
      .where('organization_id', '=', organizationId)
      .where('attachment_id', '=', columns.attachmentId.encode(attachmentId, 'attachment_id')))
  }
}
