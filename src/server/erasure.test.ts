import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { backupsOf } from '../backups.js'
import { addressOf } from '../database/address.js'
import { connect } from '../database/connect.js'
import { Database } from '../database/database.js'
import { InvalidInput, LastOwner, type OrganizationStores } from '../index.js'
import { PersonalData, personalRows } from '../lifecycle/personal-data/index.js'
import { tables } from '../tables.js'
import { contract, type ContractWorld } from '../testing/contract.js'
import { contentOf, foundIn } from '../testing/database-content.test.harness.js'
import { watchedBackend } from '../testing/plans.test.harness.js'
import { served } from '../testing/serving.js'
import { openApiDocument, rawRoutes, routes, startServer } from './index.js'

const serving = {
  start: startServer, endpoints: [...routes, ...rawRoutes], document: openApiDocument(),
}

let people = 0

/** Somebody whose every word holds a canary. */
async function person({ holdfast, organizationId, rootKey: _ }: ContractWorld) {
  const canary = `canary${people += 1}x${holdfast.ids.next().slice(-12)}`
  const { id: userId, ...user } = await holdfast.identity.createUser({
    email: `${canary}@erased.test`, username: `${canary}`, displayName: `Mx ${canary}`,
    preferences: { likes: canary }, password: `${canary} horse`,
  })
  await holdfast.organizations.createPersonal({ id: userId, ...user })
  await holdfast.organizations.addMember({ organizationId, userId }, 'member')
  const { token } = await holdfast.identity.logIn({
    email: user.email, password: `${canary} horse`,
  })
  const actor = { id: `user:${userId}`, userId }
  return { canary, userId, actor, token, stores: holdfast.organization(organizationId, actor) }
}

type Person = Awaited<ReturnType<typeof person>>

/** Everything a person may leave behind in an organization. */
async function lived(
  { canary, userId, stores }: Person,
  { holdfast, organization: others, neighbour }: ContractWorld,
) {
  const begin = () => stores.conversations.create({
    title: canary, metadata: { about: [canary] },
  })
  const [talk, forked] = [await begin(), await begin()]
  for (const { id } of [talk, forked]) {
    await stores.messages.appendMany(id, Array.from({ length: 5 }, () => ({
      role: 'user', content: { text: `${canary} ${'é'.repeat(900)}` }, metadata: { canary },
      author: `user:${userId}`,
    })))
    await stores.messages.append(id, { role: 'assistant', content: `you said ${canary}` })
  }
  for (const { id } of [talk, forked]) {
    await stores.states.put({ conversationId: id, name: 'graph_state' }, { canary })
    await stores.states.patch({ conversationId: id, name: 'graph_state' }, { more: canary })
    await stores.contexts.putSummary(id, { text: canary })
    await others.participants.put({ conversationId: id, participant: 'agent:helper' }, {
      role: 'observer', displayName: canary,
    })
    await stores.contexts.get(id)
  }
  const { data: shared } = await stores.messages.list(forked.id)
  const fork = await others.conversations.fork(forked.id, shared[3]!.id, { title: 'a fork' })
  await others.messages.append(fork.id, { role: 'user', content: 'kept in the fork' })
  const theirs = await others.conversations.create({ title: 'of others' })
  await others.messages.append(theirs.id, { role: 'user', content: 'kept before' })
  await others.participants.put({ conversationId: theirs.id, participant: `user:${userId}` }, {
    role: 'member', displayName: canary,
  })
  await stores.messages.append(theirs.id, {
    role: 'user', content: canary, author: `user:${userId}`,
  })
  await others.messages.append(theirs.id, { role: 'user', content: 'kept behind' })
  await stores.settings.update('user', { note: canary })
  await stores.ownSecrets.create({ name: 'token', value: canary, description: canary })
  const text = { contentType: 'text/plain' }
  await stores.streams.create(`of/${canary}`, { ...text, data: canary })
  await others.streams.create(`fork/${userId}`, { fork: { from: `of/${canary}` } })
  await others.streams.create(`answer/${userId}`, {
    ...text, data: canary, conversationId: talk.id,
  })
  await others.streams.create(`kept/${userId}`, { ...text, data: 'kept stream' })
  await attach(stores, { name: canary, text: `bytes of ${canary}` })
  await attach(stores, { name: canary, text: `${canary} in others’`, conversationId: theirs.id })
  await attach(others, { name: canary, text: `${canary} by others`, conversationId: forked.id })
  await attach(stores, { name: 'same', text: 'kept bytes' })
  await attach(others, { name: 'kept name', text: 'kept bytes' })
  const { id: unfinished } = await stores.attachments.create({ name: canary })
  await stores.attachments.put(unfinished, piecesOf(canary))
  const used = { type: 'model_call', data: { canary }, costUsd: '0.5', durationMs: 7 }
  await stores.usage.record({ ...used, conversationId: theirs.id })
  await holdfast.usageKeeper().pass()
  await stores.usage.record(used)
  await others.usage.record({ ...used, conversationId: talk.id })
  await others.usage.record({ ...used, data: { kept: 'kept usage' } })
  await neighbour.invitations.create({ email: `${canary}@erased.test`, role: 'member' })
  await holdfast.indexer().pass()
  return { talk, forked, fork, theirs }
}

