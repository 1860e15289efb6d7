import { type ServerEvent } from '../http/events.js'
import { type Floor, type FloorHolder, type FloorRequest, type FloorStanding } from './floor.js'
import { type FloorEvent } from './tables.js'

const presentGrant = ({ fence: number, grantedAt, expiresAt }: Omit<FloorHolder, 'speakerUri'>) =>
  ({ fence: number, granted_at: grantedAt, expires_at: expiresAt })

function presentRequest(request: Omit<FloorRequest, 'speakerUri'>) {
  const { position, ticket, priority, reason: why, requestedAt } = request
  return { position, ticket, priority, reason: why, requested_at: requestedAt }
}

/** A floor as the API writes it. */
export function presentFloor(floor: Floor) {
  return {
    conversation_id: floor.conversationId,
    policy: floor.policy,
    hold_seconds: floor.holdSeconds,
    queue_max: floor.queueMax,
    convener: floor.convener,
    fence: floor.fence,
    event_count: floor.eventCount,
    holders: floor.holders.map((holder) =>
      ({ speaker_uri: holder.speakerUri, ...presentGrant(holder) })),
    queue: floor.queue.map((request) =>
      ({ speaker_uri: request.speakerUri, ...presentRequest(request) })),
    agents: [...floor.agents],
    updated_at: floor.updatedAt,
  }
}

/** An agent's standing as the API writes it. */
export function presentStanding(standing: FloorStanding) {
  const { conversationId, speakerUri: name, state, request, grant } = standing
  return {
    conversation_id: conversationId,
    speaker_uri: name,
    state,
    request: request && presentRequest(request),
    grant: grant && presentGrant(grant),
  }
}

/** An event as the API writes it. */
export function presentEvent(event: FloorEvent) {
  return {
    number: event.number,
    type: event.type,
    speaker_uri: event.speakerUri,
    at: event.at,
    by: event.givenBy,
    ticket: event.ticket,
    priority: event.priority,
    reason: event.reason,
    fence: event.fence,
    expires_at: event.expiresAt,
    policy: event.policy,
    hold_seconds: event.holdMs === null ? null : event.holdMs / 1_000,
    queue_max: event.queueMax,
    convener: event.convener,
  }
}

/** As server-sent events: where it begins, then what happens. */
export function serverEventOf(told: number | FloorEvent, conversationId: string): ServerEvent {
  const where = { conversation_id: conversationId }
  if (typeof told === 'number') {
    return { event: 'ready', id: String(told), data: JSON.stringify(where) }
  }
  const data = JSON.stringify({ ...where, ...presentEvent(told) })
  return { event: told.type, id: String(told.number), data }
}
