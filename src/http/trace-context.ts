/** W3C trace context of whoever calls. */
export interface TraceContext {
  /** In the form of version 00. */
  readonly traceparent: string
  readonly tracestate: string | null
}

const headerPattern =
  /^([0-9a-f]{2})-((?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const statePattern = /^[\t\x20-\x7e]{1,512}$/

/**
 * What the headers `traceparent` and `tracestate` say; null where the first is missing or invalid,
 * as then both are ignored. One of a later version is taken for what version 00 knows of it.
 */
export function traceContextOf(
  traceparent: string | undefined, tracestate: string | undefined,
): TraceContext | null {
  const [, version, ids, flags = '00', rest] = headerPattern.exec(traceparent ?? '') ?? []
  if (ids === undefined || version === 'ff') return null
  if (version === '00' && rest !== undefined) return null
  // Of the flags of later versions only the one that says sampled is known to stay.
  const known = version === '00' ? flags : `0${Number.parseInt(flags, 16) & 1}`
  const isState = tracestate !== undefined && statePattern.test(tracestate)
  return { traceparent: `00-${ids}-${known}`, tracestate: isState ? tracestate : null }
}
