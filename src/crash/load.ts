import { contentOf, type Ledger, nameOf, type Place, sizeOf, type Write } from './ledger.js'
import { type Random } from './random.js'
import { type Answer, Hung, type Wire } from './wire.js'

/** Where to write; asked anew before each attempt, so that it may wait and may change. */
export type Target = () => Promise<string>

/** Who writes what, and how stubbornly. */
export interface LoadOptions {
  readonly wire: Wire
  readonly ledger: Ledger
  readonly random: Random
  readonly target: Target
  readonly token: string
  readonly writers: number
  /** Each writer stays with one of them. */
  readonly conversations: readonly string[]
  /** Whether each write carries a key and is repeated until it is acknowledged. */
  readonly keyed: boolean
  /** Bytes of filling in each message. @default 0 */
  readonly fillingLength?: number
  /** Answers besides 201 that are right here, as `status code`. @default [] */
  readonly allowed?: readonly string[]
  /**
   * Milliseconds that a writer rests at most after a write. Without any they leave no processor to
   * what else is tested at the time. @default 60
   */
  readonly restMs?: number
}

/** Faults kept word for word at most. */
const faultsMax = 20

/** Writers that append one message after another, each waiting for its answer. */
export class Load {
  /** Answers by `status code`, and errors of connections by their code. */
  readonly counts = new Map<string, number>()
  /** Answers that no caller should ever see, and calls without an answer. */
  readonly faults: string[] = []
  /** The longest time to any answer. */
  slowestMs = 0
  readonly #options: LoadOptions
  readonly #writers: Promise<void>[]
  #stopping = false
  #abandoned = false

  private constructor(options: LoadOptions) {
    this.#options = options
    const { writers } = options
    this.#writers = Array.from({ length: writers }, (_, writer) => this.#write(writer))
  }

  /** Begins to write. */
  static start(options: LoadOptions): Load {
    return new Load(options)
  }

  /** Writes acknowledged so far. */
  get acknowledged(): number {
    return this.counts.get('201') ?? 0
  }

  /** Begins no new write, and resolves when every writer is done with its last one. */
  async stop(patienceMs = 30_000): Promise<void> {
    this.#stopping = true
    const timer = setTimeout(() => (this.#abandoned = true), patienceMs)
    await Promise.all(this.#writers)
    clearTimeout(timer)
  }

  async #write(writer: number): Promise<void> {
    const { conversations, ledger, keyed, random, restMs = 60 } = this.#options
    const conversation = conversations[writer % conversations.length]!
    for (let sequence = 1; !this.#stopping; sequence += 1) {
      const write = { writer, sequence, conversation }
      ledger.intend(write)
      while (!(await this.#attempt(write))) {
        await pause(random.between(10, 50))
        if (!keyed || this.#abandoned) break
      }
      if (restMs > 0) await pause(random.between(0, restMs))
    }
  }

  /** True when the write was acknowledged. */
  async #attempt(write: Write): Promise<boolean> {
    const answer = await this.#send(write)
    return answer !== undefined && this.#judge(write, answer)
  }

  /** Undefined when there was no answer. */
  async #send(write: Write): Promise<Answer | undefined> {
    const { wire, target, token, keyed } = this.#options
    try {
      const base = await target()
      return await wire.send({
        method: 'POST',
        url: `${base}/v1/conversations/${write.conversation}/messages`,
        token,
        key: keyed ? nameOf(write) : undefined,
        body: this.#bodyOf(write),
      })
    } catch (error) {
      const { code = 'no code', message } = error as Error & { code?: string }
      this.#count(error instanceof Hung ? 'hung' : code)
      if (error instanceof Hung) this.#fault(`${nameOf(write)}: ${message}`)
      return undefined
    }
  }

  #bodyOf(write: Write): unknown {
    const { fillingLength = 0 } = this.#options
    const messages = Array.from({ length: sizeOf(write) }, (_, part) => ({
      role: 'user', content: contentOf(write, part, fillingLength),
    }))
    return messages.length === 1 ? messages[0] : { messages }
  }

  #judge(write: Write, answer: Answer): boolean {
    this.slowestMs = Math.max(this.slowestMs, answer.tookMs)
    if (answer.status === 201) {
      const body = JSON.parse(answer.text) as Place & { messages?: Place[] }
      this.#options.ledger.acknowledge(write, body.messages ?? [body])
      this.#count('201')
      return true
    }
    const kind = kindOf(answer)
    this.#count(kind)
    const isRight = this.#options.allowed?.includes(kind) === true && isRepeatable(answer)
    if (!isRight) this.#fault(`${nameOf(write)}: ${answer.status} ${answer.text}`)
    return false
  }

  #count(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
  }

  #fault(text: string): void {
    if (this.faults.length < faultsMax) this.faults.push(text.slice(0, 500))
  }
}

/** An answer as `status code`; the code is `no code` when the body is not a problem. */
export function kindOf({ status, type, text }: Answer): string {
  if (!isProblem(type)) return `${status} no code`
  const { code } = JSON.parse(text) as { code?: string }
  return `${status} ${code ?? 'no code'}`
}

/** A refusal that says when to come back. */
export function isRepeatable({ type, retryAfter }: Answer): boolean {
  return isProblem(type) && Number(retryAfter) >= 1
}

function isProblem(type: string): boolean {
  return type.split(';')[0] === 'application/problem+json'
}

/** Resolves after a while. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds))
}

/** Asks again and again until the answer is yes; throws after `withinMs`. */
export async function until(
  wish: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 10_000,
): Promise<number> {
  const startMs = performance.now()
  while (!(await isSo())) {
    const isLate = performance.now() - startMs > withinMs
    if (isLate) throw new Error(`not within ${withinMs} ms: ${wish}`)
    await pause(20)
  }
  return performance.now() - startMs
}
