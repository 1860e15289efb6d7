import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyText } from '../testing/arbitraries.test.harness.js'
import { cursorOf, InvalidCursor, keyOf, pageOf } from './page.js'

const list = ['messages', 'organization', 'conversation', 'asc', null]
const anyPart = fc.oneof(anyText, fc.integer(), fc.constant(null), fc.boolean())
const anyList = fc.array(anyPart, { minLength: 1, maxLength: 5 })
const anyKey = fc.array(fc.oneof(anyText, fc.maxSafeInteger().map((each) => each + 0)), {
  minLength: 1, maxLength: 4,
})

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const decoded = (cursor: string) =>
  JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]

function expectRefused(cursor: unknown, from: readonly unknown[] = list): void {
  expect(() => keyOf(from, cursor as string)).toThrow(InvalidCursor)
  expect(() => keyOf(from, cursor as string)).toThrow(/next_cursor of this same list/)
}

describe('a cursor', () => {
  it('gives back the key it was made of', () => {
    fc.assert(fc.property(anyList, anyKey, (from, key) => {
      expect(keyOf(from, cursorOf(from, key))).toStrictEqual(key)
    }))
  })

  it('may stand in a URL as it is', () => {
    fc.assert(fc.property(anyList, anyKey, (from, key) => /^[\w-]+$/.test(cursorOf(from, key))))
  })

  it('of another list is refused', () => {
    fc.assert(fc.property(anyList, anyList, anyKey, (from, other, key) => {
      fc.pre(JSON.stringify(from) !== JSON.stringify(other))
      expectRefused(cursorOf(other, key), from)
    }))
    for (const [index] of list.entries()) {
      const other = list.map((part, at) => (at === index ? 'another' : part))
      expectRefused(cursorOf(other, [5]))
    }
    expectRefused(cursorOf(['messagesorganization', ...list.slice(2)], [5]))
  })

  it('that was edited is refused, whatever character was changed', () => {
    const cursor = cursorOf(list, [123, 'abc'])
    for (let index = 0; index < cursor.length; index++) {
      const other = cursor[index] === 'A' ? 'B' : 'A'
      expectRefused(cursor.slice(0, index) + other + cursor.slice(index + 1))
      expectRefused(cursor.slice(0, index))
    }
    for (const added of ['A', '=', ' ', '\n', '.', '==']) {
      expectRefused(cursor + added)
      expectRefused(added + cursor)
    }
  })

  it('with another key under the same seal is refused', () => {
    const [seal, ...key] = decoded(cursorOf(list, [7]))
    expect(key).toEqual([7])
    expect(keyOf(list, encoded([seal, 7]))).toEqual([7])
    for (const other of [8, '7', null, [7], { 7: 7 }]) expectRefused(encoded([seal, other]))
    expectRefused(encoded([seal]))
    expectRefused(encoded([seal, 7, 7]))
    expectRefused(encoded([seal, 7.5]))
  })

  it('of another version of the format is refused', () => {
    const seal = createHash('sha256').update(JSON.stringify([list, '[7]'])).digest('base64url')
    for (const other of [seal, seal.slice(0, 15), seal.slice(0, 17), '', 'v2', 2, null]) {
      expectRefused(encoded([other, 7]))
    }
    const [mark] = decoded(cursorOf(list, [7]))
    expectRefused(encoded([2, mark, 7]))
    expectRefused(encoded({ version: 2, seal: mark, key: [7] }))
    expectRefused(Buffer.from(JSON.stringify([mark, 7])).toString('base64'))
    expectRefused(Buffer.from(JSON.stringify([mark, 7])).toString('hex'))
    expectRefused(Buffer.from(` ${JSON.stringify([mark, 7])}`).toString('base64url'))
  })

  it('that is garbage is refused', () => {
    fc.assert(fc.property(fc.oneof(anyText, fc.base64String(), fc.json()), (text) => {
      expectRefused(text)
      expectRefused(Buffer.from(text).toString('base64url'))
    }))
    for (const value of ['', 'null', undefined, null, 7, {}, [], true]) expectRefused(value)
    for (const json of [null, 7, 'text', {}, [], [[]], [null], '[]']) expectRefused(encoded(json))
    expectRefused(Buffer.from('['.repeat(100_000)).toString('base64url'))
    expectRefused('A'.repeat(1_000_000))
  })

  it('names the field at fault', () => {
    expect.assertions(1)
    try {
      keyOf(list, 'x')
    } catch (error) {
      expect(error).toMatchObject({ field: 'cursor', status: 400, code: 'invalid_cursor' })
    }
  })
})

describe('a page', () => {
  const cursor = (last: number) => `after ${last}`

  it('is the last when no surplus row follows', () => {
    expect(pageOf([1, 2, 3], 3, cursor)).toEqual({ data: [1, 2, 3], nextCursor: null })
    expect(pageOf([], 3, cursor)).toEqual({ data: [], nextCursor: null })
  })

  it('ends at its limit and goes on after its own last row', () => {
    expect(pageOf([1, 2, 3, 4], 3, cursor)).toEqual({ data: [1, 2, 3], nextCursor: 'after 3' })
    expect(pageOf([1, 2], 1, cursor)).toEqual({ data: [1], nextCursor: 'after 1' })
  })
})
