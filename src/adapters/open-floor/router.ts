import { createHash } from 'node:crypto'
import { instantOf, millisecondsOf } from '../../clock.js'
import { type KeptEnvelope, type WaitingDelivery } from '../../envelopes/index.js'
import { HoldfastError } from '../../errors.js'
import { namedId } from '../../named-ids.js'
import { composeEnvelope } from './compose.js'
import { OutboundRefused } from './errors.js'
import { type Outbound, OutboundFailed } from './outbound.js'
import { Outgoing } from './outgoing.js'
import { parseEnvelope } from './parse.js'
import { type PendingEvent, pendingOf, storedPending } from './pending.js'
import { type Party, Room } from './room.js'
import { Routing } from './routing.js'
import { type JsonObject } from './shape.js'
import {
  deliveryQueue, type OpenFloorParts, type OpenFloorStores, routingQueue,
} from './stores.js'

/** Never changes: ids of questions to conveners are made in it. */
const questionSpace = '5f1d3c52-8a52-4a0b-9f0e-6d2b1b9c7a44'

/** Within so long of its end a hold is written down as over, by whoever sweeps. */
const sweptWithinMs = 1_500

/** Deliveries of one transaction; once there are so many, the next event begins another. */
const sentAtOnce = 1_000

/** An event about which the convener is asked. */
interface Question {
  readonly number: number
  readonly id: string
  readonly convener: Party
  readonly body: JsonObject
  /** How often it was asked without an answer. */
  readonly unanswered: number
}

/** What the convener said to it; nothing when it is taken not to answer. */
interface Answered {
  readonly question: Question
  readonly answer: readonly PendingEvent['event'][] | undefined
}

/** The convener could not be asked this time. */
export class ConvenerUnanswered extends Error {
  override readonly name = 'ConvenerUnanswered'
  /** How often it was asked. */
  readonly attempts: number

  constructor(message: string, attempts: number, cause: Error) {
    super(message, { cause })
    this.attempts = attempts
  }
}

/** An event of an envelope cannot be done, whenever it is tried. */
class Unsound extends Error {
  readonly number: number
  /** Its place among what is pending. */
  readonly index: number

  constructor(number: number, index: number, cause: Error) {
    super(cause.message, { cause })
    this.number = number
    this.index = index
  }
}

/** Which envelopes are to be routed. */
export interface RoutingTask {
  readonly conversationId: string
  /** This one and those before it. */
  readonly upTo: number
  readonly signal: AbortSignal
  /** Whether the convener is taken not to answer, if it does not at once. @default false */
  readonly isLast?: boolean
}

/** Routes envelopes in the order in which they came, event by event. */
export class Router {
  readonly #parts: OpenFloorParts
  readonly #outbound: Outbound

  constructor(parts: OpenFloorParts, outbound: Outbound) {
    this.#parts = parts
    this.#outbound = outbound
  }

  /**
   * Routes everything up to an envelope; what was done already is not done again. Throws
   * ConvenerUnanswered when it has to be tried again.
   */
  async route(task: RoutingTask): Promise<void> {
    const { conveneAttemptsMax } = this.#parts.settings
    let answered: Answered | undefined
    for (let isGivenUp = false; ;) {
      const question = await this.#advanceSoundly(task, answered)
      if (question === undefined) return
      // Who is taken not to answer is asked about the rest all the same, but waited for no more.
      const isLast = task.isLast === true || isGivenUp ||
        question.unanswered + 1 >= conveneAttemptsMax
      const answer = await this.#ask(question, { ...task, isLast })
      isGivenUp = answer === undefined
      answered = { question, answer }
    }
  }

