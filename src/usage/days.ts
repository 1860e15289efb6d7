import { checkTimeZone, type Instant, instantOf } from '../clock.js'

/** `2026-01-31`. */
export const dayPattern = /^\d{4}-\d\d-\d\d$/

/** Days of one question at most. */
export const daysMax = 400

const quarterMs = 900_000
const dayMs = 86_400_000

/** No clock on earth is further from UTC. */
const offsetMaxMs = 15 * 3_600_000

/** A day and its moments: from its beginning, before its end. */
export interface Span {
  readonly day: string
  readonly startsAt: Instant
  readonly endsAt: Instant
}

/** The beginning of the quarter of an hour that holds a moment. */
export const quarterOf = (milliseconds: number): Instant =>
  instantOf(milliseconds - milliseconds % quarterMs)

/** The beginning of the UTC day that holds a moment. */
export const dayOf = (milliseconds: number): Instant =>
  instantOf(milliseconds - milliseconds % dayMs)

/** The days of a time zone. All offsets in use are whole quarters of an hour, and so are days. */
export class Zone {
  readonly isUtc: boolean
  readonly #format: Intl.DateTimeFormat

  /** Takes a name of the IANA database. Throws InvalidInput. */
  constructor(timeZone: string) {
    // Offsets need be no whole quarters.
    checkTimeZone(timeZone)
    this.#format = new Intl.DateTimeFormat('en-CA', {
      timeZone, year: 'numeric', month: '2-digit', day: '2-digit',
    })
    this.isUtc = this.#format.resolvedOptions().timeZone === 'UTC'
  }

  /** The day that a moment falls on. */
  dayAt(milliseconds: number): string {
    if (this.isUtc) return instantOf(milliseconds).slice(0, 10)
    return this.#format.format(milliseconds)
  }

  /** The days from the first to the last, both included; one that a zone left out is empty. */
  spans(first: string, last: string): Span[] {
    const spans: Span[] = []
    const endMs = Date.parse(`${last}T00:00:00Z`)
    let startsAt = this.#beginning(Date.parse(`${first}T00:00:00Z`))
    for (let atMs = Date.parse(`${first}T00:00:00Z`); atMs <= endMs; atMs += dayMs) {
      const endsAt = this.#beginning(atMs + dayMs)
      const day = instantOf(atMs).slice(0, 10)
      spans.push({ day, startsAt: instantOf(startsAt), endsAt: instantOf(endsAt) })
      startsAt = endsAt
    }
    return spans
  }

  /** The first quarter of an hour of the day that begins at this moment in UTC. */
  #beginning(utcMs: number): number {
    if (this.isUtc) return utcMs
    const day = instantOf(utcMs).slice(0, 10)
    let [low, high] = [(utcMs - offsetMaxMs) / quarterMs, (utcMs + offsetMaxMs) / quarterMs]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (this.dayAt(middle * quarterMs) >= day) high = middle
      else low = middle + 1
    }
    return low * quarterMs
  }
}

/** Whether a text names a day that there is. */
export const isDay = (day: string): boolean =>
  dayPattern.test(day) && !Number.isNaN(Date.parse(`${day}T00:00:00Z`)) &&
  instantOf(Date.parse(`${day}T00:00:00Z`)).startsWith(day)

/** How many days a stretch has, both ends included. */
export const daysBetween = (first: string, last: string): number =>
  (Date.parse(`${last}T00:00:00Z`) - Date.parse(`${first}T00:00:00Z`)) / dayMs + 1

/** The day so many days before another. */
export const dayBefore = (day: string, days: number): string =>
  instantOf(Date.parse(`${day}T00:00:00Z`) - days * dayMs).slice(0, 10)
