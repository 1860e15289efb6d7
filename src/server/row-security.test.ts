import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { connect } from '../database/connect.js'
import { HoldfastError } from '../errors.js'
import { Holdfast, type OrganizationStores } from '../holdfast.js'
import { tables } from '../tables.js'
import { enginesNamed } from '../testing/backends.js'
import { type DatabaseLease } from '../testing/engines.js'
import { HttpClient } from '../testing/http.js'
import { poolerMissing, startPooler } from '../testing/private-pooler.test.harness.js'
import { withoutPredicates } from '../testing/without-predicates.js'
import { openApiDocument, routes, startServer } from './index.js'

const serving = { endpoints: routes, document: openApiDocument() }
const worker = 'worker'
const secret = 'Only theirs 51c9'

/** Interleaved requests; the whole number is asked for by environment. */
const requestsWanted = Number(process.env.HOLDFAST_TEST_INTERLEAVED ?? 500)
const organizationsCount = 20

const leftovers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of leftovers.splice(0).reverse()) await clean()
})

/** Holdfast whose stores forgot the organization, for a login. */
async function forgetful(url: string, poolMax = 3): Promise<Holdfast> {
  // Whoever waits on a busy machine waits; refusals are no answer here.
  const backend = await connect(url, { poolMax, acquireTimeoutMs: 60_000 })
  // What is done in the background would look like somebody's doing.
  const holdfast = await Holdfast.on(withoutPredicates(backend), { backgroundIndexing: false })
  leftovers.push(() => holdfast.close())
  return holdfast
}

/** One of everything that an organization can have. */
async function furnished(stores: OrganizationStores) {
  const { conversations, messages, queues, schedules, serviceTokens, locks } = stores
  const { id: conversation } = await conversations.create({ title: secret })
  const { id: message } = await messages.append(conversation, { role: 'user', content: secret })
  const { id: job } = await queues.enqueue('mail', { payload: secret })
  await queues.enqueue('talk', { payload: secret, concurrencyKey: 'k', dedupeKey: 'd' })
  await schedules.create({ name: 'nightly', queue: 'mail', cron: '0 3 * * *', payload: secret })
  const { serviceToken } = await serviceTokens.create({ name: secret, scopes: ['*'] })
  const lock = await locks.tryAcquire('door')
  return { conversation, message, job, token: serviceToken.id, lock: lock! }
}

type Ids = Awaited<ReturnType<typeof furnished>>

/** Everything a stranger could try with ids that are not theirs, and with names they share. */
const attempts = (ids: Ids, stores: OrganizationStores) => {
  const { conversations, messages, queues, schedules, serviceTokens, locks } = stores
  const attempt = { id: ids.job, attempt: 1 }
  const hold = { name: 'door', owner: 'x', fence: ids.lock.fence }
  return {
    conversation: () => conversations.get(ids.conversation),
    conversations: () => conversations.list(),
    rename: () => conversations.update(ids.conversation, { title: 'mine' }),
    message: () => messages.get(ids.conversation, ids.message),
    messages: () => messages.list(ids.conversation),
    search: () => messages.search({ q: secret }),
    append: () => messages.append(ids.conversation, { role: 'user', content: 'mine' }),
    answer: () => messages.append(ids.conversation, {
      role: 'user', content: 'mine', parentMessageId: ids.message,
    }, { idempotencyKey: 'k' }),
    edit: () => messages.update(
      { conversationId: ids.conversation, id: ids.message }, { metadata: { mine: true } }),
    job: () => queues.get(ids.job),
    jobs: () => queues.list('mail'),
    claim: () => queues.claim('mail', { worker, limit: 10 }),
    cancel: () => queues.cancel(ids.job),
    complete: () => queues.complete(attempt),
    extend: () => queues.extend(attempt),
    purge: () => queues.purge('mail'),
    redrive: () => queues.redrive('mail'),
    queues: () => queues.listQueues(),
    queue: () => queues.getQueue('mail'),
    stats: () => queues.stats('mail'),
    schedule: () => schedules.get('nightly'),
    schedules: () => schedules.list(),
    unschedule: () => schedules.delete('nightly'),
    tokens: () => serviceTokens.list(),
    revoke: () => serviceTokens.revoke(ids.token),
    locks: () => locks.list(),
    lock: () => locks.get('door'),
    release: () => locks.release(hold),
    breakOpen: () => locks.forceRelease('door'),
    erase: () => messages.delete(ids.conversation, ids.message),
    remove: () => conversations.delete(ids.conversation),
  }
}

/** What came back of each attempt, in words. */
async function outcomes(ids: Ids, stores: OrganizationStores): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const [name, attempt] of Object.entries(attempts(ids, stores))) {
    try {
      found[name] = JSON.stringify((await attempt()) ?? null)
    } catch (error) {
      if (!HoldfastError.isInstance(error)) throw error
      found[name] = error.code
    }
  }
  return found
}

/** A digest of every row of an organization, seen by a login that sees all. */
async function digest(lease: DatabaseLease, organizationId: string): Promise<string> {
  const backend = await connect(lease.adminUrl, { poolMax: 1 })
  const hash = createHash('sha256')
  try {
    for (const { name, columns } of tables) {
      if (!('organizationId' in columns)) continue
      const sql = `select t::text as row from ${name} t where organization_id = $1 order by 1`
      const { rows } = await backend.run({ sql, parameters: [organizationId] })
      hash.update(JSON.stringify([name, rows]))
    }
    return hash.digest('hex')
  } finally {
    await backend.close()
  }
}

