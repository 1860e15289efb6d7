import { type BaseCheckpointSaver } from '@langchain/langgraph-checkpoint'
import {
  Annotation, Command, DeltaChannel, END, interrupt, Send, START, StateGraph,
} from '@langchain/langgraph'

/** Where the node `pick` may be told to go by a plan. */
export const tokens = [
  'step', 'fan3', 'fan0', 'both', 'ask', 'asks', 'twice', 'sub', 'keep', 'keep', 'fail', 'odd',
  'left',
] as const

const ends = [
  'step', 'leaf', 'ask', 'twice', 'sub', 'keep', 'left', 'right', 'fail', 'odd', END,
] as const

const log = () => Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] })

/** The same kept as differences. */
const differences = () => (() => new DeltaChannel<string[], string[]>(
  (before, many) => [...before, ...many.flat()], { snapshotFrequency: 4 })) as never as
  ReturnType<typeof log>

/** What a plan may hold that JSON does not. */
const odd = {
  undefined, map: new Map<unknown, unknown>([['a', new Set([1])]]), text: '\ud800\u0000',
  bytes: new Uint8Array([0, 255]), error: new Error('x'), pattern: /a/g, null: null, large: 1e300,
}

/** Asks between two steps; it has a memory of its own with `true`. */
function inner(name: string, checkpointer?: true) {
  return new StateGraph(Annotation.Root({ log: log(), own: log() }))
    .addNode('in1', () => ({ log: [`${name}1`], own: ['o1'] }))
    .addNode('in2', ({ own }) => ({
      log: [`${name}2 ${interrupt(`inner ${own.length}`) as string}`],
    }))
    .addNode('in3', ({ own }) => ({ log: [`${name}3 ${own.length}`], own: ['o3'] }))
    .addEdge(START, 'in1').addEdge('in1', 'in2').addEdge('in2', 'in3')
    .compile(checkpointer === undefined ? {} : { checkpointer })
}

/** Goes on with what is next in the plan. */
function picked(plan: readonly string[] | undefined): Command {
  const [first, ...rest] = plan ?? []
  if (first === undefined) return new Command({ update: { log: ['over'] }, goto: END })
  const update = { plan: rest, log: [`pick ${first}`], sum: 1 }
  const sends = (node: string, count: number) => Array.from({ length: count }, (_, number) => (
    new Send(node, { number, log: [] })))
  if (first.startsWith('fan')) {
    return new Command({ update, goto: sends('leaf', Number(first.slice(3))) })
  }
  if (first === 'both') return new Command({ update, goto: ['left', 'right'] })
  if (first === 'asks') return new Command({ update, goto: [...sends('ask', 2), 'left'] })
  return new Command({ update, goto: first })
}

/** A graph that does what its input has as the plan, and always the same. */
export function graphOf(saver: BaseCheckpointSaver, isDelta: boolean) {
  const State = Annotation.Root({
    log: isDelta ? differences() : log(), plan: Annotation<string[]>(),
    sum: Annotation<number>({ reducer: (a, b) => a + b, default: () => 0 }),
    any: Annotation<unknown>(),
  })
  const stable = inner('keep', true)
  const builder = new StateGraph(State)
    .addNode('pick', ({ plan }) => picked(plan), { ends: [...ends] })
    .addNode('step', () => ({ log: ['step'], sum: 10 }))
    .addNode('leaf', ({ number = 0 }: { number?: number }) => (
      { log: [`leaf ${number}`], sum: number }))
    .addNode('ask', ({ number = '' }: { number?: number | string }) => (
      { log: [`answer ${number} ${interrupt('question') as string}`] }))
    .addNode('twice', () => (
      { log: [`twice ${interrupt('first') as string} ${interrupt('second') as string}`] }))
    .addNode('sub', async (_, config) => (
      { log: (await inner('sub').invoke({ log: [], own: ['x'] }, config)).log }))
    .addNode('keep', async (_, config) => {
      const told = await stable.invoke({ log: [], own: ['x'] }, config)
      return { log: [...told.log, ...told.own] }
    })
    .addNode('left', () => ({ log: ['left'] }))
    .addNode('right', () => ({ log: ['right'], any: 'right' }))
    .addNode('odd', () => ({ log: ['odd'], any: odd }))
    .addNode('fail', ({ any }) => {
      if (any === 'mended') return { log: ['mended'] }
      throw new Error('it fails')
    })
    .addEdge(START, 'pick')
  for (const node of ends) if (node !== END) builder.addEdge(node, 'pick')
  return builder.compile({ checkpointer: saver })
}

/** Such a graph. */
export type PlannedGraph = ReturnType<typeof graphOf>

const ids = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b/g

/** A value as JSON, with members in one order, and ids and moments by the order of their coming. */
export function plainly(value: unknown): unknown {
  const names = new Map<string, string>()
  const text = JSON.stringify(written(value)).replace(ids, (id) => {
    const name = names.get(id) ?? `id ${names.size}`
    names.set(id, name)
    return name
  })
  return JSON.parse(text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'moment'))
}

function written(value: unknown): unknown {
  if (value instanceof Map) return { map: [...value].map(written) }
  if (value instanceof Set) return { set: [...value].map(written) }
  if (value instanceof Uint8Array) return { bytes: [...value] }
  if (value instanceof Error) return { error: value.name, message: value.message }
  if (value instanceof RegExp) return { pattern: String(value) }
  if (Array.isArray(value)) return value.map(written)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, member]) => [key, written(member)]))
}
