import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Holdfast } from '../holdfast.js'
import { defaultOrganizationId } from '../identity/index.js'
import { PrivateRedis } from '../testing/private-redis.test.harness.js'
import { readConfiguration } from './environment.js'
import { openToServe } from './open.js'
import { Terminal } from './terminal.js'

const missing = PrivateRedis.missing()
const reason = missing === undefined ? '' : `: did not run: ${missing}`

describe.skipIf(missing !== undefined)(`several installations on one Redis${reason}`, () => {
  let redis: PrivateRedis
  const opened: Holdfast[] = []

  beforeEach(async () => {
    redis = await PrivateRedis.start()
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()))
    await redis.remove()
  })

  /** An installation of its own, with a database of its own. */
  async function open(environment: Record<string, string>): Promise<Holdfast> {
    const { settings } = readConfiguration({}, {
      HOLDFAST_DATABASE_URL: 'memory:', HOLDFAST_REDIS_URL: redis.url, ...environment,
    })
    const holdfast = await openToServe(settings, { migrate: true, terminal: new Terminal() })
    opened.push(holdfast)
    return holdfast
  }

  it('know nothing of each other where each has its prefix', async () => {
    const staging = await open({ HOLDFAST_REDIS_PREFIX: 'staging:' })
    const production = await open({ HOLDFAST_REDIS_PREFIX: 'production:' })
    const rate = { limit: 1, windowSeconds: 60 }
    await staging.organizationRates.set(defaultOrganizationId, rate)
    expect(await staging.organizationRates.find(defaultOrganizationId)).toEqual(rate)
    expect(await production.organizationRates.find(defaultOrganizationId)).toBeUndefined()
    const rules = [{ name: 'user', resource: 'user', id: 'a', ...rate }]
    for (const { coordination } of [staging, production]) {
      expect((await coordination.limiter.consume(rules)).allowed).toBe(true)
    }
    const heard: string[] = []
    await production.coordination.signals.subscribe('topic', () => void heard.push('production'))
    await staging.coordination.signals.subscribe('topic', () => void heard.push('staging'))
    await staging.coordination.signals.publish('topic')
    await expect.poll(() => heard).toContain('staging')
    expect(heard).not.toContain('production')
    const keys = await redis.command<string[]>('KEYS', '*')
    expect(keys.filter((key) => !/^(staging|production):/.test(key))).toEqual([])
  })

  it('may be users that reach no more than their prefix', async () => {
    await redis.command('ACL', 'SETUSER', 'staging', 'on', '>s3cret', '~staging:*', '&staging:*',
      '+@all')
    const { host } = new URL(redis.url)
    const own = { HOLDFAST_REDIS_URL: `redis://staging:s3cret@${host}` }
    const without = await open(own)
    await expect(without.coordination.ping()).rejects.toThrow(/does not allow this user/)
    const { coordination } = await open({ ...own, HOLDFAST_REDIS_PREFIX: 'staging:' })
    await coordination.ping()
    await expect.poll(() => coordination.health()).toEqual({ state: 'ok' })
  })
})
