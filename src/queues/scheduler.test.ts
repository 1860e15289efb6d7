import { afterEach, expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import { silentWitness } from '../testing/witness.test.harness.js'
import {
  type NewSchedule, type Scheduler, type SchedulerEvent, ScheduleStore, type ScheduleTables,
} from './index.js'

const hourly = {
  name: 'hourly', queue: 'reports', cron: '0 * * * *', overlap: true,
} as const
const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** A schedule of its own and schedulers that share a clock, all at 2026-01-01T00:30. */
function clockwork({ holdfast, organizationId, organization }: ContractWorld) {
  const clock = new ManualClock(Date.parse('2026-01-01T00:30:00Z'))
  const database = Database.over<ScheduleTables>(holdfast.backend).within('all')
  const scope = { organizationId, actor: { id: 'test' } }
  const schedules = new ScheduleStore(database, scope, {
    clock, ids: holdfast.ids, witness: silentWitness, check: async () => {},
  })
  const events: SchedulerEvent[] = []
  const onEvent = (event: SchedulerEvent) => void events.push(event)
  const scheduler = holdfast.scheduler({ clock, onEvent })
  const fired = async () => {
    const { data } = await organization.queues.list('reports', { limit: 200 })
    // A tick of the past is due now; its job's dedupe key ends with it.
    return data.map(({ dedupeKey }) => dedupeKey!.slice(-27, -11)).sort()
  }
  const kinds = () => events
    .filter((event) => event.kind === 'unavailable' ||
      event.schedule.organizationId === organizationId)
    .map(({ kind }) => kind)
  return { clock, schedules, scheduler, fired, kinds }
}

/** Schedules of one test must not be due in the next. */
const used: ScheduleStore[] = []
const running: Scheduler[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((scheduler) => scheduler.close()))
  for (const store of used.splice(0)) {
    for (const { name } of (await store.list({ limit: 200 })).data) await store.delete(name)
  }
})

