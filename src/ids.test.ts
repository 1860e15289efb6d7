import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isUuid, UuidV7Generator } from './ids.js'
import { ManualClock } from './testing/sources.js'

const versionSeven = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const timeOf = (id: string) => parseInt(id.slice(0, 8) + id.slice(9, 13), 16)

function expectRising(ids: readonly string[]): void {
  for (let index = 1; index < ids.length; index++) {
    if (ids[index - 1]! >= ids[index]!) expect(ids[index]).toBe(`greater than ${ids[index - 1]}`)
  }
  expect(new Set(ids).size).toBe(ids.length)
}

describe('ids', () => {
  it('are UUIDs of version 7 that carry the clock’s millisecond', () => {
    const clock = new ManualClock(Date.parse('2026-03-04T05:06:07.089Z'))
    const id = new UuidV7Generator({ clock }).next()
    expect(id).toMatch(versionSeven)
    expect(timeOf(id)).toBe(clock.now())
  })

  it('rise strictly for 100,000 within one millisecond', () => {
    const clock = new ManualClock()
    const ids = new UuidV7Generator({ clock })
    const made = Array.from({ length: 100_000 }, () => ids.next())
    expectRising(made)
    for (const id of [made[0]!, made[99_999]!]) {
      expect(id).toMatch(versionSeven)
      expect(timeOf(id)).toBe(clock.now())
    }
  })

  it('rise strictly whatever the clock does', () => {
    const steps = fc.array(fc.integer({ min: -5_000, max: 5_000 }), { maxLength: 200 })
    fc.assert(fc.property(steps, (jumps) => {
      const clock = new ManualClock()
      const ids = new UuidV7Generator({ clock })
      const made = [ids.next()]
      for (const jump of jumps) {
        clock.advance(jump)
        made.push(ids.next(), ids.next())
      }
      expectRising(made)
      expect(made.every((id) => versionSeven.test(id))).toBe(true)
    }))
  })

  it('go on from the newest millisecond while the clock is behind, and follow it again', () => {
    const clock = new ManualClock()
    const start = clock.now()
    const ids = new UuidV7Generator({ clock })
    ids.next()
    clock.advance(-60_000)
    expect(timeOf(ids.next())).toBe(start)
    clock.advance(60_001)
    expect(timeOf(ids.next())).toBe(start + 1)
  })

  it('move to the next millisecond when a millisecond’s counter is used up', () => {
    const clock = new ManualClock()
    const ids = new UuidV7Generator({ clock, counterMax: 1_000 })
    const made = Array.from({ length: 5_000 }, () => ids.next())
    expectRising(made)
    const times = made.map(timeOf)
    expect(times[0]).toBe(clock.now())
    expect(times.every((time, index) => index === 0 || time - times[index - 1]! <= 1)).toBe(true)
    // A counter begins below half: every millisecond gives at least 500 ids, at most 1001.
    expect(times.at(-1)! - clock.now()).toBeGreaterThanOrEqual(4)
    expect(times.at(-1)! - clock.now()).toBeLessThanOrEqual(10)
  })

  it('of different generators differ within the same millisecond', () => {
    const clock = new ManualClock()
    const made = Array.from({ length: 1_000 }, () => new UuidV7Generator({ clock }).next())
    expect(new Set(made).size).toBe(1_000)
  })

  it('end in 48 fresh random bits each', () => {
    const ids = new UuidV7Generator({ clock: new ManualClock() })
    const tails = Array.from({ length: 10_000 }, () => ids.next().slice(24))
    expect(new Set(tails).size).toBe(10_000)
  })
})

describe('isUuid', () => {
  it('accepts any version in either case', () => {
    expect(isUuid('00000000-0000-0000-0000-000000000000')).toBe(true)
    expect(isUuid('F47AC10B-58CC-4372-A567-0E02B2C3D479')).toBe(true)
    fc.assert(fc.property(fc.uuid(), (id) => isUuid(id)))
  })

  it('refuses everything else', () => {
    const wrong = [
      '', 'x', null, undefined, 7, {}, ['f47ac10b-58cc-4372-a567-0e02b2c3d479'],
      'f47ac10b58cc4372a5670e02b2c3d479', '{f47ac10b-58cc-4372-a567-0e02b2c3d479}',
      'f47ac10b-58cc-4372-a567-0e02b2c3d47g', ' f47ac10b-58cc-4372-a567-0e02b2c3d479',
      'f47ac10b-58cc-4372-a567-0e02b2c3d479\n', 'f47ac10b-58cc-4372-a567-0e02b2c3d4790',
    ]
    for (const value of wrong) expect(isUuid(value)).toBe(false)
  })
})
