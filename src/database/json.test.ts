import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidValue } from '../errors.js'
import {
  anyJson, anyText, differenceOf, nested, valuesWanted,
} from '../testing/arbitraries.test.harness.js'
import { jsonDepthMax, type JsonValue } from './json.js'
import { decodeJson, decodeText, encodeJson, encodeText, textLengthMax } from './values.js'

const tooDeep = /nested deeper than 200 levels$/
const numRuns = valuesWanted(4_000)

/** The error of a refusal: its class, the field it names and what it says. */
function refusal(value: unknown): { field: string | undefined; message: string } {
  try {
    encodeJson(value, 'content')
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidValue)
    const { field, message } = error as InstanceType<typeof InvalidValue>
    return { field, message }
  }
  throw new Error('the value was not refused')
}

describe('JSON', () => {
  it('comes back from its stored form to the last bit and key', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(differenceOf(decodeJson(encodeJson(value, 'content')), value)).toBeUndefined()
      }),
      { numRuns },
    )
  })

  it('is stored as text that every engine takes: no U+0000, no lone surrogate', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const stored = encodeJson(value, 'content')
        const strings: string[] = []
        JSON.parse(stored, (key, item: unknown) => {
          strings.push(key, typeof item === 'string' ? item : '')
          return item
        })
        for (const text of [stored, ...strings]) {
          expect(text.includes('\0')).toBe(false)
          expect(Buffer.from(text).toString()).toBe(text)
        }
      }),
    )
  })

  it('keeps values that JSON.stringify alone would lose', () => {
    const values: JsonValue[] = [
      -0, [-0, 0], { a: -0 }, '\ud800', ['\udc00\ud800'], { '\ud800': '\0' }, '\ufdd0',
      '\ufdd0FDD0', '\ufdd0\ufdd00000',
      { ['__proto__']: { ['__proto__']: null } }, { ['__proto__']: '\0', b: '\ufdd0' },
      { constructor: 1, toString: 2, hasOwnProperty: 3, toJSON: 4 }, { '': { '': '' } },
      { b: 1, a: 2, 10: 3, 9: 4, '-1': 5 }, 1e308, 5e-324, 1e21, [[], {}, [[]]],
    ]
    for (const value of values) {
      const back = decodeJson(encodeJson(value, 'content'))
      expect(differenceOf(back, value)).toBeUndefined()
      expect(back).toStrictEqual(value)
    }
  })

  it('never takes a key __proto__ for the prototype', () => {
    const value = JSON.parse('{"__proto__": {"admin": "\\u0000"}}') as JsonValue
    const back = decodeJson(encodeJson(value, 'content')) as { admin?: unknown }
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect(back.admin).toBeUndefined()
    expect(Object.keys(back)).toEqual(['__proto__'])
  })

  it('takes objects without a prototype for plain ones', () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1 })
    expect(decodeJson(encodeJson(bare, 'content'))).toStrictEqual({ a: 1 })
  })

  it(`may be ${jsonDepthMax} levels deep and no deeper`, () => {
    for (const inmost of [1, -0, '\0']) {
      const deepest = nested(jsonDepthMax, inmost)
      expect(differenceOf(decodeJson(encodeJson(deepest, 'content')), deepest)).toBeUndefined()
      expect(refusal(nested(jsonDepthMax, [inmost])).message).toMatch(tooDeep)
    }
    expect(refusal(nested(100_000, 1)).message).toMatch(tooDeep)
  })

  it('may be 16 Mi characters long and no longer', () => {
    const longest = 'x'.repeat(textLengthMax - 2)
    expect(encodeJson(longest, 'content')).toHaveLength(textLengthMax)
    const refused = refusal([longest])
    expect(refused.message).toBe('content is longer than 16777216 characters of JSON')
    expect(refused.field).toBe('content')
  })

  it('that would become longer than a string can be is refused, not attempted', () => {
    const long = 'x'.repeat(2 ** 20)
    expect(refusal(new Array(2 ** 16).fill(long)).message).toMatch(/longer than 16777216/)
    let shared: JsonValue = []
    const key = 'x'.repeat(1_000)
    for (let level = 0; level < 100; level++) shared = { [key]: shared, again: shared }
    expect(refusal(shared).message).toMatch(/longer than 16777216/)
  })
})

