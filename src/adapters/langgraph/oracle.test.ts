import { type BaseCheckpointSaver, MemorySaver } from '@langchain/langgraph-checkpoint'
import { Command, END } from '@langchain/langgraph'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { valuesWanted } from '../../testing/arbitraries.test.harness.js'
import { type CheckpointStore } from '../../checkpoints/index.js'
import { contract } from '../../testing/contract.js'
import {
  graphOf, plainly, type PlannedGraph, tokens,
} from '../../testing/planned-graph.test.harness.js'
import { HoldfastSaver } from './saver.js'

/** A graph on a saver. */
interface Side {
  readonly graph: PlannedGraph
  readonly saver: BaseCheckpointSaver
}

/** What is done to a thread, the same on every saver. */
interface Act {
  readonly kind: keyof typeof acts
  readonly durability: 'sync' | 'async' | 'exit'
  readonly plan: readonly string[]
  /** Which checkpoint of the history is meant. */
  readonly place: number
  readonly word: string
  readonly asNode: string | undefined
  readonly give: 'nothing' | 'input' | 'answer' | 'update' | 'goto'
}

const thread = { configurable: { thread_id: 'the thread' } }

async function historyOf({ graph }: Side, options = {}) {
  const states = []
  for await (const state of graph.getStateHistory(thread, options)) states.push(state)
  return states
}

const valuesOf = async (side: Side, options: object) => (
  (await historyOf(side, options)).map(({ values }) => values as unknown))

async function pastOf(side: Side, { place }: Act) {
  const states = await historyOf(side)
  return states.length === 0 ? undefined : states[place % states.length]!
}

/** What a run begins with. */
function given({ give, plan, word }: Act) {
  switch (give) {
    case 'nothing': return null
    case 'input': return { log: [`in ${word}`], plan: [...plan] }
    case 'answer': return new Command({ resume: word })
    case 'update': return new Command({ update: { log: [word] } })
    case 'goto': return new Command({ update: { log: [word] }, goto: 'step' })
  }
}

const acts = {
  run: ({ graph }: Side, act: Act) => (
    graph.invoke(given(act) as never, { ...thread, durability: act.durability })),
  invoke: ({ graph }: Side, act: Act) => (
    graph.invoke(given({ ...act, give: 'input' }) as never,
      { ...thread, durability: act.durability })),
  resume: ({ graph }: Side, act: Act) => (
    graph.invoke(given({ ...act, give: 'answer' }) as never,
      { ...thread, durability: act.durability })),
  update: ({ graph }: Side, { word, asNode }: Act) => (
    graph.updateState(thread, { log: [word], any: 'mended' }, asNode)),
  travel: async (side: Side, act: Act) => {
    const state = await pastOf(side, act)
    return state && await side.graph.invoke(
      given(act) as never, { ...state.config, durability: act.durability })
  },
  updatePast: async (side: Side, act: Act) => {
    const state = await pastOf(side, act)
    return state && await side.graph.updateState(state.config, { log: [act.word] }, act.asNode)
  },
  copy: async (side: Side, act: Act) => {
    const state = await pastOf(side, act)
    if (state === undefined) return undefined
    const config = await side.graph.updateState(state.config, null, '__copy__')
    return act.give === 'nothing' ? config
      : await side.graph.invoke(null, { ...config, durability: act.durability })
  },
  updateInner: async ({ graph }: Side, { word }: Act) => {
    const { tasks } = await graph.getState(thread, { subgraphs: true })
    const state = tasks.find((each) => each.state !== undefined)?.state
    if (state === undefined || !('config' in state)) return undefined
    return await graph.updateState(state.config, { log: [word], own: ['u'] } as never, 'in1')
  },
  list: async (side: Side, act: Act) => [
    await valuesOf(side, { limit: act.place % 5 }),
    await valuesOf(side, { before: (await pastOf(side, act))?.config }),
    await valuesOf(side, { filter: { source: ['loop', 'input', 'update'][act.place % 3] } }),
    await valuesOf(side, { filter: { step: act.place % 7 } }),
  ],
  end: ({ graph }: Side) => graph.updateState(thread, null, END),
  remove: ({ saver }: Side) => saver.deleteThread('the thread'),
} as const

/** What an act gave or, as applications see it, how it failed. */
async function outcome(side: Side, act: Act) {
  try {
    return { value: await acts[act.kind](side, act) }
  } catch (error) {
    return { error: (error as Error).name, message: (error as Error).message }
  }
}

