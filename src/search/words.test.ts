import { describe, expect, it } from 'vitest'
import { indexWordsOf, placesMax, placesOf, placesOfWordMax } from './index-words.js'
import { textLengthMax, textsOf } from './texts.js'
import { wordsOf } from './words.js'

const read = (text: string) => wordsOf(text).map(({ word }) => word)

const corpus: readonly (readonly [string, string, readonly string[]])[] = [
  ['accents', 'Crème BRÛLÉE naïve', ['creme', 'brulee', 'naive']],
  ['decomposed accents', 'Cre\u0300me', ['creme']],
  ['German', 'Straße STRASSE Übergröße', ['strasse', 'strasse', 'ubergrosse']],
  ['Turkish', 'İstanbul ısı ISI Iğdır', ['istanbul', 'isi', 'isi', 'igdir']],
  ['Greek', 'ΣΊΣΥΦΟΣ Σίσυφος', ['σισυφοσ', 'σισυφοσ']],
  ['Cyrillic', 'Ёлка йод', ['елка', 'иод']],
  ['Chinese', '北京大学', ['北京', '京大', '大学', '学']],
  ['Japanese in two scripts', 'カタカナとかな', [
    'カタ', 'タカ', 'カナ', 'ナと', 'とか', 'かな', 'な']],
  ['half-width Japanese', 'ｶﾞｷﾞ', ['ガギ', 'ギ']],
  ['Korean', '한국어 검색', ['한국어', '검색']],
  ['Thai', 'ภาษา', ['ภา', 'าษ', 'ษา', 'า']],
  ['Arabic', 'اللغة العربية', ['اللغة', 'العربية']],
  ['Hindi, vowels kept', 'हिन्दी', ['हिन्दी']],
  ['pictographs', 'go🚀now 👩‍💻 ©', ['go', '🚀', 'now', '👩', '💻']],
  ['flags', '🇩🇪', ['🇩', '🇪']],
  ['code', 'snake_case camelCase a.b(c)', ['snake', 'case', 'camelcase', 'a', 'b', 'c']],
  ['paths', '/usr/local/lib-x', ['usr', 'local', 'lib', 'x']],
  ['addresses', 'ann@example.org https://x.io/?q=1', [
    'ann', 'example', 'org', 'https', 'x', 'io', 'q', '1']],
  ['numbers', '3.14 1,000 ٣ ½', ['3', '14', '1', '000', '٣', '1', '2']],
  ['apostrophes and hyphens', 'don’t don\'t e-mail', ['don', 't', 'don', 't', 'e', 'mail']],
  ['compatible forms', 'ﬁne Ｗｉｄｅ ①', ['fine', 'wide', '1']],
  ['what no word is', '\0 \ud800 \udc00x -- ', ['x']],
  ['nothing', '', []],
  ['long words', 'a'.repeat(3_000), ['a'.repeat(64)]],
  ['long words of other letters', '𐐀'.repeat(3_000), ['𐐨'.repeat(64)]],
]

describe('words', () => {
  it.each(corpus)('of %s', (_, text, words) => {
    expect(read(text)).toEqual(words)
  })

  it('know where they stand, in UTF-16 code units', () => {
    for (const [, text] of corpus) {
      for (const { word, start, end } of wordsOf(text)) {
        expect(end).toBeGreaterThan(start)
        expect(read(text.slice(start, end)).join('')).toContain(word.slice(0, 1))
      }
    }
    expect(wordsOf('🚀 Crème')).toEqual([
      { word: '🚀', start: 0, end: 2 }, { word: 'creme', start: 3, end: 8 },
    ])
  })

  it('hold nothing that an engine would have to escape', () => {
    const every = Array.from({ length: 0x3000 }, (_, code) => `${String.fromCodePoint(code)} `)
    for (const word of read(every.join(''))) expect(word).not.toMatch(/[\s\0'"\\*:&|!()<>-]/)
  })
})

describe('the texts of a value', () => {
  it('are its strings in order, and where they stand', () => {
    const value = [{ type: 'text', text: 'a', 'x/y~': ['b', 1, null, true, { z: 'c' }] }, 'd']
    expect(textsOf(value)).toEqual([
      { path: '/0/text', text: 'a' }, { path: '/0/x~1y~0/0', text: 'b' },
      { path: '/0/x~1y~0/4/z', text: 'c' }, { path: '/1', text: 'd' },
    ])
    expect(textsOf('a')).toEqual([{ path: '', text: 'a' }])
    expect([null, 1, true, [], {}].flatMap(textsOf)).toEqual([])
  })

  it('are no ids, types or data', () => {
    const value = {
      id: 'a', tool_call_id: 'b', messageId: 'c', type: 'd', data: 'e', mediaType: 'f',
      signature: 'g', url: 'data:image/png;base64,AAAA', image: 'QUJD'.repeat(100),
      name: 'kept', arguments: '{"kept":1}',
    }
    expect(textsOf(value).map(({ path }) => path)).toEqual(['/name', '/arguments'])
  })

  it('are cut where they grow too long', () => {
    const long = 'ab '.repeat(textLengthMax)
    expect(textsOf(long)[0]!.text).toHaveLength(textLengthMax)
    const parts = textsOf([long.slice(0, 100), long, 'c'])
    expect(parts.map(({ text }) => text.length)).toEqual([100, textLengthMax - 100])
  })
})

describe('the words of an index', () => {
  it('leave a place between texts', () => {
    expect(placesOf(indexWordsOf(['a b', { text: 'c' }]))).toEqual(['a', 'b', undefined, 'c'])
  })

  it('have so many places and no more', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => `w${index}`).join(' ')
    expect(placesOf(indexWordsOf(many))).toHaveLength(placesMax)
    expect(indexWordsOf([many, 'more']).places).toBe(placesMax)
    const often = placesOf(indexWordsOf('a b '.repeat(placesOfWordMax + 10)))
    expect(often.filter((word) => word === 'a')).toHaveLength(placesOfWordMax)
    expect(often.slice(-2)).toEqual([undefined, undefined])
  })
})
