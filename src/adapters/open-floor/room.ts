import { type EnvelopeConversation } from '../../envelopes/index.js'
import { type Floor } from '../../floor/index.js'
import { unknownAgent } from './compose.js'
import {
  type Addressee, type ConversationSection, type Identification, type JsonObject, type Sender,
} from './shape.js'
import { type OpenFloorStores } from './stores.js'

/** An agent, and where it is called. */
export interface Party {
  readonly speakerUri: string
  /** Null for one that is not called. */
  readonly serviceUrl: string | null
}

interface Known extends Party {
  readonly identification: Identification
}

/** A conversation as the floor manager sees it inside one transaction. */
export class Room {
  readonly conversation: EnvelopeConversation
  readonly #stores: OpenFloorStores
  readonly #known: Map<string, Known>
  #floor: Floor

  private constructor(
    stores: OpenFloorStores, conversation: EnvelopeConversation,
    { floor, known }: { readonly floor: Floor; readonly known: readonly Known[] },
  ) {
    this.#stores = stores
    this.conversation = conversation
    this.#floor = floor
    this.#known = new Map(known.map((each) => [each.speakerUri, each]))
  }

  /** Opens it; nobody else does anything with its envelopes until the transaction ends. */
  static async open(stores: OpenFloorStores, conversationId: string): Promise<Room> {
    // Sent together; what is read is how all stands once the conversation is held.
    const [conversation, floor, conversants] = await Promise.all([
      stores.envelopes.hold(conversationId), stores.floors.get(conversationId),
      stores.envelopes.conversants(conversationId),
    ])
    const known = conversants.map((each) =>
      ({ ...each, identification: each.identification as unknown as Identification }))
    const room = new Room(stores, conversation, { floor, known })
    await room.#look()
    return room
  }

  get id(): string {
    return this.conversation.conversationId
  }

  get floor(): Floor {
    return this.#floor
  }

  /** The convener, while it is in the conversation and can be asked. */
  get convener(): Party | undefined {
    const { convener } = this.#floor
    const party = convener === null || !this.has(convener) ? undefined : this.#known.get(convener)
    return party?.serviceUrl == null ? undefined : party
  }

  has(speakerUri: string): boolean {
    return this.#floor.agents.includes(speakerUri)
  }

  isGranted(speakerUri: string): boolean {
    return this.#floor.holders.some((holder) => holder.speakerUri === speakerUri)
  }

  /** Everybody there but one. */
  others(but: string): Party[] {
    return this.#floor.agents.filter((uri) => uri !== but).map((uri) => this.#party(uri))
  }

  /** Whom an event is for, in the conversation or not; undefined when nobody is called so. */
  async addressed(to: Addressee | undefined): Promise<Party | undefined> {
    const { speakerUri, serviceUrl } = to ?? {}
    if (speakerUri !== undefined && this.has(speakerUri)) return this.#party(speakerUri)
    if (speakerUri === undefined) {
      const there = this.#floor.agents.map((uri) => this.#party(uri))
        .find((party) => serviceUrl !== undefined && party.serviceUrl === serviceUrl)
      if (there !== undefined || serviceUrl === undefined) return there
      return { speakerUri: serviceUrl, serviceUrl }
    }
    const registered = await this.#stores.directory.find(speakerUri)
    const url = registered?.serviceUrl ?? this.#known.get(speakerUri)?.serviceUrl ?? serviceUrl
    return url === undefined && registered === undefined ? undefined
      : { speakerUri, serviceUrl: url ?? null }
  }

  /**
   * Remembers an agent. Where it is and who it is say the registry, then what is known already, and
   * only then what somebody claims.
   */
  async remember({ speakerUri, serviceUrl }: Party, claimed?: Identification): Promise<void> {
    const registered = await this.#stores.directory.find(speakerUri)
    const before = this.#known.get(speakerUri)
    const url = registered?.serviceUrl ?? before?.serviceUrl ?? serviceUrl
    const about = registered?.identification ?? claimed ?? before?.identification
    const identification: Identification = {
      ...(about ?? unknownAgent(speakerUri, url)), speakerUri, serviceUrl: url ?? '',
    }
    const same = before !== undefined && before.serviceUrl === url &&
      JSON.stringify(before.identification) === JSON.stringify(identification)
    if (same) return
    this.#known.set(speakerUri, { speakerUri, serviceUrl: url, identification })
    await this.#stores.envelopes.putConversant({
      conversationId: this.id, speakerUri, serviceUrl: url,
      identification: identification as unknown as JsonObject,
    })
  }

  async join(speakerUri: string): Promise<void> {
    await this.#stores.floors.join({ conversationId: this.id, speakerUri })
    await this.refresh()
  }

  async leave(speakerUri: string, reason: string | undefined): Promise<void> {
    const agent = { conversationId: this.id, speakerUri }
    await this.#stores.floors.leave(agent, { reason: reason ?? null })
    await this.refresh()
  }

  /** Looks where the agents that are there are registered; some have moved since they came. */
  async #look(): Promise<void> {
    const urls = await this.#stores.directory.serviceUrls(this.#floor.agents)
    for (const [speakerUri, serviceUrl] of urls) {
      if (this.#known.get(speakerUri)?.serviceUrl === serviceUrl) continue
      await this.remember({ speakerUri, serviceUrl })
    }
  }

  /** Looks at the floor again. */
  async refresh(): Promise<void> {
    this.#floor = await this.#stores.floors.get(this.id)
  }

  /** The conversation as agents are told of it. */
  section(): ConversationSection {
    const { agents, holders, convener } = this.#floor
    return {
      id: this.conversation.externalId,
      conversants: agents.map((uri) =>
        this.#known.get(uri)?.identification ?? unknownAgent(uri, null)),
      convener: convener !== null && agents.includes(convener) ? convener : null,
      floorGranted: holders.map(({ speakerUri }) => speakerUri),
    }
  }

  #party(speakerUri: string): Party {
    return { speakerUri, serviceUrl: this.#known.get(speakerUri)?.serviceUrl ?? null }
  }
}

/** Who sent an event, as a party. */
export const partyOf = ({ speakerUri, serviceUrl }: Sender): Party =>
  ({ speakerUri, serviceUrl: serviceUrl ?? null })
