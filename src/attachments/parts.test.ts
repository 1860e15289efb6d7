import { describe, expect, it } from 'vitest'
import { dispositionOf, holdsRange, isNamedIn, wantedIn } from './download.js'
import { mayBeShown, mediaTypeOf, textType, unknownType } from './media.js'
import { pieces } from './storage.js'

const ranges: readonly (readonly [string | undefined, number, unknown])[] = [
  [undefined, 10, 'all'], ['bytes=0-', 10, { start: 0, end: 10 }],
  ['bytes=0-0', 10, { start: 0, end: 1 }], ['bytes=2-4', 10, { start: 2, end: 5 }],
  ['bytes=5-99', 10, { start: 5, end: 10 }], ['bytes=-3', 10, { start: 7, end: 10 }],
  ['bytes=-99', 10, { start: 0, end: 10 }], ['bytes=10-', 10, 'nothing'],
  ['bytes=-0', 10, 'nothing'], ['bytes=0-', 0, 'nothing'], ['bytes=-1', 0, 'nothing'],
  ['bytes=4-2', 10, 'all'], ['bytes=0-1,3-4', 10, 'all'], ['lines=0-1', 10, 'all'],
  ['bytes=-', 10, 'all'], ['bytes=a-b', 10, 'all'], ['BYTES=1-1', 10, { start: 1, end: 2 }],
  [`bytes=${'9'.repeat(400)}-`, 10, 'nothing'], ['bytes= 1-1 ', 10, { start: 1, end: 2 }],
]

describe('a range', () => {
  it.each(ranges)('%s of %i bytes', (header, size, wanted) => {
    expect(wantedIn(header, size)).toEqual(wanted)
  })

  it('holds only for the same bytes, and a tag is known by its name', () => {
    expect([undefined, '"a"', 'W/"a"', '"b"'].map((tag) => holdsRange(tag, '"a"')))
      .toEqual([true, true, false, false])
    expect([undefined, '*', '"b", W/"a"', '"b"'].map((tags) => isNamedIn(tags, '"a"')))
      .toEqual([false, true, true, false])
  })
})

const beginnings: readonly (readonly [string, string | Uint8Array, string])[] = [
  ['PNG', Buffer.from('89504e470d0a1a0a00', 'hex'), 'image/png'],
  ['JPEG', Buffer.from('ffd8ffe0', 'hex'), 'image/jpeg'], ['GIF', 'GIF89a;', 'image/gif'],
  ['WebP', 'RIFF\x01\x02\x03\x04WEBPVP8 ', 'image/webp'], ['PDF', '%PDF-1.7', 'application/pdf'],
  ['MP4', '\0\0\0\x18ftypmp42', 'video/mp4'], ['ZIP', 'PK\x03\x04', 'application/zip'],
  ['text', 'Grüße', textType], ['HTML', '<script>alert(1)</script>', textType],
  ['SVG', '<svg onload="alert(1)"/>', textType], ['nothing', '', unknownType],
  ['bytes', Buffer.from([1, 2, 3]), unknownType], ['Latin-1', Buffer.from([0xe9, 65]), unknownType],
  ['text cut in a character', `${'a'.repeat(4_095)}é`, textType],
]

describe('the type of bytes', () => {
  it.each(beginnings)('of %s', (_, bytes, type) => {
    const head = (typeof bytes === 'string' ? Buffer.from(bytes) : bytes).subarray(0, 4_096)
    expect(mediaTypeOf(head)).toBe(type)
  })

  it('may be shown only where nothing runs', () => {
    const types = ['image/png', 'video/mp4', textType, 'image/svg+xml', 'text/html',
      'application/pdf', unknownType, 'image/tiff']
    expect(types.filter(mayBeShown)).toEqual(['image/png', 'video/mp4', textType])
  })
})

describe('a name in a header', () => {
  it('breaks out of nothing and arrives whole', () => {
    const about = (name: string, inline = false) =>
      dispositionOf(name, { mediaType: 'image/png', inline })
    expect(about('a.png', true)).toBe(`inline; filename="a.png"; filename*=UTF-8''a.png`)
    expect(about('a"; x=\r\n.é\ud800\\%'))
      .toBe(`attachment; filename="a_; x=__.____"; filename*=UTF-8''a%22%3B%20x%3D%0D%0A.` +
        `%C3%A9%EF%BF%BD%5C%25`)
    expect(about(`it's (1)*`)).toContain(`filename*=UTF-8''it%27s%20%281%29%2A`)
  })
})

describe('pieces', () => {
  it('have one size, whatever arrives', async () => {
    const cut = async (lengths: readonly number[], size: number) => {
      const all = Buffer.from(Array.from({ length: 40 }, (_, index) => index))
      let place = 0
      const parts = lengths.map((length) => all.subarray(place, place += length))
      const found: Uint8Array[] = []
      for await (const piece of pieces(async function* () { yield* parts }(), size)) {
        found.push(piece)
      }
      expect(Buffer.concat(found)).toEqual(all.subarray(0, place))
      return found.map(({ length }) => length)
    }
    expect(await cut([], 4)).toEqual([])
    expect(await cut([0, 8, 0], 4)).toEqual([4, 4])
    expect(await cut([1, 1, 1, 1, 1], 4)).toEqual([4, 1])
    expect(await cut([11, 3, 9], 4)).toEqual([4, 4, 4, 4, 4, 3])
  })
})
