import { sql } from 'kysely'
import { type Instant } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database, type Placeholder, prepare, prepareBatch } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { decodeRow } from '../database/table.js'
import { messageOf } from './drafts.js'
import { type EventCursor, idOfCursor } from './event-cursor.js'
import { nameOf } from './event-signals.js'
import {
  type ConversationEvent, type ConversationStates, type Happening,
} from './events.js'
import { lengthOf, LongMessages, shortened } from './long-messages.js'
import { conversations, type ConversationTables, messages } from './tables.js'
import { type ConversationKey } from './transfer-format.js'
import { integer } from './tree-place.js'

/** Events of one kind in one batch at most. */
export const batchMax = 64

/** Characters of messages in one batch; it ends early beyond them, but never without one. */
const batchLengthMax = 4 * 1024 * 1024

/** What lies behind a cursor, as far as one batch goes. */
export interface EventBatch {
  readonly events: readonly ConversationEvent[]
  readonly next: EventCursor
  /** Whether there is more behind it already. */
  readonly more: boolean
  /** Whether the conversation is gone. */
  readonly ended: boolean
}

interface Counts {
  readonly messages: number
  readonly changes: number
}

/** A change that is to be told; `after` so many messages. */
interface Change {
  readonly change: number
  readonly after: number
  readonly happening: Happening
}

interface BehindParameters {
  organization: Stored<'id'>
  conversation: Stored<'id'>
  from: Stored<'integer'>
  until: Stored<'integer'>
  limit: number
}

interface Changes {
  readonly changes: readonly Change[]
  /** Whether there are no more. */
  readonly isAll: boolean
}

/** Rows of one kind, as far as they fit into a batch. */
interface Fitting {
  readonly rows: readonly Row[]
  readonly isAll: boolean
}

type Row = Record<string, unknown>
type Behind = (given: BehindParameters) => Statement

/**
 * Reads what happened in conversations from the tables themselves. Appends are told by position,
 * changes by number; each change knows how many messages were there before it, so that every
 * reader is told both in the same order.
 */
export class EventReader {
  readonly #database: Database<ConversationTables>
  readonly #states: ConversationStates | undefined
  readonly #created: Behind
  readonly #changed: Behind
  readonly #long: LongMessages
  readonly #look: (rows: readonly { organization_id: Stored<'id'>; id: Stored<'id'> }[]) =>
    Statement

