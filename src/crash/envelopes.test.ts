import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { type TestEngine, drawnEngines } from '../testing/engines.js'
import {
  envelopeOf, said, ScriptedAgent, utterance,
} from '../testing/open-floor.test.harness.js'
import { program, ServerProcess } from './server-process.js'

/** How often the process that delivers is killed. */
const kills = Number(process.env.HOLDFAST_TEST_DELIVERY_KILLS ?? 2)
const timeoutMs = 60_000 + kills * 20_000

vi.setConfig({ testTimeout: timeoutMs + 30_000 })

const texts = Array.from({ length: kills * 4 + 4 }, (_, index) => `word ${index}`)

const library = pathToFileURL(join(dirname(dirname(program)), 'index.js')).href
const script = fileURLToPath(new URL('./envelope-worker.mjs', import.meta.url))

/** What was said to an agent, under which id. */
const taken = ({ heard }: ScriptedAgent) => heard.flatMap(({ id, events }) =>
  events.filter(({ eventType }) => eventType === 'utterance')
    .map((event) => ({ id, text: said(event) })))

async function deliver(engine: TestEngine): Promise<void> {
  const lease = await engine.createReady()
  const holdfast = await openHoldfast({ database: lease.url })
  const { openFloor, conversations } = holdfast.organization()
  const start = () => ServerProcess.start({
    database: lease.url, instead: [script, library, lease.url],
  })
  let worker = await start()
  let killed = 0
  let restarting: Promise<unknown> = Promise.resolve()
  const kill = () => {
    killed += 1
    restarting = worker.stop('SIGKILL').then(async () => (worker = await start()))
  }
  const [before, behind, calm] = await Promise.all(
    ['before', 'behind', 'calm'].map((name) => new ScriptedAgent(name).start()))
  try {
    const { id } = await conversations.create()
    const send = (...events: object[]) =>
      openFloor.receive(envelopeOf('tag:speaker', id, events))
    // In the middle of a call: the agent has it, and nobody is there to hear its answer.
    before!.answer = () => {
      if (killed < kills && before!.attempts.length % 5 === 2) kill()
      return []
    }
    // Right behind an answer, which may be written down or not.
    behind!.answer = () => {
      if (killed < kills && behind!.attempts.length % 5 === 4) {
        setTimeout(() => killed < kills && kill(), Math.random() * 10)
      }
      return []
    }
    await send(...[before, behind, calm].map((agent) =>
      ({ eventType: 'invite', to: { speakerUri: agent!.speakerUri, serviceUrl: agent!.url } })))
    for (const text of texts) await send(utterance(text))
    let delivered = 0
    const arrived = async () => {
      const made = await openFloor.deliveries(id, { after: delivered, limit: 200 })
      const open = made.findIndex(({ state }) => state !== 'delivered')
      delivered = (open < 0 ? made.at(-1) : made[open - 1])?.number ?? delivered
      return delivered
    }
    await expect.poll(arrived, { timeout: timeoutMs, interval: 100 })
      .toBe(3 * (texts.length + 1))
    expect(killed).toBe(kills)
    // It was called again for what nobody had written down.
    expect(before!.attempts.length).toBeGreaterThan(new Set(before!.attempts).size)
    for (const agent of [before!, behind!, calm!]) {
      const words = taken(agent)
      // What comes again does so under its id, before anything that follows it.
      const once = words.filter(({ id: each }, index) => each !== words[index - 1]?.id)
      expect(once.map(({ text }) => text)).toStrictEqual(texts)
      expect(new Set(words.map(({ id: each }) => each)).size).toBe(texts.length)
    }
  } finally {
    await restarting
    await worker.stop('SIGKILL')
    for (const agent of [before!, behind!, calm!]) agent.stop()
    await holdfast.close()
    await lease.drop()
  }
}

// What is in memory ends with its process.
for (const engine of drawnEngines()) {
  const { missing } = engine
  const title = `[${engine.name}] deliveries of a process that is killed in the middle of them`
  const told = missing === undefined ? title : `${title}: did not run: ${missing}`
  describe.skipIf(missing !== undefined)(told, () => {
    it('come once and in order, and no other is lost', () => deliver(engine))
  })
}
