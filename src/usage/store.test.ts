import { expect, it } from 'vitest'
import { InvalidCursor } from '../database/page.js'
import { InvalidInput, InvalidValue } from '../errors.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { analyze, planOf, watchedBackend } from '../testing/plans.test.harness.js'
import { Database } from '../database/database.js'
import { type Backend, type Statement } from '../database/engine.js'
import {
  type NewUsageEvent, UsageEventConflict, UsageLog, UsageStore, type UsageTables,
} from './index.js'

const call: NewUsageEvent = {
  type: 'model_call', model: 'large', tokensIn: 100, tokensOut: 20, costUsd: '0.0125',
  durationMs: 250, occurredAt: '2026-03-28T12:00:00.000000Z',
}
const march = { firstDay: '2026-03-01', lastDay: '2026-03-31' }

/** Rolls up what is pending in all organizations. */
const rollUp = ({ holdfast }: ContractWorld) => holdfast.usageKeeper().pass()

contract('usage', (open) => {
  it('comes back as it was recorded', async () => {
    const world = await open()
    const { organization: { usage }, organizationId, holdfast } = world
    const [userId, conversationId, runId] = [1, 2, 3].map(() => holdfast.ids.next())
    const given = { ...call, userId, conversationId, runId, data: { tool: ['\0', '\ud800', 1.5] } }
    const { isDuplicate, recordedAt, id, ...recorded } = await usage.record(given)
    expect(isDuplicate).toBe(false)
    expect(recorded).toEqual({ ...given, organizationId })
    const least = await usage.record({ type: 'x' })
    expect(least).toMatchObject({
      userId: null, conversationId: null, runId: null, model: null, tokensIn: 0, tokensOut: 0,
      costUsd: '0', durationMs: null, data: {}, occurredAt: least.recordedAt,
    })
    const type = 'model_call'
    for (const filter of [{ userId }, { conversationId }, { runId }, { type }, {}]) {
      const { data } = await usage.listEvents({ ...filter, to: '2026-03-28T12:00:00.000001Z' })
      expect(data).toEqual([{ ...recorded, id, recordedAt }])
    }
    expect((await usage.listEvents({ from: '2026-03-28T12:00:00.000001Z' })).data)
      .toHaveLength(1)
  })

  it('of the acting person is theirs unless it says otherwise', async () => {
    const { holdfast, organizationId } = await open()
    const userId = holdfast.ids.next()
    const { usage } = holdfast.organization(organizationId, { id: `user:${userId}`, userId })
    expect((await usage.record(call)).userId).toBe(userId)
    expect((await usage.record({ ...call, userId: null })).userId).toBeNull()
  })

  it('counts an event once, however often and by however many it is sent', async () => {
    const world = await open()
    const { organization: { usage }, holdfast } = world
    const id = holdfast.ids.next()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => usage.recordMany([{ ...call, id }, { ...call, id }])))
    expect(answers.flat().filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(1)
    await rollUp(world)
    await usage.record({ ...call, id: id.toUpperCase() })
    await rollUp(world)
    expect((await usage.summarize(march)).data).toMatchObject([{ events: 1, costUsd: '0.0125' }])
    const [first] = await usage.recordMany([{ ...call }], { idempotencyKey: 'k' })
    const [again] = await usage.recordMany([{ ...call }], { idempotencyKey: 'k' })
    expect(again).toEqual({ ...first, isDuplicate: true })
    const { occurredAt: _, ...untimed } = call
    const now = await usage.record(untimed, { idempotencyKey: 'l' })
    expect(await usage.record(untimed, { idempotencyKey: 'l' })).toMatchObject({
      id: now.id, occurredAt: now.occurredAt, isDuplicate: true,
    })
  })

  it('is not recorded at all where an id says something else already', async () => {
    const { organization: { usage }, holdfast } = await open()
    const [id, other] = [holdfast.ids.next(), holdfast.ids.next()]
    await usage.record({ ...call, id })
    for (const different of [
      { type: 'other' }, { model: null }, { tokensIn: 1 }, { costUsd: '1' }, { data: { a: 1 } },
      { durationMs: null }, { occurredAt: '2026-03-28T12:00:00.000001Z' }, { userId: other },
    ]) {
      await expect(usage.recordMany([{ ...call, id: other }, { ...call, ...different, id }]))
        .rejects.toThrow(UsageEventConflict)
    }
    expect((await usage.summarize(march)).data).toMatchObject([{ events: 1 }])
    expect((await usage.listEvents()).data.map((each) => each.id)).toEqual([id])
  })

  it('is all of a call or nothing, also where ids contradict at one moment', async () => {
    const { organization: { usage }, holdfast } = await open()
    const [id, other, third] = [holdfast.ids.next(), holdfast.ids.next(), holdfast.ids.next()]
    const recorded = async () => (await usage.listEvents()).data.map((each) => each.id).sort()
    const [one, two] = [{ ...call, id }, { ...call, id, type: 'other' }]
    await expect(usage.recordMany([one, two])).rejects.toThrow(UsageEventConflict)
    expect(await recorded()).toEqual([])
    const answers = await Promise.allSettled([
      usage.record({ ...call, id: third }), usage.recordMany([one]),
      usage.recordMany([{ ...call, id: other }, two]), usage.recordMany([one]),
    ])
    expect(answers.map(({ status }) => status))
      .toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    expect(await recorded()).toEqual([id, third])
    const flags = answers.map((each) => 'value' in each &&
      [each.value].flat().map(({ isDuplicate }) => isDuplicate))
    expect(flags).toEqual([[false], [false], false, [true]])
  })

  it('is all of a call or nothing beside a transaction that says an id otherwise', async () => {
    const { organizationId, organization: { usage }, holdfast } = await open()
    const [id, other, third] = [holdfast.ids.next(), holdfast.ids.next(), holdfast.ids.next()]
    let meanwhile: Promise<PromiseSettledResult<unknown>[]> | undefined
    await holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).usage.record({ ...call, id })
      meanwhile = Promise.allSettled([
        usage.record({ ...call, id: third }),
        usage.recordMany([{ ...call, id: other }, { ...call, id, type: 'other' }]),
        holdfast.transaction((second) => second.organization(organizationId).usage.recordMany(
          [{ ...call, id: other }, { ...call, id, type: 'other' }])),
        usage.record({ ...call, id }),
      ])
      await new Promise((done) => { setTimeout(done, 200) })
    })
    const [alone, shared, own, same] = await meanwhile!
    expect(alone).toMatchObject({ status: 'fulfilled' })
    expect(shared).toMatchObject({ reason: expect.any(UsageEventConflict) })
    expect(own).toMatchObject({ reason: expect.any(UsageEventConflict) })
    expect(same).toMatchObject({ value: { id, isDuplicate: true } })
    expect((await usage.listEvents()).data.map((each) => each.id).sort()).toEqual([id, third])
  })

  it('refuses what breaks a rule, naming the field', async () => {
    const { organization: { usage } } = await open()
    const wrong: [Partial<NewUsageEvent>, string][] = [
      [{ type: '' }, 'type'], [{ type: 'a b' }, 'type'], [{ model: '' }, 'model'],
      [{ tokensIn: -1 }, 'tokens_in'], [{ tokensOut: 1.5 }, 'tokens_out'],
      [{ tokensIn: 1_000_000_001 }, 'tokens_in'], [{ costUsd: '-1' }, 'cost_usd'],
      [{ costUsd: '1e3' }, 'cost_usd'], [{ costUsd: 1 as never }, 'cost_usd'],
      [{ durationMs: 2 ** 31 }, 'duration_ms'], [{ data: [] as never }, 'data'],
      [{ data: { a: 'x'.repeat(16_384) } }, 'data'], [{ id: 'x' }, 'id'],
      [{ userId: 'x' }, 'user_id'], [{ occurredAt: '1999-12-31T00:00:00.000000Z' }, 'occurred_at'],
      [{ occurredAt: '2026-02-30T00:00:00.000000Z' }, 'occurred_at'],
    ]
    for (const [fault, field] of wrong) {
      await expect(usage.record({ ...call, ...fault }))
        .rejects.toMatchObject({ field, status: 400 })
      await expect(usage.recordMany([call, { ...call, ...fault }]))
        .rejects.toMatchObject({ field: `events[1].${field}` })
    }
    await expect(usage.recordMany([])).rejects.toThrow(InvalidInput)
    await expect(usage.recordMany(Array.from({ length: 201 }, () => call)))
      .rejects.toMatchObject({ field: 'events' })
    expect((await usage.listEvents()).data).toEqual([])
  })

  it('refuses questions that make no sense', async () => {
    const { organization: { usage } } = await open()
    for (const [question, field] of [
      [{ firstDay: '2026-02-30' }, 'first_day'], [{ lastDay: 'today' }, 'last_day'],
      [{ firstDay: '2026-02-02', lastDay: '2026-02-01' }, 'first_day'],
      [{ firstDay: '2024-01-01', lastDay: '2026-01-01' }, 'first_day'],
      [{ timeZone: 'Mars/Olympus' }, 'time_zone'], [{ by: ['hour' as never] }, 'by'],
      [{ userId: 'x' }, 'user_id'], [{ model: '' }, 'model'], [{ type: ' ' }, 'type'],
      [{ limit: 0 }, 'limit'],
    ] as const) {
      await expect(usage.summarize(question as never)).rejects.toMatchObject({ field })
    }
    await expect(usage.top({ of: 'love' as never })).rejects.toMatchObject({ field: 'of' })
    await expect(usage.listEvents({ runId: 'x' })).rejects.toThrow(InvalidValue)
  })

  it('is answered the same before, amid and after rolling up, late events included', async () => {
    const world = await open()
    const { organization: { usage } } = world
    const at = (day: number, hour: number) =>
      `2026-03-${String(day).padStart(2, '0')}T${String(hour).padStart(2, '0')}:30:00.000000Z`
    await usage.recordMany([1, 2, 3].flatMap((day) => [1, 23].map((hour) =>
      ({ ...call, occurredAt: at(day, hour) }))))
    const question = { ...march, by: ['day' as const], latency: true }
    const latency = {
      events: 2, meanMs: 250, p50Ms: 251, p90Ms: 251, p95Ms: 251, p99Ms: 251,
    }
    const sums = { tokensIn: 200, tokensOut: 40, costUsd: '0.025', durationMs: 500, latency }
    const expected = ['2026-03-01', '2026-03-02', '2026-03-03']
      .map((day) => ({ day, events: 2, ...sums }))
    expect((await usage.summarize(question)).data).toEqual(expected)
    await rollUp(world)
    expect((await usage.summarize(question)).data).toEqual(expected)
    await usage.record({ ...call, occurredAt: at(1, 12) })
    const [late] = (await usage.summarize(question)).data
    expect(late).toMatchObject({ day: '2026-03-01', events: 3, costUsd: '0.0375' })
    await rollUp(world)
    expect((await usage.summarize(question)).data[0]).toEqual(late)
    const berlin = await usage.summarize({ ...question, timeZone: 'Europe/Berlin' })
    expect(berlin.data.map(({ day, events }) => [day, events])).toEqual([
      ['2026-03-01', 2], ['2026-03-02', 2], ['2026-03-03', 2], ['2026-03-04', 1],
    ])
  })

  it('is rolled up once by many at a time, while it is recorded and asked about', async () => {
    const world = await open()
    const { organization: { usage }, holdfast } = world
    let sent = 0
    const recording = Array.from({ length: 8 }, async () => {
      for (let count = 0; count < 10; count++) {
        const event = { ...call, type: `t${count % 3}` }
        await usage.recordMany(Array.from({ length: 10 }, () => event))
        sent += 10
        const before = sent
        const [all] = (await usage.summarize(march)).data
        expect(all!.events).toBeGreaterThanOrEqual(before)
      }
    })
    const keepers = Array.from({ length: 4 }, () => holdfast.usageKeeper())
    const rolling = keepers.map(async (keeper) => {
      for (let count = 0; count < 10; count++) await keeper.pass()
    })
    await Promise.all([...recording, ...rolling])
    await rollUp(world)
    const { data } = await usage.summarize({ ...march, by: ['type'] })
    expect(data.map(({ type, events }) => [type, events]))
      .toEqual([['t0', 320], ['t1', 240], ['t2', 240]])
  })

  it('is paged to the end, and a cursor fits its own question alone', async () => {
    const { organization: { usage } } = await open()
    const models = Array.from({ length: 7 }, (_, index) => `m${index}`)
    await usage.recordMany(models.flatMap((model) => ['a', 'b'].map((type) =>
      ({ ...call, model, type }))))
    const by = ['type', 'model'] as const
    const seen: unknown[] = []
    for (let cursor: string | undefined; ;) {
      const page = await usage.summarize({ ...march, by, limit: 3, cursor })
      seen.push(...page.data.map(({ model, type }) => [model, type]))
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    expect(seen).toEqual(models.flatMap((model) => [[model, 'a'], [model, 'b']]))
    const { nextCursor } = await usage.summarize({ ...march, by, limit: 3 })
    await expect(usage.summarize({ ...march, by: ['type'], cursor: nextCursor! }))
      .rejects.toThrow(InvalidCursor)
    const events: string[] = []
    for (let cursor: string | undefined; ;) {
      const page = await usage.listEvents({ limit: 4, cursor })
      events.push(...page.data.map(({ id }) => id))
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    expect(events).toEqual([...new Set(events)].sort().reverse())
    expect(events).toHaveLength(14)
  })

  it('of others is unseen and uncounted', async () => {
    const { organization, neighbour, holdfast } = await open()
    const id = holdfast.ids.next()
    await neighbour.usage.record({ ...call, id })
    expect((await organization.usage.summarize(march)).data).toMatchObject([{ events: 0 }])
    expect((await organization.usage.listEvents()).data).toEqual([])
    expect(await organization.usage.record({ ...call, id })).toMatchObject({ isDuplicate: false })
    expect((await neighbour.usage.summarize(march)).data).toMatchObject([{ events: 1 }])
  })

  it('is recorded in a transaction of the caller, or not at all', async () => {
    const { holdfast, organizationId, organization: { usage } } = await open()
    const failing = holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).usage.record(call)
      expect((await transaction.organization(organizationId).usage.summarize(march)).data)
        .toMatchObject([{ events: 1 }])
      throw new Error('back')
    })
    await expect(failing).rejects.toThrow('back')
    expect((await usage.summarize(march)).data).toMatchObject([{ events: 0 }])
  })

  it('is pruned after its retention, and the sums stay', async () => {
    const world = await open()
    let ahead = 0
    const holdfast = await world.another({ clock: { now: () => Date.now() + ahead } })
    const { id } = await holdfast.organizations.create({ name: 'Ours' })
    const { usage } = holdfast.organization(id)
    await usage.record(call)
    ahead = 10 * 86_400_000
    await holdfast.usageKeeper({ retentionDays: 11 }).pass()
    expect((await usage.listEvents()).data).toHaveLength(1)
    await holdfast.usageKeeper({ retentionDays: 9 }).pass()
    expect((await usage.listEvents()).data).toEqual([])
    expect((await usage.summarize(march)).data).toMatchObject([{ events: 1, tokensIn: 100 }])
    expect(() => holdfast.usageKeeper({ retentionDays: 0 })).toThrow(InvalidInput)
  })

  it('of a person is forgotten, and counts as nobody’s', async () => {
    const world = await open()
    const { organization: { usage }, neighbour, holdfast } = world
    const [one, other] = [holdfast.ids.next(), holdfast.ids.next()]
    for (const userId of [one, other, null]) {
      await usage.record({ ...call, userId })
      await rollUp(world)
      await usage.record({ ...call, userId, conversationId: other })
    }
    await neighbour.usage.record({ ...call, userId: one })
    expect(await usage.forgetUser(one)).toBe(2)
    const { data } = await usage.summarize({ ...march, by: ['user'], latency: true })
    expect(data.map(({ userId, events, latency }) => [userId, events, latency?.events]))
      .toEqual([[null, 4, 4], [other, 2, 2]])
    expect((await usage.listEvents({ userId: one })).data).toEqual([])
    expect((await neighbour.usage.listEvents({ userId: one })).data).toHaveLength(1)
    expect(await usage.forgetConversation(other)).toBe(2)
    await rollUp(world)
    expect((await usage.summarize(march)).data).toMatchObject([{ events: 6 }])
    expect((await usage.summarize({ ...march, userId: one })).data).toMatchObject([{ events: 0 }])
  })

  it('of a person is forgotten step by step, so that nobody waits for all of it', async () => {
    const { holdfast, organizationId, organization } = await open()
    const userId = holdfast.ids.next()
    for (let count = 0; count < 13; count++) {
      await organization.usage.recordMany(Array.from({ length: 200 }, (_, index) => ({
        ...call, userId: index % 50 === 0 ? null : userId, durationMs: index,
        occurredAt: `2026-03-${10 + count}T${10 + index % 10}:00:00.000000Z`,
      })))
      if (count % 3 === 0) await holdfast.usageKeeper().pass()
    }
    const question = { ...march, by: ['day' as const], latency: true }
    const { data: before } = await organization.usage.summarize(question)
    const { backend } = holdfast
    const sizes: number[] = []
    const measured: Backend = {
      ...watchedBackend(backend, () => undefined),
      atomic: async (statements) => {
        const results = await backend.atomic(statements)
        sizes.push(...results.map(({ rows, changed }) => Math.max(rows.length, changed)))
        return results
      },
    }
    const database = Database.over<UsageTables>(measured).within('all')
    const log = new UsageLog(database, { ...holdfast, ids: holdfast.ids, background: false })
    const usage = new UsageStore(log, { organizationId, actor: { id: 'x' } })
    expect(await usage.forgetUser(userId)).toBe(13 * 196)
    expect(sizes.length).toBeGreaterThan(3)
    // What an event adds to: two sums, and two counts of durations.
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2_000)
    expect((await organization.usage.summarize(question)).data).toEqual(before)
    const { data: left } = await organization.usage.summarize({ ...march, by: ['user'] })
    expect(left.map((each) => [each.userId, each.events])).toEqual([[null, 13 * 200]])
    expect((await organization.usage.listEvents({ limit: 200 })).data).toHaveLength(13 * 4)
  })

  it('is recorded by few round trips, and answered by one statement', async () => {
    const world = await open()
    const { holdfast, organizationId } = world
    const sent: string[] = []
    const watching = watchedBackend(holdfast.backend, ({ name, sql }) => sent.push(name ?? sql))
    const database = Database.over<UsageTables>(watching).within('all')
    const log = new UsageLog(database, { ...holdfast, ids: holdfast.ids, background: false })
    const usage = new UsageStore(log, { organizationId, actor: { id: 'x' } })
    await Promise.all(Array.from({ length: 100 }, () => usage.record(call)))
    expect(sent.length).toBeLessThanOrEqual(4)
    sent.length = 0
    await usage.summarize({ ...march, by: ['day'], latency: true })
    expect(sent).toHaveLength(1)
  })

  it('is asked about by indexes, whatever else there is', async () => {
    const world = await open()
    const { holdfast, organizationId, neighbour } = world
    const many = (store: UsageStore, count: number) => Promise.all(
      Array.from({ length: count }, (_, index) => store.recordMany(
        Array.from({ length: 200 }, (_each, number) => ({
          ...call, type: `t${number % 5}`, model: `m${index}`,
          occurredAt: `2026-03-${String(1 + number % 28).padStart(2, '0')}T00:00:00.000000Z`,
        })))))
    await many(neighbour.usage, 20)
    await many(world.organization.usage, 2)
    await rollUp(world)
    await world.organization.usage.record(call)
    await analyze(world)
    const seen: Statement[] = []
    const watching = watchedBackend(holdfast.backend, (statement) => seen.push(statement))
    const database = Database.over<UsageTables>(watching).within('all')
    const usage = new UsageStore(
      new UsageLog(database, { ...holdfast, ids: holdfast.ids, background: false }),
      { organizationId, actor: { id: 'x' } })
    await usage.summarize({ ...march, by: ['day'], latency: true })
    await usage.summarize({ ...march, by: ['model'], timeZone: 'Asia/Kolkata' })
    await usage.top({ firstDay: '2026-03-02', lastDay: '2026-03-03', by: ['user'] })
    await usage.listEvents({ type: 't1', limit: 5 })
    await usage.listEvents({ limit: 5 })
    for (const statement of seen) {
      const plan = await planOf(world, { ...statement, parameters: statement.parameters })
      expect(plan).not.toMatch(/Seq Scan on usage|SCAN (r|e|usage_(events|rollups|latencies))$/m)
    }
  }, 60_000)
})