  constructor(database: Database<ConversationTables>, states?: ConversationStates) {
    this.#database = database
    this.#states = states
    this.#long = new LongMessages(database)
    const on = database
    this.#created = prepare('conversation_created', (slot) => created(on, slot))
    this.#changed = prepare('conversation_changed', (slot) => changed(on, slot))
    this.#look = prepareBatch(on.as<never>(), {
      name: 'conversations_look',
      kinds: { organization_id: 'id', id: 'id' },
      build: (rows) => sql`
        select c.organization_id, c.id, c.message_count, c.change_count,
          c.created_at as began_at
        from ${rows} as w
        join conversations c on c.organization_id = w.organization_id and c.id = w.id`,
    })
  }

  /** Where each conversation stands now, by name; absent where there is none. */
  async standing(keys: readonly ConversationKey[]): Promise<Map<string, EventCursor>> {
    const rows = keys.map((key) => ({
      organization_id: key.organizationId, id: key.conversationId,
    }))
    const within = this.#database.within(keys.map(({ organizationId }) => organizationId))
    const [found, states] = await Promise.all([
      within.execute({ ...this.#look(rows), readOnly: true }),
      this.#states?.lastChanges(keys),
    ])
    const lastState = new Map(keys.map((key, index) => [nameOf(key), states?.[index] ?? 0]))
    return new Map(found.rows.map((row) => {
      const name = nameOf({
        organizationId: row.organization_id as Stored<'id'>,
        conversationId: row.id as Stored<'id'>,
      })
      const { messages: position, changes: change } = countsOf(row)
      return [name, { position, change, state: lastState.get(name)!, since: beganAt(row) }]
    }))
  }

  /** What lies behind a cursor; of the states only where asked for. */
  async read(
    key: ConversationKey,
    from: EventCursor,
    withStates: boolean,
  ): Promise<EventBatch> {
    const database = this.#database.within([key.organizationId])
    const names = { organization: key.organizationId, conversation: key.conversationId }
    const { rows } = await database.execute(this.#created({
      ...names, from: integer(from.position), until: integer(0), limit: batchMax,
    }))
    const [first] = rows
    // One that was deleted and came back from a file, or was made anew, is another one.
    const isGone = first === undefined || countsOf(first).messages < from.position ||
      countsOf(first).changes < from.change || (from.since ?? beganAt(first)) !== beganAt(first)
    if (isGone) return gone(from)
    const counts = countsOf(first)
    const created = await this.#fitting(database, key, rows.filter(({ id }) => id !== null))
    const changed = counts.changes === from.change
      ? { changes: [], isAll: true }
      : await this.#changes(database, key, { first, from: from.change })
    const told = merged(created, changed, { from, counts })
    if (told.more || !withStates || this.#states === undefined) return told
    return this.#withStates(key, told)
  }

  /** Rows as far as they fit into a batch, with what is long. */
  async #fitting(
    database: Database<ConversationTables>,
    key: ConversationKey,
    found: readonly Row[],
  ): Promise<Fitting> {
    const rows: Row[] = []
    let length = 0
    for (const row of found) {
      const whole = await this.#long.whole(database, row, {
        organization: key.organizationId, conversation: key.conversationId,
      })
      // The next look finds that the conversation is gone.
      if (whole === undefined) return { rows, isAll: false }
      length += lengthOf(whole)
      if (rows.length > 0 && length > batchLengthMax) return { rows, isAll: false }
      rows.push(whole)
    }
    return { rows, isAll: rows.length < batchMax }
  }

  /** Changes behind a number, in order, at most two more than a batch takes. */
  async #changes(
    database: Database<ConversationTables>,
    key: ConversationKey,
    { first, from }: { readonly first: Row; readonly from: number },
  ): Promise<Changes> {
    const { changes: until } = countsOf(first)
    const found = await database.execute(this.#changed({
      organization: key.organizationId, conversation: key.conversationId,
      from: integer(from), until: integer(until), limit: batchMax,
    }))
    const { rows, isAll } = await this.#fitting(database, key, found.rows)
    const all = rows.map(changeOf)
    const switched = numberIn(first.switched_change)
    if (switched > from) {
      all.push({
        change: switched, after: numberIn(first.switched_after),
        happening: {
          type: 'branch.switched',
          activeLeafId: conversations.columns.switchedLeafId.decode(first.switched_leaf_id),
        },
      })
    }
    if (numberIn(first.updated_change) > from) {
      all.push(...await this.#updated(database, key, until))
    }
    all.sort((a, b) => a.change - b.change)
    // Behind a full page of messages others may stand that were not read.
    const last = isAll ? until : numberIn(rows.at(-1)?.change ?? from)
    return { changes: all.filter(({ change }) => change <= last), isAll }
  }

  /** The last change of the conversation itself, unless it was made after these were counted. */
  async #updated(
    database: Database<ConversationTables>,
    key: ConversationKey,
    until: number,
  ): Promise<Change[]> {
    const query = database.write
      .selectFrom('conversations')
      .selectAll()
      .where('organization_id', '=', key.organizationId)
      .where('id', '=', key.conversationId)
    const stored = await database.first(query)
    if (stored === undefined) return []
    const { id, title, metadata, archivedAt, revision, updatedChange, updatedAfter } =
      decodeRow(conversations, stored)
    if (updatedChange! > until) return []
    const conversation = { id, title, metadata, archivedAt, revision }
    const happening = { type: 'conversation.updated', conversation } as const
    return [{ change: updatedChange!, after: updatedAfter!, happening }]
  }

  async #withStates(key: ConversationKey, told: EventBatch): Promise<EventBatch> {
    const changes = await this.#states!.changesAfter(key, told.next.state, batchMax)
    let { next } = told
    const events = changes.map(({ change, data }): ConversationEvent => {
      next = { ...next, state: change }
      return { id: idOfCursor(next), type: 'state.changed', state: data }
    })
    const more = changes.length === batchMax
    return { ...told, events: [...told.events, ...events], next, more }
  }
}

