import { InvalidInput } from './errors.js'

/** A moment as RFC 3339 text in UTC with exactly six fraction digits; sorts as text. */
export type Instant = string

/** The only source of time; tests hand in their own. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z, an integer. */
  now(): number
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() }

/** Milliseconds since the epoch as an `Instant`. */
export function instantOf(milliseconds: number): Instant {
  return `${new Date(milliseconds).toISOString().slice(0, -1)}000Z`
}

/** An `Instant` as milliseconds since the epoch; microseconds are cut off. */
export function millisecondsOf(instant: Instant): number {
  return Date.parse(`${instant.slice(0, 23)}Z`)
}

/** The clock's present moment as an `Instant`. */
export function nowOf(clock: Clock): Instant {
  return instantOf(clock.now())
}

/**
 * That a time zone is one of the IANA database, and no offset such as `+02:00`: those Node.js takes
 * from version 22 on only. Throws InvalidInput for `time_zone`.
 */
export function checkTimeZone(timeZone: string): void {
  try {
    if (/^[+-]/.test(timeZone)) throw new RangeError('an offset is no zone')
    new Intl.DateTimeFormat('en', { timeZone })
  } catch (cause) {
    const rule = 'must be an IANA time zone such as Europe/Berlin'
    throw new InvalidInput(`time_zone ${rule}`, { field: 'time_zone', cause })
  }
}
