import { type Chance } from './chance.js'
import { choicesOf, isFree, type Operation, type Schema } from './operations.js'

/** A piece of JSON text that stands for itself, valid or not. */
export class Token {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A request on its way to be sent; mutations change it in place. */
export interface Draft {
  readonly operation: Operation
  /** The form of the body, out of those the operation takes. */
  readonly form: Schema | undefined
  method: string
  /** As it goes over the wire, without query. */
  path: string
  /** Names and values, not encoded yet. */
  query: [string, string][]
  /** Instead of `query`, as it goes over the wire. */
  queryText?: string
  headers: Record<string, string | string[]>
  /** May hold tokens. Undefined: none is sent. */
  body?: unknown
  /** Instead of `body`. */
  bytes?: Buffer
  /** Instead of everything: what goes over a connection of its own. */
  wire?: Buffer
}

/** Values that make a request succeed, by the name of a parameter or property. */
export type Known = Readonly<Record<string, string>>

/** A request of an operation that must succeed. */
export function validDraft(operation: Operation, chance: Chance, known: Known): Draft {
  const form = operation.bodies.length === 0 ? undefined : chance.pick(operation.bodies)
  const draft: Draft = {
    operation, form, method: operation.method, path: operation.path, query: [], headers: {},
  }
  for (const { name, in: place, required, schema } of operation.parameters) {
    // No schema tells which organizations or cursors there are.
    const needsKnowing = place === 'header' || name === 'cursor'
    const isLeftOut = needsKnowing || (!required && chance.happens(0.6))
    if (isLeftOut && known[name] === undefined) continue
    const value = known[name] ?? String(valueOf(schema, { chance, known, name }))
    if (place === 'path') draft.path = draft.path.replace(`{${name}}`, encodeURIComponent(value))
    else if (place === 'query') draft.query.push([name, value])
    else draft.headers[name.toLowerCase()] = value
  }
  if (form !== undefined) {
    draft.body = valueOf(form, { chance, known, name: '' })
    draft.headers['content-type'] = 'application/json'
  }
  return draft
}

interface Making {
  readonly chance: Chance
  readonly known: Known
  readonly name: string
}

/** Words of all kinds; a pattern picks those that fit it. */
const words = [
  'user', 'assistant', 'tool-2', 'Some words', 'é𝒳', 'x', '*', 'conversations:read', 'a'.repeat(60),
  '0.00125',
]
const hardWords = ['\u0000', '\ud800', 'a\udc00', '\ufdd0', '\u2028', '"\\/', '', '{}', 'null']
const latestInstant = '2099-12-31T23:59:59.999999Z'

/** Who proves who he is does so with a secret; a manifest names its agent. */
const certain: Readonly<Record<string, unknown>> = {
  authentication: { kind: 'none' }, manifest: null, service_url: null,
}

function valueOf(schema: Schema, making: Making): unknown {
  const { chance, known, name } = making
  // A copy, since mutations change what they are given.
  if (Object.hasOwn(certain, name)) return structuredClone(certain[name])
  if (name === 'openFloor') return envelopeIn(known.conversation_id)
  const choice = chance.pick(choicesOf(schema))
  if (isFree(choice)) return freeValue(chance, 3)
  const [type] = [choice.type ?? 'string'].flat()
  if (type === 'object') return objectOf(choice, making)
  if (type === 'array') {
    const length = Math.min(chance.between(choice.minItems ?? 0, 3), choice.maxItems ?? 3)
    return Array.from({ length }, () => valueOf(choice.items!, making))
  }
  if (type === 'null') return null
  if (type === 'boolean') return chance.happens(0.5)
  // Two jobs with one dedupe key are one, or none; of one key a run succeeds in one step.
  if (name === 'dedupe_key' || name === 'key') return `key-${chance.between(0, 2 ** 40)}`
  // An id that the caller chooses is nobody's before.
  if (name === 'id' && choice.format === 'uuid') return freshId(chance)
  if (type === 'number' || type === 'integer') {
    if (known[name] !== undefined) return Number(known[name])
    const { minimum = 0, maximum = 2 ** 53 - 1 } = choice
    return chance.pick([minimum, maximum, chance.between(minimum, Math.min(maximum, 1_000))])
  }
  return known[name] ?? textOf(choice, chance)
}

/** What stands in an envelope, which no schema tells. */
const envelopeIn = (conversationId: string | undefined) => ({
  schema: { version: '1.1.0' }, conversation: { id: conversationId },
  sender: { speakerUri: 'tag:agent.test,2026:é' }, events: [{ eventType: 'requestFloor' }],
})

/** A UUID of version 8. */
function freshId(chance: Chance): string {
  const digits = (count: number) => Array.from({ length: count }, () =>
    chance.between(0, 15).toString(16)).join('')
  return `${digits(8)}-${digits(4)}-8${digits(3)}-8${digits(3)}-${digits(12)}`
}

function textOf(
  { enum: options, format, pattern, minLength = 0, maxLength = Infinity }: Schema, chance: Chance,
): string {
  if (options !== undefined) return String(chance.pick(options))
  if (format === 'uuid') return '00000000-0000-7000-8000-00000000dead'
  if (format === 'date-time') return latestInstant
  const fitting = words.filter((word) =>
    word.length >= minLength && word.length <= maxLength && new RegExp(pattern ?? '').test(word))
  return chance.pick(fitting)
}

/**
 * What no schema tells: which pages, heads, runs and workflows there are, whether there are
 * threads, what the callers of a webhook send, and how its times hang together.
 */
const needsKnowing = new Set([
  'cursor', 'offset', 'parent_id', 'fence', 'encrypts', 'secret', 'required_headers',
  'required_query', 'replay_seconds', 'tolerance_seconds', 'methods', 'delta_channels',
  'workflow', 'ends_at',
])

function objectOf({ properties, required = [] }: Schema, making: Making): unknown {
  const { chance } = making
  if (properties === undefined) return freeObject(chance, 2)
  const chosen = Object.entries(properties)
    .filter(([name]) => required.includes(name) ||
      (!needsKnowing.has(name) && chance.happens(0.5)))
  const names = new Set(chosen.map(([name]) => name))
  const made = Object.fromEntries(chosen
    // A message has a parent or a sibling; no schema tells that both are one too many.
    .filter(([name]) => name !== 'sibling_of' || !names.has('parent_message_id'))
    .map(([name, schema]) => [name, valueOf(schema, { ...making, name })]))
  // A step that runs has not ended; no schema tells that either.
  if (made.status === 'running') for (const name of endOfStep) delete made[name]
  return made
}

const endOfStep = ['output', 'error', 'finished_at']

/** Any JSON value, `levels` deep at most. */
export function freeValue(chance: Chance, levels: number): unknown {
  const kind = chance.between(0, levels > 0 ? 6 : 4)
  if (kind === 0) return null
  if (kind === 1) return chance.happens(0.5)
  if (kind === 2) return chance.pick([0, -1, 1.5, 1e21, 2 ** 53, 5e-324])
  if (kind <= 4) return chance.pick(chance.happens(0.3) ? hardWords : words)
  if (kind === 6) return freeObject(chance, levels - 1)
  return Array.from({ length: chance.between(0, 3) }, () => freeValue(chance, levels - 1))
}

function freeObject(chance: Chance, levels: number): Record<string, unknown> {
  const made: Record<string, unknown> = {}
  for (let count = chance.between(0, 3); count > 0; count--) {
    const key = chance.pick([...words, ...hardWords, '__proto__', 'constructor', '10', '2'])
    const value = freeValue(chance, levels)
    Object.defineProperty(made, key, {
      value, writable: true, enumerable: true, configurable: true,
    })
  }
  return made
}

/** JSON text of a value that may hold tokens. */
export function jsonOf(value: unknown): string {
  if (value instanceof Token) return value.text
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .map(([key, each]) => `${JSON.stringify(key)}:${jsonOf(each)}`)
  return `{${members.join(',')}}`
}

/** The body as it goes over the wire; undefined when none does. */
export function bytesOf({ bytes, body }: Draft): Buffer | undefined {
  if (bytes !== undefined || body === undefined) return bytes
  return Buffer.from(jsonOf(body))
}

/** Path and query as they go over the wire. */
export function targetOf({ path, query, queryText }: Draft): string {
  const pairs = query.map((pair) => pair.map((part) => encodeURIComponent(part)).join('='))
  const text = queryText ?? pairs.join('&')
  return text === '' ? path : `${path}?${text}`
}
