import { bytesOf, type Draft, targetOf } from './drafts.js'
import { type Mutated, type Mutation, type Tools } from './mutation.js'

interface Wire {
  line: string
  headers: string[]
  body: Buffer
}

/** The request as an honest client would write it, the connection's only one. */
function wireOf(draft: Draft): Wire {
  const headers = Object.entries(draft.headers).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name}: ${each}`))
  const line = `${draft.method} ${targetOf(draft)} HTTP/1.1`
  const body = bytesOf(draft) ?? Buffer.alloc(0)
  return { line, headers: ['Host: holdfast', 'Connection: close', ...headers], body }
}

const framed = ({ line, headers }: Wire, body: Buffer | string, ...more: string[]): Buffer =>
  Buffer.concat([
    Buffer.from(`${[line, ...headers, ...more].join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body),
  ])

const length = (bytes: Buffer | number) =>
  `Content-Length: ${typeof bytes === 'number' ? bytes : bytes.length}`

const chunk = (bytes: Buffer | string, size = Buffer.byteLength(bytes).toString(16)) =>
  Buffer.concat([Buffer.from(`${size}\r\n`), Buffer.from(bytes), Buffer.from('\r\n')])

type Spelling = readonly [name: string, verdict: Mutated['verdict'], (wire: Wire) => Buffer]

const chunked = 'Transfer-Encoding: chunked'
const end = Buffer.from('0\r\n\r\n')
const all = (...parts: Buffer[]) => Buffer.concat(parts)

/** Ways to frame one request: honest ones in unusual form, and lies. */
const spellings: readonly Spelling[] = [
  ['chunks', 'served', (w) => framed(w, all(chunk(w.body), end), chunked)],
  ['a chunk a byte', 'served', (w) =>
    framed(w, all(...[...w.body].map((byte) => chunk(Buffer.from([byte]))), end), chunked)],
  ['chunk extensions and trailers', 'served', (w) => framed(w, all(
    chunk(w.body, `${w.body.length.toString(16)};a="b"`), Buffer.from('0\r\nX-T: 1\r\n\r\n'),
  ), chunked)],
  ['a bad chunk size', 'any', (w) => framed(w, all(chunk(w.body, 'xyz'), end), chunked)],
  ['a negative chunk size', 'any', (w) => framed(w, all(chunk(w.body, '-1'), end), chunked)],
  ['an endless chunk size', 'any', (w) => framed(w, chunk(w.body, 'f'.repeat(20)), chunked)],
  ['chunks without end', 'any', (w) => framed(w, chunk(w.body), chunked)],
  ['both framings', 'refused', (w) => framed(w, all(chunk(w.body), end), chunked, length(w.body))],
  ['an unknown coding', 'any', (w) => framed(w, w.body, 'Transfer-Encoding: x')],
  ['a coding twice', 'any', (w) => framed(w, all(chunk(w.body), end), chunked, chunked)],
  ['a length too small', 'any', (w) => framed(w, w.body, length(Math.max(0, w.body.length - 3)))],
  ['a length too large', 'any', (w) => framed(w, w.body, length(w.body.length + 9))],
  ['two lengths', 'refused', (w) => framed(w, w.body, length(w.body), length(7 + w.body.length))],
  ['a negative length', 'refused', (w) => framed(w, w.body, 'Content-Length: -5')],
  ['a length of words', 'refused', (w) => framed(w, w.body, 'Content-Length: ten')],
  ['a length beyond numbers', 'refused', (w) =>
    framed(w, w.body, `Content-Length: ${'9'.repeat(30)}`)],
  ['no length', 'any', (w) => framed(w, w.body)],
  ['no host', 'refused', (w) => framed(
    { ...w, headers: w.headers.slice(1) }, w.body, length(w.body))],
  ['HTTP/1.0', 'any', (w) =>
    framed({ ...w, line: w.line.replace(/1$/, '0') }, w.body, length(w.body))],
  ['HTTP/0.9', 'any', (w) => Buffer.from(`${w.line.split(' ').slice(0, 2).join(' ')}\r\n\r\n`)],
  ['HTTP/2', 'refused', () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
  ['HTTP/7', 'refused', (w) => framed({ ...w, line: w.line.replace(/1.1$/, '7.1') }, '')],
  ['another protocol', 'any', () => Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])],
  ['a method of small letters', 'refused', (w) => framed({ ...w, line: w.line.toLowerCase() }, '')],
  ['an unknown method', 'refused', (w) =>
    framed({ ...w, line: w.line.replace(/^\w+/, 'FLY') }, '')],
  ['a space in the path', 'any', (w) => framed({ ...w, line: w.line.replace('/v1', '/v1 x') }, '')],
  ['a NUL in the path', 'refused', (w) => framed({ ...w, line: w.line.replace('/v1', '/\0') }, '')],
  ['an absolute path', 'any', (w) => framed(
    { ...w, line: w.line.replace(' /', ' http://elsewhere/') }, w.body, length(w.body))],
  ['a path of a star', 'any', (w) => framed({ ...w, line: 'OPTIONS * HTTP/1.1' }, '')],
  ['a tunnel', 'any', (w) => framed({ ...w, line: 'CONNECT elsewhere:443 HTTP/1.1' }, '')],
  ['a header without name', 'refused', (w) => framed(w, '', ': x')],
  ['a header without colon', 'refused', (w) => framed(w, '', 'nonsense')],
  ['a NUL in a header', 'refused', (w) => framed(w, '', 'X: a\0b')],
  ['a space before a colon', 'refused', (w) => framed(w, '', 'X : a')],
  ['a header named __proto__', 'served', (w) => framed(w, w.body, '__proto__: x', length(w.body))],
  ['a folded header', 'any', (w) => framed(w, w.body, 'X: a\r\n b', length(w.body))],
  ['bare line feeds', 'any', (w) =>
    Buffer.from(framed(w, '').toString('latin1').replaceAll('\r', ''))],
  ['empty lines first', 'any', (w) =>
    all(Buffer.from('\r\n\r\n'), framed(w, w.body, length(w.body)))],
  ['half a head', 'any', (w) => framed(w, '').subarray(0, 40)],
  ['a smuggled second request', 'any', (w) => framed(
    w, all(w.body, Buffer.from('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n')), length(w.body))],
  ['garbage behind', 'any', (w) =>
    framed(w, all(w.body, Buffer.from('\0\x01garbage')), length(w.body))],
  ['3000 headers', 'any', (w) => framed(
    w, '', ...Array.from({ length: 3_000 }, (_, index) => `x${index}:`))],
]

/** One request on a connection of its own, framed in an unusual or lying way. */
export const wireMutation: Mutation = (draft: Draft, { chance }: Tools) => {
  const [name, verdict, spell] = chance.pick(spellings)
  const wire = wireOf(draft)
  if (wire.body.length === 0 && verdict === 'served') return undefined
  draft.wire = spell(wire)
  return { name, places: [''], verdict }
}