async function* piecesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

interface Attaching {
  readonly name: string
  readonly text: string
  readonly conversationId?: string
}

async function attach({ attachments }: OrganizationStores, { text, ...given }: Attaching) {
  const { id } = await attachments.create(given)
  await attachments.put(id, piecesOf(text))
  await attachments.complete(id)
}

/** A stored value as the text in it; bytes of PostgreSQL come in hexadecimal. */
function plain(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
  const [, digits] = /^\\x([0-9a-f]*)$/.exec(String(value)) ?? []
  return digits === undefined ? String(value) : Buffer.from(digits, 'hex').toString('latin1')
}

/** All rows of all tables, and the file they stand in. */
async function everything(
  { holdfast, databaseUrl }: Pick<ContractWorld, 'holdfast' | 'databaseUrl'>,
): Promise<string> {
  const names = new Set((await holdfast.backend.introspect()).map(({ table }) => table))
  const found: string[] = []
  for (const table of names) {
    const { rows } = await holdfast.backend.run({
      sql: `select * from ${table}`, parameters: [], readOnly: true, reach: 'all',
    })
    for (const row of rows) {
      found.push(...Object.values(row).map(plain))
    }
  }
  const file = databaseUrl.replace(/^sqlite:/, '')
  const files = file === databaseUrl ? [] : [file, `${file}-wal`].filter((each) => existsSync(each))
  return [...found, ...files.map((each) => readFileSync(each, 'latin1'))].join('\n')
}

/** The index of words, where the database keeps it beside its tables. */
async function wordsIn({ holdfast, adminUrl, databaseUrl }: ContractWorld): Promise<string> {
  if (!holdfast.backend.engine.shared) return everything({ holdfast, databaseUrl })
  const admin = await connect(adminUrl, { poolMax: 1 })
  const read = (sql: string) => admin.run({ sql, parameters: [], reach: 'all' })
  try {
    await read('checkpoint')
    const name = `pg_relation_filepath('message_terms_terms')`
    const { rows: [row] } = await read(`select pg_read_binary_file(${name})::text as bytes`)
    return Buffer.from(String(row!.bytes).slice(2), 'hex').toString('latin1')
  } finally {
    await admin.close()
  }
}

