import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { HoldfastError } from '../errors.js'
import { valuesWanted } from '../testing/arbitraries.test.harness.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { commandOf, type Counted, type ModelStep } from '../testing/model-command.test.harness.js'
import { type ModelJob, QueueModel } from '../testing/queue-model.test.harness.js'
import { QueueStore } from './index.js'
import { type Job, jobStates, type QueueTables } from './tables.js'

/** The stores under test, and what the model's words mean there. */
interface World extends Counted {
  readonly holdfast: ContractWorld['holdfast']
  readonly database: Database<QueueTables>
  readonly organizationId: string
  readonly queues: QueueStore
  /** Queues of this run alone, so that a claim over all organizations finds nobody else's. */
  readonly names: readonly string[]
}

type Step = ModelStep<QueueModel, World>

/** After each command the database must stand as the model says. */
const command = <T>(name: string, given: fc.Arbitrary<T>, step: (given: T) => Step) =>
  commandOf<T, QueueModel, World>(name, given, (value) => async (model, world) => {
    await step(value)(model, world)
    expect(await standing(world)).toEqual(expected(model))
  })

/** Every job and key as the database has them. */
async function standing({ database, organizationId }: World) {
  const jobs = await database.all(database.write.selectFrom('jobs')
    .select(['id', 'state', 'attempt', 'failures', 'crashes', 'holds_key', 'cancelled_at'])
    .where('organization_id', '=', organizationId as never).orderBy('id'))
  const keys = await database.all(database.write.selectFrom('job_keys')
    .select(['queue', 'key']).where('organization_id', '=', organizationId as never))
  return {
    jobs: jobs.map((row) => [
      row.id, row.state, Number(row.attempt), Number(row.failures), Number(row.crashes),
      row.holds_key as unknown === 't' || row.holds_key as unknown === 1, row.cancelled_at !== null,
    ]),
    keys: keys.map(({ queue, key }) => `${queue} ${key}`).sort(),
  }
}

