import { sql } from 'kysely'
import { nowOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type JsonValue } from '../database/json.js'
import { cursorOf, keyOf, type Page, type PageRequest } from '../database/page.js'
import { decodeRow, encodeRow, type StoredRow } from '../database/table.js'
import { type Scope } from '../scope.js'
import { DeliveryNotFound } from './errors.js'
import { largeList } from './large-lists.js'
import { afterOf, checkResent, limitOf, noteLengthMax, resendMax } from './rules.js'
import { type ConversationKey, type EnvelopeStatements, statementsOn } from './statements.js'
import { type EnvelopeSource, type NumberedListing } from './store.js'
import {
  type Delivery, type DeliveryState, envelopeDeliveries as table, type EnvelopeTables,
} from './tables.js'

/** An envelope for an agent. */
export interface NewDelivery {
  readonly recipient: string
  /** Null for one that is not called. */
  readonly serviceUrl: string | null
  readonly body: { [key: string]: JsonValue }
}

/** Which delivery is meant. */
export type DeliveryName = Pick<Delivery, 'conversationId' | 'number'>

/** A delivery whose turn it is. */
export interface NextDelivery extends Omit<Delivery, 'body'> {
  /** Null where it is long. */
  readonly body: Delivery['body'] | null
  /** Bytes of it. */
  readonly length: number
}

/** A delivery that is to be made. */
export type WaitingDelivery =
  Pick<Delivery, 'conversationId' | 'number' | 'recipient' | 'state'>

/** Whose deliveries, and up to which. */
export interface Lane {
  readonly conversationId: string
  readonly recipient: string
  readonly upTo: number
}

const { columns } = table

type StoredDelivery = StoredRow<typeof table>
const none = columns.body.encode({})

const decoded = (stored: StoredDelivery): Delivery => decodeRow(table, stored) as Delivery

/** The deliveries of one organization. */
export class DeliveryStore {
  readonly #database: Database<EnvelopeTables>
  readonly #source: EnvelopeSource
  readonly #organizationId: Stored<'id'>
  readonly #statements: EnvelopeStatements

  constructor(database: Database<EnvelopeTables>, scope: Scope, source: EnvelopeSource) {
    this.#source = source
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#database = database.within([this.#organizationId])
    this.#statements = statementsOn(database)
  }

