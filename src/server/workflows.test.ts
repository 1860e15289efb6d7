import { expect, it } from 'vitest'
import { createClient } from '../client/index.js'
import { openHoldfast } from '../holdfast.js'
import { startServer } from './index.js'

/** A server, and a client with all rights on workflows and runs. */
async function begun() {
  const holdfast = await openHoldfast()
  const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
  const { token } = await holdfast.organization().serviceTokens.create(
    { name: 'engine', scopes: ['workflows:*', 'runs:*', 'jobs:*'] })
  const client = createClient({ url: server.url, token })
  const close = async () => {
    await server.close()
    await holdfast.close()
  }
  return { holdfast, server, token, client, close, ...client }
}

it('workflows and versions are made, changed, published and compared over the client', async () => {
  const { workflows, close } = await begun()
  const made = await workflows.create({ name: 'x', handle: 'Flow', tags: ['t'] })
  expect(made).toMatchObject({ handle: 'flow', access: null, version_count: 0, revision: 1 })
  await expect(workflows.create({ name: 'y', handle: 'FLOW' }))
    .rejects.toMatchObject({ code: 'workflow_handle_taken', status: 409 })
  await expect(workflows.create({ name: 'y', handle: 'a b' }))
    .rejects.toMatchObject({ status: 400 })
  await workflows.createVersion('flow', { graph: null, configuration: { a: 1 } })
  const second = await workflows.createVersion('flow', { graph: { b: [1] }, notes: 'n' })
  expect(second).toMatchObject({ number: 2, graph: { b: [1] }, configuration: {}, revision: 1 })
  expect(await workflows.getVersion('flow')).toEqual(second)
  expect(await workflows.getVersion('flow', 1)).toMatchObject({ graph: null })
  const changes = { notes: 'm', options: { ifRevision: 1 } }
  expect(await workflows.updateVersion('flow', 2, changes)).toMatchObject({ notes: 'm' })
  await expect(workflows.updateVersion('flow', 2, changes))
    .rejects.toMatchObject({ code: 'revision_conflict' })
  expect(await workflows.diff('flow', { base: '1' })).toMatchObject({
    base: 1, target: 2, changes: [{ path: '', kind: 'changed', before: null, after: { b: [1] } }],
  })
  expect((await workflows.listVersions('flow', { limit: 1 })).next_cursor).not.toBeNull()
  expect(await workflows.publish('flow')).toMatchObject({ access: 'organization' })
  expect(await workflows.unpublish('flow')).toMatchObject({ access: null })
  await workflows.update(made.id, { archived: true }, { ifRevision: 3 })
  await expect(workflows.get('flow')).rejects.toMatchObject({ code: 'workflow_not_found' })
  await expect(workflows.createVersion(made.id, { graph: 1 }))
    .rejects.toMatchObject({ code: 'workflow_archived' })
  const all = []
  for await (const { id } of workflows.each({ archived: true, tag: 't' })) all.push(id)
  expect(all).toEqual([made.id])
  await workflows.delete(made.id)
  expect((await workflows.list({ archived: true })).data).toEqual([])
  await close()
})

