import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { pause } from './load.js'
import { type Random } from './random.js'
import { entryPoint } from './server-process.js'

/** The built library, beside the built program. */
const library = entryPoint('index')
const writer = fileURLToPath(new URL('./lock-writer.mjs', import.meta.url))

const killsMin = 3
/** In short runs no more are killed, since each that begins keeps the processor from the others. */
const killsMaxShort = 6
const shortMax = 400

/** How writers work. */
export interface CrowdOfWriters {
  /** Given to `openHoldfast` in each process. */
  readonly options: Readonly<Record<string, unknown>>
  readonly organizationId: string
  readonly conversationId: string
  readonly ttlSeconds: number
  /** How far each writer's clock is off, such as `+60s`; null leaves it as it is. */
  readonly skews: readonly (string | null)[]
  /** False leaves out the proof, so that one sees what it is good for. */
  readonly isGuarded: boolean
  readonly random: Random
}

/** The library that skews clocks. Its program `faketime` would stand between us and the writer. */
function faketimeLibrary(): string | undefined {
  // What it shares is named by its process, and one that was killed may have left that name behind.
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const { status, stdout } = spawnSync('faketime', ['-f', '+60s', 'printenv', 'LD_PRELOAD'])
    if (status === 0) return String(stdout).trim()
  }
  return undefined
}

/** Why no clock can be skewed here; undefined when it can. */
export function faketimeMissing(): string | undefined {
  return faketimeLibrary() === undefined ? 'no faketime on this machine' : undefined
}

/**
 * What gives a process a clock that is off, such as `+60s`; null leaves it as it is. Leases are
 * measured on the monotonic clock, which no wrong time of day touches.
 */
export function clockOf(skew: string | null): Record<string, string> {
  if (skew === null) return {}
  return {
    LD_PRELOAD: faketimeLibrary() ?? '', FAKETIME: skew, FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
}

/** Processes that write under one lock, while they are paused and killed. */
export class LockCrowd {
  /** What they said, by word. */
  readonly words = new Map<string, number>()
  readonly #crowd: CrowdOfWriters
  readonly #children: ChildProcess[]
  #stopping = false

  constructor(crowd: CrowdOfWriters) {
    this.#crowd = crowd
    this.#children = crowd.skews.map((skew) => this.#start(skew))
  }

  get written(): number {
    return this.words.get('written') ?? 0
  }

  /**
   * Pauses one beyond its lease, or kills one and starts another, until so much is written and some
   * were killed.
   */
  async harass(writtenMin: number, withinMs: number): Promise<{ pauses: number; kills: number }> {
    const { random, ttlSeconds, skews } = this.#crowd
    const done = { pauses: 0, kills: 0 }
    const endMs = performance.now() + withinMs
    while (this.written < writtenMin || done.kills < killsMin) {
      if (performance.now() > endMs) {
        throw new Error(`only ${this.written} written and ${done.kills} killed in time`)
      }
      // In long runs more seldom: a lease that must run out costs as much as a hundred writes.
      await pause(random.between(100, 700) * Math.min(5, Math.max(1, writtenMin / shortMax)))
      const index = random.between(0, skews.length - 1)
      const victim = this.#children[index]!
      if (random.fraction() < 0.4 && (writtenMin > shortMax || done.kills < killsMaxShort)) {
        victim.kill('SIGKILL')
        this.#children[index] = this.#start(skews[index]!)
        done.kills += 1
        continue
      }
      victim.kill('SIGSTOP')
      await pause(ttlSeconds * 1_000 * (1 + random.fraction()))
      victim.kill('SIGCONT')
      done.pauses += 1
    }
    return done
  }

  /** Ends all of them. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#children.map((child) => new Promise<void>((gone) => {
      if (child.exitCode !== null || child.signalCode !== null) return gone()
      child.once('exit', () => gone())
      child.kill('SIGKILL')
    })))
  }

  #start(skew: string | null): ChildProcess {
    const { random: _, skews: __, ...told } = this.#crowd
    const words = [writer, JSON.stringify({ ...told, library })]
    const child = spawn(process.execPath, words, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...clockOf(skew) },
    })
    createInterface({ input: child.stdout! }).on('line', (word) => {
      if (!this.#stopping) this.words.set(word, (this.words.get(word) ?? 0) + 1)
    })
    return child
  }
}
