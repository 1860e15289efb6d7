import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Busy } from '../database/failures.js'
import { drawnEngines } from '../testing/engines.js'
import { until, type WorkArena, type Worker } from '../testing/work-arena.test.harness.js'
import { PrivatePostgres } from './private-postgres.js'
import { Random } from './random.js'
import { leaseSeconds, payloads, Workplace, wrongEffects } from './workplace.js'

const patienceMs = 240_000

/** At the same time: mostly one waits until a lease has run out. */
const together = { concurrent: true }

// What is in memory ends with its process.
for (const engine of drawnEngines()) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  const title = `[${engine.name}] leases of jobs${reason}`
  describe.skipIf(engine.missing !== undefined)(title, together, () => {
    for (const [queue, how] of [['frozen', 'stopped'], ['blocked', 'blocked']] as const) {
      it(`refuse what one says that was ${how} beyond its lease`, async (test) => {
        const workplace = new Workplace(test)
        const arena = await workplace.arenaOn(engine)
        const { queues } = arena.stores
        const first = await arena.worker({ leaseSeconds, queues: queue })
        const { id } = await queues.enqueue(queue, {
          payload: { key: null, until: arena.path('go-on') },
          backoff: { baseMs: 2_000, capMs: 2_000 },
        })
        await until('it is begun', async () => (await queues.get(id)).state === 'active')
        if (how === 'stopped') await stopped(first, arena)
        await arena.worker({ leaseSeconds, queues: queue })
        await until('the second has failed', async () => (await queues.get(id)).failures === 1)
        writeFileSync(arena.path('go-on'), '')
        if (how === 'stopped') first.signal('SIGCONT')
        await until('the third is done', async () => (await queues.get(id)).state === 'completed')
        first.signal('SIGTERM')
        const { code, stdout } = await first.end
        expect(code).toBe(0)
        // More only when the machine is so busy that a later attempt is late as well.
        const { lost } = JSON.parse(stdout.trim().split('\n').at(-1)!) as { lost: number }
        expect(lost).toBeGreaterThanOrEqual(1)
        const job = await queues.get(id)
        expect(job).toMatchObject({ failures: 1, error: { message: 'of the second worker' } })
        expect([job.attempt > 2, job.crashes > 0]).toEqual([true, true])
        expect((await arena.effects()).map(({ attempt }) => attempt)).toEqual([job.attempt])
      }, patienceMs)
    }

    it('leave their schedules’ ticks to others when killed: each tick is one job', async (test) => {
      const workplace = new Workplace(test)
      const arena = await workplace.arenaOn(engine)
      const { queues, schedules } = arena.stores
      const names = ['a', 'b', 'c', 'd']
      for (const name of names) {
        await schedules.create({
          name, queue: `ticks-${name}`, cron: '* * * * * *', overlap: true,
        })
      }
      const crew = await workplace.crew(3, () => arena.scheduler())
      const random = new Random()
      while (crew.restarts < 3) {
        await sleep(800)
        crew.kill(random.between(0, 2))
      }
      const fired = async (name: string) =>
        (await queues.list(`ticks-${name}`, { limit: 200 })).data
          .map(({ dedupeKey }) => Date.parse(dedupeKey!.slice(-27, -4) + 'Z') / 1_000)
          .sort((one, other) => one - other)
      await until('all have fired', async () => (await fired('d')).length > 6)
      await crew.dismiss()
      for (const name of names) {
        const ticks = await fired(name)
        expect(ticks).toEqual(ticks.map((_, index) => ticks[0]! + index))
      }
    }, patienceMs)
  })
}

/** Stops the worker, but not while it holds the lock of a file, which nobody could write then. */
async function stopped(worker: Worker, { stores: { queues } }: WorkArena): Promise<void> {
  for (;;) {
    worker.signal('SIGSTOP')
    try {
      await queues.enqueue('written', { payload: null })
      return
    } catch (error) {
      if (!(error instanceof Busy)) throw error
      worker.signal('SIGCONT')
      await sleep(10)
    }
  }
}

const missing = PrivatePostgres.missing()
const withoutDatabase = `workers without database: ${missing ?? 'runs'}`
describe.skipIf(missing !== undefined)(withoutDatabase, together, () => {
  it('wait for it and go on by themselves, each effect once', async (test) => {
    const workplace = new Workplace(test)
    const postgres = await PrivatePostgres.create()
    workplace.leave(() => postgres.remove())
    const { url } = postgres
    const create = async () => ({
      url, ownerUrl: url, adminUrl: url, drop: async () => undefined,
    })
    const arena = await workplace.arenaOn({ name: 'postgres', create, createReady: create })
    const ids = await arena.enqueue('work', payloads(200, 100))
    const workers = await Promise.all([1, 2].map(() => arena.worker({ leaseSeconds })))
    for (const mode of ['immediate', 'fast'] as const) {
      await until('work goes on', async () => (await arena.counts('work')).completed > 20)
      await postgres.stop(mode)
      await sleep(2_500)
      await postgres.start()
      await until('it answers', () => arena.counts('work').then(() => true, () => false))
    }
    await until('all are over', async () => (await arena.counts('work')).left === 0, 60_000)
    expect(workers.map(({ isAlive }) => isAlive)).toEqual([true, true])
    expect(await arena.counts('work')).toEqual({ completed: ids.length, dead: 0, left: 0 })
    expect(await wrongEffects(arena, ids)).toEqual([])
  }, patienceMs)
})

// One after the other, since others have to be quick here.
for (const engine of drawnEngines()) {
  const reason = engine.missing === undefined ? '' : `: did not run: ${engine.missing}`
  const title = `[${engine.name}] jobs of a worker that ends${reason}`
  describe.skipIf(engine.missing !== undefined)(title, () => {
    it('are taken over from one that is killed within its lease and five seconds', async (test) => {
      const workplace = new Workplace(test)
      const arena = await workplace.arenaOn(engine)
      const first = await arena.worker({ leaseSeconds, concurrency: 50 })
      await arena.enqueue('work', payloads(50, 60_000))
      const active = async (attempt: number) =>
        (await arena.stores.queues.list('work', { state: 'active', limit: 200 })).data
          .filter((job) => job.attempt === attempt).length
      await until('all are begun', async () => await active(1) === 50)
      await arena.worker({ leaseSeconds, concurrency: 50 })
      first.signal('SIGKILL')
      const sinceMs = performance.now()
      await until('all are begun again', async () => await active(2) === 50)
      const tookMs = performance.now() - sinceMs
      console.log(`${engine.name}: 50 jobs taken over ${Math.round(tookMs)} ms after kill -9`)
      expect(tookMs).toBeLessThan(leaseSeconds * 1_000 + 5_000)
    }, patienceMs)

    it('are given back when they outlast its grace, for others to take at once', async (test) => {
      const workplace = new Workplace(test)
      const arena = await workplace.arenaOn(engine)
      const first = await arena.worker({ leaseSeconds: 60, graceSeconds: 1 })
      const [id] = await arena.enqueue('work', payloads(1, 60_000))
      const attempt = async () => (await arena.stores.queues.get(id!)).attempt
      await until('it is begun', async () => await attempt() === 1)
      await arena.worker({ leaseSeconds: 60 })
      first.signal('SIGTERM')
      expect((await first.end).code).toBe(0)
      const sinceMs = performance.now()
      await until('it is taken', async () => await attempt() === 2)
      console.log(`${engine.name}: taken ${Math.round(performance.now() - sinceMs)} ms after exit`)
      expect(performance.now() - sinceMs).toBeLessThan(4_000)
    }, patienceMs)
  })
}
