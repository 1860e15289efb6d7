import { expect, it } from 'vitest'
import { contract, type ContractWorld } from '../testing/index.js'

/** What the audit log tells after the beginning, oldest first: actions and their objects. */
async function told({ organization: { audit } }: ContractWorld) {
  const { data } = await audit.list({ limit: 200 })
  const [created, ...later] = data.reverse()
  expect(created!.action).toBe('organization.created')
  return later.map(({ action, resourceId }) => `${action} ${resourceId}`)
}

contract('what people do', (open) => {
  it('to queues and dead jobs is told, what workers do is not', async () => {
    const world = await open()
    const { organization: { queues, audit } } = world
    await queues.configure('q', { concurrencyPerKey: 3 })
    await queues.pause('q')
    await queues.resume('q')
    await queues.configure('q', { paused: true, retentionSeconds: 60 })
    await queues.resume('q')
    await expect(queues.configure('q', { retentionSeconds: 1 }, 99)).rejects.toThrow()
    await queues.enqueue('q', { payload: 'secret', attemptsMax: 1 })
    const [job] = await queues.claim('q', { worker: 'w' })
    await queues.fail(job!, 'no')
    expect(await queues.redrive('q')).toBe(1)
    expect(await queues.redrive('q')).toBe(0)
    expect(await queues.purge('q')).toBe(1)
    expect(await queues.purge('q')).toBe(0)
    expect(await told(world)).toEqual([
      'queue.created q', 'queue.updated q', 'queue.paused q', 'queue.resumed q', 'queue.updated q',
      'queue.resumed q', 'queue.redriven q', 'queue.purged q',
    ])
    const { data: [purged] } = await audit.list({ action: 'queue.purged' })
    expect(purged!.details).toEqual({ states: ['ready', 'scheduled', 'blocked'], count: 1 })
    expect(JSON.stringify(await audit.list())).not.toContain('secret')
    expect((await audit.verify()).isIntact).toBe(true)
  })

  it('to schedules is told, what schedules do is not', async () => {
    const world = await open()
    const { organization: { schedules } } = world
    const given = { name: 's', queue: 'q', cron: '0 0 * * *' }
    await schedules.create(given)
    await expect(schedules.create(given)).rejects.toThrow()
    await schedules.update('s', { enabled: false })
    await expect(schedules.update('s', { enabled: true }, 1)).rejects.toThrow()
    await schedules.delete('s')
    await expect(schedules.delete('s')).rejects.toThrow()
    expect(await told(world))
      .toEqual(['schedule.created s', 'schedule.updated s', 'schedule.deleted s'])
  })

  it('to locks is told when they take one away from its holder', async () => {
    const world = await open()
    const { organization: { locks } } = world
    const lock = await locks.acquire('l')
    await lock.release()
    expect(await locks.forceRelease('l')).toBe(false)
    await locks.acquire('l', { renewing: false })
    expect(await locks.forceRelease('l')).toBe(true)
    expect(await told(world)).toEqual(['lock.released_by_force l'])
  })
})
