import {
  Annotation, Command, DeltaChannel, interrupt, START, StateGraph,
} from '@langchain/langgraph'
import { describe, expect, it, vi } from 'vitest'
import { CheckpointConflict } from '../../checkpoints/index.js'
import { contract } from '../../testing/contract.js'
import { HoldfastSaver, type HoldfastSaverOptions } from './saver.js'

const State = Annotation.Root({
  log: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
})

/** Input, then `one`, then `two`, each into the log. */
function twoSteps(saver: HoldfastSaver, during: () => Promise<unknown> = async () => undefined) {
  return new StateGraph(State)
    .addNode('one', async () => {
      await during()
      return { log: ['one'] }
    })
    .addNode('two', () => ({ log: ['two'] }))
    .addEdge(START, 'one').addEdge('one', 'two').compile({ checkpointer: saver })
}

const thread = { configurable: { thread_id: 'a thread' } }

async function historyOf(graph: ReturnType<typeof twoSteps>) {
  const states = []
  for await (const state of graph.getStateHistory(thread)) states.push(state)
  return states
}

/** The state in which these are logged and this node is next. */
async function past(graph: ReturnType<typeof twoSteps>, log: string[], next: string) {
  const found = (await historyOf(graph)).find((state) => (
    state.next[0] === next && JSON.stringify(state.values.log) === JSON.stringify(log)))
  return found!.config
}

/** Neither goes on from the first that it reads before the other one has read, too. */
function readTogether(...savers: HoldfastSaver[]): void {
  let left = savers.length
  let open = () => {}
  const all = new Promise<void>((done) => (open = done))
  for (const saver of savers) {
    const spy = vi.spyOn(saver, 'getTuple')
    spy.mockImplementationOnce(async (config) => {
      const tuple = await HoldfastSaver.prototype.getTuple.call(saver, config)
      left -= 1
      if (left === 0) open()
      await all
      return tuple
    })
  }
}

