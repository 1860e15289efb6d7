import { createHash } from 'node:crypto'
import { type ConversationStore } from '../../conversations/index.js'
import { type Delivery, type Keeping, type KeptEnvelope } from '../../envelopes/index.js'
import { ConversationNotFound } from '../../errors.js'
import { conversationIdOf } from '../conversation-id.js'
import { composeEnvelope } from './compose.js'
import { asksManager, manifestAnswers } from './directory.js'
import { parseEnvelope } from './parse.js'
import { allPending, type Pending, storedPending } from './pending.js'
import {
  type EnvelopeEvent, type JsonObject, type ParsedEnvelope, type Sender,
} from './shape.js'
import { type OpenFloorParts, type OpenFloorStores, routingQueue } from './stores.js'

/** Takes envelopes in: each is kept, together with the job that routes it. */
export class Intake {
  readonly #parts: OpenFloorParts

  constructor(parts: OpenFloorParts) {
    this.#parts = parts
  }

  /** Throws InvalidEnvelope. */
  parse(input: unknown): ParsedEnvelope {
    const { clock, ids } = this.#parts
    return parseEnvelope(input, {
      now: new Date(clock.now()).toISOString(), nextId: () => `de:${ids.next()}`,
    })
  }

  /**
   * Keeps an envelope; its conversation begins with it if need be. `given` is what came, by which
   * one that comes again is recognized where its utterances have ids. Inside a transaction.
   */
  async keep(
    stores: OpenFloorStores,
    { envelope, given, key }: {
      readonly envelope: ParsedEnvelope
      readonly given: unknown
      readonly key?: string | undefined
    },
  ): Promise<Keeping> {
    const { conversationId: externalId, sender } = envelope
    const conversationId = idOf(externalId)
    const { self } = this.#parts.settings
    const isManager = sender.speakerUri === self.speakerUri
    // What is asked of the floor manager alone was answered at once.
    const events = envelope.events.filter((event) => !asksManager(event, self))
    const keep = () => stores.envelopes.keep({
      conversationId, sender: sender.speakerUri, body: bodyOf(envelope),
      repetitionKey: key === undefined ? repetitionOf(given) : digestOf(`key ${key}`),
      pending: storedPending(allPending(events, sender, isManager ? 'manager' : 'agent')),
    })
    const kept = await keep().catch(async (error: unknown) => {
      if (!(error instanceof ConversationNotFound)) throw error
      await this.#begin(stores, { conversationId, externalId })
      return keep()
    })
    if (!kept.isRepeated) await enqueueRouting(stores, kept.envelope)
    return kept
  }

  /** Keeps what an agent answered to a delivery. Inside a transaction. */
  async keepReply(
    stores: OpenFloorStores,
    { delivery, envelope }: {
      readonly delivery: Omit<Delivery, 'body'>; readonly envelope: ParsedEnvelope
    },
  ): Promise<void> {
    const { conversationId, recipient, number, serviceUrl } = delivery
    if (idOf(envelope.conversationId) !== conversationId) return
    // Who was called has answered, whatever it calls itself; only one without a name may tell it.
    const isNameless = recipient === serviceUrl
    const { speakerUri: told } = envelope.sender
    const sender: Sender = { speakerUri: isNameless ? told : recipient }
    const { self } = this.#parts.settings
    const answers = await manifestAnswers(stores.directory, { ...envelope, sender, self })
    const events = envelope.events.filter((event) => !asksManager(event, self))
    const pending: Pending = {
      events: [
        ...allPending(events, sender, 'agent').events,
        ...allPending(answers, self, 'manager').events,
      ],
      asked: 0, isAsking: false,
      ...(isNameless && told !== recipient ? { renamed: { from: recipient, to: told } } : {}),
    }
    const { envelope: kept } = await stores.envelopes.keep({
      conversationId, sender: sender.speakerUri, body: bodyOf(envelope), replyTo: number,
      pending: storedPending(pending),
    })
    await enqueueRouting(stores, kept)
  }

  async #begin(
    { conversations, envelopes, floors }: OpenFloorStores,
    { conversationId, externalId }: {
      readonly conversationId: string; readonly externalId: string
    },
  ): Promise<void> {
    if (!(await isThere(conversations, conversationId))) {
      const isOurs = conversationId === externalId.toLowerCase()
      const metadata = { open_floor: { conversation_id: externalId } }
      await conversations.create({ id: conversationId, ...(isOurs ? {} : { metadata }) })
    }
    const { eventCount } = await floors.get(conversationId)
    // As the specification has it; a floor that somebody has set stays as it is.
    if (eventCount === 0) await floors.configure(conversationId, { policy: 'shared' })
    // Who has the floor is told with each envelope; who had it before the first, to nobody.
    await envelopes.open(conversationId, externalId, eventCount)
  }
}

/** The conversation behind the name that agents have for it. Throws InvalidEnvelope. */
export function idOf(externalId: string): string {
  return conversationIdOf(externalId, 'conversation')
}

const bodyOf = ({ conversationId, sender, events }: ParsedEnvelope): JsonObject =>
  composeEnvelope({
    conversation: { id: conversationId, conversants: [], convener: null, floorGranted: [] },
    sender, events,
  })

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Utterances have ids of their own; nothing else tells a repetition from another envelope. */
function repetitionOf(given: unknown): string | null {
  const { openFloor } = given as { readonly openFloor: { readonly events: EnvelopeEvent[] } }
  const isTold = openFloor.events.some((event) => {
    const dialogEvent = event.parameters?.dialogEvent as JsonObject | undefined
    return event.eventType === 'utterance' && typeof dialogEvent?.id === 'string'
  })
  return isTold ? digestOf(JSON.stringify(given)) : null
}

/** A job that routes an envelope, after those before it; with 0 it only tells of the floor. */
export async function enqueueRouting(
  { queues }: OpenFloorStores,
  { conversationId, number }: Pick<KeptEnvelope, 'conversationId' | 'number'>,
): Promise<void> {
  await queues.enqueue(routingQueue, {
    payload: { conversation_id: conversationId, number }, concurrencyKey: conversationId,
    attemptsMax: 100, crashesMax: 100,
  })
}

async function isThere(conversations: ConversationStore, id: string): Promise<boolean> {
  try {
    await conversations.get(id)
    return true
  } catch (error) {
    if (error instanceof ConversationNotFound) return false
    throw error
  }
}
