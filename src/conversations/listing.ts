import { sql, type SqlBool } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { cursorOf, keyOf, type Page, type PageRequest } from '../database/page.js'
import { InvalidInput } from '../errors.js'
import { participantOf } from './participant-rules.js'
import { pageLengthMax } from './message-log.js'
import { checkLimit, checkMetadata } from './rules.js'
import {
  type Conversation, conversationOf, conversations as table, type ConversationTables,
  type Metadata,
} from './tables.js'

/** Options of `list`; those that are given must all hold. */
export interface ConversationListing extends PageRequest {
  /** Only conversations this user began. */
  readonly userId?: string
  /** `true`: only archived ones; `false`: only living ones. @default false */
  readonly archived?: boolean
  /** Only conversations this participant takes part in: `user:…`, `agent:…`, a speaker URI. */
  readonly participant?: string
  /**
   * Only conversations whose metadata contains this object: each member of it is there, an array
   * holds each of its elements in any order, all else is equal. At most 2,000 characters of JSON.
   */
  readonly metadata?: Metadata
}

/** Characters of JSON that a filter by metadata may have. */
export const metadataFilterMax = 2_000

const { columns } = table

type StoredConversation = ConversationTables['conversations']
type ListedRow = StoredConversation & { readonly is_long: unknown }

/** Bytes of metadata from which a conversation is read by itself. */
const longFrom = 256 * 1024

const listed = table.columnNames.filter((name) => name !== 'metadata')
  .map((name) => `conversations.${name}` as 'conversations.id')

const isLong = sql`case when octet_length(cast(conversations.metadata as text)) >
  ${sql.lit(longFrom)} then 1 else 0 end`
const shortMetadata = sql`case when ${isLong} = 1 then null else conversations.metadata end`

/** One page of an organization's conversations, newest first. */
export async function listConversations(
  database: Database<ConversationTables>,
  organizationId: Stored<'id'>,
  listing: ConversationListing,
): Promise<Page<Conversation>> {
  const limit = checkLimit(listing)
  const { userId, archived = false, cursor } = listing
  const participant =
    listing.participant === undefined ? undefined : participantOf(listing.participant)
  const metadata = listing.metadata === undefined ? undefined : filterOf(listing.metadata)
  const filters = {
    ...(participant === undefined ? {} : { participant }),
    ...(metadata === undefined ? {} : { metadata }),
  }
  const list = ['conversations', organizationId, userId ?? null, archived,
    ...(Object.keys(filters).length === 0 ? [] : [filters])]
  const last = cursor === undefined ? undefined : placeOf(keyOf(list, cursor))
  const query = database.write
    .selectFrom('conversations')
    .select(listed)
    .select([isLong.as('is_long'), shortMetadata.as('metadata')])
    .where('conversations.organization_id', '=', organizationId)
    .where('archived_at', archived ? 'is not' : 'is', null)
    .$if(userId !== undefined, (all) =>
      all.where('user_id', '=', columns.userId.encode(userId!, 'user_id')))
    .$if(metadata !== undefined, (all) => all.where((expression) =>
      database.engine.jsonContains(expression.ref('conversations.metadata'), metadata!)))
    .$if(last !== undefined, (all) => all.where(
      sql<SqlBool>`(conversations.created_at, conversations.id) < ${last}`))
    // Begins with the participant's own index, so that no other's conversations are read.
    .$if(participant !== undefined, (all) => all.where('conversations.id', 'in',
      sql<Stored<'id'>>`(with mine as materialized ${database.write
        .selectFrom('conversation_participants').select('conversation_id')
        .where('organization_id', '=', organizationId)
        .where('participant', '=', participant!)} select conversation_id from mine)`))
    .orderBy('conversations.created_at', 'desc')
    .orderBy('conversations.id', 'desc')
    .limit(limit + 1)
  const found = await database.all(query) as ListedRow[]
  const { rows, last: end } = await wholeRows(database, organizationId, found.slice(0, limit))
  const isMore = end !== undefined && end !== found.at(-1)
  const nextCursor = isMore
    ? cursorOf(list, [columns.createdAt.decode(end.created_at), columns.id.decode(end.id)]) : null
  return { data: rows.map(conversationOf), nextCursor }
}

/** Reads long metadata row by row, as far as one answer takes it, up to the last listed. */
async function wholeRows(
  database: Database<ConversationTables>,
  organizationId: Stored<'id'>,
  found: readonly ListedRow[],
): Promise<{ readonly rows: StoredConversation[]; readonly last: ListedRow | undefined }> {
  const rows: StoredConversation[] = []
  let length = 0
  let last: ListedRow | undefined
  for (const row of found) {
    const whole = Number(row.is_long) === 0 ? row : await database.first(database.write
      .selectFrom('conversations').selectAll()
      .where('organization_id', '=', organizationId).where('id', '=', row.id))
    length += whole?.metadata.length ?? 0
    if (rows.length > 0 && length > pageLengthMax) break
    if (whole !== undefined) rows.push(whole)
    last = row
  }
  return { rows, last }
}

/** The place behind which a page begins. */
function placeOf([moment, id]: readonly unknown[]) {
  const at = columns.createdAt.encode(String(moment), 'cursor')
  return sql`(${at}, ${columns.id.encode(String(id), 'cursor')})`
}

function filterOf(metadata: Metadata): Stored<'json'> {
  checkMetadata(metadata)
  const stored = columns.metadata.encode(metadata, 'metadata')
  if (stored.length <= metadataFilterMax) return stored
  const rule = `must be at most ${metadataFilterMax} characters of JSON to filter by`
  throw new InvalidInput(`metadata ${rule}`, { field: 'metadata' })
}
