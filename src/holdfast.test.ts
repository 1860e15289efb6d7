import { expect, it } from 'vitest'
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
