import { describe, expect, it, vi } from 'vitest'
import { type Client, createClient } from '../client/index.js'
import { testEngines } from '../testing/engines.js'
import { PrivateRedis } from '../testing/private-redis.test.harness.js'
import { pause } from './load.js'
import { PrivatePostgres } from './private-postgres.js'
import { ServerProcess } from './server-process.js'

vi.setConfig({ testTimeout: 90_000 })

/** A hold that ends while nothing runs. */
const briefSeconds = 1

/** What is restarted, all of it. */
interface Estate {
  readonly database: string
  readonly environment?: Readonly<Record<string, string>>
  restart(): Promise<void>
  remove(): Promise<unknown>
}

const [, file, server] = testEngines()

/** A file outlives its process by itself. */
async function aFile(): Promise<Estate> {
  const lease = await file!.create()
  return { database: lease.url, restart: async () => undefined, remove: () => lease.drop() }
}

/** A server that writes nothing down when it stops, and a Redis that forgets everything. */
async function servers(): Promise<Estate> {
  const [postgres, redis] = await Promise.all([PrivatePostgres.create(), PrivateRedis.start()])
  return {
    database: await postgres.createDatabase('restarted'),
    environment: { HOLDFAST_REDIS_URL: redis.url },
    async restart() {
      await Promise.all([postgres.stop('immediate'), redis.kill()])
      await Promise.all([postgres.start(), redis.start()])
    },
    remove: () => Promise.all([postgres.remove(), redis.remove()]),
  }
}

/** A floor with a holder and three who wait, in another order than they came. */
async function busyFloor({ conversations, floors }: Client, holdSeconds: number): Promise<string> {
  const { id } = await conversations.create({})
  await floors.configure(id, { policy: 'exclusive', hold_seconds: holdSeconds, queue_max: 3 })
  for (const [speaker_uri, priority] of [['a', 0], ['b', 1], ['c', 9], ['d', 1]] as const) {
    await floors.request(id, { speaker_uri, priority, reason: `I am ${speaker_uri}` })
  }
  await floors.join(id, { speaker_uri: 'e' })
  return id
}

async function play(make: () => Promise<Estate>): Promise<void> {
  const estate = await make()
  const { database, environment = {} } = estate
  const started: ServerProcess[] = []
  const start = async () => {
    started.push(await ServerProcess.start({ database, environment }))
    return started.at(-1)!
  }
  try {
    const first = await start()
    const token = first.adminToken!
    const before = createClient({ url: first.url, token })
    const [lasting, brief] = [await busyFloor(before, 600), await busyFloor(before, briefSeconds)]
    const { agents } = before
    await agents.register('a', { service_url: 'https://a.example', capabilities: ['x'] })
    await agents.register('c', { ttl_seconds: briefSeconds })
    const stood = await before.floors.get(lasting)
    const known = await agents.get('a')
    const events = await before.floors.events(lasting)
    await first.stop('SIGKILL')
    await estate.restart()
    await pause(briefSeconds * 1_000)

    const second = await start()
    const after = createClient({ url: second.url, token })
    // Who was to be told is told now, of all that came to its end meanwhile: c has gone for good.
    await expect.poll(async () => (await after.floors.get(lasting)).queue.length, {
      timeout: 20_000,
    }).toBe(2)
    const stands = await after.floors.get(lasting)
    expect(stands.holders).toEqual(stood.holders)
    const left = stood.queue.filter(({ speaker_uri: uri }) => uri !== 'c')
    expect(stands.queue).toEqual(left.map((each, index) => ({ ...each, position: index + 1 })))
    expect((await after.floors.events(lasting)).data.slice(0, events.data.length))
      .toEqual(events.data)
    expect(await after.agents.get('a')).toEqual(known)
    expect((await after.agents.get('c')).status).toBe('stale')
    const told = await after.floors.events(brief)
    const ends = told.data.filter(({ type }) => type === 'revoked' || type === 'granted')
    expect(ends.slice(0, 2)).toMatchObject([
      { type: 'granted', speaker_uri: 'a' }, { type: 'revoked', reason: '@timedOut' },
    ])
    // And it goes on.
    await after.floors.yield(lasting, { speaker_uri: 'a', fence: stood.holders[0]!.fence })
    const { holders } = await after.floors.get(lasting)
    expect(holders).toMatchObject([{ speaker_uri: 'b', fence: stood.fence + 1 }])
    const span = Date.parse(holders[0]!.expires_at!) - Date.parse(holders[0]!.granted_at)
    expect(span).toBe(600_000)
    await after.agents.heartbeat('c')
    expect((await after.agents.get('c')).status).toBe('online')
  } finally {
    await Promise.all(started.map((each) => each.stop('SIGKILL')))
    await estate.remove()
  }
}

const plays = [
  { name: file!.name, missing: file!.missing, make: aFile },
  {
    name: server!.name, make: servers,
    missing: PrivatePostgres.missing() ?? PrivateRedis.missing(),
  },
]

for (const { name, missing, make } of plays) {
  const reason = missing === undefined ? '' : `: did not run: ${missing}`
  describe.skipIf(missing !== undefined)(`[${name}] a restart of everything${reason}`, () => {
    it('leaves holders, queues, times and agents as they were, and all goes on', () => play(make))
  })
}
