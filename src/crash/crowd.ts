import { type Arena } from './arena.js'
import { isRepeatable, kindOf } from './load.js'
import { type Answer } from './wire.js'

/** Who crowds in, and what they may be told. */
export interface CrowdOptions {
  readonly server: { readonly url: string }
  readonly arena: Arena
  readonly clients: number
  /** How long they keep asking. */
  readonly forMs: number
  /** The only answers they may get, as `status code`, each with a Retry-After. */
  readonly allowed: readonly string[]
}

/** What the crowd was told. */
export interface CrowdAnswers {
  readonly count: number
  /** Answers that were not allowed. */
  readonly wrong: readonly Answer[]
  readonly slowestMs: number
}

const message = { role: 'user', content: 'refused' }

/** Clients that list and append, half and half, while no call can succeed. */
export async function crowd(options: CrowdOptions): Promise<CrowdAnswers> {
  const { server, arena, clients, forMs, allowed } = options
  const { wire, token, conversations: [conversation] } = arena
  const url = `${server.url}/v1/conversations/${conversation}/messages`
  const answers: Answer[] = []
  const endMs = performance.now() + forMs
  const ask = async (index: number) => {
    const append = { method: 'POST', url, token, body: message } as const
    while (performance.now() < endMs) {
      answers.push(await wire.send(index % 2 === 0 ? { url, token } : append))
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, index) => ask(index)))
  return {
    count: answers.length,
    wrong: answers.filter((each) => !allowed.includes(kindOf(each)) || !isRepeatable(each)),
    slowestMs: Math.max(...answers.map(({ tookMs }) => tookMs)),
  }
}
