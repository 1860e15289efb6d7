import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'
import { type Answer, type HttpClient } from '../testing/http.js'
import { type HttpWorld, served } from '../testing/serving.js'
import { tables } from '../tables.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const home = '/v1/conversations'
const key = (text: string) => ({ 'idempotency-key': text })
const message = { role: 'user', content: 'once' }

const repeated = (count: number, call: () => Promise<Answer>) =>
  Promise.all(Array.from({ length: count }, call))

async function fault(answer: ReturnType<HttpClient['get']>) {
  const { status, body } = await answer
  const fields = (body.errors ?? []).map(({ field }: { field: string }) => field)
  return [status, body.code, ...fields]
}

const reused = [422, 'idempotency_key_reused', 'header.idempotency-key']

/** Every stored row of every table, as text. */
async function dump({ holdfast }: HttpWorld): Promise<string> {
  const { database } = holdfast
  const rows = await Promise.all(tables.map(({ name }) =>
    database.all(database.write.selectFrom(name as 'users').selectAll())))
  return JSON.stringify(rows)
}

contract('a call repeated with its idempotency key', (openWorld) => {
  const open = served(openWorld, serving)

  it('creates one conversation, 20 times in parallel', async () => {
    const { ours } = await open()
    const answers = await repeated(20, () => ours.post(home, { title: 'x' }, key('k')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(new Set(answers.map(({ headers }) => headers.etag))).toEqual(new Set(['"1"']))
    const first = answers.filter(({ headers }) => headers['idempotency-replayed'] === undefined)
    expect(first).toHaveLength(1)
    expect((await ours.get(home)).body.data).toEqual([answers[0]!.body])
  })

  it('appends once, 20 times in parallel, one message or many', async () => {
    const { ours } = await open()
    const { body } = await ours.post(home, {})
    const path = `${home}/${body.id}/messages`
    const ones = await repeated(20, () => ours.post(path, message, key('one')))
    const manys = await repeated(20, () =>
      ours.post(path, { messages: [message, message] }, key('many')))
    expect(new Set(ones.map(({ text }) => text)).size).toBe(1)
    expect(new Set(manys.map(({ text }) => text)).size).toBe(1)
    expect((await ours.get(path)).body.data).toEqual([ones[0]!.body, ...manys[0]!.body.messages])
  })

  it('gives the first answer again, whatever happened since', async () => {
    const { ours } = await open()
    const { body } = await ours.post(home, {})
    const path = `${home}/${body.id}`
    const change = () => ours.patch(path, { title: 'a' }, { ...key('k'), 'if-match': '"1"' })
    const first = await change()
    await ours.patch(path, { title: 'b' })
    const again = await change()
    expect([again.status, again.text, again.headers.etag]).toEqual([200, first.text, '"2"'])
    expect((await ours.get(path)).body).toMatchObject({ title: 'b', revision: 3 })
  })

  it('gives back even what is as deep as values can be, and -0', async () => {
    const { ours } = await open()
    const deep = `${'{"a":'.repeat(200)}-0${'}'.repeat(200)}`
    const headers = { ...key('k'), 'content-type': 'application/json' }
    const call = { method: 'POST', path: home, headers, bytes: `{"metadata":${deep}}` }
    const [first, again] = [await ours.send(call), await ours.send(call)]
    expect([first.status, again.headers['idempotency-replayed']]).toEqual([201, 'true'])
    expect(first.text).toContain(deep)
    expect(again.text).toBe(first.text)
  })

  it('deletes once and says done again', async () => {
    const { ours } = await open()
    const { body } = await ours.post(home, {})
    const path = `${home}/${body.id}`
    const answers = await repeated(20, () => ours.delete(path, key('k')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]))
    expect(await fault(ours.delete(path, key('other')))).toEqual([404, 'conversation_not_found'])
    expect(await fault(ours.delete(path))).toEqual([404, 'conversation_not_found'])
  })

  it('is refused when anything else is different', async () => {
    const { ours } = await open()
    const { body: one } = await ours.post(home, { title: 'a' }, key('k'))
    const { body: two } = await ours.post(home, {})
    const different = [
      ours.post(home, { title: 'b' }, key('k')), ours.post(home, {}, key('k')),
      ours.post(home, { title: 'a', metadata: {} }, key('k')),
      ours.patch(`${home}/${one.id}`, { title: 'a' }, key('k')),
      ours.delete(`${home}/${one.id}`, key('k')),
      ours.post(`${home}/${one.id}/messages`, message, key('k')),
      ours.post('/v1/service-tokens', { name: 'a', scopes: ['*'] }, key('k')),
    ]
    for (const call of different) expect(await fault(call)).toEqual(reused)
    await ours.patch(`${home}/${one.id}`, { title: 'c' }, key('change'))
    expect(await fault(ours.patch(`${home}/${two.id}`, { title: 'c' }, key('change'))))
      .toEqual(reused)
    const tagged = { ...key('change'), 'if-match': '"2"' }
    expect(await fault(ours.patch(`${home}/${one.id}`, { title: 'c' }, tagged))).toEqual(reused)
    await ours.post(`${home}/${one.id}/messages`, message, key('append'))
    expect(await fault(ours.post(`${home}/${two.id}/messages`, message, key('append'))))
      .toEqual(reused)
    expect((await ours.get(`${home}/${two.id}`)).body.message_count).toBe(0)
  })

  it('lets one of 20 different calls win, and refuses the others', async () => {
    const { ours } = await open()
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) =>
      ours.post(home, { title: `${index}` }, key('k'))))
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses).toEqual([201, ...Array.from({ length: 19 }, () => 422)])
    expect((await ours.get(home)).body.data).toHaveLength(1)
  })

  it('stays free when the first call failed', async () => {
    const { ours } = await open()
    const { body } = await ours.post(home, {})
    const path = `${home}/${body.id}`
    const failures = [
      ours.patch(path, { title: 'x' }, { ...key('k'), 'if-match': '"9"' }),
      ours.post(home, { title: 7 }, key('k')),
      ours.post(`${path}/messages`, { ...message, parent_message_id: body.id }, key('k')),
    ]
    for (const call of failures) expect((await call).status).toBeGreaterThanOrEqual(400)
    const { status, headers } = await ours.patch(path, { title: 'y' }, key('k'))
    expect([status, headers['idempotency-replayed']]).toEqual([200, undefined])
  })

  it('is another call when another token or organization makes it', async () => {
    const { organization, ours, theirs } = await open()
    const { token } = await organization.serviceTokens.create({ name: 'other', scopes: ['*'] })
    const calls = [ours, theirs, ours.as(token)].map((each) => each.post(home, {}, key('k')))
    const answers = await Promise.all(calls)
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(3)
  })

  it('works with any key of 1 to 255 visible ASCII characters, and with no other', async () => {
    const { ours } = await open()
    const visible = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index))
    for (const good of ['a', 'x'.repeat(255), visible.join(''), '"quoted"', "';drop--"]) {
      const one = await ours.post(home, {}, key(good))
      const two = await ours.post(home, {}, key(good))
      expect([one.status, two.text]).toEqual([201, one.text])
    }
    for (const bad of ['', 'a b', 'x'.repeat(256), 'é', '\u00a0', 'a\tb']) {
      expect(await fault(ours.post(home, {}, key(bad))))
        .toEqual([400, 'invalid_request', 'header.idempotency-key'])
    }
    expect(await fault(ours.post(home, {}, { 'idempotency-key': ['a', 'b'] })))
      .toEqual([400, 'invalid_request', 'header.idempotency-key'])
    expect((await ours.get(home, key('a b'))).body.data).toHaveLength(5)
  })

  it('shows a new token’s secret once, and stores its text nowhere', async () => {
    const world = await open()
    const { ours, guest } = world
    const body = { name: 'k', scopes: ['conversations:read'] }
    const answers = await repeated(20, () => ours.post('/v1/service-tokens', body, key('k')))
    const secrets = answers.flatMap(({ body: { token } }) => token ?? [])
    expect(secrets).toHaveLength(1)
    expect(secrets[0]).toMatch(/^hf_st_/)
    const replays = answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true')
    expect(replays).toHaveLength(19)
    for (const replay of replays) {
      expect(replay.body).toEqual({ ...answers[0]!.body, token: null })
    }
    expect((await guest.as(secrets[0]).get(home)).status).toBe(200)
    const stored = await dump(world)
    expect(stored).toContain(answers[0]!.body.id)
    expect(stored).not.toContain(secrets[0])
    expect(stored).not.toContain(secrets[0].slice(6, 36))
    expect(stored).not.toContain(world.ourToken)
  })
})
