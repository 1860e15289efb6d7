import { sql } from 'kysely'
import { type Stored } from '../database/columns.js'

/** What a conversation is like in which nothing has changed since it was begun. */
export const unchanged = {
  changeCount: 0,
  updatedChange: null,
  updatedAfter: null,
  switchedChange: null,
  switchedAfter: null,
  switchedLeafId: null,
}

const next = sql<Stored<'integer'>>`conversations.change_count + 1`
const messagesSoFar = sql<Stored<'integer'>>`conversations.message_count`

/** For an update of a conversation's row: counts a change, in the statement that makes it. */
export const counted = { change_count: next }

/** As `counted`, for a change of title, metadata or archive state. */
export const countedUpdate = { ...counted, updated_change: next, updated_after: messagesSoFar }

/** As `counted`, for a change of the active leaf that is no append. */
export const countedSwitch = { ...counted, switched_change: next, switched_after: messagesSoFar }

/** For an update of messages, once their conversation has counted it. */
export const numbered = {
  change: ofConversation('change_count'),
  changed_after: ofConversation('message_count'),
}

function ofConversation(column: 'change_count' | 'message_count') {
  return sql<Stored<'integer'>>`(
    select c.${sql.ref(column)} from conversations c
    where c.organization_id = messages.organization_id and c.id = messages.conversation_id)`
}
