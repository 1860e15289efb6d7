import { anyOf } from '../harness/workload.mjs'

/** The library: one call on one conversation, at a place drawn anew each time. */
export async function open({ dist, database, call, conversationId }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database })
  const { messages } = holdfast.organization()
  const path = await pathOf(messages, conversationId)
  // Behind each of these there are 50 more, whichever way one goes.
  const any = anyOf(path.slice(60, -60))
  const ways = {
    'last': () => messages.path(conversationId, { limit: 50 }),
    'page': () => messages.path(conversationId, { limit: 50, after: any().id }),
    'page-forward': () => messages.path(conversationId, {
      limit: 50, after: any().id, order: 'asc',
    }),
    'arrival': () => messages.list(conversationId, { limit: 50, from: any().position }),
  }
  return {
    async operation() {
      const { data } = await ways[call]()
      if (data.length !== 50) throw new Error(`a page of ${data.length}`)
    },
    close: () => holdfast.close(),
  }
}

async function pathOf(messages, conversationId) {
  const places = []
  for (let cursor; cursor !== null;) {
    const page = await messages.path(conversationId, { limit: 200, cursor })
    for (const { id, position } of page.data) places.push({ id, position })
    cursor = page.nextCursor
  }
  return places
}
