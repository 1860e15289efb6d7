import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { HeldReplies } from '../testing/held-replies.test.harness.js'
import { PrivateRedis } from '../testing/private-redis.test.harness.js'
import { connectCoordination } from './connect.js'
import { type Coordinator, type Signal } from './coordination.js'

const missing = PrivateRedis.missing()
const reason = missing === undefined ? '' : `: did not run: ${missing}`
const channel = 'signal:{news}'

describe.skipIf(missing !== undefined)(`signals over Redis${reason}`, () => {
  let redis: PrivateRedis
  let here: Coordinator
  let heard: string[]

  beforeAll(async () => {
    redis = await PrivateRedis.start()
  })
  afterEach(async () => {
    await here.close()
    await redis.command('FLUSHALL')
  })
  afterAll(() => redis?.remove())

  const note = ({ payload = '-', missed }: Signal) => heard.push(`${payload}${missed ? '!' : ''}`)

  async function listen(): Promise<void> {
    heard = []
    here = await connectCoordination({ redis: redis.url })
    await here.signals.subscribe('news', note)
  }

  /** Sends what a publication would, number and era as given. */
  const send = (message: string) => redis.command('PUBLISH', channel, message)
  const eventually = (expected: string[]) => vi.waitFor(() => expect(heard).toEqual(expected))

  it('tell a gap, and drop what comes twice', async () => {
    await listen()
    await here.signals.publish('news', 'one')
    const era = await redis.command<string>('HGET', channel, 'era')
    await send(`${era} 1 again`)
    await send(`${era} 2 two`)
    await send(`${era} 4 four`)
    await send(`${era} 3 three`)
    await send(`${era} 5 five`)
    await eventually(['one', 'two', 'four!', 'five'])
  })

  it('tell a gap before the first signal that is heard', async () => {
    const there = await connectCoordination({ redis: redis.url })
    await there.signals.publish('news', 'before')
    await listen()
    const era = await redis.command<string>('HGET', channel, 'era')
    await send(`${era} 3 third`)
    await eventually(['third!'])
    await there.close()
  })

  it('tell that the sequence was begun anew by a flush', async () => {
    await listen()
    await here.signals.publish('news', 'one')
    await redis.command('FLUSHALL')
    await here.signals.publish('news', 'two')
    await here.signals.publish('news', 'three')
    await eventually(['one', 'two!', 'three'])
  })

  it('tell every listener when the connection was broken, and hear again', async () => {
    await listen()
    await here.signals.subscribe('other', note)
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await eventually(['-!', '-!'])
    await here.signals.publish('news', 'one')
    await eventually(['-!', '-!', 'one'])
  })

  it('tell the others as soon as they can that they missed what could not be sent', async () => {
    await listen()
    const there = await connectCoordination({ redis: redis.url })
    await redis.command('CONFIG', 'SET', 'maxmemory', '1')
    await there.signals.publish('news', 'lost')
    await redis.command('CONFIG', 'SET', 'maxmemory', '0')
    await eventually(['-!'])
    await there.signals.publish('news', 'one')
    await eventually(['-!', 'one'])
    await there.close()
  })

  it('ignore what others send on their channels', async () => {
    await listen()
    for (const message of ['', 'x', 'x y z', '1', ' 1 ']) await send(message)
    await here.signals.publish('news', 'one')
    await eventually(['one'])
  })

  it('reach this process, with the word that others missed it, when Redis is away', async () => {
    heard = []
    here = await connectCoordination({ redis: 'redis://127.0.0.1:1' })
    await here.signals.subscribe('news', note)
    await eventually(['-!'])
    await here.signals.publish('news', 'one')
    await eventually(['-!', 'one!'])
  })
})

describe.skipIf(missing !== undefined)(`signals over a slow way to Redis${reason}`, () => {
  let redis: PrivateRedis
  let way: HeldReplies
  /** Behind the slow way. */
  let far: Coordinator
  let near: Coordinator
  let heard: string[]

  beforeAll(async () => {
    redis = await PrivateRedis.start()
  })
  beforeEach(async () => {
    heard = []
    way = await HeldReplies.before(redis.port)
    near = await connectCoordination({ redis: redis.url })
  })
  afterEach(async () => {
    await Promise.all([far.close(), near.close()])
    way.close()
    await redis.command('FLUSHALL')
  })
  afterAll(() => redis?.remove())

  const note = ({ payload = '-', missed }: Signal) => heard.push(`${payload}${missed ? '!' : ''}`)
  const eventually = (expected: string[]) => vi.waitFor(() => expect(heard).toEqual(expected))
  const isHeld = (text: string) => vi.waitFor(() => expect(way.held).toContain(text))

  it('tell a broken connection no later than a signal that comes with the new one', async () => {
    far = await connectCoordination({ redis: way.url })
    await far.signals.subscribe('news', note)
    await near.signals.publish('news', 'one')
    await eventually(['one'])
    way.hold(/subscribe/i)
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await isHeld(channel)
    await near.signals.publish('news', 'two')
    await isHeld('two')
    way.release()
    await eventually(['one', 'two!', '-!'])
  })

  it('tell a gap before the first signal when the subscription was confirmed late', async () => {
    far = await connectCoordination({ redis: way.url, redisOptions: { commandTimeoutMs: 50 } })
    way.hold(/subscribe/i)
    await far.signals.subscribe('news', note)
    await eventually(['-!'])
    await near.signals.publish('news', 'one')
    await isHeld('one')
    way.release()
    await eventually(['-!', 'one!', '-!'])
  })

  it('reach who subscribes while it is not confirmed yet that the one before left', async () => {
    far = await connectCoordination({ redis: way.url })
    const { close } = await far.signals.subscribe('news', () => undefined)
    way.hold(/unsubscribe/i)
    const left = close()
    await isHeld('unsubscribe')
    const subscribed = far.signals.subscribe('news', note)
    await pause(20)
    way.release()
    await Promise.all([left, subscribed])
    await near.signals.publish('news', 'one')
    await eventually(['one'])
  })

  it('tell what could not be sent after a signal whose answer was still on its way', async () => {
    far = await connectCoordination({ redis: way.url })
    await near.signals.subscribe('news', note)
    await redis.command('CONFIG', 'SET', 'maxmemory', '1')
    await far.signals.publish('news', 'lost')
    await redis.command('CONFIG', 'SET', 'maxmemory', '0')
    way.hold(/evalsha/i)
    const late = expect(far.ping()).rejects.toThrow('in time')
    await pause(150)
    const sent = far.signals.publish('news', 'one')
    await vi.waitFor(() => expect(heard).toContain('one'))
    await late
    await far.signals.publish('news', 'lost as well')
    way.release()
    await sent
    await vi.waitFor(() => expect(heard.slice(heard.indexOf('one'))).toContain('-!'))
  })
})