contract('graphs of langgraph', (open) => {
  const saverOf = async (options?: HoldfastSaverOptions) => {
    const { checkpoints } = (await open()).organization
    return new HoldfastSaver(checkpoints, options)
  }
  const pair = async () => {
    const { checkpoints } = (await open()).organization
    return [new HoldfastSaver(checkpoints), new HoldfastSaver(checkpoints)] as const
  }

  describe('of two runs from one head', () => {
    it('one goes on, the other one fails and names both heads', async () => {
      const [mine, theirs] = await pair()
      await twoSteps(mine).invoke({ log: ['begin'] }, thread)
      readTogether(mine, theirs)
      const answers = await Promise.allSettled([
        twoSteps(mine).invoke({ log: ['mine'] }, thread),
        twoSteps(theirs).invoke({ log: ['theirs'] }, thread),
      ])
      const [failed] = answers.flatMap((each) => (
        each.status === 'rejected' ? [each.reason as CheckpointConflict] : []))
      expect(answers.filter(({ status }) => status === 'fulfilled').length).toBe(1)
      expect(failed).toMatchObject({ code: 'checkpoint_conflict' })
      // Where one of them was quick, the other one has loaded a step of its run.
      expect(failed!.message).toContain(failed!.parent)
      expect(failed!.message).toContain(failed!.head)
      const { log } = (await twoSteps(mine).getState(thread)).values
      expect(log.length).toBe(6)
      const [won] = answers.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      expect(log).toEqual(won!.log)
    })

    it('a thread that both begin is begun once', async () => {
      const [mine, theirs] = await pair()
      const answers = await Promise.allSettled([
        twoSteps(mine).invoke({ log: ['mine'] }, thread),
        twoSteps(theirs).invoke({ log: ['theirs'] }, thread),
      ])
      expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect((await twoSteps(mine).getState(thread)).values.log.length).toBe(3)
    })

    it('a change of the state meanwhile makes the run fail, and stays', async () => {
      const [mine, theirs] = await pair()
      const update = () => twoSteps(theirs).updateState(thread, { log: ['update'] }, 'two')
      const run = twoSteps(mine, update).invoke({ log: ['run'] }, { ...thread, durability: 'sync' })
      await expect(run).rejects.toMatchObject({ code: 'checkpoint_conflict' })
      const { log } = (await twoSteps(mine).getState(thread)).values
      expect(log).toEqual(['run', 'update'])
    })

    it('both go on where that is wanted', async () => {
      const { checkpoints } = (await open()).organization
      const graphs = [1, 2].map(() => (
        twoSteps(new HoldfastSaver(checkpoints, { whenStale: 'fork' }))))
      await Promise.all(graphs.map((graph) => graph.invoke({ log: ['x'] }, thread)))
      expect((await historyOf(graphs[0]!)).length).toBe(8)
    })
  })

  describe('a run pointed at the past', () => {
    it('goes on from there as it is, or with other input, beside what there is', async () => {
      const graph = twoSteps(await saverOf())
      await graph.invoke({ log: ['A'] }, thread)
      await graph.invoke({ log: ['B'] }, thread)
      const ids = async () => (
        (await historyOf(graph)).map(({ config }) => config.configurable!.checkpoint_id))
      const before = await ids()
      const early = await past(graph, ['A', 'one'], 'two')
      expect((await graph.invoke(null, early)).log).toEqual(['A', 'one', 'two'])
      expect((await graph.invoke({ log: ['C'] }, early)).log.slice(0, 3)).toEqual(['A', 'one', 'C'])
      expect(await ids()).toEqual(expect.arrayContaining(before))
    })

    it('may change the state there and go on from that', async () => {
      const graph = twoSteps(await saverOf())
      await graph.invoke({ log: ['A'] }, thread)
      await graph.invoke({ log: ['B'] }, thread)
      const early = await past(graph, ['A'], 'one')
      const branch = await graph.updateState(early, { log: ['other'] }, 'one')
      expect((await graph.invoke(null, branch)).log).toEqual(['A', 'other', 'two'])
      // What the thread goes on from is now the branch.
      expect((await graph.invoke({ log: ['C'] }, thread)).log)
        .toEqual(['A', 'other', 'two', 'C', 'one', 'two'])
    })

    it('is no hindrance to another one, also while both run', async () => {
      const [mine, theirs] = await pair()
      const graph = twoSteps(mine)
      await graph.invoke({ log: ['A'] }, thread)
      await graph.invoke({ log: ['B'] }, thread)
      const early = await past(graph, ['A'], 'one')
      const answers = await Promise.all([
        graph.invoke({ log: ['P'] }, early), twoSteps(theirs).invoke({ log: ['Q'] }, early),
        graph.invoke({ log: ['R'] }, early),
      ])
      expect(answers.map(({ log }) => log)).toEqual(
        ['P', 'Q', 'R'].map((each) => expect.arrayContaining(['A', each, 'two'])))
    })

    it('does not fork where that past is the head', async () => {
      const [mine, theirs] = await pair()
      const graph = twoSteps(mine)
      await graph.invoke({ log: ['A'] }, thread)
      const { config } = await graph.getState(thread)
      const update = () => twoSteps(theirs).updateState(thread, { log: ['update'] }, 'two')
      const run = twoSteps(mine, update).invoke({ log: ['run'] }, { ...config, durability: 'sync' })
      await expect(run).rejects.toMatchObject({ code: 'checkpoint_conflict' })
      const { log } = (await graph.getState(thread)).values
      expect(log).toEqual(['A', 'one', 'two', 'run', 'update'])
    })

    it('leaves no trace in what the application sees', async () => {
      const graph = twoSteps(await saverOf())
      await graph.invoke({ log: ['A'] }, thread)
      const state = await graph.getState(await past(graph, ['A'], 'one'))
      expect(JSON.parse(JSON.stringify(state.config)).configurable).toEqual({
        thread_id: 'a thread', checkpoint_ns: '', checkpoint_id: expect.any(String),
      })
    })
  })

  it('a run with a smaller fencing token is told', async () => {
    const [mine, theirs] = await pair()
    const fenced = (fence: number) => ({ configurable: { ...thread.configurable, fence } })
    await twoSteps(mine).invoke({ log: ['old'] }, fenced(1))
    await twoSteps(theirs).invoke({ log: ['new'] }, fenced(2))
    await expect(twoSteps(mine).invoke({ log: ['old'] }, fenced(1))).rejects
      .toMatchObject({ code: 'stale_fence' })
    expect((await twoSteps(mine).getState(thread)).values.log.length).toBe(6)
  })

  const durabilities = ['sync', 'async', 'exit'] as const
  it.each(durabilities)('an interrupt waits and resumes (%s)', async (durability) => {
    const saver = await saverOf()
    const inner = new StateGraph(State)
      .addNode('ask', () => ({ log: [`heard ${interrupt('what?') as string}`] }))
      .addEdge(START, 'ask').compile()
    const graph = new StateGraph(State)
      .addNode('inner', inner).addNode('after', () => ({ log: ['after'] }))
      .addEdge(START, 'inner').addEdge('inner', 'after').compile({ checkpointer: saver })
    const config = { ...thread, durability }
    const first = await graph.invoke({ log: ['A'] }, config) as { __interrupt__?: unknown[] }
    expect(first.__interrupt__?.length).toBe(1)
    const { tasks } = await graph.getState(thread, { subgraphs: true })
    expect(tasks[0]?.interrupts[0]?.value).toBe('what?')
    const { log } = await graph.invoke(new Command({ resume: 'this' }), config)
    expect(log.filter((each) => each === 'heard this').length).toBe(1)
    expect(log.at(-1)).toBe('after')
  })

  it('channels kept as differences are rebuilt, also on a branch', async () => {
    const Differences = Annotation.Root({
      log: () => new DeltaChannel<string[], string[]>((a, many) => [...a, ...many.flat()]),
    })
    const graph = new StateGraph(Differences)
      .addNode('one', () => ({ log: ['one'] })).addNode('two', () => ({ log: ['two'] }))
      .addNode('too', () => ({ log: ['too'] }))
      .addEdge(START, 'one').addEdge('one', 'two').addEdge('one', 'too')
      .compile({ checkpointer: await saverOf() })
    for (const each of ['A', 'B', 'C']) await graph.invoke({ log: [each] }, thread)
    const expected = ['A', 'B', 'C'].flatMap((each) => [each, 'one', 'too', 'two'])
    const { log } = (await graph.getState(thread)).values
    expect(log.toSorted()).toEqual(expected.toSorted())
    expect(log[0]).toBe('A')
    const states = []
    for await (const state of graph.getStateHistory(thread)) states.push(state)
    const early = states.find((state) => state.values.log.length === 4 && state.next.length === 0)
    const branch = await graph.invoke({ log: ['D'] }, early!.config)
    expect(branch.log.slice(0, 6)).toEqual([...early!.values.log, 'D', 'one'])
    expect((await graph.getState(thread)).values.log).toEqual(branch.log)
  })

  it.each(durabilities)('they are whole after what is old was deleted (%s)', async (durability) => {
    const { organization: { checkpoints }, holdfast } = await open()
    const reducer = (before: string[], many: string[][]) => [...before, ...many.flat()]
    const Differences = Annotation.Root({
      log: () => new DeltaChannel<string[], string[]>(reducer, { snapshotFrequency: 5 }),
      never: () => new DeltaChannel<string[], string[]>(reducer),
    })
    const saver = new HoldfastSaver(checkpoints)
    const graph = new StateGraph(Differences)
      .addNode('one', () => ({ log: ['one'] })).addNode('two', () => ({ log: ['two'] }))
      .addEdge(START, 'one').addEdge('one', 'two').compile({ checkpointer: saver })
    const said: string[] = []
    const say = async (word: string) => {
      said.push(word, 'one', 'two')
      await graph.invoke({ log: [word] }, {
        ...thread, durability, configurable: { ...thread.configurable, run_id: `run ${word}` },
      })
    }
    const logs = async () => {
      const all = []
      for await (const { values } of graph.getStateHistory(thread)) all.push(values.log as string[])
      return all
    }
    for (const word of ['A', 'B', 'C', 'D']) await say(word)
    const before = await logs()
    await checkpoints.prune({ keepLast: 3 })
    const left = await logs()
    expect(left.slice(0, 3)).toEqual(before.slice(0, 3))
    expect(left.length).toBeLessThan(before.length + (durability === 'exit' ? 1 : 0))
    expect(left).toEqual(before.slice(0, left.length))
    await say('E')
    await saver.deleteForRuns(['run B', 'run C', 'run D'])
    expect((await graph.getState(thread)).values.log).toEqual(said)
    await checkpoints.setPolicy({ keepLast: 1 })
    while (await holdfast.checkpointLog.sweep() > 0);
    await say('F')
    await saver.prune(['a thread'])
    expect((await graph.getState(thread)).values.log).toEqual(said)
    expect((await logs()).length).toBeLessThan(8)
  })
})
