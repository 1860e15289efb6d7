import fc from 'fast-check'
import { expect, it } from 'vitest'
import { HoldfastError } from '../errors.js'
import { valuesWanted } from '../testing/arbitraries.test.harness.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { commandOf, type Counted, type ModelStep } from '../testing/model-command.test.harness.js'
import { type RunStore, type StepStatus, type WorkflowStore } from './index.js'

/** A step as the model has it. */
interface ModelStepRow {
  readonly key: string | null
  readonly output: number
  status: StepStatus
  readonly runAttempt: number
}

/** A run as the model has it. */
interface ModelRun {
  readonly id: string
  readonly version: number
  status: string
  attempt: number
  readonly steps: ModelStepRow[]
}

/** Attempts of a run that says nothing of it. */
const attemptsMax = 3

/** A workflow and its runs, as plain objects. */
class Model {
  handle: string | null = 'flow'
  isArchived = false
  versions: number[] = []
  runs: ModelRun[] = []

  /** The change of a status, or the code of what refuses it. */
  move(
    run: ModelRun,
    from: readonly string[],
    { to, attempt }: { readonly to: string; readonly attempt?: number | undefined },
  ): string {
    if (attempt !== undefined && attempt !== run.attempt) return 'run_attempt_stale'
    if (!from.includes(run.status)) return 'run_status_conflict'
    run.status = to
    this.close(run)
    return 'done'
  }

  close(run: ModelRun): void {
    for (const step of run.steps) {
      const isOwn = run.status === 'running' && step.runAttempt === run.attempt
      if (step.status === 'running' && !isOwn) step.status = 'cancelled'
    }
  }
}

interface World extends Counted {
  readonly workflows: WorkflowStore
  readonly runs: RunStore
  readonly workflow: string
}

type Step = ModelStep<Model, World>

const command = <T>(name: string, given: fc.Arbitrary<T>, step: (given: T) => Step) =>
  commandOf<T, Model, World>(name, given, (value) => async (model, world) => {
    await step(value)(model, world)
    expect(await standing(world)).toEqual({
      versions: [...model.versions].reverse(),
      runs: model.runs.map(({ id, version, status, attempt, steps }) => ({
        id, version, status, attempt,
        steps: steps.map(({ key, status, output, runAttempt }, index) =>
          [index + 1, key, status, output, runAttempt]),
      })),
    })
  })

/** All that the stores show of the workflow and its runs. */
async function standing({ workflows, runs, workflow }: World) {
  const { data: versions } = await workflows.listVersions(workflow, { limit: 200 })
  const { data } = await runs.list({ workflow, limit: 200 })
  return {
    versions: versions.map(({ number }) => number),
    runs: await Promise.all(data.toReversed().map(async (entry) => {
      const { id, version, status, attempt, stepCount } = entry
      const steps = (await runs.steps.list(id, { limit: 200 })).data
      expect(steps).toHaveLength(stepCount)
      return {
        id, version, status, attempt,
        steps: steps.map((step) =>
          [step.number, step.key, step.status, step.input, step.runAttempt]),
      }
    })),
  }
}

async function verdictOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    if (HoldfastError.isInstance(error)) return error.code
    throw error
  }
}

const pick = fc.record({ index: fc.nat(), offset: fc.constantFrom(undefined, 0, 0, -1, 1) })
type Picked = { index: number; offset: number | undefined }

/** A run, and what an attempt of it says. */
function picked(model: Model, { index, offset }: Picked) {
  const run = model.runs[index % Math.max(model.runs.length, 1)]
  if (run === undefined) return undefined
  const attempt = offset === undefined ? undefined : Math.max(1, run.attempt + offset)
  return { run, attempt, speaking: attempt === undefined ? {} : { attempt } }
}

const version = command('version', fc.constant(0), () => async (model, { workflows, workflow }) => {
  const verdict = await verdictOf(workflows.createVersion(workflow, { graph: 1 }))
  expect(verdict).toBe(model.isArchived ? 'workflow_archived' : 'done')
  if (!model.isArchived) model.versions.push(model.versions.length + 1)
})

const archive = command('archive', fc.boolean(), (archived) =>
  async (model, { workflows, workflow }) => {
    await workflows.update(workflow, { archived })
    model.isArchived = archived
    const isFound = (await verdictOf(workflows.get('flow'))) === 'done'
    expect(isFound).toBe(!archived)
  })

const create = command('create', fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  (wanted) => async (model, { runs, workflow }) => {
    const number = wanted ?? model.versions.length
    const expected = model.isArchived ? 'workflow_archived'
      : model.versions.includes(number) ? 'done' : 'workflow_version_not_found'
    const making = runs.create(workflow, { queue: null, version: wanted })
    expect(await verdictOf(making)).toBe(expected)
    if (expected !== 'done') return
    const { id } = await making
    model.runs.push({ id, version: number, status: 'pending', attempt: 0, steps: [] })
  })

const start = command('start', pick, (given) => async (model, { runs }) => {
  const found = picked(model, given)
  if (found === undefined) return
  const { run, attempt } = found
  const verdict = await verdictOf(runs.start(run.id, found.speaking))
  const isOpen = run.status === 'pending' || run.status === 'running'
  const expected = attempt === undefined
    ? (run.status === 'pending' ? 'done' : 'run_status_conflict')
    : !isOpen ? 'run_status_conflict' : attempt > run.attempt ? 'done' : 'run_attempt_stale'
  expect(verdict).toBe(expected)
  if (expected !== 'done') return
  run.status = 'running'
  run.attempt = attempt ?? run.attempt + 1
  model.close(run)
})

