import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { InvalidInput } from '../errors.js'
import { contract, type ContractWorld } from '../testing/index.js'
import {
  JobDeclined, JobFailed, type JobHandler, type QueueWorker, type WorkerEvent, type WorkerOptions,
} from './index.js'

type Worker = ReturnType<ContractWorld['holdfast']['worker']>
type Transaction = Worker extends QueueWorker<infer T> ? T : never
type Options = Omit<WorkerOptions<Transaction>, 'queues'>

const workers: Worker[] = []
let queueCount = 0

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close()))
})

async function until(condition: () => unknown, timeoutMs = 10_000): Promise<void> {
  for (const sinceMs = performance.now(); !(await condition()); await sleep(10)) {
    if (performance.now() - sinceMs > timeoutMs) throw new Error(`not within ${timeoutMs} ms`)
  }
}

/** A queue of its own, since the workers of one test take the jobs of every organization. */
function workshop({ holdfast, organization: { queues } }: ContractWorld) {
  const queue = `queue-${(queueCount += 1)}`
  const events: WorkerEvent[] = []
  return {
    queue,
    events,
    kinds: () => events.map(({ kind }) => kind),
    enqueue: (payload: number | string = 0, more: object = {}) =>
      queues.enqueue(queue, { payload, ...more }),
    stateOf: async ({ id }: { id: string }) => (await queues.get(id)).state,
    work(handler: JobHandler<Transaction>, options: Options = {}): Worker {
      const onEvent = (event: WorkerEvent) => void events.push(event)
      const worker = holdfast.worker({ queues: { [queue]: handler }, onEvent, ...options })
      workers.push(worker)
      return worker.start()
    },
    /** Changes a job behind the back of everybody. */
    change: ({ id }: { id: string }, assignments: string) => holdfast.database.execute({
      sql: `update jobs set ${assignments} where id = '${id}'`, parameters: [],
    }),
    later: async (milliseconds: number) => {
      const { engine, write } = holdfast.database
      const row = await holdfast.database.first(
        write.selectNoFrom(engine.now(milliseconds).as('at')))
      return `'${String(row!.at)}'`
    },
  }
}

