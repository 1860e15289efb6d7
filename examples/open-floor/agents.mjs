/** Scripted agents: each is an HTTP server on the loopback that takes and answers envelopes. */
import { createServer } from 'node:http'
import { once } from 'node:events'

/** Starts an agent; `answer` gets each event and returns events. */
export async function startAgent(speakerUri, answer) {
  const heard = []
  const server = createServer(async (request, response) => {
    const pieces = []
    for await (const piece of request) pieces.push(piece)
    const { openFloor } = JSON.parse(Buffer.concat(pieces))
    const id = request.headers['idempotency-key']
    // The same id means the same envelope: it was heard already, and its answer is the same.
    const isNew = !heard.some((each) => each.id === id)
    if (isNew) heard.push({ id, sender: openFloor.sender.speakerUri, events: openFloor.events })
    const events = openFloor.events.flatMap((event) => answer(event, openFloor) ?? [])
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(envelope(openFloor.conversation.id, speakerUri, events)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  return {
    speakerUri, heard, serviceUrl: `http://127.0.0.1:${port}/`,
    words: () => heard.flatMap(({ events }) => events.filter(isUtterance).map(wordsOf)),
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** An envelope of the Inter-Agent Message specification 1.1.0. */
export const envelope = (conversationId, speakerUri, events) => ({
  openFloor: {
    schema: { version: '1.1.0' }, conversation: { id: conversationId }, sender: { speakerUri },
    events,
  },
})

/** An utterance, for all or for one alone. */
export const utterance = (speakerUri, text, to) => ({
  eventType: 'utterance',
  ...(to === undefined ? {} : { to: { speakerUri: to, private: true } }),
  parameters: {
    dialogEvent: {
      id: `de:${speakerUri}/${text}`, speakerUri,
      span: { startTime: new Date().toISOString() },
      features: { text: { mimeType: 'text/plain', tokens: [{ value: text }] } },
    },
  },
})

export const isUtterance = ({ eventType }) => eventType === 'utterance'

export const wordsOf = ({ parameters: { dialogEvent } }) =>
  dialogEvent.features.text.tokens.map(({ value }) => value).join(' ')
