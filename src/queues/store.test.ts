import { expect, it } from 'vitest'
import { millisecondsOf } from '../clock.js'
import { InvalidCursor } from '../database/page.js'
import { InvalidInput, InvalidValue, RevisionConflict } from '../errors.js'
import { contract } from '../testing/index.js'
import { silentWitness } from '../testing/witness.test.harness.js'
import {
  type Attempt, DedupeKeyReused, type Job, JobFinished, JobNotFound, QueueNotFound, QueueStore,
} from './index.js'

const unknownId = '00000000-0000-7000-8000-00000000dead'
const hard = '\u0000 \ud800 \ufdd0 é'
const worker = 'worker'

const ids = (jobs: readonly { readonly id: string }[]) => jobs.map(({ id }) => id)

const callsAbout = (queues: QueueStore, attempt: Attempt) => [
  () => queues.complete(attempt), () => queues.fail(attempt, 'x'), () => queues.extend(attempt),
  () => queues.release(attempt),
]

/** Waits for the database's clock to pass. */
const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds))

contract('jobs', (open) => {
  it('come back as they were enqueued', async () => {
    const { organization: { queues }, organizationId } = await open()
    const payload = { [hard]: [1, -0, null, { ['__proto__']: hard }], b: 1, a: 2 }
    const enqueued = await queues.enqueue('mail', {
      payload, priority: -7, dedupeKey: hard, concurrencyKey: `k${hard}`, attemptsMax: 2,
      crashesMax: 1, backoff: { baseMs: 5 },
    })
    expect(enqueued).toMatchObject({
      organizationId, queue: 'mail', state: 'ready', priority: -7, dedupeKey: hard,
      concurrencyKey: `k${hard}`, attempt: 0, attemptsMax: 2, failures: 0, crashes: 0,
      crashesMax: 1, backoff: { baseMs: 5, capMs: 600_000 }, worker: null, result: null,
    })
    expect(await queues.get(enqueued.id)).toStrictEqual(enqueued)
    expect(await queues.get(enqueued.id.toUpperCase())).toStrictEqual(enqueued)
    const plain = await queues.enqueue('mail', { payload: null })
    expect(plain).toMatchObject({ payload: null, priority: 0, attemptsMax: 5, crashesMax: 3 })
    expect((await queues.list('mail')).data).toStrictEqual([plain, enqueued])
    const [claimed] = await queues.claim('mail', { worker })
    expect(await queues.get(plain.id)).toStrictEqual(claimed)
    expect(claimed).toMatchObject({ id: plain.id, state: 'active', attempt: 1, worker })
    const lease = millisecondsOf(claimed!.leaseExpiresAt!) - millisecondsOf(claimed!.startedAt!)
    expect(lease).toBeGreaterThanOrEqual(29_999)
    expect(lease).toBeLessThanOrEqual(30_001)
    const said = { [hard]: [hard] }
    await queues.extend(claimed!, { progress: said })
    await queues.extend(claimed!)
    await queues.complete(claimed!, said)
    expect(await queues.get(plain.id)).toMatchObject({
      state: 'completed', progress: said, result: said, error: null,
    })
  })

  it('come back as they are stored when many are made at once', async () => {
    const { holdfast, organization: { queues }, organizationId } = await open()
    const drafts = [1, 2, 3].map((payload) => ({ payload }))
    const together = await queues.enqueueMany('mail', drafts)
    const beside = await Promise.all(drafts.map((draft) => queues.enqueue('mail', draft)))
    const inside = await holdfast.transaction(async (transaction) => {
      return transaction.organization(organizationId).queues.enqueueMany('mail', drafts)
    })
    const made = [...together, ...beside, ...inside]
    for (const job of made) expect(await queues.get(job.id)).toStrictEqual(job)
    expect(new Set(together.map(({ createdAt }) => createdAt)).size).toBe(1)
    expect(made.map(({ state, payload }) => [state, payload])).toEqual(
      [1, 2, 3, 1, 2, 3, 1, 2, 3].map((payload) => ['ready', payload]))
  })

  it('are absent where there is none', async () => {
    const { organization: { queues } } = await open()
    expect(await queues.find(unknownId)).toBeUndefined()
    await expect(queues.get(unknownId)).rejects.toBeInstanceOf(JobNotFound)
    await expect(queues.cancel(unknownId)).rejects.toBeInstanceOf(JobNotFound)
    const attempt = { id: unknownId, attempt: 1 }
    for (const call of callsAbout(queues, attempt)) {
      await expect(call()).rejects.toBeInstanceOf(JobNotFound)
    }
    await expect(queues.getQueue('none')).rejects.toBeInstanceOf(QueueNotFound)
    await expect(queues.stats('none')).rejects.toBeInstanceOf(QueueNotFound)
    expect(await queues.claim('none', { worker })).toEqual([])
    expect((await queues.list('none')).data).toEqual([])
    expect(await queues.redrive('none')).toBe(0)
    await expect(queues.redrive('none', [unknownId])).rejects.toBeInstanceOf(JobNotFound)
  })

  it('go out by priority, then in order, and never early', async () => {
    const { organization: { queues } } = await open()
    const [a, b, low, high] = await queues.enqueueMany('mail', [
      { payload: 'a' }, { payload: 'b' }, { payload: 'low', priority: -1 },
      { payload: 'high', priority: 1_000 },
    ])
    const later = await queues.enqueue('mail', { payload: 'later', priority: 5, delayMs: 400 })
    expect(later.state).toBe('scheduled')
    expect(ids(await queues.claim('mail', { worker, limit: 2 }))).toEqual([high!.id, a!.id])
    const rest = await queues.claim('mail', { worker, limit: 100 })
    expect(ids(rest)).toEqual([b!.id, low!.id])
    const [last] = await queues.claim('mail', { worker, waitMs: 5_000 })
    expect(last!.id).toBe(later.id)
    expect(millisecondsOf(last!.startedAt!)).toBeGreaterThanOrEqual(millisecondsOf(later.runAt))
    const past = await queues.enqueue('mail', { payload: 1, runAt: '2001-01-01T00:00:00.000000Z' })
    const future = await queues.enqueue('mail', {
      payload: 1, runAt: '2099-01-01T00:00:00.000000Z', delayMs: 5,
    })
    expect([past.state, future.state]).toEqual(['ready', 'scheduled'])
    expect(future.runAt).toBe('2099-01-01T00:00:00.000000Z')
  })

  it('are one job under one dedupe key, for as long as it is kept', async () => {
    const { organization: { queues }, neighbour } = await open()
    const calls = Array.from({ length: 20 }, () =>
      queues.enqueue('mail', { payload: { a: 1 }, dedupeKey: 'once' }))
    const [first, ...others] = await Promise.all(calls)
    for (const other of others) expect(other.id).toBe(first!.id)
    const reused = queues.enqueue('mail', { payload: { a: 2 }, dedupeKey: 'once' })
    await expect(reused).rejects.toBeInstanceOf(DedupeKeyReused)
    const many = queues.enqueueMany('mail', [
      { payload: 'new' }, { payload: { a: 2 }, dedupeKey: 'once' },
    ])
    await expect(many).rejects.toBeInstanceOf(DedupeKeyReused)
    expect((await queues.list('mail')).data).toHaveLength(1)
    const elsewhere = await queues.enqueue('post', { payload: { a: 2 }, dedupeKey: 'once' })
    const theirs = await neighbour.queues.enqueue('mail', { payload: 0, dedupeKey: 'once' })
    expect(new Set([first!.id, elsewhere.id, theirs.id]).size).toBe(3)
    const [claimed] = await queues.claim('mail', { worker })
    await queues.complete(claimed!)
    const after = await queues.enqueue('mail', { payload: { a: 1 }, dedupeKey: 'once' })
    expect(after).toMatchObject({ id: first!.id, state: 'completed' })
    expect(await queues.purge('mail', ['completed'])).toBe(1)
    const anew = await queues.enqueue('mail', { payload: { a: 2 }, dedupeKey: 'once' })
    expect(anew.state).toBe('ready')
    const twice = await queues.enqueueMany('mail', [
      { payload: 1, dedupeKey: 'd' }, { payload: 1, dedupeKey: 'd' }, { payload: 1 },
    ])
    expect(twice[1]!.id).toBe(twice[0]!.id)
  })

  it('are enqueued and completed with the caller’s transaction, or not at all', async () => {
    const { holdfast, organizationId, organization: { queues, conversations } } = await open()
    const [done] = [await queues.enqueue('mail', { payload: 1 })]
    const [job] = await queues.claim('mail', { worker })
    expect(job!.id).toBe(done.id)
    const effect = (isFailing: boolean) => holdfast.transaction(async (transaction) => {
      const stores = transaction.organization(organizationId)
      await stores.conversations.create({ title: 'effect' })
      await stores.queues.enqueue('next', { payload: 2, concurrencyKey: 'k' })
      await stores.queues.complete(job!, 'yes')
      if (isFailing) throw new Error('taken back')
    })
    await expect(effect(true)).rejects.toThrow('taken back')
    expect((await queues.get(job!.id)).state).toBe('active')
    expect((await queues.list('next')).data).toEqual([])
    await effect(false)
    expect(await queues.get(job!.id)).toMatchObject({ state: 'completed', result: 'yes' })
    await expect(effect(false)).rejects.toMatchObject({ code: 'attempt_stale' })
    expect((await conversations.list()).data).toHaveLength(1)
    expect((await queues.list('next')).data).toHaveLength(1)
  })

  it('wake a waiting claim once they are committed', async () => {
    const { holdfast, organizationId, organization: { queues } } = await open()
    const began = performance.now()
    const waiting = queues.claim('mail', { worker, waitMs: 20_000 })
    await holdfast.transaction(async (transaction) => {
      const own = transaction.organization(organizationId).queues
      await own.enqueue('mail', { payload: 1 })
      const early = own.claim('mail', { worker, waitMs: 1 })
      await expect(early).rejects.toMatchObject({ field: 'wait_ms' })
    })
    expect(await waiting).toHaveLength(1)
    expect(performance.now() - began).toBeLessThan(15_000)
    const ending = new AbortController()
    const aborted = queues.claim('mail', { worker, waitMs: 20_000, signal: ending.signal })
    setTimeout(() => ending.abort(), 20)
    expect(await aborted).toEqual([])
    expect(await queues.claim('mail', { worker, waitMs: 30 })).toEqual([])
  })

  it('go to one worker each, of 20 that claim at once', async () => {
    const { organization: { queues } } = await open()
    await queues.enqueueMany('mail', Array.from({ length: 150 }, (_, n) => ({ payload: n })))
    const claims = await Promise.all(Array.from({ length: 20 }, (_, n) =>
      queues.claim('mail', { worker: `w${n}`, limit: 10 })))
    const claimed = claims.flat()
    expect(new Set(ids(claimed)).size).toBe(150)
    expect(claimed).toHaveLength(150)
    await Promise.all(claimed.map((job) => queues.complete(job)))
    expect((await queues.stats('mail')).counts).toMatchObject({ completed: 150, active: 0 })
  })

  it('page to the end, newest first, by state or all together', async () => {
    const { organization: { queues } } = await open()
    const made = await queues.enqueueMany('mail',
      Array.from({ length: 7 }, (_, n) => ({ payload: n, delayMs: n % 2 === 0 ? 0 : 60_000 })))
    await queues.claim('mail', { worker, limit: 2 })
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await queues.list('mail', { limit: 2, cursor })
      seen.push(...ids(page.data))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toEqual(ids(made).reverse())
    const first = await queues.list('mail', { state: 'scheduled', limit: 2 })
    expect(first.data.map(({ payload }) => payload)).toEqual([5, 3])
    const second = await queues.list('mail', {
      state: 'scheduled', limit: 2, cursor: first.nextCursor!,
    })
    expect([second.data.map(({ payload }) => payload), second.nextCursor]).toEqual([[1], null])
    const foreign = queues.list('mail', { state: 'ready', cursor: first.nextCursor! })
    await expect(foreign).rejects.toBeInstanceOf(InvalidCursor)
  })

  it('come in shorter pages, and fewer in one claim, where they are large', async () => {
    const { organization: { queues } } = await open()
    const payload = 'x'.repeat(1_000_000)
    const made: Job[] = []
    for (let n = 0; n < 24; n++) made.push(await queues.enqueue('mail', { payload }))
    const pages: string[][] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await queues.list('mail', { limit: 200, ...(cursor === '' ? {} : { cursor }) })
      pages.push(ids(page.data))
      cursor = page.nextCursor
    }
    expect(pages.map(({ length }) => length)).toEqual([16, 8])
    expect(pages.flat()).toEqual(ids(made).reverse())
    const claims: string[][] = []
    do claims.push(ids(await queues.claim('mail', { worker, limit: 100 })))
    while (claims.at(-1)!.length > 0)
    expect(claims.map(({ length }) => length)).toEqual([9, 9, 6, 0])
    expect(claims.flat()).toEqual(ids(made))
  })

  it('are cancelled at once while they wait, and not once they are over', async () => {
    const { organization: { queues } } = await open()
    const [ready, blocked, , scheduled] = await queues.enqueueMany('mail', [
      { payload: 1, concurrencyKey: 'k' }, { payload: 2, concurrencyKey: 'k' },
      { payload: 3, concurrencyKey: 'k' }, { payload: 4, delayMs: 60_000 },
    ])
    for (const { id } of [blocked!, ready!, scheduled!]) {
      expect(await queues.cancel(id)).toMatchObject({ id, state: 'cancelled' })
      expect(await queues.cancel(id)).toMatchObject({ id, state: 'cancelled' })
    }
    const [last] = await queues.claim('mail', { worker, limit: 10 })
    expect(last!.payload).toBe(3)
    await queues.complete(last!)
    await expect(queues.cancel(last!.id)).rejects.toBeInstanceOf(JobFinished)
  })

  it('are refused by name before anything is written', async () => {
    const { organization: { queues } } = await open()
    const job = { payload: 1 }
    const enqueues: [object, string][] = [
      [{}, 'payload'], [{ ...job, priority: 1_001 }, 'priority'],
      [{ ...job, priority: 0.5 }, 'priority'], [{ ...job, delayMs: -1 }, 'delay_ms'],
      [{ ...job, runAt: 'soon' }, 'run_at'], [{ ...job, dedupeKey: '' }, 'dedupe_key'],
      [{ ...job, concurrencyKey: 'x'.repeat(256) }, 'concurrency_key'],
      [{ ...job, attemptsMax: 0 }, 'attempts_max'], [{ ...job, crashesMax: 101 }, 'crashes_max'],
      [{ ...job, backoff: { baseMs: -1 } }, 'backoff.base_ms'],
      [{ payload: 'x'.repeat(1024 * 1024) }, 'payload'], [{ payload: () => 1 }, 'payload'],
    ]
    for (const [given, field] of enqueues) {
      const one = queues.enqueue('mail', given as never)
      await expect(one, field).rejects.toMatchObject({ field })
      const many = queues.enqueueMany('mail', [job, given as never])
      await expect(many, field).rejects.toMatchObject({ field: `jobs[1].${field}` })
    }
    for (const name of ['', 'A', '-a', 'a b', 'x'.repeat(101), 'ä']) {
      await expect(queues.enqueue(name, job)).rejects.toBeInstanceOf(InvalidInput)
      await expect(queues.claim(name, { worker })).rejects.toMatchObject({ field: 'queue' })
      await expect(queues.list(name)).rejects.toMatchObject({ field: 'queue' })
      await expect(queues.configure(name, {})).rejects.toMatchObject({ field: 'queue' })
    }
    await expect(queues.enqueueMany('mail', [])).rejects.toMatchObject({ field: 'jobs' })
    const claims: [object, string][] = [
      [{ worker, limit: 0 }, 'limit'], [{ worker, limit: 101 }, 'limit'],
      [{ worker: '' }, 'worker'], [{ worker, leaseSeconds: 0 }, 'lease_seconds'],
      [{ worker, waitMs: 30_001 }, 'wait_ms'],
    ]
    for (const [given, field] of claims) {
      await expect(queues.claim('mail', given as never), field).rejects.toMatchObject({ field })
    }
    const attempt = { id: unknownId, attempt: 1 }
    const wrong = queues.complete({ id: 'x', attempt: 1 })
    await expect(wrong).rejects.toMatchObject({ field: 'job_id' })
    await expect(queues.complete({ id: unknownId, attempt: 1.5 })).rejects
      .toBeInstanceOf(InvalidValue)
    await expect(queues.fail(attempt, undefined as never)).rejects.toMatchObject({ field: 'error' })
    await expect(queues.list('mail', { state: 'lost' as never })).rejects
      .toMatchObject({ field: 'state' })
    await expect(queues.purge('mail', [])).rejects.toMatchObject({ field: 'states' })
    expect((await queues.listQueues()).data).toEqual([])
  })

  it('of a neighbour stay unseen and untouched', async () => {
    const { holdfast, organization: { queues }, neighbour } = await open()
    const theirs = await neighbour.queues.enqueue('mail', { payload: 'theirs' })
    expect(await queues.find(theirs.id)).toBeUndefined()
    expect((await queues.list('mail')).data).toEqual([])
    expect((await queues.listQueues()).data).toEqual([])
    expect(await queues.claim('mail', { worker, limit: 100 })).toEqual([])
    await expect(queues.cancel(theirs.id)).rejects.toBeInstanceOf(JobNotFound)
    expect(await queues.purge('mail')).toBe(0)
    await queues.pause('mail')
    const [job] = await neighbour.queues.claim('mail', { worker })
    for (const call of callsAbout(queues, job!)) {
      await expect(call()).rejects.toBeInstanceOf(JobNotFound)
    }
    expect((await neighbour.queues.complete(job!)).state).toBe('completed')
    const nowhere = holdfast.organization(unknownId).queues
    await expect(nowhere.enqueue('mail', { payload: 1 })).rejects
      .toMatchObject({ field: 'organization_id' })
    await expect(nowhere.pause('mail')).rejects.toMatchObject({ field: 'organization_id' })
  })

  it('are deleted when their retention is over', async () => {
    const { holdfast, organization: { queues } } = await open()
    await queues.configure('mail', { retentionSeconds: 0, deadRetentionSeconds: 3_600 })
    const made = await queues.enqueueMany('mail', [1, 2, 3].map((payload) => ({ payload })))
    const [first, second, third] = await queues.claim('mail', { worker, limit: 3 })
    await queues.complete(first!)
    await queues.fail(second!, 'x', { retry: false })
    await queues.cancel(third!.id)
    await queues.release(third!)
    await pause(20)
    await holdfast.jobs.sweep()
    const left = await Promise.all(made.map(async ({ id }) => (await queues.find(id))?.state))
    expect(left).toEqual([undefined, 'dead', undefined])
  })
})

