import { type Clock, nowOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type JsonValue } from '../database/json.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { ConversationNotFound } from '../errors.js'
import { type IdGenerator } from '../ids.js'
import { type Scope } from '../scope.js'
import { afterOf, limitOf } from './rules.js'
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

  constructor(database: Database<EnvelopeTables>, scope: Scope, source: EnvelopeSource) {
    this.#source = source
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#database = database.within([this.#organizationId])
  }

  /** Lets envelopes go in a conversation, under the name that its agents have for it. */
  async open(conversationId: string, externalId: string): Promise<void> {
    const row = encodeRow(envelopeConversations, {
      organizationId: this.#organizationId, conversationId, externalId, envelopeCount: 0,
      deliveryCount: 0, floorNumber: 0, createdAt: nowOf(this.#source.clock),
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
    const [stored] = await this.#database.all(this.#database.write
      .updateTable('envelope_conversations')
      .set((expression) => ({ envelope_count: expression.ref('envelope_count') }))
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', this.#id(conversationId))
      .returningAll())
    if (stored !== undefined) return decodeRow(envelopeConversations, stored)
    throw new ConversationNotFound(`There is no conversation ${conversationId} with envelopes.`)
  }

  /**
   * Keeps an envelope under the next number of its conversation; of one that came before, says so.
   * Inside a transaction. Throws ConversationNotFound.
   */
  async keep(given: NewEnvelope): Promise<Keeping> {
    const { conversationId, repetitionKey = null, replyTo = null, ...rest } = given
    const { envelopeCount } = await this.hold(conversationId)
    const earlier = repetitionKey === null ? undefined : await this.#repeated(given)
    if (earlier !== undefined) return { envelope: earlier, isRepeated: true }
    const envelope: KeptEnvelope = {
      organizationId: this.#organizationId, conversationId, repetitionKey, replyTo, ...rest,
      number: envelopeCount + 1, id: this.#source.ids.next(),
      receivedAt: nowOf(this.#source.clock), routedAt: null,
    }
    await this.#database.run(this.#database.write
      .insertInto('envelopes').values(encodeRow(table, envelope)))
    await this.#count(conversationId, { envelope_count: envelope.number })
    return { envelope, isRepeated: false }
  }

  /** The first envelope up to a number that is not routed yet. */
  async nextUnrouted(conversationId: string, upTo: number): Promise<KeptEnvelope | undefined> {
    const stored = await this.#database.first(this.#of(conversationId)
      .where('routed_at', 'is', null)
      .where('number', '<=', columns.number.encode(upTo))
      .orderBy('number').limit(1))
    return stored && decodeRow(table, stored)
  }

  /** What is still to be done of an envelope; with null it is routed. */
  async setPending(
    { conversationId, number }: Pick<KeptEnvelope, 'conversationId' | 'number'>,
    pending: JsonObject | null,
  ): Promise<void> {
    const routedAt = pending === null ? nowOf(this.#source.clock) : null
    await this.#database.run(this.#database.write
      .updateTable('envelopes')
      .set({
        pending: columns.pending.encode(pending), routed_at: columns.routedAt.encode(routedAt),
      })
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', this.#id(conversationId))
      .where('number', '=', columns.number.encode(number)))
  }

  /** Envelopes behind a number, in order. */
  async list(conversationId: string, listing: NumberedListing = {}): Promise<KeptEnvelope[]> {
    const rows = await this.#database.all(this.#of(conversationId)
      .where('number', '>', columns.number.encode(afterOf(listing.after), 'after'))
      .orderBy('number').limit(limitOf(listing.limit)))
    return rows.map((row) => decodeRow(table, row))
  }

  /** The agents of a conversation, those included that have left. */
  async conversants(conversationId: string): Promise<Conversant[]> {
    const rows = await this.#database.all(this.#database.write
      .selectFrom('envelope_conversants').selectAll()
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', this.#id(conversationId))
      .orderBy('speaker_uri'))
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
    await this.#count(conversationId, { floor_number: number })
  }

  async #repeated({ conversationId, repetitionKey }: NewEnvelope) {
    const key = columns.repetitionKey.encode(repetitionKey!)
    const stored = await this.#database.first(
      this.#of(conversationId).where('repetition_key', '=', key))
    return stored && decodeRow(table, stored)
  }

  async #count(
    conversationId: string,
    counts: Partial<Record<'envelope_count' | 'floor_number', number>>,
  ): Promise<void> {
    await this.#database.run(this.#database.write
      .updateTable('envelope_conversations')
      .set(counts as Partial<Record<'envelope_count' | 'floor_number', Stored<'integer'>>>)
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', this.#id(conversationId)))
  }

  #of(conversationId: string) {
    return this.#database.write.selectFrom('envelopes').selectAll()
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', this.#id(conversationId))
  }

  #id(conversationId: string): Stored<'id'> {
    return columns.conversationId.encode(conversationId, 'conversation_id')
  }
}
