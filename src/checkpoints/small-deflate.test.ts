import { deflateRawSync, inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { framedDictionary } from './dictionary.js'
import { packed, unpacked } from './packing.js'
import { SmallDeflate } from './small-deflate.js'

const roomMax = 4096
const compressor = new SmallDeflate(framedDictionary, roomMax)

/** What zlib makes of compressed bytes. */
const inflated = (dense: Uint8Array, hint: Uint8Array) => inflateRawSync(dense, {
  dictionary: Buffer.concat([framedDictionary, hint]), windowBits: 12,
})

/** Bytes as bodies are: pieces of the dictionary, of themselves, and anything between. */
const alike = fc.array(fc.oneof(
  fc.tuple(fc.nat(framedDictionary.length - 1), fc.integer({ min: 1, max: 300 }))
    .map(([at, length]) => framedDictionary.subarray(at, at + length)),
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom('aaaaaaaaaaaaaaaaaaaa', '"messages":', '1f0a-6b2c').map((text) =>
    Buffer.from(text.repeat(3))),
), { maxLength: 24 }).map((pieces) => Buffer.concat(pieces).subarray(0, 3_000))

/** The body of a checkpoint of LangGraph, for the most part. */
const body = Buffer.from(
  '\x04json\xdf\x01{"checkpoint":{"v":4,"ts":"2026-11-29T19:50:21.206Z","channel_versions":' +
  '{"messages":7,"step":7,"branch:to:work":7},"versions_seen":{"work":{"branch:to:work":6}}}}' +
  '&{"messages":7,"step":7,"branch:to:work":7}\0\x03\0\x04json\0&[{"role":"user",' +
  '"content":"What of number 6?"}]\x01\x04json\0\x016\x02\x04json\0\x04null', 'latin1')

describe('few bytes like the dictionary are compressed without a context of zlib', () => {
  it('and zlib reads what comes out, whatever bytes and hint are', () => {
    let count = 0
    fc.assert(fc.property(alike, alike, (bytes, words) => {
      const hint = words.subarray(0, 1_000)
      const dense = compressor.deflate(bytes, hint)
      if (dense === undefined) return
      count += 1
      expect(Buffer.compare(inflated(dense, hint), bytes)).toBe(0)
    }), { numRuns: 2_000 })
    expect(count).toBeGreaterThan(500)
  })

  it('and what came before leaves nothing behind', () => {
    const hint = Buffer.from('a hint')
    const first = Buffer.from(compressor.deflate(body, hint)!)
    compressor.deflate(Buffer.from('something else, with a hint of its own'), body)
    expect(compressor.deflate(Buffer.alloc(4_090, 'x'), hint)).toBeDefined()
    expect(Buffer.compare(compressor.deflate(body, hint)!, first)).toBe(0)
  })

  it('into no more than zlib makes of them', () => {
    const hint = Buffer.from('1f0a6b2c-0000-6000-8000-000000000000')
    const dense = compressor.deflate(body, hint)!
    const dictionary = Buffer.concat([framedDictionary, hint])
    const model = deflateRawSync(body, { level: 6, memLevel: 4, windowBits: 12, dictionary })
    expect(dense.length).toBeLessThanOrEqual(model.length)
    expect(dense.length).toBeLessThan(body.length / 2)
  })

  it('but text, which codes of its own make smaller, and more than there is room for', () => {
    const text = Buffer.from(Array.from({ length: 400 }, (_, at) =>
      String.fromCharCode(97 + (at * at * 7 + (at >> 3) * 11) % 26)).join(''))
    expect(compressor.deflate(text, Buffer.alloc(0))).toBeUndefined()
    expect(compressor.deflate(Buffer.alloc(roomMax), Buffer.from('x'))).toBeUndefined()
    expect(compressor.deflate(Buffer.alloc(roomMax), Buffer.alloc(0))).toBeDefined()
  })

  it('so that bytes of every length come back from what is stored of them', async () => {
    for (let length = 0; length <= 5_000; length += length < 600 ? 7 : 97) {
      const bytes = Buffer.alloc(length, body)
      for (const hint of ['', 'a hint', body]) {
        expect(Buffer.compare(unpacked(await packed(bytes, hint), hint), bytes)).toBe(0)
      }
    }
  })
})