contract('a scheduler', (open) => {
  const begin = async (given: Partial<NewSchedule> = {}) => {
    const world = await open()
    const work = clockwork(world)
    used.push(work.schedules)
    await work.schedules.create({ ...hourly, ...given })
    return { ...world, ...work }
  }

  it('fires nothing before its time, and each tick once', async () => {
    const { clock, scheduler, fired, schedules, organization } =
      await begin({ payload: { a: 1 }, job: { priority: 3, attemptsMax: 2 } })
    clock.advance(hourMs / 2 - 1)
    expect(await scheduler.fireDue()).toBe(0)
    clock.advance(1)
    expect([await scheduler.fireDue(), await scheduler.fireDue()]).toEqual([1, 0])
    const { data: [job] } = await organization.queues.list('reports')
    expect(job).toMatchObject({
      payload: { a: 1 }, priority: 3, attemptsMax: 2, state: 'ready',
    })
    expect(await schedules.get('hourly')).toMatchObject({
      lastRunAt: '2026-01-01T01:00:00.000000Z', lastJobId: job!.id,
      nextRunAt: '2026-01-01T02:00:00.000000Z', revision: 1,
    })
    clock.advance(hourMs)
    expect(await scheduler.fireDue()).toBe(1)
    expect(await fired()).toEqual(['2026-01-01T01:00', '2026-01-01T02:00'])
  })

  it('shares the ticks with 19 others', async () => {
    const { clock, holdfast, schedules, fired, kinds } = await begin()
    for (let count = 0; count < 4; count++) {
      await schedules.create({ ...hourly, name: `hourly-${count}` })
    }
    const many = Array.from({ length: 20 }, () => holdfast.scheduler({ clock }))
    clock.advance(hourMs)
    const counts = await Promise.all(many.map((each) => each.fireDue()))
    expect(counts.reduce((sum, count) => sum + count)).toBe(5)
    expect(await fired()).toEqual(Array.from({ length: 5 }, () => '2026-01-01T01:00'))
    expect(kinds()).toEqual([])
  })

  it('fires no tick again when its clock is set back', async () => {
    const { clock, scheduler, schedules, fired } = await begin()
    clock.advance(hourMs)
    await scheduler.fireDue()
    clock.advance(-hourMs)
    await schedules.update('hourly', { enabled: false })
    await schedules.update('hourly', { enabled: true })
    clock.advance(hourMs)
    await scheduler.fireDue()
    expect(await fired()).toEqual(['2026-01-01T01:00'])
  })

  it('lets no job run before its tick, however fast its clock is', async () => {
    const { clock, scheduler, schedules, organization: { queues } } =
      await begin({ enabled: false })
    clock.advance(Date.now() + 2 * dayMs - clock.now())
    await schedules.update('hourly', { enabled: true })
    clock.advance(hourMs)
    expect(await scheduler.fireDue()).toBe(1)
    expect((await queues.list('reports')).data[0]).toMatchObject({ state: 'scheduled' })
  })

  it('makes up for 40 days by the policy', async () => {
    const { clock, scheduler, fired, schedules } = await begin({ missed: 'once' })
    await schedules.create({ ...hourly, name: 'skipping', missed: 'skip' })
    clock.advance(40 * dayMs)
    expect(await scheduler.fireDue()).toBe(1)
    expect(await fired()).toEqual(['2026-02-10T00:00'])
    expect((await schedules.get('skipping')).nextRunAt).toBe('2026-02-10T01:00:00.000000Z')
    await schedules.create({ ...hourly, name: 'all', missed: 'all' })
    clock.advance(40 * dayMs)
    expect(await scheduler.fireDue()).toBe(101)
    const ticks = await fired()
    expect([ticks.length, ticks[1], ticks.at(-1)])
      .toEqual([102, '2026-03-17T21:00', '2026-03-22T00:00'])
  })

  it('fires only ticks within its bounds, also those it missed, and is over then', async () => {
    const { clock, scheduler, fired, schedules } = await begin({
      startsAt: '2026-01-01T03:00:00.000000Z', endsAt: '2026-01-01T05:30:00.000000Z',
    })
    const late = { startsAt: '2026-01-01T02:00:00.000000Z', endsAt: '2026-01-01T04:00:00.000000Z' }
    await schedules.create({
      ...hourly, name: 'late', queue: 'late', missed: 'all', ...late, enabled: false,
    })
    await schedules.update('late', { enabled: true })
    for (let hour = 1; hour < 3; hour++) {
      clock.advance(hourMs)
      await scheduler.fireDue()
    }
    expect(await fired()).toEqual([])
    clock.advance(10 * dayMs)
    await scheduler.fireDue()
    expect(await fired()).toEqual(['2026-01-01T05:00'])
    expect(await schedules.get('hourly')).toMatchObject({
      nextRunAt: null, lastRunAt: '2026-01-01T05:00:00.000000Z', enabled: true,
    })
    expect(await schedules.get('late')).toMatchObject({
      nextRunAt: null, lastRunAt: '2026-01-01T04:00:00.000000Z',
    })
    expect(await scheduler.fireDue()).toBe(0)
  })

  it('fires through both changes of the clock', async () => {
    const berlin = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' }
    const { clock, scheduler, fired } = await begin({ ...berlin, missed: 'skip' })
    for (const day of ['2026-03-28', '2026-10-24']) {
      clock.advance(Date.parse(`${day}T00:00:00Z`) - clock.now())
      await scheduler.fireDue()
      for (let minute = 0; minute < 3 * 24 * 60; minute += 30) {
        clock.advance(30 * 60_000)
        await scheduler.fireDue()
      }
    }
    expect(await fired()).toEqual([
      '2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30',
      '2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30',
    ])
  })

  it('fires each due tick once beside another, over a clock change and 40 days', async () => {
    const berlin = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' }
    const { clock, holdfast, fired, kinds } = await begin({ ...berlin, missed: 'all' })
    const two = [holdfast.scheduler({ clock }), holdfast.scheduler({ clock })]
    const jumpTo = async (moment: string) => {
      clock.advance(Date.parse(moment) - clock.now())
      const counts = await Promise.all(two.map((each) => each.fireDue()))
      return counts.reduce((sum, count) => sum + count)
    }
    await jumpTo('2026-03-28T00:00:00Z')
    const before = (await fired()).length
    expect(await jumpTo('2026-03-30T00:00:00Z')).toBe(2)
    expect(await jumpTo('2026-05-09T00:00:00Z')).toBe(40)
    const ticks = (await fired()).slice(before)
    expect(ticks.slice(0, 4)).toEqual([
      '2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30', '2026-03-31T00:30',
    ])
    expect([new Set(ticks).size, ticks.at(-1)]).toEqual([42, '2026-05-08T00:30'])
    expect(kinds()).toEqual([])
  })

  it('waits for the job before unless overlap is allowed', async () => {
    const { clock, scheduler, schedules, fired, kinds, organization: { queues } } =
      await begin({ name: 'other', enabled: false })
    await schedules.create({ name: 'hourly', queue: 'reports', cron: '0 * * * *' })
    clock.advance(hourMs)
    await scheduler.fireDue()
    clock.advance(hourMs)
    expect(await scheduler.fireDue()).toBe(0)
    const { data: [job] } = await queues.list('reports')
    await queues.cancel(job!.id)
    clock.advance(hourMs)
    expect(await scheduler.fireDue()).toBe(1)
    expect(await fired()).toEqual(['2026-01-01T01:00', '2026-01-01T03:00'])
    expect(kinds()).toEqual(['fired', 'skipped', 'fired'])
  })

  it('goes on after a job that is refused', async () => {
    const { clock, scheduler, schedules, organization: { queues }, kinds } = await begin()
    const { id } = await schedules.get('hourly')
    const dedupeKey = `schedule:${id}:2026-01-01T01:00:00.000000Z`
    await queues.enqueue('reports', { payload: 'somebody else’s', dedupeKey })
    clock.advance(hourMs)
    expect(await scheduler.fireDue()).toBe(0)
    clock.advance(hourMs)
    expect(await scheduler.fireDue()).toBe(1)
    expect(kinds()).toEqual(['refused', 'fired'])
  })

  it('fires the others though it does not know the time zone of one', async () => {
    const { clock, holdfast, scheduler, schedules, fired, kinds } = await begin()
    await schedules.create({ ...hourly, name: 'far', timeZone: 'Europe/Berlin' })
    const { write } = holdfast.database
    await holdfast.database.run(write.updateTable('schedules')
      .set({ time_zone: 'Mars/Olympus' as never })
      .where('time_zone', '=', 'Europe/Berlin' as never))
    clock.advance(hourMs)
    expect(await scheduler.fireDue()).toBe(1)
    clock.advance(hourMs)
    expect(await scheduler.fireDue()).toBe(1)
    expect(await fired()).toEqual(['2026-01-01T01:00', '2026-01-01T02:00'])
    expect(kinds().sort()).toEqual(['fired', 'fired', 'unreadable'])
    await schedules.update('far', { timeZone: 'UTC' })
    clock.advance(hourMs)
    expect(await scheduler.fireDue()).toBe(2)
  })

  it('leaves alone what is disabled, deleted or changed meanwhile', async () => {
    const { clock, scheduler, schedules, fired } = await begin({ enabled: false })
    await schedules.create({ ...hourly, name: 'gone' })
    await schedules.delete('gone')
    clock.advance(2 * hourMs)
    expect(await scheduler.fireDue()).toBe(0)
    await schedules.update('hourly', { enabled: true })
    expect(await scheduler.fireDue()).toBe(0)
    expect(await fired()).toEqual([])
  })

  it('runs by itself until it is closed, however often', async () => {
    const { holdfast, organization } = await open()
    const { schedules, queues } = organization
    used.push(schedules)
    await schedules.create({ ...hourly, name: 'every-second', cron: '* * * * * *' })
    const scheduler = holdfast.scheduler({ pollMs: 50 }).start().start()
    running.push(scheduler)
    const count = async () => (await queues.list('reports')).data.length
    while (await count() < 2) await new Promise((done) => setTimeout(done, 50))
    await Promise.all([scheduler.close(), scheduler.close()])
    const settled = await count()
    await new Promise((done) => setTimeout(done, 1_500))
    expect(await count()).toBe(settled)
  }, 20_000)
})
