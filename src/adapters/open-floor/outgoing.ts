import { type NewDelivery } from '../../envelopes/index.js'
import { composeEnvelope } from './compose.js'
import { type Party } from './room.js'
import { type ConversationSection, type EnvelopeEvent, type Sender } from './shape.js'

interface Bundle {
  readonly to: Party
  readonly sender: Sender
  readonly events: EnvelopeEvent[]
}

/**
 * What goes to whom. Each agent gets one envelope with the events that are for it, and for it
 * alone; another one only where the sender changes.
 */
export class Outgoing {
  readonly #self: Sender
  readonly #bundles: Bundle[] = []

  constructor(self: Sender) {
    this.#self = self
  }

  /** Deliveries so far. */
  get size(): number {
    return this.#bundles.length
  }

  /** Adds an event for each of these. */
  add(event: EnvelopeEvent, sender: Sender, parties: readonly Party[]): void {
    for (const to of new Map(parties.map((each) => [each.speakerUri, each])).values()) {
      const last = this.#bundles.findLast((each) => each.to.speakerUri === to.speakerUri)
      if (last?.sender.speakerUri === sender.speakerUri) last.events.push(event)
      else this.#bundles.push({ to, sender, events: [event] })
    }
  }

  /** The deliveries, in order; afterwards there is nothing. */
  take(conversation: ConversationSection): NewDelivery[] {
    let last: { readonly bundle: Bundle; readonly body: NewDelivery['body'] } | undefined
    return this.#bundles.splice(0).map((bundle) => {
      const { to, sender, events } = bundle
      // Most get the same, which is written once then.
      if (last === undefined || !areAlike(last.bundle, bundle)) {
        const body = composeEnvelope({ conversation, sender: this.#shown(sender), events })
        last = { bundle, body }
      }
      return { recipient: to.speakerUri, serviceUrl: to.serviceUrl, body: last.body }
    })
  }

  /** Whoever answers answers the floor, so that nobody is left out. */
  #shown({ speakerUri }: Sender): Sender {
    const { serviceUrl } = this.#self
    return { speakerUri, ...(serviceUrl === undefined ? {} : { serviceUrl }) }
  }
}

const areAlike = (one: Bundle, other: Bundle): boolean =>
  one.sender.speakerUri === other.sender.speakerUri &&
  one.events.length === other.events.length &&
  one.events.every((event, index) => event === other.events[index])
