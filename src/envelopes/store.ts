import { sql } from 'kysely'
import { type Clock, nowOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type JsonValue } from '../database/json.js'
import { decodeRow, encodeRow, type StoredRow } from '../database/table.js'
import { ConversationNotFound } from '../errors.js'
import { type IdGenerator } from '../ids.js'
import { type Scope } from '../scope.js'
import { largeList } from './large-lists.js'
import { afterOf, limitOf } from './rules.js'
import { type ConversationKey, type EnvelopeStatements, statementsOn } from './statements.js'
import {
  type Conversant, envelopeConversants, type EnvelopeConversation, envelopeConversations,
  envelopes as table, type EnvelopeTables, type KeptEnvelope,
} from './tables.js'

type JsonObject = { [key: string]: JsonValue }

/** An envelope to keep. */
export interface NewEnvelope {
  readonly conversationId: string
  readonly sender: string
  readonly body: JsonObject
  /** What of it is to be done. */
  readonly pending: JsonObject
  readonly repetitionKey?: string | null
  readonly replyTo?: number | null
}

/** An envelope that is kept, now or since before. */
export interface Keeping {
  readonly envelope: KeptEnvelope
  readonly isRepeated: boolean
}

/** Which part of a history is asked for. */
export interface NumberedListing {
  /** The number of the last one seen. @default 0 */
  readonly after?: number | undefined
  /** 1 to 200. @default 50 */
  readonly limit?: number | undefined
}

/** Parts that the store takes from outside. */
export interface EnvelopeSource {
  readonly clock: Clock
  readonly ids: IdGenerator
}

const { columns } = table

/** The envelopes of one organization's conversations, and the agents in them. */
export class EnvelopeStore {
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
   * Lets envelopes go in a conversation, under the name that its agents have for it; they are told
   * of what its floor does behind an event.
   */
  async open(conversationId: string, externalId: string, floorNumber = 0): Promise<void> {
    const row = encodeRow(envelopeConversations, {
      organizationId: this.#organizationId, conversationId, externalId, envelopeCount: 0,
      deliveryCount: 0, floorNumber, createdAt: nowOf(this.#source.clock),
    })
    await this.#database.run(this.#database.write
      .insertInto('envelope_conversations').values(row)
      .onConflict((conflict) => conflict.doNothing()))
  }

  /** The conversation, or undefined where no envelope has come yet. */
  async find(conversationId: string): Promise<EnvelopeConversation | undefined> {
    const stored = await this.#database.first(this.#database.write
      .selectFrom('envelope_conversations').selectAll()
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', this.#id(conversationId)))
    return stored && decodeRow(envelopeConversations, stored)
  }

  /**
   * Nobody else does anything with its envelopes until the transaction ends. Throws
   * ConversationNotFound.
   */
  async hold(conversationId: string): Promise<EnvelopeConversation> {
    const { rows: [stored] } = await this.#database.execute(
      this.#statements.hold(this.#key(conversationId)))
    if (stored !== undefined) return decodeRow(envelopeConversations, stored)
    throw notThere(conversationId)
  }

