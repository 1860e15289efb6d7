import { createHmac } from 'node:crypto'
import { afterEach, expect, it } from 'vitest'
import { openHoldfast } from '../holdfast.js'
import { startServer } from '../server/index.js'
import { createClient, type Fetch, type Job } from './index.js'

const leftovers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

/** A client that may work with queues; every answer `isLost` says is lost once the server acted. */
async function served(isLost: (url: string) => boolean = () => false) {
  const holdfast = await openHoldfast()
  leftovers.push(() => holdfast.close())
  const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
  leftovers.push(() => server.close())
  const { token } = await holdfast.organization().serviceTokens.create(
    { name: 'worker', scopes: ['jobs:*', 'schedules:*', 'webhooks:*', 'workflows:*', 'runs:*'] })
  const losing: Fetch = async (url, init) => {
    const response = await fetch(url, init)
    if (!isLost(url)) return response
    await response.arrayBuffer()
    throw new TypeError('the connection broke')
  }
  return { url: server.url, client: createClient({ url: server.url, token, fetch: losing }) }
}

async function gathered<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const row of rows) all.push(row)
  return all
}

const payloads = (jobs: readonly Job[]) => jobs.map(({ payload }) => payload)

it('jobs are enqueued in order, once though an answer is lost, and listed by state', async () => {
  const losses = ['/v1/queues/mail/jobs', '/v1/queues/mail/jobs']
  const { client: { queues } } = await served((url) => url.endsWith(losses[0]!) && !!losses.pop())
  const one = await queues.enqueue('mail', { payload: { to: 'a' }, dedupe_key: 'd', priority: 2 })
  expect(one).toMatchObject({ queue: 'mail', state: 'ready', payload: { to: 'a' }, priority: 2 })
  expect(losses).toEqual([])
  const many = await queues.enqueueMany('mail', [
    { payload: 1 }, { payload: 2 }, { payload: 3, delay_seconds: 3_600 },
  ])
  expect(payloads(many)).toEqual([1, 2, 3])
  expect(await queues.get(one.id)).toEqual(one)
  expect(payloads(await gathered(queues.each('mail', { limit: 1 }))))
    .toEqual([3, 2, 1, { to: 'a' }])
  expect(payloads((await queues.list('mail', { state: 'scheduled' })).data)).toEqual([3])
  await expect(queues.enqueue('mail', { payload: 'other', dedupe_key: 'd' }))
    .rejects.toMatchObject({ code: 'dedupe_key_reused', faults: [{ field: 'body.dedupe_key' }] })
  expect(await queues.cancel(many[2]!.id)).toMatchObject({ state: 'cancelled' })
  const [active] = await queues.claim('mail', { worker: 'w' })
  await queues.complete(active!)
  await expect(queues.cancel(active!.id)).rejects.toMatchObject({ code: 'job_finished' })
})

it('a worker far away claims, extends, completes, fails and gives back', async () => {
  const { client: { queues } } = await served()
  await queues.enqueueMany(
    'mail', [{ payload: 1 }, { payload: 2, attempts_max: 1 }, { payload: 3 }])
  const [first, second, third] = await queues.claim('mail', { worker: 'w', limit: 5 })
  const beat = await queues.extend(first!, { lease_seconds: 900, progress: { done: 0.5 } })
  expect(beat.cancelled).toBe(false)
  expect(await queues.get(first!.id)).toMatchObject({
    progress: { done: 0.5 }, lease_expires_at: beat.lease_expires_at, worker: 'w',
  })
  expect(await queues.complete(first!, [1])).toMatchObject({ state: 'completed', attempt: 1 })
  expect(await queues.get(first!.id)).toMatchObject({ state: 'completed', result: [1] })
  expect(await queues.fail(second!, { error: 'no' })).toMatchObject({ state: 'dead' })
  expect(await queues.release(third!)).toMatchObject({ state: 'ready' })
  const [again] = await queues.claim('mail', { worker: 'w' })
  expect(again).toMatchObject({ id: third!.id, attempt: 2 })
  await expect(queues.extend(third!)).rejects.toMatchObject({ code: 'attempt_stale' })
  await expect(queues.complete(third!)).rejects.toMatchObject({ code: 'attempt_stale' })
  await queues.cancel(again!.id)
  expect(await queues.extend(again!)).toMatchObject({ cancelled: true })
  await expect(queues.complete(again!)).rejects.toMatchObject({ code: 'job_cancelled' })
  expect(await queues.redrive('mail')).toEqual({ count: 1 })
  expect(await queues.redrive('mail', [])
    .catch(({ faults }) => faults)).toMatchObject([{ field: 'body.job_ids' }])
  expect(await queues.get(second!.id)).toMatchObject({ state: 'ready', redrives: 1 })
  expect(await queues.purge('mail', { states: ['ready', 'completed'] })).toEqual({ count: 2 })
  await expect(queues.get(second!.id)).rejects.toMatchObject({ code: 'job_not_found' })
})

