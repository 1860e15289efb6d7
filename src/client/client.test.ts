import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { type Holdfast, openHoldfast } from '../holdfast.js'
import { type RunningServer, startServer } from '../server/index.js'
import { type Client, createClient, HoldfastClientError, type Message } from './index.js'

const password = 'correct horse battery staple'

let holdfast: Holdfast
let server: RunningServer
let client: Client

beforeAll(async () => {
  holdfast = await openHoldfast({ database: 'memory:' })
  server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
  const { token } = await holdfast.organization().serviceTokens.create({
    name: 'test', scopes: ['*'],
  })
  client = createClient({ url: server.url, token })
})

afterAll(async () => {
  await server?.close()
  await holdfast?.close()
})

async function failureOf(call: Promise<unknown>): Promise<HoldfastClientError> {
  const error = await call.then(() => undefined, (reason: unknown) => reason)
  if (HoldfastClientError.isInstance(error)) return error
  throw new Error('not a client error', { cause: error })
}

describe('conversations', () => {
  it('are created, read, listed, changed and deleted', async () => {
    const { id, revision } = await client.conversations.create({
      title: 'Talk', metadata: { channel: 'cli' },
    })
    const changed = await client.conversations.update(
      id, { title: 'Renamed' }, { ifRevision: revision },
    )
    expect(changed).toMatchObject({ title: 'Renamed', metadata: { channel: 'cli' } })
    expect(await client.conversations.get(id)).toEqual(changed)
    expect((await client.conversations.list({ limit: 1 })).data).toEqual([changed])
    await client.conversations.delete(id)
    const { code, status } = await failureOf(client.conversations.get(id))
    expect({ code, status }).toEqual({ code: 'conversation_not_found', status: 404 })
  })

  it('are listed archived or living', async () => {
    const { id } = await client.conversations.create()
    await client.conversations.update(id, { archived: true })
    const idsOf = async (archived: boolean) =>
      (await client.conversations.list({ archived, limit: 200 })).data.map((each) => each.id)
    expect(await idsOf(true)).toContain(id)
    expect(await idsOf(false)).not.toContain(id)
  })

  it('refuse a change of a revision that is gone', async () => {
    const { id, revision } = await client.conversations.create()
    await client.conversations.update(id, { title: 'mine' }, { ifRevision: revision })
    const late = client.conversations.update(id, { title: 'late' }, { ifRevision: revision })
    const { code, status, retryable } = await failureOf(late)
    expect({ code, status, retryable }).toEqual({
      code: 'revision_conflict', status: 412, retryable: false,
    })
    expect((await client.conversations.get(id)).title).toBe('mine')
  })
})

describe('messages', () => {
  it('are appended singly or together, read, changed and erased', async () => {
    const { id } = await client.conversations.create()
    const first = await client.messages.append(id, { role: 'user', content: 'Hello' })
    const { messages } = await client.messages.append(id, {
      messages: [
        { role: 'assistant', content: ['Hi'], parent_message_id: first.id, tokens_used: 3 },
        { role: 'user', content: null },
      ],
    })
    expect([first, ...messages].map(({ position }) => position)).toEqual([1, 2, 3])
    expect(await client.messages.get(first)).toEqual(first)
    const changed = await client.messages.update(
      first, { metadata: { seen: true } }, { ifRevision: first.revision },
    )
    expect(changed).toMatchObject({ content: 'Hello', metadata: { seen: true } })
    expect((await client.messages.list(id)).data).toEqual([changed, ...messages])
    await client.messages.delete(messages[1]!)
    expect((await failureOf(client.messages.get(messages[1]!))).code).toBe('message_not_found')
  })

  it('are read to the end over many pages, in both directions', async () => {
    const { id } = await client.conversations.create()
    const messages = Array.from({ length: 25 }, (_, content) => ({ role: 'user', content }))
    await client.messages.append(id, { messages })
    const contents = async (order: 'asc' | 'desc') => {
      const found: unknown[] = []
      const each = client.messages.each(id, { order, limit: 7 })
      for await (const message of each) found.push(message.content)
      return found
    }
    const forward = messages.map(({ content }) => content)
    expect(await contents('asc')).toEqual(forward)
    expect(await contents('desc')).toEqual(forward.toReversed())
  })

  it('keep content with nasty keys, letters and numbers as it is', async () => {
    const { id } = await client.conversations.create()
    const content: unknown = JSON.parse(
      '{"__proto__":{"a":1},"constructor":{"prototype":[]},"toString":"x","":{"__proto__":null},' +
        '"text":"\\u0000 \\ud83d \\ud83d\\udd0e \\u2028",' +
        '"numbers":[0.1,1e300,9007199254740991,-0,-0.0]}',
    )
    const numbersOf = (value: unknown) => (value as { numbers: number[] }).numbers
    const { content: answered } = await client.messages.append(id, { role: 'user', content })
    const { data: [read] } = await client.messages.list(id)
    for (const kept of [answered, read!.content]) {
      expect(JSON.stringify(kept)).toBe(JSON.stringify(content))
      expect(numbersOf(kept)).toStrictEqual(numbersOf(content))
      expect(Object.getPrototypeOf(kept)).toBe(Object.prototype)
    }
  })

  it.each([
    ['NaN', { deep: [NaN] }, 'body.content.deep[0]'],
    ['a Date', { at: new Date(0) }, 'body.content.at'],
    ['a Map', new Map([[1, 2]]), 'body.content'],
    ['a hole', [1, , 3], 'body.content[1]'],
    ['a function', [() => 1], 'body.content[0]'],
    ['a bigint', 1n, 'body'],
  ])('refuse %s instead of sending something else', async (_, content, field) => {
    const id = '00000000-0000-7000-8000-000000000000'
    const { code, faults } = await failureOf(client.messages.append(id, { role: 'user', content }))
    expect({ code, field: faults[0]?.field }).toEqual({ code: 'invalid_value', field })
  })

  it('have one effect for one idempotency key', async () => {
    const { id } = await client.conversations.create()
    const append = (content: string) =>
      client.messages.append(id, { role: 'user', content }, { idempotencyKey: `once-${id}` })
    expect(await append('once')).toEqual(await append('once'))
    expect((await failureOf(append('other'))).code).toBe('idempotency_key_reused')
    expect((await client.messages.list(id)).data).toHaveLength(1)
  })
})