  /**
   * Keeps an envelope under the next number of its conversation; of one that came before, says so.
   * Inside a transaction. Throws ConversationNotFound.
   */
  async keep(given: NewEnvelope): Promise<Keeping> {
    const { conversationId, repetitionKey = null, replyTo = null, ...rest } = given
    const envelope: KeptEnvelope = {
      organizationId: this.#organizationId, conversationId, repetitionKey, replyTo, ...rest,
      number: await this.#count(conversationId, 1), id: this.#source.ids.next(),
      receivedAt: nowOf(this.#source.clock), routedAt: null,
    }
    const { changed } = await this.#database.execute(
      this.#statements.insert(encodeRow(table, envelope)))
    if (changed > 0) return { envelope, isRepeated: false }
    await this.#count(conversationId, -1)
    return { envelope: await this.#repeated(given), isRepeated: true }
  }

  /** The first envelope up to a number that is not routed yet. */
  async nextUnrouted(conversationId: string, upTo: number): Promise<KeptEnvelope | undefined> {
    const { rows: [stored] } = await this.#database.execute(this.#statements.nextUnrouted({
      ...this.#key(conversationId), number: columns.number.encode(upTo),
    }))
    return stored && decodeRow(table, stored)
  }

  /** What is still to be done of an envelope; with null it is routed. */
  async setPending(
    { conversationId, number }: Pick<KeptEnvelope, 'conversationId' | 'number'>,
    pending: JsonObject | null,
  ): Promise<void> {
    const routedAt = pending === null ? nowOf(this.#source.clock) : null
    await this.#database.execute(this.#statements.setPending({
      ...this.#key(conversationId), number: columns.number.encode(number),
      pending: columns.pending.encode(pending), routed_at: columns.routedAt.encode(routedAt),
    }))
  }

  /** Envelopes behind a number, in order; fewer than asked for where they are large. */
  async list(conversationId: string, listing: NumberedListing = {}): Promise<KeptEnvelope[]> {
    const { organization_id: organization, conversation_id: conversation } =
      this.#key(conversationId)
    const { rows } = await largeList<StoredRow<typeof table>>(this.#database, {
      table: 'envelopes', order: 'number', limit: limitOf(listing.limit),
      conditions: [
        sql`organization_id = ${organization}`, sql`conversation_id = ${conversation}`,
        sql`number > ${columns.number.encode(afterOf(listing.after), 'after')}`,
      ],
    })
    return rows.map((row) => decodeRow(table, row))
  }

  /** The agents of a conversation, those included that have left. */
  async conversants(conversationId: string): Promise<Conversant[]> {
    const { rows } = await this.#database.execute(
      this.#statements.conversants(this.#key(conversationId)))
    return rows.map((row) => decodeRow(envelopeConversants, row))
  }

  /** Remembers where an agent is and who it is. */
  async putConversant(
    given: Omit<Conversant, 'organizationId' | 'updatedAt'>,
  ): Promise<void> {
    const row = encodeRow(envelopeConversants, {
      ...given, organizationId: this.#organizationId, updatedAt: nowOf(this.#source.clock),
    })
    const { service_url, identification, updated_at } = row
    await this.#database.run(this.#database.write
      .insertInto('envelope_conversants').values(row)
      .onConflict((conflict) => conflict
        .columns(['organization_id', 'conversation_id', 'speaker_uri'])
        .doUpdateSet({ service_url, identification, updated_at })))
  }

  /** Up to which event of the floor the agents were told. */
  async setFloorNumber(conversationId: string, number: number): Promise<void> {
    await this.#database.execute(this.#statements.setFloorNumber({
      ...this.#key(conversationId), number: columns.number.encode(number),
    }))
  }

  async #repeated({ conversationId, repetitionKey }: NewEnvelope): Promise<KeptEnvelope> {
    const key = columns.repetitionKey.encode(repetitionKey ?? null)
    const stored = await this.#database.first(
      this.#of(conversationId).where('repetition_key', '=', key))
    return decodeRow(table, stored!)
  }

  /** The next number of the conversation, or the one to give back. */
  async #count(conversationId: string, count: number): Promise<number> {
    const { rows: [counted] } = await this.#database.execute(this.#statements.countEnvelopes({
      ...this.#key(conversationId), count: columns.number.encode(count),
    }))
    if (counted !== undefined) return columns.number.decode(counted.envelope_count)
    throw notThere(conversationId)
  }

  #of(conversationId: string) {
    return this.#database.write.selectFrom('envelopes').selectAll()
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', this.#id(conversationId))
  }

  #id(conversationId: string): Stored<'id'> {
    return columns.conversationId.encode(conversationId, 'conversation_id')
  }

  #key(conversationId: string): ConversationKey {
    return {
      organization_id: this.#organizationId, conversation_id: this.#id(conversationId),
    }
  }
}

const notThere = (conversationId: string) =>
  new ConversationNotFound(`There is no conversation ${conversationId} with envelopes.`)