it('a claim waits for a first job, and is not repeated when its answer is lost', async () => {
  let claims = 0
  const { client: { queues } } = await served((url) => url.endsWith('/claims') && claims++ === 1)
  const waiting = queues.claim('mail', { worker: 'w', wait_seconds: 20 })
  await queues.enqueueMany('mail', [{ payload: 'first' }])
  expect(payloads(await waiting)).toEqual(['first'])
  await queues.enqueueMany('mail', [{ payload: 'second' }, { payload: 'third' }])
  await expect(queues.claim('mail', { worker: 'w' })).rejects.toMatchObject({
    code: 'network_error',
  })
  expect(payloads(await queues.claim('mail', { worker: 'w' }))).toEqual(['third'])
})

it('a queue is paused, resumed and configured by its revision', async () => {
  const { client: { queues } } = await served()
  await queues.enqueue('mail', { payload: 1 })
  const paused = await queues.pause('mail')
  expect(paused).toMatchObject({ name: 'mail', paused: true, stats: { counts: { ready: 1 } } })
  expect(await queues.claim('mail', { worker: 'w' })).toEqual([])
  await expect(queues.resume('mail', { ifRevision: paused.revision + 1 }))
    .rejects.toMatchObject({ code: 'revision_conflict' })
  const resumed = await queues.resume('mail', { ifRevision: paused.revision })
  expect(resumed).toMatchObject({ paused: false })
  expect(await queues.claim('mail', { worker: 'w' })).toHaveLength(1)
  expect(await queues.configure('post', { concurrency_per_key: 3 }))
    .toMatchObject({ name: 'post', concurrency_per_key: 3 })
  expect(await queues.getQueue('mail')).toMatchObject({ stats: { counts: { active: 1 } } })
  await expect(queues.getQueue('none')).rejects.toMatchObject({ code: 'queue_not_found' })
  expect((await gathered(queues.eachQueue({ limit: 1 }))).map(({ name }) => name))
    .toEqual(['mail', 'post'])
})

it('schedules are made, listed, changed by their revision and deleted', async () => {
  const { client: { schedules } } = await served()
  const made = await schedules.create(
    { name: 'nightly', queue: 'reports', cron: '0 3 * * *', time_zone: 'Europe/Berlin' })
  expect(made).toMatchObject({ name: 'nightly', enabled: true, revision: 1 })
  await expect(schedules.create({ name: 'nightly', queue: 'x', cron: '@daily' }))
    .rejects.toMatchObject({ code: 'schedule_name_taken' })
  await schedules.create({ name: 'hourly', queue: 'reports', cron: '@hourly' })
  expect(await schedules.get('nightly')).toEqual(made)
  expect((await gathered(schedules.each({ limit: 1 }))).map(({ name }) => name))
    .toEqual(['hourly', 'nightly'])
  expect(await schedules.update('nightly', { enabled: false }, { ifRevision: 1 }))
    .toMatchObject({ enabled: false, next_run_at: null, revision: 2 })
  await expect(schedules.update('nightly', { enabled: true }, { ifRevision: 1 }))
    .rejects.toMatchObject({ code: 'revision_conflict' })
  await expect(schedules.create({ name: 'odd', queue: 'x', cron: '61 * * * *' }))
    .rejects.toMatchObject({ faults: [{ field: 'body.cron' }] })
  await schedules.delete('nightly')
  await expect(schedules.get('nightly')).rejects.toMatchObject({ code: 'schedule_not_found' })
})

it('webhooks are made, called from outside, changed by their revision and deleted', async () => {
  const { url, client: { queues, webhooks } } = await served()
  const secret = 'a secret of thirty-two characters'
  const made = await webhooks.create(
    { name: 'forge', queue: 'calls', authentication: { kind: 'github' }, secret })
  expect(made).toMatchObject({ name: 'forge', has_secret: true, revision: 1 })
  expect(JSON.stringify(made)).not.toContain(secret)
  await expect(webhooks.create({ name: 'forge', authentication: { kind: 'none' } }))
    .rejects.toMatchObject({ code: 'webhook_name_taken' })
  const body = '{"n": 1}'
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  const answer = await fetch(`${url}/v1/hooks/${made.id}`, {
    method: 'POST', body,
    headers: {
      'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}`,
      'x-github-delivery': 'one',
    },
  })
  expect(answer.status).toBe(202)
  expect(payloads((await queues.list('calls')).data)).toMatchObject([{ body: { n: 1 } }])
  await webhooks.create({ name: 'open', authentication: { kind: 'none' } })
  expect((await gathered(webhooks.each({ limit: 1 }))).map(({ name }) => name))
    .toEqual(['forge', 'open'])
  expect(await webhooks.update(made.id, { enabled: false }, { ifRevision: 1 }))
    .toMatchObject({ enabled: false, revision: 2 })
  await expect(webhooks.update(made.id, { enabled: true }, { ifRevision: 1 }))
    .rejects.toMatchObject({ code: 'revision_conflict' })
  await webhooks.delete(made.id)
  await expect(webhooks.get(made.id)).rejects.toMatchObject({ code: 'webhook_not_found' })
})
