import { setTimeout as pause } from 'node:timers/promises'
import { CoordinationUnavailable } from '../coordination/connect.js'
import { type Coordinator, type HintLock, type Signal } from '../coordination/coordination.js'

/** How much later than its deadline a call may end, besides what this process itself was late. */
const graceMs = 250
/** The deadline of a command. */
const commandMs = 250
const waitMs = 200
const lagEveryMs = 10
const topic = 'load'
const queue = 'load'
const member = { namespace: 'load', group: 'user_activity', member: 'anna' }

/**
 * A load of every operation over two coordinators that stand for two processes, which judges every
 * answer. `faults` holds what must never happen; `counts` what did happen, by name.
 */
export class CoordinationLoad {
  readonly faults: string[] = []
  readonly counts = new Map<string, number>()
  readonly #here: Coordinator
  readonly #there: Coordinator
  readonly #loops: Promise<void>[] = []
  #isStopping = false
  /** Set while Redis can do nothing at all: nobody is granted anything then. */
  #awaySinceMs: number | undefined
  #isLost = false
  #lagMs = 0
  #slowestMs = 0
  #heard = 0
  #isMissTold = true
  #rung = 0

  private constructor(here: Coordinator, there: Coordinator) {
    this.#here = here
    this.#there = there
  }

  static async start(here: Coordinator, there: Coordinator): Promise<CoordinationLoad> {
    const load = new CoordinationLoad(here, there)
    await there.signals.subscribe(topic, (signal) => load.#hear(signal))
    const loops = [
      load.#publish, load.#ring, load.#wait, load.#lock, load.#touch, load.#look, load.#ping,
    ]
    for (const step of loops) load.#loops.push(load.#loop(step.bind(load)))
    load.#loops.push(load.#measureLag())
    return load
  }

  count(name: string): number {
    return this.counts.get(name) ?? 0
  }

  /** The slowest answer beyond its deadline, in milliseconds. */
  get slowestMs(): number {
    return Math.round(this.#slowestMs)
  }

  /** How late this process itself has been at most, in milliseconds. */
  get lagMs(): number {
    return this.#lagMs
  }

  /** From now on Redis can grant nothing. */
  away(): void {
    this.#awaySinceMs = performance.now()
  }

  /** From now on it may again. */
  back(): void {
    this.#awaySinceMs = undefined
  }

  /** What was in Redis may be gone from now on. */
  lose(): void {
    this.#isLost = true
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#loops)
  }

  async #loop(step: () => Promise<void>): Promise<void> {
    while (!this.#isStopping) {
      await step()
      await pause(2)
    }
  }

  async #measureLag(): Promise<void> {
    while (!this.#isStopping) {
      const startMs = performance.now()
      await pause(lagEveryMs)
      this.#lagMs = Math.max(this.#lagMs, performance.now() - startMs - lagEveryMs)
    }
  }

  /** Ends within its deadline, with an answer or as unavailable; else that is a fault. */
  async #timed<R>(name: string, call: () => Promise<R>, deadlineMs = commandMs) {
    const startMs = performance.now()
    let answer: { readonly value: R } | undefined
    try {
      answer = { value: await call() }
      this.#tally(name)
    } catch (error) {
      this.#tally(`${name} unavailable`)
      if (!(error instanceof CoordinationUnavailable)) this.#fault(`${name} threw ${error}`)
    }
    const overMs = performance.now() - startMs - deadlineMs
    this.#slowestMs = Math.max(this.#slowestMs, overMs)
    if (overMs > graceMs + this.#lagMs) {
      this.#fault(`${name} ended ${Math.round(overMs)} ms after its deadline`)
    }
    return { answer, startMs }
  }

  /** Right: never throws. */
  async #publish(): Promise<void> {
    const number = this.count('publish') + 1
    const { answer } = await this.#timed('publish', () =>
      this.#here.signals.publish(topic, String(number)))
    if (answer === undefined) this.#fault('publish threw')
  }

  /** Right: a number that does not follow the last one was announced as a gap, or announces it. */
  #hear({ payload, missed }: Signal): void {
    this.#tally(missed ? 'heard missed' : 'heard')
    if (missed) this.#isMissTold = true
    if (payload === undefined) return
    const number = Number(payload)
    if (number !== this.#heard + 1 && !this.#isMissTold) {
      this.#fault(`signal ${number} after ${this.#heard} and nobody told`)
    }
    this.#heard = number
    this.#isMissTold = false
  }

  /** Right: never throws. */
  async #ring(): Promise<void> {
    this.#rung += 1
    const { answer } = await this.#timed('ring', () => this.#here.wakeUps.ring(queue))
    if (answer === undefined) this.#fault('ring threw')
    await pause(10)
  }

  /** Right: the name or nothing, never more often than it was rung; never throws. */
  async #wait(): Promise<void> {
    const { answer } = await this.#timed('wait', () =>
      this.#there.wakeUps.wait([queue], waitMs), waitMs + commandMs)
    if (answer === undefined) return this.#fault('wait threw')
    if (answer.value === undefined) return
    if (answer.value !== queue) this.#fault(`woken by ${answer.value}`)
    this.#tally('woken')
    if (this.count('woken') > this.#rung) this.#fault('woken more often than rung')
  }

  /** Right: one holder at a time unless Redis lost it; nobody while Redis can do nothing. */
  async #lock(): Promise<void> {
    const first = await this.#timed('lock', () => this.#here.hintLocks.tryAcquire('load', 1))
    const second = await this.#timed('lock', () => this.#there.hintLocks.tryAcquire('load', 1))
    const held = [first, second].filter(({ answer }) => answer?.value !== undefined)
    this.#tally(held.length > 0 ? 'lock granted' : 'lock refused')
    if (held.length > 1 && !this.#isLost) this.#fault('held twice')
    for (const { startMs } of held) {
      if (this.#awaySinceMs !== undefined && startMs > this.#awaySinceMs) {
        this.#fault('granted by nobody')
      }
    }
    for (const { answer } of held) await this.#letGo(answer!.value!)
  }

  async #letGo(lock: HintLock): Promise<void> {
    await this.#timed('renew', () => lock.renew(1))
    await this.#timed('release', () => lock.release())
  }

  /** Right: never throws. */
  async #touch(): Promise<void> {
    const { answer } = await this.#timed('touch', () => this.#here.presence.touch(member, 60))
    if (answer === undefined) this.#fault('touch threw')
  }

  /** Right: when she was seen, or nobody can be asked; "not here" only if Redis lost it. */
  async #look(): Promise<void> {
    const wasHere = this.count('touch') > 0
    const { answer: seen } = await this.#timed('lastSeen', () =>
      this.#there.presence.lastSeen(member))
    const { answer: listed } = await this.#timed('list', () => this.#there.presence.list(member),
      2 * commandMs)
    if (seen?.value !== undefined) this.#tally('seen')
    if (this.#isLost || !wasHere) return
    if (seen !== undefined && seen.value === undefined) this.#fault('"never seen" was answered')
    if (listed?.value.length === 0) this.#fault('"nobody here" was answered')
  }

  async #ping(): Promise<void> {
    await this.#timed('ping', () => this.#here.ping())
    await pause(20)
  }

  #tally(name: string): void {
    this.counts.set(name, this.count(name) + 1)
  }

  #fault(text: string): void {
    if (this.faults.length < 20) this.faults.push(text)
  }
}