contract('a worker', (open) => {
  const begin = async () => {
    const world = await open()
    return { ...world, ...workshop(world), queues: world.organization.queues }
  }

  it('runs what is enqueued and keeps what the handler returns', async () => {
    const { enqueue, work, queues, stateOf } = await begin()
    const worker = work(({ job }) => ({ doubled: Number(job.payload) * 2 }), { name: 'one' })
    const jobs = await Promise.all([1, 2, 3].map((payload) => enqueue(payload)))
    await until(async () => (await Promise.all(jobs.map(stateOf))).every((s) => s === 'completed'))
    const results = await Promise.all(jobs.map(async ({ id }) => (await queues.get(id)).result))
    expect(results).toEqual([{ doubled: 2 }, { doubled: 4 }, { doubled: 6 }])
    expect(await queues.get(jobs[0]!.id)).toMatchObject({ worker: 'one', attempt: 1, failures: 0 })
    expect(worker.figures).toMatchObject({ claimed: 3, completed: 3, failed: 0, running: 0 })
  })

  it('is woken by a new job long before it looks by itself', async () => {
    const { enqueue, work, stateOf, holdfast } = await begin()
    work(() => undefined, { pollMs: 60_000 })
    await sleep(200)
    const job = await enqueue()
    await until(async () => await stateOf(job) === 'completed', 5_000)
    const [other] = [await holdfast.transaction(async (transaction) => {
      const { queues } = transaction.organization(job.organizationId)
      return queues.enqueue(job.queue, { payload: 1 })
    })]
    await until(async () => await stateOf(other) === 'completed', 5_000)
  })

  it('runs as many at once as it may, in order when that is one', async () => {
    const { enqueue, queue, work, queues } = await begin()
    await queues.enqueueMany(queue, Array.from({ length: 40 }, (_, payload) => ({ payload })))
    const seen: unknown[] = []
    let [running, most] = [0, 0]
    const handler: JobHandler<Transaction> = async ({ job }) => {
      seen.push(job.payload)
      most = Math.max(most, (running += 1))
      await sleep(5)
      running -= 1
    }
    const worker = work(handler, { concurrency: 4 })
    await until(() => worker.figures.completed === 40)
    expect([most, new Set(seen).size]).toEqual([4, 40])
    await worker.close()
    seen.length = 0
    for (let payload = 0; payload < 10; payload++) await enqueue(payload)
    const single = work(handler, { concurrency: 1 })
    await until(() => single.figures.completed === 10)
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('tries again what fails, by the job’s backoff or the handler’s word', async () => {
    const { enqueue, work, queues, kinds } = await begin()
    const backoff = { baseMs: 10, capMs: 10 }
    const job = await enqueue(0, { attemptsMax: 3, backoff })
    let count = 0
    work(() => {
      count += 1
      if (count === 2) throw new JobFailed('later', { delayMs: 20, cause: new Error('why') })
      throw new TypeError(`attempt ${count}`)
    }, { pollMs: 20 })
    await until(async () => (await queues.get(job.id)).state === 'dead')
    expect(await queues.get(job.id)).toMatchObject({
      failures: 3, attempt: 3, error: { name: 'TypeError', message: 'attempt 3' },
    })
    expect(kinds()).toEqual(['failed', 'failed', 'failed'])
  })

  it('tries no more what is hopeless, or has a result that cannot be kept', async () => {
    const { enqueue, work, queues, stateOf } = await begin()
    const hopeless = await enqueue('hopeless')
    const unkept = await enqueue('unkept')
    const strange = await enqueue('strange', { attemptsMax: 1 })
    work(({ job }) => {
      if (job.payload === 'hopeless') throw new JobFailed('never', { retry: false })
      if (job.payload === 'strange') throw { toString: () => 1n, toJSON: () => 1n }
      return { a: [Number.NaN] }
    })
    for (const job of [hopeless, unkept, strange]) {
      await until(async () => await stateOf(job) === 'dead')
    }
    expect((await queues.get(hopeless.id)).error).toMatchObject({
      name: 'JobFailed', message: 'never',
    })
    expect((await queues.get(unkept.id)).error).toMatchObject({ code: 'invalid_value' })
  })

  it('commits effects with the completion, or neither', async () => {
    const { enqueue, work, queues, stateOf, organizationId, organization } = await begin()
    const good = await enqueue('good')
    const bad = await enqueue('bad', { attemptsMax: 1 })
    work(({ job, complete }) => complete({ done: job.payload }, async (transaction) => {
      const { conversations } = transaction.organization(organizationId)
      await conversations.create({ title: String(job.payload) })
      if (job.payload === 'bad') throw new Error('after the effect')
    }))
    await until(async () => await stateOf(good) === 'completed' && await stateOf(bad) === 'dead')
    expect((await queues.get(good.id)).result).toEqual({ done: 'good' })
    const { data } = await organization.conversations.list()
    expect(data.map(({ title }) => title)).toEqual(['good'])
  })

  it('lets a stale attempt write nothing, not even its effects', async () => {
    const { enqueue, work, queues, queue, holdfast, change, later, kinds } = await begin()
    const job = await enqueue()
    let effects = 0
    let refused: unknown
    const worker = work(async ({ complete }) => {
      await change(job, `lease_expires_at = ${await later(-1_000)}`)
      await holdfast.jobs.sweep()
      const [second] = await queues.claim(queue, { worker: 'second' })
      expect(second).toMatchObject({ id: job.id, attempt: 2, crashes: 1 })
      refused = await complete(null, async () => void (effects += 1))
        .catch((error: unknown) => error)
      return 'too late'
    }, { concurrency: 1 })
    await until(() => worker.figures.lost === 1)
    expect([effects, refused]).toEqual([0, expect.objectContaining({ code: 'attempt_stale' })])
    expect(kinds()).toEqual(['stale'])
    await queues.fail({ id: job.id, attempt: 2 }, 'of the second', { delayMs: 60_000 })
    expect(await queues.get(job.id)).toMatchObject({
      state: 'scheduled', error: 'of the second', failures: 1, result: null,
    })
  })

  it('extends leases as long as a handler runs, and records its progress', async () => {
    const { enqueue, work, queues, kinds } = await begin()
    const job = await enqueue()
    const worker = work(async ({ progress, signal }) => {
      await progress({ half: true })
      await sleep(4_500, undefined, { signal })
      return 'whole'
    }, { leaseSeconds: 3, pollMs: 100 })
    await until(async () => (await queues.get(job.id)).progress !== null)
    await until(() => worker.figures.completed === 1)
    expect(await queues.get(job.id)).toMatchObject({
      progress: { half: true }, attempt: 1, crashes: 0, result: 'whole',
    })
    expect(kinds()).toEqual(['completed'])
  })

  it('aborts the handler of a cancelled job, which then is over', async () => {
    const { enqueue, work, queues, stateOf, kinds } = await begin()
    const job = await enqueue()
    let signal: AbortSignal | undefined
    work(async (context) => {
      signal = context.signal
      await sleep(20_000, undefined, { signal })
    }, { leaseSeconds: 3 })
    await until(() => signal !== undefined)
    await queues.cancel(job.id)
    await until(async () => await stateOf(job) === 'cancelled')
    await until(() => kinds().includes('cancelled'))
    expect([kinds(), (signal!.reason as Error).name]).toEqual([['cancelled'], 'AbortError'])
  })

  it('aborts a handler that kept the process busy beyond its lease', async () => {
    const { enqueue, work, kinds } = await begin()
    await enqueue()
    let aborted: boolean | undefined
    const worker = work(async ({ signal }) => {
      const untilMs = performance.now() + 1_300
      while (performance.now() < untilMs);
      await sleep(300)
      aborted = signal.aborted
    }, { leaseSeconds: 1, sweep: false })
    await until(() => aborted !== undefined)
    expect([aborted, worker.figures.lost]).toEqual([true, 1])
    expect(kinds()).toEqual(['lost'])
  })

  it('works for one organization alone when told so', async () => {
    const { enqueue, queue, work, stateOf, neighbour, organizationId } = await begin()
    const [ours, theirs] = [await enqueue(), await neighbour.queues.enqueue(queue, { payload: 1 })]
    work(() => undefined, { organizationId, pollMs: 20 })
    await until(async () => await stateOf(ours) === 'completed')
    await sleep(100)
    expect((await neighbour.queues.get(theirs.id)).state).toBe('ready')
    work(() => undefined)
    await until(async () => (await neighbour.queues.get(theirs.id)).state === 'completed')
  })

  it('takes from several queues, and nothing from one that is paused', async () => {
    const { enqueue, queue, holdfast, queues, organizationId } = await begin()
    await queues.pause(`${queue}.b`)
    const seen: string[] = []
    const handler = ({ job }: { job: { queue: string } }) => void seen.push(job.queue)
    const names = [queue, `${queue}.a`, `${queue}.b`]
    for (const name of names) await queues.enqueue(name, { payload: 0 })
    for (const only of [undefined, organizationId]) {
      const worker = holdfast.worker({
        queues: Object.fromEntries(names.map((name) => [name, handler])), pollMs: 20,
        ...(only === undefined ? {} : { organizationId: only }),
      }).start()
      workers.push(worker)
      await until(() => worker.figures.completed === (only === undefined ? 2 : 1))
      expect(seen.splice(0).sort()).toEqual(only === undefined ? names.slice(0, 2) : [queue])
      await worker.close()
      if (only === undefined) await enqueue()
    }
    expect((await queues.list(`${queue}.b`)).data[0]).toMatchObject({ state: 'ready', attempt: 0 })
  })

  it('begins nothing beside a job whose workers died again and again', async () => {
    const { enqueue, work, stateOf, change } = await begin()
    const suspect = await enqueue('suspect', { priority: 10 })
    await change(suspect, 'crashes = 2')
    const others = await Promise.all([1, 2, 3].map((payload) => enqueue(payload)))
    const beside: unknown[] = []
    let isSuspectRunning = false
    work(async ({ job }) => {
      if (isSuspectRunning) beside.push(job.payload)
      if (job.payload !== 'suspect') return
      isSuspectRunning = true
      await sleep(300)
      isSuspectRunning = false
    })
    for (const job of [suspect, ...others]) {
      await until(async () => await stateOf(job) === 'completed')
    }
    expect(beside).toEqual([])
  })

  it('refuses options that cannot work', async () => {
    const { holdfast } = await open()
    const queues = { a: () => undefined }
    for (const [options, field] of [
      [{}, 'queues'], [{ queues: {} }, 'queues'], [{ queues: { A: () => undefined } }, 'queue'],
      [{ queues: { a: 1 } }, 'queues.a'], [{ queues, concurrency: 0 }, 'concurrency'],
      [{ queues, leaseSeconds: 0.5 }, 'leaseSeconds'], [{ queues, graceMs: -1 }, 'graceMs'],
      [{ queues, pollMs: 0 }, 'pollMs'], [{ queues, name: '' }, 'name'],
    ] as const) {
      const making = () => holdfast.worker(options as never)
      expect(making).toThrow(InvalidInput)
      expect(making).toThrow(expect.objectContaining({ field }))
    }
  })
})

contract('a worker whose handler declines a job', (open) => {
  it('leaves it to others, counts nothing, and says why if it is to be said', async () => {
    const world = await open()
    const { enqueue, work, events, stateOf } = workshop(world)
    const job = await enqueue(0, { attemptsMax: 1 })
    const attempts: number[] = []
    work(({ job: { attempt } }) => {
      attempts.push(attempt)
      if (attempt < 3) throw new JobDeclined(`not ${attempt}`, { delayMs: 20, told: attempt < 2 })
    }, { pollMs: 20 })
    await until(async () => await stateOf(job) === 'completed')
    expect(attempts).toEqual([1, 2, 3])
    expect(events.map((event) => [event.kind, 'reason' in event ? event.reason : null])).toEqual([
      ['declined', 'not 1'], ['released', null], ['released', null], ['completed', null],
    ])
    expect(await world.organization.queues.get(job.id)).toMatchObject({ failures: 0, error: null })
  })
})

contract('a worker that closes', (open) => {
  const begin = async () => {
    const world = await open()
    return { ...world, ...workshop(world), queues: world.organization.queues }
  }

  it('finishes what runs, gives back what waits, and takes no more', async () => {
    const { queue, work, queues } = await begin()
    await queues.enqueueMany(queue, Array.from({ length: 30 }, (_, payload) => ({ payload })))
    const begun: unknown[] = []
    const worker = work(async ({ job }) => {
      begun.push(job.payload)
      await sleep(begun.length > 10 ? 200 : 1)
    }, { concurrency: 2 })
    await until(() => begun.length > 10)
    await Promise.all([worker.close(), worker.close()])
    const counts = (await queues.stats(queue)).counts
    expect(counts).toMatchObject({ completed: begun.length, ready: 30 - begun.length, active: 0 })
    const { data: [released] } = await queues.list(queue, { state: 'ready' })
    expect(released).toMatchObject({ failures: 0, crashes: 0 })
    await worker.close()
    worker.start()
    await sleep(100)
    expect(begun).toHaveLength(counts.completed)
  })

  it('aborts what outlasts the grace and gives it back at once', async () => {
    const { enqueue, work, queues, queue } = await begin()
    const [kind, stubborn] = [await enqueue('kind'), await enqueue('stubborn')]
    let running = 0
    const worker = work(async ({ job, signal }) => {
      running += 1
      if (job.payload === 'stubborn') await sleep(6_000)
      else await sleep(20_000, undefined, { signal })
    }, { graceMs: 100 })
    await until(() => running === 2)
    await worker.close()
    expect(worker.figures).toMatchObject({ released: 2, failed: 0, running: 0 })
    for (const { id } of [kind, stubborn]) {
      expect(await queues.get(id)).toMatchObject({ state: 'ready', failures: 0, crashes: 0 })
    }
    const again = await queues.claim(queue, { worker: 'next', limit: 2 })
    expect(again.map(({ attempt }) => attempt)).toEqual([2, 2])
  }, 20_000)

  it('lets a handler complete that is done when it is aborted', async () => {
    const { enqueue, work, queues } = await begin()
    const { id } = await enqueue(1)
    const worker = work(async ({ signal, complete }) => {
      if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done))
      await complete('done')
    }, { graceMs: 100 })
    await until(() => worker.figures.running === 1)
    await worker.close()
    expect(await queues.get(id)).toMatchObject({ state: 'completed', result: 'done' })
  })

  it('leaves no rejection behind, whatever handlers forget', async () => {
    const { enqueue, work, queues, stateOf, change } = await begin()
    const rejections: unknown[] = []
    const note = (error: unknown) => void rejections.push(error)
    process.on('unhandledRejection', note)
    const jobs = [await enqueue('unawaited'), await enqueue('stale'), await enqueue('progress')]
    const worker = work(async ({ job, complete, progress }) => {
      if (job.payload === 'stale') await change(job, 'attempt = attempt + 1')
      if (job.payload === 'progress') {
        void progress(Number.NaN)
        return 'done'
      }
      void complete('early', async () => void (await sleep(20)))
      return 'ignored'
    })
    await until(async () => await stateOf(jobs[0]!) === 'completed')
    await until(async () => await stateOf(jobs[2]!) === 'completed')
    await until(() => worker.figures.lost === 1)
    await worker.close()
    await sleep(20)
    process.off('unhandledRejection', note)
    expect(rejections).toEqual([])
    expect(await queues.get(jobs[0]!.id)).toMatchObject({ result: 'early' })
    expect(await queues.get(jobs[1]!.id)).toMatchObject({ state: 'active', result: null })
  })
})
