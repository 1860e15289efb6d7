/**
 * Two browser tabs talk to the chat server: one reloads in mid-answer, the server is killed in
 * mid-answer, and an answer is stopped. See README.md.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./server.mjs', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'holdfast-chats-'))
const database = process.env.HOLDFAST_DATABASE_URL ?? `sqlite:${join(folder, 'chats.db')}`
const id = 'a chat with any id'
const here = `/api/chat/${encodeURIComponent(id)}`
let server

/** Starts the server; gives where it listens. */
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

/** What useChat sends: the last message, or a wish for another answer. */
const send = (body, signal) => fetch(`${server.url}/api/chat`, {
  method: 'POST', signal, body: JSON.stringify({ id, ...body }),
})
const user = (text, messageId) => (
  { message: { id: messageId, role: 'user', parts: [{ type: 'text', text }] } })
const load = async () => (await fetch(`${server.url}${here}`)).json()
const resume = () => fetch(`${server.url}${here}/stream`)
const textOf = ({ parts }) => parts.map((part) => part.text ?? '').join('')

/** Reads a response until it holds some words, or to its end. */
async function read(response, some) {
  const decoder = new TextDecoder()
  let text = ''
  for await (const bytes of response.body) {
    text += decoder.decode(bytes, { stream: true })
    if (some !== undefined && text.includes(some)) break
  }
  return text
}

/** The text that the events of an answer carry. */
const spoken = (events) => [...events.matchAll(/"delta":("(?:[^"\\]|\\.)*")/g)]
  .map(([, delta]) => JSON.parse(delta)).join('')

async function reload() {
  const seen = await read(await send(user('What is this?', 'u1')), 'every')
  const [first, second] = await Promise.all([resume(), resume()].map(async (r) => read(await r)))
  assert.ok(first.startsWith(seen) && first.length > seen.length)
  assert.equal(first, second)
  const [question, answer] = await load()
  assert.deepEqual([textOf(question), textOf(answer)], ['What is this?', spoken(first)])
  assert.equal((await resume()).status, 204)
  console.log(`Reloaded in mid-answer; both tabs saw the same ${first.length} characters.`)
}

async function crash() {
  const seen = await read(await send(user('And if it is killed?', 'u2')), 'branch')
  await end('SIGKILL')
  server = await start()
  const resumed = await read(await resume())
  assert.ok(resumed.startsWith(seen))
  assert.match(resumed, /The answer was interrupted/)
  assert.equal(textOf((await load()).at(-1)), spoken(resumed))
  await read(await send({ trigger: 'regenerate-message' }))
  assert.match(textOf((await load()).at(-1)), /killed meanwhile\.$/)
  console.log('Killed the server in mid-answer; what it had said is kept, and it answered again.')
}

async function stop() {
  const seen = await read(await send(user('Tell me more.', 'u3')), 'stream')
  const stopped = await fetch(`${server.url}${here}/stop`, { method: 'POST' })
  assert.deepEqual(await stopped.json(), { stopped: true })
  const partial = textOf((await load()).at(-1))
  assert.ok(partial.startsWith(spoken(seen)) && !partial.includes('meanwhile'))
  assert.equal((await resume()).status, 204)
  console.log(`Stopped; kept: ${partial.replaceAll('\n', ' ').trim()}`)
}

try {
  server = await start()
  await reload()
  await crash()
  await stop()
  const roles = (await load()).map(({ role }) => role)
  assert.deepEqual(roles, ['user', 'assistant', 'user', 'assistant', 'user', 'assistant'])
  console.log('Verified: three questions, an answer each.')
} finally {
  await end('SIGTERM')
  await rm(folder, { recursive: true, force: true })
}
