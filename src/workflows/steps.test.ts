import { expect, it } from 'vitest'
import { type JsonValue } from '../database/json.js'
import { InvalidInput } from '../errors.js'
import { contract, type ContractWorld } from '../testing/index.js'
import {
  type NewStep, type RunEvent, RunStatusConflict, type RunStore, StepFinished, StepKeyTaken,
  StepNotFound, type WorkflowStep,
} from './index.js'

const hard = '\u0000 \ud800 \ufdd0 é'
const fifty = Array.from({ length: 50 }, (_, index) => index)

/** A running run. */
async function begun({ organization }: Pick<ContractWorld, 'organization'>) {
  const { workflows, runs } = organization
  const { id: workflow } = await workflows.create({ name: 'x' })
  await workflows.createVersion(workflow, { graph: 1 })
  const make = async () => (await runs.start((await runs.create(workflow, { queue: null })).id)).id
  return { workflow, runs, steps: runs.steps, make, id: await make() }
}

async function numbersOf(runs: RunStore, id: string): Promise<number[]> {
  const numbers: number[] = []
  for (let cursor: string | undefined; ;) {
    const page = await runs.steps.list(id, { limit: 30, ...(cursor ? { cursor } : {}) })
    numbers.push(...page.data.map(({ number }) => number))
    if (page.nextCursor === null) return numbers
    cursor = page.nextCursor
  }
}

const dense = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

