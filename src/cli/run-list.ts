import { type Command } from 'commander'
import { type OrganizationStores } from '../holdfast.js'
import {
  presentRunEntry, type RunListing, runStatuses, type WorkflowRunEntry,
} from '../workflows/index.js'
import { UsageFailure } from './failure.js'
import {
  columnsOf, durationOf, limitOf, momentOf, type OrganizationOptions, withOrganization, withStores,
} from './in-organization.js'
import { type Terminal } from './terminal.js'

interface ListOptions extends OrganizationOptions {
  readonly workflow?: string
  readonly status?: string
  readonly tag?: string
  readonly from?: string
  readonly to?: string
  readonly durationMin?: string
  readonly durationMax?: string
  readonly parent?: string
  readonly limit?: string
  readonly cursor?: string
  readonly all?: boolean
}

/** Adds `run list`. */
export function addRunList(run: Command, terminal: Terminal): void {
  withOrganization(run.command('list'))
    .description('list runs, newest first')
    .option('--workflow <id or handle>', 'only those of this workflow')
    .option('--status <status>', `only those that are ${runStatuses.join(', ')}`)
    .option('--tag <tag>', 'only those with this tag')
    .option('--from <day or moment>', 'only those made then or later, such as 2026-01-01')
    .option('--to <day or moment>', 'only those made up to the end of that day, or before then')
    .option('--duration-min <ms>', 'only those that are over and took so long, or longer')
    .option('--duration-max <ms>', 'only those that are over and took no longer')
    .option('--parent <run>', 'only those that repeat or belong to this run')
    .option('--limit <n>', 'at most so many, a page with --all (default: 50, with --all 200)')
    .option('--cursor <cursor>', 'go on behind a page, as it was told with it')
    .option('--all', 'go on to the end, page by page')
    .action((options: ListOptions) => list(options, terminal))
}

async function list(options: ListOptions, terminal: Terminal): Promise<void> {
  const { all = false, json = false } = options
  const listing = listingOf(options)
  await withStores(options, terminal, async (stores) => {
    let isFirst = true
    for await (const { data, nextCursor } of pagesOf(stores, listing)) {
      if (json) {
        const runs = data.map(presentRunEntry)
        terminal.print(JSON.stringify({ runs, next_cursor: nextCursor }))
      } else if (data.length > 0) {
        terminal.print(textOf(data))
      } else if (isFirst) {
        terminal.print('There is no such run.')
      }
      isFirst = false
      await terminal.drained()
      if (all || nextCursor === null) continue
      if (!json) terminal.say(`There are more; go on with --cursor ${nextCursor}, or with --all.`)
      return
    }
  })
}

async function* pagesOf({ runs }: OrganizationStores, listing: RunListing) {
  for (let cursor = listing.cursor; ;) {
    const page = await runs.list({ ...listing, cursor })
    yield page
    if (page.nextCursor === null) return
    cursor = page.nextCursor
  }
}

function listingOf(options: ListOptions): RunListing {
  const { workflow, status, tag, from, to, durationMin, durationMax, parent } = options
  const known = runStatuses.find((each) => each === status)
  if (status !== undefined && known === undefined) {
    throw new UsageFailure(`--status must be one of ${runStatuses.join(', ')}`)
  }
  return {
    workflow, tag, status: known, parentRunId: parent, cursor: options.cursor,
    from: given(from, (text) => momentOf('--from', text, 'beginning')),
    to: given(to, (text) => momentOf('--to', text, 'end')),
    durationMsMin: given(durationMin, (text) => durationOf('--duration-min', text)),
    durationMsMax: given(durationMax, (text) => durationOf('--duration-max', text)),
    limit: limitOf(options.limit ?? (options.all === true ? '200' : '50')),
  }
}

function given<R>(text: string | undefined, read: (text: string) => R): R | undefined {
  return text === undefined ? undefined : read(text)
}

const textOf = (runs: readonly WorkflowRunEntry[]): string => columnsOf(runs.map((run) => [
  run.id, run.status, `version ${run.version}`, `${run.stepCount} steps`, run.createdAt,
  run.durationMs === null ? '' : `${run.durationMs} ms`,
]))
