import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { sqliteDriver } from './database/dialects/sqlite-driver.js'
import { contract } from './testing/index.js'
import {
  agentEvent, event, home, id, imported, removeHomes, sid, store, uuid,
} from './testing/made-openhands.test.harness.js'

afterEach(removeHomes)

contract('an import of a home of OpenHands', (open) => {
  it('counts what two servers counted of one conversation once', async () => {
    const world = await open()
    const app = (cost: number, tokens: number) => {
      const path = home({})
      const { DatabaseSync } = sqliteDriver()
      const database = new DatabaseSync(join(path, 'openhands.db'), {})
      database.exec(`create table conversation_metadata (conversation_id text primary key,
        accumulated_cost float, prompt_tokens int);
        insert into conversation_metadata values ('${id}', ${cost}, ${tokens})`)
      database.close()
      return path
    }
    const agent = (costs: Readonly<Record<string, number>>) => home({
      [`conversations/${sid}/base_state.json`]: { stats: { usage_to_metrics: Object.fromEntries(
        Object.entries(costs).map(([name, cost]) => [name, {
          accumulated_cost: cost, accumulated_token_usage: { prompt_tokens: cost * 100 },
        }])) } },
    })
    const sums = async () => {
      const { data } = await world.organization.usage.summarize()
      return data.map(({ costUsd, tokensIn }) => [costUsd, tokensIn])
    }
    for (const [path, expected] of [
      [app(0.5, 50), ['0.5', 50]], [agent({ agent: 0.5, condenser: 0.25 }), ['0.75', 75]],
      [app(0.75, 75), ['0.75', 75]], [agent({ agent: 1.5, condenser: 0.25 }), ['1.75', 175]],
      [app(2, 200), ['2', 200]],
    ] as const) {
      await imported(world, path)
      expect(await sums()).toEqual([expected])
      const again = await imported(world, path)
      expect(again.counts.usage).toMatchObject({ imported: 0 })
    }
  })

  it('says of no row of a newer version that its id is lost', async () => {
    const world = await open()
    const path = home({ [`v1_conversations/${sid}/${uuid(1)}.json`]: agentEvent(1) })
    const { DatabaseSync } = sqliteDriver()
    const database = new DatabaseSync(join(path, 'openhands.db'), {})
    database.exec(`create table conversation_cost_events (id integer primary key, cost float);
      insert into conversation_cost_events values (1, 0.5);
      create table event_callback (id uuid primary key); insert into event_callback values ('77')`)
    database.close()
    const report = await imported(world, path)
    expect(report.damaged.map(({ place }) => place).filter((place) => /db/.test(place)))
      .toEqual(['openhands.db/event_callback/77'])
  })

  it('tells a large folder of other files as one', async () => {
    const world = await open()
    const many = (folder: string, count: number) => Object.fromEntries(
      Array.from({ length: count }, (_, number) => [`${folder}/${number % 7}/${number}.js`, '']))
    const report = await imported(world, home(store({
      ...many('workspace/project', 101), ...many('few', 3), 'sessions/.DS_Store': '',
      [`workspace/conversations/${sid}/events/event-00000-${uuid(6)}.json`]: agentEvent(6),
    })))
    expect(report.skipped.map(({ place, reason }) => `${place}: ${reason.slice(0, 8)}`)).toEqual([
      'few/0/0.js: it is no', 'few/1/1.js: it is no', 'few/2/2.js: it is no',
      'sessions/.DS_Store: it is no', 'workspace/project: 101 file',
    ])
    expect(report.counts.files).toMatchObject({ found: 5, skipped: 5 })
  })

  it('goes on beside another import of the same home, or waits for it', async () => {
    const world = await open()
    const count = 450
    const path = home(Object.fromEntries(Array.from({ length: count }, (_, number) =>
      [`sessions/${sid}/events/${number}.json`, event(number % 10, { id: number })])))
    const ended = await Promise.allSettled([1, 2, 3].map(() => imported(world, path)))
    const others = ended.filter((each) => each.status === 'rejected')
    expect(others.map(({ reason }) => (reason as { code: string }).code))
      .toEqual(others.map(() => 'busy'))
    expect(others.length).toBeLessThan(3)
    const again = await imported(world, path)
    expect(again.counts.events).toMatchObject({ found: count, imported: 0, damaged: 0 })
    const { messages } = world.organization
    const { data } = await messages.list(id, { limit: 200 })
    expect(data.map(({ content }) => (content as { id: number }).id))
      .toEqual(data.map((_, number) => number))
    expect(data.every(({ createdAt }) => createdAt.startsWith('2025-11-03'))).toBe(true)
    expect((await world.organization.conversations.get(id)).messageCount).toBe(count)
  })

  it('refuses people that there are not before it begins', async () => {
    const world = await open()
    const path = home(store({ 'settings.json': { language: 'es' } }))
    for (const [field, options] of [
      ['users', { users: { alice: uuid(77) } }], ['users', { users: { alice: 'alice' } }],
      ['settingsOf', { settingsOf: uuid(77) }],
    ] as const) {
      await expect(imported(world, path, options)).rejects
        .toMatchObject({ code: 'invalid_input', field })
    }
    expect((await world.organization.conversations.list()).data).toEqual([])
  })

  it('leaves nothing behind of a person who is erased', async () => {
    const world = await open()
    const { holdfast, organizationId, organization: { items } } = world
    const { id: userId } = await holdfast.identity.createUser({
      email: `${crypto.randomUUID()}@example.org`,
    })
    const path = home({
      ...store({ 'settings.json': { language: 'es' } }),
      [`users/constructor/conversations/${'b'.repeat(32)}/events/0.json`]: event(0),
    })
    const { DatabaseSync } = sqliteDriver()
    const database = new DatabaseSync(join(path, 'openhands.db'), {})
    database.exec(`create table app_conversation_start_task (id text primary key,
      created_by_user_id text, request json);
      insert into app_conversation_start_task values ('a', 'alice', '{"text": "mine"}'),
        ('b', 'bruno', '{"text": "of another"}')`)
    database.close()
    const given = { settingsOf: userId, users: { alice: userId.toUpperCase() } }
    const report = await imported(world, path, given)
    expect(report.counts)
      .toMatchObject({ conversations: { imported: 2 }, settings: { imported: 1 } })
    await holdfast.personalData().erase(userId, { scrub: false })
    const kept = await items.search({ prefix: ['imports', 'openhands'] })
    expect(JSON.stringify(kept)).not.toMatch(new RegExp(`mine|${userId}`))
    expect(JSON.stringify(kept)).toMatch(/of another/)
    const left = await holdfast.organization(organizationId).conversations.list()
    expect(left.data.map((each) => each.metadata.openhands))
      .toMatchObject([{ owner: 'constructor' }])
  })

  it('tells of a home of which nothing but a damaged file is left', async () => {
    const world = await open()
    const report = await imported(world, home({ 'settings.json': '', 'secrets.json': '{"cut' }))
    expect(report.counts).toMatchObject({
      settings: { found: 1, damaged: 1 }, secrets: { found: 1, damaged: 1 },
    })
  })
})
