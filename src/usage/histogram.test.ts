import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bucketOf, durationMsMax, durationOf, percentileOf } from './histogram.js'

const durations = fc.oneof(
  fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: durationMsMax }))

it('a bucket stands for a duration that is off by a 32nd at most', () => {
  fc.assert(fc.property(durations, (duration) => {
    const told = durationOf(bucketOf(duration))
    expect(Math.abs(told - duration)).toBeLessThanOrEqual(duration / 32)
  }), { numRuns: 5_000 })
  for (let power = 1; power < 32; power++) {
    for (const duration of [2 ** power - 1, Math.min(2 ** power, durationMsMax)]) {
      expect(Math.abs(durationOf(bucketOf(duration)) - duration)).toBeLessThanOrEqual(duration / 32)
    }
  }
})

it('buckets rise with durations, and short ones have their own', () => {
  fc.assert(fc.property(durations, durations, (a, b) => {
    if (a <= b) expect(bucketOf(a)).toBeLessThanOrEqual(bucketOf(b))
  }), { numRuns: 5_000 })
  for (let duration = 0; duration < 32; duration++) {
    expect(durationOf(bucketOf(duration))).toBe(duration)
  }
})

it('percentiles are those of nearest rank, within the bound', () => {
  const shares = fc.constantFrom(0.01, 0.5, 0.9, 0.95, 0.99, 1)
  fc.assert(fc.property(fc.array(durations, { minLength: 1 }), shares, (all, share) => {
    const buckets = new Map<number, number>()
    for (const each of all) buckets.set(bucketOf(each), (buckets.get(bucketOf(each)) ?? 0) + 1)
    const sorted = all.toSorted((a, b) => a - b)
    const exact = sorted[Math.max(1, Math.ceil(share * all.length)) - 1]!
    expect(Math.abs(percentileOf(buckets, share)! - exact)).toBeLessThanOrEqual(exact / 32)
  }), { numRuns: 1_000 })
  expect(percentileOf(new Map(), 0.5)).toBeUndefined()
})
