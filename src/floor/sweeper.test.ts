import { expect, it } from 'vitest'
import { contract } from '../testing/index.js'

/** More than one look takes. */
const stuckCount = 110

contract('the sweeper of floors', (open) => {
  it('comes to a hold that is over behind floors that are due and do not change', async () => {
    const { holdfast, organizationId, organization: { conversations, floors } } = await open()
    const { database } = holdfast
    const stuck = await Promise.all(Array.from({ length: stuckCount }, async () => {
      const { id: conversationId } = await conversations.create()
      await floors.request({ conversationId, speakerUri: 'a' })
      return conversationId
    }))
    // Their rows say that a hold is over, and no hold of theirs is.
    await database.run(database.write.updateTable('floors')
      .set({ due_at: database.engine.now(-60_000) })
      .where('organization_id', '=', organizationId as never))
    const { id: conversationId } = await conversations.create()
    await floors.configure(conversationId, { policy: 'exclusive', holdSeconds: 0.2 })
    await floors.request({ conversationId, speakerUri: 'a' })
    await floors.request({ conversationId, speakerUri: 'b' })
    const heard = floors.follow(conversationId)
    await heard.next()
    const sweeper = holdfast.floorSweeper().start()
    const told = [await heard.next(), await heard.next()].map(({ value }) => value)
    await sweeper.close()
    await heard.return()
    expect(told).toMatchObject([
      { type: 'revoked', speakerUri: 'a', reason: '@timedOut' },
      { type: 'granted', speakerUri: 'b' },
    ])
    for (const id of stuck.slice(0, 3)) {
      expect((await floors.get(id)).holders).toMatchObject([{ speakerUri: 'a', fence: 1 }])
    }
  })
})
