import { expect, it } from 'vitest'
import { InvalidInput } from '../errors.js'
import { coordinationContract } from '../testing/coordinators.js'

const pause = (durationMs: number) => new Promise((resolve) => setTimeout(resolve, durationMs))

coordinationContract('hint locks', (open) => {
  it('are held by one until it lets go', async () => {
    const { here, there, name } = await open()
    const held = await here.hintLocks.tryAcquire(name, 60)
    expect(held?.resource).toBe(name)
    expect(await there.hintLocks.tryAcquire(name, 60)).toBeUndefined()
    expect(await here.hintLocks.tryAcquire(name, 60)).toBeUndefined()
    await held!.release()
    const next = await there.hintLocks.tryAcquire(name, 60)
    expect(next).toBeDefined()
    await next!.release()
  })

  it('of different resources have nothing to do with each other', async () => {
    const { here, there, name } = await open()
    expect(await here.hintLocks.tryAcquire(name, 60)).toBeDefined()
    for (const other of [`${name}x`, `${name}:x`, `{${name}}`, `%7B${name}%7D`]) {
      expect(await there.hintLocks.tryAcquire(other, 60)).toBeDefined()
    }
  })

  it('end by themselves', async () => {
    const { here, there, name } = await open()
    const held = await here.hintLocks.tryAcquire(name, 0.1)
    await pause(150)
    const next = await there.hintLocks.tryAcquire(name, 60)
    expect(next).toBeDefined()
    expect(await held!.renew(60)).toBe(false)
  })

  it('last longer when they are renewed', async () => {
    const { here, there, name } = await open()
    const held = await here.hintLocks.tryAcquire(name, 1)
    expect(await held!.renew(60)).toBe(true)
    await pause(1_100)
    expect(await there.hintLocks.tryAcquire(name, 60)).toBeUndefined()
    expect(await held!.renew(0.05)).toBe(true)
    await pause(100)
    expect(await there.hintLocks.tryAcquire(name, 60)).toBeDefined()
  })

  it('of somebody else are neither released nor renewed', async () => {
    const { here, there, name } = await open()
    const late = await here.hintLocks.tryAcquire(name, 0.05)
    await pause(100)
    const next = await there.hintLocks.tryAcquire(name, 60)
    await late!.release()
    await late!.release()
    expect(await late!.renew(60)).toBe(false)
    expect(await here.hintLocks.tryAcquire(name, 60)).toBeUndefined()
    expect(await next!.renew(60)).toBe(true)
  })

  it('are given to one of 20 who ask at once', async () => {
    const { here, there, name } = await open()
    const asked = await Promise.all(Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? here : there).hintLocks.tryAcquire(name, 60)))
    expect(asked.filter((each) => each !== undefined)).toHaveLength(1)
  })

  it.each([
    ['resource', '', 1], ['resource', 'x'.repeat(513), 1], ['ttlSeconds', 'x', 0],
    ['ttlSeconds', 'x', -1], ['ttlSeconds', 'x', NaN], ['ttlSeconds', 'x', 86_401],
  ])('refuse a %s out of bounds', async (field, resource, ttlSeconds) => {
    const { here } = await open()
    const asked = here.hintLocks.tryAcquire(resource, ttlSeconds)
    await expect(asked).rejects.toThrow(InvalidInput)
    await expect(asked).rejects.toMatchObject({ field })
  })

  it('refuse to be renewed for a duration out of bounds', async () => {
    const { here, name } = await open()
    const held = await here.hintLocks.tryAcquire(name, 60)
    await expect(held!.renew(0)).rejects.toThrow(InvalidInput)
  })
})
