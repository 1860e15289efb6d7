import { expect, it } from 'vitest'
import { ConversationNotFound, InvalidInput } from '../errors.js'
import { contract, type ContractWorld } from '../testing/index.js'
import {
  FloorNotConvener, FloorNotGrantable, FloorNotHeld, FloorQueueFull, FloorReplay,
  FloorRequestNotFound, type FloorSettings, type FloorStore,
} from './index.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const hard = 'tag:\u0000/\ud800/\ufdd0/é/🪑?#%'
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

/** A conversation with a floor, and agents by short names. */
async function begun({ organization }: ContractWorld, settings?: FloorSettings) {
  const { floors, conversations } = organization
  const { id: conversationId } = await conversations.create()
  if (settings !== undefined) await floors.configure(conversationId, settings)
  const agent = (speakerUri: string) => ({ conversationId, speakerUri })
  return { floors, conversationId, agent, a: agent('a'), b: agent('b'), c: agent('c') }
}

/** What happened, in short. */
async function story(floors: FloorStore, conversationId: string): Promise<string[]> {
  const events = await floors.events(conversationId, { limit: 500 })
  return events.map(({ type, speakerUri }) =>
    (speakerUri === null ? type : `${type} ${speakerUri}`))
}

/** Rebuilds the floor from its events and compares it with how it stands. */
async function expectReplayed(floors: FloorStore, conversationId: string): Promise<void> {
  const replay = new FloorReplay()
  const events = await floors.events(conversationId, { limit: 500 })
  for (const event of events) replay.apply(event)
  const floor = await floors.get(conversationId)
  expect(replay.last).toBe(floor.eventCount)
  expect(replay.policy).toBe(floor.policy)
  expect([...replay.agents].sort()).toStrictEqual(floor.agents)
  expect(replay.queue).toStrictEqual(floor.queue.map(({ speakerUri, ticket, priority }) =>
    ({ speakerUri, ticket, priority })))
  expect(replay.holders).toStrictEqual(floor.holders.map(({ speakerUri, fence, expiresAt }) =>
    ({ speakerUri, fence, expiresAt })))
}