contract('steps of runs', (open) => {
  it('come back as they were appended, in order', async () => {
    const { runs, steps, id } = await begun(await open())
    const at = '2026-01-31T12:00:00.000001Z'
    const given: NewStep[] = [
      {
        name: hard, key: hard, attempt: 3, input: { [hard]: -0 }, output: [hard],
        metadata: { [hard]: 1 }, tokensUsed: 0, costUsd: '0.00125', spanId: 'ab'.repeat(8),
        startedAt: at, finishedAt: at,
      },
      { name: 'b', status: 'failed', error: hard },
      { name: 'c', status: 'running', tokensUsed: 5 },
      { name: 'd', output: false as JsonValue },
    ]
    const made = [await steps.append(id, given[0]!), ...await steps.appendMany(id, given.slice(1))]
    expect(made[0]).toStrictEqual({
      ...given[0], organizationId: made[0]!.organizationId, runId: id, number: 1, runAttempt: 1,
      status: 'succeeded', error: null,
    })
    expect(made.map(({ number, status }) => [number, status])).toEqual([
      [1, 'succeeded'], [2, 'failed'], [3, 'running'], [4, 'succeeded'],
    ])
    expect(made[2]).toMatchObject({ finishedAt: null, tokensUsed: 5, output: null })
    expect((await steps.list(id)).data).toStrictEqual(made)
    expect(await steps.get(id.toUpperCase(), 1)).toStrictEqual(made[0])
    expect((await steps.list(id, { after: 2 })).data).toStrictEqual(made.slice(2))
    expect((await runs.get(id)).stepCount).toBe(4)
    expect(await steps.findByKey(id, hard)).toStrictEqual(made[0])
    expect(await steps.findByKey(id, 'none')).toBeUndefined()
  })

  it('are numbered without gaps by 50 writers at once, in one process and two', async () => {
    const world = await open()
    const { runs, steps, id, make } = await begun(world)
    const other = world.isLasting ? await world.another() : world.holdfast
    const stores = [steps, other.organization(world.organizationId).runs.steps]
    const ids = [id, await make(), await make()]
    const made = await Promise.all(fifty.map((index) => stores[index % 2]!.appendMany(
      ids[index % 3]!, fifty.slice(0, 1 + index % 4).map((each) => ({ name: `${index}.${each}` })),
    )))
    for (const run of ids) {
      const numbers = await numbersOf(runs, run)
      expect(numbers).toEqual(dense(numbers.length))
      expect((await runs.get(run)).stepCount).toBe(numbers.length)
    }
    // The steps of one call follow each other.
    for (const steps of made) {
      expect(steps.map(({ number }) => number - steps[0]!.number))
        .toEqual(steps.map((_, index) => index))
    }
    const all = made.flat().map(({ runId, number }) => `${runId} ${number}`)
    expect(new Set(all).size).toBe(all.length)
  })

  it('of one call in vain take nothing from the calls beside it', async () => {
    const { runs, steps, id, make } = await begun(await open())
    const over = await make()
    await runs.succeed(over)
    await steps.append(id, { name: 'x', key: 'once' })
    const results = await Promise.allSettled([
      steps.append(id, { name: 'a' }), steps.append(over, { name: 'b' }),
      steps.append(id, { name: 'c', key: 'once' }), steps.append(id, { name: 'd' }),
      steps.append(id, { name: 'e' }, { runAttempt: 2 }), steps.append(id, { name: 'f' }),
    ])
    expect(results.map((each) => (each.status === 'fulfilled'
      ? each.value.name
      : (each.reason as { code: string }).code)))
      .toEqual(['a', 'run_status_conflict', 'step_key_taken', 'd', 'run_attempt_stale', 'f'])
    const { data } = await steps.list(id)
    expect(data.map(({ number }) => number)).toEqual([1, 2, 3, 4])
    expect((await runs.get(over)).stepCount).toBe(0)
  })

  it('succeed once of a key, whoever tries at the same time', async () => {
    const world = await open()
    const { steps, id } = await begun(world)
    const other = world.isLasting ? await world.another() : world.holdfast
    const stores = [steps, other.organization(world.organizationId).runs.steps]
    const tries = await Promise.allSettled(fifty.slice(0, 20).map((index) =>
      stores[index % 2]!.append(id, { name: 'x', key: 'k', output: index })))
    const won = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    expect(won).toHaveLength(1)
    const lost = tries.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    expect(lost).toEqual(Array.from({ length: 19 }, () => expect.any(StepKeyTaken)))
    expect(await steps.findByKey(id, 'k')).toStrictEqual(won[0])
    // One that failed, or runs, takes no key.
    await steps.append(id, { name: 'x', key: 'k', status: 'failed' })
    const { number } = await steps.append(id, { name: 'x', key: 'k', status: 'running' })
    expect(number).toBe(3)
    await expect(steps.finish(id, number)).rejects.toThrow(StepKeyTaken)
  })

  it('that run are ended once', async () => {
    const { runs, steps, id } = await begun(await open())
    const { number } = await steps.append(id, { name: 'x', status: 'running', costUsd: '0.1' })
    const ends = await Promise.allSettled(fifty.slice(0, 20).map((index) =>
      steps.finish(id, number, {
        output: index, tokensUsed: index, status: 'failed', error: hard,
      })))
    const won = ends.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    expect(won).toHaveLength(1)
    expect(await steps.get(id, number)).toStrictEqual(won[0])
    expect(won[0]).toMatchObject({ status: 'failed', error: hard, costUsd: '0.1' })
    await expect(steps.finish(id, number)).rejects.toThrow(StepFinished)
    await expect(steps.finish(id, 2)).rejects.toThrow(StepNotFound)
    const open2 = await steps.append(id, { name: 'y', status: 'running' })
    await expect(steps.finish(id, open2.number, { runAttempt: 2 })).rejects.toThrow('attempt 1')
    await runs.cancel(id)
    await expect(steps.finish(id, open2.number)).rejects.toThrow(StepFinished)
  })

  it('that nobody will end are closed with their run or attempt', async () => {
    const { runs, steps, id } = await begun(await open())
    const running = () => steps.append(id, { name: 'x', status: 'running' })
    const first = await running()
    await runs.fail(id, 'no', { retry: true })
    await runs.start(id)
    const second = await running()
    await runs.start(id, { attempt: 5 })
    const third = await running()
    expect(await steps.get(id, third.number)).toMatchObject({ status: 'running', runAttempt: 5 })
    await runs.succeed(id)
    for (const { number } of [first, second, third]) {
      expect(await steps.get(id, number))
        .toMatchObject({ status: 'cancelled', finishedAt: expect.any(String) })
    }
    await expect(running()).rejects.toThrow(RunStatusConflict)
  })

  it('stand or fall with the transaction of their caller', async () => {
    const world = await open()
    const { steps, id, runs } = await begun(world)
    const inTransaction = (fails: boolean) => world.holdfast.transaction(async (transaction) => {
      const stores = transaction.organization(world.organizationId)
      await stores.runs.steps.append(id, { name: 'x' })
      await stores.conversations.create({ title: 'beside it' })
      if (fails) throw new Error('on purpose')
    })
    await expect(inTransaction(true)).rejects.toThrow('on purpose')
    expect((await runs.get(id)).stepCount).toBe(0)
    await inTransaction(false)
    expect((await steps.list(id)).data.map(({ number }) => number)).toEqual([1])
    expect((await world.organization.conversations.list()).data).toHaveLength(1)
  })

  it('refuse what breaks a rule, and append nothing', async () => {
    const { steps, id } = await begun(await open())
    const name = 'x'
    const refused: readonly (readonly [object, string])[] = [
      [{}, 'name'], [{ name: '' }, 'name'], [{ name, key: '' }, 'key'],
      [{ name, status: 'done' }, 'status'], [{ name, attempt: 0 }, 'attempt'],
      [{ name, tokensUsed: -1 }, 'tokens_used'], [{ name, costUsd: '1,0' }, 'cost_usd'],
      [{ name, spanId: '0'.repeat(16) }, 'span_id'], [{ name, metadata: [] }, 'metadata'],
      [{ name, output: 'x'.repeat(1024 * 1024) }, 'output'],
      [{ name, error: 'x'.repeat(64 * 1024) }, 'error'],
      [{ name, status: 'running', output: 1 }, 'status'], [{ name, startedAt: 'x' }, 'started_at'],
    ]
    for (const [given, field] of refused) {
      const error = await steps.append(id, given as NewStep).catch((one: unknown) => one)
      expect([given, (error as { field: string }).field]).toEqual([given, field])
      await expect(steps.appendMany(id, [{ name }, given as NewStep]))
        .rejects.toMatchObject({ field: `steps[1].${field}` })
    }
    await expect(steps.appendMany(id, [])).rejects.toThrow(InvalidInput)
    await expect(steps.finish(id, 1, { status: 'running' as never }))
      .rejects.toMatchObject({ field: 'status' })
    expect((await steps.list(id)).data).toEqual([])
  })
})

