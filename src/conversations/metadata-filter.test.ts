import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type JsonValue } from '../database/json.js'
import { InvalidCursor } from '../database/page.js'
import { InvalidInput, InvalidValue } from '../errors.js'
import {
  anyJson, anyText, nested, objectOf, valuesWanted,
} from '../testing/arbitraries.test.harness.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { type Metadata } from './index.js'

type Conversations = ContractWorld['organization']['conversations']

const kindOf = (value: JsonValue): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value

/** What containment means, as plainly as it can be said. */
function contains(whole: JsonValue, part: JsonValue): boolean {
  if (kindOf(whole) !== kindOf(part)) return false
  if (Array.isArray(part)) {
    const elements = whole as JsonValue[]
    return part.every((wanted) => elements.some((each) => contains(each, wanted)))
  }
  if (kindOf(part) !== 'object') return whole === part
  const members = new Map(Object.entries(whole as Metadata))
  return Object.entries(part as Metadata)
    .every(([key, value]) => members.has(key) && contains(members.get(key)!, value))
}

const metadataOf = fc.array(
  fc.tuple(fc.oneof(anyText, fc.constantFrom('a', 'b', 'a.b', '"', '$', '__proto__')), anyJson),
  { maxLength: 5 },
).map((members) => objectOf<JsonValue>(members)) as fc.Arbitrary<Metadata>

/** Small words, so that values meet often. */
const smallJson = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<JsonValue>(null, true, 0, -0, 1, 1.5, '1', '', 'a', '\u0000', '\ud800'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'a.b', '"a"', '\ufdd0'), tie('value'), { maxKeys: 3 }),
  ),
})).value
const smallMetadata =
  fc.dictionary(fc.constantFrom('a', 'b', 'a.b'), smallJson, { maxKeys: 3 }) as
    fc.Arbitrary<Metadata>

/** A part of a value: members and elements left out, the rest in another order, some twice. */
function partOf(value: JsonValue, chance: () => number): JsonValue {
  if (Array.isArray(value)) {
    const kept = value.filter(() => chance() < 0.7).map((each) => partOf(each, chance))
    return chance() < 0.3 ? [...kept, ...kept].reverse() : kept.reverse()
  }
  if (kindOf(value) !== 'object') return value
  return objectOf(Object.entries(value as Metadata).filter(() => chance() < 0.7)
    .map(([key, each]) => [key, partOf(each, chance)] as const))
}

/** Every conversation that the filter finds, by pages to the end. */
async function found(conversations: Conversations, metadata: Metadata, limit = 7) {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await conversations.list({ metadata, limit, ...(cursor && { cursor }) })
    ids.push(...page.data.map(({ id }) => id))
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return ids
}

/** Conversations with these metadata, newest first, as a filter must find them. */
async function made(conversations: Conversations, all: readonly Metadata[]) {
  const rows: { id: string; metadata: Metadata }[] = []
  for (const metadata of all) {
    const { id } = await conversations.create({ metadata })
    rows.unshift({ id, metadata })
  }
  return (filter: Metadata) =>
    rows.filter(({ metadata }) => contains(metadata, filter)).map(({ id }) => id)
}

