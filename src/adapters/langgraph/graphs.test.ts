import { setTimeout as sleep } from 'node:timers/promises'
import { Annotation, Command, interrupt, START, StateGraph } from '@langchain/langgraph'
import { describe, expect, it } from 'vitest'
import { MemoryTransport } from './memory-transport.test.harness.js'
import { HoldfastSaver } from './saver.js'

const State = Annotation.Root({
  log: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
})
const slow = { ms: 0 }
function graphOn(saver: HoldfastSaver) {
  return new StateGraph(State)
    .addNode('one', async () => { await sleep(slow.ms); return { log: ['one'] } })
    .addNode('two', async () => ({ log: ['two'] }))
    .addEdge(START, 'one').addEdge('one', 'two').compile({ checkpointer: saver })
}
const thread = (id: string) => ({ configurable: { thread_id: id } })

describe('graphs', () => {
  it('conflict on new thread', async () => {
    const t = new MemoryTransport()
    const [a, b] = [graphOn(new HoldfastSaver(t)), graphOn(new HoldfastSaver(t))]
    const r = await Promise.allSettled([a.invoke({ log: ['A'] }, thread('x')), b.invoke({ log: ['B'] }, thread('x'))])
    console.log(r.map((x) => x.status === 'fulfilled' ? x.value : x.reason.message))
    const r2 = await Promise.allSettled([a.invoke({ log: ['A'] }, thread('x')), b.invoke({ log: ['B'] }, thread('x'))])
    console.log(r2.map((x) => x.status === 'fulfilled' ? x.value : x.reason.message))
    console.log((await a.getState(thread('x'))))
  })
  it('time travel', async () => {
    const t = new MemoryTransport()
    const g = graphOn(new HoldfastSaver(t))
    await g.invoke({ log: ['A'] }, thread('x'))
    await g.invoke({ log: ['B'] }, thread('x'))
    const states = []
    for await (const s of g.getStateHistory(thread('x'))) states.push(s)
    const old = states.find((s) => s.next[0] === 'two' && s.values.log.length === 5)!
    console.log(states.map((s) => [s.values.log.join(), s.next, s.config.configurable!.checkpoint_id]))
    console.log(await g.invoke(null, old.config))
    console.log(await g.invoke({ log: ['C'] }, states.at(-2)!.config))
    const c = await g.updateState(states.at(-3)!.config, { log: ['upd'] }, 'one')
    console.log(c, await g.invoke(null, c))
    const [p, q] = await Promise.allSettled([g.invoke({ log: ['P'] }, states.at(-2)!.config), g.invoke({ log: ['Q'] }, states.at(-2)!.config)])
    console.log(p, q)
    const [y, z] = await Promise.allSettled([g.invoke({ log: ['Y'] }, states.at(-2)!.config), g.invoke({ log: ['Z'] }, thread('x'))])
    console.log(y, z)
  })
})
