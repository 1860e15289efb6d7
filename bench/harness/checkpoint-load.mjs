import { anyOf } from './workload.mjs'

const threadCount = 64
/** Checkpoints of each thread that are there when reading is measured. */
const readDepth = 20

const config = (thread) => ({ configurable: { thread_id: thread, checkpoint_ns: '' } })

/** Version 6 UUIDs, rising. */
function checkpointIds() {
  let ticks = BigInt(Date.now()) * 10_000n + 0x01b2_1dd2_1381_4000n
  return () => {
    ticks += 1n
    const text = ticks.toString(16).padStart(15, '0')
    return `${text.slice(0, 8)}-${text.slice(8, 12)}-6${text.slice(12)}-8000-000000000000`
  }
}

/**
 * One step of a graph, as LangGraph ends a superstep: the two writes of its task and the checkpoint
 * of three small channels that follows are on their way at once, and `durability: 'sync'` waits for
 * both.
 */
export function stepper(saver) {
  const nextId = checkpointIds()
  const putWrites = ({ parent, number }) => saver.putWrites(
    parent, [['messages', [{ role: 'assistant', content: 'This.' }]], ['step', number]],
    `task-${number}`)
  async function step({ thread, parent, number }) {
    const id = nextId()
    const version = number + 1
    const versions = { 'messages': version, 'step': version, 'branch:to:work': version }
    const checkpoint = {
      v: 4, id, ts: new Date().toISOString(),
      channel_values: {
        'messages': [{ role: 'user', content: `What of number ${number}?` }],
        'step': number, 'branch:to:work': null,
      },
      channel_versions: versions, versions_seen: { work: { 'branch:to:work': number } },
    }
    const metadata = { source: 'loop', step: number, parents: {} }
    const writing = parent && putWrites({ parent, number })
    const putting = saver.put(parent ?? config(thread), checkpoint, metadata, versions)
    const [next] = await Promise.all([putting, writing])
    return { thread, parent: next, number: number + 1 }
  }
  return { step, putWrites }
}

/** Steps, or with `reads` getTuple of the newest, over threads lent to one caller each. */
export async function checkpointLoad(saver, { reads }) {
  const { step, putWrites } = stepper(saver)
  const run = `${process.pid}-${Date.now()}`
  const free = Array.from(
    { length: threadCount }, (_, place) => ({ thread: `${run}/${place}`, number: 0 }))
  const everywhere = (work) => Promise.all(free.map(work))
  if (reads) {
    for (let depth = 0; depth < readDepth; depth += 1) {
      await everywhere(async (state, place) => (free[place] = await step(state)))
    }
    await everywhere(putWrites)
    const threads = free.map(({ thread }) => config(thread))
    const thread = anyOf(threads)
    return async () => {
      const { pendingWrites } = await saver.getTuple(thread())
      if (pendingWrites.length !== 2) throw new Error('it is not whole')
    }
  }
  // A thread's first checkpoint comes alone.
  await everywhere(async (state, place) => (free[place] = await step(state)))
  return async () => {
    const state = free.shift()
    free.push(await step(state))
  }
}
