import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { silentWitness } from '../testing/witness.test.harness.js'
import { AttemptStale, type Job, JobCancelled, JobLog, QueueStore } from './index.js'
import { type QueueTables } from './tables.js'

const worker = 'worker'
const delayMs = 3_600_000

const ids = (jobs: readonly { readonly id: string }[]) => jobs.map(({ id }) => id)
const tables = ({ holdfast }: ContractWorld) =>
  Database.over<QueueTables>(holdfast.backend).within('all')

/** Lets a job's lease run out, as if its worker had been silent for too long. */
async function expire(world: ContractWorld, { id }: { readonly id: string }) {
  const database = tables(world)
  await database.run(database.write.updateTable('jobs')
    .set({ lease_expires_at: database.engine.now(-1_000) }).where('id', '=', id as never))
  await world.holdfast.jobs.sweep()
}

async function keysOf(world: ContractWorld) {
  const { write } = tables(world)
  const query = write.selectFrom('job_keys').select('key')
    .where('organization_id', '=', world.organizationId as never)
  return (await tables(world).all(query)).map(({ key }) => key).sort()
}

async function claimOne(queues: QueueStore, queue = 'mail'): Promise<Job> {
  const [job] = await queues.claim(queue, { worker })
  return job!
}

contract('attempts', (open) => {
  it('that are over change nothing, and the second worker’s failure stays', async () => {
    const world = await open()
    const { organization: { queues } } = world
    const { id } = await queues.enqueue('mail', { payload: 1 })
    const first = await claimOne(queues)
    await expire(world, first)
    const second = await claimOne(queues)
    expect(second).toMatchObject({ id, attempt: 2, crashes: 1, failures: 0 })
    for (const late of [
      () => queues.complete(first, 'late'), () => queues.fail(first, 'late'),
      () => queues.extend(first), () => queues.release(first),
    ]) await expect(late()).rejects.toBeInstanceOf(AttemptStale)
    expect(await queues.get(id)).toStrictEqual(second)
    const failed = await queues.fail(second, { reason: 'real' })
    expect(failed).toMatchObject({ state: 'scheduled', attempt: 2 })
    await expect(queues.complete(first, 'late')).rejects.toBeInstanceOf(AttemptStale)
    expect(await queues.get(id)).toMatchObject({
      state: 'scheduled', failures: 1, error: { reason: 'real' }, result: null,
    })
  })

  it('that lost their lease take the effects of their transaction with them', async () => {
    const world = await open()
    const { holdfast, organizationId, organization: { queues, conversations } } = world
    await queues.enqueue('mail', { payload: 1 })
    const first = await claimOne(queues)
    await expire(world, first)
    const second = await claimOne(queues)
    const effect = (attempt: Job) => holdfast.transaction(async (transaction) => {
      const own = transaction.organization(organizationId)
      await own.conversations.create({ title: `by ${attempt.attempt}` })
      await own.queues.complete(attempt)
    })
    await expect(effect(first)).rejects.toBeInstanceOf(AttemptStale)
    await effect(second)
    await expect(effect(second)).rejects.toBeInstanceOf(AttemptStale)
    expect((await conversations.list()).data.map(({ title }) => title)).toEqual(['by 2'])
  })

  it('complete once, whatever the number of calls', async () => {
    const { organization: { queues } } = await open()
    await queues.enqueue('mail', { payload: 1 })
    const job = await claimOne(queues)
    const calls = await Promise.all(
      Array.from({ length: 20 }, (_, n) => queues.complete(job, `result ${n}`)))
    for (const { state } of calls) expect(state).toBe('completed')
    const { result, finishedAt } = await queues.get(job.id)
    expect((await queues.complete(job, 'again')).state).toBe('completed')
    expect(await queues.get(job.id)).toMatchObject({ result, finishedAt })
    await expect(queues.fail(job, 'x')).rejects.toBeInstanceOf(AttemptStale)
  })

  it('fail with growing random pauses until the job is dead', async () => {
    const world = await open()
    const { organization: { queues } } = world
    await queues.enqueue('mail', {
      payload: 1, attemptsMax: 4, backoff: { baseMs: 100_000, capMs: 250_000 },
    })
    const database = tables(world)
    const pauses: number[] = []
    for (let failures = 1; failures <= 4; failures++) {
      const job = await claimOne(queues)
      expect(job.attempt).toBe(failures)
      const began = Date.now()
      const { state, runAt } = await queues.fail(job, failures)
      expect(state).toBe(failures === 4 ? 'dead' : 'scheduled')
      if (state === 'scheduled') pauses.push(Date.parse(runAt) - began)
      await database.run(database.write.updateTable('jobs')
        .set({ run_at: database.engine.now(-1) }).where('id', '=', job.id as never))
      await world.holdfast.jobs.sweep()
    }
    for (const [index, most] of [100_000, 200_000, 250_000].entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(-1_000)
      expect(pauses[index]).toBeLessThanOrEqual(most + 5_000)
    }
    const [dead] = (await queues.list('mail', { state: 'dead' })).data
    expect(dead).toMatchObject({ failures: 4, error: 4, attempt: 4 })
    expect(dead!.finishedAt).not.toBeNull()
  })

  it('fail without a pause where the backoff has none, however often', async () => {
    const { organization: { queues } } = await open()
    const backoff = { baseMs: 0, capMs: 3_600_000 }
    const { id } = await queues.enqueue('mail', { payload: 1, attemptsMax: 100, backoff })
    for (let failures = 0; failures < 40; failures++) await queues.fail(await claimOne(queues), 0)
    expect(await queues.get(id)).toMatchObject({ failures: 40 })
  })

  it('fail at the handler’s word: at once, later, or for good', async () => {
    const { organization: { queues } } = await open()
    await queues.enqueueMany('mail', [{ payload: 1 }, { payload: 2 }, { payload: 3 }])
    const [now, later, never] = await queues.claim('mail', { worker, limit: 3 })
    expect((await queues.fail(now!, 'x', { delayMs: 0 })).state).toBe('ready')
    const { state, runAt } = await queues.fail(later!, 'x', { delayMs })
    expect(state).toBe('scheduled')
    expect(Date.parse(runAt) - Date.now()).toBeGreaterThan(delayMs - 60_000)
    expect((await queues.fail(never!, 'x', { retry: false })).state).toBe('dead')
    expect(ids(await queues.claim('mail', { worker, limit: 3 }))).toEqual([now!.id])
  })

  it('that crash are counted apart: a poisoned job dies, its neighbours flow', async () => {
    const world = await open()
    const { organization: { queues } } = world
    const poison = await queues.enqueue('mail', { payload: 'poison', priority: 1, crashesMax: 3 })
    for (let crash = 1; crash <= 3; crash++) {
      const job = await claimOne(queues)
      expect(job).toMatchObject({ id: poison.id, crashes: crash - 1, failures: 0 })
      await expire(world, job)
      await queues.enqueue('mail', { payload: crash, priority: 2 })
      await queues.complete(await claimOne(queues))
    }
    expect(await queues.get(poison.id)).toMatchObject({
      state: 'dead', crashes: 3, error: { name: 'LeaseExpired' },
    })
    expect(await queues.claim('mail', { worker })).toEqual([])
    expect(await queues.redrive('mail', [poison.id])).toBe(1)
    expect(await queues.redrive('mail', [poison.id])).toBe(0)
    expect(await claimOne(queues)).toMatchObject({
      id: poison.id, attempt: 4, crashes: 0, redrives: 1, error: { name: 'LeaseExpired' },
    })
  })

  it('of a lost worker come back once, however many processes sweep', async () => {
    const world = await open()
    const { holdfast, organization: { queues } } = world
    await queues.enqueueMany('mail', Array.from({ length: 50 }, (_, n) => (
      { payload: n, concurrencyKey: n % 2 ? `k${n}` : null, crashesMax: n % 5 ? 3 : 1 })))
    const claimed = await queues.claim('mail', { worker, limit: 50 })
    const { write, engine } = tables(world)
    await tables(world).run(write.updateTable('jobs')
      .set({ lease_expires_at: engine.now(-1) }).where('id', 'in', ids(claimed) as never[]))
    const { ids: source, coordination: { wakeUps } } = holdfast
    const swept = await Promise.all(Array.from({ length: 5 }, () =>
      new JobLog(tables(world), { ids: source, wakeUps }).sweep()))
    expect(swept.reduce((sum, { expired }) => sum + expired, 0)).toBe(50)
    const { data } = await queues.list('mail', { limit: 200 })
    for (const { crashes, crashesMax, state } of data) {
      expect([crashes, state]).toEqual([1, crashesMax === 1 ? 'dead' : 'ready'])
    }
    expect(await queues.claim('mail', { worker, limit: 100 })).toHaveLength(40)
  })

  it('keep the progress that was told last, of several told at once', async () => {
    const { organization: { queues } } = await open()
    const { id } = await queues.enqueue('mail', { payload: 1 })
    const job = await claimOne(queues)
    for (const last of [9, 19]) {
      const told = Array.from({ length: 9 }, (_, index) => last - 8 + index)
      await Promise.all([
        ...told.map((progress) => queues.extend(job, { progress })), queues.extend(job),
      ])
      expect((await queues.get(id)).progress).toBe(last)
    }
  })

  it('learn of a cancellation, and cannot complete any more', async () => {
    const world = await open()
    const { organization: { queues } } = world
    await queues.enqueueMany('mail', [1, 2, 3].map((payload) => ({ payload })))
    const [first, second, third] = await queues.claim('mail', { worker, limit: 3 })
    expect((await queues.extend(first!)).cancelled).toBe(false)
    for (const job of [first!, second!, third!]) {
      expect((await queues.cancel(job.id)).state).toBe('active')
      expect((await queues.extend(job)).cancelled).toBe(true)
      await expect(queues.complete(job)).rejects.toBeInstanceOf(JobCancelled)
    }
    expect((await queues.release(first!)).state).toBe('cancelled')
    expect((await queues.fail(second!, 'stopped')).state).toBe('cancelled')
    await expire(world, third!)
    expect((await queues.list('mail', { state: 'cancelled' })).data).toHaveLength(3)
    expect(await queues.claim('mail', { worker, limit: 3 })).toEqual([])
  })

  it('given back unstarted count as no failure, and come first again', async () => {
    const { organization: { queues } } = await open()
    const [first] = await queues.enqueueMany('mail', [{ payload: 1 }, { payload: 2 }])
    const job = await claimOne(queues)
    expect(await queues.release(job)).toMatchObject({ state: 'ready', attempt: 1 })
    await expect(queues.release(job)).rejects.toBeInstanceOf(AttemptStale)
    expect(await claimOne(queues)).toMatchObject({ id: first!.id, attempt: 2, failures: 0 })
  })

  it('given back for later are nobody’s until then, and keep the turn of their key', async () => {
    const { organization: { queues } } = await open()
    const [first] = await queues.enqueueMany('mail', [
      { payload: 1, concurrencyKey: 'k' }, { payload: 2, concurrencyKey: 'k' }, { payload: 3 },
    ])
    const job = await claimOne(queues)
    const given = await queues.release(job, { delayMs: 600 })
    expect(given).toMatchObject({ state: 'scheduled', attempt: 1 })
    expect(Date.parse(given.runAt) - Date.parse(job.startedAt!)).toBeGreaterThanOrEqual(600)
    expect((await claimOne(queues)).payload).toBe(3)
    expect(await queues.claim('mail', { worker })).toEqual([])
    const [again] = await queues.claim('mail', { worker, waitMs: 10_000 })
    expect(again).toMatchObject({ id: first!.id, attempt: 2, failures: 0, crashes: 0, error: null })
    await expect(queues.release(again!, { delayMs: -1 })).rejects.toThrow('delay_ms')
  })

  it('given back for later are over at once when they were cancelled', async () => {
    const { organization: { queues } } = await open()
    await queues.enqueue('mail', { payload: 1 })
    const job = await claimOne(queues)
    await queues.cancel(job.id)
    expect(await queues.release(job, { delayMs })).toMatchObject({ state: 'cancelled' })
  })
})

