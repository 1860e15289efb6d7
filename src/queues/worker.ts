import { type JsonInput } from '../database/json.js'
import { pause } from '../background.js'
import { claimMax } from './rules.js'
import { type Job } from './tables.js'
import { Answers, type Outcome } from './worker-answers.js'
import { JobDeclined } from './worker-failure.js'
import { type WorkerSettings } from './worker-options.js'
import { type Completion, JobRun, type RunActions } from './worker-run.js'
import { type LeaseState, type WorkerSource } from './worker-source.js'

/** What a worker has done and is doing. */
export interface WorkerFigures {
  readonly claimed: number
  readonly completed: number
  readonly failed: number
  readonly released: number
  /** Attempts whose lease was lost or whose answer came too late. */
  readonly lost: number
  /** Handlers at work. */
  readonly running: number
  /** Jobs claimed ahead. */
  readonly waiting: number
}

/** Jobs are claimed ahead for this much work, so that those of slow handlers wait elsewhere. */
const aheadMs = 50

/** Jobs claimed ahead at most, in times of the concurrency; but always as many as one claim. */
const aheadMax = 4

/** Handlers that were aborted get this long to end before their jobs are given back. */
const abortedMs = 2_000

/** How long nothing else begins beside a job that may end the process. */
const probationMs = 1_000

/** Sweeps are no further apart, so that lost jobs come back within lease + 5 s. */
const sweepMostMs = 2_000

/** Pauses while the database cannot be reached. */
const [pauseLeastMs, pauseMostMs] = [50, 5_000]

/**
 * Claims jobs, runs their handlers and says what became of them. Delivery is at least once; every
 * answer is fenced by the attempt, so that one that comes too late changes nothing. A database that
 * is away is waited for; nothing a handler does short of ending the process ends the worker.
 */
export class QueueWorker<Transaction> {
  readonly #source: WorkerSource<Transaction>
  readonly #settings: WorkerSettings<Transaction>
  readonly #answers: Answers<Transaction>
  readonly #actions: RunActions<Transaction>
  readonly #stop = new AbortController()
  readonly #running = new Set<JobRun<Transaction>>()
  readonly #finishing = new Set<JobRun<Transaction>>()
  readonly #leaseMs: number
  #waiting: JobRun<Transaction>[] = []
  #claimed = 0
  /** Set while a job on probation has just begun. */
  #onProbation = false
  #loop: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #beating: Promise<void> | undefined
  #beatenMs = 0
  #sweeping: Promise<void> | undefined
  #sweepAtMs = 0
  #pauseMs = 0
  /** How long a handler runs, lately; undefined before the first has ended. */
  #meanMs: number | undefined
  #onChange: (() => void)[] = []

