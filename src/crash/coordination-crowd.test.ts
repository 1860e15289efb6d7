import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ensureBuilt } from '../testing/command-line.test.harness.js'
import { PrivateRedis } from '../testing/private-redis.test.harness.js'
import { inProcesses } from './coordination-processes.js'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 180_000 })

/** An admitted call: its decision fell between these moments, in milliseconds. */
type Admission = readonly [sentMs: number, answeredMs: number]

const missing = PrivateRedis.missing()
const reason = missing === undefined ? '' : `: did not run: ${missing}`

describe.skipIf(missing !== undefined)(`many processes on one Redis${reason}`, () => {
  let redis: PrivateRedis
  beforeAll(async () => {
    await ensureBuilt()
    redis = await PrivateRedis.start()
  })
  afterAll(() => redis?.remove())

  it.each([100, 1_000])('take at most %i in any window, and nearly all', async (limit) => {
    const [windows, lengthMs] = [4, 1_500]
    const perProcess = await inProcesses<Admission[]>({
      redis: redis.url,
      processes: 4,
      body: `
        const subject = { name: 'crowd', resource: 'crowd', id: '${limit}' }
        const rules = [{ ...subject, limit: ${limit}, windowSeconds: ${lengthMs / 1_000} }]
        const admitted = []
        const now = () => performance.timeOrigin + performance.now()
        const endMs = now() + ${(windows - 0.3) * lengthMs}
        const client = async () => {
          while (now() < endMs) {
            const sentMs = now()
            const { allowed, degraded } = await coordination.limiter.consume(rules)
            if (degraded) throw new Error('Redis was not asked')
            if (allowed) admitted.push([sentMs, now()])
            else await pause(10)
          }
        }
        await Promise.all(Array.from({ length: 16 }, client))
        return admitted
      `,
    })
    const admitted = perProcess.flat()
    expect(perProcess.every(({ length }) => length > 0)).toBe(true)
    expect(mostForSure(admitted, lengthMs)).toBeLessThanOrEqual(limit)
    expect(admitted.length).toBeLessThanOrEqual(limit * windows)
    expect(admitted.length).toBeGreaterThanOrEqual(0.98 * limit * windows)
  })

  it('load once for 1000 misses at the same time', async () => {
    const figures = await inProcesses<{ found: number; loads: number }>({
      redis: redis.url,
      processes: 4,
      body: stampede(`pause(200).then(() => 42)`),
    })
    expect(figures.map(({ found }) => found)).toEqual([250, 250, 250, 250])
    expect(figures.reduce((sum, { loads }) => sum + loads, 0)).toBe(1)
  })

  it('load once each when the load takes longer than anyone waits', async () => {
    const figures = await inProcesses<{ found: number; loads: number }>({
      redis: redis.url,
      processes: 4,
      body: stampede(`pause(2_500).then(() => 42)`),
    })
    expect(figures.map(({ found }) => found)).toEqual([250, 250, 250, 250])
    expect(figures.reduce((sum, { loads }) => sum + loads, 0)).toBeLessThanOrEqual(4)
  })

  it('are told once that a load failed, without a storm of loads', async () => {
    const figures = await inProcesses<{ failed: number; loads: number }>({
      redis: redis.url,
      processes: 4,
      body: stampede(`pause(100).then(() => Promise.reject(new Error('no database')))`),
    })
    expect(figures.map(({ failed }) => failed)).toEqual([250, 250, 250, 250])
    expect(figures.reduce((sum, { loads }) => sum + loads, 0)).toBeLessThanOrEqual(4)
  })

  it('see each other’s invalidations within a second', async () => {
    const late = await inProcesses<number>({
      redis: redis.url,
      processes: 4,
      body: `
        const key = { namespace: 'crowd', resource: 'version', id: '1' }
        const versionOf = () => Math.floor(Date.now() / 1_200)
        let late = 0
        const endMs = Date.now() + 6_000
        while (Date.now() < endMs) {
          const version = await coordination.cache.getOrLoad(key, async () => versionOf())
          const isOld = version < Math.floor((Date.now() - 1_000) / 1_200)
          if (isOld) late += 1
          if (index === 0 && version < versionOf()) await coordination.cache.invalidate(key)
          await pause(1)
        }
        return late
      `,
    })
    expect(late).toEqual([0, 0, 0, 0])
  })
})

const stampede = (load: string): string => `
  const key = { namespace: 'crowd', resource: 'stampede', id: ${JSON.stringify(load)} }
  const load = () => ${load}
  const calls = Array.from({ length: 250 }, () => coordination.cache.getOrLoad(key, load))
  const outcomes = await Promise.allSettled(calls)
  const found = outcomes.filter(({ value }) => value === 42).length
  const failed = outcomes.filter(({ reason }) => reason?.message === 'no database').length
  return { found, failed, loads: coordination.cache.figures().loads }
`

/** The most admissions that lie in one window whatever the moments of their decisions were. */
function mostForSure(admitted: readonly Admission[], lengthMs: number): number {
  const bySent = [...admitted].sort(([a], [b]) => a - b)
  const counts = bySent.map(([fromMs], index) => {
    const later = bySent.slice(index)
    return later.filter(([, answeredMs]) => answeredMs < fromMs + lengthMs).length
  })
  return Math.max(...counts)
}