contract('jobs of one concurrency key', (open) => {
  it('run one after another, in order, also when one fails', async () => {
    const world = await open()
    const { organization: { queues } } = world
    const made = await queues.enqueueMany('talk', [1, 2, 3].map((payload) => (
      { payload, concurrencyKey: 'conversation', priority: payload })))
    const free = await queues.enqueue('talk', { payload: 'free' })
    expect(made.map(({ state }) => state)).toEqual(['ready', 'blocked', 'blocked'])
    const begun = await queues.claim('talk', { worker, limit: 10 })
    expect(ids(begun)).toEqual([made[0]!.id, free.id])
    await queues.fail(begun[0]!, 'x', { delayMs })
    expect(await queues.claim('talk', { worker, limit: 10 })).toEqual([])
    const database = tables(world)
    await database.run(database.write.updateTable('jobs')
      .set({ run_at: database.engine.now(-1) }).where('id', '=', made[0]!.id as never))
    await world.holdfast.jobs.sweep()
    for (const { id } of made) {
      const [job, ...others] = await queues.claim('talk', { worker, limit: 10 })
      expect([job!.id, others]).toEqual([id, []])
      await queues.complete({ id, attempt: job!.attempt })
    }
    expect(await keysOf(world)).toEqual([])
  })

  it('never overlap, of 20 workers, with completions, failures and crashes mixed', async () => {
    const world = await open()
    const { organization: { queues } } = world
    const keys = ['a', 'b', 'c']
    await Promise.all(Array.from({ length: 20 }, (_, n) => queues.enqueueMany('talk',
      Array.from({ length: 6 }, (__, each) => (
        { payload: n, concurrencyKey: keys[(n + each) % 3]!, attemptsMax: 99, crashesMax: 99 })))))
    const underWay = new Map<string, number>()
    let done = 0
    const work = async (n: number) => {
      while (done < 120) {
        const [job] = await queues.claim('talk', { worker: `w${n}` })
        if (job === undefined) {
          await new Promise((next) => setTimeout(next, 2))
          continue
        }
        const key = job.concurrencyKey!
        const others = underWay.get(key) ?? 0
        expect(others).toBe(0)
        underWay.set(key, others + 1)
        await new Promise((next) => setImmediate(next))
        underWay.set(key, others)
        const chance = Math.random()
        if (chance < 0.15) await queues.fail(job, 'x', { delayMs: 0 })
        else if (chance < 0.25) await queues.release(job)
        else if (chance < 0.3) await expire(world, job)
        else {
          await queues.complete(chance < 0.6 ? job : { id: job.id, attempt: job.attempt })
          done += 1
        }
      }
    }
    await Promise.all(Array.from({ length: 20 }, (_, n) => work(n)))
    expect((await queues.stats('talk')).counts).toMatchObject({ completed: 120, blocked: 0 })
    expect(await keysOf(world)).toEqual([])
  }, 120_000)

  it('of several processes stand in nobody’s way for good', async () => {
    const world = await open()
    const { holdfast, organizationId } = world
    const stores = Array.from({ length: 3 }, () => {
      const { ids: source, coordination: { wakeUps } } = holdfast
      const log = new JobLog(tables(world), { ids: source, wakeUps })
      return new QueueStore(
        log, { organizationId, actor: { id: 'x' } }, { witness: silentWitness })
    })
    const keys = ['a', 'b', 'c', 'd', 'e']
    const jobs = (await Promise.all(stores.flatMap((queues, n) => {
      const order = n % 2 === 0 ? keys : keys.toReversed()
      const batch = order.map((concurrencyKey) => ({ payload: n, concurrencyKey }))
      return Array.from({ length: 10 }, () => queues.enqueueMany('talk', batch))
    }))).flat()
    let completed = 0
    const cancelled = new Set(ids(jobs.filter((_, index) => index % 7 === 0)))
    await Promise.all([
      ...stores.map(async (queues) => {
        for (let idle = 0; completed + cancelled.size < jobs.length && idle < 2_000;) {
          const claimed = await queues.claim('talk', { worker, limit: 5 })
          idle = claimed.length === 0 ? idle + 1 : 0
          if (claimed.length === 0) await new Promise((next) => setTimeout(next, 2))
          await Promise.all(claimed.map(async (job) => {
            const isDone = await queues.complete(job).then(() => true, () => false)
            if (isDone) completed += 1
            else await queues.release(job)
          }))
        }
      }),
      ...[...cancelled].map((id, n) => stores[n % 3]!.cancel(id).catch(() => cancelled.delete(id))),
    ])
    const { counts } = await stores[0]!.stats('talk')
    expect(counts.completed + counts.cancelled).toBe(jobs.length)
    expect(counts).toMatchObject({ blocked: 0, ready: 0, active: 0 })
    expect(await keysOf(world)).toEqual([])
  }, 120_000)

  it('run several at a time when the queue says so', async () => {
    const { organization: { queues } } = await open()
    await queues.configure('talk', { concurrencyPerKey: 2 })
    await queues.enqueueMany('talk', [1, 2, 3, 4, 5].map((payload) => (
      { payload, concurrencyKey: 'k' })))
    expect((await queues.stats('talk')).counts).toMatchObject({ ready: 2, blocked: 3 })
    await queues.configure('talk', { concurrencyPerKey: 4 })
    expect((await queues.stats('talk')).counts).toMatchObject({ ready: 4, blocked: 1 })
    await queues.configure('talk', { concurrencyPerKey: 1 })
    const claimed = await queues.claim('talk', { worker, limit: 10 })
    for (const job of claimed.slice(0, 3)) await queues.complete(job)
    expect((await queues.stats('talk')).counts).toMatchObject({ active: 1, blocked: 1 })
    await queues.complete(claimed[3]!)
    expect((await queues.stats('talk')).counts).toMatchObject({ ready: 1, blocked: 0 })
  })
})

