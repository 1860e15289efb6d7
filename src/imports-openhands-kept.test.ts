import { createCipheriv, createHash } from 'node:crypto'
import { symlinkSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { type ContractWorld, contract } from './testing/index.js'
import {
  agentEvent, event, home, id, imported, own, removeHomes, removeWithHomes, sid, store,
  told, uuid,
} from './testing/made-openhands.test.harness.js'

afterEach(removeHomes)

async function secretsOf({ organization: { secrets } }: ContractWorld) {
  const { data } = await secrets.list({ limit: 100 })
  return Object.fromEntries(await Promise.all(data.map(async ({ name }) =>
    [name, (await secrets.reveal(name)).value])))
}

function jwe(value: string, secret: string): string {
  const key = createHash('sha256').update(secret).digest()
  const head = Buffer.from('{"alg":"dir","enc":"A256GCM","kid":"k"}').toString('base64url')
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.alloc(12, 7))
  cipher.setAAD(Buffer.from(head, 'ascii'))
  const body = Buffer.concat([cipher.update(JSON.stringify({ v: value, iat: 1 })), cipher.final()])
  const parts = [Buffer.alloc(12, 7), body, cipher.getAuthTag()]
  return `${head}..${parts.map((part) => part.toString('base64url')).join('.')}`
}