function expected(model: QueueModel) {
  return {
    jobs: model.jobs.map((job) => [
      job.id, job.state, job.attempt, job.failures, job.crashes, job.holds, job.cancelled,
    ]),
    keys: model.keys,
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

const some = <T>(list: readonly T[], index: number): T | undefined => list[index % list.length]

const job = fc.record({
  count: fc.integer({ min: 1, max: 3 }),
  queue: fc.nat(1),
  priority: fc.constantFrom(0, 0, 1, -1),
  key: fc.constantFrom(null, 'a', 'a', 'b'),
  dedupeKey: fc.constantFrom(null, null, null, 'd', 'e'),
  payload: fc.nat(1),
  isLater: fc.constantFrom(false, false, false, true),
  attemptsMax: fc.integer({ min: 1, max: 3 }),
  crashesMax: fc.integer({ min: 1, max: 2 }),
})

const laterMs = 3_600_000

const enqueue = command('enqueue', job, (given) => async (model, { queues, names }) => {
  const { count, isLater, key, ...rest } = given
  const queue = names[given.queue]!
  const wanted = {
    ...rest, concurrencyKey: key, ...(isLater ? { delayMs: laterMs } : {}),
  }
  if (given.dedupeKey === null) {
    const made = await queues.enqueueMany(queue, Array.from({ length: count }, () => wanted))
    for (const { id } of made) model.enqueue({ ...rest, id, queue, key }, isLater)
    expect(made.map(({ state }) => state)).toEqual(model.jobs.slice(-count).map((j) => j.state))
    return
  }
  const earlier = model.earlier(queue, given.dedupeKey)
  if (earlier !== undefined && earlier.payload !== given.payload) {
    expect(await verdictOf(queues.enqueue(queue, wanted))).toBe('dedupe_key_reused')
    return
  }
  const { id } = await queues.enqueue(queue, wanted)
  if (earlier === undefined) model.enqueue({ ...rest, id, queue, key }, isLater)
  else expect(id).toBe(earlier.id)
})

const claimed = (jobs: readonly Job[]) => jobs.map(({ id, attempt }) => [id, attempt])

const claim = command(
  'claim', fc.tuple(fc.nat(1), fc.integer({ min: 1, max: 4 })),
  ([index, limit]) => async (model, { queues, names }) => {
    const queue = names[index]!
    const given = model.ready(queue).slice(0, limit)
    given.forEach((each) => model.claim(each))
    const jobs = await queues.claim(queue, { worker: 'w', limit, leaseSeconds: 3_600 })
    expect(claimed(jobs)).toEqual(claimed(given as unknown as Job[]))
  })

const claimAny = command('claimAny', fc.integer({ min: 1, max: 5 }), (limit) =>
  async (model, { holdfast, names }) => {
    const ready = names.map((name) => model.ready(name))
    const jobs = await holdfast.jobs.claimAny({
      queues: names, worker: 'w', limit, leaseSeconds: 3_600,
    })
    expect(jobs.length).toBe(Math.min(limit, ready.flat().length))
    for (const own of ready) {
      const given = jobs.filter(({ queue }) => queue === own[0]?.queue)
      const first = own.slice(0, given.length)
      first.forEach((each) => model.claim(each))
      expect(claimed(given)).toEqual(claimed(first as unknown as Job[]))
    }
  })

/** A job that was claimed once, and mostly its latest attempt. */
const attempt = fc.record({
  index: fc.nat(), offset: fc.constantFrom(0, 0, 0, 0, -1, 1), isKeyKnown: fc.boolean(),
})

type Picked = { index: number; offset: number; isKeyKnown: boolean }

function attemptOf(model: QueueModel, { index, offset, isKeyKnown }: Picked) {
  const active = model.jobs.filter(({ state }) => state === 'active')
  const claimedOnce = model.jobs.filter((each) => each.attempt > 0)
  const target = some(index % 4 > 0 && active.length > 0 ? active : claimedOnce, index)
  if (target === undefined) return undefined
  const hint = isKeyKnown ? { concurrencyKey: target.key } : {}
  return { target, given: { id: target.id, attempt: target.attempt + offset, ...hint } }
}

const complete = command('complete', attempt, (picked) => async (model, { queues }) => {
  const found = attemptOf(model, picked)
  if (found === undefined) return
  const verdict = await verdictOf(queues.complete(found.given, 1))
  expect(verdict).toBe(model.complete(found.target, found.given.attempt))
})

const failure = fc.record({ retry: fc.constantFrom(true, true, false), isLater: fc.boolean() })

const fail = command('fail', fc.tuple(attempt, failure), ([picked, how]) =>
  async (model, { queues }) => {
    const found = attemptOf(model, picked)
    if (found === undefined) return
    const delayMs = how.isLater ? laterMs : 0
    const verdict = await verdictOf(queues.fail(found.given, 'no', { retry: how.retry, delayMs }))
    expect(verdict).toBe(model.fail(found.target, found.given.attempt, how))
  })

const release = command('release', fc.tuple(attempt, fc.boolean()), ([picked, isLater]) =>
  async (model, { queues }) => {
    const found = attemptOf(model, picked)
    if (found === undefined) return
    const delayMs = isLater ? laterMs : 0
    expect(await verdictOf(queues.release(found.given, { delayMs })))
      .toBe(model.release(found.target, found.given.attempt, isLater))
  })

const extend = command('extend', attempt, (picked) => async (model, { queues }) => {
  const found = attemptOf(model, picked)
  if (found === undefined) return
  const beat = queues.extend(found.given, { leaseSeconds: 3_600, progress: 1 })
  const verdict = await verdictOf(beat)
  expect(verdict).toBe(model.extend(found.target, found.given.attempt))
  if (verdict === 'done') expect((await beat).cancelled).toBe(found.target.cancelled)
})

/** Ages a row by SQL, and sweeps. */
async function age(world: World, target: ModelJob, column: 'lease_expires_at' | 'run_at') {
  const { database, holdfast } = world
  await database.run(database.write.updateTable('jobs')
    .set({ [column]: database.engine.now(-1_000) }).where('id', '=', target.id as never))
  await holdfast.jobs.sweep()
}

const expire = command('expire', fc.nat(), (index) => async (model, world) => {
  const target = some(model.jobs.filter(({ state }) => state === 'active'), index)
  if (target === undefined) return
  await age(world, target, 'lease_expires_at')
  model.expire(target)
})

const due = command('due', fc.nat(), (index) => async (model, world) => {
  const target = some(model.jobs.filter(({ state }) => state === 'scheduled'), index)
  if (target === undefined) return
  await age(world, target, 'run_at')
  model.due(target)
})

const cancel = command('cancel', fc.nat(), (index) => async (model, { queues }) => {
  const target = some(model.jobs, index)
  if (target === undefined) return
  expect(await verdictOf(queues.cancel(target.id))).toBe(model.cancel(target))
})

const pause = command('pause', fc.tuple(fc.nat(1), fc.boolean()), ([index, paused]) =>
  async (model, { queues, names }) => {
    await (paused ? queues.pause(names[index]!) : queues.resume(names[index]!))
    if (paused) model.paused.add(names[index]!)
    else model.paused.delete(names[index]!)
  })

const concurrency = command(
  'concurrency', fc.tuple(fc.nat(1), fc.integer({ min: 1, max: 3 })),
  ([index, concurrencyPerKey]) => async (model, { queues, names }) => {
    await queues.configure(names[index]!, { concurrencyPerKey })
    model.setConcurrency(names[index]!, concurrencyPerKey)
  })

const redrive = command('redrive', fc.nat(1), (index) => async (model, { queues, names }) => {
  expect(await queues.redrive(names[index]!)).toBe(model.redrive(names[index]!))
})

const purge = command(
  'purge', fc.tuple(fc.nat(1), fc.subarray([...jobStates], { minLength: 1, maxLength: 2 })),
  ([index, states]) => async (model, { queues, names }) => {
    expect(await queues.purge(names[index]!, states)).toBe(model.purge(names[index]!, states))
  })

const commands = fc.commands([
  enqueue, enqueue, claim, claim, claimAny, complete, complete, fail, fail, release, extend, expire,
  due, cancel, pause, concurrency, redrive, purge,
], { maxCommands: 60, size: 'max' })

async function worldOf({ holdfast }: ContractWorld, counted: World['counted']): Promise<World> {
  const { id: organizationId } = await holdfast.organizations.create({ name: 'Model' })
  const { queues } = holdfast.organization(organizationId)
  const names = [`${organizationId}-one`, `${organizationId}-two`]
  const database = Database.over<QueueTables>(holdfast.backend).within('all')
  return { holdfast, database, organizationId, queues, names, counted }
}

contract('queues beside their model', (open) => {
  it('agree with it after every command', async () => {
    const wanted = valuesWanted(150)
    const counted = { commands: 0 }
    const contractWorld = await open()
    const property = fc.asyncProperty(commands, async (chosen) => {
      const world = await worldOf(contractWorld, counted)
      await fc.asyncModelRun(() => ({ model: new QueueModel(), real: world }), chosen)
    })
    while (counted.commands < wanted) await fc.assert(property, { numRuns: 10 })
    expect(counted.commands).toBeGreaterThanOrEqual(wanted)
  }, 900_000)
})