contract('an exclusive floor', (open) => {
  it('is granted to who asks first, and then in the order of the queue', async () => {
    const { floors, conversationId, a, b, c } = await begun(await open())
    const granted = await floors.request(a)
    expect(granted).toMatchObject({ state: 'holding', request: null, grant: { fence: 1 } })
    expect(await floors.standing(a)).toStrictEqual(granted)
    const waiting = await floors.request(b, { reason: 'a word' })
    expect(waiting).toMatchObject({
      state: 'waiting', grant: null,
      request: { position: 1, ticket: 2, priority: 0, reason: 'a word' },
    })
    expect((await floors.request(c, { priority: 5 })).request).toMatchObject({ position: 1 })
    expect((await floors.standing(b)).request).toMatchObject({ position: 2 })
    expect((await floors.get(conversationId)).queue.map(({ speakerUri }) => speakerUri))
      .toStrictEqual(['c', 'b'])
    expect(await floors.yield(a)).toMatchObject({ state: 'present' })
    expect(await floors.standing(c)).toMatchObject({ state: 'holding', grant: { fence: 2 } })
    await floors.revoke(c, { reason: '@brokenPolicy again' })
    expect(await floors.standing(b)).toMatchObject({ state: 'holding', grant: { fence: 3 } })
    await floors.yield(b)
    expect(await story(floors, conversationId)).toStrictEqual([
      'configured', 'joined a', 'requested a', 'granted a', 'joined b', 'requested b', 'joined c',
      'requested c', 'yielded a', 'granted c', 'revoked c', 'granted b', 'yielded b',
    ])
    await expectReplayed(floors, conversationId)
  })

  it('stays with its holder who asks again, and with one request of who waits', async () => {
    const { floors, conversationId, a, b, c } = await begun(await open())
    const held = await floors.request(a)
    expect(await floors.request(a, { priority: 9 })).toStrictEqual(held)
    const first = await floors.request(b)
    await floors.request(c)
    expect(await floors.request(b)).toStrictEqual(first)
    const before = (await floors.get(conversationId)).eventCount
    const raised = await floors.request(c, { priority: 1, reason: 'urgent' })
    expect(raised.request).toMatchObject({ position: 1, ticket: 3, priority: 1, reason: 'urgent' })
    const floor = await floors.get(conversationId)
    expect(floor.eventCount).toBe(before + 1)
    expect(floor.queue).toHaveLength(2)
    await expectReplayed(floors, conversationId)
  })

  it('is given up only by who holds it, and only by the grant that is meant', async () => {
    const { floors, a, b } = await begun(await open())
    await expect(floors.yield(a)).rejects.toThrow(FloorNotHeld)
    await floors.request(a)
    await floors.request(b)
    await expect(floors.yield(b)).rejects.toThrow(FloorNotHeld)
    await expect(floors.revoke(b)).rejects.toThrow(FloorNotHeld)
    await expect(floors.yield(a, { fence: 2 })).rejects.toThrow(FloorNotHeld)
    await expect(floors.revoke(a, { fence: 2 })).rejects.toThrow(FloorNotHeld)
    expect((await floors.standing(a)).state).toBe('holding')
    await floors.yield(a, { fence: 1, reason: '@outOfDomain' })
    await expect(floors.yield(a, { fence: 1 })).rejects.toThrow(FloorNotHeld)
    expect((await floors.standing(b)).grant).toMatchObject({ fence: 2 })
  })

  it('forgets a request that was taken back', async () => {
    const { floors, conversationId, a, b, c } = await begun(await open())
    await floors.request(a)
    await floors.request(b)
    await floors.request(c)
    expect(await floors.cancel(b)).toMatchObject({ state: 'present' })
    await expect(floors.cancel(b)).rejects.toThrow(FloorRequestNotFound)
    await expect(floors.cancel(a)).rejects.toThrow(FloorRequestNotFound)
    await floors.yield(a)
    expect((await floors.standing(c)).state).toBe('holding')
    await floors.yield(c)
    expect((await floors.get(conversationId)).holders).toStrictEqual([])
    await expectReplayed(floors, conversationId)
  })

  it('has a queue that is full at some time', async () => {
    const { floors, conversationId, a, b, c } = await begun(
      await open(), { policy: 'exclusive', queueMax: 1 })
    await floors.request(a)
    await floors.request(b)
    await expect(floors.request(c)).rejects.toThrow(FloorQueueFull)
    expect((await floors.standing(c)).state).toBe('absent')
    await floors.yield(a)
    expect((await floors.request(c)).state).toBe('waiting')
    await floors.configure(conversationId, { policy: 'exclusive', queueMax: 0 })
    expect((await floors.get(conversationId)).queue).toHaveLength(1)
    await floors.leave(b)
    await floors.leave(c)
    expect((await floors.request(a)).state).toBe('holding')
    await expect(floors.request(b)).rejects.toThrow(FloorQueueFull)
  })

  it('goes to the next when its holder leaves, and forgets who left the queue', async () => {
    const { floors, conversationId, a, b, c } = await begun(await open())
    await floors.request(a)
    await floors.request(b)
    await floors.request(c)
    expect(await floors.leave(b)).toBe(true)
    expect(await floors.leave(b)).toBe(false)
    expect(await floors.leave(a, { reason: 'bye' })).toBe(true)
    expect(await floors.get(conversationId)).toMatchObject({
      agents: ['c'], queue: [], holders: [{ speakerUri: 'c', fence: 2 }],
    })
    await expectReplayed(floors, conversationId)
  })

  it('is not granted past its queue', async () => {
    const { floors, a, b } = await begun(await open())
    await floors.request(a)
    await expect(floors.grant(b)).rejects.toThrow(FloorNotGrantable)
    expect((await floors.standing(b)).state).toBe('absent')
  })

  it('has one holder whatever twenty do at once', async () => {
    const { floors, conversationId, agent } = await begun(await open())
    const agents = Array.from({ length: 20 }, (_, index) => agent(`agent:${index}`))
    const wished = await Promise.all(agents.map((each, index) =>
      floors.request(each, { priority: index % 3 })))
    expect(wished.filter(({ state }) => state === 'holding')).toHaveLength(1)
    const fences: number[] = []
    const { queue } = await floors.get(conversationId)
    expect(queue.map(({ position }) => position)).toStrictEqual(
      Array.from({ length: 19 }, (_, index) => index + 1))
    for (let count = 0; count < 20; count++) {
      const { holders: [holder, second] } = await floors.get(conversationId)
      expect(second).toBeUndefined()
      fences.push(holder!.fence)
      // All try to yield at once; it is one who may.
      const tries = count < 2 ? agents : agents.filter(({ speakerUri }) =>
        speakerUri === holder!.speakerUri)
      const results = await Promise.allSettled(tries.map((each) =>
        floors.yield(each, { fence: holder!.fence })))
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    }
    expect(fences).toStrictEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    const granted = (await floors.events(conversationId, { limit: 500 }))
      .filter(({ type }) => type === 'granted').slice(1).map(({ ticket }) => ticket)
    expect(granted).toStrictEqual(queue.map(({ ticket }) => ticket))
    await expectReplayed(floors, conversationId)
  })
})

