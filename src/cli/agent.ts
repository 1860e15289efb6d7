import { type Command } from 'commander'
import { agentStatuses, presentAgent } from '../agents/index.js'
import { UsageFailure } from './failure.js'
import {
  columnsOf, limitOf, type OrganizationOptions, withOrganization, withStores,
} from './in-organization.js'
import { type Terminal } from './terminal.js'

interface ListOptions extends OrganizationOptions {
  readonly limit: string
  readonly status?: string
}

/** Adds `agent list`, `show` and `remove`. */
export function addAgent(program: Command, terminal: Terminal): void {
  const agent = program.command('agent').description('look at registered agents and remove them')
  withOrganization(agent.command('list'))
    .description('list agents by their speaker URIs')
    .option('--status <status>', `only those that are ${agentStatuses.join(' or ')}`)
    .option('--limit <n>', 'at most so many', '50')
    .action((options: ListOptions) => list(options, terminal))
  withOrganization(agent.command('show <speaker-uri>'))
    .description('show an agent with its manifest')
    .action((uri: string, options: OrganizationOptions) => show(uri, options, terminal))
  withOrganization(agent.command('remove <speaker-uri>'))
    .description('take an agent out: it leaves all conversations, its floors go to the next')
    .action((uri: string, options: OrganizationOptions) => remove(uri, options, terminal))
}

async function list(options: ListOptions, terminal: Terminal): Promise<void> {
  const status = agentStatuses.find((each) => each === options.status)
  if (options.status !== undefined && status === undefined) {
    throw new UsageFailure(`--status must be one of ${agentStatuses.join(', ')}`)
  }
  const { data } = await withStores(options, terminal, ({ agents }) =>
    agents.list({ status, limit: limitOf(options.limit) }))
  if (options.json === true) {
    return terminal.print(JSON.stringify({ agents: data.map(presentAgent) }))
  }
  if (data.length === 0) return terminal.print('There is no such agent.')
  terminal.print(columnsOf(data.map((each) => [
    JSON.stringify(each.speakerUri), each.status,
    each.expiresAt === null ? 'for ever' : `until ${each.expiresAt}`, each.serviceUrl ?? '-',
  ])))
}

async function show(
  uri: string, options: OrganizationOptions, terminal: Terminal,
): Promise<void> {
  const agent = await withStores(options, terminal, ({ agents }) => agents.get(uri))
  terminal.print(JSON.stringify(presentAgent(agent), null, options.json === true ? 0 : 2))
}

async function remove(
  uri: string, options: OrganizationOptions, terminal: Terminal,
): Promise<void> {
  await withStores(options, terminal, ({ agents }) => agents.deregister(uri))
  terminal.print(options.json === true
    ? JSON.stringify({ speaker_uri: uri, removed: true })
    : `removed the agent ${JSON.stringify(uri)}`)
}