contract('an import of OpenHands loses nothing that it could keep', (open) => {
  it('from a home that is a link', async () => {
    const world = await open()
    const path = home({ [`alice/v1_conversations/${sid}/${uuid(1)}.json`]: agentEvent(1) })
    symlinkSync(path, `${path}-link`)
    removeWithHomes(`${path}-link`)
    const report = await imported(world, `${path}-link`)
    expect(report.counts).toMatchObject({ conversations: { found: 1 }, events: { imported: 1 } })
    expect(report.skipped).toEqual([])
  })

  it('because of a file that is too large', async () => {
    const world = await open()
    const path = home(store({
      'video.mp4': '', [`${own}/a.pkl`]: '', [`${own}/b.pkl`]: '', [`${own}/events/1.json`]: '',
    }))
    for (const name of ['video.mp4', `${own}/a.pkl`, `${own}/events/1.json`]) {
      truncateSync(join(path, name), 3 * 1024 ** 3)
    }
    truncateSync(join(path, `${own}/b.pkl`), 27 * 1024 ** 2)
    const dry = await imported(world, path, { dryRun: true })
    const report = await imported(world, path)
    expect(dry.counts).toEqual(report.counts)
    expect(report.counts).toMatchObject({
      events: { found: 2, imported: 1, damaged: 1 },
      files: { found: 3, imported: 0, present: 0, skipped: 1, damaged: 2 },
    })
    expect(told(report)).toMatch(/1\.json: the file has 3221225472 bytes, and 268435456 at most/)
    expect(told(report)).toMatch(/a\.pkl: the file has 3221225472 bytes/)
    expect(told(report)).toMatch(/b\.pkl: is not kept: 28311552 bytes, of 26214400/)
  })

  it('of an event that lies whole in the other folder, or says something else there', async () => {
    const world = await open()
    const report = await imported(world, home(store({
      [`${own}/events/1.json`]: '{"id": 1, "act', [`${own}/events/2.json`]: event(2),
      [`sessions/${sid}/events/0.json`]: event(0), [`sessions/${sid}/events/1.json`]: event(1),
      [`sessions/${sid}/events/2.json`]: event(2, { args: { content: 'another' } }),
    })))
    const { messages, attachments } = world.organization
    const { data } = await messages.list(id)
    expect(data.map(({ content }) => content)).toMatchObject([0, 1, 2].map((number) =>
      ({ args: { content: `say ${number}` } })))
    const names = (await attachments.list({ conversationId: id })).data.map(({ name }) => name)
    expect(names).toEqual([`sessions:${sid}:events:2.json`])
    expect(told(report)).toMatch(new RegExp(`1\\.json: is no JSON.*recovered from sessions/${sid}`))
    expect(told(report)).toMatch(/events\/2\.json: another event has its number/)
    expect(report.skipped).toEqual([])
  })

  it('that lies in a folder of a conversation', async () => {
    const world = await open()
    const report = await imported(world, home(store({
      [`${own}/files/deep/a.txt`]: 'a', [`${own}/files/.hidden`]: 'b',
      [`v1_conversations/${sid}/notes/b.txt`]: 'b',
      [`v1_conversations/${sid}/${uuid(5)}.json`]: agentEvent(5),
      [`conversations/${sid}/events/event-00000-${uuid(6)}.json`]: agentEvent(6),
      [`conversations/${sid}/subagents/one/events/event-00000-${uuid(7)}.json`]: agentEvent(7),
    })))
    const { data } = await world.organization.attachments.list({ conversationId: id })
    expect(data.map(({ name }) => name).sort()).toEqual([
      `conversations:${sid}:subagents:one:events:event-00000-${uuid(7)}.json`,
      `users:alice:conversations:${sid}:files:deep:a.txt`, `v1_conversations:${sid}:notes:b.txt`,
    ])
    expect(report.skipped.map(({ place }) => place)).toEqual([`${own}/files/.hidden`])
  })

  it('of settings of an agent server in its working folder, nor a secret in plain', async () => {
    const world = await open()
    const base = 'workspace/conversations'
    const path = home({
      [`${base}/${sid}/base_state.json`]: { agent: { llm: { aws_access_key_id: 'plain-1' } } },
      [`${base}/${sid}/meta.json`]: { id, secrets: { KEY: 'plain-2' } },
      'workspace/.openhands/settings.json': { agent_settings: { llm: { api_key: 'plain-3' } } },
      'workspace/.openhands/secrets.json': { custom_secrets: { NPM: { secret: 'plain-4' } } },
      'workspace/.openhands/workspaces.json': { workspaces: [{ path: '/w' }] },
    })
    const report = await imported(world, path)
    expect(report.skipped).toEqual([])
    expect(await secretsOf(world)).toEqual({
      NPM: 'plain-4', [`openhands/${sid}/agent.llm.aws_access_key_id`]: 'plain-1',
      [`openhands/${sid}/secrets.KEY`]: 'plain-2',
    })
    const { settings, conversations, states } = world.organization
    expect(await settings.open('organization')).toMatchObject({
      openhands_agent_server: { agent_settings: { llm: { api_key: 'plain-3' } } },
      openhands_workspaces: { workspaces: [{ path: '/w' }] },
    })
    const state = await states.get({ conversationId: id, name: 'openhands_base_state' })
    const shown = [await conversations.get(id), state, await settings.get('organization'), report]
    expect(JSON.stringify(shown)).not.toMatch(/plain-/)
  })

  it('of secrets that were encrypted twice, or whose names only look alike', async () => {
    const world = await open()
    const path = home(store({ 'secrets.json': { custom_secrets: {
      TWICE: { secret: jwe(jwe('inner', 'key'), 'key') },
      'n\u0303': { secret: 'one' }, '\u00f1': { secret: 'two' },
    } } }))
    const report = await imported(world, path, { keys: ['key'] })
    expect(report.counts.secrets).toMatchObject({ found: 3, imported: 3, present: 0, damaged: 0 })
    const secrets = await secretsOf(world)
    expect(secrets).toMatchObject({ TWICE: 'inner', '\u00f1': 'one' })
    expect(Object.values(secrets).sort()).toEqual(['inner', 'one', 'two'])
    expect(told(report)).toMatch(/another secret has its name/)
    const again = await imported(world, path, { keys: ['key'] })
    expect(again.counts.secrets).toMatchObject({ imported: 0, present: 3 })
    expect(again.damaged).toEqual(report.damaged)
  })

  it('without a word, of a secret that another home has by its name', async () => {
    const world = await open()
    const secret = (value: string) =>
      ({ 'secrets.json': { custom_secrets: { KEY: value, SAME: 'same' } } })
    await imported(world, home(secret('of alice')))
    for (const dryRun of [true, false]) {
      const report = await imported(world, home(secret('of bruno')), { dryRun })
      expect(report.counts.secrets).toMatchObject({ found: 2, imported: 0, present: 2 })
      expect(report.damaged).toMatchObject([{
        place: 'secrets.json: custom_secrets.KEY', reason: expect.stringMatching(/other value/),
      }])
      expect(JSON.stringify(report)).not.toMatch(/of alice|of bruno/)
    }
    expect(await secretsOf(world)).toEqual({ KEY: 'of alice', SAME: 'same' })
  })

  it('nor of settings, of which those stay that were there', async () => {
    const world = await open()
    const settings = (name: string) => home({
      'settings.json': { language: name, llm_api_key: `key of ${name}`, [name]: 1 },
    })
    await imported(world, settings('alice'))
    const of = settings('bruno')
    for (const dryRun of [true, false, false]) {
      const report = await imported(world, of, { dryRun })
      expect(report.counts.settings).toMatchObject({ found: 1, imported: 0, skipped: 1 })
      expect(report.skipped[0]!.reason).toMatch(/settings under openhands already, which stay/)
    }
    expect(await world.organization.settings.open('organization')).toEqual({
      openhands: { language: 'alice', llm_api_key: 'key of alice', alice: 1 },
    })
  })

  it('of moments in other forms, and says which it cannot read', async () => {
    const world = await open()
    const stamps =
      [1762161130.25, 1762161131250, '2025-11-03T11:12:12+0200', 'who knows', undefined]
    const report = await imported(world, home({
      [`sessions/${sid}/metadata.json`]: { title: 't', created_at: 1762161120 },
      ...Object.fromEntries(stamps.map((timestamp, number) =>
        [`sessions/${sid}/events/${number}.json`, event(number, { timestamp })])),
    }))
    const { messages, conversations } = world.organization
    expect((await conversations.get(id)).createdAt).toBe('2025-11-03T09:12:00.000000Z')
    const { data } = await messages.list(id)
    expect(data.map(({ createdAt }) => createdAt.slice(17, -1))).toEqual([
      '10.250000', '11.250000', '12.000000', '12.000000', '12.000000',
    ])
    expect(told(report)).toBe(`sessions/${sid}/events/3.json: its timestamp is no moment: it got ` +
      'that of the event before ')
    expect(report.notes.join()).toMatch(/without a moment/)
  })

  it('of where a conversation was left, though that event is lost', async () => {
    const world = await open()
    const folder = `conversations/${sid}`
    const report = await imported(world, home({
      ...Object.fromEntries([0, 1, 2, 3].map((number) => [
        `${folder}/events/event-0000${number}-${uuid(number)}.json`,
        number === 2 ? ''
          : { ...agentEvent(number), ...(number === 3 ? { parent_id: uuid(0) } : {}) },
      ])),
      [`${folder}/base_state.json`]: { leaf_event_id: uuid(2) },
    }))
    expect((await world.organization.conversations.get(id)).activeLeafId).toBe(uuid(1))
    expect(told(report)).toContain(`an event that is lost: ${uuid(1)} before it is followed`)
  })

  it('of two events of one id, nor of a database that is none', async () => {
    const world = await open()
    const folder = `v1_conversations/${sid}`
    const path = home({
      [`${folder}/${uuid(1)}.json`]: agentEvent(1),
      [`${folder}/${uuid(2)}.json`]: { ...agentEvent(2), id: uuid(1) },
      'openhands.db': 'no database',
    })
    for (const isNew of [true, false]) {
      const report = await imported(world, path)
      expect(report.counts.events).toMatchObject({ found: 2, imported: Number(isNew), damaged: 1 })
      expect(told(report)).toMatch(/openhands\.db: it is no database/)
      expect(told(report)).toMatch(/2\.json: has the id of one before it attachment/)
      expect(report.skipped).toEqual([])
    }
  })

  it('of a state that is larger than states may be here', async () => {
    const world = await open()
    const holdfast = await world.another({ agentStates: { documentBytesMax: 100 } })
    const state = { execution_status: 'finished', tags: { text: 'x'.repeat(200) } }
    const { id: organizationId } = await holdfast.organizations.create({ name: 'Small' })
    const report = await imported({ ...world, holdfast, organizationId }, home({
      [`conversations/${sid}/events/event-00000-${uuid(1)}.json`]: agentEvent(1),
      [`conversations/${sid}/base_state.json`]: state,
    }))
    expect(report.counts.states).toMatchObject({ found: 1, imported: 0, damaged: 1 })
    expect(told(report)).toMatch(/document must be at most 100 bytes of JSON attachment/)
    const { attachments } = holdfast.organization(organizationId)
    expect((await attachments.list({ conversationId: id })).data).toHaveLength(1)
  })
})
