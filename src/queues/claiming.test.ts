import { expect, it } from 'vitest'
import { LocalWakeUps } from '../coordination/local-wake-ups.js'
import { Database } from '../database/database.js'
import { type Backend, type Statement } from '../database/engine.js'
import { Unavailable } from '../database/failures.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { silentWitness } from '../testing/witness.test.harness.js'
import { queueRoutes } from './http.js'
import { type Job, JobLog, QueueStore, WorkerSource, workerSettings } from './index.js'
import { type QueueTables } from './tables.js'

const worker = 'worker'
const ids = (jobs: readonly Job[]) => jobs.map(({ id }) => id).sort()

/** The backend, which loses its connection at some statements. */
function losing(backend: Backend, isLost: (name: string) => boolean): Backend {
  return new Proxy(backend, {
    get(target, method) {
      const value: unknown = Reflect.get(target, method)
      if (typeof value !== 'function') return value
      return async (...given: unknown[]): Promise<unknown> => {
        const { name = '' } = [given[0]].flat()[0] as Statement
        if (isLost(name)) throw new Unavailable('the connection was lost')
        return Reflect.apply(value, target, given)
      }
    },
  })
}

/** Queues whose connection is lost at the statements named, once `lose` is called. */
function flaky({ holdfast, organizationId }: ContractWorld) {
  let due: { readonly name: string; after: number } | undefined
  const backend = losing(holdfast.backend, (name) => {
    if (due === undefined || !name.startsWith(due.name)) return false
    due.after -= 1
    return due.after < 0
  })
  const database = Database.over<QueueTables>(backend).within('all')
  const source = { ids: holdfast.ids, wakeUps: new LocalWakeUps(), promoteEveryMs: 60_000 }
  const log = new JobLog(database, source)
  const scope = { organizationId, actor: { id: 'test' } }
  return {
    log,
    queues: new QueueStore(log, scope, { witness: silentWitness }),
    lose(name: string, after = 0) {
      due = { name, after }
    },
  }
}

contract('jobs that were claimed', (open) => {
  it('are handed out though the look for further ones fails', async () => {
    const world = await open()
    const { queues, lose } = flaky(world)
    await queues.claim('mail', { worker })
    const { id } = await queues.enqueue('mail', { payload: 1 })
    lose('jobs_due')
    expect(ids(await queues.claim('mail', { worker, limit: 5 }))).toEqual([id])
    await expect(queues.claim('mail', { worker })).rejects.toThrow('lost')
  })

  it('in one organization are handed out though the look into others fails', async () => {
    const world = await open()
    const { log, lose } = flaky(world)
    const queue = `mail-${world.organizationId}`
    const jobs = [
      ...await world.organization.queues.enqueueMany(queue, [{ payload: 1 }, { payload: 2 }]),
      await world.neighbour.queues.enqueue(queue, { payload: 3 }),
    ]
    await log.promote()
    lose('jobs_turns', 1)
    const claimed = await log.claimAny({ queues: [queue], limit: 4, worker })
    expect(ids(claimed)).toEqual(ids(jobs))
    await expect(log.claimAny({ queues: [queue], limit: 4, worker })).rejects.toThrow('lost')
  })

  it('in one queue are handed out though the look into the next one fails', async () => {
    const world = await open()
    const { holdfast, organizationId, organization: { queues } } = world
    const { id } = await queues.enqueue('two', { payload: 1 })
    const half = {
      claim(name: string, options: Parameters<QueueStore['claim']>[1]) {
        if (name === 'one') throw new Unavailable('the connection was lost')
        return queues.claim(name, options)
      },
    } as QueueStore
    const source = new WorkerSource<never>({
      log: holdfast.jobs, queuesOf: () => half, sweep: async () => undefined,
      inTransaction: async () => undefined,
    }, workerSettings({
      queues: { one: () => undefined, two: () => undefined }, organizationId,
    }, worker))
    expect(ids(await source.claim(5))).toEqual([id])
    await expect(source.claim(5)).rejects.toThrow('lost')
  })

  it('for a client that went in this moment are given back', async () => {
    const { organization: { queues } } = await open()
    const { id } = await queues.enqueue('mail', { payload: 1 })
    const leaving = new AbortController()
    const moment = {
      async claim(...given: Parameters<QueueStore['claim']>) {
        const claimed = await queues.claim(...given)
        leaving.abort(new Error('The client has gone.'))
        return claimed
      },
      release: (job: Job) => queues.release(job),
    } as QueueStore
    const claim = queueRoutes.find(({ operationId }) => operationId === 'claimJobs')!
    await claim.handle({ queues: moment } as never, {
      params: { queue: 'mail' }, body: { worker }, signal: leaving.signal,
    } as never)
    const left = await queues.get(id)
    expect(left).toMatchObject({ state: 'ready', crashes: 0, failures: 0 })
  })
})
