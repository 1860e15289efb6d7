/** A client talks to the ChatKit server, which is killed in mid-answer. See README.md. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./server.mjs', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'holdfast-chatkit-'))
const database = process.env.HOLDFAST_DATABASE_URL ?? `sqlite:${join(folder, 'chatkit.db')}`
let server

async function start() {
  const stdio = ['ignore', 'pipe', 'inherit']
  const child = spawn(process.execPath, [script, database], { stdio })
  const [url] = await once(createInterface(child.stdout), 'line')
  return { child, url }
}

async function end(signal) {
  server.child.kill(signal)
  await once(server.child, 'close')
}

const post = (type, params) =>
  fetch(server.url, { method: 'POST', body: JSON.stringify({ type, params }) })
const call = async (type, params) => (await post(type, params)).json()
const input = (words) => ({ content: [{ type: 'input_text', text: words }] })

/** The items that the events of an answer tell of, as they were told last. */
async function told(response) {
  const items = new Map()
  for (const line of (await text(response.body)).split('\n\n').filter(Boolean)) {
    const { item } = JSON.parse(line.slice('data: '.length))
    if (item !== undefined) items.set(item.id, item)
  }
  return [...items.values()]
}

/** All items of a thread, page by page. */
async function itemsOf(threadId, limit = 3) {
  const items = []
  for (let after = null; ;) {
    const page = await call('items.list', { thread_id: threadId, order: 'asc', limit, after })
    items.push(...page.data)
    if (!page.has_more) return items
    after = page.after
  }
}

try {
  server = await start()
  const first = await told(await post('threads.create', { input: input('Where to?') }))
  const { data: [{ id: threadId }] } = await call('threads.list', {})
  assert.match(threadId, /^thr_[0-9a-f]{32}$/)
  assert.deepEqual((await itemsOf(threadId)).slice(0, 3), first)
  console.log(`Answered with ${first.map(({ type }) => type).join(', ')}.`)

  const second = await post('threads.add_user_message', {
    thread_id: threadId, input: input('And back?'),
  })
  let seen = ''
  for await (const bytes of second.body) {
    seen += Buffer.from(bytes)
    if (seen.includes('"widget"')) break
  }
  await end('SIGKILL')
  server = await start()
  const kept = await itemsOf(threadId)
  assert.deepEqual(kept.slice(-2).map(({ type }) => type), ['user_message', 'widget'])
  console.log(`Killed the server in mid-answer; all ${kept.length} items that were told are there.`)

  await call('threads.update', { thread_id: threadId, title: 'A trip' })
  const attachment = await call('attachments.create', { name: 'a.txt', mime_type: 'text/plain' })
  await call('attachments.delete', { attachment_id: attachment.id })
  const thread = await call('threads.get_by_id', { thread_id: threadId })
  assert.equal(thread.title, 'A trip')
  await call('threads.delete', { thread_id: threadId })
  assert.equal((await post('threads.get_by_id', { thread_id: threadId })).status, 404)
  console.log('Verified: renamed, deleted, gone.')
} finally {
  await end('SIGTERM')
  await rm(folder, { recursive: true, force: true })
}
