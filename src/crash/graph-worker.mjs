// A process that runs graphs of LangGraph. `begin`: puts one checkpoint. `talk`: says in a thread
// what comes in by the line, and says it again where it was refused. `steps`: takes the fifty steps
// of a thread, wherever they stand, with an effect each, and tells each step that it begins.
import { createInterface } from 'node:readline'
import { emptyCheckpoint } from '@langchain/langgraph-checkpoint'

const [library, adapter, database, kind, threadId, name] = process.argv.slice(2)
const { openHoldfast } = await import(library)
const { HoldfastSaver } = await import(adapter)
const holdfast = await openHoldfast({ database, backgroundIndexing: false })
const organization = holdfast.organization()
const checkpointer = new HoldfastSaver(organization.checkpoints)
const config = { configurable: { thread_id: threadId }, recursionLimit: 200 }
const tell = (...words) => process.stdout.write(`${words.join(' ')}\n`)

/** LangGraph itself takes its time to load. */
async function parts() {
  const { Annotation, START, StateGraph } = await import('@langchain/langgraph')
  const appended = Annotation({ reducer: (all, more) => [...all, ...more], default: () => [] })
  return { Annotation, START, StateGraph, appended }
}

async function begin() {
  await checkpointer.put(config, emptyCheckpoint(), { source: 'input', step: -1, parents: {} }, {})
  tell('begun')
}

async function talk() {
  const { Annotation, START, StateGraph, appended } = await parts()
  const graph = new StateGraph(Annotation.Root({ messages: appended }))
    .addNode('answer', ({ messages }) => ({ messages: [`heard ${messages.at(-1)}`] }))
    .addEdge(START, 'answer').compile({ checkpointer })
  tell('ready')
  for await (const line of createInterface({ input: process.stdin })) {
    let conflicts = 0
    for (;;) {
      try {
        await graph.invoke({ messages: [`${name} ${line}`] }, config)
        break
      } catch (error) {
        if (error.code !== 'checkpoint_conflict') throw error
        // Only what was not kept is said again: part of the run may have been.
        conflicts += 1
        const { values } = await graph.getState(config)
        if (values.messages?.includes(`${name} ${line}`)) break
      }
    }
    tell('said', line, conflicts)
  }
}

async function steps(count) {
  const { Annotation, START, StateGraph, appended } = await parts()
  const graph = new StateGraph(Annotation.Root({ taken: appended }))
    .addNode('step', async ({ taken }) => {
      const number = taken.length
      tell('begins', number)
      await organization.messages.append(
        name, { role: 'tool', content: number }, { idempotencyKey: `${threadId} ${number}` })
      return { taken: [number] }
    })
    .addEdge(START, 'step')
    .addConditionalEdges('step', ({ taken }) => (taken.length < count ? 'step' : '__end__'))
    .compile({ checkpointer })
  // A step whose writes are kept is no longer next, and the values have them already, though its
  // checkpoint is still to come: only its task says so.
  const { tasks, createdAt } = await graph.getState(config)
  const isBegun = createdAt !== undefined
  if (!isBegun || tasks.length > 0) {
    await graph.invoke(isBegun ? null : { taken: [] }, { ...config, durability: 'sync' })
  }
  tell('done')
}

await { begin, talk, steps: () => steps(50) }[kind]()
await holdfast.close()