  /**
   * Deliveries that follow from an envelope, in order. Inside the transaction that holds the
   * conversation (`EnvelopeStore.hold`).
   */
  async add(
    { conversationId, number }: { readonly conversationId: string; readonly number: number },
    given: readonly NewDelivery[],
  ): Promise<Delivery[]> {
    if (given.length === 0) return []
    const { rows: [counted] } = await this.#database.execute(this.#statements.countDeliveries({
      ...this.#key(conversationId), count: columns.number.encode(given.length),
    }))
    const first = columns.number.decode(counted!.delivery_count) - given.length + 1
    const added = given.map((each, index): Delivery => ({
      ...each, organizationId: this.#organizationId, conversationId, envelopeNumber: number,
      number: first + index, id: this.#source.ids.next(), attempts: 0, note: null,
      state: each.serviceUrl === null ? 'kept' : 'waiting',
      createdAt: nowOf(this.#source.clock), settledAt: null,
    }))
    for (const rows of pieces(added)) {
      await this.#database.execute(this.#statements.insertDeliveries(rows))
    }
    return added
  }

  /** The first delivery of a lane that waits; `find` reads a body that is long. */
  async next({ conversationId, recipient, upTo }: Lane): Promise<NextDelivery | undefined> {
    const { rows: [stored] } = await this.#database.execute(this.#statements.nextDelivery({
      ...this.#key(conversationId), number: columns.number.encode(upTo),
      recipient: columns.recipient.encode(recipient, 'recipient'),
    }))
    if (stored === undefined) return undefined
    const { body, length, ...rest } = stored
    return {
      ...decodeRow(table, { ...rest, body: none }) as Delivery,
      body: body === null ? null : columns.body.decode(body), length: Number(length),
    }
  }

  /** One delivery, or undefined. */
  async find({ conversationId, number }: DeliveryName): Promise<Delivery | undefined> {
    const stored = await this.#database.first(this.#of(conversationId).selectAll()
      .where('number', '=', columns.number.encode(number)))
    return stored && decoded(stored)
  }

  /** It arrived, or is given up. False when it did not wait any more. */
  async settle(
    name: DeliveryName, state: 'delivered' | 'dead', note: string | null = null,
  ): Promise<boolean> {
    const { conversationId, number } = name
    const { changed } = await this.#database.execute(this.#statements.settle({
      ...this.#key(conversationId), number: columns.number.encode(number),
      state: columns.state.encode(state), note: noteOf(note),
      attempts: columns.attempts.encode(state === 'dead' ? 1 : 0),
      settled_at: columns.settledAt.encode(nowOf(this.#source.clock)),
    }))
    return changed > 0
  }

  /** An attempt failed; it waits on. */
  async countFailure(name: DeliveryName, note: string): Promise<void> {
    await this.#database.run(this.#update(name)
      .set((expression) => ({
        note: noteOf(note), attempts: expression('attempts', '+', 1 as Stored<'integer'>),
      })))
  }

  /**
   * Deliveries of a conversation behind a number, of one agent or of all; fewer than asked for
   * where they are large.
   */
  async list(
    conversationId: string,
    { recipient, ...listing }: NumberedListing & { readonly recipient?: string | undefined },
  ): Promise<Delivery[]> {
    const { organization_id: organization, conversation_id: conversation } =
      this.#key(conversationId)
    const { rows } = await largeList<StoredDelivery>(this.#database, {
      table: 'envelope_deliveries', order: 'number', limit: limitOf(listing.limit),
      conditions: [
        sql`organization_id = ${organization}`, sql`conversation_id = ${conversation}`,
        sql`number > ${columns.number.encode(afterOf(listing.after), 'after')}`,
        ...(recipient === undefined
          ? [] : [sql`recipient = ${columns.recipient.encode(recipient, 'recipient')}`]),
      ],
    })
    return rows.map(decoded)
  }

  /** The agents of a conversation for whom something waits. */
  async waitingRecipients(conversationId: string): Promise<string[]> {
    const rows = await this.#database.all(this.#of(conversationId)
      .select('recipient').distinct().where(sql<boolean>`state = 'waiting'`))
    return rows.map(({ recipient }) => columns.recipient.decode(recipient))
  }

  /** One page of what was given up, oldest first; shorter than asked for where it is large. */
  async dead(request: PageRequest = {}): Promise<Page<Delivery>> {
    const { cursor } = request
    const list = ['dead-deliveries', this.#organizationId]
    const last = cursor === undefined
      ? undefined : columns.id.encode(String(keyOf(list, cursor)[0]), 'cursor')
    const { rows, more } = await largeList<StoredDelivery>(this.#database, {
      table: 'envelope_deliveries', order: 'id', limit: limitOf(request.limit),
      conditions: [
        ...this.#areDead(), ...(last === undefined ? [] : [sql`id > ${last}`]),
      ],
    })
    const data = rows.map(decoded)
    return { data, nextCursor: more ? cursorOf(list, [data.at(-1)!.id]) : null }
  }

  /**
   * Lets what was given up wait again, all (1000 at most) or those named; what these are. Inside a
   * transaction. Throws DeliveryNotFound, InvalidInput.
   */
  async revive(ids?: readonly string[]): Promise<WaitingDelivery[]> {
    if (ids !== undefined) checkResent(ids)
    const wanted = ids?.map((id) => columns.id.encode(id, 'ids'))
    let query = this.#database.write.selectFrom('envelope_deliveries')
      .select(['conversation_id', 'number', 'recipient'])
      .where(sql<boolean>`${sql.join(this.#areDead(), sql` and `)}`)
      .orderBy('id').limit(resendMax)
    if (wanted !== undefined) query = query.where('id', 'in', wanted)
    const found = await this.#database.all(query)
    if (wanted !== undefined && found.length < new Set(wanted).size) {
      throw new DeliveryNotFound('Not all of these deliveries are given up here.')
    }
    const revived: WaitingDelivery[] = []
    for (const row of found) {
      const each: WaitingDelivery = {
        conversationId: columns.conversationId.decode(row.conversation_id),
        number: columns.number.decode(row.number),
        recipient: columns.recipient.decode(row.recipient), state: 'waiting',
      }
      const count = await this.#database.run(this.#update(each, 'dead').set({
        state: columns.state.encode('waiting'), attempts: columns.attempts.encode(0),
        settled_at: null,
      }))
      if (count > 0) revived.push(each)
    }
    return revived
  }

  /** The state is written out, since only then the index of those given up is used. */
  #areDead() {
    return [sql`organization_id = ${this.#organizationId}`, sql`state = 'dead'`]
  }

  #key(conversationId: string): ConversationKey {
    return {
      organization_id: this.#organizationId,
      conversation_id: columns.conversationId.encode(conversationId, 'conversation_id'),
    }
  }

  #of(conversationId: string) {
    return this.#database.write.selectFrom('envelope_deliveries')
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=',
        columns.conversationId.encode(conversationId, 'conversation_id'))
  }

  #update({ conversationId, number }: DeliveryName, state: DeliveryState = 'waiting') {
    return this.#database.write.updateTable('envelope_deliveries')
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=',
        columns.conversationId.encode(conversationId, 'conversation_id'))
      .where('number', '=', columns.number.encode(number))
      .where('state', '=', columns.state.encode(state))
  }
}

const noteOf = (note: string | null) =>
  columns.note.encode(note === null ? null : note.slice(0, noteLengthMax))

/** Characters of bodies in one statement; a longer body has one of its own. */
const pieceMax = 8 * 1024 * 1024

/**
 * Deliveries in stored form, in pieces of which one is held at a time: many agents may get the same
 * large envelope.
 */
function* pieces(added: readonly Delivery[]): Generator<StoredDelivery[]> {
  let [piece, length]: [StoredDelivery[], number] = [[], 0]
  let last: { readonly of: Delivery['body']; readonly stored: Stored<'json'> } | undefined
  for (const delivery of added) {
    if (last?.of !== delivery.body) {
      last = { of: delivery.body, stored: columns.body.encode(delivery.body, 'body') }
    }
    if (piece.length > 0 && length + last.stored.length > pieceMax) {
      yield piece
      ;[piece, length] = [[], 0]
    }
    piece.push({ ...encodeRow(table, { ...delivery, body: {} }), body: last.stored })
    length += last.stored.length
  }
  yield piece
}
