import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { contract } from '../testing/index.js'
import { analyze, planOf, watchedBackend } from '../testing/plans.test.harness.js'
import { DeliveryStore, EnvelopeStore, type EnvelopeTables } from './index.js'

contract('deliveries of an agent that had many', (open) => {
  it('are found by those that wait or are given up, whatever went before', async () => {
    const world = await open()
    const { holdfast, organizationId, organization } = world
    const { id: conversationId } = await organization.conversations.create()
    const seen: Statement[] = []
    const watching = watchedBackend(holdfast.backend, (statement) => seen.push(statement))
    const database = Database.over<EnvelopeTables>(watching)
    const scope = { organizationId, actor: { id: 'x' } }
    await new EnvelopeStore(database, scope, holdfast).open(conversationId, 'x')
    const deliveries = new DeliveryStore(database, scope, holdfast)
    const given = (serviceUrl: string | null, length: number) =>
      Array.from({ length }, () => ({ recipient: 'tag:a', serviceUrl, body: {} }))
    const envelope = { conversationId, number: 1 }
    await deliveries.add(envelope, given(null, 500))
    const [first, second] = await deliveries.add(envelope, given('http://a/', 2))
    await deliveries.settle(first!, 'dead')
    await analyze(world)
    const planned = async <R>(call: () => Promise<R>) => {
      seen.length = 0
      const found = await call()
      return { found, plan: await planOf(world, seen[0]!) }
    }
    const next = await planned(() =>
      deliveries.next({ conversationId, recipient: 'tag:a', upTo: 1_000 }))
    expect(next.found?.number).toBe(second!.number)
    expect(next.plan).toContain('envelope_deliveries_waiting')
    const dead = await planned(() => deliveries.dead())
    expect(dead.found.data.map(({ number }) => number)).toStrictEqual([first!.number])
    expect(dead.plan).toContain('envelope_deliveries_dead')
  })
})
