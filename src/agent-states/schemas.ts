import { z } from 'zod'
import { idSchema, instantSchema, jsonSchema, named, shownAs } from '../http/schema.js'
import { namePattern } from './rules.js'
import {
  type AgentState, type AgentStateEntry, type AgentStateRevision, type AgentStateRevisionEntry,
} from './tables.js'

/** A state's name, as in a path. */
export const nameSchema = shownAs(
  z.string().regex(
    namePattern, 'must be 1 to 128 letters, digits and _ . : -, and not begin with a dot'),
  {
    type: 'string', pattern: namePattern.source,
    description: 'Such as `graph_state`: 1 to 128 letters, digits and `_ . : -`.',
  },
)

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Body of `PUT …/states/{name}`. */
export const newStateSchema = named('NewAgentState', z.strictObject({
  document: jsonSchema('Any JSON value, usually at most 1 MiB.'),
}))

/** Body of `PATCH …/states/{name}`. */
export const statePatchSchema = named('AgentStatePatch', z.strictObject({
  document: shownAs(z.custom<Record<string, never>>(isObject, 'must be a JSON object'), {
    type: 'object', additionalProperties: true,
    description: 'A merge patch (RFC 7396): null removes a key, objects merge.',
  }),
}))

const entry = {
  conversation_id: idSchema('Its conversation.'),
  name: z.string(),
  revision: z.int().describe('1, 2, 3, …; also the ETag.'),
  change: z.int().describe('The number of its last change among those of the conversation.'),
  created_at: instantSchema('When it was put first, or first after a deletion.'),
  updated_at: instantSchema('The last change.'),
  last_accessed_at: instantSchema('The last read or change, to the minute.'),
}

/** A state in a list. */
export const stateEntrySchema = named('AgentStateEntry', z.object(entry))

/** A state as the API shows it. */
export const stateSchema = named('AgentState', z.object({
  ...entry,
  document: jsonSchema('As it was put and patched.'),
}))

const revisionEntry = {
  conversation_id: idSchema('Its conversation.'),
  name: z.string(),
  revision: z.int(),
  change: z.int().describe('The number of the change that made it.'),
  created_at: instantSchema('When it was written.'),
}

/** A revision in a list. */
export const revisionEntrySchema = named('AgentStateRevisionEntry', z.object(revisionEntry))

/** A revision as the API shows it. */
export const revisionSchema = named('AgentStateRevision', z.object({
  ...revisionEntry,
  document: jsonSchema('As it was at this revision.'),
}))

/** A state of a list in the API's names. */
export function presentEntry(state: AgentStateEntry) {
  return {
    conversation_id: state.conversationId,
    name: state.name,
    revision: state.revision,
    change: state.change,
    created_at: state.createdAt,
    updated_at: state.updatedAt,
    last_accessed_at: state.lastAccessedAt,
  }
}

/** A state in the API's names. */
export function presentState(state: AgentState) {
  return { ...presentEntry(state), document: state.document }
}

/** A revision of a list in the API's names. */
export function presentRevisionEntry(revision: AgentStateRevisionEntry) {
  return {
    conversation_id: revision.conversationId,
    name: revision.name,
    revision: revision.revision,
    change: revision.change,
    created_at: revision.createdAt,
  }
}

/** A revision in the API's names. */
export function presentRevision(revision: AgentStateRevision) {
  return { ...presentRevisionEntry(revision), document: revision.document }
}