contract('queue settings', (open) => {
  it('pause and resume, for good and for everybody', async () => {
    const { holdfast, organizationId, organization: { queues } } = await open()
    await queues.enqueue('mail', { payload: 1 })
    const paused = await queues.pause('mail')
    expect(paused.pausedAt).not.toBeNull()
    expect((await queues.pause('mail')).pausedAt).toBe(paused.pausedAt)
    const another = new QueueStore(holdfast.jobs, { organizationId, actor: { id: 'x' } }, {
      witness: silentWitness,
    })
    expect(await another.claim('mail', { worker })).toEqual([])
    expect(await holdfast.jobs.claimAny({ queues: ['mail'], worker, limit: 100 }))
      .not.toContainEqual(expect.objectContaining({ organizationId }))
    const waiting = another.claim('mail', { worker, waitMs: 20_000 })
    expect((await queues.resume('mail')).pausedAt).toBeNull()
    expect(await waiting).toHaveLength(1)
  })

  it('change by revision, and come back', async () => {
    const { organization: { queues } } = await open()
    const missing = queues.configure('mail', { retentionSeconds: 5 }, 1)
    await expect(missing).rejects.toBeInstanceOf(QueueNotFound)
    const made = await queues.configure('mail', { retentionSeconds: 5 })
    expect(made).toMatchObject({
      name: 'mail', pausedAt: null, concurrencyPerKey: 1, retentionSeconds: 5,
      deadRetentionSeconds: 2_592_000, revision: 1,
    })
    const changed = await queues.configure('mail', { concurrencyPerKey: 3 }, 1)
    expect(changed).toMatchObject({ concurrencyPerKey: 3, retentionSeconds: 5, revision: 2 })
    expect(await queues.getQueue('mail')).toStrictEqual(changed)
    await expect(queues.configure('mail', { paused: true }, 1)).rejects
      .toBeInstanceOf(RevisionConflict)
    for (const bad of [0, 101, 1.5]) {
      await expect(queues.configure('mail', { concurrencyPerKey: bad })).rejects
        .toMatchObject({ field: 'concurrency_per_key' })
    }
    const twenty = await Promise.all(Array.from({ length: 20 }, (_, n) =>
      queues.configure('post', { retentionSeconds: n })))
    expect(new Set(twenty.map(({ revision }) => revision)).size).toBe(20)
  })

  it('page by name and count by state', async () => {
    const { organization: { queues } } = await open()
    for (const name of ['c', 'a', 'b', '0']) await queues.enqueue(name, { payload: name })
    const first = await queues.listQueues({ limit: 3 })
    expect(first.data.map(({ name }) => name)).toEqual(['0', 'a', 'b'])
    const rest = await queues.listQueues({ limit: 3, cursor: first.nextCursor! })
    expect([rest.data.map(({ name }) => name), rest.nextCursor]).toEqual([['c'], null])
    const stats = await queues.stats('a')
    expect(stats.counts).toEqual({
      scheduled: 0, blocked: 0, ready: 1, active: 0, completed: 0, dead: 0, cancelled: 0,
    })
    expect(stats.oldestReadySeconds).toBeGreaterThanOrEqual(0)
    expect(stats.oldestReadySeconds).toBeLessThan(60)
    await queues.claim('a', { worker })
    expect((await queues.stats('a')).oldestReadySeconds).toBeNull()
  })
})
