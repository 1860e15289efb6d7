type JobState =
  'scheduled' | 'blocked' | 'ready' | 'active' | 'completed' | 'dead' | 'cancelled'

/** A job as the model knows it. */
export interface ModelJob {
  readonly id: string
  readonly queue: string
  readonly priority: number
  readonly key: string | null
  readonly dedupeKey: string | null
  readonly payload: number
  readonly attemptsMax: number
  readonly crashesMax: number
  state: JobState
  attempt: number
  failures: number
  crashes: number
  cancelled: boolean
  holds: boolean
}

/** What a model job is made of. */
export type ModelDraft = Pick<ModelJob,
  'id' | 'queue' | 'priority' | 'key' | 'dedupeKey' | 'payload' | 'attemptsMax' | 'crashesMax'>

/** What a call must come to: nothing said, or the code of its error. */
export type Verdict = 'done' | 'attempt_stale' | 'job_cancelled' | 'job_finished'

const waiting: readonly JobState[] = ['scheduled', 'blocked', 'ready']

/** The queues of one organization in plain objects: what the stores must come to. */
export class QueueModel {
  jobs: ModelJob[] = []
  readonly paused = new Set<string>()
  readonly concurrency = new Map<string, number>()

  /** The job that has the dedupe key already. */
  earlier(queue: string, dedupeKey: string | null): ModelJob | undefined {
    if (dedupeKey === null) return undefined
    return this.jobs.find((job) => job.queue === queue && job.dedupeKey === dedupeKey)
  }

  enqueue(draft: ModelDraft, isLater: boolean): ModelJob {
    const job: ModelJob = {
      ...draft, state: 'scheduled', attempt: 0, failures: 0, crashes: 0, cancelled: false,
      holds: false,
    }
    this.jobs.push(job)
    if (!isLater) this.#comeDue(job)
    return job
  }

  /** What a claim gives out, in order. */
  ready(queue: string): ModelJob[] {
    if (this.paused.has(queue)) return []
    return this.jobs.filter((job) => job.queue === queue && job.state === 'ready')
      .sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1))
  }

  claim(job: ModelJob): void {
    job.state = 'active'
    job.attempt += 1
  }

  complete(job: ModelJob, attempt: number): Verdict {
    if (job.state === 'completed' && job.attempt === attempt) return 'done'
    if (!isOf(job, attempt)) return 'attempt_stale'
    if (job.cancelled) return 'job_cancelled'
    this.#end(job, 'completed')
    return 'done'
  }

  fail(
    job: ModelJob,
    attempt: number,
    { retry, isLater }: { retry: boolean; isLater: boolean },
  ): Verdict {
    if (!isOf(job, attempt)) return 'attempt_stale'
    job.failures += 1
    if (job.cancelled) this.#end(job, 'cancelled')
    else if (!retry || job.failures >= job.attemptsMax) this.#end(job, 'dead')
    else job.state = isLater ? 'scheduled' : 'ready'
    return 'done'
  }

  release(job: ModelJob, attempt: number, isLater: boolean): Verdict {
    if (!isOf(job, attempt)) return 'attempt_stale'
    if (job.cancelled) this.#end(job, 'cancelled')
    else job.state = isLater ? 'scheduled' : 'ready'
    return 'done'
  }

  extend(job: ModelJob, attempt: number): Verdict {
    return isOf(job, attempt) ? 'done' : 'attempt_stale'
  }

  /** The lease of an active job ran out. */
  expire(job: ModelJob): void {
    job.crashes += 1
    if (job.cancelled) this.#end(job, 'cancelled')
    else if (job.crashes >= job.crashesMax) this.#end(job, 'dead')
    else job.state = 'ready'
  }

  /** The time of a scheduled job has come. */
  due(job: ModelJob): void {
    this.#comeDue(job)
  }

  cancel(job: ModelJob): Verdict {
    if (job.state === 'cancelled') return 'done'
    if (job.state === 'completed' || job.state === 'dead') return 'job_finished'
    job.cancelled = true
    if (waiting.includes(job.state)) this.#end(job, 'cancelled')
    return 'done'
  }

  redrive(queue: string): number {
    const dead = this.jobs.filter((job) => job.queue === queue && job.state === 'dead')
    for (const job of dead) {
      Object.assign(job, { failures: 0, crashes: 0, state: job.key === null ? 'ready' : 'blocked' })
    }
    for (const job of dead) this.#admit(job)
    return dead.length
  }

  purge(queue: string, states: readonly JobState[]): number {
    const gone = this.jobs.filter((job) => {
      return job.queue === queue && states.includes(job.state) && job.state !== 'active'
    })
    this.jobs = this.jobs.filter((job) => !gone.includes(job))
    for (const job of gone) this.#admit(job)
    return gone.length
  }

  setConcurrency(queue: string, concurrency: number): void {
    this.concurrency.set(queue, concurrency)
    for (const job of this.jobs) if (job.queue === queue) this.#admit(job)
  }

  /** Keys that must have a row: those with a job under way. */
  get keys(): string[] {
    const held = this.jobs.filter(({ holds }) => holds)
    return [...new Set(held.map(({ queue, key }) => `${queue} ${key}`))].sort()
  }

  #comeDue(job: ModelJob): void {
    job.state = job.key === null || job.holds ? 'ready' : 'blocked'
    this.#admit(job)
  }

  #end(job: ModelJob, state: JobState): void {
    job.state = state
    job.holds = false
    this.#admit(job)
  }

  /** Lets the first blocked jobs of the key in, as many as there are places. */
  #admit({ queue, key }: ModelJob): void {
    if (key === null) return
    const same = this.jobs.filter((job) => job.queue === queue && job.key === key)
    const free = (this.concurrency.get(queue) ?? 1) - same.filter(({ holds }) => holds).length
    const blocked = same.filter(({ state }) => state === 'blocked')
      .sort((a, b) => (a.id < b.id ? -1 : 1))
    for (const job of blocked.slice(0, Math.max(0, free))) {
      job.state = 'ready'
      job.holds = true
    }
  }
}

const isOf = (job: ModelJob, attempt: number): boolean =>
  job.state === 'active' && job.attempt === attempt