/** The bytes of a backup made now. */
async function backedUp({ databaseUrl: database }: ContractWorld): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-erasure-backup-'))
  try {
    const { path, manifest } = await backupsOf({ database, directory }).create()
    const bytes = readFileSync(join(path, manifest.files[0]!.file))
    return bytes.toString('latin1') + bytes.toString('utf8')
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

contract('erasing a person', (open) => {
  it('leaves nothing of them, and everything of others', async () => {
    const world = await open()
    const { holdfast, organization: others } = world
    const [one, other] = [await person(world), await person(world)]
    const inBackup = async () => {
      const content = await contentOf({ ...world, url: world.databaseUrl })
      return foundIn(content + await backedUp(world), [one.canary, other.canary])
    }
    const left = await lived(one, world)
    await lived(other, world)
    expect((await everything(world)).split(one.canary).length).toBeGreaterThan(20)
    expect(await wordsIn(world)).toContain(one.canary)
    const isKept = addressOf(world.databaseUrl).kind !== 'process'
    if (isKept) expect(await inBackup()).toEqual([one.canary, other.canary])
    const sums = async () => (await others.usage.summarize({ by: ['user'], latency: true })).data
      .map(({ userId, events, costUsd, latency }) => [userId, events, costUsd, latency?.events])
    expect((await sums()).filter(([userId]) => userId === one.userId))
      .toEqual([[one.userId, 2, '1', 2]])
    const report = await holdfast.personalData().erase(one.userId)
    expect(report).toMatchObject({
      userId: one.userId, hadAccount: true,
      erased: {
        conversations: 2, messages: 13, secrets: 1, streams: 3, attachments: 5, usage_events: 3,
        usage_rollups: 0, usage_latencies: 0,
      },
    })
    expect(await sums()).toEqual([[null, 6, '3', 6], [other.userId, 2, '1', 2]])
    expect((await others.usage.listEvents()).data).toHaveLength(5)
    // Whoever may not vacuum leaves that to the database, and says so.
    const { unbound } = await holdfast.backend.walls() ?? { unbound: 'one process' }
    expect(report.unscrubbed.length > 0).toBe(unbound === undefined)
    const rest = await everything(world)
    expect(rest).not.toContain(one.canary)
    if (report.unscrubbed.length > 0) {
      const admin = await connect(world.adminUrl, { poolMax: 1 })
      await admin.scrub(report.unscrubbed).finally(() => admin.close())
    }
    expect(await wordsIn(world)).not.toContain(one.canary)
    if (isKept) expect(await inBackup()).toEqual([other.canary])
    expect(rest).toContain(other.canary)
    await expect(others.conversations.get(left.talk.id)).rejects.toThrow('conversation')
    expect(await others.conversations.get(left.forked.id))
      .toMatchObject({ title: null, metadata: {}, userId: null })
    const said = async (id: string) =>
      (await others.messages.path(id)).data.map(({ content }) => content)
    expect(await said(left.fork.id)).toEqual(['kept in the fork'])
    expect(await said(left.theirs.id)).toEqual(['kept behind', 'kept before'])
    expect(await others.streams.get(`kept/${one.userId}`)).toBeDefined()
    expect((await others.attachments.list()).data.filter(({ name }) => name === 'kept name'))
      .toHaveLength(2)
    expect(rest).toContain('kept bytes')
    await expect(holdfast.identity.getUser(one.userId)).rejects.toThrow()
    await expect(holdfast.authenticator.authenticate(one.token)).rejects.toThrow()
    expect(await holdfast.identity.getUser(other.userId)).toBeDefined()
    for (const { id } of [left.talk, left.forked]) {
      expect(await holdfast.coordination.cache.find({
        namespace: world.organizationId, resource: 'conversation_context', id: `${id}/20`,
      })).toBeUndefined()
    }
    expect((await others.audit.verify()).isIntact).toBe(true)
  }, 60_000)

  it('goes on where it was cut off, and done again it does no harm', async () => {
    const world = await open()
    const { holdfast } = world
    const one = await person(world)
    await lived(one, world)
    for (let calls = 1; calls <= 4; calls += 1) {
      await expect(cutOff(world, calls).erase(one.userId)).rejects.toThrow('cut off')
    }
    await holdfast.personalData().erase(one.userId)
    expect(await everything(world)).not.toContain(one.canary)
    const again = await holdfast.personalData().erase(one.userId)
    expect(again).toMatchObject({ hadAccount: false })
    expect(Object.values(again.erased).every((count) => count === 0)).toBe(true)
  }, 60_000)

  it('does not begin where somebody is the last owner', async () => {
    const world = await open()
    const { holdfast } = world
    const [one, other] = [await person(world), await person(world)]
    await lived(one, world)
    const { id: organizationId } = await holdfast.organizations.create({ name: 'o' }, one.userId)
    await holdfast.organizations.addMember({ organizationId, userId: other.userId }, 'member')
    const before = await everything(world)
    await expect(holdfast.personalData().erase(one.userId)).rejects.toThrow(LastOwner)
    expect((await everything(world)).split(one.canary)).toHaveLength(
      before.split(one.canary).length)
    expect((await holdfast.identity.getUser(one.userId)).active).toBe(true)
  })

  it('is done 20 times at once', async () => {
    const world = await open()
    const one = await person(world)
    await lived(one, world)
    const erasing = Array.from({ length: 20 }, () =>
      world.holdfast.personalData().erase(one.userId, { scrub: false }))
    const ended = await Promise.allSettled(erasing)
    expect(ended.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0)
    await world.holdfast.personalData().erase(one.userId)
    expect(await everything(world)).not.toContain(one.canary)
  }, 60_000)

  it('refuses what is no id, and finds nobody for one that is nobody’s', async () => {
    const { holdfast } = await open()
    await expect(holdfast.personalData().erase('x')).rejects.toThrow(InvalidInput)
    const report = await holdfast.personalData().erase(holdfast.ids.next(), { scrub: false })
    expect(report.hadAccount).toBe(false)
  })
})

contract('erasing what a person wrote in conversations of others', (open) => {
  it('goes along all messages once', async () => {
    const world = await open()
    const { organization, holdfast } = world
    const { userId } = await person(world)
    const { id } = await organization.conversations.create()
    await organization.messages.appendMany(id, Array.from({ length: 250 }, (_, index) =>
      ({ role: 'user', content: `${index}`, author: index % 25 ? `user:${userId}` : null })))
    const sent: string[] = []
    const watching = watchedBackend(holdfast.backend, ({ sql }) => sent.push(sql))
    const database = Database.over<never>(watching).within('all')
    await expect(cutOff(world, Infinity, database).erase(userId, { scrub: false }))
      .rejects.toThrow('cut off')
    const { data } = await organization.messages.list(id, { limit: 200 })
    expect(data.filter(({ author }) => author === `user:${userId}`)).toEqual([])
    const looks = sent.filter((sql) => /^select .*"author" = /.test(sql))
    expect(looks.map((sql) => sql.includes('("conversation_id", "id") > ')))
      .toEqual([false, true, true])
  })
})

/** As `holdfast.personalData()`, of which the stores fail at one call. */
function cutOff(
  { holdfast }: ContractWorld,
  callsUntil: number,
  database: Database<never> = holdfast.database.as<never>(),
): PersonalData {
  let calls = 0
  const parts = {
    database, tables, actor: { id: 'program' },
    stores: (id: string) => {
      if (++calls > callsUntil) throw new Error('cut off')
      return holdfast.organization(id)
    },
    checkAccount: async () => undefined,
    disableAccount: async (id: string) => { await holdfast.identity.disableUser(id) },
    discardBytes: async () => true,
    discardWords: async () => undefined,
    deleteAccount: async () => { throw new Error('cut off') },
    scrub: async () => [],
  }
  return new PersonalData(parts as unknown as ConstructorParameters<typeof PersonalData>[0])
}

contract('personal data over HTTP', (openWorld) => {
  const open = served(openWorld, serving)

  it('is exported row by row, without proofs and other people', async () => {
    const world = await open()
    const { holdfast, guest } = world
    const [one, other] = [await person(world), await person(world)]
    await lived(one, world)
    await lived(other, world)
    const admin = guest.as(await ownerToken(world))
    const { status, text, headers } = await admin.get(`/v1/users/${one.userId}/export`)
    expect([status, headers['content-type']]).toEqual([200, 'application/jsonl'])
    const lines = text.trim().split('\n').map((line) => JSON.parse(line))
    const counted = lines.filter(({ type }) => type === 'row').reduce((sums, { table }) =>
      ({ ...sums, [table]: (sums[table] ?? 0) + 1 }), {})
    expect(lines.at(-1)).toEqual({ type: 'end', rows: counted })
    expect(counted).toMatchObject({
      users: 1, login_sessions: 1, conversations: 2, messages: 13, secrets: 1, streams: 1,
      attachments: 5, usage_events: 3, usage_rollups: 2, usage_latencies: 2,
    })
    const bytes = lines.filter(({ type }) => type === 'bytes')
      .map((line) => Buffer.from(line.bytes, 'base64').toString())
    expect(bytes.sort()).toEqual([
      `bytes of ${one.canary}`, `${one.canary} by others`, `${one.canary} in others’`, 'kept bytes',
    ].sort())
    expect(text).not.toContain(other.canary)
    expect(text).not.toMatch(/password_hash|token_hash|envelope/)
    expect(await holdfast.identity.getUser(one.userId)).toBeDefined()
  })

  it('is erased by an owner of the installation alone, who says twice whom', async () => {
    const world = await open()
    const { guest, ours } = world
    const one = await person(world)
    const admin = guest.as(await ownerToken(world))
    const path = `/v1/users/${one.userId}/erasure`
    const post = (client: typeof admin, confirm: string) =>
      client.send({ method: 'POST', path, body: { confirm, scrub: false } })
    expect((await post(ours, one.userId)).status).toBe(403)
    const refused = await post(admin, 'somebody')
    expect([refused.status, refused.body.errors[0].field]).toEqual([400, 'body.confirm'])
    const done = await post(admin, one.userId)
    expect([done.status, done.body.had_account]).toEqual([200, true])
    expect((await post(admin, one.userId)).body.had_account).toBe(false)
  })
})

/** A token of an owner of the organization `default`. */
async function ownerToken({ holdfast }: ContractWorld): Promise<string> {
  const { token } = await holdfast.organization('default').serviceTokens.create(
    { name: 'of a test', scopes: ['*'] })
  return token
}

it('the catalogue of personal data names every table, and no other', () => {
  expect(Object.keys(personalRows).sort()).toEqual(tables.map(({ name }) => name).sort())
})
