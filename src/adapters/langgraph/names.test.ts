import { emptyCheckpoint } from '@langchain/langgraph-checkpoint'
import { Annotation, Send, START, StateGraph } from '@langchain/langgraph'
import { expect, it } from 'vitest'
import { contract } from '../../testing/contract.js'
import { HoldfastSaver } from './saver.js'

const thread = { configurable: { thread_id: 't', checkpoint_ns: '' } }

contract('channels of langgraph', (open) => {
  const saverOf = async () => new HoldfastSaver((await open()).organization.checkpoints)

  it('may be called as members that every object has', async () => {
    const saver = await saverOf()
    const config = await saver.put(
      thread, emptyCheckpoint(), { source: 'loop', step: 0, parents: {} }, {})
    const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf']
    for (const name of names) await saver.putWrites(config, [[name, 1], [name, 2]], name)
    expect((await saver.getTuple(thread))?.pendingWrites)
      .toEqual(names.flatMap((name) => [[name, name, 1], [name, name, 2]]))
  })

  it('wait for as many nodes as there are, called by the names of all', async () => {
    const saver = await saverOf()
    const State = Annotation.Root({
      log: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
    })
    const names = Array.from({ length: 60 }, (_, number) => `the node with the number ${number}`)
    const builder = new StateGraph(State)
    for (const name of names) builder.addNode(name, () => ({ log: [name] }))
    const graph = builder.addNode('end', ({ log }) => ({ log: [`after ${log.length}`] }))
      .addEdge(START, names[0] as never).addEdge(names as never, 'end' as never)
    for (const name of names.slice(1)) graph.addEdge(START, name as never)
    const { log } = await graph.compile({ checkpointer: saver }).invoke({ log: [] }, thread)
    expect(log.length).toBe(61)
    expect(log.at(-1)).toBe('after 60')
  })

  it.each([['function', () => 1], ['symbol', Symbol('s')]])(
    'may hold a %s, which is gone when the thread is read', async (_, value) => {
      const saver = await saverOf()
      const State = Annotation.Root({ odd: Annotation<unknown>, count: Annotation<number> })
      const graph = new StateGraph(State).addNode('one', () => ({ odd: value, count: 1 }))
        .addEdge(START, 'one').compile({ checkpointer: saver })
      await graph.invoke({ odd: value, count: 0 }, thread)
      const { values, next } = await graph.getState(thread)
      expect([values.count, values.odd, next]).toEqual([1, undefined, []])
      const counts = []
      for await (const state of graph.getStateHistory(thread)) counts.push(state.values.count)
      expect(counts).toEqual([1, 0, undefined])
      expect((await graph.invoke({ count: 5 }, thread)).count).toBe(1)
    })

  it('stand beside metadata of any kind, which comes back as a channel would', async () => {
    const saver = await saverOf()
    const circle: Record<string, unknown> = { name: 'circle' }
    circle.self = circle
    const deep = JSON.parse('['.repeat(300) + ']'.repeat(300)) as unknown
    const metadata = { source: 'loop', step: 3, parents: {}, circle, deep } as const
    await saver.put(thread, emptyCheckpoint(), metadata, {})
    const found = []
    const listed = saver.list(thread, { filter: { step: 3 } })
    for await (const tuple of listed) found.push(tuple.metadata)
    expect(found).toMatchObject([{ source: 'loop', circle: { name: 'circle' }, deep }])
    expect((await saver.getTuple(thread))?.metadata).toEqual(found[0])
  })

  it('outlive metadata of which the serializer can make nothing', async () => {
    const saver = await saverOf()
    const checkpoint = {
      ...emptyCheckpoint(), channel_values: { a: 1 }, channel_versions: { a: 1 },
    }
    const metadata = { source: 'loop', step: 3, parents: {}, big: 10n } as const
    await saver.put(thread, checkpoint, metadata, { a: 1 })
    const tuple = (await saver.getTuple(thread))!
    expect(tuple.checkpoint).toEqual(checkpoint)
    expect(tuple.metadata).toEqual({ source: 'loop', step: 3, parents: {}, big: '10' })
  })
})

contract('checkpoints of formats before 4', (open) => {
  it('keep the tasks that their parents hold, also when these were to be deleted', async () => {
    const saver = new HoldfastSaver((await open()).organization.checkpoints)
    const metadata = { source: 'loop', step: 0, parents: {} } as const
    const old = (id: string) => ({ ...emptyCheckpoint(), v: 3, id })
    const root = await saver.put(thread, old('1'), metadata, {})
    await saver.putWrites(root, [['__pregel_tasks', 'a task']], 'task')
    const child = await saver.put(root, old('2'), metadata, {})
    const tasks = async () => (
      (await saver.getTuple(thread))?.checkpoint.channel_values.__pregel_tasks)
    expect(await tasks()).toEqual(['a task'])
    await saver.prune(['t'])
    expect(await tasks()).toEqual(['a task'])
    await saver.put(child, { ...emptyCheckpoint(), id: '3' }, metadata, {})
    await saver.prune(['t'])
    const left = []
    for await (const { checkpoint } of saver.list(thread)) left.push(checkpoint.id)
    expect(left).toEqual(['3'])
  })

  it('keep those that they bring, as they come out of another saver', async () => {
    const saver = new HoldfastSaver((await open()).organization.checkpoints)
    const metadata = { source: 'loop', step: 0, parents: {} } as const
    const moved = {
      ...emptyCheckpoint(), v: 3, id: '2', channel_values: { __pregel_tasks: ['a task'] },
      channel_versions: { __pregel_tasks: 1 },
    }
    const root = await saver.put(thread, { ...emptyCheckpoint(), v: 3, id: '1' }, metadata, {})
    await saver.put(root, moved, metadata, moved.channel_versions)
    expect((await saver.getTuple(thread))?.checkpoint).toEqual(moved)
  })
})

contract('subgraphs of langgraph', (open) => {
  it.each([
    [undefined, 'refuse', true], [true, 'refuse', false], [true, 'fork', true],
  ] as const)('called twice in one step with memory %s, %s', async (memory, whenStale, works) => {
    const saver = new HoldfastSaver((await open()).organization.checkpoints, { whenStale })
    const State = Annotation.Root({
      log: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
    })
    const inner = new StateGraph(State).addNode('a', () => ({ log: ['a'] }))
      .addNode('b', () => ({ log: ['b'] })).addEdge(START, 'a').addEdge('a', 'b')
      .compile(memory === undefined ? {} : { checkpointer: memory })
    const graph = new StateGraph(State)
      .addNode('call', async (_, config) => ({
        log: (await inner.invoke({ log: [] }, config)).log,
      }))
      .addConditionalEdges(START, () => [new Send('call', {}), new Send('call', {})])
      .compile({ checkpointer: saver })
    const run = graph.invoke({ log: [] }, thread)
    if (works) expect((await run).log).toEqual(['a', 'b', 'a', 'b'])
    else await expect(run).rejects.toMatchObject({ code: 'checkpoint_conflict' })
  })
})
