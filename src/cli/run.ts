import { type Command } from 'commander'
import { type RunEvent, runStatuses, type WorkflowRun } from '../workflows/index.js'
import { UsageFailure } from './failure.js'
import {
  columnsOf, jsonOf, limitOf, numberOf, type OrganizationOptions, withOrganization, withStores,
} from './in-organization.js'
import { stopSignal } from './stop-signal.js'
import { type Terminal } from './terminal.js'

interface ListOptions extends OrganizationOptions {
  readonly limit: string
  readonly workflow?: string
  readonly status?: string
  readonly tag?: string
}

interface RerunOptions extends OrganizationOptions {
  readonly fromStep?: string
  readonly input?: string
}

/** Adds `run list`, `show`, `tail`, `cancel` and `rerun`. */
export function addRun(program: Command, terminal: Terminal): void {
  const run = program.command('run').description('look at runs of workflows and change them')
  withOrganization(run.command('list'))
    .description('list runs, newest first')
    .option('--workflow <id or handle>', 'only those of this workflow')
    .option('--status <status>', `only those that are ${runStatuses.join(', ')}`)
    .option('--tag <tag>', 'only those with this tag')
    .option('--limit <n>', 'at most so many', '50')
    .action((options: ListOptions) => list(options, terminal))
  withOrganization(run.command('show <run>'))
    .description('show a run and its first 200 steps')
    .action((id: string, options: OrganizationOptions) => show(id, options, terminal))
  withOrganization(run.command('tail <run>'))
    .description('tell what happens to a run, a line each, until it is over')
    .action((id: string, options: OrganizationOptions) => tail(id, options, terminal))
  withOrganization(run.command('cancel <run>'))
    .description('cancel a run that is not over')
    .action((id: string, options: OrganizationOptions) => cancel(id, options, terminal))
  withOrganization(run.command('rerun <run>'))
    .description('make a run of what another one was made of')
    .option('--from-step <n>', 'keep the steps before this one that succeeded')
    .option('--input <json>', 'another input')
    .action((id: string, options: RerunOptions) => rerun(id, options, terminal))
}

async function list(options: ListOptions, terminal: Terminal): Promise<void> {
  const { workflow, status, tag } = options
  const known = runStatuses.find((each) => each === status)
  if (status !== undefined && known === undefined) {
    throw new UsageFailure(`--status must be one of ${runStatuses.join(', ')}`)
  }
  const { data } = await withStores(options, terminal, ({ runs }) =>
    runs.list({ workflow, status: known, tag, limit: limitOf(options.limit) }))
  if (options.json === true) return terminal.print(JSON.stringify({ runs: data }))
  if (data.length === 0) return terminal.print('There is no such run.')
  terminal.print(columnsOf(data.map((run) => [
    run.id, run.status, `version ${run.version}`, `${run.stepCount} steps`, run.createdAt,
    run.durationMs === null ? '' : `${run.durationMs} ms`,
  ])))
}

async function show(id: string, options: OrganizationOptions, terminal: Terminal): Promise<void> {
  const shown = await withStores(options, terminal, async ({ runs }) =>
    ({ run: await runs.get(id), steps: (await runs.steps.list(id, { limit: 200 })).data }))
  terminal.print(JSON.stringify(shown, null, options.json === true ? 0 : 2))
}

async function tail(id: string, options: OrganizationOptions, terminal: Terminal): Promise<void> {
  const stopped = new AbortController()
  void stopSignal().then(() => stopped.abort())
  await withStores(options, terminal, async ({ runs }) => {
    for await (const event of runs.follow(id, { signal: stopped.signal })) {
      terminal.print(options.json === true ? JSON.stringify(event) : lineOf(event))
    }
  })
}

function lineOf(event: RunEvent): string {
  if (event.kind === 'run') {
    const { status, attempt, error } = event.run
    const why = error === null ? '' : `: ${JSON.stringify(error)}`
    return `run ${status}, attempt ${attempt}${why}`
  }
  const { number, name, status, error } = event.step
  const why = error === null ? '' : `: ${JSON.stringify(error)}`
  return `step ${number} ${JSON.stringify(name)} ${status}${why}`
}

async function cancel(id: string, options: OrganizationOptions, terminal: Terminal) {
  const run = await withStores(options, terminal, ({ runs }) =>
    runs.cancel(id, { message: 'cancelled from the command line' }))
  const sentence = `cancelled the run ${run.id}`
  terminal.print(told(run, options.json === true ? undefined : sentence))
}

async function rerun(id: string, options: RerunOptions, terminal: Terminal): Promise<void> {
  const { fromStep, input } = options
  const run = await withStores(options, terminal, ({ runs }) => runs.rerun(id, {
    ...(fromStep === undefined ? {} : { fromStep: numberOf('--from-step', fromStep) }),
    ...(input === undefined ? {} : { input: jsonOf('--input', input) }),
  }))
  const kept = fromStep === undefined ? '' : ` with ${run.stepCount} steps of it`
  const sentence = `made the run ${run.id} of ${run.parentRunId}${kept}`
  terminal.print(told(run, options.json === true ? undefined : sentence))
}

function told({ id, status }: WorkflowRun, sentence: string | undefined): string {
  return sentence ?? JSON.stringify({ id, status })
}
