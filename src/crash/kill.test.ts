import { afterEach, describe, expect, it } from 'vitest'
import { type DatabaseLease, testEngines } from '../testing/engines.js'
import { Arena } from './arena.js'
import { type Judgement } from './law.js'
import { pause, until } from './load.js'
import { figuresOf } from './scene.js'
import { ServerProcess } from './server-process.js'

/** Kills per engine and mode; the issue of a release asks for 40. */
const kills = Number(process.env.HOLDFAST_TEST_KILLS ?? 4)
const writers = 64
const patienceMs = 180_000 + kills * 5_000

/** What a run leaves to be cleaned up. */
const leftovers: (() => unknown)[] = []

afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

// What is in memory ends with its process.
for (const engine of testEngines().slice(1)) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  describe.skipIf(engine.missing !== undefined)(`[${engine.name}] kill -9${reason}`, () => {
    it('loses and doubles nothing when writers repeat with their keys', async () => {
      const judgement = await killAgainAndAgain(engine.name, await engine.create(), true)
      expect(judgement.breaches).toEqual([])
      expect(judgement).toMatchObject({ duplicates: 0, acknowledged: judgement.attempted })
      expect(judgement.kept).toBe(judgement.attempted)
    }, patienceMs)

    it('keeps what it acknowledged when writers do not repeat', async () => {
      const judgement = await killAgainAndAgain(engine.name, await engine.create(), false)
      expect(judgement.breaches).toEqual([])
      expect(judgement.duplicates).toBe(0)
      expect(judgement.kept).toBeGreaterThanOrEqual(judgement.acknowledged)
      expect(judgement.kept).toBeLessThanOrEqual(judgement.attempted)
    }, patienceMs)
  })
}

async function killAgainAndAgain(
  engine: string,
  lease: DatabaseLease,
  keyed: boolean,
): Promise<Judgement> {
  leftovers.push(() => lease.drop())
  let starting = ServerProcess.start({ database: lease.url })
  leftovers.push(() => starting.then((server) => server.stop('SIGKILL'), () => undefined))
  const arena = await Arena.on(await starting)
  leftovers.push(() => arena.close())
  const { random } = arena
  const load = arena.load({ target: async () => (await starting).url, writers, keyed })
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
  console.log(`${engine}, ${mode}: ${figuresOf(judgement, load)}`)
  expect(load.faults).toEqual([])
  return judgement
}
