/**
 * A chat server: `node server.mjs <database> <port>`. Routes as useChat expects them, and one to
 * stop. It prints where it listens.
 */
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { convertToModelMessages, streamText, toUIMessageStream } from 'ai'
import { HoldfastError, openHoldfast } from 'holdfast'
import { createChatStore } from 'holdfast/ai-sdk'
import { scriptedModel } from './model.mjs'

const [database = 'sqlite:chats.db', port = '0'] = process.argv.slice(2)
const holdfast = await openHoldfast({ database })
// Take the organization of the person who asks; here all are of the default one.
const chats = createChatStore(holdfast.organization(), {
  producerTtlSeconds: 2, onError: (error) => console.error(error),
})
const model = scriptedModel(60)

/** Answers what a client submits, and goes on when the client leaves. */
async function answer({ id, ...submission }) {
  const turn = await chats.submit(id, submission)
  // What was stopped while a tool ran has a call without a result, which no model takes.
  const messages = await convertToModelMessages(turn.messages, { ignoreIncompleteToolCalls: true })
  const result = streamText({ model, messages, abortSignal: turn.signal })
  return turn.respond(toUIMessageStream({
    stream: result.stream, originalMessages: turn.messages, generateMessageId: chats.generateId,
  }))
}

async function route(request) {
  const [, id, last] = /^\/api\/chat(?:\/([^/]+)(?:\/(\w+))?)?$/.exec(request.url) ?? []
  const chatId = id && decodeURIComponent(id)
  const key = `${request.method} ${id ? ':id' : ''}${last ? `/${last}` : ''}`
  const routes = {
    'POST ': async () => answer(await json(request)),
    'GET :id': async () => Response.json(await chats.load(chatId)),
    'GET :id/stream': () => chats.resume(chatId),
    'POST :id/stop': async () => Response.json({ stopped: await chats.stop(chatId) }),
  }
  return routes[key]?.() ?? new Response('No such route.', { status: 404 })
}

function refusal(error) {
  if (!HoldfastError.isInstance(error)) console.error(error)
  const { status = 500, message } = HoldfastError.isInstance(error) ? error : {}
  return Response.json({ error: message ?? 'It failed.' }, { status })
}

const server = createServer(async (request, response) => {
  const answered = await route(request).catch(refusal)
  response.writeHead(answered.status, Object.fromEntries(answered.headers))
  if (answered.body === null) response.end()
  else Readable.fromWeb(answered.body).on('error', () => response.destroy()).pipe(response)
    .on('close', () => answered.body.locked || answered.body.cancel())
})
server.listen(Number(port), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
