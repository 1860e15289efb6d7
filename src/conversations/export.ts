import { createHash } from 'node:crypto'
import { type Database } from '../database/database.js'
import { decodeRow } from '../database/table.js'
import { ConversationNotFound } from './errors.js'
import { lengthOf } from './long-messages.js'
import { type MessageLog } from './message-log.js'
import { conversations as table, type ConversationTables, messageBranches } from './tables.js'
import {
  closingLine, type ConversationKey, headLine, leafLine, messageLine, transferredMessage,
} from './transfer-format.js'
import { integer, type StoredMessage } from './tree-place.js'
import { type TreePlace } from './tree-statements.js'

/** Rows of one statement at most. */
const rowsMax = 128

/** Characters of one statement's rows that are aimed at. */
const lengthAim = 4 * 1024 * 1024

/** Rows of one statement when the rows before were long, or nothing is known of them. */
const rowsFirst = 16

/**
 * Writes a conversation as lines, a page at a time: neither the conversation nor a transaction is
 * held while a reader is slow. What is appended meanwhile is written as well. The active leaf comes
 * last, read when all messages up to it are written, so that it is a living message of the file.
 */
export class ConversationExport {
  readonly #log: MessageLog
  readonly #database: Database<ConversationTables>
  readonly #key: ConversationKey
  readonly #hash = createHash('sha256')
  #position = 0
  #erased = 0
  #rows = rowsFirst

  constructor(log: MessageLog, database: Database<ConversationTables>, key: ConversationKey) {
    this.#log = log
    this.#database = database
    this.#key = key
  }

  /** Lines with their line feeds. Throws ConversationNotFound, at the latest in mid-file. */
  async *lines(): AsyncGenerator<string, void, void> {
    const conversation = await this.#conversation()
    yield this.#written(headLine(conversation))
    const shared = await this.#sharedEnd()
    if (shared !== undefined) yield* this.#shared(shared)
    let last = 0
    for (;;) {
      const from = last
      for await (const stored of this.#own(from)) {
        last = Number(stored.position)
        yield this.#message(stored)
      }
      const { messageCount, activeLeafId } = await this.#conversation()
      if (messageCount > last) continue
      yield this.#written(leafLine(activeLeafId))
      const sha256 = this.#hash.digest('hex')
      yield `${closingLine({ messages: this.#position, erased: this.#erased, sha256 })}\n`
      return
    }
  }

  /** Of a fork: the messages of other conversations that its own follow, from the root on. */
  async *#shared(end: TreePlace): AsyncGenerator<string, void, void> {
    for (let above = 0; above < end.depth;) {
      const count = this.#rows
      const { rows } = await this.#database.execute(this.#log.tree.downward({
        ...end, above: integer(above), rows_max: integer(count),
        organization_id: this.#key.organizationId,
      }))
      this.#adapt(rows)
      if (rows.length === 0) return
      for await (const stored of this.#whole(rows)) yield this.#message(stored)
      above = Number(rows.at(-1)!.depth)
    }
  }

  /** Messages of the conversation itself, erased ones included, in order of arrival. */
  async *#own(from: number): AsyncGenerator<StoredMessage, void, void> {
    for (let last = from; ;) {
      const limit = this.#rows
      const { rows } = await this.#database.execute(this.#log.transfer.page({
        organization: this.#key.organizationId, conversation: this.#key.conversationId,
        from: integer(last), limit,
      }))
      this.#adapt(rows)
      yield* this.#whole(rows)
      if (rows.length < limit) return
      last = Number(rows.at(-1)!.position)
    }
  }

  /** One long message at a time. Throws ConversationNotFound when it is gone since. */
  async *#whole(rows: readonly StoredMessage[]): AsyncGenerator<StoredMessage, void, void> {
    for (const row of rows) {
      const whole = await this.#log.long.whole(this.#database, row, {
        organization: this.#key.organizationId,
        conversation: row.conversation_id as StoredMessage['id'] as never,
      })
      if (whole === undefined) throw new ConversationNotFound('The conversation is gone meanwhile.')
      yield whole
    }
  }

  /** The next page is as long as this one's rows let expect. */
  #adapt(rows: readonly StoredMessage[]): void {
    const length = rows.reduce((sum, row) => sum + lengthOf(row), 1)
    const fitting = Math.floor((lengthAim * rows.length) / length)
    this.#rows = Math.max(1, Math.min(rowsMax, this.#rows * 4, fitting))
  }

  #message(stored: StoredMessage): string {
    this.#position += 1
    const message = transferredMessage(stored, this.#position)
    if (message.deletedAt !== null) this.#erased += 1
    return this.#written(messageLine(message))
  }

  #written(line: string): string {
    const whole = `${line}\n`
    this.#hash.update(whole)
    return whole
  }

  async #conversation() {
    const { organizationId, conversationId } = this.#key
    const query = this.#database.write
      .selectFrom('conversations')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', conversationId)
    const stored = await this.#database.first(query)
    if (stored !== undefined) return decodeRow(table, stored)
    throw new ConversationNotFound(`There is no conversation ${conversationId} here.`)
  }

  /** Where a fork leaves another conversation; undefined for one that is none. */
  async #sharedEnd(): Promise<TreePlace | undefined> {
    const { organizationId, conversationId } = this.#key
    const query = this.#database.write
      .selectFrom('message_branches')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('conversation_id', '=', conversationId)
      .where('branch', '=', integer(0))
    const stored = await this.#database.first(query)
    if (stored === undefined) return undefined
    const { columns } = messageBranches
    return {
      conversation_id: columns.parentConversationId.encode(stored.parent_conversation_id),
      branch: integer(columns.parentBranch.decode(stored.parent_branch)),
      depth: integer(columns.parentDepth.decode(stored.parent_depth)),
    }
  }
}
