/** Request, grant and yield of a floor, as one operation; each caller has a floor of its own. */
export async function open({ dist, postgres, redis, conversations: count }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database: postgres, redis })
  const { conversations, floors } = holdfast.organization()
  const free = []
  for (let index = 0; index < count; index++) {
    const { id: conversationId } = await conversations.create()
    free.push({ conversationId, speakerUri: `tag:bench:${index}` })
  }
  return {
    async operation() {
      const agent = free.pop()
      const { state, grant } = await floors.request(agent)
      if (state !== 'holding') throw new Error('a free floor was not granted')
      await floors.yield(agent, { fence: grant.fence })
      free.push(agent)
    },
    close: () => holdfast.close(),
  }
}
