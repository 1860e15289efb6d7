import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { RateLimited, RequestFaults } from '../http/problem.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import {
  type NewWebhook, type WebhookCall, WebhookMethodRefused, WebhookNotFound,
  WebhookReceiver, WebhookUnauthenticated, WebhookWorkflowUnavailable,
} from './index.js'

const secret = 'a secret of 20 chars'
const queue = 'calls'
const open: NewWebhook = { name: 'open', queue, authentication: { kind: 'none' }, rate: null }
const signed: NewWebhook = {
  name: 'signed', queue, authentication: { kind: 'github' }, secret, rate: null,
}

function call(given: Partial<WebhookCall> & { readonly text?: string } = {}): WebhookCall {
  const headers = { 'content-type': 'application/json', ...given.headers }
  return {
    method: 'POST', query: {}, body: Buffer.from(given.text ?? '{"a": [1, null]}'), ...given,
    headers, header: (name) => (headers as Record<string, string>)[name],
  }
}

function signedCall(text: string, headers: Record<string, string> = {}): WebhookCall {
  const signature = createHmac('sha256', secret).update(text).digest('hex')
  return call({ text, headers: { ...headers, 'x-hub-signature-256': `sha256=${signature}` } })
}

/** Payloads of all jobs of the organization. */
async function jobs({ organization: { queues } }: ContractWorld) {
  const { data } = await queues.list(queue).catch(() => ({ data: [] }))
  return data.map(({ payload }) => payload as Record<string, unknown>)
}

