import { type CallOptions, type Query, type Request, type WriteOptions } from './operation.js'
import { eachOf } from './pages.js'
import {
  type ConversationAnalysis, type DeadEnvelopePage, type EnvelopeDelivery,
  type EnvelopeDeliveryList, type EnvelopesResent, type KeptEnvelopeList, type OpenFloorEnvelope,
} from './schema.js'

/** Envelopes of the Open Floor Protocol. */
export class Envelopes {
  readonly #request: Request

  constructor(request: Request) {
    this.#request = request
  }

  /** Hands an envelope in; the answer is an envelope. Fails with `invalid_envelope`. */
  send(envelope: OpenFloorEnvelope, options: WriteOptions = {}): Promise<OpenFloorEnvelope> {
    return this.#request('receiveEnvelope', { body: envelope, ...options })
  }

  /** The envelopes of a conversation as they came, behind a number. */
  list(
    conversationId: string, query: Query<'listEnvelopes'> = {}, options: CallOptions = {},
  ): Promise<KeptEnvelopeList> {
    return this.#request('listEnvelopes', { path: pathOf(conversationId), query, ...options })
  }

  /** The envelopes of a conversation as they went to agents, behind a number. */
  deliveries(
    conversationId: string, query: Query<'listEnvelopeDeliveries'> = {},
    options: CallOptions = {},
  ): Promise<EnvelopeDeliveryList> {
    return this.#request('listEnvelopeDeliveries', {
      path: pathOf(conversationId), query, ...options,
    })
  }

  /** Who spoke how much, waited and held the floor. */
  analysis(conversationId: string, options: CallOptions = {}): Promise<ConversationAnalysis> {
    return this.#request('analyseConversation', { path: pathOf(conversationId), ...options })
  }

  /** One page of the envelopes that no agent took, oldest first. */
  dead(
    query: Query<'listDeadEnvelopes'> = {}, options: CallOptions = {},
  ): Promise<DeadEnvelopePage> {
    return this.#request('listDeadEnvelopes', { query, ...options })
  }

  /** Every one of them, page by page as it is asked for. */
  eachDead(
    query: Query<'listDeadEnvelopes'> = {}, options: CallOptions = {},
  ): AsyncGenerator<EnvelopeDelivery, void, undefined> {
    return eachOf((cursor) => this.dead({ ...query, ...cursor }, options))
  }

  /** Sends them again, all or those named; fails with `delivery_not_found`. */
  resend(ids?: readonly string[], options: WriteOptions = {}): Promise<EnvelopesResent> {
    const body = ids === undefined ? {} : { ids: [...ids] }
    return this.#request('resendEnvelopes', { body, ...options })
  }
}

const pathOf = (conversationId: string) => ({ conversation_id: conversationId })
