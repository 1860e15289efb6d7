import { expect, it } from 'vitest'
import { InvalidInput } from '../errors.js'
import { coordinationContract } from '../testing/coordinators.js'

const pause = (durationMs: number) => new Promise((resolve) => setTimeout(resolve, durationMs))
const group = 'user_activity'

coordinationContract('presence', (open) => {
  it('knows when a member was last here', async () => {
    const { here, there, name } = await open()
    const anna = { namespace: name, group, member: 'anna' }
    expect(await here.presence.lastSeen(anna)).toBeUndefined()
    const beforeMs = Date.now()
    await here.presence.touch(anna)
    const seenMs = await there.presence.lastSeen(anna)
    expect(Math.abs(seenMs! - beforeMs)).toBeLessThan(5_000)
    await pause(20)
    await there.presence.touch(anna)
    expect(await here.presence.lastSeen(anna)).toBeGreaterThan(seenMs!)
  })

  it('lists a group, latest first', async () => {
    const { here, there, name } = await open()
    expect(await here.presence.list({ namespace: name, group })).toEqual([])
    for (const member of ['anna', 'bert', 'cleo', 'anna']) {
      await here.presence.touch({ namespace: name, group, member })
      await pause(10)
    }
    const listed = await there.presence.list({ namespace: name, group })
    expect(listed.map(({ member }) => member)).toEqual(['anna', 'cleo', 'bert'])
    const [{ lastSeenMs }] = listed as [(typeof listed)[0]]
    expect(await here.presence.lastSeen({ namespace: name, group, member: 'anna' }))
      .toBe(lastSeenMs)
  })

  it('forgets a member after its own time, and one that leaves at once', async () => {
    const { here, there, name } = await open()
    const key = (member: string) => ({ namespace: name, group, member })
    await here.presence.touch(key('short'), 0.1)
    await here.presence.touch(key('long'), 60)
    await here.presence.touch(key('left'), 60)
    await there.presence.leave(key('left'))
    await there.presence.leave(key('left'))
    await pause(150)
    expect(await there.presence.lastSeen(key('short'))).toBeUndefined()
    expect(await there.presence.lastSeen(key('left'))).toBeUndefined()
    for (const each of [here, there]) {
      const listed = await each.presence.list({ namespace: name, group })
      expect(listed.map(({ member }) => member)).toEqual(['long'])
    }
  })

  it('keeps a member longer when it is touched again', async () => {
    const { here, name } = await open()
    const key = { namespace: name, group, member: 'anna' }
    await here.presence.touch(key, 0.1)
    await here.presence.touch(key, 60)
    await pause(150)
    expect(await here.presence.list(key)).toHaveLength(1)
  })

  it('shows nothing to a neighbour, however names are spelled', async () => {
    const { here, there, name } = await open()
    await here.presence.touch({ namespace: name, group, member: 'anna' })
    await here.presence.touch({ namespace: `${name}}:b`, group, member: 'c' })
    const neighbours = [
      { namespace: `${name}-other`, group }, { namespace: name, group: 'other' },
      { namespace: `{${name}}`, group }, { namespace: `${name}:anna`, group },
    ]
    for (const neighbour of neighbours) {
      expect(await there.presence.list(neighbour)).toEqual([])
      expect(await there.presence.lastSeen({ ...neighbour, member: 'anna' })).toBeUndefined()
    }
    expect(await there.presence.list({ namespace: name, group })).toHaveLength(1)
    expect(await there.presence.lastSeen({ namespace: name, group, member: 'b}:c' }))
      .toBeUndefined()
  })

  it('lists 1000 members at most, past those that are gone', async () => {
    const { here, there, name } = await open()
    const touch = (member: string, ttlSeconds: number) =>
      here.presence.touch({ namespace: name, group, member }, ttlSeconds)
    await Promise.all(Array.from({ length: 1_200 }, (_, number) => touch(`m${number}`, 60)))
    await Promise.all(Array.from({ length: 300 }, (_, number) => touch(`gone${number}`, 0.05)))
    await pause(100)
    const listed = await there.presence.list({ namespace: name, group })
    expect(new Set(listed.map(({ member }) => member)).size).toBe(1_000)
    expect(listed.every(({ member }) => member.startsWith('m'))).toBe(true)
  })

  it('counts a member once that is touched 20 times at once', async () => {
    const { here, there, name } = await open()
    const key = { namespace: name, group, member: 'anna' }
    await Promise.all(Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? here : there).presence.touch(key)))
    expect(await there.presence.list(key)).toHaveLength(1)
  })

  it.each([
    ['namespace', { namespace: '', group, member: 'a' }, 1],
    ['group', { namespace: 'a', group: '', member: 'a' }, 1],
    ['member', { namespace: 'a', group, member: '' }, 1],
    ['ttlSeconds', { namespace: 'a', group, member: 'a' }, 0],
    ['ttlSeconds', { namespace: 'a', group, member: 'a' }, 2_592_001],
  ])('refuses a %s out of bounds', async (field, key, ttlSeconds) => {
    const { here } = await open()
    await expect(here.presence.touch(key, ttlSeconds)).rejects.toThrow(InvalidInput)
    await expect(here.presence.touch(key, ttlSeconds)).rejects.toMatchObject({ field })
  })
})
