import { type Clock, instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import {
  ConversationNotFound, MessageNotFound, SummaryExists, SummaryNotFound,
} from './errors.js'
import { type MessageLog } from './message-log.js'
import { checkSummary } from './rules.js'
import {
  type ConversationTables, conversationSummaries as table, type Summary,
} from './tables.js'
import { MessageTree } from './tree.js'

/** A summary to set. */
export interface NewSummary {
  /** 1 to 65,536 characters. */
  readonly text: string
  /** The last message it covers, of the conversation or the history it shares. @default null */
  readonly upToMessageId?: string | null | undefined
  /** The model that wrote it, at most 200 characters. @default null */
  readonly model?: string | null | undefined
}

/** When to set a summary. */
export interface SummaryPut {
  /** Only while there is one at this revision. */
  readonly ifRevision?: number | undefined
  /** Only while there is none. @default false */
  readonly ifAbsent?: boolean | undefined
}

const { columns } = table

/** The summaries of one organization's conversations: one each, or none. */
export class Summaries {
  readonly #log: MessageLog
  readonly #clock: Clock
  readonly #database: Database<ConversationTables>
  readonly #organizationId: Stored<'id'>

  /** `database` reaches the organization. */
  constructor(
    log: MessageLog,
    organizationId: Stored<'id'>,
    database: Database<ConversationTables>,
  ) {
    this.#log = log
    this.#clock = log.clock
    this.#organizationId = organizationId
    this.#database = database
  }

  /** Throws SummaryNotFound. */
  async get(conversationId: string): Promise<Summary> {
    const found = await this.#find(conversationId)
    if (found === undefined) throw notFound()
    return found
  }

  /** Sets or replaces the summary where the condition holds. */
  async put(
    conversationId: string,
    given: NewSummary,
    { ifRevision, ifAbsent = false }: SummaryPut = {},
  ): Promise<Summary> {
    checkSummary(given)
    if (ifAbsent && ifRevision !== undefined) {
      throw new InvalidInput('ifAbsent must not stand beside ifRevision', { field: 'ifAbsent' })
    }
    const row = await this.#rowOf(conversationId, given)
    const stored = ifRevision === undefined
      ? await this.#insert(row, ifAbsent)
      : await this.#update(row, columns.revision.encode(ifRevision, 'revision'))
    if (stored !== undefined) return summaryOf(stored)
    if (ifAbsent) throw new SummaryExists('The conversation has a summary already.')
    throw await this.#conflict(conversationId)
  }

  /** Empties the summary; the next one goes on with the next revision. */
  async delete(conversationId: string, ifRevision?: number): Promise<void> {
    const now = columns.updatedAt.encode(instantOf(this.#clock.now()))
    let update = this.#database.write
      .updateTable('conversation_summaries')
      .set({
        text: columns.text.encode(''), up_to_message_id: null, up_to_position: null, model: null,
        updated_at: now, deleted_at: now,
      })
      .where((where) => where.and(this.#key(conversationId)))
      .where('deleted_at', 'is', null)
    if (ifRevision !== undefined) {
      update = update.where('revision', '=', columns.revision.encode(ifRevision, 'revision'))
    }
    if ((await this.#database.run(update)) === 1) return
    if ((await this.#find(conversationId)) === undefined) throw notFound()
    throw await this.#conflict(conversationId)
  }

  async #find(conversationId: string): Promise<Summary | undefined> {
    const query = this.#database.write
      .selectFrom('conversation_summaries')
      .selectAll()
      .where((where) => where.and(this.#key(conversationId)))
      .where('deleted_at', 'is', null)
    const stored = await this.#database.first(query)
    return stored && summaryOf(stored)
  }

  async #rowOf(conversationId: string, { text, upToMessageId = null, model = null }: NewSummary) {
    const key = this.#key(conversationId)
    const now = instantOf(this.#clock.now())
    return encodeRow(table, {
      organizationId: key.organization_id, conversationId: key.conversation_id, text,
      upToMessageId, model, revision: 1, createdAt: now, updatedAt: now, deletedAt: null,
      upToPosition: upToMessageId === null
        ? null : await this.#positionOf(key.conversation_id, upToMessageId),
    })
  }

  async #positionOf(conversation: Stored<'id'>, messageId: string): Promise<number> {
    const tree = new MessageTree(this.#log, this.#organizationId, this.#database)
    const found = await tree.find(conversation, messageId, 'up_to_message_id')
    if (found !== undefined) return columns.revision.decode(found.position)
    throw new MessageNotFound('up_to_message_id must name a living message of the conversation.', {
      field: 'up_to_message_id',
    })
  }

  async #insert(row: ReturnType<typeof encodeRow<typeof table.columns>>, ifAbsent: boolean) {
    const { organization_id: _, conversation_id: conversationId, created_at, ...rest } = row
    const insert = this.#database.write
      .insertInto('conversation_summaries')
      .values(row)
      .onConflict((conflict) => {
        const update = conflict.columns(['organization_id', 'conversation_id'])
          .doUpdateSet((expression) => ({
            ...rest,
            revision: expression('conversation_summaries.revision', '+', row.revision),
            created_at: expression.case()
              .when('conversation_summaries.deleted_at', 'is', null)
              .then(expression.ref('conversation_summaries.created_at'))
              .else(expression.ref('excluded.created_at')).end(),
          }))
        return ifAbsent
          ? update.where('conversation_summaries.deleted_at', 'is not', null) : update
      })
      .returningAll()
    try {
      return await this.#database.first(insert)
    } catch (cause) {
      if (!(cause instanceof ForeignKeyViolation)) throw cause
      const message = `There is no conversation ${conversationId} here.`
      throw new ConversationNotFound(message, { cause })
    }
  }

  async #update(
    row: ReturnType<typeof encodeRow<typeof table.columns>>,
    revision: Stored<'integer'>,
  ) {
    const { organization_id, conversation_id, created_at: _, ...rest } = row
    const update = this.#database.write
      .updateTable('conversation_summaries')
      .set((expression) => ({ ...rest, revision: expression('revision', '+', row.revision) }))
      .where('organization_id', '=', organization_id)
      .where('conversation_id', '=', conversation_id)
      .where('deleted_at', 'is', null)
      .where('revision', '=', revision)
      .returningAll()
    return this.#database.first(update)
  }

  async #conflict(conversationId: string): Promise<Error> {
    const found = await this.#find(conversationId)
    return new RevisionConflict(found === undefined
      ? 'The conversation has no summary at present.'
      : `The summary is at revision ${found.revision}; read it again.`)
  }

  #key(conversationId: string) {
    return {
      organization_id: this.#organizationId,
      conversation_id: columns.conversationId.encode(conversationId, 'conversation_id'),
    }
  }
}

function summaryOf(stored: Record<string, unknown>): Summary {
  const { deletedAt: _, ...summary } = decodeRow(table, stored)
  return summary
}

const notFound = () => new SummaryNotFound('The conversation has no summary.')
