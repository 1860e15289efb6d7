import { type Draft } from './drafts.js'
import { type Mutation, type Tools } from './mutation.js'
import { breaks, type Operation, type Parameter } from './operations.js'

const header = (draft: Draft, name: string, value: string | string[]) => {
  draft.headers[name] = value
  const places = [`header.${name}`]
  return { name: `${name}: ${String(value).slice(0, 40)}`, places }
}

const takes = ({ parameters }: Operation, name: string): Parameter | undefined =>
  parameters.find((parameter) => parameter.name === name)

const oddType: Mutation = (draft, { chance }) => {
  const types = [
    '', 'text/plain', 'text/json', 'application/json5', 'application/jsonx', 'application',
    'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', '*/*', ';', '/', 'json',
    'application/ json', 'application/octet-stream', 'x'.repeat(5_000), 'application/json/json',
    'application/problem+json', 'text/html, application/json', '\u00e9',
  ]
  const mutated = header(draft, 'content-type', chance.pick(types))
  return { ...mutated, verdict: draft.form === undefined ? 'any' : 'refused' }
}

const oddKey: Mutation = (draft, { chance }) => {
  const keys = [
    '', ' ', 'a b', 'x'.repeat(256), 'x'.repeat(9_000), 'é', '\u00a0', 'a\tb', ['a', 'b'],
    ['a', 'a'], 'ключ'.replace(/./gu, 'ÿ'),
  ]
  const mutated = header(draft, 'idempotency-key', chance.pick(keys))
  return { ...mutated, verdict: takes(draft.operation, 'Idempotency-Key') ? 'refused' : 'any' }
}

const oddMatch: Mutation = (draft, { chance }) => {
  const tags = [
    '', '3', '""', '"', 'W/"1"', '"x"', '"1", "2"', ['"1"', '"2"'], '"1.5"', '"-1"', '"0x1"',
    `"${'9'.repeat(16)}"`, '"999999999999999"', '"0"', '"1"x', 'null', '*, *', '"\\""',
  ]
  const mutated = header(draft, 'if-match', chance.pick(tags))
  return { ...mutated, verdict: 'refused' }
}

const oddOrganization: Mutation = (draft, { chance, foreignIds }) => {
  const names = [
    '', ' ', 'a b', "x' or '1'='1", 'x'.repeat(64), 'é', '../x', '*', 'no-such-organization',
    'NULL', ['default', 'default'], chance.pick(foreignIds),
  ]
  const mutated = header(draft, 'holdfast-organization', chance.pick(names))
  const isTaken = takes(draft.operation, 'Holdfast-Organization') !== undefined
  return { ...mutated, verdict: isTaken ? 'refused' : 'any' }
}

const noToken: Mutation = (draft, { chance, deadTokens }) => {
  const token = chance.pick(deadTokens)
  const value = chance.pick([
    '', 'Bearer', 'Bearer ', 'Basic YTpi', token, `Bearer ${token}`, `Bearer ${token}`,
    `Bearer ${token} x`, 'Bearer null', `Bearer ${'x'.repeat(5_000)}`, 'Negotiate', 'Bearer é',
  ])
  const mutated = header(draft, 'authorization', value)
  return { ...mutated, places: [''], verdict: draft.operation.isPublic ? 'any' : 'refused' }
}

/** Headers that mean nothing here and must not disturb. */
const strangeHeaders: readonly (readonly [string, string | string[]])[] = [
  ['request-id', 'x'.repeat(500)], ['request-id', '<b>'], ['x-request-id', '\u00ff'],
  ['x-forwarded-for', '::1, nonsense, 999.999.999.999'], ['host', ''], ['host', '[::'],
  ['host', 'é'], ['expect', 'miracles'], ['accept', 'image/png'], ['accept', ''],
  ['accept-version', '9.9.9'], ['accept-encoding', 'gzip;q=nonsense'], ['range', 'bytes=5-1'],
  ['if-modified-since', 'yesterday'], ['cookie', 'a=b; '.repeat(1_000)],
  ['te', 'trailers'], ['upgrade', 'websocket'], ['x-http-method-override', 'DELETE'],
  ['constructor', 'x'], ['tostring', 'x'], ['user-agent', '\u00ff'.repeat(2_000)],
  ['content-encoding', 'identity'], ['x-many', Array.from({ length: 900 }, () => 'x')],
  ['last-event-id', '-1'], ['origin', 'null'], ['traceparent', '00-'], ['keep-alive', 'timeout=x'],
]

const strangeHeader: Mutation = (draft, { chance }) => {
  const [name, value] = chance.pick(strangeHeaders)
  // Node then announces a body, even an empty one.
  if (name === 'expect' && draft.body === undefined) return undefined
  return { ...header(draft, name, value), places: [], verdict: 'served' }
}

/** Where the header creates only what is not there yet, the world decides. */
const mustBeNew: Mutation = (draft) => {
  const verdict = takes(draft.operation, 'If-None-Match') ? 'any' : 'served'
  return { ...header(draft, 'if-none-match', '*'), places: [], verdict }
}

