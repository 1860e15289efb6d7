import { type NewMessage } from '../../conversations/index.js'
import { HoldfastError } from '../../errors.js'
import {
  FloorAgentLimitReached, FloorNotGrantable, FloorNotHeld, FloorQueueFull, FloorRequestNotFound,
} from '../../floor/index.js'
import { wordsOf } from './dialog.js'
import { type Outgoing } from './outgoing.js'
import { type PendingEvent } from './pending.js'
import { type Party, partyOf, type Room } from './room.js'
import {
  type EnvelopeEvent, type EventType, type Identification, type JsonObject, type Sender,
} from './shape.js'
import { type OpenFloorParts, type OpenFloorStores } from './stores.js'

/** Events on which the convener decides, where there is one. */
const convened: readonly EventType[] = [
  'invite', 'uninvite', 'grantFloor', 'revokeFloor', 'requestFloor',
]

/** Events that agents may send that are not in the conversation. */
const fromOutside: readonly EventType[] = ['getManifests', 'publishManifests']

/** Events that change nothing on the floor. */
const quiet: readonly EventType[] = [
  'utterance', 'acceptInvite', 'getManifests', 'publishManifests',
]

/** A reason that the floor understands. */
const revocations = /@(timedOut|brokenPolicy|override|error)(?![a-zA-Z0-9_])/

/** What one event needs to be done. */
interface Doing {
  readonly event: EnvelopeEvent
  readonly item: PendingEvent
  readonly from: Party
  /** Whom it names. */
  readonly to: Party | undefined
}

/** What the events of envelopes do to a conversation, one after another, in one transaction. */
export class Routing {
  readonly #room: Room
  readonly #stores: OpenFloorStores
  readonly #parts: OpenFloorParts
  readonly #outgoing: Outgoing
  #told: number
  /** Grants and revocations that the event being done tells by itself. */
  readonly #selfTold = new Set<string>()

  constructor(
    stores: OpenFloorStores, parts: OpenFloorParts,
    { room, outgoing }: { readonly room: Room; readonly outgoing: Outgoing },
  ) {
    this.#stores = stores
    this.#parts = parts
    this.#room = room
    this.#outgoing = outgoing
    this.#told = room.conversation.floorNumber
  }

