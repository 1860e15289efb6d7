import { describe, expect, it } from 'vitest'
import { instantOf, millisecondsOf } from '../clock.js'
import { InvalidInput } from '../errors.js'
import { Recurrence } from './schedule-cron.js'
import { firingOf, ticksMax } from './schedule-rules.js'
import { type Schedule } from './schedule-tables.js'

const moment = (text: string) => millisecondsOf(`${text}.000000Z`)
const written = (milliseconds: number) => instantOf(milliseconds).slice(0, 19)

/** The next ticks of a recurrence, after a moment. */
const ticksOf = (cron: string, timeZone: string) => (from: string, count: number): string[] => {
  const recurrence = Recurrence.of(cron, timeZone)
  const found: string[] = []
  for (let at = moment(from); found.length < count;) {
    at = recurrence.next(at)!
    found.push(written(at))
  }
  return found
}

describe('a recurrence', () => {
  it('goes by the time zone', () => {
    expect(ticksOf('0 9 * * *', 'Europe/Berlin')('2026-01-10T12:00:00', 1))
      .toEqual(['2026-01-11T08:00:00'])
    expect(ticksOf('0 9 * * *', 'America/New_York')('2026-01-10T12:00:00', 1))
      .toEqual(['2026-01-10T14:00:00'])
    expect(ticksOf('@daily', 'UTC')('2026-01-10T12:00:00', 1)).toEqual(['2026-01-11T00:00:00'])
  })

  it('fires a time of day that the clock jumps over as soon as it is over, once', () => {
    // 29 March 2026 has no 02:30 in Berlin: 02:00 becomes 03:00, 01:00 UTC.
    expect(ticksOf('30 2 * * *', 'Europe/Berlin')('2026-03-27T12:00:00', 4)).toEqual([
      '2026-03-28T01:30:00', '2026-03-29T01:00:00', '2026-03-30T00:30:00', '2026-03-31T00:30:00',
    ])
  })

  it('fires a time of day that comes twice once, and keeps its distance every half hour', () => {
    // 25 October 2026 has 02:30 twice in Berlin: 00:30 and 01:30 UTC.
    expect(ticksOf('30 2 * * *', 'Europe/Berlin')('2026-10-23T12:00:00', 3)).toEqual([
      '2026-10-24T00:30:00', '2026-10-25T00:30:00', '2026-10-26T01:30:00',
    ])
    const halves = ticksOf('*/30 * * * *', 'Europe/Berlin')('2026-10-24T22:00:00', 12)
    const steps = halves.slice(1).map((tick, index) => moment(tick) - moment(halves[index]!))
    expect(new Set(steps)).toEqual(new Set([30 * 60_000]))
  })

  it('tells the latest ticks, the moment itself included', () => {
    const recurrence = Recurrence.of('0 * * * *', 'UTC')
    const latest = (until: string) => recurrence.latest(moment(until), 2).map(written)
    expect(latest('2026-01-01T05:00:00')).toEqual(['2026-01-01T04:00:00', '2026-01-01T05:00:00'])
    expect(latest('2026-01-01T04:59:59')).toEqual(['2026-01-01T03:00:00', '2026-01-01T04:00:00'])
    const withinSecond = recurrence.latest(moment('2026-01-01T05:00:00') + 999, 1).map(written)
    expect(withinSecond).toEqual(['2026-01-01T05:00:00'])
  })

  it('ends where no date fits', () => {
    expect(Recurrence.of('0 0 30 2 *', 'UTC').next(moment('2026-01-01T00:00:00'))).toBeUndefined()
  })

  it.each([
    ['', 'UTC', 'cron'], ['* * * *', 'UTC', 'cron'], ['61 * * * *', 'UTC', 'cron'],
    ['* * * * * * *', 'UTC', 'cron'], ['2026-01-01T00:00:00Z', 'UTC', 'cron'],
    ['a b c d e', 'UTC', 'cron'], [`${'1,'.repeat(100)}1 * * * *`, 'UTC', 'cron'],
    ['@never', 'UTC', 'cron'], ['* * * * *', 'Mars/Olympus', 'time_zone'],
    ['* * * * *', '', 'time_zone'], ['* * * * *', '+02:00', 'time_zone'],
  ])('refuses %j in %j', (cron, timeZone, field) => {
    const reading = () => Recurrence.of(cron, timeZone)
    expect(reading).toThrow(InvalidInput)
    expect(reading).toThrow(expect.objectContaining({ field }))
  })

  it('says what is wrong in a field, not how many there must be', () => {
    expect(() => Recurrence.of('61 * * * *', 'UTC'))
      .toThrow(/^cron cannot be read: Invalid value for minute: 61$/)
    expect(() => Recurrence.of('* * * *', 'UTC')).toThrow(/^cron must have five fields/)
  })
})

