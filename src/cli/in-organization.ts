import { type Command } from 'commander'
import { type Instant, instantOf } from '../clock.js'
import { type OrganizationStores } from '../holdfast.js'
import { UsageFailure } from './failure.js'
import { withHoldfast } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { type Terminal } from './terminal.js'

/** Options of a command that works within an organization. */
export interface OrganizationOptions extends DatabaseOptions {
  readonly organization: string
}

/** Adds the options of a command that works within an organization. */
export function withOrganization(command: Command): Command {
  return withDatabase(command)
    .option('--organization <id or slug>', 'in which organization', 'default')
}

/** Opens the database and runs `work` with the stores of the organization. */
export async function withStores<R>(
  options: OrganizationOptions,
  terminal: Terminal,
  work: (stores: OrganizationStores) => Promise<R>,
): Promise<R> {
  return within(options, terminal, { isLive: false, work })
}

/** As `withStores`, hearing through Redis, where there is one, of what other processes do. */
export async function withLiveStores<R>(
  options: OrganizationOptions,
  terminal: Terminal,
  work: (stores: OrganizationStores) => Promise<R>,
): Promise<R> {
  return within(options, terminal, { isLive: true, work })
}

interface Working<R> {
  readonly isLive: boolean
  work(stores: OrganizationStores): Promise<R>
}

async function within<R>(
  options: OrganizationOptions, terminal: Terminal, { isLive, work }: Working<R>,
): Promise<R> {
  const { settings } = configured(options, terminal)
  return withHoldfast({ ...settings, isLive }, terminal, async (holdfast) => {
    const { id } = await holdfast.organizations.get(options.organization)
    return work(holdfast.organization(id, { id: 'command line' }))
  })
}

/** Rows as columns of equal width, with two blanks in between. */
export function columnsOf(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, index) =>
    Math.max(...rows.map((row) => row[index]!.length)))
  return rows.map((row) =>
    row.map((text, index) => text.padEnd(widths[index]!)).join('  ').trimEnd()).join('\n')
}

/** The number a flag names. Throws UsageFailure. */
export function limitOf(text: string): number {
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : NaN
  if (limit >= 1 && limit <= 200) return limit
  throw new UsageFailure(`--limit must be a whole number from 1 to 200, not ${text}`)
}

/** The JSON value of a flag. Throws UsageFailure. */
export function jsonOf(flag: string, text: string) {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageFailure(`${flag} must be JSON, such as '{"a": 1}' or '"text"'`)
  }
}

/** The whole number from 1 that a flag names. Throws UsageFailure. */
export function numberOf(flag: string, text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new UsageFailure(`${flag} must be a whole number from 1, not ${text}`)
}

/** The whole number of milliseconds that a flag names. Throws UsageFailure. */
export function durationOf(flag: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new UsageFailure(`${flag} must be a whole number of milliseconds, not ${text}`)
}

/**
 * The moment a flag names: one itself, or a day in UTC, which means its beginning, or with `ofDay`
 * `end` that of the next. Throws UsageFailure.
 */
export function momentOf(flag: string, text: string, ofDay: 'beginning' | 'end'): Instant {
  const [, day, time = 'T00:00:00', fraction = ''] =
    /^(\d{4}-\d\d-\d\d)(?:(T\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z)?$/.exec(text) ?? []
  const seconds = `${day}${time}`
  const at = Date.parse(`${seconds}Z`)
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 19) !== seconds) {
    throw new UsageFailure(
      `${flag} must be a day such as 2026-01-31 or a moment such as 2026-01-31T12:00:00Z`)
  }
  if (text.length === 10 && ofDay === 'end') return instantOf(at + 86_400_000)
  return `${seconds}.${fraction.padEnd(6, '0')}Z`
}
