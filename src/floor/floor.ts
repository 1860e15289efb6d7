import { type Instant } from '../clock.js'
import { holdSecondsDefault, queueMaxDefault } from './rules.js'
import { floorAgents, type FloorEvent, floors, type FloorPolicy } from './tables.js'

/** An agent that waits for the floor. */
export interface FloorRequest {
  readonly speakerUri: string
  /** 1 for who is next. */
  readonly position: number
  readonly ticket: number
  readonly priority: number
  readonly reason: string | null
  readonly requestedAt: Instant
}

/** An agent that has the floor. */
export interface FloorHolder {
  readonly speakerUri: string
  /** Larger than that of every grant before it. */
  readonly fence: number
  readonly grantedAt: Instant
  /** Null for as long as it likes. */
  readonly expiresAt: Instant | null
}

/** The floor of a conversation as it stands. */
export interface Floor {
  readonly conversationId: string
  readonly policy: FloorPolicy
  readonly holdSeconds: number | null
  readonly queueMax: number
  readonly convener: string | null
  /** Of the last grant. */
  readonly fence: number
  /** The number of the last event. */
  readonly eventCount: number
  readonly holders: readonly FloorHolder[]
  /** In the order in which they will be served. */
  readonly queue: readonly FloorRequest[]
  /** Everybody in the conversation, in the order of their names. */
  readonly agents: readonly string[]
  readonly updatedAt: Instant | null
}

/** How one agent stands: its request is there while it waits, its grant while it has the floor. */
export type FloorStanding = FloorStandingOf & FloorStandingState

interface FloorStandingOf {
  readonly conversationId: string
  readonly speakerUri: string
}

/** `absent`: not in the conversation; `present`: there, and no more. */
type FloorStandingState =
  | { readonly state: 'absent' | 'present'; readonly request: null; readonly grant: null }
  | {
    readonly state: 'waiting'
    readonly request: Omit<FloorRequest, 'speakerUri'>
    readonly grant: null
  }
  | {
    readonly state: 'holding'
    readonly request: null
    readonly grant: Omit<FloorHolder, 'speakerUri'>
  }

type Row = Record<string, unknown>

const agent = floorAgents.columns
const floor = floors.columns

function requestOf(row: Row, position: number): Omit<FloorRequest, 'speakerUri'> {
  return {
    position,
    ticket: agent.ticket.decode(row.ticket)!,
    priority: agent.priority.decode(row.priority)!,
    reason: agent.reason.decode(row.reason),
    requestedAt: agent.requestedAt.decode(row.requested_at)!,
  }
}

function grantOf(row: Row, fence: unknown): Omit<FloorHolder, 'speakerUri'> {
  return {
    fence: agent.fence.decode(fence)!,
    grantedAt: agent.grantedAt.decode(row.granted_at)!,
    expiresAt: agent.expiresAt.decode(row.expires_at),
  }
}

/** How an agent stands, of a row that was joined to its floor. */
export function standingOf(
  { conversationId, speakerUri }: FloorStandingOf,
  row: Row | undefined,
): FloorStanding {
  const who = { conversationId, speakerUri, request: null, grant: null }
  if (row === undefined || row.joined_at === null) return { ...who, state: 'absent' }
  if (row.ticket !== null) {
    return { ...who, state: 'waiting', request: requestOf(row, Number(row.place)) }
  }
  if (row.fence === null) return { ...who, state: 'present' }
  return { ...who, state: 'holding', grant: grantOf(row, row.fence) }
}

/** How an agent stands after its events; undefined where they do not tell all of it. */
export function standingAfter(
  who: FloorStandingOf,
  events: readonly FloorEvent[],
): FloorStanding | undefined {
  const last = events.findLast(({ speakerUri }) => speakerUri === who.speakerUri)
  if (last === undefined || last.type === 'requested') return undefined
  const none = { ...who, request: null, grant: null }
  if (last.type === 'left') return { ...none, state: 'absent' }
  if (last.type !== 'granted') return { ...none, state: 'present' }
  const grant = { fence: last.fence!, grantedAt: last.at, expiresAt: last.expiresAt }
  return { ...none, state: 'holding', grant }
}

/** A floor for which nobody has asked yet. */
export const unopened = (conversationId: string): Floor => ({
  conversationId, policy: 'exclusive', holdSeconds: holdSecondsDefault, queueMax: queueMaxDefault,
  convener: null, fence: 0, eventCount: 0, holders: [], queue: [], agents: [], updatedAt: null,
})

/** A floor, of its row beside those of its agents, in any order. */
export function floorOf(rows: readonly Row[]): Floor {
  const [first] = rows
  const there = rows.filter(({ speaker_uri: uri }) => uri !== null)
  const nameOf = (row: Row) => agent.speakerUri.decode(row.speaker_uri)
  const queue = there.filter(({ ticket }) => ticket !== null)
    .map((row) => ({ speakerUri: nameOf(row), ...requestOf(row, 0) }))
    .sort((one, other) => other.priority - one.priority || one.ticket - other.ticket)
  const holders = there.filter(({ holds }) => Number(holds) === 1)
    .map((row) => ({ speakerUri: nameOf(row), ...grantOf(row, row.agent_fence) }))
  const holdMs = floor.holdMs.decode(first!.hold_ms)
  return {
    conversationId: floor.conversationId.decode(first!.conversation_id),
    policy: floor.policy.decode(first!.policy) as FloorPolicy,
    holdSeconds: holdMs === null ? null : holdMs / 1_000,
    queueMax: floor.queueMax.decode(first!.queue_max),
    convener: floor.convener.decode(first!.convener),
    fence: floor.fence.decode(first!.fence),
    eventCount: floor.eventCount.decode(first!.event_count),
    holders: holders.sort((one, other) => one.fence - other.fence),
    queue: queue.map((request, index) => ({ ...request, position: index + 1 })),
    agents: there.map(nameOf).sort(),
    updatedAt: floor.updatedAt.decode(first!.updated_at),
  }
}
