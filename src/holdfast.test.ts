import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { openHoldfast } from './holdfast.js'
import { contract } from './testing/index.js'

contract('holdfast', (open) => {
  it('finishes the appends it was handed before it closes', async () => {
    const { databaseUrl } = await open()
    const holdfast = await openHoldfast({ database: databaseUrl })
    const { conversations, messages } = holdfast.organization()
    const { id } = await conversations.create()
    const appends = Array.from({ length: 300 }, (_, content) =>
      messages.append(id, { role: 'user', content }))
    await holdfast.close()
    const positions = (await Promise.all(appends)).map(({ position }) => position)
    expect(positions).toEqual(appends.map((_, index) => index + 1))
    await expect(messages.list(id)).rejects.toThrow(/closed/)
  })
})

describe('Holdfast that closes', () => {
  it('closes its workers first, so that nothing they hold is left behind', async () => {
    const holdfast = await openHoldfast({ database: 'memory:' })
    const { queues } = holdfast.organization()
    const job = await queues.enqueue('last', { payload: 1 })
    let state: string | undefined
    const worker = holdfast.worker({
      queues: {
        async last({ complete }) {
          await sleep(200)
          await complete('in time')
          state = (await queues.get(job.id)).state
        },
      },
    }).start()
    while (worker.figures.running === 0) await sleep(10)
    await Promise.all([holdfast.close(), holdfast.close()])
    expect([state, worker.figures.completed]).toEqual(['completed', 1])
  })
})