contract('a floor and the clock', (open) => {
  it('passes on by the next statement that touches it, and by a sweep', async () => {
    const world = await open()
    const { floors, conversationId, a, b, c } = await begun(
      world, { policy: 'exclusive', holdSeconds: 0.25 })
    const { grant } = await floors.request(a)
    await floors.request(b)
    await pause(280)
    // No reader takes it for held, and none has to look.
    expect((await floors.standing(a)).state).toBe('present')
    expect((await floors.get(conversationId)).holders).toStrictEqual([])
    await floors.request(c)
    expect((await floors.standing(b)).grant).toMatchObject({ fence: 2 })
    const [, , , granted, , , revoked] = await floors.events(conversationId)
    expect(granted).toMatchObject({ type: 'granted', expiresAt: grant!.expiresAt })
    expect(revoked).toMatchObject({
      type: 'revoked', speakerUri: 'a', reason: '@timedOut', fence: 1, expiresAt: grant!.expiresAt,
    })
    await pause(280)
    while ((await world.holdfast.floorWorks.sweep()).due > 0);
    expect((await floors.standing(c)).grant).toMatchObject({ fence: 3 })
    await expect(floors.yield(a, { fence: 1 })).rejects.toThrow(FloorNotHeld)
    await expectReplayed(floors, conversationId)
  })

  it('is swept on time though nobody looks', async () => {
    const world = await open()
    const { floors, a, b } = await begun(world, { policy: 'exclusive', holdSeconds: 0.2 })
    await floors.request(a)
    await floors.request(b)
    const sweeper = world.holdfast.floorSweeper().start()
    await pause(320)
    const events = await floors.events(a.conversationId)
    await sweeper.close()
    expect(events.map(({ type, speakerUri }) => `${type} ${speakerUri}`).slice(-2))
      .toStrictEqual(['revoked a', 'granted b'])
  })

  it('lets a holder whose time is over ask again, behind those who wait', async () => {
    const { floors, a, b } = await begun(await open(), { policy: 'exclusive', holdSeconds: 0.25 })
    await floors.request(a)
    await floors.request(b)
    await pause(280)
    expect((await floors.request(a)).state).toBe('waiting')
    expect((await floors.standing(b)).state).toBe('holding')
    await expect(floors.revoke(a, { reason: '@timedOut' })).rejects.toThrow(FloorNotHeld)
  })
})