describe('people and tokens', () => {
  it('log in, create an organization, work in it and log out', async () => {
    const email = 'ada@example.org'
    await holdfast.identity.createUser({ email, password })
    const { token, user } = await createClient({ url: server.url }).sessions.create({
      email, password,
    })
    expect(user.email).toBe(email)
    const person = createClient({ url: server.url, token })
    const { slug } = await person.organizations.create({ name: 'Engines' })
    const { organizations } = await person.me()
    expect(organizations.map((each) => each.slug)).toEqual([slug])
    const inside = createClient({ url: server.url, token, organization: slug })
    const { user_id } = await inside.conversations.create({ title: 'Ours' })
    expect(user_id).toBe(user.id)
    const outside = await failureOf(person.conversations.list())
    expect(outside.faults[0]?.field).toBe('header.holdfast-organization')
    await inside.sessions.delete()
    expect((await failureOf(inside.me())).code).toBe('unauthenticated')
  })

  it('make service tokens that work until they are revoked', async () => {
    const { id, token } = await client.serviceTokens.create({
      name: 'reader', scopes: ['conversations:read'],
    })
    const reader = createClient({ url: server.url, token: token! })
    await reader.conversations.list()
    expect((await failureOf(reader.conversations.create())).code).toBe('forbidden')
    const names: string[] = []
    for await (const { name } of client.serviceTokens.each({ limit: 1 })) names.push(name)
    expect(names).toContain('reader')
    await client.serviceTokens.revoke(id)
    expect((await failureOf(reader.conversations.list())).status).toBe(401)
  })
})

describe('errors', () => {
  it('carry status, code, problem, request id and the fields at fault', async () => {
    const { id } = await client.conversations.create()
    const error = await failureOf(client.messages.append(id, {
      messages: [{ role: 'user', content: 1 }, { role: 'Not a role', content: 2 }],
    }))
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ status: 400, code: 'invalid_request', retryable: false })
    expect(error.faults.map(({ field }) => field)).toEqual(['body.messages[1].role'])
    expect(error.requestId).toBe(error.problem?.request_id)
    expect(error.message).toBe(error.problem?.detail)
  })

  it('say that a token is wrong', async () => {
    const stranger = createClient({ url: server.url, token: 'hf_st_wrong' })
    const { status, code } = await failureOf(stranger.conversations.list())
    expect({ status, code }).toEqual({ status: 401, code: 'unauthenticated' })
  })

  it.each([
    [undefined as never, 'url'],
    [{ token: 'x' } as never, 'url'],
    [{ url: 'nowhere' }, 'url'],
    [{ url: 'ftp://example.org' }, 'url'],
    [{ url: 'http://example.org', token: 'two words' }, 'token'],
    [{ url: 'http://example.org', token: '' }, 'token'],
    [{ url: 'http://example.org', timeoutMs: 0 }, 'timeoutMs'],
    [{ url: 'http://example.org', retriesMax: Infinity }, 'retriesMax'],
  ])('refuse a client that could not work: %j', (options, option) => {
    expect(() => createClient(options)).toThrowError(
      expect.objectContaining({
        code: 'invalid_configuration', message: expect.stringContaining(option),
      }),
    )
  })

  it('refuse a path that would lead elsewhere', async () => {
    for (const id of ['', '.', '..']) {
      const { code, faults } = await failureOf(client.conversations.delete(id))
      expect([code, faults[0]?.field]).toEqual(['invalid_value', 'path.conversation_id'])
    }
    const { code } = await failureOf(client.conversations.get('../me?x#y'))
    expect(code).toBe('invalid_request')
  })
})

describe('request', () => {
  it('calls any operation by its name, typed', async () => {
    const { id } = await client.request('createConversation', { body: { title: 'Raw' } })
    const path = { conversation_id: id }
    const page = await client.request('listMessages', { path, query: { order: 'desc' } })
    expect(page).toEqual({ data: [], next_cursor: null })
    expectTypeOf(page.data).toEqualTypeOf<Message[]>()
    expectTypeOf(client.request<'getMe'>).parameters.toExtend<[
      operationId: 'getMe', options?: { signal?: AbortSignal },
    ]>()
    expectTypeOf(client.request<'getConversation'>).parameter(1).not.toHaveProperty('ifRevision')
    expectTypeOf(client.request<'updateConversation'>).parameter(1).toHaveProperty('ifRevision')
  })

  it('serves a url with a path and a slash at its end', async () => {
    const asked: string[] = []
    const proxied = createClient({
      url: `${server.url}/holdfast/`,
      fetch: (url, init) => {
        asked.push(url)
        return fetch(url.replace('/holdfast', ''), init)
      },
    })
    expect((await failureOf(proxied.me())).code).toBe('unauthenticated')
    expect(asked).toEqual([`${server.url}/holdfast/v1/me`])
  })
})
