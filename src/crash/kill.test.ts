import { describe, expect, it, type TestContext } from 'vitest'
import { type TestEngine, testEngines } from '../testing/engines.js'
import { Arena } from './arena.js'
import { type Judgement } from './law.js'
import { pause, until } from './load.js'
import { figuresOf } from './scene.js'
import { ServerProcess } from './server-process.js'

/** Kills per engine and mode; the issue of a release asks for 40. */
const { HOLDFAST_TEST_KILLS: asked } = process.env
const kills = Number(asked ?? 3)
/** In the long run they do not rest. */
const writing = asked === undefined ? { writers: 16 } : { writers: 64, restMs: 0 }
const patienceMs = 180_000 + kills * 5_000

// What is in memory ends with its process.
for (const engine of testEngines().slice(1)) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  const title = `[${engine.name}] kill -9${reason}`
  // At the same time, as a process that begins and a disk that syncs are waited for.
  describe.skipIf(engine.missing !== undefined)(title, { concurrent: true }, () => {
    it('loses and doubles nothing when writers repeat with their keys', async (test) => {
      const judgement = await killAgainAndAgain(test, engine, true)
      expect(judgement.breaches).toEqual([])
      expect(judgement).toMatchObject({ duplicates: 0, acknowledged: judgement.attempted })
      expect(judgement.kept).toBe(judgement.attempted)
    }, patienceMs)

    it('keeps what it acknowledged when writers do not repeat', async (test) => {
      const judgement = await killAgainAndAgain(test, engine, false)
      expect(judgement.breaches).toEqual([])
      expect(judgement.duplicates).toBe(0)
      expect(judgement.kept).toBeGreaterThanOrEqual(judgement.acknowledged)
      expect(judgement.kept).toBeLessThanOrEqual(judgement.attempted)
    }, patienceMs)
  })
}

async function killAgainAndAgain(
  { onTestFinished }: TestContext,
  engine: TestEngine,
  keyed: boolean,
): Promise<Judgement> {
  const lease = await engine.createReady()
  onTestFinished(() => lease.drop())
  let starting = ServerProcess.start({ database: lease.url })
  onTestFinished(async () => {
    await starting.then((server) => server.stop('SIGKILL'), () => undefined)
  })
  const arena = await Arena.on(await starting)
  onTestFinished(() => arena.close())
  const { random } = arena
  const load = arena.load({ target: async () => (await starting).url, keyed, ...writing })
  for (let count = 0; count < kills; count += 1) {
    const before = load.acknowledged
    await pause(random.between(100, 600))
    await until('something was acknowledged', () => load.acknowledged > before)
    await (await starting).stop('SIGKILL')
    starting = ServerProcess.start({ database: lease.url })
    await starting
  }
  await load.stop()
  const judgement = await arena.judgement(await starting)
  const mode = `${kills} kills, ${keyed ? 'with keys' : 'without keys'}, seed ${random.seed}`
  console.log(`${engine.name}, ${mode}: ${figuresOf(judgement, load)}`)
  expect(load.faults).toEqual([])
  return judgement
}
