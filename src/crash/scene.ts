import { expect } from 'vitest'
import { Arena } from './arena.js'
import { type Judgement } from './law.js'
import { type Load, until } from './load.js'
import { ServerProcess } from './server-process.js'
import { Watch } from './watch.js'

/** How long a server may take to be well again after a fault. */
const healthyWithinMs = 10_000

/** What the scene is set with. */
export interface SceneOptions {
  readonly database: string
  /** Settings of the server. @default its own */
  readonly environment?: Readonly<Record<string, string>>
  /** What callers may be answered during the fault, as `status code`, each with a Retry-After. */
  readonly allowed: readonly string[]
  /** @default 24 */
  readonly writers?: number
  /** Bytes of filling in each message. @default 0 */
  readonly fillingLength?: number
}

/** A server under load and under watch. */
export interface Scene {
  readonly server: ServerProcess
  readonly arena: Arena
  readonly watch: Watch
  readonly load: Load
}

/**
 * Plays a fault against a server whose writers repeat with their keys. Whatever is played, the
 * process lives, `/livez` says 200 all the time, nobody gets an answer that is not allowed, all is
 * well again soon after, and nothing acknowledged is lost or doubled.
 */
export async function onScene(
  options: SceneOptions,
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  const { database, environment, allowed, writers = 24, fillingLength } = options
  const server = await ServerProcess.start({ database, environment })
  const arena = await Arena.on(server)
  const watch = Watch.start(server)
  const target = async () => server.url
  const load = arena.load({ target, writers, keyed: true, allowed, fillingLength })
  try {
    await until('writers write', () => load.acknowledged > 100)
    await play({ server, arena, watch, load })
    await healed(watch, load)
    await load.stop()
    const judgement = await arena.judgement(server)
    expect({
      breaches: judgement.breaches, faults: load.faults, deaths: watch.deaths,
      running: server.isRunning,
    }).toEqual({ breaches: [], faults: [], deaths: [], running: true })
    expect(judgement.kept).toBe(judgement.attempted)
    console.log(figuresOf(judgement, load))
  } finally {
    await watch.stop()
    await arena.close()
    await server.stop('SIGKILL')
  }
}

async function healed(watch: Watch, load: Load): Promise<void> {
  const before = load.acknowledged
  const isHealed = () => watch.isReady && load.acknowledged > before + 100
  await until('the server is ready and writers write', isHealed, healthyWithinMs)
}

/** One line with what was attempted, acknowledged and kept, and what callers were answered. */
export function figuresOf({ breaches, ...figures }: Judgement, { counts }: Load): string {
  const answers = Object.fromEntries(counts)
  return JSON.stringify({ ...figures, breaches: breaches.length, answers })
}
