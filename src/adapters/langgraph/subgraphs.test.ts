import {
  Annotation, Command, END, interrupt, START, StateGraph,
} from '@langchain/langgraph'
import { expect, it } from 'vitest'
import { contract, type ContractWorld } from '../../testing/contract.js'
import { HoldfastSaver } from './saver.js'

const State = Annotation.Root({
  log: Annotation<string[]>({ reducer: (before, more) => [...before, ...more], default: () => [] }),
})
const thread = { configurable: { thread_id: 'chat' } }

interface Inner {
  /** Whether the inner graph has one history for all its runs. */
  readonly isStateful?: boolean
  /** Whether it asks before it ends. */
  readonly asks?: boolean
}

/** A graph that runs another one in its only node. */
function graphOf({ organization: { checkpoints } }: ContractWorld, inner: Inner = {}) {
  const saver = new HoldfastSaver(checkpoints)
  const subgraph = new StateGraph(State)
    .addNode('think', ({ log }) => ({ log: [`thought of ${log.length}`] }))
    .addNode('ask', () => ({ log: inner.asks === true ? [String(interrupt('Go on?'))] : [] }))
    .addEdge(START, 'think').addEdge('think', 'ask').addEdge('ask', END)
    .compile(inner.isStateful === true ? { checkpointer: true } : {})
  const graph = new StateGraph(State)
    .addNode('helper', subgraph).addEdge(START, 'helper').addEdge('helper', END)
    .compile({ checkpointer: saver })
  const say = (word: string, durability: Durability = 'async') =>
    graph.invoke({ log: [word] }, { ...thread, durability })
  const namespaces = async () => {
    const { data: [chat] } = await checkpoints.threads()
    return chat!.namespaces.map(({ namespace }) => namespace)
  }
  return { saver, graph, say, namespaces, checkpoints }
}

type Durability = 'async' | 'exit' | 'sync'
const durabilities: readonly Durability[] = ['async', 'exit', 'sync']

contract('subgraphs', (open) => {
  // With `exit` LangGraph keeps subgraphs only while they wait.
  it.each(['async', 'sync'] as const)('go with what they ran behind (%s)', async (durability) => {
    const { say, namespaces, checkpoints, graph } = graphOf(await open())
    for (const word of ['A', 'B', 'C', 'D']) await say(word, durability)
    const before = await graph.getState(thread)
    const all = await namespaces()
    expect(all).toHaveLength(5)
    await checkpoints.prune({ keepLast: 1, keepSubgraphs: true })
    expect(await namespaces()).toEqual(all)
    await checkpoints.prune({ keepLast: 1 })
    expect(await namespaces()).toEqual([''])
    expect((await graph.getState(thread)).values).toEqual(before.values)
    const { log } = await say('E', durability)
    expect(log.length).toBeGreaterThan(before.values.log.length)
    expect(await namespaces()).toHaveLength(2)
  })

  it.each(durabilities)('that wait stay, and go on with their answer (%s)', async (durability) => {
    const { say, namespaces, checkpoints, graph } = graphOf(await open(), { asks: true })
    const answer = (resume: string) =>
      graph.invoke(new Command({ resume }), { ...thread, durability })
    await say('A', durability)
    await checkpoints.prune({ keepLast: 1 })
    await answer('yes')
    await say('B', durability)
    const waiting = await namespaces()
    await checkpoints.prune({ keepLast: 1 })
    expect(await namespaces()).toHaveLength(2)
    expect(waiting).toEqual(expect.arrayContaining(await namespaces()))
    const state = await graph.getState(thread, { subgraphs: true })
    expect(state.tasks[0]!.interrupts.map(({ value }) => value)).toEqual(['Go on?'])
    const { log } = await answer('of course')
    expect(log.at(-1)).toBe('of course')
    expect(log).toContain('yes')
  })

  it('with one history for all their runs keep it', async () => {
    const { say, namespaces, checkpoints } = graphOf(await open(), { isStateful: true })
    for (const word of ['A', 'B', 'C']) {
      await say(word)
      await checkpoints.prune({ keepLast: 1 })
    }
    expect(await namespaces()).toEqual(['', 'helper'])
  })

  it('of which the checkpoint is pinned stay with it', async () => {
    const { say, namespaces, checkpoints, graph } = graphOf(await open())
    await say('A')
    const begun = []
    for await (const { config, next } of graph.getStateHistory(thread)) {
      if (next.includes('helper')) begun.push(String(config.configurable!.checkpoint_id))
    }
    await checkpoints.pin({ threadId: 'chat', checkpointId: begun[0]! })
    for (const word of ['B', 'C']) await say(word)
    await checkpoints.prune({ keepLast: 1 })
    expect(await namespaces()).toHaveLength(2)
    await checkpoints.unpin({ threadId: 'chat', checkpointId: begun[0]! })
    await checkpoints.prune({ keepLast: 1 })
    expect(await namespaces()).toEqual([''])
  })

  it('stay when the saver is asked for the newest of each namespace', async () => {
    const { say, namespaces, saver } = graphOf(await open())
    for (const word of ['A', 'B']) await say(word)
    await saver.prune(['chat'])
    expect(await namespaces()).toHaveLength(3)
  })
})