const hugeHeaders: Mutation = (draft, { chance }) => {
  draft.headers['x-huge'] = 'x'.repeat(chance.between(16_400, 60_000))
  return { name: 'headers over the limit', places: ['header'], verdict: 'refused' }
}

const inQuery = ({ operation }: Draft) =>
  operation.parameters.filter((parameter) => parameter.in === 'query')

const oddValues = [
  '', ' ', '-1', '0', '1e9', '1e2', '1000000000', '99999999999999999999', '1.5', '0x10', '+1', ' 5',
  '5 ', 'NaN', 'Infinity', 'null', 'undefined', 'true', 'TRUE', 'yes', '[]', '{}', 'ASC', 'é',
  "1' or '1'='1", '\u0000', '00000000-0000-7000-8000-00000000000', '1,2', 'x'.repeat(3_000),
]

/** What a value of a query is once its schema has read it. */
function readAs({ type }: Parameter['schema'], text: string): unknown {
  if (type === 'integer') return /^\d{1,16}$/.test(text) ? Number(text) : text
  if (type === 'number') return text.trim() === '' ? text : Number(text)
  if (type === 'boolean') return text === 'true' || (text === 'false' ? false : text)
  return text
}

const oddValue: Mutation = (draft, { chance }) => {
  const known = inQuery(draft).filter(({ name }) => name !== 'cursor')
  const { name, schema } = chance.pick([...known, { name: 'limit', schema: {} }])
  const value = chance.pick(oddValues)
  draft.query = [...draft.query.filter(([each]) => each !== name), [name, value]]
  const isUnknown = !inQuery(draft).some((parameter) => parameter.name === name)
  const isRefused = isUnknown || breaks(schema, readAs(schema, value))
  const verdict = isRefused ? 'refused' : 'any'
  return { name: `${name}=${value.slice(0, 40)}`, places: [`query.${name}`], verdict }
}

const repeatedName: Mutation = (draft, { chance }) => {
  const names = inQuery(draft).map(({ name }) => name)
  if (names.length === 0) return undefined
  const name = chance.pick(names)
  const value = chance.pick(['1', 'asc', 'true', ''])
  draft.query = [...draft.query.filter(([each]) => each !== name)]
  for (let count = chance.pick([2, 3, 500]); count > 0; count--) draft.query.push([name, value])
  return { name: `${name} repeatedly`, places: [`query.${name}`], verdict: 'refused' }
}

const strangeQueries = [
  'a[b]=c', 'limit[]=1', 'limit[$gt]=1', '__proto__=1', '__proto__[a]=1', 'constructor=1', 'x',
  'constructor[prototype][a]=1', '%00=1', 'a=%00', '=1', 'toString=1', 'a=1;b=2', '%5B%5D=1',
  'access_token=x', 'limit=1%00', 'Limit=1', '%FF=1', '\u00e9=1', 'a=1&'.repeat(1_000),
  Array.from({ length: 1_000 }, (_, index) => `a${index}=1`).join('&'), 'x'.repeat(12_000),
]

/** What is no ASCII never gets past the parser of HTTP, which knows no places. */
const orRaw = (place: string, text: string) =>
  /^[\x21-\x7e]*$/.test(text) ? [place] : [place, 'request']

const strangeQuery: Mutation = (draft, { chance }) => {
  const text = chance.pick(strangeQueries)
  draft.queryText = text
  return { name: `?${text.slice(0, 40)}`, places: orRaw('query', text), verdict: 'refused' }
}

/** Percent signs that encode nothing; what they stand for is the reader's guess. */
const badPercent: Mutation = (draft, { chance }) => {
  const texts = ['%', '%z', '%zz=1', 'limit=%', 'limit=%zz', 'limit=%E0%A4%A', 'a=%c0%80']
  const text = chance.pick(texts)
  draft.queryText = text
  return { name: `?${text}`, places: ['query'], verdict: 'refused' }
}

const harmless = ['', '&', '&&', '&&&&']

const emptyQuery: Mutation = (draft, { chance }) => {
  draft.queryText = `?${chance.pick(harmless)}`.slice(1)
  const needed = draft.operation.parameters.filter((each) => each.in === 'query' && each.required)
  if (needed.length === 0) {
    return { name: 'an empty query', places: ['query'], verdict: 'served' }
  }
  const places = needed.map(({ name }) => `query.${name}`)
  return { name: 'an empty query', places, verdict: 'refused' }
}

const withCursor = (draft: Draft, value: string) => {
  draft.query = [...draft.query.filter(([name]) => name !== 'cursor'), ['cursor', value]]
  const isTaken = takes(draft.operation, 'cursor') !== undefined
  // The messages of a conversation call the position in a cursor "from".
  const places = isTaken ? ['query.cursor', 'query.from'] : ['query.cursor']
  return { name: `cursor=${value.slice(0, 40)}`, places }
}