async function twoOrganizations(holdfast: Holdfast) {
  const { id: ourId } = await holdfast.organizations.create({ name: 'Ours' })
  const { id: theirId } = await holdfast.organizations.create({ name: 'Theirs' })
  const [ours, theirs] = [holdfast.organization(ourId), holdfast.organization(theirId)]
  const ids = await furnished(theirs)
  return { ours, theirs, theirId, ids }
}

for (const engine of enginesNamed('postgres')) {
  const title = `[postgres] stores that forgot the organization: ${engine.missing ?? 'run'}`
  describe.skipIf(engine.missing !== undefined)(title, () => {
    it('leak without row-level security, which the next test shows to be what holds', async () => {
      const lease = await engine.createReady()
      leftovers.push(() => lease.drop())
      const holdfast = await forgetful(lease.adminUrl)
      const { ours, theirId, ids } = await twoOrganizations(holdfast)
      const before = await digest(lease, theirId)
      const found = await outcomes(ids, ours)
      const leaking = Object.keys(found).filter((name) => found[name]!.includes(secret))
      expect(leaking).toEqual(expect.arrayContaining([
        'conversation', 'conversations', 'messages', 'search', 'job', 'jobs', 'schedule', 'tokens',
      ]))
      expect(await digest(lease, theirId)).not.toBe(before)
    })

    it('see and change nothing of others under row-level security', async () => {
      const lease = await engine.createReady()
      leftovers.push(() => lease.drop())
      const holdfast = await forgetful(lease.url)
      const { ours, theirs, theirId, ids } = await twoOrganizations(holdfast)
      const before = await digest(lease, theirId)
      const found = await outcomes(ids, ours)
      for (const [name, text] of Object.entries(found)) {
        for (const part of [secret, theirId, ids.conversation, ids.message, ids.job]) {
          expect([name, text.includes(part)]).toEqual([name, false])
        }
      }
      expect(await digest(lease, theirId)).toBe(before)
      expect((await theirs.conversations.get(ids.conversation)).title).toBe(secret)
    })
  })

  describe.skipIf(engine.missing !== undefined)('[postgres] 20 organizations', () => {
    it(`share 3 connections for ${requestsWanted} requests and nothing else`, async () => {
      const lease = await engine.createReady()
      leftovers.push(() => lease.drop())
      expect(await interleaved(await forgetful(lease.url, 3))).toEqual(requestsWanted)
    }, 600_000)

    it.skipIf(poolerMissing !== undefined)(
      `share them through ${poolerMissing ?? 'PgBouncer in transaction mode'} as well`,
      async () => {
        const lease = await engine.createReady()
        leftovers.push(() => lease.drop())
        const pooler = await startPooler(lease.url, 3)
        leftovers.push(() => pooler.stop())
        expect(await interleaved(await forgetful(pooler.url, 12))).toEqual(requestsWanted)
      }, 600_000)
  })
}

interface Tenant {
  readonly organizationId: string
  readonly client: HttpClient
  readonly conversation: string
}

/** Sends the requests, sees that every row in every answer is the caller's; how many were sent. */
async function interleaved(holdfast: Holdfast): Promise<number> {
  const server = await startServer({ holdfast, port: 0, logLevel: 'silent' })
  leftovers.push(() => server.close())
  const guest = new HttpClient(server.url, serving)
  leftovers.push(async () => guest.close())
  const tenants = await Promise.all(
    Array.from({ length: organizationsCount }, (_, n) => settled(holdfast, guest, n)))
  let sent = 0
  const callers = Array.from({ length: 12 }, async (_, caller) => {
    while (sent < requestsWanted) {
      const number = (sent += 1)
      await request(tenants[(number * 7 + caller) % tenants.length]!, number)
    }
  })
  await Promise.all(callers)
  return sent
}

async function settled(holdfast: Holdfast, guest: HttpClient, n: number): Promise<Tenant> {
  const { id: organizationId } = await holdfast.organizations.create({ name: `Tenant ${n}` })
  const { serviceTokens } = holdfast.organization(organizationId)
  const { token } = await serviceTokens.create({ name: organizationId, scopes: ['*'] })
  const client = guest.as(token)
  const { body } = await client.post('/v1/conversations', { title: organizationId })
  return { organizationId, client, conversation: body.id }
}

/** One of several kinds of requests; whatever comes back bears the caller's mark. */
async function request(tenant: Tenant, number: number): Promise<void> {
  const { client, organizationId, conversation } = tenant
  const messages = `/v1/conversations/${conversation}/messages`
  const marks = (rows: Record<string, unknown>[], field: string) => {
    expect(rows.map((row) => row[field])).toEqual(rows.map(() => organizationId))
    expect(rows.length).toBeGreaterThan(0)
  }
  switch (number % 8) {
    case 0: return marks((await client.get('/v1/conversations')).body.data, 'title')
    case 1: return marks([(await client.get(`/v1/conversations/${conversation}`)).body], 'title')
    case 2: return marks([(await client.post('/v1/conversations', { title: organizationId })).body],
      'title')
    case 3: return marks([(await client.post(messages, { role: 'user', content: organizationId }, {
      'idempotency-key': `${number}`,
    })).body], 'content')
    case 4: return marks((await client.get('/v1/service-tokens')).body.data, 'name')
    case 5: {
      await client.post(messages, { role: 'user', content: organizationId })
      return marks((await client.get(messages)).body.data, 'content')
    }
    case 6: return marks([(await client.post('/v1/queues/work/jobs', {
      payload: organizationId,
    })).body], 'payload')
    default: {
      const { status, body } = await client.post('/v1/queues/work/claims', { worker, limit: 2 })
      expect([status, body.detail]).toEqual([200, undefined])
      const rows: Record<string, unknown>[] = body.jobs
      expect(rows.map(({ payload }) => payload)).toEqual(rows.map(() => organizationId))
    }
  }
}
