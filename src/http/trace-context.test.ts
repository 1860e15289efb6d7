import { expect, it } from 'vitest'
import { traceContextOf } from './trace-context.js'

const ids = `${'ab'.repeat(16)}-${'cd'.repeat(8)}`

it('keeps a valid traceparent, with a tracestate that is one', () => {
  for (const flags of ['00', '01', 'ff']) {
    expect(traceContextOf(`00-${ids}-${flags}`, undefined))
      .toEqual({ traceparent: `00-${ids}-${flags}`, tracestate: null })
  }
  expect(traceContextOf(`00-${ids}-01`, 'a=b,c=d')?.tracestate).toBe('a=b,c=d')
  for (const state of ['', 'é', 'x'.repeat(513), 'a\u0000b']) {
    expect(traceContextOf(`00-${ids}-01`, state))
      .toEqual({ traceparent: `00-${ids}-01`, tracestate: null })
  }
})

it('takes a later version for what version 00 knows of it', () => {
  for (const [given, flags] of [
    [`01-${ids}-01`, '01'], [`cc-${ids}-03-what-comes`, '01'], [`01-${ids}-fe`, '00'],
  ] as const) {
    expect(traceContextOf(given, undefined)?.traceparent).toBe(`00-${ids}-${flags}`)
  }
})

it('ignores both headers where the first is missing or invalid', () => {
  for (const given of [
    undefined, '', 'x', `ff-${ids}-01`, `00-${ids}-01-more`, `00-${ids}`, `01-${ids}-01.more`,
    `00-${ids.toUpperCase()}-01`, `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`,
    `00-${'1'.repeat(32)}-${'0'.repeat(16)}-01`, `00-${ids}-01, 00-${ids}-01`, ` 00-${ids}-01`,
  ]) expect(traceContextOf(given, 'a=b')).toBeNull()
})
