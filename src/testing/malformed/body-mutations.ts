import { type Draft, freeValue, jsonOf, Token } from './drafts.js'
import { type Mutated, type Mutation } from './mutation.js'
import { breaks, choicesOf, isFree, type Schema } from './operations.js'

/** A value inside a body, with the schema that holds for it. */
interface Site {
  /** `body.messages[0].role`. */
  readonly path: string
  readonly schema: Schema
  readonly value: unknown
  put(value: unknown): void
  remove?(): void
}

type Container = Record<string, unknown>

function sitesOf(draft: Draft): Site[] {
  const { form, body } = draft
  if (form === undefined || body === undefined || draft.bytes !== undefined) return []
  const root = { path: 'body', schema: form, value: body, put: (v: unknown) => (draft.body = v) }
  return [root, ...sitesInside(root)]
}

function sitesInside({ path, schema, value }: Site): Site[] {
  if (typeof value !== 'object' || value === null || value instanceof Token) return []
  const container = value as Container
  const inner = formOf(schema, value)
  return Object.keys(container).flatMap((key) => {
    const own = inner?.items ?? inner?.properties?.[key]
    if (own === undefined) return []
    const site: Site = {
      path: Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`,
      schema: own,
      value: container[key],
      put: (changed) => (container[key] = changed),
      remove: () => delete container[key],
    }
    return [site, ...sitesInside(site)]
  })
}

/** The form that a list or an object has, of those that its schema knows. */
function formOf(schema: Schema, value: object): Schema | undefined {
  const forms = choicesOf(schema).filter(({ items, properties }) => items ?? properties)
  return forms.find(({ required = [] }) => required.every((key) => Object.hasOwn(value, key))) ??
    forms[0]
}

/** The object sites, each with the properties it knows. */
function objectsOf(draft: Draft) {
  return sitesOf(draft).flatMap((site) => {
    const { value } = site
    if (typeof value !== 'object' || value === null || value instanceof Token) return []
    const schema = formOf(site.schema, value)
    const hasForms = choicesOf(site.schema).length > 1
    return schema?.properties === undefined ? [] : [{ ...site, schema, hasForms }]
  })
}

/** A parent is named without its place in the list. */
function placesOf({ path }: Site): string[] {
  return path.endsWith('.parent_message_id') ? [path, 'body.parent_message_id'] : [path]
}

function put(name: string, site: Site, value: unknown): Mutated {
  site.put(value)
  const verdict = breaks(site.schema, value) ? 'refused' : 'any'
  return { name: `${name} at ${site.path}`, places: placesOf(site), verdict }
}

const otherTypes: readonly unknown[] = [
  null, true, false, 0, -1, 1.5, 1e308, '', 'text', [], ['x'], [[]], {}, { a: 1 }, { length: 1 },
]

const wrongType: Mutation = (draft, { chance }) => {
  const sites = sitesOf(draft)
  if (sites.length === 0) return undefined
  return put('another type', chance.pick(sites), structuredClone(chance.pick(otherTypes)))
}

const missing: Mutation = (draft, { chance }) => {
  const required = objectsOf(draft).flatMap(({ path, schema, value, hasForms }) =>
    (schema.required ?? []).map((key) => ({ path, key, value: value as Container, hasForms })))
  if (required.length === 0) return undefined
  const { path, key, value, hasForms } = chance.pick(required)
  delete value[key]
  // Without its list, a list of messages or jobs reads as one of them; a login as one by e-mail.
  const isOther = hasForms || ['messages', 'jobs'].includes(key) ||
    draft.operation.operationId === 'logIn'
  const place = isOther ? path : `${path}.${key}`
  return { name: `without ${path}.${key}`, places: [place], verdict: 'refused' }
}

const strangeKeys = [
  'id', 'user_id', 'organization_id', 'actor_id', 'role', 'scopes', 'revision', 'position', 'admin',
  'created_at', 'deleted_at', 'archived_at', 'message_count', 'token', 'token_hash', 'active',
  'password_hash', 'is_admin', '$where', '$ref', '__proto__', 'constructor', 'prototype',
  'toString', 'hasOwnProperty', 'toJSON', 'then', 'length', '0', '', ' ', 'a.b', 'a[0]', 'Title',
  'title ', '\u0000', '\ud800', '\ufdd0', 'x'.repeat(10_000),
]

const extraField: Mutation = (draft, { chance }) => {
  const closed = objectsOf(draft).filter(({ schema }) => schema.additionalProperties === false)
  if (closed.length === 0) return undefined
  const { path, schema, value } = chance.pick(closed)
  const key = chance.pick(strangeKeys)
  if (Object.hasOwn(schema.properties ?? {}, key)) return undefined
  Object.defineProperty(value, key, {
    value: chance.pick([1, null, '*', { a: 1 }, [], freeValue(chance, 2)]),
    enumerable: true, configurable: true, writable: true,
  })
  const isPlain = /^\w+$/.test(key) && key.length < 100
  const name = `the field ${key.slice(0, 20)} in ${path}`
  return { name, places: [isPlain ? `${path}.${key}` : path], verdict: 'refused' }
}

const sized: Mutation = (draft, { chance }) => {
  const site = chance.pick([undefined, ...sitesOf(draft).slice(1)])
  const choice = site && choicesOf(site.schema).find(({ type }) => type !== 'null')
  if (site === undefined || choice === undefined) return undefined
  const [type] = [choice.type ?? 'string'].flat()
  if (type === 'array') {
    const one = (site.value as unknown[] | null)?.[0] ?? 'x'
    const length = chance.pick([0, (choice.maxItems ?? 100) + 1, 5_000])
    return put('a list of another length', site, Array.from({ length }, () => one))
  }
  if (type === 'integer') {
    const { minimum = 0, maximum = 2 ** 53 - 1 } = choice
    const numbers = [minimum - 1, maximum + 1, 2 ** 53 + 2, 2 ** 63, 1e308, 0.5, 1e-7, -1]
    return put('another size', site, chance.pick(numbers))
  }
  const lengths = [0, 1, 63, 64, 65, (choice.maxLength ?? 1_000) + 1, 20_000, 300_000]
  return put('another length', site, 'x'.repeat(chance.pick(lengths)))
}

const hardTexts = [
  '\u0000', 'a\u0000b', '\ud800', '\udc00\ud800', '\ufdd0', '\ufdd0D800', '\ufeff', '\u202e',
  '\r\n', '\u2028', '😀', 'e\u0301', '\\', "'; drop table users; --", '${7*7}', '{{7*7}}', '%00',
  '../../x', '<script>', '=1+1', 'ﬁ', 'İ', 'null', 'undefined', 'NaN', '1e999', '\u007f',
  '\u0080', '-', '*',
]

const hardText: Mutation = (draft, { chance }) => {
  const sites = sitesOf(draft).filter(({ schema, value }) =>
    typeof value === 'string' || isFree(schema))
  if (sites.length === 0) return undefined
  return put('a hard text', chance.pick(sites), chance.pick(hardTexts))
}

const strangerId: Mutation = (draft, { chance, foreignIds }) => {
  // What was used may name what is gone: these ids are kept as they are, and nothing is looked up.
  if (draft.operation.operationId === 'recordUsage') return undefined
  // A new object may have an id that a stranger's has: neither sees the other.
  const sites = sitesOf(draft).filter(({ path, schema }) =>
    !/\bid$/.test(path) && choicesOf(schema).some(({ format }) => format === 'uuid'))
  if (sites.length === 0) return undefined
  const site = chance.pick(sites)
  const id = chance.pick(foreignIds)
  site.put(chance.pick([id, id.toUpperCase()]))
  return { name: `a stranger’s id at ${site.path}`, places: placesOf(site), verdict: 'refused' }
}

/** Numbers as text: those JSON knows and JavaScript bends, and those JSON does not know. */
const numbers = [
  '1e400', '-1e400', '1E+309', '-0', '-0.0', '1e-400', '9007199254740993', `1${'0'.repeat(400)}`,
  `0.${'1'.repeat(400)}`, '18446744073709551616', '-9223372036854775809', '1.0', '1e0',
]
const noNumbers = [
  'NaN', 'Infinity', '-Infinity', '01', '+1', '.5', '1.', '0x10', '1_000', '--1', '-', '1e', 'e1',
]

const oddNumber: Mutation = (draft, { chance }) => {
  const sites = sitesOf(draft)
  if (sites.length === 0) return undefined
  const site = chance.pick(sites)
  if (chance.happens(0.4)) {
    site.put(new Token(chance.pick(noNumbers)))
    return { name: `no number at ${site.path}`, places: ['body'], verdict: 'refused' }
  }
  const text = chance.pick(numbers)
  site.put(new Token(text))
  const isOver = !Number.isFinite(Number(text))
  const verdict = isOver || breaks(site.schema, Number(text)) ? 'refused' : 'any'
  return { name: `the number ${text.slice(0, 20)} at ${site.path}`, places: [site.path], verdict }
}

/** The deepest body there is at all; deeper ones are refused as a whole. */
const depthAtTheDoor = 205

const deep: Mutation = (draft, { chance }) => {
  const sites = sitesOf(draft)
  if (sites.length === 0) return undefined
  const site = chance.pick(sites)
  const depths = [1, 50, 190, 199, 200, 201, 206, 1_000, 20_000, 100_000, 200_000]
  const depth = chance.pick([...depths, chance.between(1, 300)])
  const [opening, closing] = chance.pick([['[', ']'], ['{"a":', '}']] as const)
  const isCut = chance.happens(0.2)
  const inside = chance.pick(['', '1', '"]"'])
  const inmost = opening === '[' ? inside : inside || 'null'
  site.put(new Token(opening.repeat(depth) + inmost + (isCut ? '' : closing.repeat(depth))))
  const isRefused = isCut || depth > depthAtTheDoor
  const name = `${depth} levels at ${site.path}${isCut ? ', never closed' : ''}`
  return { name, places: ['body'], verdict: isRefused ? 'refused' : 'any' }
}

const bracketsInText: Mutation = (draft, { chance }) => {
  const site = sitesOf(draft).find(({ path }) => path.endsWith('.content'))
  if (site === undefined) return undefined
  site.put(chance.pick(['[', '{"a":', '\\"[', ']]]', '"[{']).repeat(chance.between(200, 20_000)))
  return { name: 'brackets in a text', places: [], verdict: 'served' }
}

/** The last of two members of one name counts; what the first holds does not. */
const twice: Mutation = (draft, { chance }) => {
  const objects = objectsOf(draft).filter(({ value }) => Object.keys(value as object).length > 0)
  if (objects.length === 0) return undefined
  const site = chance.pick(objects)
  const { value } = site
  const key = chance.pick(Object.keys(value as object))
  const first = chance.pick(['7', 'null', '"x"', '[]', '{"a":{}}', '1e400'])
  site.put(new Token(`{${JSON.stringify(key)}:${first},${jsonOf(value).slice(1)}`))
  return { name: `${site.path}.${key} twice`, places: [`${site.path}.${key}`], verdict: 'served' }
}

const unwanted: Mutation = (draft, { chance }) => {
  if (draft.form !== undefined || draft.method === 'GET') return undefined
  draft.body = chance.pick([{ a: 1 }, [], [1], 'x', 7, null, { id: 'x' }, true])
  draft.headers['content-type'] = 'application/json'
  // An empty body, or one without content, says nothing that could mislead.
  return { name: 'a body where none belongs', places: ['body'], verdict: 'any' }
}

/** Mutations of the values in a body. */
export const bodyMutations: readonly Mutation[] = [
  wrongType, missing, extraField, sized, hardText, strangerId, oddNumber, deep, bracketsInText,
  twice, unwanted,
]
