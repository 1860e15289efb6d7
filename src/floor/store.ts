import { type RawBuilder } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { ConversationNotFound, InvalidInput } from '../errors.js'
import { type Scope } from '../scope.js'
import { nameOfFloor } from './commands.js'
import {
  FloorAgentLimitReached, FloorNotConvener, FloorNotGrantable, FloorNotHeld, FloorQueueFull,
  FloorRequestNotFound,
} from './errors.js'
import { type Conversing, type FloorEventPage, FloorEventReader } from './event-reader.js'
import { type FloorReading } from './events.js'
import {
  type Floor, floorOf, type FloorStanding, standingAfter, standingOf, unopened,
} from './floor.js'
import {
  agentsMax, fenceOf, type FloorSettings, priorityOf, reasonOf, revocationOf, settingsOf,
  speakerOf,
} from './rules.js'
import { type FloorKey, type HoldRow, isProven } from './statements.js'
import { type FloorEvent, type FloorEventType, floors, type FloorTables } from './tables.js'
import { commandOf, type FloorAction, type FloorWorks } from './works.js'

/** An agent in a conversation. */
export interface FloorAgent {
  readonly conversationId: string
  /** Any text of 1 to 255 characters. */
  readonly speakerUri: string
}

/** A grant of the floor, as proof. */
export interface FloorHold extends FloorAgent {
  readonly fence: number
}

/** How the floor is asked for. */
export interface FloorWish {
  /** Higher ones are served first; -1,000,000 to 1,000,000. @default 0 */
  readonly priority?: number | undefined
  /** At most 1000 characters. @default null */
  readonly reason?: string | null | undefined
}

/** Why something is done, and to which grant alone. */
export interface FloorEnding {
  readonly reason?: string | undefined
  /** Only the grant with this fence. @default any */
  readonly fence?: number | undefined
}

/** In whose name the floor is granted or revoked. */
export interface ByConvener {
  /** The convener's speaker URI. @default the floor manager itself */
  readonly by?: string | undefined
}

/** Parts that the store takes from outside. */
export interface FloorParts {
  readonly works: FloorWorks
  readonly conversations: Conversing
  /** Everything happens inside it. */
  readonly transaction?: Database<FloorTables> | undefined
}

type Said = NonNullable<Parameters<typeof commandOf>[2]>

const { columns } = floors

/** How often a request is tried that was refused though there seems to be room. */
const attemptsMax = 3

/**
 * The floors of one organization's conversations. A floor is there as soon as somebody asks for it,
 * `exclusive` until it is configured. All times are of the database's clock.
 */
export class FloorStore {
  readonly #works: FloorWorks
  readonly #conversations: Conversing
  readonly #database: Database<FloorTables>
  readonly #transaction: Database<FloorTables> | undefined
  readonly #organizationId: Stored<'id'>
  readonly #reader: FloorEventReader

  constructor(scope: Scope, { works, conversations, transaction }: FloorParts) {
    this.#works = works
    this.#conversations = conversations
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#database = (transaction ?? works.database).within([this.#organizationId])
    this.#transaction = transaction?.within([this.#organizationId])
    this.#reader = new FloorEventReader(this.#database, works, conversations)
  }

  /** The floor as it stands. Throws ConversationNotFound. */
  async get(conversationId: string): Promise<Floor> {
    const key = this.#key(conversationId)
    const { rows } = await this.#database.execute(this.#works.statements.whole(key))
    if (rows.length > 0) return floorOf(rows)
    await this.#conversations.get(conversationId)
    return unopened(key.conversation_id)
  }

  /** How one agent stands. Throws ConversationNotFound, InvalidInput. */
  async standing({ conversationId, speakerUri }: FloorAgent): Promise<FloorStanding> {
    const key = this.#key(conversationId)
    const row = await this.#row(key, speakerOf(speakerUri))
    if (row === undefined) await this.#conversations.get(conversationId)
    return standingOf({ conversationId: key.conversation_id, speakerUri }, row)
  }

