import { sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database, prepareRaw } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { conversationSummaries, type ConversationTables, type Summary } from './tables.js'

/** Which conversation is meant. */
export interface ContextKey {
  readonly organization_id: Stored<'id'>
  readonly id: Stored<'id'>
}

/**
 * A conversation with its summary, and `edits`: the changes of what was there already, in it and in
 * those whose history it shares.
 */
export function contextRow(
  database: Database<ConversationTables>,
): (key: ContextKey) => Statement {
  return prepareRaw<ContextKey>(database, {
    name: 'conversations_context',
    readOnly: true,
    build: (slot) => sql`
      select c.*, s.text as summary_text, s.up_to_message_id as summary_up_to_message_id,
        s.up_to_position as summary_up_to_position, s.model as summary_model,
        s.revision as summary_revision, s.created_at as summary_created_at,
        s.updated_at as summary_updated_at,
        case when c.forked_from_conversation_id is null then c.change_count else (
          with recursive line as (
            select o.organization_id, o.id, o.change_count from conversations o
            where o.organization_id = c.organization_id and o.id = c.id
            union all
            select o.organization_id, o.id, o.change_count
            from line l
            join message_branches b on b.organization_id = l.organization_id
              and b.conversation_id = l.id and b.branch = 0
            join conversations o on o.organization_id = b.organization_id
              and o.id = b.parent_conversation_id)
          select sum(change_count) from line) end as edits
      from conversations c
      left join conversation_summaries s on s.organization_id = c.organization_id
        and s.conversation_id = c.id and s.deleted_at is null
      where c.organization_id = ${slot('organization_id')} and c.id = ${slot('id')}`,
  })
}

const { columns } = conversationSummaries

/** The summary in such a row. */
export function summaryIn(row: Record<string, unknown>): Summary | null {
  if (row.summary_revision === null) return null
  return {
    organizationId: columns.organizationId.decode(row.organization_id),
    conversationId: columns.conversationId.decode(row.id),
    text: columns.text.decode(row.summary_text),
    upToMessageId: columns.upToMessageId.decode(row.summary_up_to_message_id),
    upToPosition: columns.upToPosition.decode(row.summary_up_to_position),
    model: columns.model.decode(row.summary_model),
    revision: columns.revision.decode(row.summary_revision),
    createdAt: columns.createdAt.decode(row.summary_created_at),
    updatedAt: columns.updatedAt.decode(row.summary_updated_at),
  }
}
