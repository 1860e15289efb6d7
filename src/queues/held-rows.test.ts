import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, type TestContext } from 'vitest'
import { StatementTimeout } from '../database/failures.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import { type Job } from './index.js'

const worker = 'worker'
/** Far longer than anything here takes that does not wait for the transaction. */
const longMs = 3_000
let queueCount = 0

type Stores = ContractWorld['organization']

const inTime = <R>(work: Promise<R>) => Promise.race([work, sleep(longMs, 'too late' as const)])

const fired = async ({ schedules }: Stores) => {
  const { data } = await schedules.list()
  return data.filter(({ lastRunAt }) => lastRunAt !== null).map(({ name }) => name)
}

contract('a transaction that stays open', (open) => {
  const begin = async ({ skip, onTestFinished }: TestContext) => {
    const world = await open()
    skip(!world.holdfast.backend.engine.rowLocks, 'here one writer at a time holds all')
    let end = () => {}
    const ended = new Promise<void>((done) => (end = done))
    const held: Promise<void>[] = []
    const close = async () => {
      end()
      await Promise.all(held)
    }
    onTestFinished(close)
    const holdAfter = (work: (stores: Stores) => Promise<unknown>) => new Promise<void>((done) => {
      held.push(world.holdfast.transaction(async (transaction) => {
        await work(transaction.organization(world.organizationId))
        done()
        await ended
      }))
    })
    const hold = (job: Job) => holdAfter(({ queues }) => queues.complete(job))
    const queue = `held-${(queueCount += 1)}`
    return { ...world, queues: world.organization.queues, queue, hold, holdAfter, close }
  }

  it('keeps no sweep from the jobs of lost workers', async (test) => {
    const { holdfast, queues, queue, hold, close } = await begin(test)
    for (const concurrencyKey of ['one', 'two']) {
      await queues.enqueueMany(queue, [{ payload: 1 }, { payload: 2, concurrencyKey }])
    }
    const jobs = await queues.claim(queue, { worker, limit: 4, leaseSeconds: 1 })
    jobs.sort((a, b) => Number(a.payload) - Number(b.payload))
    const [held, lost, keyed, keyedLost] = jobs
    await Promise.all([hold(held!), hold(keyed!)])
    await sleep(1_100)
    expect(await inTime(holdfast.jobs.sweep())).not.toBe('too late')
    const states = async () =>
      Promise.all(jobs.map(async ({ id }) => (await queues.get(id)).state))
    expect(await queues.get(lost!.id)).toMatchObject({ state: 'ready', crashes: 1 })
    expect(await queues.get(keyedLost!.id)).toMatchObject({ state: 'ready', crashes: 1 })
    await close()
    expect((await states()).sort()).toEqual(['completed', 'completed', 'ready', 'ready'])
  })

  it('for moments only, again and again, keeps no lost job of its key away', async (test) => {
    const { holdfast, organizationId, queues, queue } = await begin(test)
    const concurrencyKey = 'key'
    let sweeps = 0
    for (let round = 0; round < 6; round++) {
      await queues.enqueue(queue, { payload: 1, concurrencyKey })
      const [job] = await queues.claim(queue, { worker, leaseSeconds: 1 })
      await sleep(1_050)
      let isOver = false
      const busy = (async () => {
        while (!isOver) {
          await holdfast.transaction(async (transaction) => {
            const options = { payload: 2, concurrencyKey, delayMs: 3_600_000 }
            await transaction.organization(organizationId).queues.enqueue(queue, options)
            await sleep(15)
          })
          await sleep(10)
        }
      })()
      await sleep(5)
      // One that looked but once would find the key free in two of five.
      for (let state = 'active'; state === 'active' && sweeps <= 11; sweeps += 1) {
        await holdfast.jobs.sweep()
        ;({ state } = await queues.get(job!.id))
      }
      isOver = true
      await busy
      await queues.purge(queue, ['ready', 'scheduled', 'blocked', 'active'])
      await holdfast.jobs.sweep()
      await queues.purge(queue)
    }
    expect(sweeps).toBeLessThanOrEqual(11)
  })

  it('keeps no claim from jobs whose time has come', async (test) => {
    const { queues, queue, hold, close, neighbour } = await begin(test)
    const concurrencyKey = 'key'
    await queues.enqueue(queue, { payload: 'held', concurrencyKey })
    await queues.enqueue(queue, { payload: 'next', concurrencyKey, delayMs: 100 })
    await neighbour.queues.enqueue(queue, { payload: 'other', delayMs: 100 })
    const [job] = await queues.claim(queue, { worker })
    await hold(job!)
    await sleep(400)
    const claimed = await inTime(neighbour.queues.claim(queue, { worker }))
    expect(claimed).toMatchObject([{ payload: 'other' }])
    await close()
    const waitMs = 5_000
    expect(await queues.claim(queue, { worker, waitMs })).toMatchObject([{ payload: 'next' }])
  })

  it('lets those enqueue and answer who came together with some that wait for it', async (test) => {
    const { queues, queue, hold, close, neighbour } = await begin(test)
    const concurrencyKey = 'key'
    await queues.configure(queue, { concurrencyPerKey: 2 })
    await queues.enqueueMany(queue, [1, 2].map((payload) => ({ payload, concurrencyKey })))
    await neighbour.queues.enqueueMany(queue, [1, 2, 3].map((payload) => ({ payload })))
    const [held, next] = await queues.claim(queue, { worker, limit: 2 })
    const others = await neighbour.queues.claim(queue, { worker, limit: 3 })
    await hold(held!)
    const { id, attempt } = next!
    const waiting = [
      queues.enqueue(queue, { payload: 3, concurrencyKey }), queues.complete({ id, attempt }),
    ]
    const coming = [
      neighbour.queues.enqueue(queue, { payload: 4 }), neighbour.queues.complete(others[0]!),
      neighbour.queues.fail(others[1]!, 'failed'), neighbour.queues.extend(others[2]!),
    ]
    expect(await inTime(Promise.all(coming))).not.toBe('too late')
    await close()
    await Promise.all(waiting)
  })

  it('costs no other job of its worker the lease', async (test) => {
    const { holdfast, queues, queue } = await begin(test)
    const jobs = await queues.enqueueMany(queue, ['long', 'other'].map((payload) => ({ payload })))
    const aborted: unknown[] = []
    // A busy machine may be late by a second.
    const crew = holdfast.worker({
      queues: {
        [queue]: async ({ job, signal, complete }) => {
          signal.addEventListener('abort', () => aborted.push(job.payload))
          if (job.payload === 'long') await complete('done', () => sleep(6_500))
          else await sleep(6_500)
        },
      },
      leaseSeconds: 3,
    }).start()
    await expect.poll(() => crew.figures.completed, { timeout: 30_000 }).toBe(2)
    expect(aborted).toEqual([])
    expect(crew.figures).toMatchObject({ claimed: 2, lost: 0 })
    for (const { id } of jobs) expect(await queues.get(id)).toMatchObject({ crashes: 0 })
  })

  it('keeps no other schedule from firing when one of them needs what it holds', async (test) => {
    const { another, organizationId, queues, queue, hold, organization } = await begin(test)
    const concurrencyKey = 'key'
    await queues.enqueue(queue, { payload: 1, concurrencyKey })
    const [job] = await queues.claim(queue, { worker })
    await hold(job!)
    const others = Array.from({ length: 9 }, (_, index) => `other-${index}`)
    for (const name of ['stuck', ...others]) {
      const options = name === 'stuck' ? { concurrencyKey } : {}
      await organization.schedules.create({ name, queue, cron: '* * * * *', job: options })
    }
    const impatient = await another({ statementTimeoutMs: 300 })
    const scheduler = impatient.scheduler({ clock: new ManualClock(Date.now() + 120_000) })
    await expect(scheduler.fireDue()).rejects.toBeInstanceOf(StatementTimeout)
    expect(await fired(impatient.organization(organizationId))).toEqual(others)
    for (const name of ['stuck', ...others]) await organization.schedules.delete(name)
  })

  it('keeps no scheduler waiting for a schedule that it holds', async (test) => {
    const { holdfast, queue, holdAfter, close, organization } = await begin(test)
    for (const name of ['held', 'other']) {
      await organization.schedules.create({ name, queue, cron: '* * * * *' })
    }
    await holdAfter(({ schedules }) => schedules.update('held', { overlap: true }))
    const scheduler = holdfast.scheduler({ clock: new ManualClock(Date.now() + 120_000) })
    expect(await inTime(scheduler.fireDue())).toBe(1)
    expect(await fired(organization)).toEqual(['other'])
    await close()
    expect(await scheduler.fireDue()).toBe(1)
    for (const name of ['held', 'other']) await organization.schedules.delete(name)
  })
})
