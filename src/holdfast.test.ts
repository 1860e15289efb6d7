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

  it('says why no database can be opened', async () => {
    const { databaseUrl } = await open()
    const reasonAt = (database: string) => openHoldfast({ database }).then(
      () => 'opened', (error: Error) => error.message)
    expect(await reasonAt('postgres://a:s3cret@127.0.0.1:1/b'))
      .toMatch(/^The database cannot be opened: .*ECONNREFUSED/)
    const missing = new URL(databaseUrl)
    if (missing.host === '') return
    missing.pathname = '/no_such_database'
    expect(await reasonAt(missing.href)).toMatch(/database "no_such_database" does not exist/)
    missing.username = 'no_such_user'
    missing.password = 's3cret'
    expect(await reasonAt(missing.href)).toMatch(/no_such_user/)
    expect(await reasonAt(missing.href)).not.toContain('s3cret')
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

describe('Holdfast is opened', () => {
  it.each([
    ['with a URL alone', 'sqlite:agent.db', /in an object, such as/],
    ['with the URL under another name', { url: 'sqlite:agent.db' }, /no option url; it has dat/],
    ['with a mistyped option', { database: 'memory:', rootkey: 'x' }, /no option rootkey/],
    ['with a variable that is not set', { database: undefined }, /database is undefined/],
    ['with a Redis that is none', { redis: 'http://cache' }, /^The option redis must be redis:/],
    ['with nothing for an address', { database: null }, /database is null/],
  ])('not %s, of which something would be lost', async (_, options, message) => {
    const opening = openHoldfast(options as never).then((holdfast) => holdfast.close())
    await expect(opening).rejects.toMatchObject({
      code: 'invalid_configuration', message: expect.stringMatching(message),
    })
  })

  it('in memory when nothing else is said', async () => {
    for (const holdfast of [await openHoldfast(), await openHoldfast({})]) {
      expect((await holdfast.organization().conversations.create()).revision).toBe(1)
      await holdfast.close()
    }
  })
})
