import { createHash } from 'node:crypto'
import { type Instant, instantOf, millisecondsOf } from '../clock.js'
import { encodeRow, type StoredRow } from '../database/table.js'
import { InvalidInput } from '../errors.js'
import { costOf } from './cost.js'
import { dayOf, quarterOf } from './days.js'
import { bucketOf } from './histogram.js'
import { checkEvent, dataLengthMax, type NewUsageEvent } from './rules.js'
import { usageEvents, type UsageRow } from './tables.js'

/** A row to be inserted, in stored form. */
export type StoredEvent = StoredRow<typeof usageEvents>

/** What is known of an event beside what the caller said. */
export interface Drafting {
  readonly organizationId: string
  /** The acting user. */
  readonly userId: string | null
  /** Its id, unless the caller gave one. */
  readonly id: string
  readonly nowMs: number
  /** Stands before the names of fields in errors. */
  readonly place: string
}

/** The stored form of a new event. Throws InvalidInput or InvalidValue, naming the field. */
export function draftOf(event: NewUsageEvent, drafting: Drafting): StoredEvent {
  const { organizationId, nowMs, place } = drafting
  checkEvent(event, place)
  const { columns } = usageEvents
  const now = instantOf(nowMs)
  const occurredAt: Instant = event.occurredAt ?? now
  columns.occurredAt.encode(occurredAt, `${place}occurred_at`)
  const occurredMs = millisecondsOf(occurredAt)
  const { durationMs = null, data = {} } = event
  const row: UsageRow = {
    organizationId,
    id: event.id ?? drafting.id,
    type: event.type,
    userId: event.userId === undefined ? drafting.userId : event.userId,
    conversationId: event.conversationId ?? null,
    runId: event.runId ?? null,
    model: event.model ?? null,
    tokensIn: event.tokensIn ?? 0,
    tokensOut: event.tokensOut ?? 0,
    durationMs,
    latency: durationMs === null ? null : bucketOf(durationMs),
    data,
    occurredAt,
    dayAt: dayOf(occurredMs),
    quarterAt: quarterOf(occurredMs),
    recordedAt: now,
    fingerprint: '',
    ...costOf(event.costUsd ?? '0'),
  }
  const stored = placed(place, () => encodeRow(usageEvents, row))
  if (stored.data.length > dataLengthMax) {
    const rule = `must be at most ${dataLengthMax} characters of JSON`
    throw new InvalidInput(`${place}data ${rule}`, { field: `${place}data` })
  }
  const fingerprint = fingerprintOf(stored, event.occurredAt !== undefined)
  return { ...stored, fingerprint: columns.fingerprint.encode(fingerprint) }
}

/** Names the place of a field in a list, which a row does not know. */
function placed<R>(place: string, encode: () => R): R {
  try {
    return encode()
  } catch (error) {
    const { field, message } = error as InstanceType<typeof InvalidInput>
    const kind = (error as object).constructor as typeof InvalidInput
    if (place === '' || field === undefined) throw error
    throw new kind(`${place}${message}`, { field: `${place}${field}`, cause: error })
  }
}

/** A digest of what the caller said; when it is left to us, the moment is no part of it. */
function fingerprintOf(stored: StoredEvent, isTimed: boolean): string {
  const said = [
    stored.type, stored.user_id, stored.conversation_id, stored.run_id, stored.model,
    stored.tokens_in, stored.tokens_out, stored.cost_units, stored.cost_picos,
    stored.duration_ms, stored.data, isTimed ? stored.occurred_at : null,
  ]
  return createHash('sha256').update(JSON.stringify(said)).digest('base64url').slice(0, 22)
}