/** Events in short. */
const short = (event: RunEvent) => (event.kind === 'run'
  ? event.run.status
  : `${event.step.name} ${event.step.status}`)

contract('large steps', (open) => {
  it('come in pages that end early, and none is left out', async () => {
    const { runs, steps, id } = await begun(await open())
    const output = 'x'.repeat(1_000_000)
    for (let count = 0; count < 20; count += 1) await steps.append(id, { name: 's', output })
    const page = await steps.list(id, { limit: 50 })
    expect(page.data.length).toBeLessThan(20)
    expect(page.data.every((step) => step.output === output)).toBe(true)
    expect(await numbersOf(runs, id)).toEqual(dense(20))
  })
})

contract('who follows a run', (open) => {
  it('hears of each step and status once and in order, and of the end last', async () => {
    const world = await open()
    const { runs, steps, id } = await begun(world)
    const heard: string[] = []
    const following = (async () => {
      for await (const event of runs.follow(id)) heard.push(short(event))
    })()
    await steps.append(id, { name: 'a' })
    const { number } = await steps.append(id, { name: 'b', status: 'running' })
    await steps.append(id, { name: 'c' })
    while (!heard.includes('c succeeded')) await new Promise((done) => setTimeout(done, 5))
    await steps.finish(id, number)
    await steps.append(id, { name: 'd' })
    await runs.succeed(id)
    await following
    expect(heard.filter((each) => !each.startsWith('b')))
      .toEqual(['running', 'a succeeded', 'c succeeded', 'd succeeded', 'succeeded'])
    expect(heard.filter((each) => each.startsWith('b'))).toEqual(['b running', 'b succeeded'])
  })

  it('goes on behind the last event seen, and misses nothing', async () => {
    const { runs, steps, id } = await begun(await open())
    const { number } = await steps.append(id, { name: 'a', status: 'running' })
    await steps.append(id, { name: 'b' })
    const part = async (after?: string) => {
      const events: RunEvent[] = []
      for await (const event of runs.follow(id, { after, live: false })) events.push(event)
      return events
    }
    const first = await part()
    expect(first.map(short)).toEqual(['running', 'a running', 'b succeeded'])
    expect((await part(first.at(-1)!.id)).map(short)).toEqual(['running'])
    await steps.finish(id, number, { status: 'failed' })
    await steps.append(id, { name: 'c' })
    const second = await part(first.at(-1)!.id)
    expect(second.map(short)).toEqual(['running', 'a failed', 'c succeeded'])
    expect((await part(first[1]!.id)).map(short))
      .toEqual(['running', 'a failed', 'b succeeded', 'c succeeded'])
    await expect(part('x')).rejects.toMatchObject({ field: 'after' })
    await runs.cancel(id)
    expect((await part(second.at(-1)!.id)).map(short)).toEqual(['cancelled'])
  })

  it('stops when nobody listens any more', async () => {
    const { runs, id } = await begun(await open())
    const gone = new AbortController()
    const events: (WorkflowStep | string)[] = []
    const following = (async () => {
      for await (const event of runs.follow(id, { signal: gone.signal })) events.push(short(event))
    })()
    while (events.length === 0) await new Promise((done) => setTimeout(done, 5))
    gone.abort()
    await following
    expect(events).toEqual(['running'])
  })
})
