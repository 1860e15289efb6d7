import { Cron } from 'croner'
import { checkTimeZone } from '../clock.js'
import { InvalidInput } from '../errors.js'

/** Characters of a cron expression at most. */
export const cronLengthMax = 200

/** Expressions kept parsed. */
const keptMax = 1_000

/** Five fields, six with seconds first, or a nickname; never one date, which croner reads too. */
const cronPattern = /^(@[a-z]+|\S+(\s+\S+){4,5})$/

/** When something recurs, in a time zone. */
export class Recurrence {
  static readonly #kept = new Map<string, Recurrence>()
  readonly #cron: Cron

  private constructor(cron: string, timeZone: string) {
    this.#cron = new Cron(cron, { timezone: timeZone, mode: '5-or-6-parts', paused: true })
  }

  /** Reads an expression. Throws InvalidInput for `cron` or `time_zone`. */
  static of(cron: string, timeZone: string): Recurrence {
    checkTimeZone(timeZone)
    const key = `${timeZone} ${cron}`
    const kept = Recurrence.#kept.get(key)
    if (kept !== undefined) return kept
    const made = parsed(cron, () => new Recurrence(cron, timeZone))
    if (Recurrence.#kept.size >= keptMax) Recurrence.#kept.clear()
    Recurrence.#kept.set(key, made)
    return made
  }

  /**
   * The first tick after a moment, in milliseconds since the epoch; undefined when there is none. A
   * time of day that a clock change skips comes as soon as it is over, one that occurs twice counts
   * once; an expression that recurs within the hour just goes on.
   */
  next(afterMs: number): number | undefined {
    return this.#cron.nextRun(new Date(afterMs))?.getTime()
  }

  /** The latest ticks up to a moment, itself included, at most `count`, oldest first. */
  latest(untilMs: number, count: number): number[] {
    // croner counts whole seconds and leaves out the reference itself.
    const reference = new Date(Math.floor(untilMs / 1_000) * 1_000 + 1_000)
    return this.#cron.previousRuns(count, reference).map((date) => date.getTime()).reverse()
  }
}

function parsed(cron: string, parse: () => Recurrence): Recurrence {
  const rule = 'must have five fields, or six with seconds first, such as 0 9 * * 1-5'
  if (cron.length > cronLengthMax || !cronPattern.test(cron)) {
    throw new InvalidInput(`cron ${rule}`, { field: 'cron' })
  }
  try {
    return parse()
  } catch (cause) {
    // The form is right, so that the rule about it would lead astray.
    const reason = (cause as Error).message.replace(/^Cron\w*: /, '')
    throw new InvalidInput(`cron cannot be read: ${reason}`, { field: 'cron', cause })
  }
}
