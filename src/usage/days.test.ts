import fc from 'fast-check'
import { expect, it } from 'vitest'
import { instantOf, millisecondsOf } from '../clock.js'
import { InvalidInput } from '../errors.js'
import { costOf, decimalOf, picosPerUnit } from './cost.js'
import { isDay, quarterOf, Zone } from './days.js'

const zones = [
  'UTC', 'Etc/UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Asia/Kathmandu',
  'Australia/Lord_Howe', 'Pacific/Apia', 'Pacific/Kiritimati', 'America/St_Johns',
  'America/Sao_Paulo', 'Asia/Tehran', 'Africa/Casablanca',
]

it('a moment lies in the span of its own day, whatever the clocks do', () => {
  const days = fc.integer({ min: Date.parse('2000-01-03'), max: Date.parse('2037-12-28') })
  fc.assert(fc.property(days, fc.constantFrom(...zones), (atMs, name) => {
    const zone = new Zone(name)
    const day = zone.dayAt(atMs)
    const [span] = zone.spans(day, day)
    expect(span!.startsAt <= instantOf(atMs) && instantOf(atMs) < span!.endsAt,
      `${name} ${instantOf(atMs)} ${JSON.stringify(span)}`).toBe(true)
    expect(quarterOf(millisecondsOf(span!.startsAt))).toBe(span!.startsAt)
  }), { numRuns: 1_000 })
})

it('days follow each other without a gap, also over changes of clocks and a day left out', () => {
  for (const [name, first, last, hours] of [
    ['Europe/Berlin', '2026-03-28', '2026-03-30', [24, 23, 24]],
    ['Europe/Berlin', '2026-10-24', '2026-10-26', [24, 25, 24]],
    ['America/Sao_Paulo', '2017-10-14', '2017-10-16', [24, 23, 24]],
    ['Australia/Lord_Howe', '2026-04-04', '2026-04-06', [24, 24.5, 24]],
    ['Pacific/Apia', '2011-12-29', '2011-12-31', [24, 0, 24]],
    ['UTC', '2024-02-28', '2024-03-01', [24, 24, 24]],
  ] as const) {
    const spans = new Zone(name).spans(first, last)
    const lengths = spans.map(({ startsAt, endsAt }) =>
      (millisecondsOf(endsAt) - millisecondsOf(startsAt)) / 3_600_000)
    expect([name, lengths]).toEqual([name, hours])
    expect(spans.slice(1).map(({ startsAt }) => startsAt))
      .toEqual(spans.slice(0, -1).map(({ endsAt }) => endsAt))
  }
})

it('refuses what is no zone and no day', () => {
  // Offsets are names of zones to some versions of Node.js alone, and need be no whole quarters.
  for (const name of ['Europe/Atlantis', '', '+05:07', '-00:01', '+05:30']) {
    expect(() => new Zone(name)).toThrow(InvalidInput)
  }
  for (const day of ['2026-02-30', '2026-13-01', '2026-1-1', '', '2026-01-01T00']) {
    expect([day, isDay(day)]).toEqual([day, false])
  }
  expect(isDay('2024-02-29')).toBe(true)
})

it('a cost goes out as the decimal it came as, without idle zeros, and sums are exact', () => {
  for (const [given, told] of [
    ['0', '0'], ['0.000000000001', '0.000000000001'], ['1.50', '1.5'], ['007.0', '7'],
    ['999999999.999999999999', '999999999.999999999999'],
  ] as const) {
    const { costUnits, costPicos } = costOf(given)
    expect(decimalOf(BigInt(costUnits), BigInt(costPicos))).toBe(told)
  }
  expect(decimalOf(1n, BigInt(picosPerUnit) * 3n + 5n)).toBe('4.000000000005')
})
