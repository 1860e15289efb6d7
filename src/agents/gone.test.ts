import { expect, it } from 'vitest'
import { contract, type ContractWorld } from '../testing/index.js'

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

/** A conversation whose floor one agent holds while another waits. */
async function talkOf({ organization }: ContractWorld, holder: string, waiter: string) {
  const { id: conversationId } = await organization.conversations.create()
  await organization.floors.request({ conversationId, speakerUri: holder })
  await organization.floors.request({ conversationId, speakerUri: waiter })
  return conversationId
}

/** Who holds the floors of conversations. */
const holdersOf = ({ organization: { floors } }: ContractWorld, ids: readonly string[]) =>
  Promise.all(ids.map(async (id) =>
    (await floors.get(id)).holders.map(({ speakerUri }) => speakerUri)))

/** The last events of a floor, in short. */
async function endOf({ organization: { floors } }: ContractWorld, id: string, count: number) {
  const events = await floors.events(id)
  return events.slice(-count).map(({ type, speakerUri, reason }) => [type, speakerUri, reason])
}

/** Lets an agent's time be over. */
async function end({ holdfast: { database }, organizationId }: ContractWorld, uri: string) {
  await database.run(database.write
    .updateTable('agents')
    .set({ expires_at: database.engine.now(-1), heartbeat_at: database.engine.now(-120_001) })
    .where('organization_id', '=', organizationId as never)
    .where('speaker_uri', '=', uri as never))
}

contract('an agent that has gone', (open) => {
  it('frees its floors when it is taken out, and the next are granted them', async () => {
    const world = await open()
    const { organization: { agents }, neighbour } = world
    await agents.register({ speakerUri: 'a' })
    await neighbour.agents.register({ speakerUri: 'a' })
    const ids = [await talkOf(world, 'a', 'b'), await talkOf(world, 'c', 'a')]
    const elsewhere = { ...world, organization: neighbour }
    const other = await talkOf(elsewhere, 'a', 'b')
    await agents.deregister('a')
    expect(await holdersOf(world, ids)).toEqual([['b'], ['c']])
    expect(await endOf(world, ids[0]!, 2)).toEqual(
      [['left', 'a', 'deregistered'], ['granted', 'b', null]])
    expect((await world.organization.floors.get(ids[1]!)).queue).toEqual([])
    expect(await holdersOf(elsewhere, [other])).toEqual([['a']])
  })

  it('stays in its conversations when the transaction that takes it out does not', async () => {
    const world = await open()
    const { organization: { agents }, holdfast, organizationId } = world
    await agents.register({ speakerUri: 'a' })
    const id = await talkOf(world, 'a', 'b')
    await expect(holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).agents.deregister('a')
      throw new Error('not so')
    })).rejects.toThrow('not so')
    expect(await holdersOf(world, [id])).toEqual([['a']])
    expect((await agents.get('a')).status).toBe('online')
  })

  it('frees its floors when its time is over, told once by ten sweeps at once', async () => {
    const world = await open()
    const { organization: { agents }, holdfast: { agentWorks } } = world
    for (const uri of ['a', 'b', 'c']) await agents.register({ speakerUri: uri })
    const ids = [await talkOf(world, 'a', 'b'), await talkOf(world, 'c', 'a')]
    await end(world, 'a')
    await Promise.all(Array.from({ length: 10 }, () => agentWorks.sweep()))
    expect(await holdersOf(world, ids)).toEqual([['b'], ['c']])
    expect(await endOf(world, ids[0]!, 2)).toEqual(
      [['left', 'a', '@timedOut'], ['granted', 'b', null]])
    expect(await endOf(world, ids[1]!, 1)).toEqual([['left', 'a', '@timedOut']])
    // It comes back, and goes again.
    await agents.heartbeat('a')
    await world.organization.floors.request({ conversationId: ids[1]!, speakerUri: 'a' })
    await agentWorks.sweep()
    expect((await world.organization.floors.get(ids[1]!)).queue).toHaveLength(1)
    await end(world, 'a')
    await agentWorks.sweep()
    expect((await world.organization.floors.get(ids[1]!)).queue).toEqual([])
  })

  it('is told of on time, though nobody looks, and never before', async () => {
    const world = await open()
    const { organization: { agents }, holdfast } = world
    const sweeper = holdfast.agentSweeper().start()
    const { expiresAt } = await agents.register({ speakerUri: 'a', ttlSeconds: 1 })
    const id = await talkOf(world, 'a', 'b')
    const heard = world.organization.floors.follow(id)
    await heard.next()
    await pause(500)
    expect(await holdersOf(world, [id])).toEqual([['a']])
    const left = (await heard.next()).value as { type: string; at: string }
    await heard.return()
    await sweeper.close()
    expect(left).toMatchObject({ type: 'left', speakerUri: 'a' })
    const lateMs = Date.parse(left.at) - Date.parse(expiresAt!)
    expect(lateMs).toBeGreaterThanOrEqual(0)
    expect(lateMs).toBeLessThan(500)
  })
})
