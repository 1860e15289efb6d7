import fc from 'fast-check'
import { expect, it } from 'vitest'
import { valuesWanted } from '../testing/arbitraries.test.harness.js'
import { contract, type ContractWorld } from '../testing/contract.js'
import { commandOf } from '../testing/model-command.test.harness.js'
import { decimalOf, picosPerUnit, costOf } from './cost.js'
import { Zone } from './days.js'
import {
  type NewUsageEvent, type UsageDimension, type UsageGroup, type UsageMetric, type UsageStore,
} from './index.js'

/** What a plain program would do: keep all events, and look at each. */
interface Model {
  readonly events: Map<string, NewUsageEvent>
}

interface World {
  readonly usage: UsageStore
  readonly holdfast: ContractWorld['holdfast']
  readonly counted: { commands: number }
}

const users = ['00000000-0000-4000-8000-00000000000a', 'f0000000-0000-4000-8000-00000000000b']
const ids = Array.from({ length: 60 }, (_, index) =>
  `00000000-0000-4000-9000-${String(index).padStart(12, '0')}`)

const firstMs = Date.parse('2026-03-27T00:00:00Z')
const occurred = fc.integer({ min: 0, max: 4 * 96 - 1 }).map((quarter) =>
  `${new Date(firstMs + quarter * 900_000 + 123).toISOString().slice(0, -1)}456Z`)
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null })

const event: fc.Arbitrary<NewUsageEvent> = fc.record({
  type: fc.constantFrom('model_call', 'tool', 'Z'),
  userId: orNull(fc.constantFrom(...users)),
  model: orNull(fc.constantFrom('a', 'B', 'é', '\ufffd', '\u{10000}')),
  tokensIn: fc.integer({ min: 0, max: 1_000_000_000 }),
  tokensOut: fc.integer({ min: 0, max: 5 }),
  costUsd: fc.constantFrom('0', '0.000000000001', '0.999999999999', '12.5', '999999999.1'),
  durationMs: orNull(fc.integer({ min: 0, max: 100_000 })),
  occurredAt: occurred,
})

const question = fc.record({
  by: fc.uniqueArray(fc.constantFrom<UsageDimension>('day', 'user', 'model', 'type')),
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/Los_Angeles'),
  firstDay: fc.constantFrom('2026-03-26', '2026-03-28'),
  lastDay: fc.constantFrom('2026-03-28', '2026-03-29', '2026-03-31'),
  userId: fc.option(fc.constantFrom(...users), { nil: undefined }),
  model: fc.option(fc.constantFrom('a', 'é'), { nil: undefined }),
  type: fc.option(fc.constantFrom('tool'), { nil: undefined }),
})
type Question = typeof question extends fc.Arbitrary<infer Q> ? Q : never

const record = commandOf('record',
  fc.array(fc.tuple(fc.constantFrom(...ids), event), { minLength: 1, maxLength: 4 }),
  (given) => async (model: Model, { usage }: World) => {
    // An id that is recorded already says what it said.
    const events = new Map(given.map(([id, each]) => [id, model.events.get(id) ?? each]))
    const answers = await usage.recordMany([...events].map(([id, each]) => ({ id, ...each })))
    expect(answers.map(({ id, isDuplicate }) => [id, isDuplicate]))
      .toEqual([...events.keys()].map((id) => [id, model.events.has(id)]))
    for (const [id, each] of events) model.events.set(id, each)
  })

const rollUp = commandOf('rollUp', fc.constant(null), () =>
  async (_: Model, { holdfast }: World) => {
    await holdfast.usageKeeper().pass()
  })

const forget = commandOf('forget', fc.constantFrom(...users), (user) =>
  async (model: Model, { usage }: World) => {
    const theirs = [...model.events].filter(([, { userId }]) => userId === user)
    expect(await usage.forgetUser(user)).toBe(theirs.length)
    // The ids are free again; what they said counts as nobody’s.
    for (const [id, each] of theirs) {
      model.events.delete(id)
      model.events.set(`gone ${model.events.size} ${id}`, { ...each, userId: null })
    }
  })

const ask = commandOf('ask', question, (asked) => async (model: Model, { usage }: World) => {
  const expected = groupsOf([...model.events.values()], asked)
  const found: UsageGroup[] = []
  for (let cursor: string | undefined; ;) {
    const page = await usage.summarize({ ...asked, latency: true, limit: 2, cursor })
    found.push(...page.data)
    if (page.nextCursor === null) break
    cursor = page.nextCursor
  }
  expect(found.map(({ latency, ...group }) => group)).toEqual(expected.map(({ group }) => group))
  found.forEach(({ latency }, index) => {
    const { durations } = expected[index]!
    expect(latency === null).toBe(durations.length === 0)
    if (!latency) return
    expect(latency.events).toBe(durations.length)
    const exact = durations[Math.ceil(0.9 * durations.length) - 1]!
    expect(Math.abs(latency.p90Ms - exact)).toBeLessThanOrEqual(exact / 32)
  })
})

