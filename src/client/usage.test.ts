import { afterEach, expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { startServer } from '../server/index.js'
import { createClient } from './index.js'

const leftovers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

/** A client whose token may do all there is in the organization. */
async function served() {
  const holdfast = await openHoldfast()
  leftovers.push(() => holdfast.close())
  const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
  leftovers.push(() => server.close())
  const { token } = await holdfast.organization().serviceTokens.create(
    { name: 'agent', scopes: ['*'] })
  return { holdfast, url: server.url, token, client: createClient({ url: server.url, token }) }
}

it('usage is recorded once, listed and summed over the client', async () => {
  const { client: { usage }, holdfast, url } = await served()
  const event = {
    type: 'model_call', model: 'large', tokens_in: 10, cost_usd: '0.25', duration_ms: 20,
    occurred_at: '2026-01-31T12:00:00Z',
  }
  const { data: [first] } = await usage.record([event], { idempotencyKey: 'k' })
  expect(first).toMatchObject({ ...event, duplicate: false, occurred_at: first!.occurred_at })
  const { data: [again] } = await usage.record([event], { idempotencyKey: 'k' })
  expect(again).toEqual({ ...first, duplicate: true })
  await expect(usage.record([{ ...event, id: first!.id, tokens_in: 1 }]))
    .rejects.toMatchObject({ code: 'usage_event_conflict', status: 409 })
  await usage.record([{ ...event, model: 'small', cost_usd: '0.5' }, { type: 'tool' }])
  const january = { first_day: '2026-01-01', last_day: '2026-01-31' }
  const groups = []
  for await (const group of usage.each({ ...january, by: 'model', limit: 1 })) groups.push(group)
  expect(groups).toEqual(['large', 'small'].map((model, index) => ({
    model, events: 1, tokens_in: 10, tokens_out: 0, cost_usd: index === 0 ? '0.25' : '0.5',
    duration_ms: 20,
  })))
  const latency = { events: 2, mean_ms: 20, p50_ms: 20, p90_ms: 20, p95_ms: 20, p99_ms: 20 }
  expect((await usage.summarize({ ...january, latency: true })).data).toMatchObject([{ latency }])
  const { data: [most] } = await usage.top({ ...january, by: 'model', of: 'cost', limit: 1 })
  expect(most).toMatchObject({ model: 'small' })
  const types = []
  for await (const { type } of usage.eachEvent({ limit: 2 })) types.push(type)
  expect(types).toEqual(['tool', 'model_call', 'model_call'])
  const { token } = await holdfast.organization().serviceTokens.create(
    { name: 'recorder', scopes: ['usage:write'] })
  const recorder = createClient({ url, token }).usage
  await recorder.record([event])
  await expect(recorder.summarize()).rejects.toMatchObject({ code: 'forbidden' })
  for (const [query, field] of [
    [{ by: 'hour' }, 'query.by'], [{ first_day: '2026-02-30' }, 'query.first_day'],
    [{ time_zone: 'Mars/Olympus' }, 'query.time_zone'],
  ] as const) {
    await expect(usage.summarize(query)).rejects.toMatchObject({ faults: [{ field }] })
  }
})

it('tuning checkpoints are recorded, found, set best and deleted over the client', async () => {
  const { client: { tuning }, holdfast } = await served()
  const { id: workflowId } = await holdfast.organization().workflows.create({ name: 'x' })
  const tried = (accuracy: number) => ({
    runnable_config: { temperature: 0.2 }, metrics: { accuracy }, metadata: { tags: ['a'] },
  })
  const one = await tuning.record(workflowId, { ...tried(0.9), best: true })
  const two = await tuning.record(workflowId, tried(0.95))
  expect([one.config_version, two.config_version]).toEqual([1, 2])
  expect(await tuning.best(workflowId)).toEqual(one)
  expect(await tuning.setBest(two)).toEqual({ ...two, is_best: true })
  expect(await tuning.get(one)).toEqual({ ...one, is_best: false })
  const found = []
  for await (const { id } of tuning.each(workflowId, {
    metric: 'accuracy', min: 0.9, metadata: { tags: ['a'] }, limit: 1,
  })) found.push(id)
  expect(found).toEqual([two.id, one.id])
  expect((await tuning.list(workflowId, { metric: 'accuracy', max: 0.94 })).data)
    .toMatchObject([{ id: one.id }])
  await expect(tuning.list(workflowId, { min: 1 }))
    .rejects.toMatchObject({ faults: [{ field: 'query.min' }] })
  await tuning.delete(two)
  await expect(tuning.get(two)).rejects.toMatchObject({ code: 'tuning_checkpoint_not_found' })
  expect(await tuning.best(workflowId)).toBeUndefined()
})
