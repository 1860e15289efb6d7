/**
 * An assistant that asks before it acts: it waits for an answer across a restart, two processes
 * answer at once, and a step is taken again from the past. See README.md.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Annotation, Command, interrupt, START, StateGraph } from '@langchain/langgraph'
import { openHoldfast } from 'holdfast'
import { HoldfastSaver, HoldfastStore } from 'holdfast/langgraph'

const folder = await mkdtemp(join(tmpdir(), 'holdfast-graph-'))
const database = process.env.HOLDFAST_DATABASE_URL ?? `sqlite:${join(folder, 'graph.db')}`
const thread = { configurable: { thread_id: 'trip to Oslo' } }

const State = Annotation.Root({
  log: Annotation({ reducer: (all, more) => [...all, ...more], default: () => [] }),
})

/** What a booking waits for; nothing, unless two are to be at work at once. */
let others = async () => {}

/** Lets nobody go on before there are so many. */
function meeting(count) {
  let come = 0
  let go
  const all = new Promise((resolve) => (go = resolve))
  return () => {
    if ((come += 1) === count) go()
    return all
  }
}

/** The assistant as one process has it. */
async function open() {
  const holdfast = await openHoldfast({ database })
  const { checkpoints, items } = holdfast.organization()
  const store = new HoldfastStore(items)
  const graph = new StateGraph(State)
    .addNode('plan', async () => {
      await store.put(['trips', 'oslo'], 'plan', { by: 'plane' })
      return { log: ['planned'] }
    })
    .addNode('book', async () => {
      const answer = interrupt('Book it?')
      await others()
      return { log: [`answered ${answer}`] }
    })
    .addEdge(START, 'plan').addEdge('plan', 'book')
    .compile({ checkpointer: new HoldfastSaver(checkpoints), store })
  return { graph, store, close: () => holdfast.close() }
}

let one = await open()
const other = await open()
try {
  const { __interrupt__: [question] } = await one.graph.invoke({ log: ['Oslo!'] }, thread)
  await one.close()
  one = await open()
  assert.equal((await one.graph.getState(thread)).tasks[0].interrupts[0].value, question.value)
  console.log(`Restarted; it still waits for an answer to "${question.value}"`)

  others = meeting(2)
  const answers = await Promise.allSettled([one, other].map(({ graph }, place) => (
    graph.invoke(new Command({ resume: place === 0 ? 'yes' : 'no' }), thread))))
  const codes = answers.map(({ reason }) => reason?.code ?? 'kept').sort()
  others = async () => {}
  assert.deepEqual(codes, ['checkpoint_conflict', 'kept'])
  const { log } = (await other.graph.getState(thread)).values
  console.log(`Two processes answered at once; one was kept: ${log.join(', ')}.`)

  const past = []
  for await (const state of one.graph.getStateHistory(thread)) past.push(state)
  const planned = past.find(({ next }) => next[0] === 'book')
  const branch = await one.graph.updateState(planned.config, { log: ['by train'] }, 'plan')
  const again = await one.graph.invoke(null, branch)
  assert.deepEqual(again.log, ['Oslo!', 'planned', 'by train'])
  console.log(`Went back to the plan; the branch: ${again.log.join(', ')}.`)
  const kept = await one.graph.getState(past[0].config)
  assert.deepEqual(kept.values.log, log)
  const [trip] = await one.store.search(['trips'])
  console.log(`Verified: both branches are there; the store says "by ${trip.value.by}".`)
} finally {
  await Promise.all([one.close(), other.close()])
  await rm(folder, { recursive: true, force: true })
}
