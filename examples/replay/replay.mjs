/**
 * Replays a recorded OpenHands conversation into Holdfast, one message an event, and checks what is
 * stored against the files. Kill it, or the server, at any moment: run again, it goes on where it
 * stopped, and no message is there twice. See README.md.
 */
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { createClient, HoldfastClientError } from 'holdfast/client'

const usage = `Usage: node replay.mjs --url <url> --token <token>
  --url <url>           where the server is (default: HOLDFAST_URL)
  --token <token>       a service token (default: HOLDFAST_TOKEN)
  --data <folder>       metadata.json and events/<id>.json (default: data, beside this file)
  --conversation <id>   go on in this conversation, when its key is older than 24 hours
  --delay-ms <ms>       wait between two messages (default: 0)`

/** OpenHands says who made an event; whatever the machine answered is a tool's. */
const roles = { user: 'user', agent: 'assistant', environment: 'tool' }

const labelMax = 60

/** A reason to stop that is told in one sentence. */
class Stopped extends Error {}

process.exitCode = await main()

/** Gives the exit code: 0 when everything is stored and identical to the files. */
async function main() {
  try {
    const options = readOptions()
    const recording = await readRecording(options.data)
    const signal = interruption()
    // Patient enough to wait for a server that is being started again.
    const client = createClient({ url: options.url, token: options.token, retriesMax: 10 })
    const conversationId = await findConversation(client, recording, { options, signal })
    await replay(client, recording, { conversationId, delayMs: options.delayMs, signal })
    return await verify(client, recording, { conversationId, signal })
  } catch (error) {
    if (!(error instanceof Stopped) && !HoldfastClientError.isInstance(error)) throw error
    console.error(error instanceof Stopped ? error.message : `${error.code}: ${error.message}`)
    return 1
  }
}

function readOptions() {
  const text = { type: 'string' }
  const { values } = parsed({
    url: text, token: text, data: text, conversation: text, 'delay-ms': text,
    help: { type: 'boolean' },
  })
  if (values.help) {
    console.log(usage)
    process.exit(0)
  }
  const { HOLDFAST_URL, HOLDFAST_TOKEN } = process.env
  const { url = HOLDFAST_URL, token = HOLDFAST_TOKEN, 'delay-ms': delay = '0' } = values
  if (!url || !token) throw new Stopped(usage)
  if (!/^\d{1,6}$/.test(delay)) throw new Stopped('--delay-ms must be a number of milliseconds.')
  const data = values.data ?? fileURLToPath(new URL('data', import.meta.url))
  return { url, token, data, conversation: values.conversation, delayMs: Number(delay) }
}

function parsed(options) {
  try {
    return parseArgs({ options })
  } catch (error) {
    throw new Stopped(`${error.message}\n${usage}`)
  }
}

/** The conversation's metadata, and its events in the order of their ids. */
async function readRecording(folder) {
  const names = (await readdir(`${folder}/events`)).filter((name) => /^\d+\.json$/.test(name))
  names.sort((left, right) => Number.parseInt(left) - Number.parseInt(right))
  const events = names.map((name) => readJson(`${folder}/events/${name}`))
  return {
    metadata: await readJson(`${folder}/metadata.json`),
    events: await Promise.all(events),
  }
}

async function readJson(path) {
  return JSON.parse(await readFile(path, 'utf8'))
}

/** Ctrl-C ends the call in flight; whether it arrived is found out by the next run. */
function interruption() {
  const controller = new AbortController()
  const reason = new Stopped('Stopped. Run the same command again to go on.')
  process.once('SIGINT', () => controller.abort(reason))
  return controller.signal
}

/** The key makes it one conversation, however often it is asked for. */
async function findConversation(client, { metadata }, { options, signal }) {
  if (options.conversation !== undefined) return options.conversation
  const { id } = await client.conversations.create(
    { title: metadata.title, metadata },
    { idempotencyKey: `replay-${metadata.conversation_id}`, signal },
  )
  console.log(`Conversation ${id}: ${oneLine(metadata.title)}`)
  return id
}