  /** An event that cannot be done is left out, so that it does not stop those behind it. */
  async #advanceSoundly(
    task: RoutingTask, given: Answered | undefined,
  ): Promise<Question | undefined> {
    for (let answered = given; ;) {
      try {
        const question = await this.#advance(task, answered)
        if (question !== 'more') return question
      } catch (error) {
        if (!(error instanceof Unsound)) throw error
        // With it the answer was taken back: first that is kept, by itself.
        if (answered === undefined) await this.#leaveOut(task.conversationId, error)
        else await this.#keepAnswer(task.conversationId, answered)
      }
      answered = undefined
    }
  }

  async #leaveOut(conversationId: string, { number, index }: Unsound): Promise<void> {
    await this.#parts.transaction(async ({ envelopes }) => {
      await envelopes.hold(conversationId)
      const envelope = await envelopes.nextUnrouted(conversationId, number)
      if (envelope?.number !== number) return
      const pending = pendingOf(envelope.pending!)
      const events = pending.events.filter((_, at) => at !== index)
      await envelopes.setPending(envelope, storedPending({ ...pending, events }))
    })
  }

  /**
   * Takes the answer, then does what can be done; the question that is in the way then, or that
   * more is to be done, by itself: others wait for this transaction.
   */
  async #advance(
    { conversationId, upTo }: RoutingTask, answered: Answered | undefined,
  ): Promise<Question | 'more' | undefined> {
    return this.#parts.transaction(async (stores) => {
      const room = await Room.open(stores, conversationId)
      const outgoing = new Outgoing(this.#parts.settings.self)
      const routing = new Routing(stores, this.#parts, { room, outgoing })
      await routing.tellFloor()
      const next = () => stores.envelopes.nextUnrouted(conversationId, upTo)
      let envelope = await next()
      if (answered !== undefined && envelope !== undefined) {
        envelope = withAnswer(envelope, answered, routing)
      }
      let question: Question | 'more' | undefined
      let [last, sent] = [upTo, 0]
      while (envelope !== undefined) {
        last = envelope.number
        question = await this.#work(stores, { envelope, room, routing, outgoing })
        sent += await this.#send(stores, { room, outgoing, number: last })
        envelope = question === undefined && last < upTo ? await next() : undefined
        if (envelope === undefined || sent < sentAtOnce) continue
        question = 'more'
        break
      }
      await this.#send(stores, { room, outgoing, number: last })
      await routing.finish()
      await this.#lookAgain(stores, room)
      return question
    })
  }

  /** A hold ends by the clock, when nobody sends anything; the agents are to hear of that, too. */
  async #lookAgain({ queues }: OpenFloorStores, { id, floor }: Room): Promise<void> {
    const [first] = floor.holders.filter(({ expiresAt }) => expiresAt !== null)
    if (first === undefined) return
    const runAt = instantOf(millisecondsOf(first.expiresAt!) + sweptWithinMs)
    await queues.enqueue(routingQueue, {
      payload: { conversation_id: id, number: 0 }, runAt,
      dedupeKey: `hold ${id} ${first.fence}`,
    })
  }

  async #work(
    stores: OpenFloorStores,
    { envelope, room, routing, outgoing }: {
      readonly envelope: KeptEnvelope; readonly room: Room; readonly routing: Routing
      readonly outgoing: Outgoing
    },
  ): Promise<Question | 'more' | undefined> {
    const pending = pendingOf(envelope.pending!)
    const events = [...pending.events]
    if (pending.renamed !== undefined) await routing.rename(pending.renamed)
    while (events.length > 0) {
      const item = events[0]!
      if (routing.isForConvener(item)) {
        await routing.beforeAsking(item)
        const { asked } = pending
        const isStill = pending.isAsking && events.length === pending.events.length
        const unanswered = isStill ? pending.unanswered ?? 0 : 0
        await stores.envelopes.setPending(envelope, storedPending({
          events, asked, isAsking: true, unanswered,
        }))
        return { ...questionOf(room, { envelope, item, asked }), unanswered }
      }
      try {
        await routing.do(item)
      } catch (error) {
        const isOfEvent = HoldfastError.isInstance(error) && error.status < 500 && !error.retryable
        if (!isOfEvent) throw error
        throw new Unsound(envelope.number, pending.events.length - events.length, error)
      }
      events.shift()
      if (events.length === 0 || outgoing.size < sentAtOnce) continue
      const { asked } = pending
      await stores.envelopes.setPending(envelope, storedPending({
        events, asked, isAsking: false,
      }))
      return 'more'
    }
    await stores.envelopes.setPending(envelope, null)
    return undefined
  }

  async #send(
    stores: OpenFloorStores,
    { room, outgoing, number }: {
      readonly room: Room; readonly outgoing: Outgoing; readonly number: number
    },
  ): Promise<number> {
    const given = outgoing.take(room.section())
    const added = await stores.deliveries.add({ conversationId: room.id, number }, given)
    await enqueueDeliveries(stores, added)
    return added.length
  }

  /** Its answer; undefined when it is taken not to answer. */
  async #ask(question: Question, { conversationId, signal, isLast }: RoutingTask) {
    const { convener, body, id } = question
    try {
      const { status, body: answer } = await this.#outbound.post({
        url: convener.serviceUrl!, body: Buffer.from(JSON.stringify(body)), id, signal,
      })
      if (status < 200 || status >= 300) throw new OutboundFailed(`it answered ${status}`)
      return this.#read(answer)
    } catch (error) {
      if (error instanceof OutboundRefused) return undefined
      if (!(error instanceof OutboundFailed)) throw error
      if (isLast === true) return undefined
      await this.#countUnanswered(conversationId, question)
      const message = `${convener.speakerUri}: ${error.message}`
      throw new ConvenerUnanswered(message, question.unanswered + 1, error)
    }
  }

  async #countUnanswered(conversationId: string, question: Question): Promise<void> {
    await this.#parts.transaction(async ({ envelopes }) => {
      await envelopes.hold(conversationId)
      const envelope = await envelopes.nextUnrouted(conversationId, question.number)
      if (envelope === undefined || !isAbout(envelope, question)) return
      const pending = pendingOf(envelope.pending!)
      const unanswered = question.unanswered + 1
      await envelopes.setPending(envelope, storedPending({ ...pending, unanswered }))
    })
  }

  /** What cannot be read says nothing: the convener wants nothing to happen. */
  #read(text: string | undefined) {
    const { clock, ids } = this.#parts
    const now = new Date(clock.now()).toISOString()
    try {
      const input: unknown = JSON.parse(text ?? '')
      return parseEnvelope(input, { now, nextId: () => `de:${ids.next()}` }).events
    } catch (error) {
      if (error instanceof SyntaxError || HoldfastError.isInstance(error)) return []
      throw error
    }
  }

  async #keepAnswer(conversationId: string, answered: Answered): Promise<void> {
    await this.#parts.transaction(async (stores) => {
      const room = await Room.open(stores, conversationId)
      const { number } = answered.question
      const envelope = await stores.envelopes.nextUnrouted(conversationId, number)
      if (envelope === undefined) return
      const outgoing = new Outgoing(this.#parts.settings.self)
      const routing = new Routing(stores, this.#parts, { room, outgoing })
      const { pending } = withAnswer(envelope, answered, routing)
      await stores.envelopes.setPending(envelope, pending)
      await this.#send(stores, { room, outgoing, number })
    })
  }
}

