import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidCursor } from '../database/page.js'
import { anyText, valuesWanted } from '../testing/arbitraries.test.harness.js'
import { contract } from '../testing/index.js'
import { type ItemStore, type ListNamespaces } from './index.js'
import { decodeNamespace, encodeNamespace, rangeBelow, rangeOf } from './namespace.js'

/** Labels that meet often, and that other encodings take for something else. */
const label = fc.oneof(
  { arbitrary: fc.constantFrom(
    '', 'a', 'b', 'ab', '1', '10', '*', '%', '_', ':', '.', 'a.b', 'a:b', '\u0000', '\u0001',
    '\u0002', '\u0003', 'a\u0001', 'a\u0002', '\ufdd0', '\ud800', '\udc00', '😀', '\uffff',
  ), weight: 3 },
  { arbitrary: anyText, weight: 1 },
)
const namespace = fc.array(label, { minLength: 1, maxLength: 4 })

const startsWith = (whole: readonly string[], part: readonly string[]) =>
  part.length <= whole.length && part.every((each, index) => each === whole[index])

/** The order of stored text, which is that of its bytes. */
const compare = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other))

const isIn = (stored: string, { low, high }: { low: string; high: string | null }) =>
  compare(stored, low) >= 0 && (high === null || compare(stored, high) < 0)

describe('the text of a namespace', () => {
  const numRuns = valuesWanted(2_000)

  it('comes back label by label', () => {
    fc.assert(fc.property(namespace, (labels) => {
      expect(decodeNamespace(encodeNamespace(labels))).toEqual(labels)
    }), { numRuns })
  })

  it('is in a range exactly when the labels say so', () => {
    fc.assert(fc.property(namespace, namespace, fc.nat(4), (one, other, length) => {
      // Prefixes of each other are rare among arbitrary ones.
      for (const prefix of [other, one.slice(0, length)]) {
        const stored = encodeNamespace(one)
        expect(isIn(stored, rangeBelow(prefix))).toBe(startsWith(one, prefix))
        expect(isIn(stored, rangeOf(prefix)))
          .toBe(startsWith(one, prefix) && prefix.length === one.length)
      }
    }), { numRuns })
  })

  it('sorts label by label, by code point', () => {
    // What the border escapes stands where its mark does, so it is left out here.
    const plain = namespace.filter((labels) => !/[\ud800-\udfff\ufdd0]/.test(labels.join('')))
    const order = (one: readonly string[], other: readonly string[]): number => {
      const [first, second] = [one[0], other[0]]
      if (first === undefined || second === undefined) return one.length - other.length
      return Math.sign(compare(first, second)) || order(one.slice(1), other.slice(1))
    }
    fc.assert(fc.property(plain, plain, (one, other) => {
      expect(Math.sign(compare(encodeNamespace(one), encodeNamespace(other))))
        .toBe(Math.sign(order(one, other)))
    }), { numRuns })
  })
})