/** Appends the events that are not stored yet. */
async function replay(client, recording, { conversationId, delayMs, signal }) {
  const { events, metadata } = recording
  const messageIds = await storedMessageIds(client, recording, { conversationId, signal })
  const done = messageIds.size
  if (done > 0) console.log(`${done} of ${events.length} are stored already.`)
  for (const [index, event] of events.entries()) {
    if (index < done) continue
    if (index > done && delayMs > 0) await pause(delayMs, signal)
    const { id } = await client.messages.append(
      conversationId,
      messageOf(event, messageIds),
      { idempotencyKey: `replay-${metadata.conversation_id}-${event.id}`, signal },
    )
    messageIds.set(event.id, id)
    console.log(`${index + 1}/${events.length} ${labelOf(event)}`)
  }
}

/** The ids of the messages that stand for events; they must be the first ones, in order. */
async function storedMessageIds(client, { events }, { conversationId, signal }) {
  const messageIds = new Map()
  for await (const { id, metadata } of client.messages.each(conversationId, {}, { signal })) {
    const expected = events[messageIds.size]?.id
    if (expected === undefined || metadata.event_id !== expected) {
      throw new Stopped(`Message ${id} is not event ${expected}: this is another conversation.`)
    }
    messageIds.set(expected, id)
  }
  return messageIds
}

async function pause(durationMs, signal) {
  await sleep(durationMs, undefined, { signal }).catch(() => signal.throwIfAborted())
}

/** The whole event is the content; what one would search for stands in the metadata. */
function messageOf(event, messageIds) {
  const { id, source, timestamp, cause = null } = event
  return {
    role: roles[source] ?? 'system',
    content: event,
    metadata: { source: 'openhands', event_id: id, kind: kindOf(event), timestamp, cause },
    parent_message_id: messageIds.get(cause) ?? null,
  }
}

function kindOf({ action, observation }) {
  return action ?? observation ?? 'unknown'
}

/** What an observation observes stands behind an arrow. */
function labelOf(event) {
  const { args, extras, message, observation } = event
  const { path, command, agent_state: state } = { ...args, ...extras }
  const kind = observation === undefined ? kindOf(event) : `${kindOf(event)} →`
  const letters = [...oneLine(`${kind} ${path || command || state || message || ''}`)]
  if (letters.length <= labelMax) return letters.join('')
  return `${letters.slice(0, labelMax - 1).join('').trim()}…`
}

/** Text of a recording must not steer the terminal. */
function oneLine(text) {
  return String(text).replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
}

/** Reads everything back and compares it with the files; gives the exit code. */
async function verify(client, { events, metadata }, { conversationId, signal }) {
  const conversation = await client.conversations.get(conversationId, { signal })
  const stored = []
  for await (const message of client.messages.each(conversationId, {}, { signal })) {
    stored.push(message)
  }
  const messageIds = new Map(stored.map(({ id, content }) => [content?.id, id]))
  const faults = events.flatMap((event, index) =>
    faultOf(stored[index], messageOf(event, messageIds), index + 1),
  )
  if (stored.length !== events.length) faults.push(`${stored.length} messages are stored`)
  const { title, metadata: kept } = conversation
  if (title !== metadata.title || !isDeepStrictEqual(kept, metadata)) {
    faults.push('the conversation differs from metadata.json')
  }
  for (const fault of faults) console.error(`Wrong: ${fault}.`)
  if (faults.length > 0) return 1
  console.log(`Verified: ${stored.length} messages, once each, in order, identical to the files.`)
  return 0
}

function faultOf(message, expected, position) {
  if (message === undefined) return [`message ${position} is missing`]
  return Object.entries({ position, ...expected })
    .filter(([name, value]) => !isDeepStrictEqual(message[name], value))
    .map(([name]) => `${name} of message ${position} differs`)
}