contract('a shared floor', (open) => {
  it('is everybody’s on joining, until it is given up or taken away', async () => {
    const { floors, conversationId, a, b, c } = await begun(await open(), { policy: 'shared' })
    expect((await floors.join(a)).grant).toMatchObject({ fence: 1, expiresAt: null })
    expect((await floors.join(a)).grant).toMatchObject({ fence: 1 })
    await floors.join(b)
    expect((await floors.request(c)).grant).toMatchObject({ fence: 3 })
    await floors.yield(a)
    await floors.revoke(b)
    expect((await floors.join(a)).state).toBe('present')
    expect((await floors.request(a)).grant).toMatchObject({ fence: 4 })
    expect((await floors.grant(b)).grant).toMatchObject({ fence: 5 })
    expect((await floors.get(conversationId)).holders.map(({ speakerUri }) => speakerUri))
      .toStrictEqual(['c', 'a', 'b'])
    await expectReplayed(floors, conversationId)
  })

  it('stays with who had it first once it is exclusive, and the other way all get it', async () => {
    const { floors, conversationId, a, b, c } = await begun(await open(), { policy: 'shared' })
    await floors.join(a)
    await floors.join(b)
    await floors.join(c)
    const floor = await floors.configure(conversationId, { policy: 'exclusive' })
    expect(floor).toMatchObject({
      policy: 'exclusive', holdSeconds: 300, holders: [{ speakerUri: 'a' }],
    })
    await floors.request(b)
    await floors.request(c, { priority: 1 })
    const shared = await floors.configure(conversationId, { policy: 'shared' })
    expect(shared.holders.map(({ speakerUri }) => speakerUri)).toStrictEqual(['a', 'c', 'b'])
    expect(shared.queue).toStrictEqual([])
    await expectReplayed(floors, conversationId)
  })
})

contract('a moderated floor', (open) => {
  it('is granted by its convener alone, in any order', async () => {
    const settings = { policy: 'moderated', convener: hard } as const
    const { floors, conversationId, a, b, c } = await begun(await open(), settings)
    await floors.request(a)
    await floors.request(b)
    await expect(floors.grant(b, { by: 'a' })).rejects.toThrow(FloorNotConvener)
    const granted = await floors.grant(b, { by: hard })
    expect(granted.grant).toMatchObject({ fence: 1 })
    expect(await floors.grant(b, { by: hard })).toStrictEqual(granted)
    await expect(floors.revoke(b, { by: 'a' })).rejects.toThrow(FloorNotConvener)
    await floors.revoke(b, { by: hard })
    expect((await floors.standing(a)).state).toBe('waiting')
    await floors.grant(c)
    await floors.grant(a)
    expect((await floors.get(conversationId)).holders.map(({ speakerUri }) => speakerUri))
      .toStrictEqual(['c', 'a'])
    const events = await floors.events(conversationId)
    expect(events.filter(({ givenBy }) => givenBy === hard).map(({ type }) => type))
      .toStrictEqual(['granted', 'revoked'])
    await expectReplayed(floors, conversationId)
  })
})

