import { type Instant } from '../../clock.js'

const pattern =
  /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?)? ?(Z|z|[+-]\d\d(?::?\d\d)?)?$/

const earliest = Date.parse('0001-01-01T00:00:00Z')
const latest = Date.parse('9999-12-31T23:59:59.999Z')

/** A moment of a source, and what had to be assumed of it. */
export interface FoundMoment {
  readonly instant: Instant
  /** It said no zone, and was read as UTC. */
  readonly isNaive: boolean
}

/**
 * The moment of a text in ISO 8601, microseconds kept; digits beyond them are cut off. Undefined
 * for what is none. A number counts seconds since the epoch, or thousandths or millionths of them.
 */
export function momentIn(text: unknown): FoundMoment | undefined {
  if (typeof text === 'number') {
    const instant = momentOfSeconds(inSeconds(text))
    return instant === undefined ? undefined : { instant, isNaive: false }
  }
  const match = typeof text === 'string' ? pattern.exec(text.trim()) : null
  if (match === null) return undefined
  const [, day, time = '00:00:00', fraction = '', zone] = match
  const seconds = time.length === 5 ? `${time}:00` : time
  const offset = zone === undefined || zone.toUpperCase() === 'Z' ? 'Z' : wholeOffset(zone)
  const whole = Date.parse(`${day}T${seconds}${offset}`)
  if (Number.isNaN(whole) || whole < earliest || whole > latest) return undefined
  if (!isRealDay(day!)) return undefined
  const moment = new Date(whole).toISOString().slice(0, 19)
  return {
    instant: `${moment}.${fraction.slice(0, 6).padEnd(6, '0')}Z`, isNaive: zone === undefined,
  }
}

/** The moment of seconds since the epoch, as exports of chats have it. */
export function momentOfSeconds(seconds: unknown): Instant | undefined {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) return undefined
  const micros = Math.round(seconds * 1_000_000)
  const whole = Math.floor(micros / 1_000_000)
  if (whole * 1_000 < earliest || whole * 1_000 > latest) return undefined
  const fraction = String(micros - whole * 1_000_000).padStart(6, '0')
  return `${new Date(whole * 1_000).toISOString().slice(0, 19)}.${fraction}Z`
}

/** Seconds of our time have ten digits, milliseconds thirteen, microseconds sixteen. */
const inSeconds = (number: number): number =>
  (number < 1e11 ? number : number < 1e14 ? number / 1e3 : number / 1e6)

const wholeOffset = (zone: string): string =>
  (zone.length === 3 ? `${zone}:00` : zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}`
    : zone)

/** False for 30 February, which Date would move to March. */
function isRealDay(day: string): boolean {
  const [year, month, date] = day.split('-').map(Number)
  const last = new Date(Date.UTC(2000, month!, 0))
  last.setUTCFullYear(year!, month!, 0)
  return month! >= 1 && month! <= 12 && date! >= 1 && date! <= last.getUTCDate()
}