contract('calls of webhooks', (openWorld) => {
  it('become jobs that hold the call, and nothing that proves it', async () => {
    const world = await openWorld()
    const { id } = await world.organization.webhooks.create(signed)
    const { deliveryId, isRepeated } = await world.holdfast.webhookReceiver.receive(id, {
      ...signedCall('{"a": [1, null]}', {
        'x-event': 'push', authorization: 'Bearer t', cookie: 'c=1', host: 'here',
      }),
      query: { q: '1' },
    })
    expect(isRepeated).toBe(false)
    expect(await jobs(world)).toStrictEqual([{
      webhook_id: id, webhook: 'signed', delivery_id: deliveryId,
      received_at: expect.stringMatching(/Z$/) as string, method: 'POST', query: { q: '1' },
      headers: { 'content-type': 'application/json', 'x-event': 'push' },
      body: { a: [1, null] }, body_kind: 'json',
    }])
    expect(await world.neighbour.queues.list(queue).catch(() => ({ data: [] })))
      .toMatchObject({ data: [] })
  })

  it('hold bodies of every kind', async () => {
    const world = await openWorld()
    const { id } = await world.organization.webhooks.create(open)
    const { webhookReceiver } = world.holdfast
    const plain = { 'content-type': 'text/plain' }
    for (const given of [
      { text: 'no json' }, { text: 'é\u0000', headers: plain }, { text: '' },
      { body: Buffer.from([0xff, 0x00]) },
      { text: '1', headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' } },
    ]) await webhookReceiver.receive(id, call(given))
    const kept = (await jobs(world)).map(({ body_kind, body }) => [body_kind, body])
    expect(kept).toHaveLength(5)
    expect(kept).toEqual(expect.arrayContaining([
      ['text', 'no json'], ['text', 'é\u0000'], ['none', null], ['base64', '/wA='], ['json', 1],
    ]))
  })

  it('that come again have one effect, 20 at once as well', async () => {
    const world = await openWorld()
    const { id } = await world.organization.webhooks.create(signed)
    const { webhookReceiver } = world.holdfast
    const receipts = await Promise.all(Array.from({ length: 20 }, (_, index) =>
      webhookReceiver.receive(id, signedCall('same', { 'x-github-delivery': `d-${index}` }))))
    expect(new Set(receipts.map(({ deliveryId }) => deliveryId)).size).toBe(1)
    expect(receipts.filter(({ isRepeated }) => !isRepeated)).toHaveLength(1)
    expect(await jobs(world)).toHaveLength(1)
    expect(await webhookReceiver.receive(id, signedCall('other')))
      .toMatchObject({ isRepeated: false })
    expect(await jobs(world)).toHaveLength(2)
  })

  it('are not found where the webhook goes meanwhile', async () => {
    const world = await openWorld()
    const { holdfast, organizationId, organization: { webhooks } } = world
    const { id } = await webhooks.create(open)
    let received: Promise<unknown> | undefined
    await holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).webhooks.delete(id)
      received = holdfast.webhookReceiver.receive(id, call({ headers: { 'idempotency-key': 'a' } }))
      received.catch(() => undefined)
      await sleep(200)
    })
    await expect(received).rejects.toThrow(WebhookNotFound)
    expect(await jobs(world)).toEqual([])
  })

  it('without a signature are one under one key, and each another without', async () => {
    const world = await openWorld()
    const { id } = await world.organization.webhooks.create(open)
    const { webhookReceiver } = world.holdfast
    const keyed = call({ headers: { 'idempotency-key': 'k' } })
    const [first, again] = [
      await webhookReceiver.receive(id, keyed), await webhookReceiver.receive(id, keyed),
    ]
    expect(again).toEqual({ ...first, isRepeated: true })
    await webhookReceiver.receive(id, call())
    await webhookReceiver.receive(id, call())
    expect(await jobs(world)).toHaveLength(3)
  })

  it('are taken again once they need not be recognized any more', async () => {
    const world = await openWorld()
    const clock = new ManualClock(Date.now())
    const { database, ids, coordination: { limiter }, secretWorks } = world.holdfast
    const receiver = new WebhookReceiver(database.as(), {
      clock, ids, limiter, sealer: secretWorks.fields(),
      enqueue: async () => undefined,
    })
    const { id } = await world.organization.webhooks.create(
      { ...signed, toleranceSeconds: 1, replaySeconds: 60 })
    const first = await receiver.receive(id, signedCall('x'))
    clock.advance(59_000)
    expect(await receiver.receive(id, signedCall('x'))).toEqual({ ...first, isRepeated: true })
    clock.advance(2_000)
    expect(await receiver.receive(id, signedCall('x'))).toMatchObject({ isRepeated: false })
    const left = await database.all(database.write
      .selectFrom('webhook_deliveries').select('id').where('webhook_id', '=', id as never))
    expect(left).toHaveLength(1)
  })

  it('that are not as the webhook wants them leave nothing', async () => {
    const world = await openWorld()
    const { webhookReceiver } = world.holdfast
    const { id } = await world.organization.webhooks.create({
      ...signed, requiredHeaders: { 'x-a': null, 'x-b': 'b' }, requiredQuery: { q: '1' },
    })
    const right = { ...signedCall('x', { 'x-a': '', 'x-b': 'b' }), query: { q: '1' } }
    const receive = (given: Partial<WebhookCall>) =>
      webhookReceiver.receive(id, { ...right, ...given })
    await expect(receive({ method: 'PUT' })).rejects.toThrow(WebhookMethodRefused)
    await expect(receive({ query: {} })).rejects.toThrow('query.q: is needed')
    await expect(receive({ query: { q: '2' }, headers: { 'x-a': '' } }))
      .rejects.toThrow(RequestFaults)
    await expect(receive({ body: Buffer.from('y') })).rejects.toThrow(WebhookUnauthenticated)
    await expect(receive({ header: () => undefined })).rejects.toThrow(WebhookUnauthenticated)
    expect(await jobs(world)).toEqual([])
    expect(await receive({})).toMatchObject({ isRepeated: false })
  })

  it('of webhooks that are unknown, gone or switched off find none', async () => {
    const { organization: { webhooks }, holdfast: { webhookReceiver } } = await openWorld()
    const { id } = await webhooks.create(open)
    await webhooks.update(id, { enabled: false })
    for (const wanted of [id, '00000000-0000-7000-8000-000000000000', 'x']) {
      await expect(webhookReceiver.receive(wanted, call())).rejects.toThrow(WebhookNotFound)
    }
    await webhooks.update(id, { enabled: true })
    await webhookReceiver.receive(id, call())
    await webhooks.delete(id)
    await expect(webhookReceiver.receive(id, call())).rejects.toThrow(WebhookNotFound)
  })

  it('start runs of a workflow, once each, and keep nothing while it cannot run', async () => {
    const world = await openWorld()
    const { webhooks, workflows, runs, queues } = world.organization
    const { webhookReceiver } = world.holdfast
    const { queue: _, ...starting } = { ...open, name: 'starting', workflow: 'flow' }
    await expect(webhooks.create(starting)).rejects.toMatchObject({ field: 'workflow' })
    await world.neighbour.workflows.create({ name: 'x', handle: 'flow' })
    await expect(webhooks.create(starting)).rejects.toMatchObject({ field: 'workflow' })
    const { id: workflowId } = await workflows.create({ name: 'x', handle: 'flow' })
    const { id, queue, workflow } = await webhooks.create(starting)
    expect([queue, workflow]).toEqual(['runs', 'flow'])
    const keyed = call({ headers: { 'idempotency-key': 'k' } })
    await expect(webhookReceiver.receive(id, keyed)).rejects.toThrow(WebhookWorkflowUnavailable)
    await workflows.createVersion('flow', { graph: 1 })
    const receipts = await Promise.all(Array.from({ length: 20 }, () =>
      webhookReceiver.receive(id, keyed)))
    expect(receipts.filter(({ isRepeated }) => !isRepeated)).toHaveLength(1)
    const { data: [run, ...others] } = await runs.list()
    expect(others).toEqual([])
    expect(await runs.get(run!.id)).toMatchObject({
      workflowId, triggerKind: 'webhook', status: 'pending', queue: 'runs',
      input: { webhook: 'starting', delivery_id: receipts[0]!.deliveryId, body: { a: [1, null] } },
    })
    expect((await queues.list('runs')).data).toHaveLength(1)
    await workflows.update(workflowId, { archived: true })
    await expect(webhookReceiver.receive(id, call())).rejects.toThrow(WebhookWorkflowUnavailable)
    const plain = await webhooks.update(id, { workflow: null })
    expect(plain.workflow).toBeNull()
    await webhookReceiver.receive(id, call())
    expect((await queues.list('runs')).data).toHaveLength(2)
    expect((await runs.list()).data).toHaveLength(1)
    expect((await world.neighbour.runs.list()).data).toEqual([])
  })

  it('hand their trace context on to the run they start, if it is valid', async () => {
    const { organization: { webhooks, workflows, runs }, holdfast } = await openWorld()
    await workflows.create({ name: 'x', handle: 'flow' })
    await workflows.createVersion('flow', { graph: 1 })
    const { id } = await webhooks.create({ ...open, workflow: 'flow' })
    const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`
    for (const [headers, kept] of [
      [{ traceparent, tracestate: 'a=b' }, { traceparent, tracestate: 'a=b' }],
      [{ traceparent: 'x', tracestate: 'a=b' }, { traceparent: null, tracestate: null }],
    ] as const) {
      await holdfast.webhookReceiver.receive(id, call({ headers }))
      expect((await runs.list()).data[0]).toMatchObject(kept)
    }
  })

  it('are limited before they are looked into', async () => {
    const world = await openWorld()
    const { id } = await world.organization.webhooks.create(
      { ...signed, rate: { limit: 3, windowSeconds: 60 } })
    const { webhookReceiver } = world.holdfast
    for (let count = 0; count < 3; count += 1) {
      await expect(webhookReceiver.receive(id, call())).rejects.toThrow(WebhookUnauthenticated)
    }
    const refused = webhookReceiver.receive(id, signedCall('x'))
    await expect(refused).rejects.toThrow(RateLimited)
    await expect(refused).rejects.toMatchObject({
      retryAfterSeconds: expect.any(Number) as number,
    })
    expect(await jobs(world)).toEqual([])
  })
})
