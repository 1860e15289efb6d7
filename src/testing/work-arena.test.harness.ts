import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { connect } from '../database/connect.js'
import { type Holdfast, openHoldfast, type OrganizationStores } from '../holdfast.js'
import {
  ensureBuilt, type Running, startCli, temporaryFolder,
} from './command-line.test.harness.js'
import { type DatabaseLease, type TestEngine } from './engines.js'

const handlers = fileURLToPath(new URL('./work-handlers.mjs', import.meta.url))
const workflows = fileURLToPath(new URL('./run-handlers.mjs', import.meta.url))

/** One effect of a job, written in the transaction of its completion. */
export interface Effect {
  readonly jobId: string
  readonly attempt: number
  readonly pid: number
  /** How many effects of its key there were before it. */
  readonly place: number
}

/** How to run workers. */
export interface CrewOptions {
  /** @default 2 */
  readonly leaseSeconds?: number
  /** @default 10 */
  readonly graceSeconds?: number
  /** @default 8 */
  readonly concurrency?: number
  /** @default every handler */
  readonly queues?: string
}

/** A worker in a process of its own. */
export interface Worker extends Running {
  /** False once it has ended. */
  isAlive: boolean
}

/** Resolves when the condition holds; fails after the time-out, naming what was awaited. */
export async function until(
  what: string,
  condition: () => unknown,
  timeoutMs = 30_000,
): Promise<void> {
  const sinceMs = performance.now()
  while (!(await condition())) {
    const isLate = performance.now() - sinceMs > timeoutMs
    if (isLate) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await sleep(50)
  }
}

/** A database, worker processes on it, and a table of effects that nothing keeps unique. */
export class WorkArena {
  readonly holdfast: Holdfast
  readonly stores: OrganizationStores
  readonly url: string
  readonly #lease: DatabaseLease
  readonly #folder = temporaryFolder()
  readonly #workers = new Set<Worker>()

  private constructor(holdfast: Holdfast, lease: DatabaseLease) {
    this.holdfast = holdfast
    this.stores = holdfast.organization()
    this.url = lease.url
    this.#lease = lease
  }

  static async on(engine: TestEngine): Promise<WorkArena> {
    await ensureBuilt()
    const lease = await engine.createReady()
    const holdfast = await openHoldfast({ database: lease.url })
    const owner = await connect(lease.ownerUrl, { poolMax: 1 })
    await owner.run({
      sql: `create table effects (
        job_id text not null, attempt integer not null, pid integer not null,
        key text, place integer not null)`,
      parameters: [],
    }).finally(() => owner.close())
    return new WorkArena(holdfast, lease)
  }

  /** The path of a file in the folder in which the processes run. */
  path(name: string): string {
    return join(this.#folder.path, name)
  }

  /** Starts a worker process; resolves once it works. */
  async worker(options: CrewOptions = {}): Promise<Worker> {
    const { leaseSeconds = 2, graceSeconds = 10, concurrency = 8, queues } = options
    return this.#start([
      'worker', '--handlers', handlers,
      '--lease-seconds', `${leaseSeconds}`, '--grace-seconds', `${graceSeconds}`,
      '--concurrency', `${concurrency}`, ...(queues === undefined ? [] : ['--queues', queues]),
    ])
  }

  /** Starts a process that runs workflows; resolves once it works. */
  async runner({ leaseSeconds = 2, concurrency = 8 }: CrewOptions = {}): Promise<Worker> {
    return this.#start([
      'worker', '--workflows', workflows,
      '--lease-seconds', `${leaseSeconds}`, '--concurrency', `${concurrency}`,
    ])
  }

  /** Starts a scheduler process; resolves once it fires. */
  async scheduler(): Promise<Worker> {
    return this.#start(['scheduler'])
  }

  async #start(words: readonly string[]): Promise<Worker> {
    const all = [...words, '--database', this.url, '--json']
    const environment = { HOLDFAST_POOL_MAX: '4' }
    const running = startCli(all, { cwd: this.#folder.path, environment })
    const worker: Worker = { ...running, isAlive: true }
    this.#workers.add(worker)
    void running.end.then(() => {
      worker.isAlive = false
      this.#workers.delete(worker)
    })
    await running.line(/^\{/)
    return worker
  }

  /** Everything the effects table holds, in order of place. */
  async effects(key?: string): Promise<Effect[]> {
    const where = key === undefined ? '' : `where key = '${key}'`
    const { rows } = await this.holdfast.backend.run({
      sql: `select * from effects ${where} order by place`, parameters: [], readOnly: true,
    })
    return rows.map((row) => ({
      jobId: String(row.job_id), attempt: Number(row.attempt), pid: Number(row.pid),
      place: Number(row.place),
    }))
  }

  /** How many jobs of a queue are completed, dead and left to do. */
  async counts(queue: string) {
    const { counts } = await this.stores.queues.stats(queue)
    const { completed, dead, scheduled, blocked, ready, active } = counts
    return { completed, dead, left: scheduled + blocked + ready + active }
  }

  /** Enqueues many, a thousand a call; their ids. */
  async enqueue(
    queue: string,
    payloads: readonly object[],
    { key, crashesMax = 3 }: { readonly key?: string; readonly crashesMax?: number } = {},
  ): Promise<string[]> {
    const ids: string[] = []
    for (let from = 0; from < payloads.length; from += 1_000) {
      const jobs = payloads.slice(from, from + 1_000).map((payload) => ({
        payload: { key: key ?? null, ...payload },
        crashesMax,
        ...(key === undefined ? {} : { concurrencyKey: key }),
      }))
      const made = await this.stores.queues.enqueueMany(queue, jobs)
      ids.push(...made.map(({ id }) => id))
    }
    return ids
  }

  /** Ends what still runs and drops the database. */
  async close(): Promise<void> {
    const ends = [...this.#workers].map(({ signal, end }) => {
      signal('SIGKILL')
      return end
    })
    await Promise.all(ends)
    await this.holdfast.close()
    await this.#lease.drop()
    this.#folder.remove()
  }
}