/** All there is to see of the thread. */
async function seen(side: Side) {
  const tuples = []
  for await (const tuple of side.saver.list(thread)) {
    const { channel_values: values, channel_versions: versions } = tuple.checkpoint
    // What has no version is no value, though some savers keep it.
    const kept = Object.entries(values).filter(([name]) => versions[name] !== undefined)
    tuples.push({
      ...tuple, checkpoint: { ...tuple.checkpoint, channel_values: Object.fromEntries(kept) },
    })
  }
  tuples.sort((one, other) => (one.checkpoint.id < other.checkpoint.id ? 1 : -1))
  const { values, next, tasks } = await side.graph.getState(thread, { subgraphs: true })
  const states = (await historyOf(side)).map((state) => ({
    ...state, tasks: state.tasks.map(({ name, interrupts, path }) => ({ name, interrupts, path })),
  }))
  return { tuples, states, values, next, interrupts: tasks.map((task) => task.interrupts) }
}

/** How the thread stands, its subgraphs included. */
async function standing({ graph }: Side) {
  const { values, next, tasks } = await graph.getState(thread, { subgraphs: true })
  return {
    values, next, tasks: tasks.map(({ name, interrupts, state }) => ({
      name, interrupts, inner: state !== undefined && 'values' in state ? state.values : undefined,
    })),
  }
}

const runs = ['run', 'invoke', 'invoke', 'invoke', 'resume', 'resume', 'travel', 'travel'] as const
const anyAct = fc.constantFrom(...runs, ...Object.keys(acts) as (keyof typeof acts)[])
/** What needs nothing but the newest checkpoint. */
const onward = fc.constantFrom(
  'run', 'invoke', 'invoke', 'resume', 'resume', 'update', 'updateInner', 'end')
const actOf = (kind: fc.Arbitrary<keyof typeof acts>): fc.Arbitrary<Act> => fc.record({
  kind,
  durability: fc.constantFrom('sync', 'async', 'exit'),
  plan: fc.array(fc.constantFrom(...tokens), { maxLength: 3 }),
  place: fc.nat(200),
  word: fc.constantFrom('a word', 'another', 'third'),
  asNode: fc.constantFrom('step', 'pick', 'left', undefined),
  give: fc.constantFrom('nothing', 'input', 'answer', 'update', 'goto'),
})

const sidesOf = (checkpoints: CheckpointStore, isDelta: boolean): readonly Side[] =>
  [new MemorySaver(), new HoldfastSaver(checkpoints)].map((saver) =>
    ({ saver, graph: graphOf(saver, isDelta) }))

/** An act has one outcome on all sides, and leaves the same to be seen. */
async function expectAlike(
  sides: readonly Side[], each: Act, look: (side: Side) => Promise<object>,
): Promise<void> {
  const told = []
  for (const side of sides) {
    const result = await outcome(side, each)
    told.push(plainly({ result, ...await look(side) }))
  }
  expect(told[1]).toEqual(told[0])
}

const numRuns = valuesWanted(8)

contract('graphs on Holdfast', (open) => {
  it.each([
    ['whole', false, false], ['differences', true, false], ['encrypted', false, true],
  ])('do what they do in the memory of LangGraph (%s)', async (_, isDelta, encrypts) => {
    const { organization: { checkpoints } } = await open()
    await checkpoints.setPolicy({ encrypts })
    const many = fc.array(actOf(anyAct), { minLength: 2, maxLength: 9 })
    await fc.assert(fc.asyncProperty(many, async (all) => {
      await checkpoints.deleteThread('the thread')
      const sides = sidesOf(checkpoints, isDelta)
      for (const each of all) await expectAlike(sides, each, seen)
    }), { numRuns })
  })

  it.each([['whole', false], ['differences', true]])(
    'go on as they would had nothing been pruned between (%s)', async (_, isDelta) => {
      const { organization: { checkpoints } } = await open()
      const many = fc.array(actOf(onward), { minLength: 2, maxLength: 12 })
      await fc.assert(fc.asyncProperty(many, async (all) => {
        await checkpoints.deleteThread('the thread')
        const sides = sidesOf(checkpoints, isDelta)
        for (const each of all) {
          await expectAlike(sides, each, standing)
          await checkpoints.prune({ keepLast: 1 })
        }
      }), { numRuns })
    })
})
