import { nowOf } from '../../clock.js'
import { ConversationExists } from '../../conversations/index.js'
import { type Page, type PageRequest } from '../../database/page.js'
import { type Delivery, type KeptEnvelope, type NumberedListing } from '../../envelopes/index.js'
import { analyseConversation, type ConversationAnalysis } from './analysis.js'
import { answerEnvelope } from './compose.js'
import { Delivering, DeliveryFailed } from './delivering.js'
import { manifestAnswers } from './directory.js'
import { InvalidEnvelope } from './errors.js'
import { enqueueRouting, idOf, Intake } from './intake.js'
import { Outbound } from './outbound.js'
import { enqueueDeliveries, Router } from './router.js'
import { type EnvelopeEvent, type JsonObject, type ParsedEnvelope } from './shape.js'
import { type OpenFloorParts, type OpenFloorStores } from './stores.js'

/** How an envelope is handed in. */
export interface ReceiveOptions {
  /** One that comes again under the same key has no further effect. */
  readonly key?: string | undefined
  /** It must be of this conversation. */
  readonly conversationId?: string | undefined
}

/** What became of an envelope that was handed in. */
export interface Receipt {
  readonly conversationId: string
  /** Its number in the conversation. */
  readonly number: number
  readonly isRepeated: boolean
  /** The envelope to answer with. */
  readonly answer: JsonObject
}

/** How often keeping is tried while others begin the same conversation. */
const keepTriesMax = 3

/** Envelopes of one organization: taken in, looked through, sent again. */
export class OpenFloorStore {
  readonly #parts: OpenFloorParts
  readonly #stores: OpenFloorStores
  readonly #intake: Intake

  constructor(stores: OpenFloorStores, parts: OpenFloorParts) {
    this.#stores = stores
    this.#parts = parts
    this.#intake = new Intake(parts)
  }

  /**
   * Keeps an envelope, to be routed by a worker (`openFloorWorker`), and answers it. Throws
   * InvalidEnvelope, InvalidInput, InvalidValue.
   */
  async receive(input: unknown, options: ReceiveOptions = {}): Promise<Receipt> {
    const envelope = this.#intake.parse(input)
    const { conversationId } = options
    if (conversationId !== undefined) {
      await this.#stores.conversations.get(conversationId)
      if (idOf(envelope.conversationId) !== conversationId.toLowerCase()) {
        throw new InvalidEnvelope('/openFloor/conversation/id', 'is of another conversation')
      }
    }
    const { envelope: kept, isRepeated } = await this.#keep(envelope, { ...options, given: input })
    const answer = answerEnvelope({
      conversationId: envelope.conversationId, sender: this.#parts.settings.self,
      events: await this.#answersTo(envelope),
    })
    return { conversationId: kept.conversationId, number: kept.number, isRepeated, answer }
  }

  /**
   * Routes what came in a conversation and tries each delivery that waits once, here and now; what
   * is left then is a worker's. Throws ConversationNotFound.
   */
  async pass(conversationId: string): Promise<void> {
    const { settings } = this.#parts
    const [outbound, { signal }] = [new Outbound(settings), new AbortController()]
    const everything = { conversationId, upTo: Number.MAX_SAFE_INTEGER, signal }
    await new Router(this.#parts, outbound).route({ ...everything, isLast: true })
    const waiting = await this.#stores.deliveries.waitingRecipients(conversationId)
    const delivering = new Delivering(this.#parts, outbound)
    await Promise.all(waiting.map((recipient) =>
      delivering.deliver({ ...everything, recipient }).catch((error: unknown) => {
        if (!(error instanceof DeliveryFailed)) throw error
      })))
  }

  /**
   * Lets the agents be told of what changed on the floor otherwise than by an envelope; with the
   * next one they are told anyway. Nothing where no envelope ever went. Throws InvalidInput.
   */
  async tellFloor(conversationId: string): Promise<void> {
    if (await this.#stores.envelopes.find(conversationId) === undefined) return
    await enqueueRouting(this.#stores, { conversationId, number: 0 })
  }

  /**
   * Envelopes of a conversation as they came, behind a number; fewer than asked for where they are
   * large, and none behind the last. Throws ConversationNotFound.
   */
  async list(conversationId: string, listing: NumberedListing = {}): Promise<KeptEnvelope[]> {
    await this.#stores.conversations.get(conversationId)
    return this.#stores.envelopes.list(conversationId, listing)
  }

  /**
   * Envelopes as they went to agents, behind a number: to one of them, or to all. Fewer than asked
   * for where they are large, and none behind the last. Throws ConversationNotFound.
   */
  async deliveries(
    conversationId: string,
    listing: NumberedListing & { readonly recipient?: string | undefined } = {},
  ): Promise<Delivery[]> {
    await this.#stores.conversations.get(conversationId)
    return this.#stores.deliveries.list(conversationId, listing)
  }

  /** One page of deliveries that were given up, oldest first. */
  async deadLetters(request: PageRequest = {}): Promise<Page<Delivery>> {
    return this.#stores.deliveries.dead(request)
  }

  /**
   * Sends again what was given up, all (1000 at most) or those named; how many these are. Throws
   * DeliveryNotFound, InvalidInput.
   */
  async resend(ids?: readonly string[]): Promise<number> {
    return this.#parts.transaction(async (stores) => {
      const revived = await stores.deliveries.revive(ids)
      await enqueueDeliveries(stores, revived)
      return revived.length
    })
  }

  /** Who spoke how much, waited and held the floor. Throws ConversationNotFound. */
  async analyse(conversationId: string): Promise<ConversationAnalysis> {
    return analyseConversation(this.#stores, conversationId, nowOf(this.#parts.clock))
  }

  async #keep(
    envelope: ParsedEnvelope, { key, given }: ReceiveOptions & { readonly given: unknown },
  ) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#parts.transaction((stores) =>
          this.#intake.keep(stores, { envelope, given, key }))
      } catch (error) {
        if (!(error instanceof ConversationExists) || tries >= keepTriesMax) throw error
      }
    }
  }

  async #answersTo({ sender, events }: ParsedEnvelope): Promise<readonly EnvelopeEvent[]> {
    const { self } = this.#parts.settings
    return manifestAnswers(this.#stores.directory, { events, sender, self })
  }
}
