/** An event of a floor, as the API or the store tells it. */
export interface LawEvent {
  readonly number: number
  readonly type: string
  readonly speakerUri: string | null
  readonly at: string
  readonly ticket: number | null
  readonly priority: number | null
  readonly fence: number | null
  readonly expiresAt: string | null
}

interface Request {
  readonly ticket: number
  readonly priority: number
}

interface Hold {
  readonly speakerUri: string
  readonly expiresAt: string | null
}

/**
 * Judges the events of one exclusive floor by themselves: it knows nothing of how they came about.
 * Whatever is not as promised becomes a fault.
 */
export class FloorLaw {
  readonly faults: string[] = []
  readonly tickets = new Set<number>()
  grants = 0
  /** The longest that a hold was left to stand after its time. */
  latestMs = 0
  readonly #queue = new Map<string, Request>()
  #last = 0
  #ticket = 0
  #fence = 0
  #holder: Hold | undefined

  /** Takes all events, and what is to be at the end. */
  judge(events: readonly LawEvent[]): this {
    for (const event of events) {
      this.#take(event)
      // A free floor for which somebody waits is granted in the same statement.
      const isIdle = this.#holder === undefined && this.#queue.size > 0
      const isOwed = events[event.number]?.at !== event.at
      if (isIdle && isOwed) this.#fault(event, 'somebody waits for a free floor')
    }
    for (const [speakerUri] of this.#queue) this.faults.push(`${speakerUri} waits at the end`)
    return this
  }

  #take(event: LawEvent): void {
    const { number, type, speakerUri, ticket, priority } = event
    if (number !== this.#last + 1) this.#fault(event, `follows ${this.#last}`)
    this.#last = number
    if (type === 'granted') return this.#grant(event)
    if (type === 'requested') {
      const known = this.#queue.get(speakerUri!)
      if (known === undefined && ticket! <= this.#ticket) this.#fault(event, 'an old ticket')
      if (known !== undefined && ticket !== known.ticket) this.#fault(event, 'a second request')
      if (this.#holder?.speakerUri === speakerUri) this.#fault(event, 'of the holder')
      this.#ticket = Math.max(this.#ticket, ticket!)
      this.tickets.add(ticket!)
      this.#queue.set(speakerUri!, { ticket: ticket!, priority: priority! })
    } else if (type === 'yielded' || type === 'revoked') {
      this.#end(event)
    } else if (type === 'cancelled' || type === 'left') {
      if (type === 'cancelled' && !this.#queue.has(speakerUri!)) this.#fault(event, 'no request')
      this.#queue.delete(speakerUri!)
      if (type === 'left' && this.#holder?.speakerUri === speakerUri) this.#holder = undefined
    }
  }

  #grant(event: LawEvent): void {
    const { speakerUri, ticket, fence, expiresAt } = event
    if (this.#holder !== undefined) this.#fault(event, `beside ${this.#holder.speakerUri}`)
    if (fence! <= this.#fence) this.#fault(event, `fence ${fence} after ${this.#fence}`)
    const [first] = [...this.#queue].sort(([, one], [, other]) =>
      other.priority - one.priority || one.ticket - other.ticket)
    if (first?.[0] !== speakerUri || first?.[1].ticket !== ticket) {
      this.#fault(event, `before ${first?.[0]}`)
    }
    this.#queue.delete(speakerUri!)
    this.#fence = fence!
    this.#holder = { speakerUri: speakerUri!, expiresAt }
    this.grants += 1
  }

  #end(event: LawEvent): void {
    const { speakerUri, type, at, expiresAt } = event
    if (this.#holder?.speakerUri !== speakerUri) this.#fault(event, 'not the holder')
    const overMs = Date.parse(at) - Date.parse(this.#holder?.expiresAt ?? at)
    if (type === 'yielded' && overMs > 0) this.#fault(event, `${overMs} ms after its time`)
    if (type === 'revoked' && expiresAt !== null && overMs < 0) this.#fault(event, 'too early')
    this.latestMs = Math.max(this.latestMs, overMs)
    this.#holder = undefined
  }

  #fault({ number, type, speakerUri }: LawEvent, what: string): void {
    this.faults.push(`${number} ${type} ${speakerUri}: ${what}`)
  }
}
