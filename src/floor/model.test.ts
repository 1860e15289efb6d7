import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { HoldfastError } from '../errors.js'
import { valuesWanted } from '../testing/arbitraries.test.harness.js'
import { FloorModel, type ModelSettings } from '../testing/floor-model.test.harness.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { commandOf, type Counted, type ModelStep } from '../testing/model-command.test.harness.js'
import { FloorReplay, type FloorStore, type FloorTables } from './index.js'

/** The floor under test. */
interface World extends Counted {
  readonly floors: FloorStore
  readonly conversationId: string
  readonly organizationId: string
  readonly database: Database<FloorTables>
  readonly sweep: () => Promise<unknown>
  readonly replay: FloorReplay
}

type Step = ModelStep<FloorModel, World>

async function verdictOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    if (HoldfastError.isInstance(error)) return error.code
    throw error
  }
}

/** After each command the floor must stand, and its events tell, as the model says. */
const command = <T>(name: string, given: fc.Arbitrary<T>, step: (given: T) => Step) =>
  commandOf<T, FloorModel, World>(name, given, (value) => async (model, world) => {
    const { floors, conversationId, replay } = world
    await step(value)(model, world)
    const events = await floors.events(conversationId, { after: replay.last })
    const told = events.map(({ type, speakerUri, ticket, priority, fence, reason, givenBy }) =>
      ({ type, speakerUri, ticket, priority, fence, reason, givenBy }))
    expect(told).toEqual(model.events.slice(replay.last))
    for (const event of events) replay.apply(event)
    const floor = await floors.get(conversationId)
    const standing = {
      queue: floor.queue.map(({ speakerUri }) => speakerUri),
      holders: floor.holders.map(({ speakerUri }) => speakerUri),
      agents: floor.agents, count: floor.eventCount,
    }
    expect(standing).toEqual({
      queue: model.queue, holders: model.holders, agents: [...model.agents.keys()].sort(),
      count: model.events.length,
    })
    expect(replay.queue.map(({ speakerUri }) => speakerUri)).toEqual(model.queue)
  })

const agent = fc.constantFrom('a', 'b', 'c', 'd/é')
const priority = fc.constantFrom(0, 0, 1, -1)
const reason = fc.constantFrom(null, 'why')
const by = fc.constantFrom(undefined, undefined, 'a', 'k')
/** Of the present grant, of none, or whichever. */
const fence = fc.constantFrom('any', 'any', 'own', 'wrong')
const settings: fc.Arbitrary<ModelSettings> = fc.record({
  policy: fc.constantFrom('exclusive', 'exclusive', 'shared', 'moderated'),
  queueMax: fc.constantFrom(0, 1, 2, 100),
  convener: fc.constantFrom(null, 'k'),
})

function fenceIn(model: FloorModel, name: string, kind: string): number | undefined {
  if (kind === 'any') return undefined
  return (model.fenceOf(name) ?? 0) + (kind === 'own' ? 0 : 1) || 1
}