contract('floors', (open) => {
  it('know agents by any text', async () => {
    const { floors, conversationId, agent } = await begun(await open())
    const long = 'é'.repeat(255)
    for (const speakerUri of [hard, 'https://a.test/b/c?d=e#f', ' ', long]) {
      const standing = await floors.request(agent(speakerUri), { reason: hard, priority: -1 })
      expect(standing.speakerUri).toBe(speakerUri)
      expect(await floors.standing(agent(speakerUri))).toStrictEqual(standing)
    }
    const { queue } = await floors.get(conversationId)
    expect(queue[0]).toMatchObject({ reason: hard, priority: -1 })
    await expect(floors.request(agent(`${long}e`))).rejects.toThrow(InvalidInput)
    await expect(floors.request(agent(''))).rejects.toThrow(InvalidInput)
  })

  it('refuse what breaks a rule, and then nothing has happened', async () => {
    const { floors, conversationId, a } = await begun(await open())
    const wrong = [
      () => floors.request(a, { priority: 0.5 }),
      () => floors.request(a, { priority: 1_000_001 }),
      () => floors.request(a, { reason: 'x'.repeat(1_001) }),
      () => floors.revoke(a, { reason: 'because' }),
      () => floors.yield(a, { fence: 0 }),
      () => floors.configure(conversationId, { policy: 'none' as 'shared' }),
      () => floors.configure(conversationId, { policy: 'shared', holdSeconds: 0 }),
      () => floors.configure(conversationId, { policy: 'shared', queueMax: 1_001 }),
      () => floors.configure(conversationId, { policy: 'shared', convener: '' }),
      () => floors.events(conversationId, { limit: 501 }),
      () => floors.events(conversationId, { after: -1 }),
    ]
    for (const call of wrong) await expect(call()).rejects.toThrow(InvalidInput)
    expect(await floors.get(conversationId)).toMatchObject({ eventCount: 0, updatedAt: null })
  })

  it('are of conversations that are there, and go with them', async () => {
    const world = await open()
    const { floors, conversationId, a } = await begun(world)
    const nowhere = { conversationId: unknownId, speakerUri: 'a' }
    for (const call of [
      () => floors.get(unknownId), () => floors.standing(nowhere), () => floors.join(nowhere),
      () => floors.request(nowhere), () => floors.yield(nowhere), () => floors.events(unknownId),
      () => floors.leave(nowhere), () => floors.configure(unknownId, { policy: 'shared' }),
      () => floors.follow(unknownId).next(),
    ]) await expect(call()).rejects.toThrow(ConversationNotFound)
    await floors.request(a)
    const { floors: others } = world.neighbour
    await expect(others.get(conversationId)).rejects.toThrow(ConversationNotFound)
    await expect(others.request(a)).rejects.toThrow(ConversationNotFound)
    await expect(others.events(conversationId)).rejects.toThrow(ConversationNotFound)
    await world.organization.conversations.delete(conversationId)
    await expect(floors.get(conversationId)).rejects.toThrow(ConversationNotFound)
  })

  it('are left by an agent that has gone, wherever it was, and by no namesake', async () => {
    const world = await open()
    const one = await begun(world)
    const two = await begun(world, { policy: 'shared' })
    const gone = hard
    await one.floors.request(one.agent(gone))
    await one.floors.request(one.a)
    await two.floors.join(two.agent(gone))
    const { conversations, floors } = world.neighbour
    const { id: conversationId } = await conversations.create()
    await floors.request({ conversationId, speakerUri: gone })
    const { organizationId, holdfast: { floorWorks } } = world
    expect(await floorWorks.onAgentGone({ organizationId, speakerUri: gone })).toBe(2)
    expect(await floorWorks.onAgentGone({ organizationId, speakerUri: gone })).toBe(0)
    expect((await one.floors.standing(one.a)).state).toBe('holding')
    expect((await two.floors.get(two.conversationId)).agents).toStrictEqual([])
    expect((await floors.standing({ conversationId, speakerUri: gone })).state).toBe('holding')
  })

  it('guard a transaction by a grant, and no longer than it lasts', async () => {
    const world = await open()
    const { floors, a, b } = await begun(world)
    const { grant } = await floors.request(a)
    await floors.request(b)
    const { holdfast, organizationId } = world
    const title = (text: string, hold: Parameters<FloorStore['guard']>[0]) =>
      holdfast.transaction(async (transaction) => {
        const stores = transaction.organization(organizationId)
        await stores.conversations.update(a.conversationId, { title: text })
        await stores.floors.guard(hold)
      })
    const hold = { ...a, fence: grant!.fence }
    await title('ours', hold)
    await floors.yield(a)
    await expect(title('late', hold)).rejects.toThrow(FloorNotHeld)
    await expect(title('early', { ...b, fence: 3 })).rejects.toThrow(FloorNotHeld)
    await expect(floors.guard(hold)).rejects.toThrow(InvalidInput)
    const { title: kept } = await world.organization.conversations.get(a.conversationId)
    expect(kept).toBe('ours')
  })

  it('change with a transaction, or not at all', async () => {
    const world = await open()
    const { floors, a } = await begun(world)
    const { holdfast, organizationId } = world
    await expect(holdfast.transaction(async (transaction) => {
      const standing = await transaction.organization(organizationId).floors.request(a)
      expect(standing.state).toBe('holding')
      throw new Error('no')
    })).rejects.toThrow('no')
    expect((await floors.get(a.conversationId)).agents).toStrictEqual([])
  })
})