  /** Whether the convener is to decide on an event first. */
  isForConvener({ event, sender, by }: PendingEvent): boolean {
    const { convener } = this.#room
    if (by !== 'agent' || convener === undefined || !this.#room.has(sender.speakerUri)) return false
    if (sender.speakerUri === convener.speakerUri) return false
    // An exclusive floor goes by its queue alone.
    const isQueued = event.eventType === 'requestFloor' && this.#room.floor.policy === 'exclusive'
    if (event.eventType !== 'utterance') return !isQueued && convened.includes(event.eventType)
    // A private word is for nobody else, the convener included.
    return event.to?.private !== true && !this.#room.isGranted(sender.speakerUri)
  }

  /** Does an event: what it changes is changed, and what is to be sent of it is outgoing. */
  async do(item: PendingEvent): Promise<void> {
    const { event, sender, by } = item
    if (by === 'agent' && !(await this.#maySpeak(item))) return
    const to = event.to === undefined ? undefined : await this.#room.addressed(event.to)
    await this.#steps[event.eventType]({ event, item, from: partyOf(sender), to })
    if (!quiet.includes(event.eventType) || this.#selfTold.size > 0) await this.tellFloor()
  }

  /** An agent that was invited by its address has told its name. */
  async rename({ from, to }: { readonly from: string; readonly to: string }): Promise<void> {
    if (!this.#room.has(from) || this.#room.has(to)) return
    const { serviceUrl } = this.#room.others('').find(({ speakerUri }) => speakerUri === from)!
    await this.#room.leave(from, undefined)
    await this.#join({ speakerUri: to, serviceUrl })
    await this.tellFloor()
  }

  /** The convener is about to be asked; on a moderated floor who asked for it waits meanwhile. */
  async beforeAsking({ event, sender: { speakerUri } }: PendingEvent): Promise<void> {
    const isWaiting = event.eventType === 'requestFloor' && this.#room.floor.policy === 'moderated'
    if (!isWaiting) return
    const { floors } = this.#stores
    const agent = { conversationId: this.#room.id, speakerUri }
    await isDone(FloorQueueFull, () => floors.request(agent, wishOf(event)))
    await this.#room.refresh()
    await this.tellFloor()
  }

  /** The convener did not answer: who asked for the floor is told so, all else is dropped. */
  unanswered({ event, sender }: PendingEvent): void {
    if (event.eventType === 'requestFloor') {
      this.#refuse(partyOf(sender), '@error the convener does not answer')
    }
  }

  /** Tells of what happened on the floor, as it was seen last, and nobody has told yet. */
  async tellFloor(): Promise<void> {
    const { floors } = this.#stores
    while (this.#told < this.#room.floor.eventCount) {
      const events = await floors.events(this.#room.id, { after: this.#told, limit: 500 })
      for (const { type, speakerUri, reason } of events) {
        if (speakerUri === null || this.#selfTold.has(`${type} ${speakerUri}`)) continue
        const to = { speakerUri }
        if (type === 'granted') this.#announce({ eventType: 'grantFloor', to })
        if (type === 'revoked') {
          this.#announce({ eventType: 'revokeFloor', to, ...(reason === null ? {} : { reason }) })
        }
      }
      if (events.length === 0) break
      this.#told = events.at(-1)!.number
      // More happened since the look: agents are sent the floor beside what they are told of it.
      if (this.#told > this.#room.floor.eventCount) await this.#room.refresh()
    }
    this.#selfTold.clear()
  }

  /** Keeps how far the agents were told of the floor. */
  async finish(): Promise<void> {
    if (this.#told === this.#room.conversation.floorNumber) return
    await this.#stores.envelopes.setFloorNumber(this.#room.id, this.#told)
  }

  /** The first agent that speaks in an empty conversation is in it; later ones are invited. */
  async #maySpeak({ event, sender }: PendingEvent): Promise<boolean> {
    const { speakerUri } = sender
    if (this.#room.has(speakerUri)) return true
    if (fromOutside.includes(event.eventType)) return true
    if (this.#room.floor.agents.length > 0 || event.eventType === 'bye') return false
    return this.#join(partyOf(sender))
  }

  readonly #steps: Readonly<Record<EventType, (doing: Doing) => Promise<void>>> = {
    utterance: (doing) => this.#utter(doing),
    invite: (doing) => this.#invite(doing),
    uninvite: async (doing) => {
      this.#pass(doing)
      if (doing.to !== undefined) await this.#leave(doing.to.speakerUri, doing.event.reason)
    },
    acceptInvite: async (doing) => this.#pass(doing),
    declineInvite: (doing) => this.#go(doing),
    bye: (doing) => this.#go(doing),
    getManifests: async (doing) => this.#pass(doing),
    publishManifests: (doing) => this.#publish(doing),
    requestFloor: (doing) => this.#request(doing),
    grantFloor: (doing) => this.#grant(doing),
    revokeFloor: (doing) => this.#revoke(doing),
    yieldFloor: (doing) => this.#yield(doing),
  }

  /** To everybody, and to whom it names, wherever that is. */
  #pass({ event, item, from, to }: Doing): void {
    const isOutside = to !== undefined && !this.#room.has(to.speakerUri) &&
      to.speakerUri !== this.#parts.settings.self.speakerUri
    const parties = [...this.#room.others(from.speakerUri), ...(isOutside ? [to] : [])]
    this.#outgoing.add(event, item.sender, parties)
  }

  #announce(event: EnvelopeEvent): void {
    const { self } = this.#parts.settings
    this.#outgoing.add(event, self, this.#room.others(self.speakerUri))
  }

  #refuse(party: Party, reason: string): void {
    this.tell({ eventType: 'revokeFloor', to: { speakerUri: party.speakerUri }, reason }, party)
  }

  async #utter(doing: Doing): Promise<void> {
    const { event, item, to } = doing
    if (event.to?.private === true) {
      const isSelf = to?.speakerUri === item.sender.speakerUri ||
        to?.speakerUri === this.#parts.settings.self.speakerUri
      if (to !== undefined && !isSelf) this.#outgoing.add(event, item.sender, [to])
      return
    }
    await this.#stores.messages.append(this.#room.id, this.#messageOf(doing))
    this.#pass(doing)
  }

  #messageOf({ event, item, from }: Doing): NewMessage {
    const dialogEvent = event.parameters!.dialogEvent as JsonObject
    const speaker = String(dialogEvent.speakerUri)
    const author = item.by === 'convener' && this.#room.has(speaker) ? speaker : from.speakerUri
    const about = this.#room.section().conversants.find(({ speakerUri }) => speakerUri === author)
    const isPerson = about === undefined || about.serviceUrl === '' ||
      about.role?.toLowerCase() === 'user'
    return {
      role: isPerson ? 'user' : 'assistant', author, content: wordsOf(dialogEvent),
      metadata: {
        open_floor: {
          dialog_event: dialogEvent, ...(event.to === undefined ? {} : { to: { ...event.to } }),
        },
      },
    }
  }

  async #invite(doing: Doing): Promise<void> {
    const { to } = doing
    const isSelf = to?.speakerUri === this.#parts.settings.self.speakerUri
    if (to === undefined || isSelf) return
    if (await this.#join(to)) this.#pass(doing)
  }

  /** False when no more agents may be in the conversation. */
  async #join(party: Party): Promise<boolean> {
    this.#selfTold.add(`granted ${party.speakerUri}`)
    const isIn = await isDone(FloorAgentLimitReached, () => this.#room.join(party.speakerUri))
    if (isIn) await this.#room.remember(party)
    return isIn
  }

  async #go(doing: Doing): Promise<void> {
    this.#pass(doing)
    await this.#leave(doing.from.speakerUri, doing.event.reason)
  }

  async #leave(speakerUri: string, reason: string | undefined): Promise<void> {
    if (this.#room.has(speakerUri)) await this.#room.leave(speakerUri, reason)
  }

  /** Says something to one agent, in the floor manager's own name. */
  tell(event: EnvelopeEvent, party: Party): void {
    const known = this.#room.others('').find(({ speakerUri }) => speakerUri === party.speakerUri)
    this.#outgoing.add(event, this.#parts.settings.self, [known ?? party])
  }

  async #publish(doing: Doing): Promise<void> {
    const { event, from, to, item } = doing
    // The floor manager's own answer is for who asked.
    if (item.by === 'manager' && to !== undefined) return this.tell(event, to)
    const own = (event.parameters?.servicingManifests ?? []) as unknown as readonly {
      readonly identification: Identification
    }[]
    const mine = own.find(({ identification }) => identification.speakerUri === from.speakerUri)
    if (mine !== undefined && this.#room.has(from.speakerUri)) {
      await this.#room.remember(from, mine.identification)
    }
    this.#pass(doing)
  }

  async #request({ event, from }: Doing): Promise<void> {
    const agent = { conversationId: this.#room.id, speakerUri: from.speakerUri }
    const wasHolding = this.#room.isGranted(from.speakerUri)
    const { floors } = this.#stores
    const isTaken = await isDone(FloorQueueFull, () => floors.request(agent, wishOf(event)))
    await this.#room.refresh()
    if (!isTaken) return this.#refuse(from, '@error too many wait for the floor')
    if (wasHolding) this.#announce({ eventType: 'grantFloor', to: agentOf(from) })
  }

  async #grant(doing: Doing): Promise<void> {
    const { to } = doing
    if (to === undefined || !this.#room.has(to.speakerUri)) return
    this.#selfTold.add(`granted ${to.speakerUri}`)
    const agent = { conversationId: this.#room.id, speakerUri: to.speakerUri }
    if (!(await isDone(FloorNotGrantable, () => this.#stores.floors.grant(agent)))) return
    await this.#room.refresh()
    this.#pass(doing)
  }

  async #revoke(doing: Doing): Promise<void> {
    const { to, event } = doing
    if (to === undefined || !this.#room.has(to.speakerUri)) return
    const reason = revocations.test(event.reason ?? '')
      ? event.reason!
      : `@override ${event.reason ?? ''}`.trim().slice(0, 1_000)
    this.#selfTold.add(`revoked ${to.speakerUri}`)
    const agent = { conversationId: this.#room.id, speakerUri: to.speakerUri }
    const { floors } = this.#stores
    const wasHeld = await isDone(FloorNotHeld, () => floors.revoke(agent, { reason }))
    // Who waits for the floor does not get it.
    if (!wasHeld) await isDone(FloorRequestNotFound, () => floors.cancel(agent, { reason }))
    await this.#room.refresh()
    this.#pass(doing)
  }

  async #yield(doing: Doing): Promise<void> {
    const { from, event: { reason } } = doing
    const agent = { conversationId: this.#room.id, speakerUri: from.speakerUri }
    const given = reason === undefined ? {} : { reason }
    await isDone(FloorNotHeld, () => this.#stores.floors.yield(agent, given))
    await this.#room.refresh()
    this.#pass(doing)
  }
}

/** Whether an event is for the floor manager itself. */
export function isForManager({ to }: EnvelopeEvent, self: Sender): boolean {
  if (to?.speakerUri !== undefined) return to.speakerUri === self.speakerUri
  return to?.serviceUrl !== undefined && to.serviceUrl === self.serviceUrl
}

const agentOf = ({ speakerUri }: Party) => ({ speakerUri })

/** An envelope has no place for a priority; a token of the reason, `@priority5`, may name it. */
function wishOf({ reason }: EnvelopeEvent) {
  const priority = /@priority(\d{1,6})(?![a-zA-Z0-9_])/.exec(reason ?? '')?.[1]
  return { priority: Number(priority ?? 0), reason: reason ?? null }
}

/** False when the floor refuses with this error. */
async function isDone(
  refusal: new (...given: never[]) => HoldfastError, work: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (error instanceof refusal) return false
    throw error
  }
}
