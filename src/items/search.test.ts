import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type JsonValue } from '../database/json.js'
import { objectOf, valuesWanted } from '../testing/arbitraries.test.harness.js'
import { contract } from '../testing/index.js'
import { type ItemCondition, type ItemOperator } from './index.js'

/** Values that meet often: texts around what sorts oddly, numbers around what rounds oddly. */
const scalar = fc.constantFrom<JsonValue>(
  null, true, false, 0, -0, 1, 1.5, -1, 0.1, 0.30000000000000004, 1e21, 1e-7, 2 ** 53, 5e-324,
  1e308, '', 'a', 'B', 'b', 'é', 'z', '1', '10', '9', '😀', '\uffff', '\ue000', '\u0000', '\ud800',
  'null', '\\', '"',
)
const key = fc.constantFrom('a', 'b', 'a.b', '0', '', '$gt', '__proto__', '"', '\ud800')
const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof({ maxDepth: 2 }, { arbitrary: scalar, weight: 3 },
    fc.array(tie('value'), { maxLength: 2 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }).map(objectOf<JsonValue>)),
}))
const whole = fc.oneof({ arbitrary: value, weight: 1 }, {
  arbitrary: fc.array(fc.tuple(key, value), { maxLength: 4 }).map(objectOf<JsonValue>), weight: 4,
})
const operators: ItemOperator[] = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'nin']
const condition = fc.record({
  path: fc.array(key, { minLength: 1, maxLength: 2 }),
  operator: fc.constantFrom(...operators),
  value,
  values: fc.array(value, { maxLength: 3 }),
}).map(({ values, ...rest }): ItemCondition => ({
  ...rest, value: rest.operator === 'in' || rest.operator === 'nin' ? values : rest.value,
}))

const isObject = (given: unknown): given is Record<string, JsonValue> =>
  typeof given === 'object' && given !== null && !Array.isArray(given)

function isSame(one: JsonValue | undefined, other: JsonValue): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((each, index) => isSame(each, other[index]!))
  }
  if (!isObject(one) || !isObject(other)) return one === other
  const names = Object.keys(one)
  return names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSame(one[name]!, other[name]!))
}

/** What a condition means, as plainly as it can be said. */
function holds(given: JsonValue, { path, operator = 'eq', value: asked }: ItemCondition): boolean {
  let part: JsonValue | undefined = given
  for (const name of path) {
    part = isObject(part) && Object.hasOwn(part, name) ? part[name] : undefined
  }
  switch (operator) {
    case 'eq': return isSame(part, asked)
    case 'ne': return !isSame(part, asked)
    case 'in': return (asked as JsonValue[]).some((each) => isSame(part, each))
    case 'nin': return !(asked as JsonValue[]).some((each) => isSame(part, each))
  }
  if (typeof part !== typeof asked || !['number', 'string'].includes(typeof part)) return false
  const order = typeof part === 'number' ? part - Number(asked)
    : Buffer.compare(stored(String(part)), stored(String(asked)))
  return { gt: order > 0, gte: order >= 0, lt: order < 0, lte: order <= 0 }[operator]
}

/** What no engine can hold stands where U+FDD0 does. */
const stored = (given: string) => Buffer.from(given.replace(/[\u0000\ud800](?![\udc00-\udfff])/g,
  (unit) => `\ufdd0${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`))

contract('a filter of items', (open) => {
  it('finds what a model of it finds, on every engine', async () => {
    const world = await open()
    await fc.assert(fc.asyncProperty(
      fc.array(whole, { minLength: 1, maxLength: 30 }),
      fc.array(fc.array(condition, { minLength: 1, maxLength: 2 }), { minLength: 8, maxLength: 8 }),
      async (values, filters) => {
        const { id } = await world.holdfast.organizations.create({ name: 'model' })
        const { items } = world.holdfast.organization(id)
        await items.write(values.map((each, index) =>
          ({ put: { namespace: ['m'], key: String(index).padStart(2, '0'), value: each } })))
        const told = values.map((each, index) => ({ each, index }))
        // Whatever stands in a value is looked for, too: arbitrary conditions seldom hold.
        const likely = values.flatMap((each) => (isObject(each) ? Object.entries(each) : []))
          .slice(0, 6).flatMap(([name, each]) => operators.slice(0, 6).map((operator) =>
            [{ path: [name], operator, value: each }]))
        for (const filter of [...filters, ...likely]) {
          const { data } = await items.search({ filter, limit: 200 })
          expect(data.map((item) => Number(item.key)), JSON.stringify(filter)).toEqual(told
            .filter(({ each }) => filter.every((one) => holds(each, one)))
            .map(({ index }) => index))
        }
      }), { numRuns: valuesWanted(12) })
  })

  it('compares text by code point and numbers by size, never one with the other', async () => {
    const { organization: { items } } = await open()
    const values = [9, 10, '9', '10', 'a', 'B', 'é', '\ue000', '😀', true, null, [10], { n: 10 }]
    await items.write(values.map((n, index) =>
      ({ put: { namespace: ['m'], key: String(index).padStart(2, '0'), value: { n } } })))
    const found = async (operator: ItemOperator, asked: JsonValue) =>
      (await items.search({ filter: [{ path: ['n'], operator, value: asked }] })).data
        .map((item) => (item.value as { n: JsonValue }).n)
    expect(await found('gt', 9)).toEqual([10])
    expect(await found('gte', 9)).toEqual([9, 10])
    expect(await found('gt', 'B')).toEqual(['a', 'é', '\ue000', '😀'])
    expect(await found('lt', '9')).toEqual(['10'])
    expect(await found('gt', '\ue000')).toEqual(['😀'])
    for (const asked of [true, null, [10], { n: 10 }]) expect(await found('gte', asked)).toEqual([])
    expect(await found('eq', { n: 10 })).toEqual([{ n: 10 }])
    expect(await found('in', [true, '9', 11])).toEqual(['9', true])
    expect(await found('nin', values.slice(1))).toEqual([9])
    expect(await found('in', [])).toEqual([])
  })
})
