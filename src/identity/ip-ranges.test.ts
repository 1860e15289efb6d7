import { describe, expect, it } from 'vitest'
import { areWithinRanges, isInRanges } from './ip-ranges.js'

describe('address ranges', () => {
  it('hold the addresses they name, in either spelling', () => {
    const cases: (readonly [string[], string, boolean])[] = [
      [['10.0.0.0/8'], '10.255.0.1', true], [['10.0.0.0/8'], '11.0.0.1', false],
      [['10.0.0.5/8'], '10.9.9.9', true], [['192.0.2.7'], '192.0.2.7', true],
      [['192.0.2.7'], '192.0.2.8', false], [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
      [['10.0.0.0/8'], '::ffff:0a01:0203', true], [['10.0.0.0/8'], '::ffff:11.1.2.3', false],
      [['::ffff:10.0.0.0/104'], '10.1.2.3', true], [['::ffff:10.0.0.0/104'], '11.1.2.3', false],
      [['10.0.0.0/8'], '::10.1.2.3', false], [['2001:db8::/32'], '2001:DB8:ffff::1', true],
      [['2001:db8::/32'], '2001:db9::1', false], [['fe80::/10'], 'fe80::1%eth0', true],
      [['0.0.0.0/0'], '203.0.113.9', true], [['0.0.0.0/0'], '2001:db8::1', false],
      [['::/0'], '2001:db8::1', true], [['192.0.2.1', '::1'], '::1', true],
      [['10.0.0.0/8'], '', false], [['10.0.0.0/8'], 'unknown', false], [[], '::1', false],
      [['10.0.0.0/8'], '10.0.0.1, 8.8.8.8', false],
    ]
    for (const [ranges, address, isIn] of cases) {
      expect([ranges, address, isInRanges(ranges, address)]).toEqual([ranges, address, isIn])
    }
  })

  it('are within wider ones, and within everywhere, but everywhere within none', () => {
    const cases: (readonly [string[] | null, string[] | null, boolean])[] = [
      [null, null, true], [['::1'], null, true], [null, ['::/0'], false],
      [['10.1.0.0/16'], ['10.0.0.0/8'], true], [['10.0.0.0/8'], ['10.1.0.0/16'], false],
      [['10.0.0.0/8'], ['10.0.0.0/8'], true], [['11.0.0.0/16'], ['10.0.0.0/8'], false],
      [['10.1.2.3', '::1'], ['10.0.0.0/8', '::/64'], true],
      [['10.1.2.3', '::1'], ['10.0.0.0/8'], false],
      [['::ffff:10.1.0.0/112'], ['10.0.0.0/8'], true],
      [['::ffff:0.0.0.0/96'], ['10.0.0.0/8'], false],
      [['10.0.0.0/8'], ['::ffff:10.0.0.0/104'], true],
      [['0.0.0.0/0'], ['10.0.0.0/8'], false], [['::/0'], ['0.0.0.0/0'], false],
    ]
    for (const [ranges, wider, areWithin] of cases) {
      expect([ranges, wider, areWithinRanges(ranges, wider)]).toEqual([ranges, wider, areWithin])
    }
  })
})
