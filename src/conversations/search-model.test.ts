import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { InvalidInput } from '../errors.js'
import { fulfils, indexWordsOf, placesOf, queryOf } from '../search/index.js'
import { anyText, valuesWanted } from '../testing/arbitraries.test.harness.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { type Message } from './tables.js'

/** Few enough that they meet, of every kind that some engine treats in a way of its own. */
const vocabulary = [
  'agent', 'Agents', 'tool', 'café', 'cafe', 'CAFE', 'Straße', 'strasse', 'İstanbul', 'istanbul',
  'ısı', 'ISI', '北京', '京大', '北京大学', '学', 'とか', 'カナ', 'ﾊﾟﾝ', 'ภาษา', 'ไทย', 'العربية',
  'हिन्दी', '한국어', '🚀', '👩‍💻', '🇩🇪', 'snake_case', 'camelCase', 'a.b', '/usr/lib', '1.5', '15', '1',
  'ann@example.org', 'https://example.org/a?b=1', 'don\'t', 'don’t', 'e-mail', 'x', 'the', 'AND',
  'OR', 'NOT', 'NEAR', 'z'.repeat(2_100), '𐐀𐐁', '\0', '\ud800', '\udfff', '\ufdd0', '½', '😀',
]

const piece = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...vocabulary) },
  { weight: 1, arbitrary: anyText },
)
const between = fc.constantFrom(' ', ' ', ' ', '', '\n', '-', '，', '\t')
const text = fc.array(fc.tuple(piece, between), { maxLength: 14 })
  .map((pieces) => pieces.flat().join(''))
const content = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 1, arbitrary: fc.array(fc.record({ type: fc.constant('text'), text })) },
  { weight: 1, arbitrary: fc.record({ id: text, note: text, more: fc.array(text) }) },
)

const part = fc.tuple(
  fc.constantFrom('', '', '', '-'),
  fc.oneof(piece, fc.tuple(piece, between, piece).map((parts) => `"${parts.join('')}"`)),
  fc.constantFrom('', '', '*'),
).map((parts) => parts.join(''))

/** Most are queries that somebody means; some are what a syntax might stumble over. */
const query = fc.oneof(
  { weight: 6, arbitrary: fc.array(part, { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join(' ')) },
  { weight: 1, arbitrary: anyText },
  { weight: 1, arbitrary: fc.array(fc.constantFrom('"', '*', '-', '(', ')', ':', '^', '{', '}',
    '\\', '\'', '&', '|', '!', '<->', '+', ';', '%', 'AND', 'OR', 'NOT', 'NEAR(', 'a', ' '))
    .map((signs) => signs.join('')) },
).filter((each) => each.length <= 1_000)

type Listed = readonly Message[]

const place = ({ createdAt, id, conversationId }: Message) => `${createdAt} ${id} ${conversationId}`

/** What must be found: newest first, then by id. */
const expected = (all: Listed, q: string): string[] =>
  all.filter((message) => fulfils(placesOf(indexWordsOf(message.content)), queryOf(q)))
    .sort((a, b) => (place(a) < place(b) ? 1 : -1)).map(({ id }) => id)

async function found({ organization: { messages } }: ContractWorld, q: string): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await messages.search({ q, limit: 7, cursor })
    ids.push(...page.data.map(({ message }) => message.id))
    for (const { highlight } of page.data) {
      const { snippet, ranges } = highlight!
      expect(snippet.length).toBeLessThanOrEqual(240)
      expect(ranges.length).toBeGreaterThan(0)
      for (const { start, end } of ranges) expect(start).toBeLessThan(Math.min(end, 241))
    }
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return ids
}

contract('full-text search beside a naive model', (open) => {
  it('finds the same, whatever is written and whatever is asked', async () => {
    const world = await open()
    const { holdfast, organization: { conversations, messages }, neighbour } = world
    const [one, other, theirs] = [
      await conversations.create(), await conversations.create(),
      await neighbour.conversations.create(),
    ]
    const contents = fc.sample(content, { numRuns: 150, seed: 5 })
    const all: Message[] = []
    for (const [index, each] of contents.entries()) {
      const { id } = index % 2 === 0 ? one : other
      // Ids that are given stand in no order of time.
      const given = index % 3 === 0 ? { id: randomUUID() } : {}
      all.push(await messages.append(id, { role: 'user', content: each, ...given }))
      // A part is indexed, some of it together with what comes later, and the end is not.
      if (index % 40 === 39) await holdfast.indexer().pass()
      await neighbour.messages.append(theirs.id, { role: 'user', content: each })
    }
    let hits = 0
    await fc.assert(fc.asyncProperty(query, async (q) => {
      const ids = expected(all, q)
      hits += ids.length
      expect(await found(world, q)).toEqual(ids)
    }), { numRuns: valuesWanted(60), examples: [['"'], ['*'], ['-'], ['""*'], ['-agent']] })
    expect(hits).toBeGreaterThan(100)
  }, 120_000)

  it('refuses a query only for its length', async () => {
    const { organization: { messages } } = await open()
    const refused = ['a'.repeat(1_001), 'a '.repeat(33)]
    for (const q of refused) {
      await expect(messages.search({ q })).rejects.toThrow(InvalidInput)
      await expect(messages.search({ q })).rejects.toMatchObject({ field: 'q' })
    }
    expect(await messages.search({ q: 'a '.repeat(32) }))
      .toEqual({ data: [], nextCursor: null, complete: true })
  })
})
