import { type Command } from 'commander'
import { InvalidInput } from '../errors.js'
import { type OrganizationStores } from '../holdfast.js'
import { type UsageDimension, type UsageGroup, type UsageMetric } from '../usage/index.js'
import { CommandFailure, UsageFailure } from './failure.js'
import { numberOf } from './in-organization.js'
import { withHoldfast } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { type Terminal } from './terminal.js'

interface UsageOptions extends DatabaseOptions {
  readonly organization?: string
  readonly from?: string
  readonly to?: string
  readonly timeZone?: string
  readonly by: string
  readonly top?: UsageMetric
  readonly limit?: string
}

const columns = ['events', 'tokensIn', 'tokensOut', 'costUsd'] as const

/** Adds `usage`. */
export function addUsage(program: Command, terminal: Terminal): void {
  withDatabase(program.command('usage'))
    .description('sums over what was used: events, tokens in and out, cost in US dollars')
    .option('--organization <organization>', 'id or slug (default: the organization default)')
    .option('--from <day>', 'first day, such as 2026-01-01 (default: 30 days)')
    .option('--to <day>', 'last day, included (default: today)')
    .option('--time-zone <zone>', 'whose days are meant, such as Europe/Berlin (default: UTC)')
    .option('--by <dimensions>', 'day, user, model, type, joined by commas', 'day')
    .option('--top <metric>', 'the largest: events, tokens, tokens_in, tokens_out, cost, duration')
    .option('--limit <n>', 'groups at most with --top, 1 to 200 (default: 10)')
    .action((options: UsageOptions) => usage(options, terminal))
}

async function usage(options: UsageOptions, terminal: Terminal): Promise<void> {
  if (options.limit !== undefined && options.top === undefined) {
    throw new UsageFailure('--limit needs --top: sums are told whole')
  }
  const { settings } = configured(options, terminal)
  await withHoldfast(settings, terminal, async (holdfast) => {
    const { id } = await holdfast.organizations.get(options.organization ?? 'default')
    for await (const group of groupsIn(holdfast.organization(id), options)) {
      terminal.print(options.json === true ? JSON.stringify(inJson(group)) : inWords(group))
    }
  }).catch((error: unknown) => { throw ofFlag(error) })
}

/** The flags behind what the store calls otherwise. */
const flags: Readonly<Record<string, string>> = {
  first_day: '--from', last_day: '--to', time_zone: '--time-zone', by: '--by', of: '--top',
  limit: '--limit',
}

/** A refusal of what a flag said, in the name of the flag. */
function ofFlag(error: unknown): unknown {
  if (!(error instanceof InvalidInput)) return error
  const { code, field = '', message } = error
  const flag = flags[field]
  if (flag === undefined) return error
  const sentence = message.replace(field, flag).replaceAll('last_day', '--to')
  return new CommandFailure(sentence, { code, cause: error })
}

async function* groupsIn({ usage: store }: OrganizationStores, options: UsageOptions) {
  const question = {
    firstDay: options.from, lastDay: options.to, timeZone: options.timeZone,
    by: options.by.split(',') as UsageDimension[],
  }
  if (options.top !== undefined) {
    const limit = options.limit === undefined ? undefined : numberOf('--limit', options.limit)
    return yield* await store.top({ ...question, of: options.top, limit })
  }
  for (let cursor: string | undefined; ;) {
    const page = await store.summarize({ ...question, limit: 200, cursor })
    yield* page.data
    if (page.nextCursor === null) return
    cursor = page.nextCursor
  }
}

function inWords({ day, userId, model, type, ...sums }: UsageGroup): string {
  const keys = [day, userId, model, type].filter((each) => each !== undefined)
  const named = keys.map((each) => each ?? '-')
  return [...named, ...columns.map((column) => sums[column])].join('\t')
}

function inJson({ userId, tokensIn, tokensOut, costUsd, durationMs, ...rest }: UsageGroup) {
  return {
    ...rest, user_id: userId, tokens_in: tokensIn, tokens_out: tokensOut, cost_usd: costUsd,
    duration_ms: durationMs,
  }
}
