import { sql, type SqlBool } from 'kysely'
import { type Instant } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { decodeRow } from '../database/table.js'
import { decimalOf } from './cost.js'
import { checkLimit, checkType } from './rules.js'
import { usageEvents, type UsageRow, type UsageTables } from './tables.js'

/** An event as the store returns it. */
export interface UsageEvent extends Pick<UsageRow, 'organizationId' | 'id' | 'type' | 'userId'
  | 'conversationId' | 'runId' | 'model' | 'tokensIn' | 'tokensOut' | 'durationMs' | 'data'
  | 'occurredAt' | 'recordedAt'> {
  /** US dollars, exact. */
  readonly costUsd: string
}

/** Options of `listEvents`; those that are given must all hold. */
export interface UsageListing extends PageRequest {
  readonly userId?: string | undefined
  readonly conversationId?: string | undefined
  readonly runId?: string | undefined
  readonly type?: string | undefined
  /** Occurred then or later. */
  readonly from?: Instant | undefined
  /** Occurred before then. */
  readonly to?: Instant | undefined
}

const { columns } = usageEvents

/** The event in a row. */
export function eventOf(row: UsageRow): UsageEvent {
  const {
    costUnits, costPicos, latency: _, dayAt: _day, quarterAt: _quarter, fingerprint: _print,
    ...rest
  } = row
  return { ...rest, costUsd: decimalOf(BigInt(costUnits), BigInt(costPicos)) }
}

/** One page of an organization’s events, the last that occurred first. */
export async function listEvents(
  database: Database<UsageTables>,
  organizationId: Stored<'id'>,
  listing: UsageListing,
): Promise<Page<UsageEvent>> {
  const limit = checkLimit(listing)
  const { type, from, to, cursor } = listing
  if (type !== undefined) checkType(type)
  const given = <V, S>(value: V | undefined, encode: (value: V) => S) =>
    value === undefined ? undefined : encode(value)
  const filters = {
    user_id: given(listing.userId, (id) => columns.userId.encode(id, 'user_id')!),
    conversation_id: given(listing.conversationId, (id) =>
      columns.conversationId.encode(id, 'conversation_id')!),
    run_id: given(listing.runId, (id) => columns.runId.encode(id, 'run_id')!),
    type: given(type, (text) => columns.type.encode(text, 'type')),
  }
  const since = given(from, (moment) => columns.occurredAt.encode(moment, 'from'))
  const until = given(to, (moment) => columns.occurredAt.encode(moment, 'to'))
  const list = ['usage_events', organizationId, filters, since ?? null, until ?? null]
  const last = cursor === undefined ? undefined : placeOf(keyOf(list, cursor))
  let query = database.write
    .selectFrom('usage_events')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .$if(since !== undefined, (all) => all.where('occurred_at', '>=', since!))
    .$if(until !== undefined, (all) => all.where('occurred_at', '<', until!))
    .$if(last !== undefined, (all) => all.where(sql<SqlBool>`(occurred_at, id) < ${last}`))
    .orderBy('occurred_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
  for (const [name, value] of Object.entries(filters)) {
    if (value !== undefined) query = query.where(sql.ref<unknown>(name), '=', value)
  }
  const rows = (await database.all(query)).map((row) => eventOf(decodeRow(usageEvents, row)))
  return pageOf(rows, limit, ({ occurredAt, id }) => cursorOf(list, [occurredAt, id]))
}

/** The place behind which a page begins. */
function placeOf([moment, id]: readonly unknown[]) {
  const at = columns.occurredAt.encode(String(moment), 'cursor')
  return sql`(${at}, ${columns.id.encode(String(id), 'cursor')})`
}
