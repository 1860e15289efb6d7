import { createCipheriv, createHash, createHmac } from 'node:crypto'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { sqliteDriver } from './database/dialects/sqlite-driver.js'
import { type ContractWorld, contract } from './testing/index.js'
import { home, id, removeHomes, sid, uuid } from './testing/made-openhands.test.harness.js'

afterEach(removeHomes)

const event = (number: number, more: object = {}) => ({
  id: number, timestamp: `2025-11-03T09:12:1${number}.086621`, source: 'user', action: 'message',
  args: { content: `say ${number}` }, ...more,
})
const metadata = {
  conversation_id: sid, user_id: 'alice', title: 'Über', created_at: '2025-11-03T09:12:00Z',
  last_updated_at: '2025-11-03T10:00:00Z', accumulated_cost: 0.395982, prompt_tokens: 96,
  completion_tokens: 7, llm_model: 'm',
}

function v0(more: Readonly<Record<string, unknown>> = {}): string {
  const events = `users/alice/conversations/${sid}/events`
  return home({
    [`sessions/${sid}/metadata.json`]: metadata,
    [`${events}/0.json`]: event(0), [`${events}/1.json`]: '{"id": 1, "act',
    [`${events}/2.json`]: '',
    [`${events}/4.json`]: '{"id": 4, "n": 9007199254740993, "z": "\\u0000"}',
    [`users/alice/conversations/${sid}/event_cache/0-25.json`]:
      `[${JSON.stringify(event(0))}, ${JSON.stringify(event(1))}, {"id": 2, "cu`,
    [`users/alice/conversations/${sid}/agent_state.pkl`]: 'gASVcG9zaXgKc3lzdGVt',
    ...more,
  })
}

