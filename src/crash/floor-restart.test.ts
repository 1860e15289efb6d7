import { describe, expect, it, vi } from 'vitest'
import { drawnEngines } from '../testing/engines.js'
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

const [file, server] = drawnEngines()

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

interface Holder {
  readonly speaker_uri: string
  readonly fence: number
  readonly granted_at: string
  readonly expires_at: string
}

interface Floor {
  readonly fence: number
  readonly holders: readonly Holder[]
  readonly queue: readonly { readonly speaker_uri: string }[]
}

interface Event {
  readonly type: string
}

/** Calls a server as an administrator does. */
class Caller {
  readonly #url: string
  readonly #token: string

  constructor({ url }: ServerProcess, token: string) {
    this.#url = url
    this.#token = token
  }

  async call<R = { readonly id: string }>(
    method: string, path: string, body?: object,
  ): Promise<R> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}` }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const answer = await fetch(`${this.#url}/v1/${path}`, {
      method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return JSON.parse(text) as R
  }

  floor(id: string): Promise<Floor> {
    return this.call('GET', `conversations/${id}/floor`)
  }

  async events(id: string): Promise<readonly Event[]> {
    const path = `conversations/${id}/floor/history`
    return (await this.call<{ data: Event[] }>('GET', path)).data
  }

  agent(uri: string): Promise<{ readonly status: string }> {
    return this.call('GET', `agents/${uri}`)
  }

  /** A floor with a holder and three who wait, in another order than they came. */
  async busyFloor(holdSeconds: number): Promise<string> {
    const { id } = await this.call('POST', 'conversations', {})
    const path = `conversations/${id}/floor`
    const settings = { policy: 'exclusive', hold_seconds: holdSeconds, queue_max: 3 }
    await this.call('PUT', path, settings)
    for (const [speaker, priority] of [['a', 0], ['b', 1], ['c', 9], ['d', 1]] as const) {
      await this.call('POST', `${path}/request`, {
        speaker_uri: speaker, priority, reason: `I am ${speaker}`,
      })
    }
    await this.call('POST', `${path}/join`, { speaker_uri: 'e' })
    return id
  }
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
    const before = new Caller(first, token)
    const [lasting, brief] = [await before.busyFloor(600), await before.busyFloor(briefSeconds)]
    await before.call('PUT', 'agents/a', { service_url: 'https://a.example', ttl_seconds: null })
    await before.call('PUT', 'agents/c', { ttl_seconds: briefSeconds })
    const [stood, known] = [await before.floor(lasting), await before.agent('a')]
    const events = await before.events(lasting)
    await first.stop('SIGKILL')
    await estate.restart()
    await pause(briefSeconds * 1_000)

    const after = new Caller(await start(), token)
    // What came to its end meanwhile is told of now: c was silent for too long.
    await expect.poll(async () => (await after.floor(lasting)).queue.length, {
      timeout: 20_000,
    }).toBe(2)
    const stands = await after.floor(lasting)
    expect(stands.holders).toEqual(stood.holders)
    const left = stood.queue.filter(({ speaker_uri: uri }) => uri !== 'c')
    expect(stands.queue).toEqual(left.map((each, index) => ({ ...each, position: index + 1 })))
    expect((await after.events(lasting)).slice(0, events.length)).toEqual(events)
    expect(await after.agent('a')).toEqual(known)
    expect((await after.agent('c')).status).toBe('stale')
    const ends = (await after.events(brief))
      .filter(({ type }) => type === 'revoked' || type === 'granted')
    expect(ends.slice(0, 2)).toMatchObject([
      { type: 'granted', speaker_uri: 'a' }, { type: 'revoked', reason: '@timedOut' },
    ])
    // And it goes on.
    await after.call('POST', `conversations/${lasting}/floor/yield`, {
      speaker_uri: 'a', fence: stood.holders[0]!.fence,
    })
    const { holders } = await after.floor(lasting)
    expect(holders).toMatchObject([{ speaker_uri: 'b', fence: stood.fence + 1 }])
    const span = Date.parse(holders[0]!.expires_at) - Date.parse(holders[0]!.granted_at)
    expect(span).toBe(600_000)
    await after.call('POST', 'agents/c/heartbeat')
    expect((await after.agent('c')).status).toBe('online')
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
