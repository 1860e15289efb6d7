import { expect, it } from 'vitest'
import { cursorOf } from '../database/page.js'
import { contract } from '../testing/contract.js'
import { type HttpClient } from '../testing/http.js'
import { type HttpWorld, served } from '../testing/serving.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { start: startServer, endpoints: routes, document: openApiDocument() }
const unknownId = '00000000-0000-7000-8000-00000000dead'
const text = (content: unknown) => ({ role: 'user', content })

async function begun({ ours }: HttpWorld) {
  const { body } = await ours.post('/v1/conversations', {})
  return { ours, id: body.id as string, path: `/v1/conversations/${body.id}/messages` }
}

async function fault(answer: ReturnType<HttpClient['get']>) {
  const { status, body } = await answer
  const fields = (body.errors ?? []).map(({ field }: { field: string }) => field)
  return [status, body.code, ...fields]
}

const positions = (body: { data: { position: number }[] }) =>
  body.data.map(({ position }) => position)

contract('message routes', (openWorld) => {
  const open = served(openWorld, serving)

  it('append one and show it', async () => {
    const { ours, id, path } = await begun(await open())
    const first = await ours.post(path, text('Hello'))
    expect([first.status, first.headers.etag]).toEqual([201, undefined])
    expect(first.body).toMatchObject({
      conversation_id: id, position: 1, parent_message_id: null, role: 'user', content: 'Hello',
      metadata: {}, tokens_used: null, revision: 1,
    })
    const answer = {
      role: 'tool-2_x', content: null, metadata: { a: [] }, tokens_used: 0,
      parent_message_id: first.body.id.toUpperCase(),
    }
    const second = await ours.post(path, answer)
    expect(second.body).toMatchObject({ ...answer, parent_message_id: first.body.id, position: 2 })
    const shown = await ours.get(`${path}/${second.body.id}`)
    expect([shown.status, shown.headers.etag, shown.text]).toEqual([200, '"1"', second.text])
    const listed = await ours.get(path)
    expect(listed.body).toEqual({ data: [first.body, second.body], next_cursor: null })
  })

  it('append many in order, all or none', async () => {
    const { ours, path } = await begun(await open())
    const many = Array.from({ length: 1_000 }, (_, index) => text(index))
    const { status, body } = await ours.post(path, { messages: many })
    expect(status).toBe(201)
    expect(body.messages.map(({ content }: { content: number }) => content))
      .toEqual(many.map(({ content }) => content))
    const bad = { messages: [text('a'), { ...text('b'), parent_message_id: unknownId }] }
    const [refused, code] = await fault(ours.post(path, bad))
    expect([refused, code]).toEqual([422, 'parent_message_not_found'])
    const last = await ours.get(`${path}?order=desc&limit=1`)
    expect(positions(last.body)).toEqual([1_000])
  })

  it('keep content to the last code unit and key', async () => {
    const { ours, path } = await begun(await open())
    const contents = [
      '', '\u0000', '\ud800', 'a\udc00b', '\ufdd0\ufdd00000', '\u2028</script>', '𝒳'.repeat(999),
      [], {}, 0, -1.5e-300, 2 ** 53, 1e21, true, [[[[[null]]]]],
      { ['__proto__']: { constructor: 1 }, '': '', 10: 'b', 2: 'a', toJSON: 'x' },
    ]
    for (const content of contents) {
      const { status, body } = await ours.post(path, text(content))
      expect(status).toBe(201)
      const shown = await ours.get(`${path}/${body.id}`)
      expect(JSON.stringify(shown.body.content)).toBe(JSON.stringify(content))
    }
    const lossy = '{"role":"user","content":[1],"content":[2, 12345678901234567890]}'
    const headers = { 'content-type': 'application/json' }
    const { body } = await ours.send({ method: 'POST', path, headers, bytes: lossy })
    expect((await ours.get(`${path}/${body.id}`)).body.content).toEqual([2, 12345678901234567000])
  })

  it('list forward, backward, from an end and from any position', async () => {
    const { ours, path } = await begun(await open())
    await ours.post(path, { messages: Array.from({ length: 11 }, (_, index) => text(index)) })
    const walk = async (query: string) => {
      const seen: number[][] = []
      for (let cursor = ''; ;) {
        const { body } = await ours.get(`${path}?${query}${cursor}`)
        seen.push(positions(body))
        if (body.next_cursor === null) return seen
        cursor = `&cursor=${body.next_cursor}`
      }
    }
    expect(await walk('limit=4')).toEqual([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11]])
    expect(await walk('limit=4&order=desc')).toEqual([[11, 10, 9, 8], [7, 6, 5, 4], [3, 2, 1]])
    expect(await walk('from_position=8')).toEqual([[9, 10, 11]])
    expect(await walk('from_position=3&order=desc')).toEqual([[2, 1]])
    expect(await walk('from_position=0')).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]])
    expect(await walk('from_position=9007199254740991')).toEqual([[]])
  })

  it('name what is wrong in a query', async () => {
    const world = await open()
    const { ours, id, path } = await begun(world)
    const other = await begun(world)
    for (const each of [path, other.path]) await ours.post(each, { messages: [text(1), text(2)] })
    const { body } = await ours.get(`${path}?limit=1`)
    const refused = [
      ['order=ASC', 'order'], ['order=asc&order=desc', 'order'],
      ['from_position=-1', 'from_position'],
      ['from_position=9007199254740992', 'from_position'], ['from_position=1.5', 'from_position'],
      ['from_position=', 'from_position'], ['from=1', 'from'], ['archived=true', 'archived'],
    ]
    for (const [query, name] of refused) {
      expect([query, ...await fault(ours.get(`${path}?${query}`))])
        .toEqual([query, 400, 'invalid_request', `query.${name}`])
    }
    const strangers = [
      `${other.path}?limit=1&`, `${path}?order=desc&`, `${path}?from_position=0&`,
      '/v1/conversations?', '/v1/service-tokens?',
    ]
    for (const list of strangers) {
      expect([list, ...await fault(ours.get(`${list}cursor=${body.next_cursor}`))])
        .toEqual([list, 400, 'invalid_cursor', 'query.cursor'])
    }
    const list = ['messages', world.organizationId, id, 'asc', null]
    for (const key of [['x'], [1.5], [2 ** 60]]) {
      const [status, code, field] = await fault(ours.get(`${path}?cursor=${cursorOf(list, key)}`))
      expect([status, code]).toEqual([400, 'invalid_value'])
      expect(field).toMatch(/^query\./)
    }
  })

  it('name what is wrong in a message', async () => {
    const { ours, path } = await begun(await open())
    const refused: (readonly [object, string])[] = [
      [{ role: undefined }, 'role'], [{ role: 'User' }, 'role'], [{ role: '' }, 'role'],
      [{ role: 'x'.repeat(65) }, 'role'], [{ role: 7 }, 'role'],
      [{ content: undefined }, 'content'],
      [{ metadata: null }, 'metadata'], [{ metadata: [] }, 'metadata'],
      [{ parent_message_id: 'x' }, 'parent_message_id'], [{ tokens_used: -1 }, 'tokens_used'],
      [{ tokens_used: 1.5 }, 'tokens_used'], [{ tokens_used: '1' }, 'tokens_used'],
      [{ tokens_used: 2 ** 53 }, 'tokens_used'], [{ position: 1 }, 'position'],
      [{ organization_id: unknownId }, 'organization_id'], [{ id: 'x' }, 'id'],
      [{ id: null }, 'id'],
      [{ ['__proto__']: 1 }, '__proto__'],
    ]
    for (const [change, name] of refused) {
      const bad = { ...text('x'), ...change }
      expect([bad, ...await fault(ours.post(path, bad))])
        .toEqual([bad, 400, 'invalid_request', `body.${name}`])
      expect([bad, ...await fault(ours.post(path, { messages: [text('y'), bad] }))])
        .toEqual([bad, 400, 'invalid_request', `body.messages[1].${name}`])
    }
    const deep = JSON.parse(`${'['.repeat(201)}${']'.repeat(201)}`) as unknown
    const [status, code, field] = await fault(ours.post(path, text(deep)))
    expect([status, code]).toEqual([400, 'invalid_value'])
    expect(field).toMatch(/^body\.content/)
    expect((await ours.get(path)).body.data).toEqual([])
  })

  it('name what is wrong in a list of messages', async () => {
    const { ours, path } = await begun(await open())
    const many = (count: number) => ({ messages: Array.from({ length: count }, () => text('')) })
    const refused: (readonly [object, string])[] = [
      [{ messages: [] }, 'body.messages'], [many(1_001), 'body.messages'],
      [{ messages: {} }, 'body.messages'], [{ messages: null }, 'body.messages'],
      [{ messages: [7] }, 'body.messages[0]'], [{ ...many(1), role: 'user' }, 'body.role'],
    ]
    for (const [body, field] of refused) {
      expect(await fault(ours.post(path, body))).toEqual([400, 'invalid_request', field])
    }
    const all = { messages: Array.from({ length: 1_000 }, () => ({})) }
    const { body } = await ours.post(path, all)
    expect(body.errors.length).toBeLessThanOrEqual(20)
    expect((await ours.get(path)).body.data).toEqual([])
  })

  it('refuse a parent that is not a living message of the conversation', async () => {
    const world = await open()
    const { ours, path } = await begun(world)
    const other = await begun(world)
    const { body: strange } = await ours.post(other.path, text('x'))
    const { body: dead } = await ours.post(path, text('x'))
    await ours.delete(`${path}/${dead.id}`)
    for (const parent of [unknownId, strange.id, dead.id]) {
      expect(await fault(ours.post(path, { ...text('y'), parent_message_id: parent })))
        .toEqual([422, 'parent_message_not_found', 'body.parent_message_id'])
    }
  })

  it('take an id once', async () => {
    const { ours, path } = await begun(await open())
    const { status, body } = await ours.post(path, { ...text('x'), id: unknownId })
    expect([status, body.id]).toEqual([201, unknownId])
    const twice = { messages: [text('y'), { ...text('z'), id: unknownId }] }
    expect(await fault(ours.post(path, twice)))
      .toEqual([409, 'message_exists', 'body.id'])
    expect((await ours.get(path)).body.data).toEqual([body])
  })

  it('change by revision and erase', async () => {
    const { ours, path } = await begun(await open())
    const { body: message } = await ours.post(path, text('x'))
    const one = `${path}/${message.id}`
    const metadata = { rating: 5 }
    const changed = await ours.patch(one, { metadata }, { 'if-match': '"1"' })
    expect([changed.status, changed.headers.etag]).toEqual([200, '"2"'])
    expect(changed.body).toEqual({ ...message, metadata, revision: 2 })
    expect(await fault(ours.patch(one, { metadata: {} }, { 'if-match': '"1"' })))
      .toEqual([412, 'revision_conflict'])
    for (const bad of [{ role: 'user' }, { tokens_used: -1 }, { model: '' }, { cost_usd: 1 }]) {
      expect(await fault(ours.patch(one, { content: 'y', ...bad })))
        .toEqual([400, 'invalid_request', `body.${Object.keys(bad)[0]}`])
    }
    expect((await ours.get(one)).text).toBe(changed.text)
    const changes = { content: null, model: 'm', tokens_used: 3, cost_usd: '0.5' }
    expect((await ours.patch(one, changes)).body)
      .toEqual({ ...changed.body, ...changes, revision: 3 })
    expect((await ours.delete(one)).status).toBe(204)
    for (const call of [ours.get(one), ours.delete(one), ours.patch(one, { metadata })]) {
      expect(await fault(call)).toEqual([404, 'message_not_found'])
    }
    const next = await ours.post(path, text('y'))
    expect(next.body.position).toBe(2)
    expect(positions((await ours.get(path)).body)).toEqual([2])
  })

  it('refuse ids that are none, and messages under another conversation', async () => {
    const world = await open()
    const { ours, path } = await begun(world)
    const other = await begun(world)
    const { body: message } = await ours.post(path, text('x'))
    expect(await fault(ours.get(`${other.path}/${message.id}`)))
      .toEqual([404, 'message_not_found'])
    expect(await fault(ours.delete(`${other.path}/${message.id}`)))
      .toEqual([404, 'message_not_found'])
    expect(await fault(ours.get(`${path}/x`)))
      .toEqual([400, 'invalid_request', 'path.message_id'])
    expect(await fault(ours.get(`/v1/conversations/1'or'1/messages/${message.id}`)))
      .toEqual([400, 'invalid_request', 'path.conversation_id'])
    expect((await ours.get(`${path}/${message.id}`)).status).toBe(200)
  })
})
