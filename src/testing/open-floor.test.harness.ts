import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { type EnvelopeEvent, type JsonObject } from '../adapters/open-floor/shape.js'
import { type OpenFloorOptions } from '../adapters/open-floor/settings.js'
import { type Holdfast } from '../holdfast.js'
import { type ContractWorld } from './contract.js'

/** What an agent got. */
export interface Heard {
  readonly id: string
  readonly envelope: JsonObject
  readonly sender: string
  readonly events: readonly EnvelopeEvent[]
}

/** How an agent answers: with events, a status, a text, or not at all. */
export type Answering = (heard: Heard) => Answer | Promise<Answer>
type Answer =
  | readonly object[] | { readonly status: number; readonly text?: string } | undefined

/** An agent that is played by an HTTP server on the loopback. */
export class ScriptedAgent {
  readonly speakerUri: string
  /** Everything it answered 200 to, in order. */
  readonly heard: Heard[] = []
  /** Ids of all attempts. */
  readonly attempts: string[] = []
  answer: Answering = () => []
  url = ''
  readonly #server: Server

  constructor(speakerUri: string) {
    this.speakerUri = speakerUri
    this.#server = createServer((request, response) => {
      void (async () => {
        const body = await bodyOf(request)
        // Whoever called has hung up meanwhile.
        if (body === undefined) return
        const envelope = JSON.parse(body) as JsonObject
        const { sender, events, conversation } = envelope.openFloor as unknown as {
          readonly sender: { readonly speakerUri: string }
          readonly events: readonly EnvelopeEvent[]
          readonly conversation: { readonly id: string }
        }
        const id = String(request.headers['idempotency-key'])
        const heard = { id, envelope, sender: sender.speakerUri, events }
        this.attempts.push(id)
        const answer = await this.answer(heard)
        if (answer === undefined) return request.socket.destroy()
        const status = 'status' in answer ? answer.status : 200
        if (status < 300) this.heard.push(heard)
        if ('status' in answer) return response.writeHead(status).end(answer.text ?? '')
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify(envelopeOf(this.speakerUri, conversation.id, answer)))
      })()
    })
  }

  async start(): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
    return this
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  /** What it heard, as `eventType` in order. */
  get story(): string[] {
    return this.heard.flatMap(({ events }) => events.map(({ eventType }) => eventType))
  }
}

/** Undefined for one that was broken off. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = []
  try {
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece)
  } catch {
    return undefined
  }
  return Buffer.concat(pieces).toString()
}

/** An envelope as an agent sends it. */
export const envelopeOf = (
  speakerUri: string, conversationId: string, events: readonly object[],
) => ({
  openFloor: {
    schema: { version: '1.1.0' }, conversation: { id: conversationId }, sender: { speakerUri },
    events: [...events] as Record<string, unknown>[],
  },
})

/** An utterance of a few words. */
export const utterance = (text: string, to?: object) => ({
  eventType: 'utterance', ...(to === undefined ? {} : { to }),
  parameters: {
    dialogEvent: {
      id: `de:${Math.random()}`, speakerUri: 'tag:x', span: { startTime: '2026-01-31T12:00:00Z' },
      features: { text: { mimeType: 'text/plain', tokens: [{ value: text }] } },
    },
  },
})

/** What an utterance says. */
export const said = ({ parameters }: EnvelopeEvent): string => {
  const { features } = parameters!.dialogEvent as JsonObject
  const { text } = features as { readonly text: { readonly tokens: { value: string }[] } }
  return text.tokens.map(({ value }) => value).join(' ')
}

const started: { stop(): void }[] = []

/** Ends all agents of a test. */
export function stopAgents(): void {
  started.splice(0).forEach((agent) => agent.stop())
}

/** How the floor manager is set in tests: quick, and free to call the loopback. */
export const quickly: OpenFloorOptions = {
  outboundAllow: ['127.0.0.1'], timeoutMs: 5_000, retryDelayMs: () => 5,
}

/** Rows of one look at what is settled: of a long list most are read in vain, again and again. */
const lookedAt = 20

