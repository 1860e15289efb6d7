import { type TestContext } from 'vitest'
import { type TestEngine } from '../testing/engines.js'
import { type CrewOptions, WorkArena } from '../testing/work-arena.test.harness.js'
import { Crew, type Member } from './crew.js'

/** Long enough for a heartbeat to come through on a busy machine. */
export const leaseSeconds = 3

/** Jobs that take so many milliseconds each. */
export const payloads = (count: number, ms: number) => Array.from({ length: count }, () => ({ ms }))

/** Arenas and crews of a test, until it ends. */
export class Workplace {
  readonly #test: Pick<TestContext, 'onTestFinished'>

  constructor(test: Pick<TestContext, 'onTestFinished'>) {
    this.#test = test
  }

  async arenaOn(engine: TestEngine): Promise<WorkArena> {
    const arena = await WorkArena.on(engine)
    this.leave(() => arena.close())
    return arena
  }

  /** Workers that are started again when they end. */
  crewOf(arena: WorkArena, size: number, options: CrewOptions = {}): Promise<Crew> {
    return this.crew(size, () => arena.worker({ leaseSeconds, ...options }))
  }

  /** Processes that are started again when they end. */
  async crew(size: number, hire: () => Promise<Member>): Promise<Crew> {
    const crew = await Crew.of(size, hire)
    this.leave(() => crew.dismiss())
    return crew
  }

  /** Has this done at the end, before what was left earlier. */
  leave(clean: () => Promise<unknown>): void {
    this.#test.onTestFinished(async () => void await clean())
  }
}

/** Jobs with another number of effects than one. */
export async function wrongEffects(arena: WorkArena, ids: readonly string[]): Promise<string[]> {
  const counts = new Map(ids.map((id) => [id, 0]))
  for (const { jobId } of await arena.effects()) counts.set(jobId, (counts.get(jobId) ?? 0) + 1)
  return [...counts].filter(([, count]) => count !== 1).map(([id, count]) => `${id}: ${count}`)
}
