import { type Stored } from '../database/columns.js'
import { InvalidInput } from '../errors.js'
import { floorAgents, floorPolicies, type FloorPolicy } from './tables.js'

/** Characters of a speaker URI at most. */
export const speakerUriLengthMax = 255

/** Characters of a reason at most. */
export const reasonLengthMax = 1_000

/** Agents in one conversation at most. */
export const agentsMax = 1_000

/** A queue is bounded by this at most. */
export const queueCeiling = 1_000

/** Those who wait at most, when nobody says. */
export const queueMaxDefault = 100

/** How long a grant lasts when nobody says; a shared floor is for as long as its holders like. */
export const holdSecondsDefault = 300

/** A grant lasts one day at most. */
export const holdSecondsMax = 86_400

/** A grant lasts one millisecond at least. */
export const holdSecondsMin = 0.001

/** Priorities lie between this and its negative. */
export const priorityMax = 1_000_000

/** Why a floor may be taken away, in the words of the specification. */
export const revocationTokens = ['@timedOut', '@brokenPolicy', '@override', '@error'] as const

/** Events read at once at most. */
export const eventLimitMax = 500

function require(condition: boolean, field: string, rule: string): void {
  if (!condition) throw new InvalidInput(`${field} ${rule}`, { field })
}

/** Whether a text can name an agent. */
export const isSpeakerUri = (uri: unknown): uri is string =>
  typeof uri === 'string' && uri.length >= 1 && uri.length <= speakerUriLengthMax

/** The stored form of an agent's name. Throws InvalidInput. */
export function speakerOf(uri: string, field = 'speaker_uri'): Stored<'text'> {
  require(isSpeakerUri(uri), field, `must be 1 to ${speakerUriLengthMax} characters`)
  return floorAgents.columns.speakerUri.encode(uri, field)
}

/** The stored form of a reason. Throws InvalidInput. */
export function reasonOf(reason: string | null): Stored<'text'> | null {
  const isShort = reason === null ||
    (typeof reason === 'string' && reason.length <= reasonLengthMax)
  require(isShort, 'reason', `must be at most ${reasonLengthMax} characters`)
  return floorAgents.columns.reason.encode(reason, 'reason')
}

/** As `reasonOf`, for one with which a floor is taken away. */
export function revocationOf(reason: string): Stored<'text'> | null {
  const stored = reasonOf(reason)
  const tokens = reason.match(/@[a-zA-Z0-9_]+/g) ?? []
  const isKnown = tokens.some((token) => revocationTokens.some((known) => known === token))
  require(isKnown, 'reason', `must hold one of ${revocationTokens.join(', ')}`)
  return stored
}

/** The stored form of a priority. Throws InvalidInput. */
export function priorityOf(priority: number): Stored<'integer'> {
  const valid = Number.isInteger(priority) && Math.abs(priority) <= priorityMax
  require(valid, 'priority', `must be an integer from -${priorityMax} to ${priorityMax}`)
  // -0 is 0.
  return floorAgents.columns.ticket.encode(priority + 0, 'priority')!
}

/** The stored form of a fence. Throws InvalidInput. */
export function fenceOf(fence: number): Stored<'integer'> {
  require(Number.isSafeInteger(fence) && fence >= 1, 'fence', 'must be a positive integer')
  return floorAgents.columns.ticket.encode(fence, 'fence')!
}

/** How a floor is to be. */
export interface FloorSettings {
  readonly policy: FloorPolicy
  /**
   * How long a grant lasts, 0.001 to 86,400 seconds; null for as long as its holder likes.
   * @default 300; null for a shared floor
   */
  readonly holdSeconds?: number | null | undefined
  /** Those who wait at most, 0 to 1000. @default 100 */
  readonly queueMax?: number | undefined
  /** The agent that may grant and revoke in its own name. @default null */
  readonly convener?: string | null | undefined
}

/** Settings in stored form. */
export interface StoredSettings {
  readonly policy: Stored<'text'>
  readonly hold_ms: Stored<'integer'> | null
  readonly queue_max: Stored<'integer'>
  readonly convener: Stored<'text'> | null
}

/** The stored form of settings, with their defaults. Throws InvalidInput. */
export function settingsOf(settings: FloorSettings): StoredSettings {
  const { policy, queueMax = queueMaxDefault, convener = null } = settings
  const { holdSeconds = policy === 'shared' ? null : holdSecondsDefault } = settings
  require(floorPolicies.includes(policy), 'policy', `must be ${floorPolicies.join(', ')}`)
  const isHold = holdSeconds === null ||
    (holdSeconds >= holdSecondsMin && holdSeconds <= holdSecondsMax)
  const rule = `must be null or a number from ${holdSecondsMin} to ${holdSecondsMax}`
  require(isHold, 'hold_seconds', rule)
  const isQueue = Number.isInteger(queueMax) && queueMax >= 0 && queueMax <= queueCeiling
  require(isQueue, 'queue_max', `must be an integer from 0 to ${queueCeiling}`)
  const { ticket, reason } = floorAgents.columns
  return {
    policy: reason.encode(policy)!,
    hold_ms: ticket.encode(holdSeconds === null ? null : Math.floor(holdSeconds * 1_000)),
    queue_max: ticket.encode(queueMax + 0)!,
    convener: convener === null ? null : speakerOf(convener, 'convener'),
  }
}

/** The events asked for at once. Throws InvalidInput. */
export function eventLimitOf(limit: number): number {
  const valid = Number.isInteger(limit) && limit >= 1 && limit <= eventLimitMax
  require(valid, 'limit', `must be an integer from 1 to ${eventLimitMax}`)
  return limit
}
