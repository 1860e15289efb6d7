import { Histogram } from '../harness/histogram.mjs'
import { openSaver } from './checkpoints/savers.mjs'
import { words } from './checkpoints/words.mjs'

const textBytes = 1024

/**
 * A conversation so many turns of 1 KB long: a slice puts its next turns (`measures: 'put'`), reads
 * where it stands (`'get'`), or lists its newest 600 checkpoints (`'history'`).
 */
export async function open({ turns, measures, ...settings }) {
  const { saver, close } = await openSaver(settings)
  const messages = []
  let [config, number] = [{ configurable: { thread_id: 'long', checkpoint_ns: '' } }, 0]
  const step = async () => {
    messages.push({ role: number % 2 === 0 ? 'user' : 'assistant', content: words(textBytes) })
    number += 1
    const versions = { messages: number }
    const checkpoint = {
      v: 4, id: String(number).padStart(36, '0'), ts: new Date().toISOString(),
      channel_values: { messages: [...messages] }, channel_versions: versions,
      versions_seen: { work: { messages: number - 1 } },
    }
    const metadata = { source: 'loop', step: number, parents: {} }
    const before = performance.now()
    config = await saver.put(config, checkpoint, metadata, versions)
    return performance.now() - before
  }
  while (number < turns) await step()
  const timed = async (work) => {
    const before = performance.now()
    await work()
    return performance.now() - before
  }
  const thread = { configurable: { thread_id: 'long', checkpoint_ns: '' } }
  const operations = {
    put: step,
    get: () => timed(async () => {
      const { checkpoint } = await saver.getTuple(thread)
      if (checkpoint.channel_values.messages.length !== number) throw new Error('it is not whole')
    }),
    history: () => timed(async () => {
      let count = 0
      for await (const _ of saver.list(thread, { limit: 600 })) count += 1
      if (count !== Math.min(600, number)) throw new Error(`${count} are listed`)
    }),
  }
  async function slice(_callers, sliceMs) {
    const histogram = new Histogram()
    const cpu = process.cpuUsage()
    let [operationCount, elapsedMs] = [0, 0]
    // However long a slice, a conversation must not become another one by it.
    for (const end = performance.now() + sliceMs; operationCount < 20;) {
      const took = await operations[measures]()
      histogram.add(took)
      elapsedMs += took
      operationCount += 1
      if (performance.now() > end) break
    }
    const { user, system } = process.cpuUsage(cpu)
    return { operations: operationCount, elapsedMs, cpuMs: (user + system) / 1000, histogram }
  }
  return { slice, close }
}
