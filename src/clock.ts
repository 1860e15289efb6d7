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
