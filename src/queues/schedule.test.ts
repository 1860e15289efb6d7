import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { InvalidCursor } from '../database/page.js'
import { InvalidInput, InvalidValue, RevisionConflict } from '../errors.js'
import { contract, ManualClock, sequentialIds } from '../testing/index.js'
import { silentWitness } from '../testing/witness.test.harness.js'
import {
  type NewSchedule, ScheduleNameTaken, ScheduleNotFound, ScheduleStore, type ScheduleTables,
} from './index.js'

const hard = '\u0000 \ud800 \ufdd0 é'
const nightly = { name: 'nightly', queue: 'reports', cron: '0 3 * * *' } as const

contract('schedules', (open) => {
  it('come back as they were created', async () => {
    const { organization: { schedules }, organizationId } = await open()
    const given = {
      ...nightly, timeZone: 'Europe/Berlin', payload: { [hard]: [1, null] },
      job: { priority: 5, attemptsMax: 2, concurrencyKey: hard.slice(2) }, missed: 'skip' as const,
      overlap: false, enabled: true, startsAt: '2026-01-01T00:00:00.000001Z',
      endsAt: '9000-01-01T00:00:00.000000Z',
    }
    const created = await schedules.create(given)
    expect(created).toMatchObject({
      ...given, organizationId, lastRunAt: null, lastJobId: null, revision: 1,
    })
    expect(created.nextRunAt! > created.createdAt).toBe(true)
    expect(await schedules.get('nightly')).toStrictEqual(created)
    const plain = await schedules.create({ ...nightly, name: 'plain' })
    expect(plain).toMatchObject({
      timeZone: 'UTC', payload: null, job: {}, missed: 'once', overlap: false, enabled: true,
      startsAt: null, endsAt: null,
    })
    expect((await schedules.list()).data).toStrictEqual([created, plain])
  })

  it('count from the clock handed in', async () => {
    const { holdfast, organizationId } = await open()
    const clock = new ManualClock()
    const database = Database.over<ScheduleTables>(holdfast.backend).within('all')
    const scope = { organizationId, actor: { id: 'test' } }
    const store = new ScheduleStore(database, scope, {
      clock, ids: sequentialIds(), witness: silentWitness, check: async () => {},
    })
    expect(await store.create(nightly)).toMatchObject({
      nextRunAt: '2026-01-01T03:00:00.000000Z', createdAt: '2026-01-01T00:00:00.000000Z',
    })
    clock.advance(60_000)
    expect(await store.update('nightly', { payload: 1 }))
      .toMatchObject({ nextRunAt: '2026-01-01T03:00:00.000000Z' })
    expect(await store.update('nightly', { cron: '30 * * * *' }))
      .toMatchObject({ nextRunAt: '2026-01-01T00:30:00.000000Z' })
    expect(await store.update('nightly', { timeZone: 'Asia/Kolkata' }))
      .toMatchObject({ nextRunAt: '2026-01-01T01:00:00.000000Z' })
    expect(await store.update('nightly', { enabled: false })).toMatchObject({ nextRunAt: null })
    clock.advance(86_400_000)
    expect(await store.update('nightly', { enabled: true }))
      .toMatchObject({ nextRunAt: '2026-01-02T01:00:00.000000Z', revision: 6 })
  })

  it('tick within their bounds, ends included, and are over behind them', async () => {
    const { holdfast, organizationId } = await open()
    const clock = new ManualClock()
    const database = Database.over<ScheduleTables>(holdfast.backend).within('all')
    const store = new ScheduleStore(database, { organizationId, actor: { id: 'test' } }, {
      clock, ids: sequentialIds(), witness: silentWitness, check: async () => {},
    })
    const startsAt = '2026-01-03T03:00:00.000000Z'
    expect(await store.create({ ...nightly, startsAt })).toMatchObject({ nextRunAt: startsAt })
    expect(await store.update('nightly', { startsAt: '2026-01-03T03:00:00.000001Z' }))
      .toMatchObject({ nextRunAt: '2026-01-04T03:00:00.000000Z' })
    const endsAt = '2026-01-04T03:00:00.000000Z'
    expect(await store.update('nightly', { endsAt }))
      .toMatchObject({ endsAt, nextRunAt: endsAt, enabled: true })
    expect(await store.update('nightly', { endsAt: '2026-01-04T02:59:59.999999Z' }))
      .toMatchObject({ nextRunAt: null, enabled: true })
    expect(await store.update('nightly', { startsAt: null, endsAt: null }))
      .toMatchObject({ startsAt: null, endsAt: null, nextRunAt: '2026-01-01T03:00:00.000000Z' })
  })

  it('that are not there are not found', async () => {
    const { organization: { schedules } } = await open()
    for (const call of [
      () => schedules.get('nightly'), () => schedules.update('nightly', {}),
      () => schedules.update('nightly', {}, 1), () => schedules.delete('nightly'),
    ]) {
      await expect(call()).rejects.toThrow(ScheduleNotFound)
    }
    expect(await schedules.list()).toEqual({ data: [], nextCursor: null })
  })

  it('refuse what breaks a rule, and write nothing', async () => {
    const { organization: { schedules } } = await open()
    const created = await schedules.create(nightly)
    const refused: (readonly [object, string])[] = [
      [{ queue: 'A' }, 'queue'], [{ cron: '* * *' }, 'cron'], [{ cron: 7 }, 'cron'],
      [{ timeZone: 'Moon' }, 'time_zone'], [{ timeZone: null }, 'time_zone'],
      [{ missed: 'never' }, 'missed'], [{ missed: 'all', overlap: false }, 'missed'],
      [{ missed: 'all' }, 'missed'],
      [{ overlap: 1 }, 'overlap'], [{ enabled: 'yes' }, 'enabled'], [{ job: [] }, 'job'],
      [{ job: { priority: 1_001 } }, 'job.priority'], [{ job: { urgent: 1 } }, 'job.urgent'],
      [{ job: { attemptsMax: 0 } }, 'job.attempts_max'],
      [{ job: { concurrencyKey: '' } }, 'job.concurrency_key'],
      [{ payload: 'x'.repeat(1024 * 1024) }, 'payload'],
      [{ startsAt: '2027-01-01T00:00:00.000000Z', endsAt: '2027-01-01T00:00:00.000000Z' },
        'ends_at'],
    ]
    for (const [changes, field] of refused) {
      const given = { ...nightly, name: 'other', ...changes } as NewSchedule
      for (const call of [schedules.create(given), schedules.update('nightly', changes)]) {
        const error = await call.catch((thrown: unknown) => thrown)
        expect(error).toBeInstanceOf(InvalidInput)
        expect(error).toMatchObject({ field })
      }
    }
    for (const field of ['startsAt', 'endsAt']) {
      const given = { ...nightly, name: 'other', [field]: 'tomorrow' }
      await expect(schedules.create(given)).rejects.toThrow(InvalidValue)
    }
    for (const name of ['', 'A', '-a', 'a'.repeat(101), 7 as never]) {
      await expect(schedules.create({ ...nightly, name })).rejects.toMatchObject({ field: 'name' })
      await expect(schedules.get(name)).rejects.toMatchObject({ field: 'name' })
    }
    await expect(schedules.create({ ...nightly, name: 'b', payload: Number.NaN }))
      .rejects.toThrow(InvalidValue)
    for (const limit of [0, 201, 1.5]) {
      await expect(schedules.list({ limit })).rejects.toMatchObject({ field: 'limit' })
    }
    expect((await schedules.list()).data).toStrictEqual([created])
  })

  it('belong to an organization that exists', async () => {
    const { holdfast } = await open()
    const nowhere = holdfast.organization('00000000-0000-7000-8000-00000000dead')
    await expect(nowhere.schedules.create(nightly)).rejects.toThrow(InvalidInput)
  })

  it('have one name each, and one of 20 that want it gets it', async () => {
    const { organization: { schedules }, neighbour } = await open()
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, index) =>
      schedules.create({ ...nightly, payload: index })))
    const won = outcomes.filter(({ status }) => status === 'fulfilled')
    const lost = outcomes.filter(({ status }) => status === 'rejected')
    expect([won.length, lost.length]).toEqual([1, 19])
    for (const { reason } of lost as PromiseRejectedResult[]) {
      expect(reason).toBeInstanceOf(ScheduleNameTaken)
    }
    expect(won[0]).toMatchObject({ value: await schedules.get('nightly') })
    await neighbour.schedules.create(nightly)
  })

  it('conflict when somebody else changed them since, and count every change', async () => {
    const { organization: { schedules } } = await open()
    await schedules.create(nightly)
    await schedules.update('nightly', { payload: 1 }, 1)
    await expect(schedules.update('nightly', { payload: 2 }, 1)).rejects.toThrow(RevisionConflict)
    expect(await schedules.get('nightly')).toMatchObject({ payload: 1, revision: 2 })
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, index) =>
      schedules.update('nightly', { payload: index }, 2)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await schedules.get('nightly')).toMatchObject({ revision: 3 })
  })

  it('are listed by name, page by page to the end', async () => {
    const { organization: { schedules }, neighbour } = await open()
    const names = ['a', 'a-1', 'a.1', 'a_1', 'a1', 'b', 'z']
    for (const name of [...names].reverse()) await schedules.create({ ...nightly, name })
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = await schedules.list({ limit: 3, cursor })
      found.push(...page.data.map(({ name }) => name))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(found).toEqual([...names].sort())
    const { nextCursor } = await schedules.list({ limit: 3 })
    await expect(neighbour.schedules.list({ cursor: nextCursor! })).rejects.toThrow(InvalidCursor)
  })

  it('come in shorter pages where they are large', async () => {
    const { organization: { schedules } } = await open()
    const payload = 'x'.repeat(1_000_000)
    const names = Array.from({ length: 18 }, (_, index) => `large-${10 + index}`)
    for (const name of names) {
      await schedules.create({ name, queue: 'reports', cron: '@yearly', payload })
    }
    const first = await schedules.list({ limit: 200 })
    const second = await schedules.list({ limit: 200, cursor: first.nextCursor! })
    const pages = [first, second].map(({ data }) => data.map(({ name }) => name))
    expect(pages).toEqual([names.slice(0, 16), names.slice(16)])
    expect(second.nextCursor).toBeNull()
  })

  it('are deleted, and unseen by a neighbour', async () => {
    const { organization: { schedules }, neighbour } = await open()
    await schedules.create(nightly)
    await expect(neighbour.schedules.get('nightly')).rejects.toThrow(ScheduleNotFound)
    await expect(neighbour.schedules.update('nightly', {})).rejects.toThrow(ScheduleNotFound)
    await expect(neighbour.schedules.delete('nightly')).rejects.toThrow(ScheduleNotFound)
    expect((await neighbour.schedules.list()).data).toEqual([])
    await schedules.delete('nightly')
    await expect(schedules.delete('nightly')).rejects.toThrow(ScheduleNotFound)
  })
})