it('a worker of another language claims the job, does the run and ends both', async () => {
  const { client, workflows, runs, close } = await begun()
  await workflows.create({ name: 'x', handle: 'flow' })
  await workflows.createVersion('flow', { graph: 1 })
  const made = await runs.create('flow', { input: 7, tags: ['t'], metadata: { m: 1 } })
  expect(made).toMatchObject({ status: 'pending', trigger: 'manual', queue: 'runs', input: 7 })
  const { jobs: [job] } = await client.request('claimJobs', {
    path: { queue: 'runs' }, body: { worker: 'w' },
  })
  expect(job!.payload).toMatchObject({ run_id: made.id })
  const { attempt } = await runs.start(made.id, { attempt: job!.attempt })
  const { steps: [first, second] } = await runs.appendSteps(made.id, {
    run_attempt: attempt,
    steps: [{ name: 'a', key: 'a', output: 1, cost_usd: '0.1' }, { name: 'b', status: 'running' }],
  })
  expect([first!.number, second!.number]).toEqual([1, 2])
  await expect(runs.appendSteps(made.id, { steps: [{ name: 'a', key: 'a' }] }))
    .rejects.toMatchObject({ code: 'step_key_taken' })
  await expect(runs.appendSteps(made.id, { run_attempt: 9, steps: [{ name: 'c' }] }))
    .rejects.toMatchObject({ code: 'run_attempt_stale' })
  expect(await runs.finishStep(second!, { output: 2 })).toMatchObject({ status: 'succeeded' })
  expect(await runs.succeed(made.id, { output: { done: true }, attempt })).toMatchObject({
    status: 'succeeded', output: { done: true }, step_count: 2,
  })
  await client.request('completeJob', { path: { job_id: job!.id }, body: { attempt } })
  await expect(runs.cancel(made.id)).rejects.toMatchObject({ code: 'run_status_conflict' })
  const numbers = []
  for await (const { number } of runs.eachStep(made.id, { limit: 1 })) numbers.push(number)
  expect(numbers).toEqual([1, 2])
  const fork = await runs.rerun(made.id, { from_step: 2, input: 8, queue: null })
  expect(fork).toMatchObject({ parent_run_id: made.id, from_step: 2, step_count: 1, input: 8 })
  await runs.start(fork.id)
  expect(await runs.fail(fork.id, { error: 'no', retry: true }))
    .toMatchObject({ status: 'pending' })
  expect((await runs.list({ workflow: 'flow', tag: 't', status: 'succeeded' })).data)
    .toMatchObject([{ id: made.id }])
  expect(await runs.statistics({ workflow: 'flow' })).toMatchObject({
    total: 2, by_status: { succeeded: 1, pending: 1 }, failure_rate: 0, days: [{ total: 2 }],
  })
  await close()
})

it('a run is followed as server-sent events, on behind the last one seen', async () => {
  const { server, token, workflows, runs, close } = await begun()
  await workflows.create({ name: 'x', handle: 'flow' })
  await workflows.createVersion('flow', { graph: 1 })
  const { id } = await runs.create('flow', { queue: null })
  await runs.start(id)
  await runs.appendSteps(id, { steps: [{ name: 'a' }] })
  const told = async (headers: Record<string, string> = {}, query = '') => {
    const response = await fetch(`${server.url}/v1/runs/${id}/events${query}`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
    })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    return (await response.text()).split('\n').filter((line) => /^(event|id):/.test(line))
  }
  expect(await told({}, '?live=false')).toEqual(['event: run', 'id: 0', 'event: step', 'id: 1'])
  const following = told({ 'last-event-id': '1' })
  await runs.appendSteps(id, { steps: [{ name: 'b' }] })
  await runs.succeed(id)
  const events = await following
  expect(events.slice(-4)).toEqual(['event: step', 'id: 2', 'event: run', 'id: 2'])
  expect(events).not.toContain('event: step\nid: 1')
  await close()
})

it('runs keep the trace context of the request, unless the body has its own', async () => {
  const { workflows, server, token, close } = await begun()
  await workflows.create({ name: 'x', handle: 'flow' })
  await workflows.createVersion('flow', { graph: 1 })
  const trace = (digits: string) => `00-${digits.repeat(16)}-${digits.repeat(8)}-01`
  const make = async (headers: Record<string, string>, body: object = {}) => {
    const answer = await fetch(`${server.url}/v1/workflows/flow/runs`, {
      method: 'POST', body: JSON.stringify(body),
      headers: { ...headers, authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    })
    const { traceparent, tracestate } = await answer.json() as Record<string, unknown>
    return [answer.status, traceparent, tracestate]
  }
  const headers = { traceparent: trace('ab'), tracestate: 'a=b' }
  expect(await make(headers)).toEqual([201, trace('ab'), 'a=b'])
  expect(await make({ traceparent: `01-${headers.traceparent.slice(3)}-more` }))
    .toEqual([201, trace('ab'), null])
  expect(await make(headers, { traceparent: trace('cd') })).toEqual([201, trace('cd'), null])
  expect(await make(headers, { traceparent: null })).toEqual([201, null, null])
  expect(await make({ ...headers, traceparent: 'x' })).toEqual([201, null, null])
  expect((await make(headers, { traceparent: 'x' }))[0]).toBe(400)
  await close()
})
