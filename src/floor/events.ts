import { type FloorEvent } from './tables.js'

/** Events behind a place. */
export interface EventBatch {
  readonly events: readonly FloorEvent[]
  /** The number of the floor's last event; 0 where there is no floor. */
  readonly last: number
}

/** Where a reader of events begins, and who sends it home. */
export interface FloorReading {
  /** The number of the last event seen. @default now */
  readonly after?: number | undefined
  /** False ends the events once all that was missed is told. @default true */
  readonly live?: boolean | undefined
  /** Ends the events. */
  readonly signal?: AbortSignal | undefined
}

/** A place in the queue, as the events tell it. */
export interface Waiting {
  readonly speakerUri: string
  readonly ticket: number
  readonly priority: number
}

/** A grant, as the events tell it. */
export interface Holding {
  readonly speakerUri: string
  readonly fence: number
  readonly expiresAt: string | null
}

/** A floor, built from its events alone. */
export class FloorReplay {
  /** The number of the last event. */
  last = 0
  policy: string | undefined
  readonly agents = new Set<string>()
  readonly #waiting = new Map<string, Waiting>()
  readonly #holding = new Map<string, Holding>()

  /** In the order in which they will be granted the floor. */
  get queue(): readonly Waiting[] {
    return [...this.#waiting.values()].sort((one, other) =>
      other.priority - one.priority || one.ticket - other.ticket)
  }

  /** In the order in which they were granted it. */
  get holders(): readonly Holding[] {
    return [...this.#holding.values()].sort((one, other) => one.fence - other.fence)
  }

  /** Takes the next event. Throws when it is not the next. */
  apply(event: FloorEvent): this {
    if (event.number !== this.last + 1) {
      throw new Error(`event ${event.number} does not follow event ${this.last}`)
    }
    this.last = event.number
    const { type, speakerUri, ticket, priority, fence, expiresAt } = event
    if (type === 'configured') this.policy = event.policy!
    if (speakerUri === null) return this
    this.#waiting.delete(speakerUri)
    this.#holding.delete(speakerUri)
    if (type === 'requested') {
      this.#waiting.set(speakerUri, { speakerUri, ticket: ticket!, priority: priority! })
    }
    if (type === 'granted') this.#holding.set(speakerUri, { speakerUri, fence: fence!, expiresAt })
    if (type === 'left') this.agents.delete(speakerUri)
    else this.agents.add(speakerUri)
    return this
  }
}
