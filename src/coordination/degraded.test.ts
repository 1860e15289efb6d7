import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { PrivateRedis } from '../testing/private-redis.test.harness.js'
import { connectCoordination, CoordinationUnavailable } from './connect.js'
import { type Coordinator, type HintLock, type Signal } from './coordination.js'

const missing = PrivateRedis.missing()
const reason = missing === undefined ? '' : `: did not run: ${missing}`
const member = { namespace: 'ours', group: 'user_activity', member: 'anna' }
/** Long enough on a busy machine; the deadline is 250 ms. */
const soonMs = 1_500

interface State {
  readonly name: string
  readonly why: RegExp
  /** Whether what is in Redis can still be read. */
  readonly isReadable: boolean
  readonly isWithoutMemory?: true
  begin(redis: PrivateRedis): Promise<unknown> | void
}

const states: readonly State[] = [
  { name: 'is gone', why: /connection/, isReadable: false, begin: (redis) => redis.kill() },
  { name: 'is frozen', why: /in time/, isReadable: false, begin: (redis) => redis.freeze() },
  {
    name: 'takes no writes', why: /replica/, isReadable: true,
    begin: (redis) => redis.command('REPLICAOF', '127.0.0.1', '1'),
  },
  {
    name: 'has no memory left', why: /maxmemory/, isReadable: true, isWithoutMemory: true,
    begin: (redis) => redis.command('CONFIG', 'SET', 'maxmemory', '1'),
  },
]

describe.skipIf(missing !== undefined).each(states)(`while Redis $name${reason}`, (state) => {
  let redis: PrivateRedis
  let here: Coordinator
  let held: HintLock | undefined

  beforeAll(async () => {
    redis = await PrivateRedis.start()
    here = await connectCoordination({ redis: redis.url })
    held = await here.hintLocks.tryAcquire('held', 60)
    await here.presence.touch(member)
    await state.begin(redis)
    await here.ping().catch(() => undefined)
  })
  afterAll(async () => {
    await here?.close()
    await redis?.remove()
  })

  async function soon<R>(work: Promise<R>): Promise<R> {
    const startMs = performance.now()
    try {
      return await work
    } finally {
      expect(performance.now() - startMs).toBeLessThan(soonMs)
    }
  }

  it('a signal reaches this process, marked as missed', async () => {
    const heard: Signal[] = []
    await soon(here.signals.subscribe('news', (signal) => heard.push(signal)))
    await soon(here.signals.publish('news', 'one'))
    await vi.waitFor(() =>
      expect(heard.at(-1)).toEqual({ topic: 'news', payload: 'one', missed: true }))
  })

  it('a ring wakes a waiter of this process, before or after it waits', async () => {
    const waiting = here.wakeUps.wait(['jobs'], 5_000)
    await soon(here.wakeUps.ring('jobs'))
    expect(await waiting).toBe('jobs')
    await soon(here.wakeUps.ring('jobs'))
    expect(await soon(here.wakeUps.wait(['jobs'], 0))).toBe('jobs')
    expect(await soon(here.wakeUps.wait(['jobs'], 50))).toBeUndefined()
  })

  it('a hint lock is refused, and a renewal is granted only in truth', async () => {
    expect(await soon(here.hintLocks.tryAcquire('new', 60))).toBeUndefined()
    // Without memory Redis still changes an expiry.
    expect(await soon(held!.renew(60))).toBe(state.isWithoutMemory === true)
    await soon(held!.release())
  })

  it('presence is not guessed: who asks is told that nobody can be asked', async () => {
    await soon(here.presence.touch({ ...member, member: 'bert' }))
    await soon(here.presence.leave({ ...member, member: 'bert' }))
    const asked = [here.presence.lastSeen(member), here.presence.list(member)]
    for (const outcome of await soon(Promise.allSettled(asked))) {
      if (outcome.status === 'rejected') {
        expect(outcome.reason).toBeInstanceOf(CoordinationUnavailable)
      } else {
        // What can still be read is right.
        expect(state.isReadable).toBe(true)
        expect(outcome.value).toEqual(
          typeof outcome.value === 'number' ? expect.any(Number) : [expect.anything()])
      }
    }
  })

  it('health says why, and a ping fails', async () => {
    await expect(soon(here.ping())).rejects.toThrow(CoordinationUnavailable)
    expect(here.health()).toEqual({ state: 'degraded', reason: expect.stringMatching(state.why) })
  })
})
