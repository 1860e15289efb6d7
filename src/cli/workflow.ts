import { type Command } from 'commander'
import { presentVersion, presentWorkflow, type VersionNumber } from '../workflows/index.js'
import { UsageFailure } from './failure.js'
import {
  columnsOf, jsonOf, limitOf, numberOf, type OrganizationOptions, withOrganization, withStores,
} from './in-organization.js'
import { type Terminal } from './terminal.js'

interface ListOptions extends OrganizationOptions {
  readonly limit: string
  readonly archived?: boolean
  readonly tag?: string
}

interface ShowOptions extends OrganizationOptions {
  readonly at?: string
}

interface RunOptions extends OrganizationOptions {
  readonly input?: string
  readonly at?: string
  readonly queue?: string
}

/** Adds `workflow list`, `show`, `diff` and `run`. */
export function addWorkflow(program: Command, terminal: Terminal): void {
  const workflow = program.command('workflow').description('look at workflows and run them')
  withOrganization(workflow.command('list'))
    .description('list workflows, newest first')
    .option('--archived', 'archived ones instead of active ones')
    .option('--tag <tag>', 'only those with this tag')
    .option('--limit <n>', 'at most so many', '50')
    .action((options: ListOptions) => list(options, terminal))
  withOrganization(workflow.command('show <workflow>'))
    .description('show a workflow, by id or handle, and one of its versions')
    .option('--at <version>', 'the number of the version (default: the latest)')
    .action((name: string, options: ShowOptions) => show(name, options, terminal))
  withOrganization(workflow.command('diff <workflow> <versions...>'))
    .description('compare two versions; the second is the latest unless named')
    .action((name: string, versions: readonly string[], options: OrganizationOptions) =>
      diff({ name, versions }, options, terminal))
  withOrganization(workflow.command('run <workflow>'))
    .description('make a run that waits for a worker')
    .option('--input <json>', 'its input (default: null)')
    .option('--at <version>', 'the number of the version (default: the latest)')
    .option('--queue <name>', 'where it waits (default: runs)')
    .action((name: string, options: RunOptions) => run(name, options, terminal))
}

async function list(options: ListOptions, terminal: Terminal): Promise<void> {
  const { tag, archived, json } = options
  const listing = { limit: limitOf(options.limit), ...(tag === undefined ? {} : { tag }) }
  const { data } = await withStores(options, terminal, ({ workflows }) =>
    workflows.list({ ...listing, archived: archived ?? false }))
  if (json === true) {
    return terminal.print(JSON.stringify({
      workflows: data.map((each) => ({
        id: each.id, handle: each.handle, name: each.name, versions: each.versionCount,
        tags: each.tags, access: each.access,
      })),
    }))
  }
  if (data.length === 0) return terminal.print('There is no such workflow.')
  terminal.print(columnsOf(data.map(({ id, handle, versionCount, name }) =>
    [id, handle ?? '-', `${versionCount} versions`, JSON.stringify(name)])))
}

async function show(name: string, options: ShowOptions, terminal: Terminal): Promise<void> {
  const at = options.at === undefined ? 'latest' : numberOf('--at', options.at)
  const shown = await withStores(options, terminal, async ({ workflows }) => {
    const workflow = await workflows.get(name)
    const isBare = at === 'latest' && workflow.versionCount === 0
    const version = isBare ? null : await workflows.getVersion(workflow.id, at)
    return {
      workflow: presentWorkflow(workflow), version: version && presentVersion(version),
    }
  })
  terminal.print(JSON.stringify(shown, null, options.json === true ? 0 : 2))
}

interface DiffWords {
  readonly name: string
  readonly versions: readonly string[]
}

async function diff(
  { name, versions: [base, target, ...more] }: DiffWords,
  options: OrganizationOptions,
  terminal: Terminal,
): Promise<void> {
  if (more.length > 0) throw new UsageFailure('diff compares two versions, no more')
  const [before, after] = [versionOf(base!), versionOf(target ?? 'latest')]
  const found = await withStores(options, terminal, ({ workflows }) =>
    workflows.diff(name, before, after))
  if (options.json === true) return terminal.print(JSON.stringify(found))
  terminal.print(found.unified === ''
    ? `Versions ${found.base} and ${found.target} have the same graph.`
    : found.unified.trimEnd())
}

function versionOf(text: string): VersionNumber {
  if (text === 'latest') return text
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new UsageFailure(`a version is a whole number from 1, or latest, not ${text}`)
}

async function run(name: string, options: RunOptions, terminal: Terminal): Promise<void> {
  const { input, at, queue, json } = options
  const given = {
    ...(input === undefined ? {} : { input: jsonOf('--input', input) }),
    ...(at === undefined ? {} : { version: numberOf('--at', at) }),
    ...(queue === undefined ? {} : { queue }),
  }
  const made = await withStores(options, terminal, ({ runs }) => runs.create(name, given))
  if (json === true) {
    return terminal.print(JSON.stringify({ id: made.id, version: made.version, job: made.jobId }))
  }
  terminal.print(`made the run ${made.id} of version ${made.version}; it waits in ${made.queue}`)
}
