import { setTimeout as sleep } from 'node:timers/promises'
import { Annotation, START, StateGraph } from '@langchain/langgraph'
import { expect, it } from 'vitest'
import { contract } from '../../testing/contract.js'
import { HoldfastSaver } from './saver.js'

const State = Annotation.Root({
  log: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
})

/** Some short steps. */
function stepsOn(checkpointer: HoldfastSaver) {
  const step = (name: string) => async () => {
    await sleep(Math.random() * 4)
    return { log: [name] }
  }
  return new StateGraph(State)
    .addNode('one', step('one')).addNode('two', step('two')).addNode('three', step('three'))
    .addEdge(START, 'one').addEdge('one', 'two').addEdge('two', 'three').compile({ checkpointer })
}

contract('an aborted run of langgraph', (open) => {
  it.each(['sync', 'async', 'exit'] as const)('is no hindrance to the next (%s)', async (each) => {
    const graph = stepsOn(new HoldfastSaver((await open()).organization.checkpoints))
    let aborted = 0
    for (let round = 0; round < 25; round++) {
      const config = { configurable: { thread_id: `t${round % 2}` }, durability: each }
      const controller = new AbortController()
      const run = graph.invoke({ log: ['stopped'] }, { ...config, signal: controller.signal })
      setTimeout(() => controller.abort(), Math.random() * 12)
      await run.catch(() => (aborted += 1))
      const word = `round ${round}`
      const { log } = await graph.invoke({ log: [word] }, config)
      expect(log.slice(-4)).toEqual([word, 'one', 'two', 'three'])
      expect((await graph.getState(config)).values.log).toEqual(log)
    }
    expect(aborted).toBeGreaterThan(0)
  })
})
