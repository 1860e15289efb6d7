import { sql } from 'kysely'
import { nowOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type JsonValue } from '../database/json.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { decodeRow, encodeRow, type StoredRow } from '../database/table.js'
import { type Scope } from '../scope.js'
import { DeliveryNotFound } from './errors.js'
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

/** Whose deliveries, and up to which. */
export interface Lane {
  readonly conversationId: string
  readonly recipient: string
  readonly upTo: number
}

const { columns } = table

const decoded = (stored: StoredRow<typeof table>): Delivery =>
  decodeRow(table, stored) as Delivery

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
    await this.#database.execute(
      this.#statements.insertDeliveries(added.map((each) => encodeRow(table, each))))
    return added
  }

  /** The first delivery of a lane that waits. */
  async next({ conversationId, recipient, upTo }: Lane): Promise<Delivery | undefined> {
    const { rows: [stored] } = await this.#database.execute(this.#statements.nextDelivery({
      ...this.#key(conversationId), number: columns.number.encode(upTo),
      recipient: columns.recipient.encode(recipient, 'recipient'),
    }))
    return stored && decodeRow(table, stored) as Delivery
  }

  /** One delivery, or undefined. */
  async find({ conversationId, number }: DeliveryName): Promise<Delivery | undefined> {
    const stored = await this.#database.first(this.#of(conversationId)
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

  /** Deliveries of a conversation behind a number, of one agent or of all. */
  async list(
    conversationId: string,
    { recipient, ...listing }: NumberedListing & { readonly recipient?: string | undefined },
  ): Promise<Delivery[]> {
    let query = this.#of(conversationId)
      .where('number', '>', columns.number.encode(afterOf(listing.after), 'after'))
      .orderBy('number').limit(limitOf(listing.limit))
    if (recipient !== undefined) {
      query = query.where('recipient', '=', columns.recipient.encode(recipient, 'recipient'))
    }
    return (await this.#database.all(query)).map(decoded)
  }

  /** One page of what was given up, oldest first. */
  async dead(request: PageRequest = {}): Promise<Page<Delivery>> {
    const limit = limitOf(request.limit)
    const list = ['dead-deliveries', this.#organizationId]
    let query = this.#deadOnes().orderBy('id').limit(limit + 1)
    if (request.cursor !== undefined) {
      const [last] = keyOf(list, request.cursor)
      query = query.where('id', '>', columns.id.encode(String(last), 'cursor'))
    }
    const rows = (await this.#database.all(query)).map(decoded)
    return pageOf(rows, limit, ({ id }) => cursorOf(list, [id]))
  }

  /**
   * Lets what was given up wait again, all (1000 at most) or those named; what these are. Inside a
   * transaction. Throws DeliveryNotFound, InvalidInput.
   */
  async revive(ids?: readonly string[]): Promise<Delivery[]> {
    if (ids !== undefined) checkResent(ids)
    const wanted = ids?.map((id) => columns.id.encode(id, 'ids'))
    let query = this.#deadOnes().orderBy('id').limit(resendMax)
    if (wanted !== undefined) query = query.where('id', 'in', wanted)
    const found = (await this.#database.all(query)).map(decoded)
    if (wanted !== undefined && found.length < new Set(wanted).size) {
      throw new DeliveryNotFound('Not all of these deliveries are given up here.')
    }
    const revived: Delivery[] = []
    for (const each of found) {
      const count = await this.#database.run(this.#update(each, 'dead').set({
        state: columns.state.encode('waiting'), attempts: columns.attempts.encode(0),
        settled_at: null,
      }))
      if (count > 0) revived.push({ ...each, state: 'waiting', attempts: 0, settledAt: null })
    }
    return revived
  }

  #deadOnes() {
    return this.#database.write.selectFrom('envelope_deliveries').selectAll()
      .where('organization_id', '=', this.#organizationId)
      // Written out, since only then the index of those given up is used.
      .where(sql<boolean>`state = 'dead'`)
  }

  #key(conversationId: string): ConversationKey {
    return {
      organization_id: this.#organizationId,
      conversation_id: columns.conversationId.encode(conversationId, 'conversation_id'),
    }
  }

  #of(conversationId: string) {
    return this.#database.write.selectFrom('envelope_deliveries').selectAll()
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
