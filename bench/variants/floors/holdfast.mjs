import { fork } from 'node:child_process'
import { request } from 'node:http'
import { fileURLToPath } from 'node:url'

const server = fileURLToPath(new URL('./holdfast-server.mjs', import.meta.url))

/** A client of server-sent events of a server in a process of its own. */
export async function listen(settings, arrived) {
  const child = fork(server, [], { serialization: 'json' })
  const ended = new Promise((done) => child.once('exit', done))
  child.send(settings)
  const { url, token, conversationId } = await new Promise((done) => child.once('message', done))
  const path = `/v1/conversations/${conversationId}/floor/events`
  const call = request(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })
  const response = await new Promise((done, fail) => {
    call.once('response', done).once('error', fail).end()
  })
  await new Promise((ready) => {
    response.setEncoding('utf8').on('data', (text) => {
      if (text.includes('event: ready')) ready()
      else if (text.includes('event: ')) arrived()
    })
  })
  return {
    given: { conversationId },
    async close() {
      call.destroy()
      child.disconnect()
      await ended
    },
  }
}

/** Asks for the floor and gives it up, in turn; `from` says where the time of an event begins. */
export async function produce({ dist, postgres, redis, from, conversationId }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database: postgres, redis })
  const { floors } = holdfast.organization()
  const agent = { conversationId, speakerUri: 'tag:bench' }
  let isHolder = false
  return {
    async emit() {
      const called = process.hrtime.bigint()
      await (isHolder ? floors.yield(agent) : floors.request(agent))
      isHolder = !isHolder
      return from === 'call' ? called : process.hrtime.bigint()
    },
    close: () => holdfast.close(),
  }
}