/** All namespaces a request lists, page by page. */
async function listed(items: ItemStore, request: ListNamespaces): Promise<string[][]> {
  const found: string[][] = []
  let cursor: string | undefined
  do {
    const page = await items.listNamespaces({ ...request, ...(cursor && { cursor }) })
    found.push(...page.data)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return found
}

type Pattern = readonly (string | null)[]

const fits = (pattern: Pattern, labels: readonly string[]) =>
  pattern.length <= labels.length &&
  pattern.every((each, index) => each === null || each === labels[index])

/** What a list of namespaces must be, as plainly as it can be said. */
function wanted(all: readonly string[][], { prefix = [], suffix = [], maxDepth }: ListNamespaces) {
  const kept = all.filter((labels) => fits(prefix, labels) &&
    fits([...suffix].reverse(), [...labels].reverse()))
  const cut = kept.map((labels) => labels.slice(0, maxDepth))
  return [...new Map(cut.map((labels) => [JSON.stringify(labels), labels])).values()]
    .sort((one, other) => compare(encodeNamespace(one), encodeNamespace(other)))
}

const pattern = fc.array(fc.oneof(label, fc.constant(null)), { maxLength: 3 })
const request = fc.record({
  prefix: pattern, suffix: pattern, maxDepth: fc.integer({ min: 1, max: 4 }),
}, { requiredKeys: [] })

contract('namespaces', (open) => {
  it('are found, listed and cleared as a model of them says', async () => {
    const world = await open()
    const runs = { numRuns: valuesWanted(15) }
    await fc.assert(fc.asyncProperty(
      fc.uniqueArray(namespace, { minLength: 1, maxLength: 25, selector: encodeNamespace }),
      fc.array(request, { minLength: 4, maxLength: 4 }), fc.tuple(fc.nat(24), fc.nat(3)),
      async (all, requests, [chosen, depth]) => {
        const { id } = await world.holdfast.organizations.create({ name: 'model' })
        const { items } = world.holdfast.organization(id)
        await items.write(all.map((each) => ({ put: { namespace: each, key: 'k', value: 1 } })))
        for (const each of requests) {
          expect(await listed(items, { ...each, limit: 3 })).toEqual(wanted(all, each))
        }
        const prefix = all[chosen % all.length]!.slice(0, depth + 1)
        const below = wanted(all, { prefix })
        const { data } = await items.search({ prefix, limit: 200 })
        expect(data.map((item) => item.namespace)).toEqual(below)
        expect(await items.clear([prefix], { below: true })).toBe(below.length)
        const left = all.filter((each) => !startsWith(each, prefix))
        expect(await listed(items, {})).toEqual(wanted(left, {}))
      }), runs)
  })

  it('are listed by offset, and by a cursor that fits no other list', async () => {
    const { organization: { items } } = await open()
    const all = Array.from({ length: 30 }, (_, index) => [`n${index % 10}`, `m${index}`])
    await items.write(all.map((each) => ({ put: { namespace: each, key: 'k', value: 1 } })))
    const whole = await listed(items, { maxDepth: 1 })
    expect(whole).toHaveLength(10)
    const page = await items.listNamespaces({ maxDepth: 1, offset: 4, limit: 3 })
    expect(page.data).toEqual(whole.slice(4, 7))
    const rest = await items.listNamespaces({ maxDepth: 1, cursor: page.nextCursor! })
    expect(rest).toEqual({ data: whole.slice(7), nextCursor: null })
    await expect(items.listNamespaces({ maxDepth: 2, cursor: page.nextCursor! }))
      .rejects.toThrow(InvalidCursor)
    for (const [fault, field] of [
      [{ maxDepth: 0 }, 'maxDepth'], [{ prefix: 'a' }, 'prefix'], [{ suffix: [1] }, 'suffix[0]'],
      [{ limit: 0 }, 'limit'], [{ offset: 100_001 }, 'offset'],
    ] as const) {
      await expect(items.listNamespaces(fault as never)).rejects.toMatchObject({ field })
    }
  })

  it('are passed over by the thousand where they do not match or are cut', async () => {
    const { organization: { items } } = await open()
    for (const begin of [0, 1_000, 2_000]) {
      await items.write(Array.from({ length: 1_000 }, (_, index) => ({ put: {
        namespace: ['users', `u${String(begin + index).padStart(4, '0')}`], key: 'k', value: 1,
      } })))
    }
    await items.put({ namespace: ['zoo', 'last'], key: 'k', value: 1 })
    expect(await listed(items, { maxDepth: 1 })).toEqual([['users'], ['zoo']])
    expect(await listed(items, { suffix: ['last'] })).toEqual([['zoo', 'last']])
    expect(await listed(items, { prefix: [null, 'u2999'] })).toEqual([['users', 'u2999']])
    expect(await listed(items, { limit: 200, prefix: ['users'] })).toHaveLength(3_000)
  })
})
