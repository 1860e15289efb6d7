import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { pause } from './load.js'
import { type Random } from './random.js'
import { entryPoint } from './server-process.js'

/** The built library, beside the built program. */
const library = entryPoint('index')
const fighter = fileURLToPath(new URL('./floor-agents.mjs', import.meta.url))

/** How agents fight. */
export interface FloorFight {
  /** Given to `openHoldfast` in each process. */
  readonly options: Readonly<Record<string, unknown>>
  readonly organizationId: string
  /** Conversations whose floors they fight for. */
  readonly floors: readonly string[]
  /** The agents of each process. */
  readonly crews: readonly (readonly string[])[]
  readonly holdMs: number
  readonly random: Random
}

/** Processes whose agents fight for floors, while they are paused and killed. */
export class FloorCrowd {
  /** Tickets they were promised, as `floor number`. */
  readonly tickets = new Set<string>()
  /** Grants under which they spoke, as `floor fence`. */
  readonly spoken: string[] = []
  /** What else they said, by word. */
  readonly words = new Map<string, number>()
  readonly #fight: FloorFight
  readonly #children: ChildProcess[]

  constructor(fight: FloorFight) {
    this.#fight = fight
    this.#children = fight.crews.map((_, index) => this.#start(index))
  }

  /** Kills one and starts another, or pauses one beyond its hold, in turn. */
  async harass(forMs: number, everyMs: number): Promise<{ kills: number; pauses: number }> {
    const { random, holdMs, crews } = this.#fight
    const done = { kills: 0, pauses: 0 }
    const endMs = performance.now() + forMs
    while (performance.now() < endMs) {
      await pause(everyMs / 2)
      const killed = random.between(0, crews.length - 1)
      this.#children[killed]!.kill('SIGKILL')
      this.#children[killed] = this.#start(killed)
      done.kills += 1
      await pause(everyMs / 2)
      const paused = this.#children[random.between(0, crews.length - 1)]!
      paused.kill('SIGSTOP')
      await pause(holdMs * (1 + random.fraction()))
      paused.kill('SIGCONT')
      done.pauses += 1
    }
    return done
  }

  /** Asks all to end; those that do not are killed. */
  async stop(): Promise<void> {
    await Promise.all(this.#children.map((child) => new Promise<void>((gone) => {
      if (child.exitCode !== null || child.signalCode !== null) return gone()
      const timer = setTimeout(() => child.kill('SIGKILL'), 3_000)
      child.once('exit', () => {
        clearTimeout(timer)
        gone()
      })
      child.kill('SIGTERM')
    })))
  }

  #start(index: number): ChildProcess {
    const { random: _, crews, ...told } = this.#fight
    const words = [fighter, JSON.stringify({ ...told, agents: crews[index], library })]
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    createInterface({ input: child.stdout! }).on('line', (line) => this.#hear(line))
    return child
  }

  #hear(line: string): void {
    const [word = '', floor, number] = line.split(' ')
    if (word === 'ticket') this.tickets.add(`${floor} ${number}`)
    else if (word === 'spoke') this.spoken.push(`${floor} ${number}`)
    else this.words.set(line, (this.words.get(line) ?? 0) + 1)
  }
}