/** Messages behind a position, beside how their conversation stands; at least one row. */
function created(on: Database<ConversationTables>, slot: Placeholder<BehindParameters>) {
  return on.write
    .selectFrom('conversations as c')
    .leftJoin('messages as m', (join) => join
      .onRef('m.organization_id', '=', 'c.organization_id')
      .onRef('m.conversation_id', '=', 'c.id')
      .on('m.position', '>', slot('from'))
      .onRef('m.position', '<=', 'c.message_count'))
    .select(shortened() as never)
    .select([
      'c.message_count', 'c.change_count', 'c.updated_change', 'c.switched_change',
      'c.switched_after', 'c.switched_leaf_id', 'c.created_at as began_at',
    ])
    .where('c.organization_id', '=', slot('organization'))
    .where('c.id', '=', slot('conversation'))
    .orderBy('m.position')
    .limit(slot('limit'))
}

/** Messages by the number of their last change. */
function changed(on: Database<ConversationTables>, slot: Placeholder<BehindParameters>) {
  return on.write
    .selectFrom('messages as m')
    .select(shortened() as never)
    .where('organization_id', '=', slot('organization'))
    .where('conversation_id', '=', slot('conversation'))
    .where('change', '>', slot('from'))
    .where('change', '<=', slot('until'))
    .orderBy('change')
    .limit(slot('limit'))
}

const numberIn = (stored: unknown): number => (stored === null ? 0 : Number(stored))

const countsOf = (row: Row): Counts =>
  ({ messages: numberIn(row.message_count), changes: numberIn(row.change_count) })

const beganAt = ({ began_at: stored }: Row): Instant =>
  conversations.columns.createdAt.decode(stored as Stored<'instant'>)

function changeOf(row: Row): Change {
  const message = messageOf(row)
  const deletedAt = messages.columns.deletedAt.decode(row.deleted_at)
  const { id, position } = message
  return {
    change: numberIn(row.change),
    after: numberIn(row.changed_after),
    happening: deletedAt === null
      ? { type: 'message.updated', message }
      : { type: 'message.deleted', message: { id, position, deletedAt } },
  }
}

const gone = (next: EventCursor): EventBatch => ({
  events: [{ id: null, type: 'conversation.deleted' }], next, more: false, ended: true,
})

/** Puts appends and changes in the one order in which they happened. */
function merged(
  { rows, isAll: isKnown }: Fitting,
  { changes, isAll }: Changes,
  { from, counts }: { readonly from: EventCursor; readonly counts: Counts },
): EventBatch {
  const known = isKnown ? counts.messages : numberIn(rows.at(-1)?.position ?? from.position)
  const events: ConversationEvent[] = []
  let next = from
  const waiting = [...changes]
  const tellChanges = (before: number) => {
    while (waiting.length > 0 && waiting[0]!.after < before) {
      const { change, happening } = waiting.shift()!
      next = { ...next, change }
      events.push({ id: idOfCursor(next), ...happening })
    }
  }
  const last = isAll ? known : Math.min(known, changes.at(-1)?.after ?? from.position)
  for (const row of rows) {
    const position = numberIn(row.position)
    if (position > last) break
    tellChanges(position)
    next = { ...next, position }
    const deletedAt = messages.columns.deletedAt.decode(row.deleted_at)
    const message = messageOf(row)
    events.push({ id: idOfCursor(next), type: 'message.created', message, deletedAt })
  }
  tellChanges(known + 1)
  const isWhole = isAll && waiting.length === 0
  if (isWhole) next = { ...next, change: counts.changes }
  const more = !isWhole || next.position < counts.messages
  return { events, next, more, ended: false }
}
