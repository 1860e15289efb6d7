import { setTimeout as sleep } from 'node:timers/promises'
import { Arrivals } from './arrivals.js'
import { IndexBatch } from './index-batch.js'
import { type MessageLog } from './message-log.js'
import { type ConversationKey } from './transfer-format.js'

/** A process is busy until so long after its last write. */
const quietMs = 100

/** While it is busy, fewer noticed writes than this wait. */
const backlogMin = 500

/** Indexing takes one part in so many of the time: of a quiet process, a busy one, a full one. */
const shares = { quiet: 2, busy: 10, full: 50 } as const

/** A busy process is full when more than this part of its time is in use, or by so many writes. */
const fullFrom = 0.7
const fullPerSecond = 1_000

const pauseMaxMs = 1_000
const retryMs = 2_000

/** Messages of one step, and conversations it looks at. */
export const stepMax = 64
export const keysMax = 32

/** Steps between two looks at how far all is indexed. */
const advanceEvery = 16

/** Conversations remembered at most; what is beyond is found by who looks for it. */
const noticedMax = 50_000

/**
 * Takes the words of messages behind the appends of this process. An append only leaves a note in
 * memory. It works when the process is quiet; while it is busy, only on a longer backlog and for a
 * small share of the time. What it does not get to, a search reads itself.
 */
export class Indexing {
  readonly batch: IndexBatch
  /** Where the engine numbers messages as they come. */
  readonly arrivals: Arrivals | undefined
  /** The organizations of conversations to look at; the oldest note first. */
  readonly #noticed = new Map<string, ConversationKey>()
  #notices = 0
  #measured = { atMs: 0, notices: 0, utilization: performance.eventLoopUtilization() }
  #writes = 0
  #lastMs = 0
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> | undefined
  #paused = 0
  #steps = 0
  #helping: Promise<void> | undefined
  readonly #stop = new AbortController()

  constructor(log: Pick<MessageLog, 'database' | 'ids'>) {
    this.batch = new IndexBatch(log.database, log.ids)
    this.arrivals = Arrivals.of(log.database)
  }

  /** Something was written in a conversation. Called by every append: it must cost nothing. */
  notice(key: ConversationKey): void {
    this.#writes += 1
    this.#notices += 1
    this.#lastMs = performance.now()
    if (this.#noticed.size < noticedMax) this.#noticed.set(nameOf(key), key)
    if (this.#timer === undefined) this.#arrange(quietMs)
  }

  /** As `notice`, for what others wrote. */
  remember(keys: readonly ConversationKey[]): void {
    for (const key of keys) {
      if (this.#noticed.size < noticedMax) this.#noticed.set(nameOf(key), key)
    }
    if (keys.length > 0 && this.#timer === undefined) this.#arrange(quietMs)
  }

  /** Until the function that is handed out was called, nothing is done in the background. */
  pause(): () => void {
    this.#paused += 1
    let isPaused = true
    return () => {
      if (isPaused) this.#paused -= 1
      isPaused = false
      if (this.#noticed.size > 0 && this.#timer === undefined) this.#arrange(0)
    }
  }

  /** A conversation went away: its words are still to be taken out of the index. */
  lose(): void {
    if (this.#timer === undefined) this.#arrange(quietMs)
  }

  /**
   * Takes out words that wait for it, a few at a time, so that others come through; what is left
   * when the time is over goes in the background.
   */
  async takeOut(forMs = Infinity): Promise<void> {
    const untilMs = performance.now() + forMs
    while (await this.batch.takeOut() > 0) {
      if (performance.now() > untilMs) return this.lose()
    }
  }

  /**
   * Takes the words of what these conversations have left, and of messages that changed, without
   * pauses, until nothing is left or the time is over. When another call does so already, it only
   * waits for that one.
   */
  async catchUp(keys: readonly ConversationKey[], untilMs = Infinity): Promise<void> {
    if (this.#helping === undefined) {
      this.#helping = this.#help(keys, untilMs).finally(() => { this.#helping = undefined })
    }
    await this.#helping
  }

  async #help(keys: readonly ConversationKey[], untilMs: number): Promise<void> {
    for (let left = [...keys]; performance.now() < untilMs;) {
      const { messages, finished } = await this.batch.step(left.slice(0, keysMax), stepMax)
      const done = new Set(finished)
      left = left.filter((key) => !done.has(key))
      if (left.length === 0 && messages === 0) break
    }
    await this.arrivals?.advance()
  }

  /** Ends after the step at work; calling it again does no harm. */
  async close(): Promise<void> {
    this.#stop.abort()
    clearTimeout(this.#timer)
    await this.#working
  }

  #arrange(inMs: number): void {
    if (this.#stop.signal.aborted) return
    this.#timer = setTimeout(() => {
      this.#working = this.#work().finally(() => {
        this.#timer = undefined
        // Something may have been noticed between its last look and now.
        if (this.#noticed.size > 0 && this.#paused === 0) this.#arrange(quietMs)
      })
    }, inMs).unref()
  }

  async #work(): Promise<void> {
    while (!this.#stop.signal.aborted && this.#paused === 0) {
      try {
        if (this.#isBusy && this.#writes < backlogMin) await this.#rest(quietMs)
        else {
          const sinceMs = performance.now()
          if (!await this.#step()) return
          await this.#rest((performance.now() - sinceMs) * (shares[this.#load()] - 1))
        }
      } catch {
        // The database cannot be asked. What was not indexed is found by reading it.
        await this.#rest(retryMs)
      }
    }
  }

  get #isBusy(): boolean {
    return performance.now() - this.#lastMs < quietMs
  }

  /** How busy the process was since this was asked for the last time. */
  #load(): keyof typeof shares {
    const before = this.#measured
    const utilization = performance.eventLoopUtilization()
    const now = { atMs: performance.now(), notices: this.#notices, utilization }
    this.#measured = now
    if (!this.#isBusy) return 'quiet'
    const inUse = performance.eventLoopUtilization(now.utilization, before.utilization).utilization
    const perSecond = (now.notices - before.notices) / (now.atMs - before.atMs) * 1_000
    return inUse > fullFrom || perSecond > fullPerSecond ? 'full' : 'busy'
  }

  /** False when nothing is left. */
  async #step(): Promise<boolean> {
    const keys = []
    for (const [name, key] of this.#noticed) {
      if (keys.length === keysMax) break
      keys.push(key)
      // Noticed again meanwhile, it stands here again.
      this.#noticed.delete(name)
    }
    try {
      const { messages, finished } = await this.batch.step(keys, stepMax)
      const takenOut = await this.batch.takeOut()
      this.#writes = Math.max(0, this.#writes - messages)
      const done = new Set(finished)
      for (const key of keys) if (!done.has(key)) this.#noticed.set(nameOf(key), key)
      this.#steps += 1
      if (this.#steps % advanceEvery === 0) await this.arrivals?.advance()
      if (this.#noticed.size > 0 || messages > 0 || takenOut > 0) return true
      this.#writes = 0
      await this.arrivals?.advance()
      return false
    } catch (error) {
      for (const key of keys) this.#noticed.set(nameOf(key), key)
      throw error
    }
  }

  async #rest(forMs: number): Promise<void> {
    const options = { signal: this.#stop.signal, ref: false }
    await sleep(Math.min(forMs, pauseMaxMs), undefined, options).catch(() => undefined)
  }
}

const nameOf = ({ organizationId, conversationId }: ConversationKey): string =>
  `${conversationId} ${organizationId}`
