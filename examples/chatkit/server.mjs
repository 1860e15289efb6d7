/**
 * A small ChatKit server: `node server.mjs <database> <port>`. It speaks what the store is for:
 * threads and items over one endpoint, with a scripted assistant. It prints where it listens.
 */
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { HoldfastError, openHoldfast } from 'holdfast'
import { createChatKitStore } from 'holdfast/chatkit'

const [database = 'sqlite:chatkit.db', port = '0'] = process.argv.slice(2)
const holdfast = await openHoldfast({ database })
const store = createChatKitStore(holdfast)
// Take the organization and the actor of the person who asks; here all are of the default one.
const context = { organizationId: 'default' }

const now = () => new Date().toISOString()
const event = (type, more) => `data: ${JSON.stringify({ type, ...more })}\n\n`

/** The assistant: a widget that completes, and words. Each step is stored before it is told. */
async function* respond(thread, question) {
  const item = (kind, more) => ({
    id: store.generateItemId(kind, thread, context), thread_id: thread.id, created_at: now(),
    ...more,
  })
  const widget = item('message', { type: 'widget', widget: { progress: 0 }, copy_text: null })
  await store.addThreadItem(thread.id, widget, context)
  yield event('thread.item.added', { item: widget })
  await sleep(150)
  const done = { ...widget, widget: { progress: 1 }, copy_text: 'Looked it up.' }
  await store.saveItem(thread.id, done, context)
  yield event('thread.item.replaced', { item: done })
  const text = `You asked: ${question.content.map((part) => part.text).join('')}`
  const answer = item('message', {
    type: 'assistant_message', content: [{ type: 'output_text', text, annotations: [] }],
  })
  await store.addThreadItem(thread.id, answer, context)
  yield event('thread.item.done', { item: answer })
  await store.addThreadItem(thread.id, item('task', { type: 'end_of_turn' }), context)
}

/** Stores what the user says, then lets the assistant speak. */
async function* say({ thread_id: threadId, input }) {
  const thread = threadId === undefined
    ? {
        id: store.generateThreadId(context), created_at: now(), title: null,
        status: { type: 'active' }, metadata: {},
      }
    : await store.loadThread(threadId, context)
  if (threadId === undefined) await store.saveThread(thread, context)
  yield event('thread.created', { thread })
  const question = {
    id: store.generateItemId('message', thread, context), thread_id: thread.id, created_at: now(),
    type: 'user_message', content: input.content, attachments: [], quoted_text: null,
    inference_options: {},
  }
  await store.addThreadItem(thread.id, question, context)
  yield event('thread.item.done', { item: question })
  yield* respond(thread, question)
}

const operations = {
  'threads.create': say,
  'threads.add_user_message': say,
  'threads.list': (params) => store.loadThreads(params, context),
  'threads.get_by_id': ({ thread_id: id }) => store.loadThread(id, context),
  async 'threads.update'({ thread_id: id, title }) {
    const thread = { ...await store.loadThread(id, context), title }
    await store.saveThread(thread, context)
    return thread
  },
  'threads.delete': ({ thread_id: id }) => store.deleteThread(id, context),
  'items.list': ({ thread_id: id, ...listing }) => store.loadThreadItems(id, listing, context),
  async 'attachments.create'({ name, mime_type: type }) {
    const id = store.generateItemId('attachment')
    const attachment = { id, type: 'file', name, mime_type: type, thread_id: null }
    await store.saveAttachment(attachment, context)
    return attachment
  },
  'attachments.delete': ({ attachment_id: id }) => store.deleteAttachment(id, context),
}

async function answer(request, response) {
  const { type, params = {} } = await json(request)
  const result = operations[type]?.(params)
  if (result === undefined) return send(response, 404, { error: `No operation ${type}.` })
  if (result[Symbol.asyncIterator] === undefined) return send(response, 200, await result ?? {})
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for await (const text of result) response.write(text)
  return response.end()
}

function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    if (!HoldfastError.isInstance(error)) console.error(error)
    if (response.headersSent) return response.end()
    const { status = 500, code } = HoldfastError.isInstance(error) ? error : {}
    return send(response, status, { error: code ?? 'internal_error' })
  })
})
server.listen(Number(port), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})