const top = commandOf('top',
  fc.tuple(question, fc.constantFrom<UsageMetric>('events', 'tokens', 'cost', 'duration')),
  ([asked, of]) => async (model: Model, { usage }: World) => {
    const value = ({ group }: Expected) => ({
      events: BigInt(group.events), tokens: BigInt(group.tokensIn + group.tokensOut),
      duration: BigInt(group.durationMs), cost: picosOf(group.costUsd),
    })[of as 'events']
    // Sorting is stable: equal ones stay in the order of their keys.
    const expected = groupsOf([...model.events.values()], asked)
      .toSorted((a, b) => (value(b) > value(a) ? 1 : value(b) < value(a) ? -1 : 0))
    expect(await usage.top({ ...asked, of, limit: 3 }))
      .toEqual(expected.slice(0, 3).map(({ group }) => group))
  })

interface Expected {
  readonly key: readonly string[]
  readonly group: UsageGroup
  readonly durations: number[]
}

const picosOf = (decimal: string) => {
  const [units = '0', fraction = ''] = decimal.split('.')
  return BigInt(units) * BigInt(picosPerUnit) + BigInt(fraction.padEnd(12, '0'))
}

/** Compares as databases do: by bytes of UTF-8, which is by code points. */
const inBytes = (a: readonly string[], b: readonly string[]): number => {
  for (let index = 0; index < a.length; index++) {
    const order = Buffer.compare(Buffer.from(a[index]!), Buffer.from(b[index]!))
    if (order !== 0) return order
  }
  return 0
}

function groupsOf(events: readonly NewUsageEvent[], asked: Question): Expected[] {
  const zone = new Zone(asked.timeZone)
  const has = (each: UsageDimension) => asked.by.includes(each)
  const groups = new Map<string, { key: string[]; events: NewUsageEvent[] }>()
  if (asked.by.length === 0) groups.set('[]', { key: [], events: [] })
  for (const each of events) {
    const day = zone.dayAt(Date.parse(each.occurredAt!))
    if (day < asked.firstDay || day > asked.lastDay) continue
    if (asked.userId !== undefined && each.userId !== asked.userId) continue
    if (asked.model !== undefined && each.model !== asked.model) continue
    if (asked.type !== undefined && each.type !== asked.type) continue
    const key = [
      ...(has('day') ? [day] : []), ...(has('user') ? [each.userId ?? ''] : []),
      ...(has('model') ? [each.model ?? ''] : []), ...(has('type') ? [each.type] : []),
    ]
    const group = groups.get(JSON.stringify(key)) ?? { key, events: [] }
    groups.set(JSON.stringify(key), group)
    group.events.push(each)
  }
  return [...groups.values()].sort((a, b) => inBytes(a.key, b.key))
    .map((group) => expectedOf(group, zone, has))
}

function expectedOf(
  { key, events }: { key: string[]; events: NewUsageEvent[] },
  zone: Zone,
  has: (dimension: UsageDimension) => boolean,
): Expected {
  const [first] = events
  const sum = (value: (each: NewUsageEvent) => number) =>
    events.reduce((total, each) => total + value(each), 0)
  const costs = events.map(({ costUsd }) => costOf(costUsd!))
  const durations = events.flatMap(({ durationMs }) => durationMs ?? [])
  const group = {
    ...(has('day') ? { day: zone.dayAt(Date.parse(first!.occurredAt!)) } : {}),
    ...(has('user') ? { userId: first!.userId! } : {}),
    ...(has('model') ? { model: first!.model! } : {}),
    ...(has('type') ? { type: first!.type } : {}),
    events: events.length,
    tokensIn: sum(({ tokensIn }) => tokensIn!),
    tokensOut: sum(({ tokensOut }) => tokensOut!),
    costUsd: decimalOf(
      costs.reduce((total, { costUnits }) => total + BigInt(costUnits), 0n),
      costs.reduce((total, { costPicos }) => total + BigInt(costPicos), 0n)),
    durationMs: durations.reduce((total, each) => total + each, 0),
  }
  return { key, group, durations: durations.toSorted((a, b) => a - b) }
}

contract('usage', (open) => {
  it('is what a look at every event says, whatever was rolled up before', async () => {
    const counted = { commands: 0 }
    const { another } = await open()
    const holdfast = await another({ backgroundIndexing: false })
    const commands = fc.commands(
      [record, record, record, rollUp, forget, ask, ask, top], { maxCommands: 40, size: 'max' })
    const seed = Number(process.env.HOLDFAST_TEST_SEED ?? Date.now() % 2 ** 31)
    await fc.assert(fc.asyncProperty(commands, async (plan) => {
      const { id } = await holdfast.organizations.create({ name: 'Ours' })
      const { usage } = holdfast.organization(id)
      await fc.asyncModelRun(
        () => ({ model: { events: new Map() }, real: { usage, holdfast, counted } }), plan)
    }), { numRuns: Math.ceil(valuesWanted(500) / 20), seed })
    console.info(JSON.stringify({ usageCommands: counted.commands, seed }))
  }, 600_000)
})
