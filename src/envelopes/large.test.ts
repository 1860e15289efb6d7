import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { type ContractWorld, contract } from '../testing/index.js'
import { watchedBackend } from '../testing/plans.test.harness.js'
import { DeliveryStore, EnvelopeStore, type EnvelopeTables } from './index.js'

const large = { text: 'x'.repeat(1_000_000) }

/** Stores of a conversation, and what they send. */
async function begun({ holdfast, organizationId, organization }: ContractWorld) {
  const { id: conversationId } = await organization.conversations.create()
  const seen: Statement[] = []
  const watching = watchedBackend(holdfast.backend, (statement) => seen.push(statement))
  const database = Database.over<EnvelopeTables>(watching)
  const scope = { organizationId, actor: { id: 'x' } }
  const envelopes = new EnvelopeStore(database, scope, holdfast)
  await envelopes.open(conversationId, 'x')
  const deliveries = new DeliveryStore(database, scope, holdfast)
  return { conversationId, seen, envelopes, deliveries, organization }
}

/** Characters or bytes of parameters. */
const sizeOf = (given: unknown): number => (Array.isArray(given)
  ? given.reduce((sum: number, each) => sum + sizeOf(each), 0)
  : (given as { readonly length?: number } | null)?.length ?? 1)

const numbersTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

/** The numbers of a list, read to its end, and the length of its first page. */
async function walked(
  page: (after: number) => Promise<readonly { readonly number: number }[]>,
): Promise<{ readonly first: number; readonly numbers: number[] }> {
  const numbers: number[] = []
  let first: number | undefined
  for (let after = 0; ;) {
    const rows = await page(after)
    first ??= rows.length
    if (rows.length === 0) return { first, numbers }
    numbers.push(...rows.map(({ number }) => number))
    after = numbers.at(-1)!
  }
}

contract('large envelopes', (open) => {
  it('are listed in pages that end early, and none is left out', async () => {
    const { conversationId, envelopes } = await begun(await open())
    for (let count = 0; count < 20; count += 1) {
      await envelopes.keep({ conversationId, sender: 'a', body: large, pending: {} })
    }
    const { first, numbers } = await walked((after) =>
      envelopes.list(conversationId, { after, limit: 50 }))
    expect(first).toBeLessThan(20)
    expect(numbers).toStrictEqual(numbersTo(20))
    const { numbers: pairs } = await walked((after) =>
      envelopes.list(conversationId, { after, limit: 2 }))
    expect(pairs).toStrictEqual(numbersTo(20))
  })
})

contract('large deliveries', (open) => {
  it('are listed in pages that end early, and none is left out', async () => {
    const { conversationId, deliveries } = await begun(await open())
    const given = numbersTo(20).map((count) =>
      ({ recipient: `tag:${count % 2}`, serviceUrl: 'http://a/', body: large }))
    const added = await deliveries.add({ conversationId, number: 1 }, given)
    for (const each of added) await deliveries.settle(each, 'dead')
    const { first, numbers } = await walked((after) =>
      deliveries.list(conversationId, { after, limit: 50 }))
    expect(first).toBeLessThan(20)
    expect(numbers).toStrictEqual(numbersTo(20))
    const { numbers: odd } = await walked((after) =>
      deliveries.list(conversationId, { after, recipient: 'tag:1' }))
    expect(odd).toStrictEqual(numbersTo(20).filter((number) => number % 2 === 1))
    const dead = await deliveries.dead({ limit: 50 })
    expect(dead.data.length).toBeLessThan(20)
    const rest = await deliveries.dead({ cursor: dead.nextCursor! })
    expect([...dead.data, ...rest.data].map(({ number }) => number)).toStrictEqual(numbersTo(20))
    expect(dead.data.every(({ body }) => body.text === large.text)).toBe(true)
  })

  it('to many agents are written a few at a time', async () => {
    const { conversationId, deliveries, seen } = await begun(await open())
    const given = numbersTo(20).map((count) =>
      ({ recipient: `tag:${count}`, serviceUrl: null, body: count === 7 ? { own: 1 } : large }))
    seen.length = 0
    await deliveries.add({ conversationId, number: 1 }, given)
    const lengths = seen.map(({ parameters }) => sizeOf(parameters))
    expect(Math.max(...lengths)).toBeLessThan(12_000_000)
    const { numbers } = await walked((after) => deliveries.list(conversationId, { after }))
    expect(numbers).toStrictEqual(numbersTo(20))
    const [seventh] = await deliveries.list(conversationId, { after: 6, limit: 1 })
    expect(seventh!.body).toStrictEqual({ own: 1 })
  })
})
