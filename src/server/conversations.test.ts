import { expect, it } from 'vitest'
import { cursorOf } from '../database/page.js'
import { contract } from '../testing/contract.js'
import { type HttpClient } from '../testing/http.js'
import { served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const unknownId = '00000000-0000-7000-8000-00000000dead'
const home = '/v1/conversations'

async function begun(client: HttpClient, body: object = {}) {
  const answer = await client.post(home, body)
  expect(answer.status).toBe(201)
  return answer.body
}

/** Status, code and fields of an answer in one comparable line. */
async function fault(answer: ReturnType<HttpClient['get']>) {
  const { status, body } = await answer
  const fields = (body.errors ?? []).map(({ field }: { field: string }) => field)
  return [status, body.code, ...fields]
}

async function pages(client: HttpClient, path: string): Promise<string[][]> {
  const found: string[][] = []
  let cursor = ''
  do {
    const { status, body } = await client.get(`${path}${cursor}`)
    expect(status).toBe(200)
    found.push(body.data.map(({ id }: { id: string }) => id))
    cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`
  } while (cursor !== '')
  return found
}

contract('conversation routes', (openWorld) => {
  const open = served(openWorld, serving)

  it('create, show and name the revision', async () => {
    const { ours } = await open()
    const hard = '\u0000 \ud800 \ufdd0 é'
    const metadata = { b: [1, null, { ['__proto__']: true }], a: hard, '': -0.5 }
    const created = await ours.post(home, { title: 'First', metadata })
    expect(created.status).toBe(201)
    expect(created.headers.etag).toBe('"1"')
    expect(created.body).toMatchObject({
      title: 'First', user_id: null, message_count: 0, revision: 1, archived_at: null,
    })
    expect(JSON.stringify(created.body.metadata)).toBe(JSON.stringify(metadata))
    const shown = await ours.get(`${home}/${created.body.id}`)
    expect([shown.status, shown.headers.etag, shown.text]).toEqual([200, '"1"', created.text])
    const upper = await ours.get(`${home}/${created.body.id.toUpperCase()}`)
    expect(upper.text).toBe(created.text)
    expect(await begun(ours)).toMatchObject({ title: null, metadata: {} })
    expect(await begun(ours, { title: null })).toMatchObject({ title: null })
    expect(await begun(ours, { title: '' })).toMatchObject({ title: '' })
  })

  it('list newest first, page by page to the end', async () => {
    const { ours } = await open()
    const ids: string[] = []
    for (let count = 0; count < 7; count++) ids.unshift((await begun(ours)).id)
    expect(await pages(ours, `${home}?limit=3`))
      .toEqual([ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)])
    expect(await pages(ours, `${home}?limit=7`)).toEqual([ids])
    expect(await pages(ours, `${home}?limit=200`)).toEqual([ids])
  })

  it('list those one user began, living or archived', async () => {
    const { holdfast, organizationId, ours } = await open()
    const user = await holdfast.identity.createUser({ email: `${organizationId}@lists.test` })
    const actor = { id: `user:${user.id}`, userId: user.id }
    const theirs = holdfast.organization(organizationId, actor).conversations
    const [one, two] = [await theirs.create(), await theirs.create()]
    const other = await begun(ours)
    await ours.patch(`${home}/${two.id}`, { archived: true })
    expect(await pages(ours, `${home}?user_id=${user.id}`)).toEqual([[one.id]])
    expect(await pages(ours, `${home}?user_id=${user.id}&archived=true`)).toEqual([[two.id]])
    expect(await pages(ours, `${home}?archived=false`)).toEqual([[other.id, one.id]])
    expect(await pages(ours, `${home}?user_id=${unknownId}`)).toEqual([[]])
  })

  it('refuse a cursor that this list did not give out', async () => {
    const { ours, organizationId } = await open()
    for (let count = 0; count < 3; count++) await begun(ours)
    const { body } = await ours.get(`${home}?limit=1`)
    const cursor: string = body.next_cursor
    const list = ['conversations', organizationId, null, false]
    const cursors = [
      '', 'x', cursor.slice(0, -1), `${cursor}A`, cursor.toLowerCase(), '%00', '[]', 'bnVsbA',
      cursorOf(['conversations', unknownId, null, false], [unknownId]), cursorOf([], [unknownId]),
    ]
    for (const each of cursors) {
      expect([each, ...await fault(ours.get(`${home}?cursor=${each}`))])
        .toEqual([each, 400, 'invalid_cursor', 'query.cursor'])
    }
    expect(await fault(ours.get(`${home}?archived=true&cursor=${cursor}`)))
      .toEqual([400, 'invalid_cursor', 'query.cursor'])
    for (const key of [['no id'], [7], [''], []]) {
      const forged = await fault(ours.get(`${home}?cursor=${cursorOf(list, key)}`))
      expect(forged).toEqual([400, 'invalid_value', 'query.cursor'])
    }
  })

  it('name what is wrong in a query', async () => {
    const { ours } = await open()
    const refused = [
      ['limit=0', 'limit'], ['limit=201', 'limit'], ['limit=-1', 'limit'], ['limit=1e2', 'limit'],
      ['limit=1000000000', 'limit'], ['limit=', 'limit'], ['limit=%zz', 'limit'],
      ['limit=1&limit=2', 'limit'], ['limit[]=1', 'limit[]'], ['a[b]=c', 'a[b]'],
      ['archived=yes', 'archived'], ['user_id=me', 'user_id'], ['user_id=%00', 'user_id'],
      ['order=asc', 'order'], [`cursor=${'x'.repeat(1_001)}`, 'cursor'],
      ['constructor=1', 'constructor'], ['__proto__=1', '__proto__'], ['=1', ''],
    ]
    for (const [query, name] of refused) {
      expect([query, ...await fault(ours.get(`${home}?${query}`))])
        .toEqual([query, 400, 'invalid_request', `query.${name}`])
    }
    expect(await fault(ours.post(`${home}?limit=1`, {})))
      .toEqual([400, 'invalid_request', 'query.limit'])
  })

  it('name what is wrong in a body', async () => {
    const { ours } = await open()
    const refused: (readonly [unknown, string])[] = [
      [[], 'body'], ['x', 'body'], [null, 'body'], [7, 'body'], [true, 'body'],
      [{ title: 7 }, 'body.title'], [{ title: ['x'] }, 'body.title'],
      [{ title: 'x'.repeat(1_001) }, 'body.title'], [{ metadata: [] }, 'body.metadata'],
      [{ metadata: null }, 'body.metadata'], [{ metadata: 'x' }, 'body.metadata'],
      [{ id: 'x' }, 'body.id'], [{ user_id: unknownId }, 'body.user_id'],
      [{ organization_id: unknownId }, 'body.organization_id'], [{ revision: 9 }, 'body.revision'],
      [{ constructor: {} }, 'body.constructor'], [{ ['__proto__']: {} }, 'body.__proto__'],
    ]
    const { id } = await begun(ours)
    for (const [body, field] of refused) {
      expect([body, ...await fault(ours.post(home, body))])
        .toEqual([body, 400, 'invalid_request', field])
      expect([body, ...await fault(ours.patch(`${home}/${id}`, body))])
        .toEqual([body, 400, 'invalid_request', field])
    }
    expect(await fault(ours.post(home))).toEqual([400, 'invalid_request', 'body'])
    expect(await fault(ours.patch(`${home}/${id}`, { archived: 'true', titel: '' })))
      .toEqual([400, 'invalid_request', 'body.archived', 'body.titel'])
    const huge = { method: 'POST', path: home, bytes: '{"metadata":{"a":[1e400]}}' }
    expect(await fault(ours.send({ ...huge, headers: { 'content-type': 'application/json' } })))
      .toEqual([400, 'invalid_value', 'body.metadata.a[0]'])
    expect((await ours.get(home)).body.data).toHaveLength(1)
  })

  it('change only what is given', async () => {
    const { ours } = await open()
    const { id, updated_at: _, ...created } = await begun(ours, { title: 'a', metadata: { b: 1 } })
    const path = `${home}/${id}`
    const titled = await ours.patch(path, { title: 'c' })
    expect([titled.status, titled.headers.etag]).toEqual([200, '"2"'])
    expect(titled.body).toMatchObject({ ...created, title: 'c', revision: 2 })
    const cleared = await ours.patch(path, { title: null, metadata: { d: 2 } })
    expect(cleared.body).toMatchObject({ title: null, metadata: { d: 2 }, revision: 3 })
    const archived = await ours.patch(path, { archived: true })
    expect(archived.body.archived_at).toBe(archived.body.updated_at)
    const back = await ours.patch(path, { archived: false })
    expect(back.body).toMatchObject({ archived_at: null, title: null, metadata: { d: 2 } })
    expect((await ours.get(path)).text).toBe(back.text)
  })

  it('change under If-Match only the revision that was read', async () => {
    const { ours } = await open()
    const { id } = await begun(ours)
    const path = `${home}/${id}`
    const change = (tag: string) => ours.patch(path, { title: tag }, { 'if-match': tag })
    expect((await change('"1"')).headers.etag).toBe('"2"')
    expect((await change('*')).headers.etag).toBe('"3"')
    for (const stale of ['"1"', '"2"', '"4"', '"0"', '"999999999999999"']) {
      const { status, body } = await change(stale)
      expect([status, body.code]).toEqual([412, 'revision_conflict'])
      expect(body.detail).toContain('revision 3')
    }
    const odd = [
      'W/"3"', '3', '""', '"3", "2"', '"x"', '"-3"', '"3.0"', '"0x3"', `"${'9'.repeat(16)}"`,
    ]
    for (const tag of odd) {
      expect([tag, ...await fault(change(tag))])
        .toEqual([tag, 400, 'invalid_request', 'header.if-match'])
    }
    expect((await ours.get(path)).headers.etag).toBe('"3"')
    const missing = await ours.patch(`${home}/${unknownId}`, {}, { 'if-match': '"1"' })
    expect([missing.status, missing.body.code]).toEqual([404, 'conversation_not_found'])
  })

  it('refuse If-Match where it would be ignored', async () => {
    const { ours } = await open()
    const { id } = await begun(ours)
    for (const tag of ['"1"', '*']) {
      const headers = { 'if-match': tag }
      const calls = [
        ours.post(home, {}, headers), ours.get(`${home}/${id}`, headers),
        ours.delete(`${home}/${id}`, headers), ours.get(home, headers),
      ]
      for (const call of calls) {
        expect(await fault(call)).toEqual([400, 'invalid_request', 'header.if-match'])
      }
    }
  })

  it('let one of 20 changes of the same revision win', async () => {
    const { ours } = await open()
    const { id } = await begun(ours)
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) =>
      ours.patch(`${home}/${id}`, { title: `${index}` }, { 'if-match': '"1"' })))
    const won = answers.filter(({ status }) => status === 200)
    expect(won).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(19)
    expect((await ours.get(`${home}/${id}`)).text).toBe(won[0]!.text)
  })

  it('delete for good, with what stands inside', async () => {
    const { ours } = await open()
    const { id } = await begun(ours)
    const path = `${home}/${id}`
    const { body: message } = await ours.post(`${path}/messages`, { role: 'user', content: 'x' })
    expect((await ours.delete(path)).status).toBe(204)
    const gone = [
      ours.delete(path), ours.get(path), ours.patch(path, {}), ours.get(`${path}/messages`),
      ours.post(`${path}/messages`, { role: 'user', content: 'x' }),
    ]
    for (const call of gone) expect(await fault(call)).toEqual([404, 'conversation_not_found'])
    expect(await fault(ours.get(`${path}/messages/${message.id}`)))
      .toEqual([404, 'message_not_found'])
    expect((await ours.get(home)).body).toEqual({ data: [], next_cursor: null })
  })

  it('take no body where none belongs', async () => {
    const { ours } = await open()
    const { id } = await begun(ours)
    const call = { method: 'DELETE', path: `${home}/${id}`, body: { force: true } }
    expect(await fault(ours.send(call))).toEqual([400, 'invalid_request', 'body.force'])
    expect((await ours.get(`${home}/${id}`)).status).toBe(200)
  })
})
