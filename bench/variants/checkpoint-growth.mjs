import { Histogram } from '../harness/histogram.mjs'
import { openSaver } from './checkpoints/savers.mjs'
import { words } from './checkpoints/words.mjs'

const textBytes = 1024
const thread = { configurable: { thread_id: 'long', checkpoint_ns: '' } }

/**
 * A channel of differences has its whole value every so many turns, as LangGraph's default is; so
 * that neither turn 20 nor turn 2,000 is one of these, the first is in the middle.
 */
const snapshotEvery = 100
const turnsSince = (number) => (
  number < snapshotEvery / 2 ? number : (number - snapshotEvery / 2) % snapshotEvery)

/** How many milliseconds the work takes. */
async function timed(work) {
  const before = performance.now()
  await work()
  return performance.now() - before
}

/** A conversation whose turns are put one by one: the list whole, or what was added alone. */
async function conversation(saver, isDelta) {
  const { DeltaSnapshot } = await import('@langchain/langgraph-checkpoint')
  const messages = []
  let [config, number] = [thread, 0]
  async function step() {
    const message = {
      role: number % 2 === 0 ? 'user' : 'assistant', content: words(textBytes),
    }
    messages.push(message)
    number += 1
    const since = turnsSince(number)
    const isWhole = !isDelta || since === 0
    const whole = isDelta ? new DeltaSnapshot([...messages]) : [...messages]
    const versions = { messages: number }
    const checkpoint = {
      v: 4, id: String(number).padStart(36, '0'), ts: new Date().toISOString(),
      channel_values: isWhole ? { messages: whole } : {}, channel_versions: versions,
      versions_seen: { work: { messages: number - 1 } },
    }
    const metadata = {
      source: 'loop', step: number, parents: {},
      ...!isWhole ? { counters_since_delta_snapshot: { messages: [since, since] } } : {},
    }
    return await timed(async () => {
      // Differences are in what the task wrote, which comes along with the next checkpoint.
      const writing = isDelta && number > 1
        && saver.putWrites(config, [['messages', [message]]], `task-${number}`)
      const putting = saver.put(config, checkpoint, metadata, versions)
      const [next] = await Promise.all([putting, writing])
      config = next
    })
  }
  return { step, messages: () => messages, config: () => config }
}

/** What a slice does again and again; each answers how long it took. */
function operationsOf(saver, { step, messages, config }) {
  const { length } = messages()
  const checkLength = (found) => {
    if (found !== messages().length) throw new Error(`it has ${found} messages`)
  }
  return {
    put: step,
    get: () => timed(async () => {
      checkLength((await saver.getTuple(thread)).checkpoint.channel_values.messages.length)
    }),
    // As LangGraph loads a channel of differences: where it stands, then what makes it up.
    tuple: () => timed(async () => {
      const { metadata } = await saver.getTuple(thread)
      if (metadata.step !== length) throw new Error(`it is at ${metadata.step}`)
    }),
    load: () => timed(async () => {
      const channels = ['messages']
      const { messages: { writes, seed } } = await saver.getDeltaChannelHistory(
        { config: config(), channels })
      // The first turn of all is in no write.
      checkLength(seed === undefined ? writes.length + 1 : seed.value.length + writes.length)
    }),
    history: () => timed(async () => {
      let count = 0
      for await (const _ of saver.list(thread, { limit: 600 })) count += 1
      if (count !== Math.min(600, length)) throw new Error(`${count} are listed`)
    }),
  }
}

/** What the framework's serializer alone takes for the list, with nothing stored. */
async function serializing(turns) {
  const { JsonPlusSerializer } = await import('@langchain/langgraph-checkpoint')
  const serde = new JsonPlusSerializer()
  const messages = Array.from({ length: turns }, (_, number) => (
    { role: number % 2 === 0 ? 'user' : 'assistant', content: words(textBytes) }))
  const [type, bytes] = await serde.dumpsTyped(messages)
  return {
    dumps: () => timed(() => serde.dumpsTyped([...messages])),
    loads: () => timed(() => serde.loadsTyped(type, bytes)),
  }
}

/**
 * A conversation so many turns of 1 KB long: a slice puts its next turns (`measures: 'put'`), reads
 * where it stands (`'get'`), or lists its newest 600 checkpoints (`'history'`). With `isDelta`
 * its messages are a channel of differences. `'dumps'` and `'loads'` are the serializer alone.
 */
export async function open({ turns, measures, isDelta = false, ...settings }) {
  if (measures === 'dumps' || measures === 'loads') {
    const operations = await serializing(turns)
    return { slice: slicing(operations[measures]), close: async () => undefined }
  }
  const { saver, close } = await openSaver(settings)
  const talk = await conversation(saver, isDelta)
  while (talk.messages().length < turns) await talk.step()
  return { slice: slicing(operationsOf(saver, talk)[measures]), close }
}

const slicing = (operation) => async (_callers, sliceMs) => {
  const histogram = new Histogram()
  const cpu = process.cpuUsage()
  let [operationCount, elapsedMs] = [0, 0]
  // However long a slice, a conversation must not become another one by it.
  for (const end = performance.now() + sliceMs; operationCount < 20;) {
    const took = await operation()
    histogram.add(took)
    elapsedMs += took
    operationCount += 1
    if (performance.now() > end) break
  }
  const { user, system } = process.cpuUsage(cpu)
  return { operations: operationCount, elapsedMs, cpuMs: (user + system) / 1000, histogram }
}