contract('conversations by metadata', (open) => {
  it('are found where it contains the filter', async () => {
    const { organization: { conversations } } = await open()
    const cases: [Metadata, Metadata, boolean][] = [
      [{}, {}, true], [{ a: 1 }, {}, true], [{ a: 1, b: 2 }, { a: 1 }, true],
      [{ a: 1 }, { a: 1.0 }, true], [{ a: 100 }, { a: 1e2 }, true], [{ a: 0 }, { a: -0 }, true],
      [{ a: 1 }, { a: '1' }, false], [{ a: null }, { a: null }, true], [{}, { a: null }, false],
      [{ a: null }, { a: false }, false], [{ a: [1, 2, 3] }, { a: [3, 1] }, true],
      [{ a: [1, 2] }, { a: [1, 1, 1] }, true], [{ a: [1, 2] }, { a: 1 }, false],
      [{ a: 1 }, { a: [1] }, false], [{ a: [1] }, { a: [] }, true], [{ a: {} }, { a: [] }, false],
      [{ a: [[1, 2]] }, { a: [1] }, false], [{ a: [[1, 2], 3] }, { a: [[2]] }, true],
      [{ a: [{ b: 1, c: 2 }] }, { a: [{ c: 2 }] }, true],
      [{ a: [{ b: 1 }, { c: 2 }] }, { a: [{ b: 1, c: 2 }] }, false],
      [{ 'a.b': 1 }, { 'a.b': 1 }, true], [{ a: { b: 1 } }, { 'a.b': 1 }, false],
      [{ '"': '\\' }, { '"': '\\' }, true], [{ '\u0000': '\ud800' }, { '\u0000': '\ud800' }, true],
      [{ a: '\u0000' }, { a: '\ufdd00000' }, false], [{ a: 'é' }, { a: 'e\u0301' }, false],
      [objectOf<JsonValue>([['__proto__', 1]]), objectOf<JsonValue>([['__proto__', 1]]), true],
      [{}, { toString: 1 }, false], [{ a: 2 ** 53 }, { a: 2 ** 53 + 2 }, false],
    ]
    for (const [metadata, filter, isFound] of cases) {
      const { id } = await conversations.create({ metadata })
      const ids = (await conversations.list({ metadata: filter, limit: 200 })).data
        .map((conversation) => conversation.id)
      expect([metadata, filter, ids.includes(id)]).toEqual([metadata, filter, isFound])
    }
  })

  it('are the same as by the plain definition, on every engine', async () => {
    const { organization: { conversations } } = await open()
    const count = valuesWanted(60)
    const seed = Number(process.env.HOLDFAST_TEST_SEED ?? Date.now() % 2 ** 31)
    const sample = <V>(arbitrary: fc.Arbitrary<V>, numRuns: number) =>
      fc.sample(arbitrary, { seed, numRuns })
    const all = [...sample(smallMetadata, count), ...sample(metadataOf, count)]
    const expected = await made(conversations, all)
    const random = fc.sample(fc.infiniteStream(fc.double({ min: 0, max: 0.999 })),
      { seed, numRuns: 1 })[0]!
    const chance = () => random.next().value as number
    const filters = [...all.map((each) => partOf(each, chance) as Metadata),
      ...sample(smallMetadata, count)].filter((each) => JSON.stringify(each).length < 900)
    let several = 0
    for (const filter of filters) {
      const ids = await found(conversations, filter, 200)
      expect(ids, `seed ${seed}, ${JSON.stringify(filter)}`).toEqual(expected(filter))
      if (ids.length > 1 && ids.length < all.length) several += 1
    }
    expect(several).toBeGreaterThan(count / 20)
  }, 60_000)

  it('are paged to the end, with other filters and beside a neighbour’s', async () => {
    const { organization, neighbour } = await open()
    const { conversations, participants } = organization
    const metadata = { topic: ['a', { b: 1 }] }
    await neighbour.conversations.create({ metadata })
    const expected = await made(conversations, Array.from({ length: 25 }, (_, index) =>
      (index % 2 === 0 ? { ...metadata, index } : { index })))
    const ids = await found(conversations, { topic: [{ b: 1 }] })
    expect(ids).toEqual(expected({ topic: [{ b: 1 }] }))
    expect(ids).toHaveLength(13)
    const participant = 'agent:a'
    await participants.put({ conversationId: ids[3]!, participant }, { role: 'member' })
    await conversations.update(ids[2]!, { archived: true })
    const filter = { metadata: { topic: ['a'] } }
    const list = async (listing: object) =>
      (await conversations.list({ ...filter, ...listing })).data.map(({ id }) => id)
    expect(await list({ participant })).toEqual([ids[3]])
    expect(await list({ archived: true })).toEqual([ids[2]])
    const { nextCursor } = await conversations.list({ metadata, limit: 1 })
    for (const other of [{ metadata: {} }, {}]) {
      await expect(conversations.list({ ...other, cursor: nextCursor! }))
        .rejects.toThrow(InvalidCursor)
    }
  })

  it('are found after a change by what it says now', async () => {
    const { organization: { conversations } } = await open()
    const { id } = await conversations.create({ metadata: { state: 'open' } })
    await conversations.update(id, { metadata: { state: 'done' } })
    expect(await found(conversations, { state: 'open' })).toEqual([])
    expect(await found(conversations, { state: 'done' })).toEqual([id])
  })

  it('refuse a filter that is no object, too long or too deep', async () => {
    const { organization: { conversations } } = await open()
    const refused: [unknown, typeof InvalidInput][] = [
      [[], InvalidInput], [null, InvalidInput], ['a', InvalidInput],
      [{ a: 'x'.repeat(2_000) }, InvalidInput], [{ a: undefined }, InvalidValue],
      [{ a: nested(201, 1) }, InvalidValue],
    ]
    for (const [metadata, kind] of refused) {
      await expect(conversations.list({ metadata: metadata as never })).rejects.toThrow(kind)
    }
    await conversations.create({ metadata: { a: nested(199, 1) } })
    expect((await conversations.list({ metadata: { a: nested(199, 1) } })).data).toHaveLength(1)
  })
})
