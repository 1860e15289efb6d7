import { describe, expect, it } from 'vitest'
import { InvalidInput } from '../errors.js'
import { coordinationContract } from '../testing/coordinators.js'
import { connectCoordination } from './connect.js'

const pause = (durationMs: number) => new Promise((resolve) => setTimeout(resolve, durationMs))
/** Long enough for anything that is going to happen. */
const longMs = 5_000

coordinationContract('wake-ups', (open) => {
  it('wake a waiter of either process', async () => {
    const { here, there, name } = await open()
    for (const [ringer, waiter] of [[here, there], [there, here], [here, here]] as const) {
      const waiting = waiter.wakeUps.wait([name], longMs)
      await pause(50)
      await ringer.wakeUps.ring(name)
      expect(await waiting).toBe(name)
    }
  })

  it('end without a ring when the time is over', async () => {
    const { here, name } = await open()
    const startMs = performance.now()
    expect(await here.wakeUps.wait([name], 100)).toBeUndefined()
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(95)
    expect(await here.wakeUps.wait([name], 0)).toBeUndefined()
    expect(await here.wakeUps.wait([], 0)).toBeUndefined()
  })

  it('keep a ring until somebody asks, whichever process', async () => {
    const { here, there, name } = await open()
    await here.wakeUps.ring(name)
    expect(await there.wakeUps.wait([`${name}-other`, name], 0)).toBe(name)
    expect(await there.wakeUps.wait([name], 0)).toBeUndefined()
    expect(await here.wakeUps.wait([name], 0)).toBeUndefined()
  })

  it('keep at most 64 rings', async () => {
    const { here, there, name } = await open()
    await here.wakeUps.ring(name, 50)
    await there.wakeUps.ring(name, 50)
    let taken = 0
    while ((await there.wakeUps.wait([name], 0)) !== undefined) taken += 1
    expect(taken).toBe(64)
  })

  it('wake who took all that were kept by rings that came when there were too many', async () => {
    const { here, there, name } = await open()
    await here.wakeUps.ring(name, 64)
    await here.wakeUps.ring(name)
    for (let taken = 0; taken < 64; taken += 1) await there.wakeUps.wait([name], 0)
    const startMs = performance.now()
    await here.wakeUps.ring(name)
    expect(await there.wakeUps.wait([name], longMs)).toBe(name)
    expect(performance.now() - startMs).toBeLessThan(800)
  })

  it('ring several names at once, each as often as asked', async () => {
    const { here, there, name } = await open()
    const counts = new Map([[`${name}-a`, 2], [`${name}-b`, 100], [`${name}-c`, 1]])
    await here.wakeUps.ringAll(counts)
    await here.wakeUps.ringAll(new Map())
    const taken = await Promise.all([...counts.keys()].map(async (each) => {
      for (let rings = 0; ; rings += 1) {
        if (await there.wakeUps.wait([each], 0) === undefined) return rings
      }
    }))
    expect(taken).toEqual([2, 64, 1])
    const refused = here.wakeUps.ringAll(new Map([[name, 1], ['', 1]]))
    await expect(refused).rejects.toThrow(InvalidInput)
    expect(await there.wakeUps.wait([name], 0)).toBeUndefined()
  })

  it('wake one waiter a ring', async () => {
    const { here, there, name } = await open()
    const waiters = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? here : there).wakeUps.wait([name], 1_500))
    await pause(100)
    await here.wakeUps.ring(name, 7)
    const woken = (await Promise.all(waiters)).filter((each) => each !== undefined)
    expect(woken).toHaveLength(7)
    expect(await here.wakeUps.wait([name], 0)).toBeUndefined()
  })

  it('wake all of 20 waiters by 20 rings at once', async () => {
    const { here, there, name } = await open()
    const waiters = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? here : there).wakeUps.wait([name], longMs))
    await Promise.all(Array.from({ length: 20 }, () => there.wakeUps.ring(name)))
    expect(await Promise.all(waiters)).toEqual(Array(20).fill(name))
  })

  it('wake who waits for several names by each of them', async () => {
    const { here, there, name } = await open()
    const names = ['a', 'b', 'c'].map((letter) => `${name}-${letter}`)
    for (const each of names) {
      const waiting = there.wakeUps.wait(names, longMs)
      await pause(20)
      await here.wakeUps.ring(each)
      expect(await waiting).toBe(each)
    }
  })

  it('wake for a name that was added while another was awaited, without delay', async () => {
    const { here, there, name } = await open()
    const first = there.wakeUps.wait([`${name}-silent`], longMs)
    await pause(50)
    const startMs = performance.now()
    const second = there.wakeUps.wait([name], longMs)
    await here.wakeUps.ring(name)
    expect(await second).toBe(name)
    expect(performance.now() - startMs).toBeLessThan(800)
    await here.wakeUps.ring(`${name}-silent`)
    expect(await first).toBe(`${name}-silent`)
  })

  it('lose no ring to a waiter that has gone', async () => {
    const { here, there, name } = await open()
    for (let round = 0; round < 5; round += 1) {
      expect(await here.wakeUps.wait([name], 30)).toBeUndefined()
      await there.wakeUps.ring(name)
      expect(await there.wakeUps.wait([name], longMs)).toBe(name)
    }
  })

  it('end early when the signal is aborted, and keep the ring for others', async () => {
    const { here, there, name } = await open()
    const controller = new AbortController()
    const waiting = here.wakeUps.wait([name], longMs, controller.signal)
    await pause(50)
    controller.abort()
    expect(await waiting).toBeUndefined()
    expect(await here.wakeUps.wait([name], longMs, controller.signal)).toBeUndefined()
    await here.wakeUps.ring(name)
    expect(await there.wakeUps.wait([name], longMs)).toBe(name)
  })

  it('refuse a name out of bounds', async () => {
    const { here } = await open()
    await expect(here.wakeUps.ring('')).rejects.toThrow(InvalidInput)
    await expect(here.wakeUps.ring('x'.repeat(513))).rejects.toThrow(InvalidInput)
    await expect(here.wakeUps.wait([''], 0)).rejects.toThrow(InvalidInput)
    await expect(here.wakeUps.wait(['x'], 60_001)).rejects.toThrow(InvalidInput)
    await expect(here.wakeUps.wait(['x'], -1)).rejects.toThrow(InvalidInput)
  })
})

describe('wake-ups within one process', () => {
  it('keep rings for a bounded number of names in one process, those of late', async () => {
    const local = await connectCoordination()
    for (let index = 0; index < 10_010; index += 1) await local.wakeUps.ring(`name-${index}`)
    expect(await local.wakeUps.wait(['name-0', 'name-9'], 0)).toBeUndefined()
    expect(await local.wakeUps.wait(['name-10'], 0)).toBe('name-10')
    await local.close()
  })
})