const commands = fc.commands([
  command('join', agent, (name) => async (model, { floors, conversationId }) => {
    const verdict = await verdictOf(floors.join({ conversationId, speakerUri: name }))
    expect(verdict).toBe(model.run(() => model.join(name)))
  }),
  ...[1, 2, 3].map(() => command('request', fc.record({ agent, priority, reason }), (given) =>
    async (model, { floors, conversationId }) => {
      const wish = { priority: given.priority, reason: given.reason }
      const asked = floors.request({ conversationId, speakerUri: given.agent }, wish)
      const verdict = await verdictOf(asked)
      expect(verdict).toBe(model.run(() => model.request(given.agent, wish)))
    })),
  command('cancel', agent, (name) => async (model, { floors, conversationId }) => {
    const verdict = await verdictOf(floors.cancel({ conversationId, speakerUri: name }))
    expect(verdict).toBe(model.run(() => model.cancel(name)))
  }),
  ...[1, 2].map(() => command('yield', fc.record({ agent, fence }), (given) =>
    async (model, { floors, conversationId }) => {
      const ending = { reason: '@complete', fence: fenceIn(model, given.agent, given.fence) }
      const yielded = floors.yield({ conversationId, speakerUri: given.agent }, ending)
      const verdict = await verdictOf(yielded)
      expect(verdict).toBe(model.run(() => model.yield(given.agent, ending)))
    })),
  command('revoke', fc.record({ agent, fence, by }), (given) =>
    async (model, { floors, conversationId }) => {
      const ending = {
        reason: '@timedOut', by: given.by, fence: fenceIn(model, given.agent, given.fence),
      }
      const revoked = floors.revoke({ conversationId, speakerUri: given.agent }, ending)
      const verdict = await verdictOf(revoked)
      expect(verdict).toBe(model.run(() => model.revoke(given.agent, ending)))
    }),
  command('grant', fc.record({ agent, by }), (given) =>
    async (model, { floors, conversationId }) => {
      const granted = floors.grant({ conversationId, speakerUri: given.agent }, { by: given.by })
      const verdict = await verdictOf(granted)
      expect(verdict).toBe(model.run(() => model.grant(given.agent, { by: given.by })))
    }),
  command('leave', agent, (name) => async (model, { floors, conversationId }) => {
    const verdict = await verdictOf(floors.leave({ conversationId, speakerUri: name }))
    expect(verdict).toBe(model.run(() => model.leave(name)))
  }),
  command('configure', settings, (given) => async (model, { floors, conversationId }) => {
    const changed = floors.configure(conversationId, { ...given, holdSeconds: 3_600 })
    expect(await verdictOf(changed)).toBe(model.run(() => model.configure(given)))
  }),
  command('lapse', fc.constant(null), () => async (model, world) => {
    await lapse(world)
    model.lapse()
  }),
  command('sweep', fc.constant(null), () => async (model, { sweep }) => {
    await sweep()
    if (model.events.length > 0 && [...model.agents.values()].some(({ grant }) => grant?.isOver)) {
      model.run(() => 'done')
    }
  }),
], { maxCommands: 40 })

/** The time of all holds passes. */
async function lapse({ database, organizationId, conversationId }: World): Promise<void> {
  const past = database.engine.now(-1_000)
  await database.run(database.write.updateTable('floor_agents').set({ expires_at: past })
    .where('organization_id', '=', organizationId as never)
    .where('conversation_id', '=', conversationId as never).where('fence', 'is not', null))
  await database.run(database.write.updateTable('floors').set({ due_at: past })
    .where('organization_id', '=', organizationId as never)
    .where('conversation_id', '=', conversationId as never).where('holder_count', '>', 0 as never))
}

async function worldOf(world: ContractWorld, first: ModelSettings, counted: { commands: number }) {
  const { holdfast, organizationId, organization: { floors, conversations } } = world
  const { id: conversationId } = await conversations.create()
  await floors.configure(conversationId, { ...first, holdSeconds: 3_600 })
  const database = Database.over<FloorTables>(holdfast.backend).within([organizationId])
  const replay = new FloorReplay()
  for (const event of await floors.events(conversationId)) replay.apply(event)
  const sweep = () => holdfast.floorWorks.sweep()
  return { floors, conversationId, organizationId, database, replay, sweep, counted }
}

contract('a grant in the moment in which a turn comes', (open) => {
  it.each(['x', undefined])('of an exclusive floor by %s', async (by) => {
    const world = await worldOf(
      await open(), { policy: 'exclusive', queueMax: 2, convener: null }, { commands: 0 })
    const { floors, conversationId } = world
    const [first, next] = ['a', 'd'].map((speakerUri) => ({ conversationId, speakerUri }))
    await floors.request(first!)
    await floors.request(next!)
    await lapse(world)
    const verdict = await verdictOf(floors.grant(next!, { ...by && { by } }))
    expect(verdict).toBe(by === undefined ? 'done' : 'floor_not_convener')
    const { holders } = await floors.get(conversationId)
    expect(holders.map(({ speakerUri }) => speakerUri)).toEqual(['d'])
    expect(await verdictOf(floors.grant(first!))).toBe('floor_not_grantable')
  })
})

contract('floors beside their model', (open) => {
  it('agree with it after every command', async () => {
    const wanted = valuesWanted(80)
    const counted = { commands: 0 }
    const contractWorld = await open()
    const property = fc.asyncProperty(settings, commands, async (first, chosen) => {
      const world = await worldOf(contractWorld, first, counted)
      await fc.asyncModelRun(() => ({ model: new FloorModel(first), real: world }), chosen)
    })
    while (counted.commands < wanted) await fc.assert(property, { numRuns: 5 })
    expect(counted.commands).toBeGreaterThanOrEqual(wanted)
  }, 900_000)
})