const end = command('end', fc.tuple(pick, fc.constantFrom('succeed', 'fail', 'retry')),
  ([given, how]) => async (model, { runs }) => {
    const found = picked(model, given)
    if (found === undefined) return
    const { run: { id }, speaking } = found
    const verdict = await verdictOf(how === 'succeed'
      ? runs.succeed(id, 1, speaking)
      : runs.fail(id, 'no', { ...speaking, retry: how === 'retry' }))
    const waits = how === 'retry' && found.run.attempt < attemptsMax
    const to = how === 'succeed' ? 'succeeded' : waits ? 'pending' : 'failed'
    expect(verdict).toBe(model.move(found.run, ['running'], { to, attempt: found.attempt }))
  })

const cancel = command('cancel', pick, (given) => async (model, { runs }) => {
  const found = picked(model, { ...given, offset: undefined })
  if (found === undefined) return
  expect(await verdictOf(runs.cancel(found.run.id)))
    .toBe(model.move(found.run, ['pending', 'running'], { to: 'cancelled' }))
})

const step = fc.record({
  key: fc.constantFrom(null, null, 'a', 'b'), output: fc.nat(9),
  status: fc.constantFrom<StepStatus>('running', 'succeeded', 'succeeded', 'failed'),
})

const append = command('append', fc.tuple(pick, fc.array(step, { minLength: 1, maxLength: 3 })),
  ([given, steps]) => async (model, { runs }) => {
    const found = picked(model, given)
    if (found === undefined) return
    const { run, attempt } = found
    const verdict = await verdictOf(runs.steps.appendMany(run.id, steps.map((each) => ({
      name: 'x', key: each.key, status: each.status, input: each.output,
    })), attempt === undefined ? {} : { runAttempt: attempt }))
    const keys = [...run.steps, ...steps].flatMap(({ key, status }) =>
      (key !== null && status === 'succeeded' ? [key] : []))
    const isStale = attempt !== undefined && attempt !== run.attempt
    const expected = isStale ? 'run_attempt_stale'
      : run.status !== 'running' ? 'run_status_conflict'
        : new Set(keys).size < keys.length ? 'step_key_taken' : 'done'
    expect(verdict).toBe(expected)
    if (expected !== 'done') return
    run.steps.push(...steps.map((each) => ({ ...each, runAttempt: run.attempt })))
  })

const finish = command('finish', fc.tuple(pick, fc.nat(), fc.boolean()),
  ([given, at, well]) => async (model, { runs }) => {
    const found = picked(model, given)
    if (found === undefined) return
    const { run, attempt } = found
    const number = 1 + at % (run.steps.length + 1)
    const target = run.steps[number - 1]
    const status = well ? 'succeeded' : 'failed'
    const verdict = await verdictOf(runs.steps.finish(run.id, number, {
      status, ...(attempt === undefined ? {} : { runAttempt: attempt }),
    }))
    const isTaken = well && target?.key !== null && run.steps.some((each) =>
      each.key === target?.key && each.status === 'succeeded')
    const isStale = attempt !== undefined && attempt !== run.attempt
    const expected = target === undefined ? 'step_not_found'
      : target.status !== 'running' ? 'step_finished'
        : isStale ? 'run_attempt_stale' : isTaken ? 'step_key_taken' : 'done'
    expect(verdict).toBe(expected)
    if (expected === 'done') target!.status = status
  })

const rerun = command('rerun', fc.tuple(pick, fc.nat()), ([given, at]) =>
  async (model, { runs }) => {
    const found = picked(model, given)
    if (found === undefined) return
    const { run } = found
    const fromStep = 1 + at % (run.steps.length + 2)
    const making = runs.rerun(run.id, { fromStep, queue: null })
    const expected = fromStep > run.steps.length + 1 ? 'invalid_input'
      : model.isArchived ? 'workflow_archived' : 'done'
    expect(await verdictOf(making)).toBe(expected)
    if (expected !== 'done') return
    const kept = run.steps.slice(0, fromStep - 1).filter(({ status }) => status === 'succeeded')
    model.runs.push({
      id: (await making).id, version: run.version, status: 'pending', attempt: 0,
      steps: kept.map((each) => ({ ...each, runAttempt: 0 })),
    })
  })

const commands = fc.commands([
  version, archive, create, create, start, start, start, end, end, cancel, append, append, append,
  finish, finish, rerun,
], { maxCommands: 40, size: 'max' })

async function worldOf({ holdfast }: ContractWorld, counted: World['counted']): Promise<World> {
  const { id } = await holdfast.organizations.create({ name: 'Model' })
  const { workflows, runs } = holdfast.organization(id)
  const { id: workflow } = await workflows.create({ name: 'x', handle: 'flow' })
  return { workflows, runs, workflow, counted }
}

contract('workflows beside their model', (open) => {
  it('agree with it after every command', async () => {
    const wanted = valuesWanted(110)
    const counted = { commands: 0 }
    const contractWorld = await open()
    const property = fc.asyncProperty(commands, async (chosen) => {
      const real = await worldOf(contractWorld, counted)
      await fc.asyncModelRun(() => ({ model: new Model(), real }), chosen)
    })
    while (counted.commands < wanted) await fc.assert(property, { numRuns: 10 })
    expect(counted.commands).toBeGreaterThanOrEqual(wanted)
  }, 900_000)
})
