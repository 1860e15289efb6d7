import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { type Chance } from './chance.js'
import { bytesOf, type Draft } from './drafts.js'
import { type Mutation } from './mutation.js'

function spliced(bytes: Buffer, at: number, inserted: readonly number[]): Buffer {
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(inserted), bytes.subarray(at)])
}

/** A position inside a text of the JSON, where any character may stand; undefined without one. */
function insideText(bytes: Buffer, chance: Chance): number | undefined {
  const quotes = [...bytes.toString('latin1').matchAll(/":"/g)].map(({ index }) => index + 3)
  return quotes.length === 0 ? undefined : chance.pick(quotes)
}

/** Sequences that no UTF-8 holds. */
const noUtf8: readonly (readonly number[])[] = [
  [0xff], [0xfe], [0x80], [0xc0, 0x80], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf5, 0x80],
  [0xf4, 0x90, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80],
]

const invalidUtf8: Mutation = (draft, { chance }) => {
  const bytes = bytesOf(draft)
  if (bytes === undefined) return undefined
  const at = insideText(bytes, chance) ?? chance.between(0, bytes.length)
  draft.bytes = spliced(bytes, at, chance.pick(noUtf8))
  return { name: `no UTF-8 at byte ${at}`, places: ['body'], verdict: 'refused' }
}

/** Characters that JSON wants escaped. */
const controlCharacter: Mutation = (draft, { chance }) => {
  const bytes = bytesOf(draft)
  const at = bytes && insideText(bytes, chance)
  if (bytes === undefined || at === undefined) return undefined
  draft.bytes = spliced(bytes, at, [chance.between(0, 0x1f)])
  return { name: 'a bare control character', places: ['body'], verdict: 'refused' }
}

const otherEncoding: Mutation = (draft, { chance }) => {
  const bytes = bytesOf(draft)
  if (bytes === undefined) return undefined
  const text = bytes.toString()
  const little = Buffer.from(text, 'utf16le')
  const big = Buffer.from(little).swap16()
  draft.bytes = chance.pick([
    little, big, Buffer.from(`\ufeff${text}`, 'utf16le'), Buffer.from(`\ufeff${text}`),
    Buffer.concat([Buffer.from([0xfe, 0xff]), big]), Buffer.from(bytes.map((byte) => byte | 0x80)),
  ])
  if (chance.happens(0.3)) draft.headers['content-type'] = 'application/json; charset=utf-16'
  const places = ['body', 'header.content-type']
  return { name: 'another encoding', places, verdict: 'refused' }
}

const compressed: Mutation = (draft, { chance }) => {
  const bytes = bytesOf(draft)
  if (bytes === undefined) return undefined
  const [name, packed] = chance.pick([
    ['gzip', gzipSync(bytes)], ['deflate', deflateSync(bytes)], ['br', brotliCompressSync(bytes)],
    ['gzip', gzipSync(Buffer.alloc(1_000_000))], ['gzip', bytes], ['x', bytes],
  ] as const)
  draft.bytes = packed
  if (packed !== bytes && chance.happens(0.3)) {
    return { name: `${name}, unannounced`, places: ['body'], verdict: 'refused' }
  }
  draft.headers['content-encoding'] = name
  return { name: `${name}, announced`, places: ['header.content-encoding'], verdict: 'refused' }
}

const noJson = [
  '', ' ', '\n', '{', '}', '[', '{"a"}', '{"a":}', '{"a":1,}', "{'a':1}", '{a:1}', '{"a":1}}',
  '{"a":1}{"a":1}', '// x\n{}', '{"a":undefined}', '\u0000', '{"\\x":1}', '{"a":"\\u12"}', 'tru',
  '<a/>', 'a=1&b=2', '--b\r\nContent-Disposition: form-data\r\n\r\n', '"', '\\', '{"a":1,,"b":2}',
]

const noJsonAtAll: Mutation = (draft, { chance }) => {
  if (draft.form === undefined) return undefined
  draft.bytes = Buffer.from(chance.pick(noJson))
  return { name: 'no JSON', places: ['body'], verdict: 'refused' }
}

const truncated: Mutation = (draft, { chance }) => {
  const bytes = bytesOf(draft)
  if (bytes === undefined || bytes.length < 2) return undefined
  draft.bytes = bytes.subarray(0, chance.between(0, bytes.length - 1))
  return { name: 'a body cut off', places: ['body'], verdict: 'refused' }
}

const flipped: Mutation = (draft, { chance }) => {
  const bytes = bytesOf(draft)
  if (bytes === undefined || bytes.length === 0) return undefined
  draft.bytes = Buffer.from(bytes)
  for (let count = chance.between(1, 4); count > 0; count--) {
    draft.bytes[chance.between(0, bytes.length - 1)]! ^= 1 << chance.between(0, 7)
  }
  return { name: 'flipped bits', places: ['body'], verdict: 'any' }
}

const tooLarge: Mutation = (draft, { chance, bodyLimitBytes }) => {
  const bytes = bytesOf(draft)
  // Each is a quarter of a megabyte over the wire: a few are enough.
  if (bytes === undefined || bytes.length >= bodyLimitBytes) return undefined
  if (!chance.happens(0.2)) return undefined
  const padding = bodyLimitBytes - bytes.length + chance.pick([0, 1, 2, 50_000])
  draft.bytes = Buffer.concat([bytes, Buffer.alloc(padding, ' ')])
  const isOver = draft.bytes.length > bodyLimitBytes
  const verdict = isOver ? 'refused' : 'served'
  return { name: `${draft.bytes.length} bytes of body`, places: ['body'], verdict }
}

const noBody: Mutation = (draft: Draft, { chance }) => {
  if (draft.form === undefined) return undefined
  delete draft.body
  delete draft.bytes
  if (chance.happens(0.5)) delete draft.headers['content-type']
  return { name: 'no body', places: ['body'], verdict: 'refused' }
}

/** Mutations of the bytes of a body. */
export const byteMutations: readonly Mutation[] = [
  invalidUtf8, controlCharacter, otherEncoding, compressed, noJsonAtAll, truncated, flipped,
  tooLarge, noBody,
]