function fernet(value: string, secret: string): string {
  const key = createHash('sha256').update(secret).digest()
  const iv = Buffer.alloc(16, 7)
  const cipher = createCipheriv('aes-128-cbc', key.subarray(16), iv)
  const head = Buffer.concat([Buffer.from([0x80]), Buffer.alloc(8), iv])
  const body = Buffer.concat([head, cipher.update(value, 'utf8'), cipher.final()])
  const mac = createHmac('sha256', key.subarray(0, 16)).update(body).digest()
  return Buffer.concat([body, mac]).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

const importing = ({ holdfast, organizationId }: ContractWorld) => holdfast.imports(organizationId)
const settingsOf = 'organization'

contract('an import of OpenHands', (open) => {
  it('brings a V0 store; a broken event comes from its page, or is kept as bytes', async () => {
    const world = await open()
    const report = await importing(world).openHands(v0(), { settingsOf })
    const { conversations, messages, attachments, usage } = world.organization
    expect(await conversations.get(id)).toMatchObject({
      title: 'Über', messageCount: 3, userId: null, createdAt: '2025-11-03T09:12:00.000000Z',
      metadata: { openhands: { owner: 'alice', source_id: sid, layout: 'v0' } },
    })
    const { data } = await messages.list(id)
    expect(data.map(({ content }) => (content as { id: number }).id)).toEqual([0, 1, 4])
    expect(data[2]?.content).toStrictEqual({ id: 4, n: 9007199254740992, z: '\u0000' })
    expect(data[1]).toMatchObject({ role: 'user', kind: 'message', parentMessageId: data[0]!.id })
    expect(report.counts.events).toMatchObject({ found: 4, imported: 3, damaged: 1 })
    const told = report.damaged.map(({ place, reason, kept = '' }) => `${place} ${reason} ${kept}`)
    expect(told.join('\n')).toMatch(/1\.json is no JSON.* recovered from .*event_cache\/0-25\.json/)
    expect(told.join('\n')).toMatch(/2\.json the file has 0 bytes attachment/)
    expect(told.join('\n')).toMatch(/there is no event 3/)
    const names = (await attachments.list({ conversationId: id })).data.map(({ name }) => name)
    expect(names.sort()).toEqual([
      `users:alice:conversations:${sid}:agent_state.pkl`,
      `users:alice:conversations:${sid}:events:2.json`,
    ])
    const [used] = (await usage.listEvents({ conversationId: id })).data
    expect(used).toMatchObject({ costUsd: '0.395982', tokensIn: 96, tokensOut: 7, model: 'm' })
  })

  it('repeated adds nothing, but what is new', async () => {
    const world = await open()
    const path = v0({ 'settings.json': { llm_api_key: 'sk-1' } })
    const dry = await importing(world).openHands(path, { settingsOf, dryRun: true })
    expect((await world.organization.conversations.list()).data).toEqual([])
    const first = await importing(world).openHands(path, { settingsOf })
    expect(dry.counts).toEqual(first.counts)
    const again = await importing(world).openHands(path, { settingsOf })
    for (const { imported } of Object.values(again.counts)) expect(imported).toBe(0)
    const next = `users/alice/conversations/${sid}/events/5.json`
    writeFileSync(join(path, next), JSON.stringify(event(5)))
    const since = await importing(world).openHands(path, { settingsOf })
    expect(since.counts.events).toMatchObject({ imported: 1, present: 3 })
    expect((await world.organization.messages.list(id)).data.at(-1)).toMatchObject({
      content: { id: 5 }, position: 4,
    })
    expect((await world.neighbour.conversations.list()).data).toEqual([])
  })

  it('asks whose settings they are, and seals what is secret in them', async () => {
    const world = await open()
    const { holdfast } = world
    const user = await holdfast.identity.createUser({
      email: `${crypto.randomUUID()}@example.org`,
    })
    const path = v0({
      'settings.json': {
        language: 'es', llm_api_key: 'sk-1', sandbox_api_key: '**********',
        mcp_config: { sse_servers: [{ url: 'https://a', api_key: 'mcp-1' }] },
        secrets_store: { provider_tokens: { gitlab: { token: 'glpat-1' } } },
      },
      'secrets.json': { custom_secrets: { NPM: { secret: 'npm-1', description: 'd' } },
        provider_tokens: { github: { token: 'ghp-1', host: null } } },
    })
    for (const wrong of [undefined, '', 'alice']) {
      await expect(importing(world).openHands(path, { settingsOf: wrong as never }))
        .rejects.toMatchObject({ field: 'settingsOf' })
    }
    const none = await importing(world).openHands(path, { settingsOf: 'nobody' })
    expect(none.counts.settings).toMatchObject({ skipped: 1, imported: 0 })
    const report = await importing(world).openHands(path, {
      settingsOf: user.id, users: { alice: user.id },
    })
    const own = holdfast.organization(world.organizationId, {
      id: `user:${user.id}`, userId: user.id,
    })
    expect((await own.settings.get('user')).settings).toStrictEqual({ openhands: {
      language: 'es', llm_api_key: { $secret: true, set: true },
      mcp_config: { $secret: true, set: true },
    } })
    expect(await own.settings.open('user')).toMatchObject({ openhands: { llm_api_key: 'sk-1' } })
    const names = (await own.ownSecrets.list()).data.map(({ name }) => name)
    expect(names.sort()).toEqual(['NPM', 'provider_tokens/github', 'provider_tokens/gitlab'])
    expect((await own.ownSecrets.reveal('NPM')).value).toBe('npm-1')
    expect(report.damaged.map(({ place }) => place)).toContain('settings.json: sandbox_api_key')
    expect(JSON.stringify(report)).not.toMatch(/sk-1|npm-1|ghp-1|glpat-1|mcp-1/)
  })

  it('brings an agent server with its tree, forks of the same ids and sealed secrets', async () => {
    const world = await open()
    const fork = 'd97da373f0254c7f9618b32cdcd190dd'
    const at = (folder: string, index: number, more: object) => ({
      [`conversations/${folder}/events/event-0000${index}-${uuid(index)}.json`]:
        { id: uuid(index), timestamp: `2026-01-01T00:00:0${index}`, source: 'agent',
          ...more, kind: 'MessageEvent' },
    })
    const path = home({
      ...at(sid, 0, {}), ...at(sid, 1, {}), ...at(sid, 2, { parent_id: uuid(0) }),
      ...at(sid, 3, { parent_id: uuid(9) }), ...at(sid, 4, { parent_id: '__root__' }),
      ...at(fork, 0, {}), ...at(fork, 1, {}),
      [`conversations/${sid}/meta.json`]: { id, user_id: 'bruno', title: 'tree' },
      [`conversations/${sid}/base_state.json`]: {
        leaf_event_id: uuid(2),
        agent: { llm: { model: 'm', api_key: fernet('sk-agent', 'oh') } },
        secret_registry: { secret_sources: {
          A: { value: fernet('lost', 'other key') }, B: { value: '**********' },
        } },
        stats: { usage_to_metrics: { agent: { model_name: 'm', accumulated_cost: 0.5,
          accumulated_token_usage: { prompt_tokens: 3, completion_tokens: 4 } } } },
      },
    })
    const report = await importing(world).openHands(path, { settingsOf, keys: ['oh'] })
    const { conversations, messages, states, secrets, usage } = world.organization
    const { data } = await messages.list(id)
    expect(data.map((each) => [each.id, each.parentMessageId])).toEqual([
      [uuid(0), null], [uuid(1), uuid(0)], [uuid(2), uuid(0)], [uuid(3), uuid(2)], [uuid(4), null],
    ])
    expect((await conversations.get(id)).activeLeafId).toBe(uuid(2))
    const next = await messages.append(id, { role: 'user', content: 'on' })
    expect(next.parentMessageId).toBe(uuid(2))
    expect((await messages.list('d97da373-f025-4c7f-9618-b32cdcd190dd')).data).toHaveLength(2)
    const { document } = await states.get({ conversationId: id, name: 'openhands_base_state' })
    expect(document).toMatchObject({ agent: { llm: { api_key: '**********' } } })
    const secret = `openhands/${sid}/agent.llm.api_key`
    expect((await secrets.reveal(secret)).value).toBe('sk-agent')
    expect((await usage.listEvents({ conversationId: id })).data).toMatchObject([{ tokensIn: 3 }])
    const told = report.damaged.map(({ reason }) => reason).join()
    expect(told).toMatch(/none of the keys opens it/)
    expect(told).toMatch(/stars that hide it/)
    expect(told).toMatch(/follows one that is not there/)
    const again = await importing(world).openHands(path, { settingsOf, keys: ['oh'] })
    expect(again.counts.events).toMatchObject({ imported: 0, present: 7 })
  })

  it('brings an app server in every layout, by time, and tells of lost ids', async () => {
    const world = await open()
    const other = '0af697bd62f64e41bd73ba174043318a'
    const hex = (last: number) => uuid(last).replaceAll('-', '')
    const said = (last: number, second: number) => ({
      id: uuid(last), timestamp: `2026-01-20T10:00:0${second}`, source: 'agent',
      kind: 'ActionEvent',
    })
    const path = home({
      [`v1_conversations/${sid}/${hex(1)}.json`]: said(1, 3),
      [`v1_conversations/${sid}/${hex(2)}.json`]: said(2, 1),
      [`v1_conversations/${sid}/${hex(3)}.json`]: '{"id": "cut',
      [`v1/events/${id}/20260120100002_ActionEvent_${hex(3)}`]: said(3, 2),
      [`alice/v1_conversations/${other}/${hex(1)}.json`]: said(1, 0),
      '.keys': [{ key: 'k', active: false }],
    })
    const { DatabaseSync } = sqliteDriver()
    const database = new DatabaseSync(join(path, 'openhands.db'), {})
    database.exec(`create table conversation_metadata (conversation_id varchar primary key,
      title varchar, created_at datetime, accumulated_cost float, mood text);
      insert into conversation_metadata values ('${id}', 'T', '2026-01-20 10:00:00', 0.1234, 'x');
      create table event_callback (id uuid primary key, status varchar);
      insert into event_callback values ('12345678901234567890123456789012', 'ACTIVE')`)
    database.close()
    const report = await importing(world).openHands(path, { settingsOf: 'nobody' })
    const { conversations, messages } = world.organization
    const { data } = await messages.list(id)
    expect(data.map((each) => each.id)).toEqual([uuid(2), uuid(3), uuid(1)])
    expect(await conversations.get(id)).toMatchObject({
      title: 'T', metadata: { openhands: { metadata: { mood: 'x' } } },
    })
    const told = report.damaged.map(({ place, reason }) => `${place}: ${reason}`).join('\n')
    expect(told).toMatch(/event_callback.*turned into a number/)
    expect(told).toMatch(new RegExp(`${other}: the database has no row of it`))
    expect(told).not.toMatch(/keys/)
  })

  it('takes what is whole, and follows no link out of the home', async () => {
    const world = await open()
    const path = v0({
      [`sessions/${sid}/metadata.json`]: `${JSON.stringify(metadata)}null,"public":null}`,
      'sessions/cli-run/events/0.json': event(0), 'sessions/.DS_Store': 'x',
      'sessions/empty/metadata.json': { title: 'no created_at' },
    })
    const outside = home({ 'settings.json': { llm_api_key: 'sk-outside' } })
    symlinkSync(join(outside, 'settings.json'), join(path, 'settings.json'))
    const report = await importing(world).openHands(path, { settingsOf })
    const told = report.damaged.map(({ place, reason }) => `${place}: ${reason}`).join('\n')
    expect(told).toMatch(/metadata\.json: 19 characters stand behind the object/)
    expect(told).toMatch(/sessions\/cli-run: there is no metadata\.json/)
    expect(told).toMatch(/sessions\/empty\/metadata\.json: has no created_at/)
    expect((await world.organization.conversations.list()).data).toHaveLength(3)
    expect(report.skipped.map(({ place }) => place))
      .toEqual(['sessions/.DS_Store', 'settings.json'])
    expect(report.counts.settings?.found).toBe(0)
    await expect(importing(world).openHands(outside, { settingsOf: 'nobody' }))
      .resolves.toMatchObject({ counts: { settings: { skipped: 1 } } })
    await expect(importing(world).openHands(join(path, 'users'), { settingsOf }))
      .rejects.toThrow(/no OpenHands/)
  })
})