contract('claims over all organizations', (open) => {
  it('give each organization its turn, however much one has waiting', async () => {
    const { holdfast, organizationId, organization, neighbourId, neighbour } = await open()
    const queue = `${organizationId}-fair`
    const fill = (count: number) => Array.from({ length: count }, (_, n) => ({ payload: n }))
    await organization.queues.enqueueMany(queue, fill(500))
    await neighbour.queues.enqueueMany(queue, fill(3))
    const { id: thirdId } = await holdfast.organizations.create({ name: 'Third' })
    const third = holdfast.organization(thirdId).queues
    await third.enqueueMany(queue, fill(3))
    await third.pause(queue)
    const claim = (limit: number) => holdfast.jobs.claimAny({ queues: [queue], worker, limit })
    const owners = (await Promise.all([claim(1), claim(1)])).flat().map((job) => job.organizationId)
    const more = (await claim(4)).map((job) => job.organizationId)
    expect(owners.concat(more).filter((id) => id === neighbourId).length).toBeGreaterThanOrEqual(2)
    await third.resume(queue)
    const rest = await claim(100)
    expect(rest).toHaveLength(100)
    expect(rest.filter((job) => job.organizationId === thirdId)).toHaveLength(3)
    const [job] = rest
    await holdfast.organization(job!.organizationId).queues.complete(job!)
  })

  it('take jobs of several queues, each once', async () => {
    const { holdfast, organizationId, organization: { queues } } = await open()
    const names = ['a', 'b', 'c'].map((name) => `${organizationId}-${name}`)
    for (const name of names) {
      await queues.enqueueMany(name, Array.from({ length: 40 }, (_, n) => ({ payload: n })))
    }
    const claims = await Promise.all(Array.from({ length: 20 }, () =>
      holdfast.jobs.claimAny({ queues: names, worker, limit: 10 })))
    const claimed = claims.flat()
    expect(new Set(ids(claimed)).size).toBe(claimed.length)
    const rest = await holdfast.jobs.claimAny({ queues: names, worker, limit: 100 })
    expect(claimed.length + rest.length).toBe(120)
    await expect(holdfast.jobs.claimAny({ queues: ['A'], worker })).rejects
      .toMatchObject({ field: 'queue' })
  })
})