/** A conversation with scripted agents, and a worker that plays the floor manager. */
export class Floor {
  readonly holdfast: Holdfast
  readonly organizationId: string
  readonly conversationId: string
  /** Up to where all is routed, and delivered or given up. */
  #routed = 0
  #delivered = 0

  private constructor(holdfast: Holdfast, organizationId: string, conversationId: string) {
    this.holdfast = holdfast
    this.organizationId = organizationId
    this.conversationId = conversationId
  }

  static async open(
    { another, organizationId, isLasting }: ContractWorld, options: OpenFloorOptions = {},
  ): Promise<Floor> {
    const holdfast = await another({ openFloor: { ...quickly, ...options } })
    const id = isLasting ? organizationId
      : (await holdfast.organizations.create({ name: 'Ours' })).id
    const { id: conversationId } = await holdfast.organization(id).conversations.create()
    holdfast.openFloorWorker({ organizationId: id, pollMs: 100 }).start()
    return new Floor(holdfast, id, conversationId)
  }

  get stores() {
    return this.holdfast.organization(this.organizationId)
  }

  /** An agent that is registered, at an address of its own. */
  async agent(name: string): Promise<ScriptedAgent> {
    const agent = await new ScriptedAgent(name).start()
    started.push(agent)
    await this.stores.agents.register({ speakerUri: name, serviceUrl: agent.url })
    return agent
  }

  /** Hands an envelope in. */
  async send(speakerUri: string, ...events: readonly object[]): Promise<void> {
    await this.stores.openFloor.receive(envelopeOf(speakerUri, this.conversationId, events))
  }

  /** Invites agents in the floor manager's name. */
  async invite(...agents: readonly ScriptedAgent[]): Promise<void> {
    await this.send(manager, ...agents.map(({ speakerUri, url }) =>
      ({ eventType: 'invite', to: { speakerUri, serviceUrl: url } })))
    await this.settled()
    for (const { heard, attempts } of agents) {
      heard.splice(0)
      attempts.splice(0)
    }
  }

  /** Until everything is routed and delivered, or given up. */
  async settled(timeoutMs = 20_000, { anew = false } = {}): Promise<void> {
    if (anew) this.#delivered = 0
    for (const until = performance.now() + timeoutMs; ;) {
      const sinceMs = performance.now()
      if (await this.#isSettled()) return
      if (performance.now() > until) throw new Error('the floor does not settle')
      // Looking is work, too, and of a long list more of it than what is waited for.
      const pauseMs = Math.max(10, 9 * (performance.now() - sinceMs))
      await new Promise((done) => setTimeout(done, pauseMs))
    }
  }

  /** Who is there, and who has the floor. */
  async standing() {
    const { agents, holders } = await this.stores.floors.get(this.conversationId)
    return { conversants: agents, floorGranted: holders.map(({ speakerUri }) => speakerUri) }
  }

  async #isSettled(): Promise<boolean> {
    const { openFloor } = this.stores
    for (;;) {
      const page = { after: this.#routed, limit: lookedAt }
      const kept = await openFloor.list(this.conversationId, page)
      const open = kept.findIndex(({ routedAt }) => routedAt === null)
      this.#routed = (open < 0 ? kept.at(-1) : kept[open - 1])?.number ?? this.#routed
      if (open >= 0) return false
      if (kept.length === 0) break
    }
    for (;;) {
      const page = { after: this.#delivered, limit: lookedAt }
      const made = await openFloor.deliveries(this.conversationId, page)
      const open = made.findIndex(({ state }) => state === 'waiting')
      this.#delivered = (open < 0 ? made.at(-1) : made[open - 1])?.number ?? this.#delivered
      if (open >= 0) return false
      if (made.length === 0) break
    }
    // With the end of a delivery its reply is kept, which may be after the first look at them.
    const since = await openFloor.list(this.conversationId, { after: this.#routed, limit: 1 })
    return since.length === 0
  }
}

/** The floor manager's own name. */
export const manager = 'tag:holdfast,2026:floor-manager'
