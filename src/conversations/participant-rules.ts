import { type Stored } from '../database/columns.js'
import { InvalidInput } from '../errors.js'
import { isUuid } from '../ids.js'
import { type ParticipantDraft } from './participants.js'
import { checkMetadata } from './rules.js'
import { conversationParticipants, participantRoles } from './tables.js'

/** Characters of a participant's name, and of its display name, at most. */
export const participantLengthMax = 255

/** A scheme, a colon and the rest: `user:…`, `agent:…`, `tag:dev.buddy,2025:0001`. */
export const participantPattern = /^[a-z][a-z0-9+.-]*:[\s\S]+$/

const rule =
  `must be user:<uuid>, agent:<id> or a URI of at most ${participantLengthMax} characters`

/** Whether a text can name a participant. */
export function isParticipant(name: string): boolean {
  if (typeof name !== 'string' || name.length > participantLengthMax) return false
  if (!participantPattern.test(name)) return false
  return !name.startsWith('user:') || isUuid(name.slice('user:'.length))
}

/** The stored form of a participant's name. Throws InvalidInput. */
export function participantOf(name: string): Stored<'text'> {
  if (!isParticipant(name)) throw new InvalidInput(`participant ${rule}`, { field: 'participant' })
  // One user has one name.
  const canonical = name.startsWith('user:') ? name.toLowerCase() : name
  return conversationParticipants.columns.participant.encode(canonical, 'participant')
}

/** Refuses what no participant can be like. */
export function checkParticipant({ role, displayName = null, metadata }: ParticipantDraft): void {
  if (!participantRoles.includes(role)) {
    const message = `role must be ${participantRoles.join(', ')}`
    throw new InvalidInput(message, { field: 'role' })
  }
  const isShort = displayName === null || (typeof displayName === 'string' &&
    displayName.length >= 1 && displayName.length <= participantLengthMax)
  if (!isShort) {
    const message = `display_name must be 1 to ${participantLengthMax} characters`
    throw new InvalidInput(message, { field: 'display_name' })
  }
  if (metadata !== undefined) checkMetadata(metadata)
}