/** The seal is no secret: a forger only reaches rows of the same list. */
const forgedCursor: Mutation = (draft, { chance, forgedCursors }) =>
  ({ ...withCursor(draft, chance.pick(forgedCursors)), verdict: 'any' })

const oddCursor: Mutation = (draft, { chance, foreignCursors }) => {
  const cursor = chance.pick(foreignCursors)
  const value = chance.pick([
    cursor, cursor, '', 'x', cursor.slice(0, -2), `${cursor}AA`, `${cursor}=`, 'bnVsbA',
    cursor.toUpperCase(), 'W10', 'e30', Buffer.from('["x",1]').toString('base64url'), '\u0000',
    'x'.repeat(1_000), 'x'.repeat(1_001), '-', '🎈',
  ])
  return { ...withCursor(draft, value), verdict: 'refused' }
}

const noIds = [
  'x', '0', '-1', 'null', 'undefined', '%00', '%20', "1'%20or%20'1'='1", '..', '.', '%2e%2e', '*',
  'a%2Fb', '%2F', '%5C', '%252e', '%E0%A4%A', '%', '%zz', '%FF', '\u00e9', '{id}', ':id', '$', '~',
  'x'.repeat(199), 'x'.repeat(200), 'x'.repeat(201), 'x'.repeat(5_000), '%F0%9F%98%80', '[]', '()',
  '00000000-0000-7000-8000-00000000000', '00000000-0000-7000-8000-0000000000000', 'a;b=c', '=',
  '0000000000007000800000000000dead', '%7B00000000-0000-7000-8000-00000000dead%7D', '__proto__',
  '00000000-0000-7000-8000-00000000deag', 'urn:uuid:00000000-0000-7000-8000-00000000dead', '@',
]

/** Puts something else where an id stands in the path; undefined when none does. */
function withSegment(draft: Draft, { chance }: Tools, value: string): boolean {
  const parts = draft.path.split('/')
  const ids = parts.flatMap((part, index) => (part.length === 36 ? [index] : []))
  if (ids.length === 0) return false
  parts[chance.pick(ids)] = value
  draft.path = parts.join('/')
  return true
}

const noId: Mutation = (draft, tools) => {
  const id = tools.chance.pick(noIds)
  if (!withSegment(draft, tools, id)) return undefined
  return { name: `the id ${id.slice(0, 40)}`, places: orRaw('path', id), verdict: 'refused' }
}

const strangerInPath: Mutation = (draft, tools) => {
  const id = tools.chance.pick(tools.foreignIds)
  if (!withSegment(draft, tools, tools.chance.pick([id, id.toUpperCase()]))) return undefined
  if (draft.operation.operationId !== 'eraseUser') {
    return { name: 'a stranger’s id in the path', places: ['path'], verdict: 'refused' }
  }
  // Traces of somebody without an account are erased too, and only those that are ours.
  draft.body = { ...draft.body!, confirm: id }
  return { name: 'a stranger to erase', places: [], verdict: 'served' }
}

const upperCase: Mutation = (draft) => {
  draft.path = draft.path.replace(/[0-9a-f-]{36}/g, (id) => id.toUpperCase())
  return { name: 'ids in upper case', places: [], verdict: 'served' }
}

const oddPath: Mutation = (draft, { chance }) => {
  const { path } = draft
  draft.path = chance.pick([
    `${path}/`, `/${path}`, path.replaceAll('/', '//'), path.toUpperCase(), `${path}/../x`,
    path.replace('/v1', '/v2'), path.replace('/v1', '/v1/./'), path.replaceAll('/', '%2F'),
    `${path};a=b`, `${path}%00`, `${path}%`, `${path}/${'x/'.repeat(2_000)}`, `${path}.json`,
    `/${'a'.repeat(9_000)}`, '/%', '/%c0%ae', '//', '/', '/v1/__proto__', '/v1/constructor',
    path.replace('/v1', '/v1\u00e9'), '/favicon.ico', '/../../etc/passwd', '/v1',
  ])
  return { name: `the path ${draft.path.slice(0, 60)}`, places: [''], verdict: 'any' }
}

const methods = [
  'PUT', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'LOCK', 'PURGE', 'M-SEARCH', 'LINK', 'REPORT',
  'GET', 'POST', 'SOURCE', 'UNLOCK',
]

const otherMethod: Mutation = (draft, { chance }) => {
  // What is only read must stay for the others; what may be written may also be deleted.
  const isWritten = draft.operation.method === 'DELETE'
  draft.method = chance.pick(isWritten ? [...methods, 'PATCH', 'DELETE'] : methods)
  return { name: `the method ${draft.method}`, places: [''], verdict: 'any' }
}

/** Mutations of headers, query, path and method. */
export const requestMutations: readonly Mutation[] = [
  oddType, oddKey, oddMatch, oddOrganization, noToken, strangeHeader, strangeHeader, mustBeNew,
  hugeHeaders, oddValue, oddValue, repeatedName, strangeQuery, badPercent, emptyQuery, oddCursor,
  forgedCursor, noId, noId, strangerInPath, upperCase, oddPath, otherMethod,
]