  /**
   * Sets how the floor works. Of several holders of one that becomes exclusive the first stays;
   * those who wait for one that becomes shared get it. Throws ConversationNotFound, InvalidInput.
   */
  async configure(conversationId: string, settings: FloorSettings): Promise<Floor> {
    const key = this.#key(conversationId)
    const stored = settingsOf(settings)
    if (!(await this.#open(key, settings))) {
      await this.#works.commands.run(commandOf(key, 'configure', stored), this.#transaction)
    }
    return this.get(conversationId)
  }

  /**
   * The agent is in the conversation from now on; a shared floor is granted to it. Throws
   * ConversationNotFound, FloorAgentLimitReached, InvalidInput.
   */
  async join(agent: FloorAgent): Promise<FloorStanding> {
    const { standing } = await this.#do(agent, 'join')
    if (standing.state === 'absent') throw agentLimitReached()
    return standing
  }

  /**
   * Asks for the floor, and joins. Who waits already keeps its ticket, with the new priority and
   * reason; who holds the floor keeps it. Throws ConversationNotFound, FloorQueueFull,
   * FloorAgentLimitReached, InvalidInput.
   */
  async request(agent: FloorAgent, wish: FloorWish = {}): Promise<FloorStanding> {
    const { priority = 0, reason = null } = wish
    const said = { priority: priorityOf(priority), reason: reasonOf(reason) }
    for (let count = 1; ; count++) {
      const { standing, own, row } = await this.#do(agent, 'request', said)
      if (own || standing.state === 'holding' || standing.state === 'waiting') return standing
      if (standing.state === 'absent' && Number(row!.agent_count) >= agentsMax) {
        throw agentLimitReached()
      }
      // With room in it now: the agent held the floor a moment ago, or somebody just left.
      if (count < attemptsMax && Number(row!.waiting_count) < Number(row!.queue_max)) continue
      const message = `${Number(row!.queue_max)} wait for the floor already; ask again later.`
      throw new FloorQueueFull(message, { retryAfterSeconds: 1 })
    }
  }

  /** Takes a request back. Throws FloorRequestNotFound, ConversationNotFound, InvalidInput. */
  async cancel(agent: FloorAgent, { reason = null }: { reason?: string | null } = {}) {
    const { standing, own } = await this.#do(agent, 'cancel', { reason: reasonOf(reason) })
    if (own) return standing
    throw new FloorRequestNotFound(`${shown(agent)} has no open request here.`)
  }

  /**
   * Gives the floor up; an exclusive one goes to who is next. Throws FloorNotHeld,
   * ConversationNotFound, InvalidInput.
   */
  async yield(agent: FloorAgent, ending: FloorEnding = {}): Promise<FloorStanding> {
    const { reason = '@complete', fence } = ending
    const said = { reason: reasonOf(reason), ...fenced(fence) }
    const { standing, own } = await this.#do(agent, 'yield', said)
    if (own) return standing
    throw notHeld(agent)
  }

  /**
   * Grants the floor to an agent, which joins by it; who holds it keeps it. Throws
   * FloorNotGrantable for an exclusive floor, unless it is the agent's turn in this very moment and
   * nobody grants it by name; FloorNotConvener, FloorAgentLimitReached, ConversationNotFound,
   * InvalidInput.
   */
  async grant(agent: FloorAgent, { by }: ByConvener = {}): Promise<FloorStanding> {
    const { standing, own, row } = await this.#do(agent, 'grant', given(by))
    if (own) return standing
    this.#checkConvener(row!, by)
    if (columns.policy.decode(row!.policy) === 'exclusive') {
      throw new FloorNotGrantable('An exclusive floor is granted in the order of its queue.')
    }
    if (standing.state === 'absent') throw agentLimitReached()
    return standing
  }

  /**
   * Takes the floor away; an exclusive one goes to who is next. The reason holds one of the
   * specification's tokens. Throws FloorNotHeld, FloorNotConvener, ConversationNotFound,
   * InvalidInput.
   */
  async revoke(agent: FloorAgent, ending: FloorEnding & ByConvener = {}): Promise<FloorStanding> {
    const { reason = '@override', fence, by } = ending
    const said = { reason: revocationOf(reason), ...fenced(fence), ...given(by) }
    const { standing, own, row } = await this.#do(agent, 'revoke', said)
    if (own) return standing
    this.#checkConvener(row!, by)
    throw notHeld(agent)
  }

  /**
   * The agent goes; its request and its hold end. False when it was not there. Throws
   * ConversationNotFound, InvalidInput.
   */
  async leave(agent: FloorAgent, { reason = null }: { reason?: string | null } = {}) {
    const { own } = await this.#do(agent, 'leave', { reason: reasonOf(reason) })
    return own
  }

  /**
   * Events behind a number, in order; the next page begins behind the last one. Throws
   * ConversationNotFound, InvalidInput.
   */
  events(conversationId: string, page: FloorEventPage = {}): Promise<readonly FloorEvent[]> {
    return this.#reader.events(this.#key(conversationId), page)
  }

  /**
   * Events behind a number, as they happen, until the conversation is deleted or `signal` is
   * aborted. First comes the number where it begins. Throws ConversationNotFound, InvalidInput for
   * a number that is not reached yet, Busy.
   */
  follow(
    conversationId: string,
    reading: FloorReading = {},
  ): AsyncGenerator<number | FloorEvent, void, void> {
    return this.#reader.follow(this.#key(conversationId), reading)
  }

  /**
   * Proves, inside a transaction, that the agent holds the floor by this grant, and keeps it so
   * until the transaction ends. Throws FloorNotHeld, whereupon nothing of the transaction may
   * stand.
   */
  async guard(hold: FloorHold): Promise<void> {
    if (this.#transaction === undefined) {
      const remedy = 'holdfast.transaction((transaction) => …) and use its stores'
      throw new InvalidInput(`A guard protects a transaction only: open one with ${remedy}.`)
    }
    const { rows } = await this.#database.execute(this.#works.statements.prove(this.#hold(hold)))
    if (rows.length === 0) throw notHeld(hold)
  }

  /**
   * The guard as an SQL condition, for a single statement that is its own transaction. No row is
   * changed once the floor is lost.
   */
  condition(hold: FloorHold): RawBuilder<boolean> {
    return isProven(this.#database.engine, this.#hold(hold))
  }

  /** Lets a command happen, on a floor that is opened for it if need be. */
  async #do(agent: FloorAgent, action: FloorAction, said: Said = {}) {
    const { conversationId, speakerUri } = agent
    const key = this.#key(conversationId)
    const speaker = speakerOf(speakerUri)
    const command = commandOf(key, action, { speaker_uri: speaker, ...said })
    const who = { conversationId: key.conversation_id, speakerUri }
    for (let isOpened = false; ; isOpened = true) {
      const events = await this.#works.commands.run(command, this.#transaction)
      const own = events.some((event) => event.speakerUri === speakerUri &&
        isDoneBy(action, event) && isGivenBy(event, said))
      const known = standingAfter(who, events)
      if (own && known !== undefined) return { own, standing: known, row: undefined }
      const row = await this.#row(key, speaker)
      if (row !== undefined) return { own, standing: standingOf(who, row), row }
      if (isOpened) throw conversationNotFound(conversationId)
      await this.#open(key, { policy: 'exclusive' })
    }
  }

  async #row(key: FloorKey, speaker: Stored<'text'>) {
    const { rows: [row] } = await this.#database.execute(
      this.#works.statements.standing({ speaker_uri: speaker, ...key }))
    return row
  }