/**
 * The envelope with the events of the answer in the place of the one that was asked about; as it
 * is, when another process was faster.
 */
function withAnswer(
  envelope: KeptEnvelope, { question, answer }: Answered, routing: Routing,
): KeptEnvelope {
  if (!isAbout(envelope, question)) return envelope
  const pending = pendingOf(envelope.pending!)
  const [item, ...rest] = pending.events
  if (answer === undefined) routing.unanswered(item!)
  const sender = { speakerUri: question.convener.speakerUri }
  const answers = (answer ?? []).map((event): PendingEvent => ({ event, sender, by: 'convener' }))
  return {
    ...envelope,
    pending: storedPending({
      events: [...answers, ...rest], asked: pending.asked + 1, isAsking: false,
    }),
  }
}

/** Whether an envelope still waits for the answer to a question. */
function isAbout(envelope: KeptEnvelope, { number, id }: Question): boolean {
  const { isAsking, asked } = pendingOf(envelope.pending!)
  return envelope.number === number && isAsking && questionId(envelope, asked) === id
}

const questionId = ({ id }: KeptEnvelope, asked: number): string =>
  namedId(questionSpace, `${id} ${asked}`)

function questionOf(
  room: Room,
  { envelope, item: { event, sender }, asked }: {
    readonly envelope: KeptEnvelope; readonly item: PendingEvent; readonly asked: number
  },
): Omit<Question, 'unanswered'> {
  const body = composeEnvelope({
    conversation: room.section(), sender: { speakerUri: sender.speakerUri }, events: [event],
  })
  const id = questionId(envelope, asked)
  return { number: envelope.number, id, convener: room.convener!, body }
}

/** Failed attempts of a job that brings deliveries; each of them counts its own. */
const jobAttemptsMax = 100

/** Jobs of deliveries: of one agent in one conversation one after another, in order. */
export async function enqueueDeliveries(
  { queues }: OpenFloorStores, deliveries: readonly WaitingDelivery[],
): Promise<void> {
  const jobs = deliveries.filter(({ state }) => state === 'waiting').map((delivery) => {
    const { conversationId, recipient, number } = delivery
    const lane = createHash('sha256').update(`${conversationId} ${recipient}`).digest('hex')
    return {
      payload: { conversation_id: conversationId, recipient, number },
      concurrencyKey: lane, attemptsMax: jobAttemptsMax, crashesMax: jobAttemptsMax,
    }
  })
  for (let at = 0; at < jobs.length; at += 1_000) {
    await queues.enqueueMany(deliveryQueue, jobs.slice(at, at + 1_000))
  }
}
