import { type Delivery, type NextDelivery } from '../../envelopes/index.js'
import { ByteBudget } from './byte-budget.js'
import { HoldfastError } from '../../errors.js'
import { OutboundRefused } from './errors.js'
import { type Outbound, type OutboundAnswer, OutboundFailed } from './outbound.js'
import { Intake } from './intake.js'
import { type ParsedEnvelope } from './shape.js'
import { type OpenFloorParts } from './stores.js'

/** A delivery has to be tried again. */
export class DeliveryFailed extends Error {
  override readonly name = 'DeliveryFailed'
  readonly delayMs: number

  constructor(message: string, delayMs: number) {
    super(message)
    this.delayMs = delayMs
  }
}

/** Deliveries of one agent in one conversation. */
export interface DeliveryTask {
  readonly conversationId: string
  readonly recipient: string
  /** This one and those before it. */
  readonly upTo: number
  readonly signal: AbortSignal
}

type Made = Omit<Delivery, 'body'>

/** Long envelopes that this process has on the way at once, in bytes. */
const onTheWay = new ByteBudget(64 * 1024 * 1024)

/** What an agent answered, or what was wrong with it. */
interface Reply {
  readonly envelope?: ParsedEnvelope
  readonly fault?: string
}

/** Answers that another attempt would not change: the agent does not want what it was sent. */
const final = new Set([400, 405, 406, 410, 411, 413, 414, 415, 421, 422, 431, 451, 501])

/** Brings envelopes to agents, in order, and takes what they answer. */
export class Delivering {
  readonly #parts: OpenFloorParts
  readonly #outbound: Outbound
  readonly #intake: Intake

  constructor(parts: OpenFloorParts, outbound: Outbound) {
    this.#parts = parts
    this.#outbound = outbound
    this.#intake = new Intake(parts)
  }

  /** Throws DeliveryFailed when one has to be tried again before those behind it. */
  async deliver(task: DeliveryTask): Promise<void> {
    const { deliveries } = this.#parts.stores()
    for (;;) {
      const delivery = await deliveries.next(task)
      if (delivery === undefined) return
      if (delivery.body !== null) await this.#attempt(delivery, task.signal)
      else await onTheWay.during(delivery.length, task.signal, () =>
        this.#attempt(delivery, task.signal))
      if (delivery.number === task.upTo) return
    }
  }

  async #attempt(delivery: NextDelivery, signal: AbortSignal): Promise<void> {
    const { recipient } = delivery
    // Of what is long nothing else is held while it is on the way.
    const body = await this.#bytesOf(delivery)
    // Its conversation is gone.
    if (body === undefined) return
    // It may have moved since the delivery was made.
    const urls = await this.#parts.stores().directory.serviceUrls([recipient])
    const url = urls.get(recipient) ?? delivery.serviceUrl!
    try {
      const answer = await this.#outbound.post({ url, body, id: delivery.id, signal })
      if (answer.status >= 200 && answer.status < 300) return await this.#arrived(delivery, answer)
      const isFinal = final.has(answer.status) || (answer.status >= 300 && answer.status < 400)
      await this.#failed(delivery, `it answered ${answer.status}`, isFinal)
    } catch (error) {
      const isRefused = error instanceof OutboundRefused
      if (!isRefused && !(error instanceof OutboundFailed)) throw error
      await this.#failed(delivery, error.message, isRefused)
    }
  }

  async #bytesOf(delivery: NextDelivery): Promise<Buffer | undefined> {
    const { deliveries } = this.#parts.stores()
    const body = delivery.body ?? (await deliveries.find(delivery))?.body
    return body && Buffer.from(JSON.stringify(body))
  }

  /**
   * What was answered is kept in the transaction that says the envelope arrived. An answer that is
   * no envelope is a flaw of the agent's, but it has what it was sent.
   */
  async #arrived(delivery: Made, { body }: OutboundAnswer): Promise<void> {
    const reply: Reply =
      body === undefined ? { fault: 'its answer was too long' } : this.#replyIn(body)
    const note = reply.fault ?? null
    const { envelope } = reply
    if (envelope === undefined) {
      await this.#parts.stores().deliveries.settle(delivery, 'delivered', note)
      return
    }
    try {
      await this.#parts.transaction(async (stores) => {
        const isFirst = await stores.deliveries.settle(delivery, 'delivered', note)
        if (isFirst) await this.#intake.keepReply(stores, { delivery, envelope })
      })
    } catch (error) {
      if (!isOfAnswer(error)) throw error
      const fault = `its answer: ${error.message}`
      await this.#parts.stores().deliveries.settle(delivery, 'delivered', fault)
    }
  }

  #replyIn(text: string): Reply {
    if (text.trim() === '') return {}
    try {
      const envelope = this.#intake.parse(JSON.parse(text))
      return envelope.events.length === 0 ? {} : { envelope }
    } catch (error) {
      if (error instanceof SyntaxError) return { fault: 'its answer is not JSON' }
      if (HoldfastError.isInstance(error)) return { fault: `its answer: ${error.message}` }
      throw error
    }
  }

  async #failed(delivery: Made, reason: string, isFinal: boolean): Promise<void> {
    const { attemptsMax, retryDelayMs } = this.#parts.settings
    const attempts = delivery.attempts + 1
    const isDead = isFinal || attempts >= attemptsMax
    const { deliveries } = this.#parts.stores()
    if (isDead) await deliveries.settle(delivery, 'dead', reason)
    else await deliveries.countFailure(delivery, reason)
    if (!isDead) throw new DeliveryFailed(reason, retryDelayMs(attempts))
  }
}

/** An answer that cannot be kept, whenever it is tried. */
const isOfAnswer = (error: unknown): error is HoldfastError =>
  HoldfastError.isInstance(error) && error.status < 500 && !error.retryable
