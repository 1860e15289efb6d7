import { request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'
import { HttpClient } from '../testing/http.js'
import { type HttpWorld, served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const unknownId = '00000000-0000-7000-8000-00000000dead'
const path = '/v1/queues/mail'
const worker = 'remote'

async function fault(answer: ReturnType<HttpClient['get']>) {
  const { status, body } = await answer
  const fields = (body.errors ?? []).map(({ field }: { field: string }) => field)
  return [status, body.code, ...fields]
}

async function claimed(ours: HttpClient, about: object = {}) {
  const { status, body } = await ours.post(`${path}/claims`, { worker, ...about })
  expect(status).toBe(200)
  return body.jobs as { id: string; attempt: number; payload: unknown; state: string }[]
}

/** Asks for jobs and waits; `leave` breaks the connection off. */
function waitingFor({ url, ourToken }: HttpWorld) {
  const headers = { authorization: `Bearer ${ourToken}`, 'content-type': 'application/json' }
  const waiting = request(`${url}${path}/claims`, { method: 'POST', headers, agent: false })
  waiting.on('error', () => undefined)
  waiting.end(JSON.stringify({ worker, wait_seconds: 25 }))
  return { leave: () => waiting.destroy() }
}

contract('queue routes', (openWorld) => {
  const open = served(openWorld, serving)

  it('enqueue one and show it', async () => {
    const { ours } = await open()
    const given = {
      payload: { to: 'a' }, priority: 3, delay_seconds: 3_600, dedupe_key: 'd',
      concurrency_key: 'k', attempts_max: 2, crashes_max: 1, backoff: { base_ms: 5 },
    }
    const { status, body, text } = await ours.post(`${path}/jobs`, given)
    expect(status).toBe(201)
    const { delay_seconds: _, backoff: __, ...rest } = given
    expect(body).toMatchObject({
      ...rest, queue: 'mail', state: 'scheduled', attempt: 0, failures: 0, crashes: 0,
      backoff: { base_ms: 5, cap_ms: 600_000 }, progress: null, result: null, error: null,
      worker: null, lease_expires_at: null, redrives: 0,
    })
    expect(Date.parse(body.run_at) - Date.parse(body.created_at)).toBe(3_600_000)
    const shown = await ours.get(`/v1/jobs/${body.id}`)
    expect([shown.status, shown.text]).toEqual([200, text])
    const again = await ours.post(`${path}/jobs`, given)
    expect(again.body.id).toBe(body.id)
    const other = ours.post(`${path}/jobs`, { ...given, payload: 1 })
    expect(await fault(other)).toEqual([409, 'dedupe_key_reused', 'body.dedupe_key'])
    const at = await ours.post(`${path}/jobs`, {
      payload: 1, run_at: '2099-01-01T01:00:00.0001+01:00',
    })
    expect(at.body.run_at).toBe('2099-01-01T00:00:00.001000Z')
    expect(await fault(ours.post(`${path}/jobs`, { payload: 1, run_at: 'soon' })))
      .toEqual([400, 'invalid_request', 'body.run_at'])
    expect(await fault(ours.post('/v1/queues/Mail/jobs', { payload: 1 })))
      .toEqual([400, 'invalid_request', 'path.queue'])
  })

  it('enqueue many and list them by state, page by page', async () => {
    const { ours, theirs } = await open()
    const jobs = Array.from({ length: 5 }, (_, n) => ({ payload: n }))
    const { status, body } = await ours.post(`${path}/jobs`, { jobs })
    expect(status).toBe(201)
    expect(body.jobs.map(({ payload }: { payload: number }) => payload)).toEqual([0, 1, 2, 3, 4])
    const first = await ours.get(`${path}/jobs?state=ready&limit=3`)
    expect(first.body.data.map(({ payload }: { payload: number }) => payload)).toEqual([4, 3, 2])
    const next = encodeURIComponent(first.body.next_cursor)
    const rest = await ours.get(`${path}/jobs?state=ready&limit=3&cursor=${next}`)
    expect(rest.body).toMatchObject({ data: [{ payload: 1 }, { payload: 0 }], next_cursor: null })
    expect(await fault(ours.get(`${path}/jobs?state=dead&cursor=${next}`)))
      .toEqual([400, 'invalid_cursor', 'query.cursor'])
    expect(await fault(ours.get(`${path}/jobs?state=lost`)))
      .toEqual([400, 'invalid_request', 'query.state'])
    expect((await theirs.get(`${path}/jobs`)).body.data).toEqual([])
    const bad = ours.post(`${path}/jobs`, { jobs: [{ payload: 1 }, { payload: 1, priority: 0.5 }] })
    expect(await fault(bad)).toEqual([400, 'invalid_request', 'body.jobs[1].priority'])
  })

  it('let a remote worker claim, report, complete and fail', async () => {
    const { ours } = await open()
    await ours.post(`${path}/jobs`, { jobs: [{ payload: 'a' }, { payload: 'b' }] })
    const [first, second] = await claimed(ours, { limit: 5, lease_seconds: 60 })
    expect([first!.payload, first!.state, second!.payload]).toEqual(['a', 'active', 'b'])
    const beat = await ours.post(`/v1/jobs/${first!.id}/heartbeat`, {
      attempt: 1, lease_seconds: 90, progress: { done: 0.5 },
    })
    expect([beat.status, beat.body.cancelled]).toEqual([200, false])
    const done = await ours.post(`/v1/jobs/${first!.id}/complete`, { attempt: 1, result: [1] })
    expect([done.status, done.body.state]).toEqual([200, 'completed'])
    const again = await ours.post(`/v1/jobs/${first!.id}/complete`, { attempt: 1 })
    expect([again.status, again.body.state]).toEqual([200, 'completed'])
    expect((await ours.get(`/v1/jobs/${first!.id}`)).body)
      .toMatchObject({ state: 'completed', result: [1], progress: { done: 0.5 }, worker })
    const failed = await ours.post(`/v1/jobs/${second!.id}/fail`, {
      attempt: 1, error: 'no', delay_seconds: 3_600,
    })
    expect([failed.status, failed.body.state]).toEqual([200, 'scheduled'])
    for (const [verb, body] of [
      ['fail', { attempt: 1, error: 'late' }], ['complete', { attempt: 2 }],
      ['heartbeat', { attempt: 1 }], ['release', { attempt: 1 }],
    ] as const) {
      const late = ours.post(`/v1/jobs/${second!.id}/${verb}`, body)
      expect(await fault(late)).toEqual([409, 'attempt_stale'])
    }
    expect(await fault(ours.post(`/v1/jobs/${unknownId}/complete`, { attempt: 1 })))
      .toEqual([404, 'job_not_found'])
  })

  it('wait for a first job as long as asked', async () => {
    const { ours } = await open()
    const waiting = claimed(ours, { wait_seconds: 25 })
    await new Promise((done) => setTimeout(done, 50))
    await ours.post(`${path}/jobs`, { payload: 'at last' })
    expect(await waiting).toMatchObject([{ payload: 'at last', attempt: 1 }])
    expect(await claimed(ours, { wait_seconds: 1 })).toEqual([])
    expect(await fault(ours.post(`${path}/claims`, { worker, wait_seconds: 31 })))
      .toEqual([400, 'invalid_request', 'body.wait_seconds'])
  })

  it('claim nothing for a client that has gone', async () => {
    const world = await open()
    const { ours, organization: { queues } } = world
    const waiting = waitingFor(world)
    await pause(100)
    waiting.leave()
    await pause(100)
    const { id } = await queues.enqueue('mail', { payload: 1 })
    await pause(100)
    expect(await queues.get(id)).toMatchObject({ state: 'ready', attempt: 0 })
    expect(await claimed(ours)).toMatchObject([{ id }])
  })

  it('send home who waits for jobs once the server closes', async () => {
    const { holdfast, ourToken, organization: { queues } } = await open()
    const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
    const client = new HttpClient(server.url, serving, { token: ourToken })
    const waiting = claimed(client, { wait_seconds: 25 })
    await pause(100)
    const sinceMs = performance.now()
    const closing = server.close()
    expect(await waiting).toEqual([])
    await closing
    expect(performance.now() - sinceMs).toBeLessThan(10_000)
    const { id } = await queues.enqueue('mail', { payload: 1 })
    expect(await queues.get(id)).toMatchObject({ state: 'ready', attempt: 0 })
  })

  it('cancel, give back, redrive and purge', async () => {
    const { ours } = await open()
    await ours.post(`${path}/jobs`, { jobs: [{ payload: 1 }, { payload: 2 }, { payload: 3 }] })
    const [first, second] = await claimed(ours, { limit: 2 })
    expect((await ours.post(`/v1/jobs/${first!.id}/cancel`)).body)
      .toMatchObject({ state: 'active', id: first!.id })
    const beat = await ours.post(`/v1/jobs/${first!.id}/heartbeat`, { attempt: 1 })
    expect(beat.body.cancelled).toBe(true)
    expect(await fault(ours.post(`/v1/jobs/${first!.id}/complete`, { attempt: 1 })))
      .toEqual([409, 'job_cancelled'])
    const released = await ours.post(`/v1/jobs/${first!.id}/release`, { attempt: 1 })
    expect(released.body.state).toBe('cancelled')
    await ours.post(`/v1/jobs/${second!.id}/fail`, { attempt: 1, error: 'x', retry: false })
    expect(await fault(ours.post(`/v1/jobs/${second!.id}/cancel`))).toEqual([409, 'job_finished'])
    const redriven = await ours.post(`${path}/redrive`, { job_ids: [second!.id] })
    expect([redriven.status, redriven.body]).toEqual([200, { count: 1 }])
    expect(await fault(ours.post(`${path}/redrive`, { job_ids: [unknownId] })))
      .toEqual([404, 'job_not_found'])
    expect((await ours.post(`${path}/purge`, {})).body).toEqual({ count: 2 })
    expect((await ours.post(`${path}/purge`, { states: ['cancelled'] })).body).toEqual({ count: 1 })
    expect((await ours.get(`${path}/jobs`)).body.data).toEqual([])
  })

  it('show and change a queue by its revision', async () => {
    const { ours, theirs } = await open()
    expect(await fault(ours.get(path))).toEqual([404, 'queue_not_found'])
    await ours.post(`${path}/jobs`, { payload: 1 })
    const shown = await ours.get(path)
    expect([shown.status, shown.headers.etag]).toEqual([200, '"1"'])
    expect(shown.body).toMatchObject({
      name: 'mail', paused: false, concurrency_per_key: 1, retention_seconds: 86_400,
      dead_retention_seconds: 2_592_000, revision: 1,
      stats: { counts: { ready: 1, dead: 0 }, count_max: 100_000 },
    })
    const changes = { paused: true, retention_seconds: 60 }
    const changed = await ours.patch(path, changes, { 'if-match': '"1"' })
    expect([changed.status, changed.headers.etag]).toEqual([200, '"2"'])
    expect(changed.body).toMatchObject({ ...changes, concurrency_per_key: 1 })
    expect(await claimed(ours)).toEqual([])
    const late = ours.patch(path, { paused: false }, { 'if-match': '"1"' })
    expect(await fault(late)).toEqual([412, 'revision_conflict'])
    await ours.patch(path, { paused: false })
    expect(await claimed(ours)).toHaveLength(1)
    const listed = await ours.get('/v1/queues')
    expect(listed.body).toMatchObject({ data: [{ name: 'mail', revision: 3 }], next_cursor: null })
    expect((await theirs.get('/v1/queues')).body.data).toEqual([])
  })

  it('enqueue once under an idempotency key', async () => {
    const { ours } = await open()
    const headers = { 'idempotency-key': 'once' }
    const first = await ours.post(`${path}/jobs`, { payload: 1 }, headers)
    const second = await ours.post(`${path}/jobs`, { payload: 1 }, headers)
    expect([second.status, second.body]).toEqual([201, first.body])
    expect((await ours.get(`${path}/jobs`)).body.data).toHaveLength(1)
  })
})
