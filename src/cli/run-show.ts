import { type JsonValue } from '../database/json.js'
import { type OrganizationStores } from '../holdfast.js'
import { presentRun, presentStep, type WorkflowRun, type WorkflowStep } from '../workflows/index.js'
import { type OrganizationOptions, withStores } from './in-organization.js'
import { type Terminal } from './terminal.js'

/** Characters of a value that people are shown; programs get all of it. */
const shownMax = 500

/** Prints a run and all its steps, a page of them at a time. */
export async function showRun(
  id: string, options: OrganizationOptions, terminal: Terminal,
): Promise<void> {
  await withStores(options, terminal, async ({ runs }) => {
    const run = await runs.get(id)
    if (options.json !== true) {
      terminal.print(textOf(run))
      for await (const step of stepsOf(runs, id)) {
        terminal.print(lineOfStep(step))
        await terminal.drained()
      }
      return
    }
    terminal.write(`{"run":${JSON.stringify(presentRun(run))},"steps":[`)
    let comma = ''
    for await (const step of stepsOf(runs, id)) {
      terminal.write(comma + JSON.stringify(presentStep(step)))
      comma = ','
      await terminal.drained()
    }
    terminal.print(']}')
  })
}

async function* stepsOf({ steps }: OrganizationStores['runs'], id: string) {
  for (let cursor: string | undefined; ;) {
    const page = await steps.list(id, { limit: 200, cursor })
    yield* page.data
    if (page.nextCursor === null) return
    cursor = page.nextCursor
  }
}

/** A run for people: what is unknown is left out. */
function textOf(run: WorkflowRun): string {
  const { status, attempt, attemptsMax, queue, jobId, createdBy, stepCount } = run
  const took = run.durationMs === null ? '' : `, took ${run.durationMs} ms`
  const lines: [string, string | null][] = [
    ['run', `${run.id} ${status}, attempt ${attempt} of ${attemptsMax}`],
    ['workflow', `${run.workflowId} version ${run.version}`],
    ['made', `${run.createdAt} by ${JSON.stringify(createdBy)}, ${run.triggerKind}`],
    ['of', run.parentRunId === null ? null : ofParent(run)],
    ['waits in', jobId === null ? null : `${queue} as job ${jobId}`],
    ['began', run.startedAt],
    ['ended', run.finishedAt === null ? null : `${run.finishedAt}${took}`],
    ['tags', shownIfAny(run.tags)],
    ['metadata', shownIfAny(run.metadata)],
    ['configuration', shownIfAny(run.configuration)],
    ['input', shown(run.input)],
    ['output', shownIfAny(run.output)],
    ['error', shownIfAny(run.error)],
    ['steps', String(stepCount)],
  ]
  return lines.filter(([, text]) => text !== null)
    .map(([name, text]) => `${name.padEnd(13)}  ${text}`).join('\n')
}

const ofParent = ({ parentRunId, fromStep }: WorkflowRun): string =>
  `run ${parentRunId}${fromStep === null ? '' : `, from step ${fromStep}`}`

/** A step for people, as `run tail` tells it, with when it was and what came out. */
function lineOfStep(step: WorkflowStep): string {
  const { startedAt, finishedAt, output, attempt } = step
  return [
    `${startedAt}  ${summaryOf(step)}`,
    ...(attempt === 1 ? [] : [`attempt ${attempt}`]),
    ...(finishedAt === null ? [] : [`until ${finishedAt}`]),
    ...(step.tokensUsed === null ? [] : [`${step.tokensUsed} tokens`]),
    ...(step.costUsd === null ? [] : [`${step.costUsd} USD`]),
    ...(output === null ? [] : [shown(output)]),
  ].join(', ')
}

/** A step in a few words, and why it failed. */
export function summaryOf({ number, name, status, error }: WorkflowStep): string {
  const why = error === null ? '' : `: ${JSON.stringify(error)}`
  return `step ${number} ${JSON.stringify(name)} ${status}${why}`
}

const isEmpty = (value: JsonValue): boolean =>
  value === null || (typeof value === 'object' && Object.keys(value).length === 0)

/** Null for what holds nothing. */
function shownIfAny(value: JsonValue): string | null {
  return isEmpty(value) ? null : shown(value)
}

function shown(value: JsonValue): string {
  const text = JSON.stringify(value)
  return text.length <= shownMax ? text : `${text.slice(0, shownMax)}… (--json shows all)`
}