  /** Opens the floor, unless there is one; whether it did. */
  async #open(key: FloorKey, settings: FloorSettings): Promise<boolean> {
    const { statements } = this.#works
    try {
      const [opened] = await this.#database.atomic([
        statements.open({ ...key, ...settingsOf(settings) }), statements.firstEvent(key),
      ])
      if (opened!.changed === 0) return false
    } catch (cause) {
      if (!(cause instanceof ForeignKeyViolation)) throw cause
      throw conversationNotFound(key.conversation_id, cause)
    }
    this.#database.afterCommit(() => this.#works.live.tell(nameOfFloor(key)))
    return true
  }

  #checkConvener(row: Record<string, unknown>, by: string | undefined): void {
    if (by === undefined || columns.convener.decode(row.convener) === by) return
    throw new FloorNotConvener(`${JSON.stringify(by)} is not the convener of this conversation.`)
  }

  #key(conversationId: string): FloorKey {
    return {
      organization_id: this.#organizationId,
      conversation_id: columns.conversationId.encode(conversationId, 'conversation_id'),
    }
  }

  #hold({ conversationId, speakerUri, fence }: FloorHold): HoldRow {
    return {
      speaker_uri: speakerOf(speakerUri), fence: fenceOf(fence), ...this.#key(conversationId),
    }
  }
}

const typeOf: Readonly<Partial<Record<FloorAction, FloorEventType>>> = {
  join: 'joined', request: 'requested', cancel: 'cancelled', yield: 'yielded', leave: 'left',
  grant: 'granted', revoke: 'revoked',
}

/** Whether an event tells that the action was done; the clock revokes as well. */
const isDoneBy = (action: FloorAction, { type, expiresAt }: FloorEvent): boolean =>
  type === typeOf[action] && (type !== 'revoked' || expiresAt === null)

/** A grant in somebody's name tells whose; who is served from the queue has it from nobody. */
const isGivenBy = ({ type, givenBy }: FloorEvent, { given_by: by }: Said): boolean =>
  type !== 'granted' || by === undefined || givenBy === columns.convener.decode(by)

const fenced = (fence: number | undefined): Said =>
  (fence === undefined ? {} : { fence: fenceOf(fence) })

const given = (by: string | undefined): Said =>
  (by === undefined ? {} : { given_by: speakerOf(by, 'by') })

const shown = ({ speakerUri }: FloorAgent): string => JSON.stringify(speakerUri)

const notHeld = (agent: FloorAgent) =>
  new FloorNotHeld(`${shown(agent)} does not hold the floor, or not by this grant.`)

const agentLimitReached = () => new FloorAgentLimitReached(
  `A conversation may have ${agentsMax} agents; one has to leave before another joins.`)

const conversationNotFound = (conversationId: string, cause?: unknown) =>
  new ConversationNotFound(`There is no conversation ${conversationId} here.`, { cause })
