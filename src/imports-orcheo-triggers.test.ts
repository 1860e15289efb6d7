import { afterEach, expect, it } from 'vitest'
import { millisecondsOf } from './clock.js'
import { contract, type ContractWorld, ManualClock } from './testing/index.js'
import {
  type MadeRow, madeIds, makeOrcheo, wholeOrcheo,
} from './testing/made-orcheo.test.harness.js'

const made: { remove(): Promise<unknown> | void }[] = []
afterEach(async () => {
  for (const each of made.splice(0)) await each.remove()
})

/** What came of an installation with these triggers. */
async function imported(world: ContractWorld, rows: Record<string, MadeRow[]>) {
  const { path, ...rest } = makeOrcheo({ rows: { ...wholeOrcheo().rows, ...rows } })
  made.push(rest)
  const report = await world.holdfast.imports(world.organizationId).orcheo(path)
  return { name: `orcheo-${madeIds.workflow}`, report }
}

const workflow_id = madeIds.workflow
const since = (config: object): MadeRow[] => [{ workflow_id, config: JSON.stringify(config) }]

/** Runs that came since, by a runner of this organization alone. */
async function ranSince(world: ContractWorld, count: number) {
  const { runs } = world.organization
  const runner = world.holdfast.runner({
    workflows: { daily: ({ run }) => ({ input: run.input }) },
    organizationId: world.organizationId, pollMs: 20,
  }).start()
  made.push({ remove: () => runner.close() })
  for (;;) {
    const { data } = await runs.list({ workflow: workflow_id, status: 'succeeded' })
    if (data.length >= count) return data
    await new Promise((done) => setTimeout(done, 20))
  }
}

contract('triggers imported from Orcheo', (open) => {
  it('start runs of their workflow at each tick, once they are switched on', async () => {
    const world = await open()
    const { schedules } = world.organization
    const { name } = await imported(world, {
      cron_triggers: since({ expression: '* * * * * *', timezone: 'UTC' }),
    })
    const { nextRunAt } = await schedules.update(name, { enabled: true })
    made.push({ remove: () => schedules.delete(name) })
    const clock = new ManualClock(millisecondsOf(nextRunAt!))
    expect(await world.holdfast.scheduler({ clock }).fireDue()).toBe(1)
    expect(await ranSince(world, 1)).toMatchObject([{ triggerKind: 'cron', version: 1 }])
  })

  it('start a run of their workflow with each call, once they are switched on', async () => {
    const world = await open()
    const { webhooks } = world.organization
    await imported(world, {
      webhook_triggers: since({ allowed_methods: ['POST'], rate_limit: null }),
    })
    const { data: [webhook] } = await webhooks.list()
    await webhooks.update(webhook!.id, { enabled: true })
    await world.holdfast.webhookReceiver.receive(webhook!.id, {
      method: 'POST', query: {}, headers: {}, header: () => undefined, body: Buffer.from('hello'),
    })
    const [run] = await ranSince(world, 1)
    expect(run).toMatchObject({ triggerKind: 'webhook', version: 1, queue: 'runs' })
    expect((await world.organization.runs.get(run!.id)).input).toMatchObject({ body: 'hello' })
  })

  it('are reported where their workflow was not imported, or a bound is no moment', async () => {
    const world = await open()
    const { report } = await imported(world, {
      cron_triggers: [
        { workflow_id: madeIds.other, config: '{"expression": "0 * * * *"}' },
        ...since({ expression: '0 * * * *', start_at: 'soon' }),
      ],
      webhook_triggers: [{ workflow_id: madeIds.other, config: '{}' }],
    })
    const reasons = report.damaged.map(({ kind, reason }) => `${kind}: ${reason}`)
    for (const reason of [
      /^cron_triggers: no schedule could be made of it: There is no workflow/,
      /^cron_triggers: .*config.start_at is no moment/,
      /^webhook_triggers: no webhook could be made of it: There is no workflow/,
    ]) expect(reasons).toContainEqual(expect.stringMatching(reason))
    expect((await world.organization.schedules.list()).data).toEqual([])
    expect((await world.organization.webhooks.list()).data).toEqual([])
  })
})