describe('a firing', () => {
  const due = (changes: Partial<Schedule>): Schedule => ({
    organizationId: '', name: 'a', id: '', queue: 'a', payload: null, job: {}, cron: '0 * * * *',
    timeZone: 'UTC', missed: 'once', overlap: true, enabled: true,
    startsAt: null, endsAt: null,
    nextRunAt: '2026-01-01T10:00:00.000000Z', lastRunAt: null, lastJobId: null, revision: 1,
    createdAt: '', updatedAt: '', ...changes,
  })
  const firing = (changes: Partial<Schedule>, now: string) => {
    const { ticks, nextRunAt } = firingOf(due(changes), moment(now))
    return [ticks.map((tick) => tick.slice(11, 19)), nextRunAt?.slice(11, 19)]
  }

  it.each(['skip', 'once', 'all'] as const)('in time is one tick, with %s', (missed) => {
    expect(firing({ missed }, '2026-01-01T10:00:00')).toEqual([['10:00:00'], '11:00:00'])
    expect(firing({ missed }, '2026-01-01T10:01:00')).toEqual([['10:00:00'], '11:00:00'])
  })

  it('makes up for what was missed by the policy', () => {
    const late = '2026-01-01T13:30:00'
    expect(firing({ missed: 'skip' }, late)).toEqual([[], '14:00:00'])
    expect(firing({ missed: 'once' }, late)).toEqual([['13:00:00'], '14:00:00'])
    expect(firing({ missed: 'all' }, late))
      .toEqual([['10:00:00', '11:00:00', '12:00:00', '13:00:00'], '14:00:00'])
  })

  it('makes one job when another comes in time with those missed', () => {
    const onTime = '2026-01-01T13:00:30'
    expect(firing({ missed: 'skip' }, onTime)).toEqual([['13:00:00'], '14:00:00'])
    expect(firing({ missed: 'once' }, onTime)).toEqual([['13:00:00'], '14:00:00'])
  })

  it('fires every second’s tick though it looks less often', () => {
    const seconds = { cron: '* * * * * *' }
    expect(firing(seconds, '2026-01-01T10:00:02'))
      .toEqual([['10:00:00', '10:00:01', '10:00:02'], '10:00:03'])
  })

  it('after 40 days is bounded, and quick', () => {
    const now = moment('2026-02-10T10:00:00')
    const everySecond = due({ missed: 'all', cron: '* * * * * *' })
    const sinceMs = performance.now()
    const { ticks, nextRunAt } = firingOf(everySecond, now)
    expect(performance.now() - sinceMs).toBeLessThan(1_000)
    expect(ticks).toHaveLength(ticksMax)
    expect([ticks.at(0), ticks.at(-1), nextRunAt].map((tick) => tick!.slice(0, 19)))
      .toEqual(['2026-02-10T09:58:21', '2026-02-10T10:00:00', '2026-02-10T10:00:01'])
  })

  it('has no next one where the recurrence ends', () => {
    expect(firing({ cron: '0 0 30 2 *' }, '2026-01-01T10:00:00')).toEqual([[], undefined])
  })
})
