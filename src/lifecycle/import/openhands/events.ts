import { type Instant } from '../../../clock.js'
import { isUuid } from '../../../ids.js'
import { namedId } from '../../../named-ids.js'
import { type SourceMessage } from '../conversation-writer.js'
import { type ExactJson } from '../exact-json.js'
import { isObject } from '../json-object.js'
import { momentIn } from '../moments.js'

/** An event of OpenHands, read. */
export interface ReadEvent {
  readonly id: string
  readonly json: ExactJson
  readonly timestamp: Instant | null
  readonly isNaive: boolean
  /** The event it follows, `__root__` for none; undefined when it does not say. */
  readonly parentId: string | undefined
}

/** Marks an event that explicitly follows none. */
export const explicitRoot = '__root__'

/** What an event says of itself; `id` stands for one that says no id. */
export function eventOf(json: ExactJson, id: string): ReadEvent {
  const value = json.value as Record<string, unknown>
  const found = momentIn(value.timestamp)
  const own = typeof value.id === 'string' && value.id !== '' ? value.id : id
  return {
    id: own, json, timestamp: found?.instant ?? null, isNaive: found?.isNaive ?? false,
    parentId: typeof value.parent_id === 'string' ? value.parent_id : undefined,
  }
}

/** The id of the message of an event: its own UUID, or one made of its number. */
export const messageIdOf = (conversationId: string, eventId: string): string => {
  if (isUuid(eventId)) return eventId.toLowerCase()
  if (/^[0-9a-f]{32}$/i.test(eventId)) return dashed(eventId)
  return namedId(conversationId, `openhands event ${eventId}`)
}

/** A UUID of 32 hexadecimal digits, as others write it. */
export const dashed = (hex: string): string =>
  hex.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** The message of an event. */
export function messageOf({ json, id }: ReadEvent, given: {
  readonly conversationId: string
  readonly parentId: string | null
  readonly createdAt: Instant
  readonly place: string
}): SourceMessage {
  const value = json.value as Record<string, unknown>
  const { kind, role } = natureOf(value)
  const { conversationId, ...rest } = given
  return {
    ...rest, id: messageIdOf(conversationId, id), kind, role, content: json,
    metadata: { openhands: { event_id: id, source: textOf(value.source) } },
    model: modelOf(value), tokensUsed: tokensOf(value),
  }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** What an event is, in a lower-case word, and who speaks in it. */
function natureOf(value: Record<string, unknown>): { kind: string; role: string } {
  const { action, observation, kind, source } = value
  const isObserved = observation !== undefined || /Observation/.test(textOf(kind) ?? '')
  const word = typeof kind === 'string' ? wordOf(kind)
    : observation !== undefined ? wordOf(`${textOf(observation) ?? 'null'}_observation`)
      : wordOf(textOf(action) ?? 'event')
  if (action === 'system' || kind === 'SystemPromptEvent') return { kind: word, role: 'system' }
  if (isObserved) return { kind: word, role: 'tool' }
  const said = isObject(value.llm_message) ? textOf(value.llm_message.role) : null
  const role = said ?? (source === 'user' ? 'user' : source === 'agent' ? 'assistant' : 'system')
  return { kind: word, role: /^[a-z][a-z0-9_-]{0,63}$/.test(role) ? role : 'system' }
}

/** `MessageEvent` → `message_event`. */
function wordOf(name: string): string {
  const word = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()
    .replace(/[^a-z0-9_-]/g, '_').slice(0, 64)
  return /^[a-z]/.test(word) ? word : 'event'
}

/** The answer of the model that an action of V0 came with. */
const answerOf = (value: Record<string, unknown>): Record<string, unknown> | undefined => {
  const { tool_call_metadata: call } = value
  return isObject(call) && isObject(call.model_response) ? call.model_response : undefined
}

const modelOf = (value: Record<string, unknown>): string | null => {
  const model = answerOf(value)?.model
  return typeof model === 'string' && model !== '' ? model : null
}

function tokensOf(value: Record<string, unknown>): number | null {
  const usage = answerOf(value)?.usage
  const total = isObject(usage) ? usage.total_tokens : undefined
  return typeof total === 'number' && Number.isSafeInteger(total) && total >= 0 ? total : null
}
