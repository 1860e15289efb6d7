import { type Command } from 'commander'
import { presentRun, presentStep, type RunEvent, type WorkflowRun } from '../workflows/index.js'
import {
  jsonOf, numberOf, type OrganizationOptions, withOrganization, withStores,
} from './in-organization.js'
import { addRunList } from './run-list.js'
import { showRun, summaryOf } from './run-show.js'
import { whileWatched } from './stop-signal.js'
import { type Terminal } from './terminal.js'

interface RerunOptions extends OrganizationOptions {
  readonly fromStep?: string
  readonly input?: string
  readonly at?: string
  readonly configuration?: string
}

/** Adds `run list`, `show`, `tail`, `cancel` and `rerun`. */
export function addRun(program: Command, terminal: Terminal): void {
  const run = program.command('run').description('look at runs of workflows and change them')
  addRunList(run, terminal)
  withOrganization(run.command('show <run>'))
    .description('show a run and its steps')
    .action((id: string, options: OrganizationOptions) => showRun(id, options, terminal))
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
    .option('--at <version>', 'another version, by its number, with its own configuration')
    .option('--configuration <json>', 'another configuration, an object')
    .action((id: string, options: RerunOptions) => rerun(id, options, terminal))
}

async function tail(id: string, options: OrganizationOptions, terminal: Terminal): Promise<void> {
  await whileWatched(terminal, (signal) => withStores(options, terminal, async ({ runs }) => {
    for await (const event of runs.follow(id, { signal })) {
      terminal.print(options.json === true ? JSON.stringify(presentEvent(event)) : lineOf(event))
    }
  }))
}

function lineOf(event: RunEvent): string {
  if (event.kind === 'run') {
    const { status, attempt, error } = event.run
    const why = error === null ? '' : `: ${JSON.stringify(error)}`
    return `run ${status}, attempt ${attempt}${why}`
  }
  return summaryOf(event.step)
}

function presentEvent(event: RunEvent) {
  const { kind, id } = event
  return kind === 'run'
    ? { kind, id, run: presentRun(event.run) }
    : { kind, id, step: presentStep(event.step) }
}

async function cancel(id: string, options: OrganizationOptions, terminal: Terminal) {
  const run = await withStores(options, terminal, ({ runs }) =>
    runs.cancel(id, { message: 'cancelled from the command line' }))
  const sentence = `cancelled the run ${run.id}`
  terminal.print(told(run, options.json === true ? undefined : sentence))
}

async function rerun(id: string, options: RerunOptions, terminal: Terminal): Promise<void> {
  const { fromStep, input, at, configuration } = options
  const run = await withStores(options, terminal, ({ runs }) => runs.rerun(id, {
    ...(fromStep === undefined ? {} : { fromStep: numberOf('--from-step', fromStep) }),
    ...(input === undefined ? {} : { input: jsonOf('--input', input) }),
    ...(at === undefined ? {} : { version: numberOf('--at', at) }),
    ...(configuration === undefined
      ? {}
      : { configuration: jsonOf('--configuration', configuration) }),
  }))
  const kept = fromStep === undefined ? '' : ` with ${run.stepCount} steps of it`
  const sentence = `made the run ${run.id} of ${run.parentRunId}${kept}`
  terminal.print(told(run, options.json === true ? undefined : sentence))
}

function told({ id, status }: WorkflowRun, sentence: string | undefined): string {
  return sentence ?? JSON.stringify({ id, status })
}
