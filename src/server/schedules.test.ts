import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'
import { type HttpClient } from '../testing/http.js'
import { served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const home = '/v1/schedules'
const nightly = { name: 'nightly', queue: 'reports', cron: '0 3 * * *' }

/** Status, code and fields of an answer in one comparable line. */
async function fault(answer: ReturnType<HttpClient['get']>) {
  const { status, body } = await answer
  const fields = (body.errors ?? []).map(({ field }: { field: string }) => field)
  return [status, body.code, ...fields]
}

contract('schedule routes', (openWorld) => {
  const open = served(openWorld, serving)

  it('create, show and name the revision', async () => {
    const { ours } = await open()
    const given = {
      ...nightly, time_zone: 'Europe/Berlin', payload: { a: [1, null, '\u0000'] },
      job: { priority: 5, attempts_max: 2, concurrency_key: 'k' }, missed: 'all', overlap: true,
      enabled: true, starts_at: '2026-01-01T00:00:00.000000Z', ends_at: null,
    }
    const created = await ours.post(home, given)
    expect([created.status, created.headers.etag]).toEqual([201, '"1"'])
    expect(created.body).toMatchObject({ ...given, last_run_at: null, last_job_id: null })
    expect(created.body.next_run_at > created.body.created_at).toBe(true)
    const shown = await ours.get(`${home}/nightly`)
    expect([shown.status, shown.headers.etag, shown.text]).toEqual([200, '"1"', created.text])
    const plain = await ours.post(home, { ...nightly, name: 'plain' })
    expect(plain.body).toMatchObject({
      time_zone: 'UTC', payload: null, job: {}, missed: 'once', overlap: false, enabled: true,
    })
  })

  it('list by name, page by page to the end', async () => {
    const { ours, theirs } = await open()
    for (const name of ['c', 'a', 'b']) await ours.post(home, { ...nightly, name })
    const first = await ours.get(`${home}?limit=2`)
    expect(first.body.data.map(({ name }: { name: string }) => name)).toEqual(['a', 'b'])
    const rest = await ours.get(`${home}?limit=2&cursor=${first.body.next_cursor}`)
    expect([rest.body.data.length, rest.body.next_cursor]).toEqual([1, null])
    expect((await theirs.get(home)).body).toEqual({ data: [], next_cursor: null })
    expect(await fault(theirs.get(`${home}?cursor=${first.body.next_cursor}`)))
      .toEqual([400, 'invalid_cursor', 'query.cursor'])
  })

  it('change what is given, while the revision is the expected one', async () => {
    const { ours } = await open()
    await ours.post(home, nightly)
    const changed = await ours.patch(`${home}/nightly`, { enabled: false, payload: 7 })
    expect([changed.status, changed.headers.etag]).toEqual([200, '"2"'])
    expect(changed.body).toMatchObject({
      enabled: false, payload: 7, next_run_at: null, cron: nightly.cron, revision: 2,
    })
    const stale = ours.send({
      method: 'PATCH', path: `${home}/nightly`, headers: { 'if-match': '"1"' },
      body: { enabled: true },
    })
    expect((await fault(stale)).slice(0, 2)).toEqual([412, 'revision_conflict'])
    expect((await ours.get(`${home}/nightly`)).body.revision).toBe(2)
  })

  it('delete, and tell what is not there', async () => {
    const { ours } = await open()
    await ours.post(home, nightly)
    expect((await ours.delete(`${home}/nightly`)).status).toBe(204)
    for (const call of [
      ours.get(`${home}/nightly`), ours.delete(`${home}/nightly`),
      ours.patch(`${home}/nightly`, { enabled: true }),
    ]) {
      expect(await fault(call)).toEqual([404, 'schedule_not_found'])
    }
  })

  it('refuse what breaks a rule, naming the field', async () => {
    const { ours } = await open()
    await ours.post(home, nightly)
    const other = { ...nightly, name: 'other' }
    const refused: (readonly [object, number, string, string])[] = [
      [{ ...other, cron: '61 * * * *' }, 400, 'invalid_input', 'body.cron'],
      [{ ...other, time_zone: 'Moon' }, 400, 'invalid_input', 'body.time_zone'],
      [{ ...other, missed: 'all', overlap: false }, 400, 'invalid_input', 'body.missed'],
      [{ ...other, starts_at: '2027-01-01T00:00:00Z', ends_at: '2026-01-01T00:00:00Z' }, 400,
        'invalid_input', 'body.ends_at'],
      [{ ...other, ends_at: 'tomorrow' }, 400, 'invalid_request', 'body.ends_at'],
      [{ ...other, missed: 'never' }, 400, 'invalid_request', 'body.missed'],
      [{ ...other, job: { priority: 1_001 } }, 400, 'invalid_request', 'body.job.priority'],
      [{ ...other, name: 'Not a name' }, 400, 'invalid_request', 'body.name'],
    ]
    for (const [body, ...expected] of refused) {
      expect(await fault(ours.post(home, body))).toEqual(expected)
    }
    expect((await fault(ours.post(home, nightly))).slice(0, 2))
      .toEqual([409, 'schedule_name_taken'])
    expect((await ours.get(home)).body.data).toHaveLength(1)
  })

  it('have one effect under one idempotency key', async () => {
    const { ours } = await open()
    const headers = { 'idempotency-key': 'once' }
    const create = () => ours.send({ method: 'POST', path: home, body: nightly, headers })
    const [first, second] = [await create(), await create()]
    expect([first.status, second.status, second.text]).toEqual([201, 201, first.text])
  })
})