describe('a value that JSON cannot hold', () => {
  const cyclic: unknown[] = []
  cyclic.push(cyclic)
  const knot: Record<string, unknown> = {}
  knot.self = { knot }
  class Point { x = 1 }
  class Names extends Array<string> {}
  const sparse = [1, 2, 3]
  delete sparse[1]
  const withToJson = Object.assign([1], { toJSON: () => 'another' })
  const refusals: [name: string, value: unknown, rule: RegExp][] = [
    ['undefined', undefined, /^content(\.\S+)? is undefined, which JSON cannot hold$/],
    ['NaN', Number.NaN, /is NaN, which JSON cannot hold$/],
    ['Infinity', Number.POSITIVE_INFINITY, /is Infinity, which JSON cannot hold$/],
    ['-Infinity', Number.NEGATIVE_INFINITY, /is -Infinity, which JSON cannot hold$/],
    ['a bigint', 1n, /is bigint, which JSON cannot hold$/],
    ['a function', () => 1, /is function, which JSON cannot hold$/],
    ['a symbol', Symbol('s'), /is symbol, which JSON cannot hold$/],
    ['a Date', new Date(0), /has a toJSON method|is not a plain object/],
    ['a Map', new Map([[1, 2]]), /is not a plain object/],
    ['a Set', new Set([1]), /is not a plain object/],
    ['a RegExp', /x/, /is not a plain object/],
    ['a class instance', new Point(), /is not a plain object/],
    ['a boxed number', Object(1), /is not a plain object/],
    ['a boxed string', Object('x'), /is not a plain object/],
    ['bytes', new Uint8Array(2), /is not a plain object/],
    ['a promise', Promise.resolve(1), /is not a plain object/],
    ['an error', new Error('x'), /is not a plain object/],
    ['an object with a toJSON method', { toJSON: () => 1 }, /has a toJSON method/],
    ['an array with a toJSON method', withToJson, /has a toJSON method/],
    ['a sparse array', sparse, /\[1\] is undefined/],
    ['an array with further properties', 'ab'.match(/a/), /has properties beside its elements/],
    ['an instance of a kind of array', Names.of('a'), /is not a plain array/],
    ['a key that is a symbol', { [Symbol('k')]: 1 }, /has a symbol for a key/],
    ['a cyclic array', cyclic, tooDeep],
    ['a cyclic object', knot, tooDeep],
  ]

  for (const [name, value, rule] of refusals) {
    it(`is refused with its path: ${name}`, () => {
      expect(refusal(value).message).toMatch(rule)
      const inside = refusal({ list: ['fine', { key: value }], nul: '\0' })
      expect(inside.message).toMatch(rule)
      expect(inside.field).toMatch(/^content\.list\[1\]\.key/)
      expect(inside.message.startsWith(`${inside.field} `)).toBe(true)
    })
  }
})

describe('text', () => {
  it('comes back from its stored form', () => {
    fc.assert(
      fc.property(anyText, (text) => decodeText(encodeText(text, 'title')) === text),
      { numRuns },
    )
  })

  it('is stored without U+0000 and lone surrogates, two texts never alike', () => {
    const hard = fc.string({
      unit: fc.constantFrom('\0', '\ufdd0', '\ud800', '\udc00', '0', 'F', 'D', '8', 'C'),
    })
    fc.assert(
      fc.property(hard, hard, (one, two) => {
        const stored = encodeText(one, 'title')
        expect(Buffer.from(stored).toString()).toBe(stored)
        expect(stored.includes('\0')).toBe(false)
        expect(encodeText(two, 'title') === stored).toBe(one === two)
      }),
      { numRuns: 4_000 },
    )
  })

  it('without anything special is stored as it is', () => {
    for (const text of ['', 'plain', 'é 😀 \n \u2028', '\ufffd\ufffe\uffff', '%_\\\'"']) {
      expect(encodeText(text, 'title')).toBe(text)
    }
  })

  it('may be 16 Mi characters long and no longer', () => {
    const longest = 'x'.repeat(textLengthMax)
    expect(encodeText(longest, 'title')).toBe(longest)
    expect(() => encodeText(`${longest}x`, 'title')).toThrow(
      'title is longer than 16777216 characters')
  })

  it('is refused when it is no string', () => {
    for (const value of [undefined, null, 7, ['x'], new String('x')]) {
      expect(() => encodeText(value as string, 'title')).toThrow('title must be a string')
    }
  })
})