  constructor(source: WorkerSource<Transaction>, settings: WorkerSettings<Transaction>) {
    this.#source = source
    this.#settings = settings
    this.#leaseMs = settings.leaseSeconds * 1_000
    this.#answers = new Answers(source, settings.onEvent)
    this.#actions = {
      progress: (run, value) => this.#progress(run, value),
      complete: (run, completion) => this.#complete(run, completion),
    }
  }

  /** Begins to take jobs; a worker that was started or closed already stays as it is. */
  start(): this {
    if (this.#loop !== undefined || this.#closing !== undefined) return this
    this.#beatenMs = performance.now()
    this.#timer = setInterval(() => this.#watch(), Math.min(250, this.#leaseMs / 20))
    this.#loop = this.#work()
    return this
  }

  get figures(): WorkerFigures {
    const { size: running } = this.#running
    const { length: waiting } = this.#waiting
    return { claimed: this.#claimed, ...this.#answers.counts, running, waiting }
  }

  /**
   * Takes no more jobs, gives back those not begun, lets handlers end within the grace, aborts the
   * rest and gives their jobs back. Resolves when nothing is held any more; calling it again does
   * no harm.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#stop.abort()
    this.#changed()
    await this.#releaseWaiting()
    await this.#loop
    await this.#releaseWaiting()
    await this.#emptyWithin(this.#settings.graceMs)
    for (const run of this.#running) run.abort('closing')
    await this.#emptyWithin(abortedMs)
    await Promise.all([...this.#running].map((run) => {
      this.#running.delete(run)
      return this.#answers.release(run)
    }))
    clearInterval(this.#timer)
    await Promise.all([this.#beating, this.#sweeping])
  }

  /** Counted from before the claim was sent, so it comes before the database's own. */
  #deadlineOf(sinceMs: number): number {
    return sinceMs + this.#leaseMs - Math.min(1_000, this.#leaseMs / 10)
  }

  async #work(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const room = this.#room()
      if (room <= 0) {
        await new Promise<void>((done) => this.#onChange.push(done))
        continue
      }
      try {
        await this.#claim(Math.min(room, claimMax))
        this.#pauseMs = 0
      } catch (error) {
        this.#answers.tell({ kind: 'unavailable', error })
        this.#pauseMs = Math.min(pauseMostMs, Math.max(pauseLeastMs, 2 * this.#pauseMs))
        await pause(this.#pauseMs * (0.5 + Math.random()), this.#stop.signal)
      }
    }
  }

  async #claim(limit: number): Promise<void> {
    const deadlineMs = this.#deadlineOf(performance.now())
    const jobs = await this.#source.claim(limit)
    this.#claimed += jobs.length
    for (const job of jobs) this.#waiting.push(new JobRun(job, deadlineMs, this.#actions))
    this.#startWaiting()
    if (jobs.length === 0) await this.#source.wait(this.#settings.pollMs, this.#stop.signal)
  }

  /** Jobs worth a claim now; 0 while those claimed ahead will do. */
  #room(): number {
    if (this.#onProbation) return 0
    const { concurrency } = this.#settings
    const ahead = this.#ahead()
    const held = this.#running.size + this.#waiting.length
    const isFull = this.#finishing.size > 2 * (concurrency + ahead)
    // Few large claims cost the database half of many small ones.
    if (isFull || this.#waiting.length > ahead / 4) return 0
    return concurrency + ahead - held
  }

  #ahead(): number {
    if (this.#meanMs === undefined) return 0
    const { concurrency } = this.#settings
    const inTime = concurrency * Math.floor(aheadMs / Math.max(this.#meanMs, 1))
    return Math.min(inTime, Math.max(aheadMax * concurrency, claimMax))
  }

  #startWaiting(): void {
    while (this.#waiting.length > 0 && this.#running.size < this.#settings.concurrency) {
      if (this.#stop.signal.aborted || this.#onProbation) return
      const run = this.#waiting.shift()!
      if (performance.now() >= run.deadlineMs) this.#lose(run)
      else if (isSuspect(run.job)) void this.#runOnProbation(run)
      else void this.#run(run)
    }
  }

  /**
   * A job whose workers died again and again may be why. It begins with nothing claimed ahead that
   * would share its fate once more, and for a moment nothing begins beside it.
   */
  async #runOnProbation(run: JobRun<Transaction>): Promise<void> {
    this.#onProbation = true
    this.#finishing.add(run)
    await this.#releaseWaiting()
    const isOurs = performance.now() < run.deadlineMs && !this.#stop.signal.aborted
    if (!isOurs) await this.#answers.release(run)
    this.#finishing.delete(run)
    if (isOurs) await Promise.race([this.#run(run), pause(probationMs, this.#stop.signal)])
    this.#onProbation = false
    this.#startWaiting()
    this.#changed()
  }

  /** Never rejects. */
  async #run(run: JobRun<Transaction>): Promise<void> {
    this.#running.add(run)
    const sinceMs = performance.now()
    const outcome = await this.#handle(run)
    // Of jobs that are left to others one learns nothing of how long a handler runs.
    if (!isDeclined(outcome)) this.#took(performance.now() - sinceMs)
    // One that did not end when it was told to was given back meanwhile.
    if (!this.#running.delete(run)) return
    this.#finishing.add(run)
    this.#startWaiting()
    this.#changed()
    await this.#answers.finish(run, outcome)
    this.#finishing.delete(run)
    this.#changed()
  }

  #took(tookMs: number): void {
    this.#meanMs = this.#meanMs === undefined ? tookMs : this.#meanMs * 0.9 + tookMs * 0.1
  }

  async #handle(run: JobRun<Transaction>): Promise<Outcome> {
    try {
      const handler = this.#settings.queues[run.job.queue]!
      return { value: await handler(run) ?? null }
    } catch (error) {
      return { error }
    }
  }

  async #complete(
    run: JobRun<Transaction>,
    { result, effects, beside }: Completion<Transaction>,
  ): Promise<void> {
    // One that is done in the moment in which the worker closes has its lease still.
    if (run.aborted !== 'closing') run.signal.throwIfAborted()
    if (effects === undefined) await this.#source.complete(run.job, result, beside)
    else await this.#source.completeWith(run.job, result, effects)
  }

  async #progress(run: JobRun<Transaction>, value: JsonInput): Promise<void> {
    run.signal.throwIfAborted()
    const sinceMs = performance.now()
    const [state] = await this.#source.extend([{ job: run.job, progress: value }])
    this.#heard(run, state!, sinceMs)
    run.signal.throwIfAborted()
  }

  /** Looks after leases: those that are over locally, those to be extended, those of the dead. */
  #watch(): void {
    const nowMs = performance.now()
    if (this.#settings.sweep && nowMs >= this.#sweepAtMs) this.#sweeping ??= this.#sweep()
    for (const run of this.#running) if (nowMs >= run.deadlineMs) this.#lose(run)
    const isTime = nowMs - this.#beatenMs >= this.#leaseMs / 3
    if (!isTime || this.#beating !== undefined) return
    this.#beatenMs = nowMs
    this.#beating = this.#beat().finally(() => (this.#beating = undefined))
  }

  /** Leases of dead workers end unseen, so every worker looks for them, at a time of its own. */
  async #sweep(): Promise<void> {
    try {
      await this.#source.sweep()
    } catch (error) {
      this.#answers.tell({ kind: 'unavailable', error })
    }
    const pauseMs = Math.min(sweepMostMs, this.#settings.pollMs)
    this.#sweepAtMs = performance.now() + pauseMs * (0.75 + Math.random() / 2)
    this.#sweeping = undefined
  }

  /**
   * Extends every lease in one call; after a failure again a little later. Not of a job that is
   * being completed: its transaction may hold the row, and all others would wait for its end.
   */
  async #beat(): Promise<void> {
    const sinceMs = performance.now()
    const runs = [...this.#waiting, ...this.#running, ...this.#finishing]
      .filter(({ aborted }) => aborted === undefined || aborted === 'closing')
      .filter(({ isCompleting }) => !isCompleting)
    if (runs.length === 0) return
    try {
      const states = await this.#source.extend(runs.map(({ job }) => ({ job })))
      runs.forEach((run, index) => this.#heard(run, states[index]!, sinceMs))
    } catch (error) {
      this.#answers.tell({ kind: 'unavailable', error })
      this.#beatenMs = performance.now() - this.#leaseMs / 3 + Math.min(1_000, this.#leaseMs / 10)
    }
  }

  #heard(run: JobRun<Transaction>, state: LeaseState, sinceMs: number): void {
    if (state === 'held') run.deadlineMs = Math.max(run.deadlineMs, this.#deadlineOf(sinceMs))
    else if (state === 'lost') this.#lose(run)
    else this.#cancel(run)
  }

  #cancel(run: JobRun<Transaction>): void {
    if (run.isCompleting || this.#finishing.has(run)) return
    if (!this.#unqueue(run)) return run.abort('cancelled')
    run.abort('cancelled')
    void this.#answers.finish(run, { value: null })
  }

  #lose(run: JobRun<Transaction>): void {
    // Of one that is being finished its own answer tells; it may be finished already.
    const isEnding = run.isCompleting || this.#finishing.has(run)
    if (isEnding || run.aborted === 'lost') return
    this.#unqueue(run)
    run.abort('lost')
    this.#answers.lose(run)
  }

  /** Whether it was waiting, and now waits no more. */
  #unqueue(run: JobRun<Transaction>): boolean {
    const place = this.#waiting.indexOf(run)
    if (place >= 0) this.#waiting.splice(place, 1)
    return place >= 0
  }

  async #releaseWaiting(): Promise<void> {
    await Promise.all(this.#waiting.splice(0).map((run) => this.#answers.release(run)))
  }

  /** Resolves when no handler runs and every answer was given, or when the time is over. */
  async #emptyWithin(timeoutMs: number): Promise<void> {
    const untilMs = performance.now() + timeoutMs
    while (this.#running.size + this.#finishing.size > 0) {
      const restMs = untilMs - performance.now()
      if (restMs <= 0) return
      const changed = new AbortController()
      this.#onChange.push(() => changed.abort())
      await pause(restMs, changed.signal)
    }
  }

  #changed(): void {
    for (const tell of this.#onChange.splice(0)) tell()
  }
}

const isDeclined = (outcome: Outcome): boolean =>
  'error' in outcome && outcome.error instanceof JobDeclined

/** One more crash would end the job. */
const isSuspect = ({ crashes, crashesMax }: Job): boolean =>
  crashes > 0 && crashes >= crashesMax - 1
