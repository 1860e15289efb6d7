import { type Instant, millisecondsOf } from '../../clock.js'
import { type Message } from '../../conversations/index.js'
import { type FloorEvent } from '../../floor/index.js'
import { type JsonObject } from './shape.js'
import { type OpenFloorStores } from './stores.js'

/** Messages and events of the floor that an analysis looks at, at most. */
const lookedAtMax = 20_000

/** How one agent took part. */
export interface AgentAnalysis {
  readonly speakerUri: string
  /** Public utterances. */
  readonly utterances: number
  /** Times it spoke behind somebody else. */
  readonly turns: number
  readonly words: number
  readonly characters: number
  /** As its utterances tell of themselves. */
  readonly talkSeconds: number
  readonly requests: number
  readonly grants: number
  readonly revocations: number
  /** From its requests to the grants that followed. */
  readonly waitSeconds: number
  readonly waitSecondsMax: number
  /** How long it held the floor, up to now where it still does. */
  readonly heldSeconds: number
}

/** How a conversation went. */
export interface ConversationAnalysis {
  readonly utterances: number
  readonly turns: number
  readonly agents: readonly AgentAnalysis[]
  /** False for a conversation of which only the beginning was looked at. */
  readonly isWhole: boolean
}

type Figures = { -readonly [K in keyof AgentAnalysis]: AgentAnalysis[K] }

/** Sums up messages and events of the floor, agent by agent. */
class Tally {
  readonly #agents = new Map<string, Figures>()
  readonly #asked = new Map<string, number>()
  readonly #held = new Map<string, number>()
  #last: string | undefined
  #utterances = 0
  #turns = 0

  addMessage({ author, content, metadata }: Message): void {
    const name = author ?? 'unknown'
    const figures = this.#of(name)
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    figures.utterances += 1
    figures.characters += countOf(text, /./gsu)
    figures.words += countOf(text, /\S+/gu)
    figures.talkSeconds += spokenSeconds(metadata)
    this.#utterances += 1
    if (this.#last === name) return
    this.#last = name
    figures.turns += 1
    this.#turns += 1
  }

  addEvent({ type, speakerUri, at }: FloorEvent): void {
    if (speakerUri === null) return
    const figures = this.#of(speakerUri)
    const now = millisecondsOf(at)
    if (type === 'requested' && !this.#asked.has(speakerUri)) {
      figures.requests += 1
      this.#asked.set(speakerUri, now)
    }
    if (type === 'granted') this.#grant(figures, now)
    if (type === 'revoked') figures.revocations += 1
    if (type === 'revoked' || type === 'yielded' || type === 'left') this.#end(figures, now)
    if (type === 'cancelled' || type === 'left') this.#asked.delete(speakerUri)
  }

  close(now: Instant | undefined): Omit<ConversationAnalysis, 'isWhole'> {
    if (now !== undefined) {
      for (const name of [...this.#held.keys()]) this.#end(this.#of(name), millisecondsOf(now))
    }
    const agents = [...this.#agents.values()]
      .sort((one, other) => (one.speakerUri < other.speakerUri ? -1 : 1))
    return { utterances: this.#utterances, turns: this.#turns, agents }
  }

  #grant(figures: Figures, now: number): void {
    const asked = this.#asked.get(figures.speakerUri)
    figures.grants += 1
    this.#held.set(figures.speakerUri, now)
    if (asked === undefined) return
    this.#asked.delete(figures.speakerUri)
    const waited = (now - asked) / 1_000
    figures.waitSeconds += waited
    figures.waitSecondsMax = Math.max(figures.waitSecondsMax, waited)
  }

  #end(figures: Figures, now: number): void {
    const since = this.#held.get(figures.speakerUri)
    if (since === undefined) return
    this.#held.delete(figures.speakerUri)
    figures.heldSeconds += Math.max(0, now - since) / 1_000
  }

  #of(speakerUri: string): Figures {
    const figures = this.#agents.get(speakerUri) ?? {
      speakerUri, utterances: 0, turns: 0, words: 0, characters: 0, talkSeconds: 0, requests: 0,
      grants: 0, revocations: 0, waitSeconds: 0, waitSecondsMax: 0, heldSeconds: 0,
    }
    this.#agents.set(speakerUri, figures)
    return figures
  }
}

/** How often a pattern is met, one after another: a text may have millions of words. */
function countOf(text: string, pattern: RegExp): number {
  let count = 0
  while (pattern.test(text)) count += 1
  return count
}

/** From the beginning to the end of a span, where it tells both in one way. */
function spokenSeconds(metadata: Message['metadata']): number {
  const about = metadata.open_floor as JsonObject | undefined
  const { span } = (about?.dialog_event ?? {}) as { readonly span?: JsonObject }
  const { startTime, endTime, startOffset, endOffset } = span ?? {}
  const times = [startTime, endTime].map((time) => Date.parse(String(time)))
  const isTimed = endTime !== undefined && startTime !== undefined
  if (isTimed) return positive((times[1]! - times[0]!) / 1_000)
  if (endOffset === undefined) return 0
  const begun = startOffset === undefined ? 0 : durationOf(String(startOffset))
  return positive(durationOf(String(endOffset)) - begun)
}

const positive = (seconds: number): number => (seconds > 0 ? seconds : 0)

/** Seconds of an ISO 8601 duration; a sample leaves its unit out. */
function durationOf(text: string): number {
  const match = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S?)?$/.exec(text)
  if (match === null) return 0
  return Number(match[1] ?? 0) * 3_600 + Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0)
}

/** Looks through a conversation. Throws ConversationNotFound. */
export async function analyseConversation(
  { messages, floors, conversations }: OpenFloorStores, conversationId: string, now: Instant,
): Promise<ConversationAnalysis> {
  await conversations.get(conversationId)
  const tally = new Tally()
  let [count, isWhole] = [0, true]
  for (let cursor: string | null | undefined; cursor !== null && isWhole;) {
    const page = await messages.list(conversationId, {
      limit: 200, ...(cursor === undefined ? {} : { cursor }),
    })
    for (const message of page.data) tally.addMessage(message)
    count += page.data.length
    cursor = page.nextCursor
    isWhole = cursor === null || count < lookedAtMax
  }
  for (let after = 0; ;) {
    const events = await floors.events(conversationId, { after, limit: 500 })
    for (const event of events) tally.addEvent(event)
    after = events.at(-1)?.number ?? after
    if (events.length < 500) break
    if (after < lookedAtMax) continue
    isWhole = false
    break
  }
  return { ...tally.close(isWhole ? now : undefined), isWhole }
}
