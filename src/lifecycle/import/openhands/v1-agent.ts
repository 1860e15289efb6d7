import { join } from 'node:path'
import { exactJson, type ExactJson, objectOf } from '../exact-json.js'
import { isObject } from '../json-object.js'
import { momentIn } from '../moments.js'
import { type OpenHandsWork } from './conversations.js'
import { type FoundConversation, type FoundEvent } from './found.js'
import { readObject } from './reading.js'
import { type SecretFields } from './secret-fields.js'
import { usageOfMetrics } from './usage.js'
import { conversationOf } from './v0.js'

const eventPattern = /^event-(\d{5,})-(.+)\.json$/

/** Where conversations of the agent server and of the command line lie. */
const places: readonly (readonly string[])[] = [
  ['conversations'], ['workspace', 'conversations'], [],
]

/** Conversations of a home of the V1 agent server or the command line. */
export async function v1AgentConversations(
  work: OpenHandsWork, secrets: SecretFields,
): Promise<FoundConversation[]> {
  const { home } = work
  const found: FoundConversation[] = []
  for (const place of places) {
    for (const sid of home.folders(...place)) {
      const isOne = home.isFile(...place, sid, 'base_state.json') ||
        home.isFile(...place, sid, 'meta.json') ||
        home.files(...place, sid, 'events').some((name) => eventPattern.test(name))
      if (isOne) found.push(await conversation(work, secrets, [...place, sid]))
    }
  }
  return found
}

async function conversation(
  work: OpenHandsWork, secrets: SecretFields, parts: readonly string[],
): Promise<FoundConversation> {
  const { home } = work
  const sid = parts.at(-1)!
  const place = parts.join('/')
  const [meta, state] = [documentOf(work, parts, 'meta.json'),
    documentOf(work, parts, 'base_state.json')]
  const open = (json: ExactJson | undefined, name: string) => (json === undefined
    ? undefined : secrets.taken(json, { place: `${place}/${name}`, name: `openhands/${sid}` }))
  const [plainMeta, plainState] = [await open(meta, 'meta.json'),
    await open(state, 'base_state.json')]
  const said = (meta?.value ?? {}) as Record<string, unknown>
  const stands = (state?.value ?? {}) as Record<string, unknown>
  const text = (name: string) => (typeof said[name] === 'string' ? said[name] : null)
  const stats = isObject(stands.stats) ? stands.stats.usage_to_metrics : undefined
  const leaf = typeof stands.leaf_event_id === 'string' ? stands.leaf_event_id : undefined
  const events = eventsOf(work, parts)
  noteLeaf(work, { place, leaf, events })
  return {
    id: conversationOf(sid), sourceId: sid, layout: 'v1-agent-server', place,
    owner: text('user_id'), title: text('title'),
    createdAt: momentIn(said.created_at)?.instant ?? null,
    updatedAt: momentIn(said.updated_at)?.instant ?? null,
    metadata: exactJson(objectOf([['openhands', objectOf([
      ['layout', '"v1-agent-server"'], ['source_id', JSON.stringify(sid)],
      ['owner', JSON.stringify(text('user_id'))],
      ['metadata', plainMeta === undefined ? 'null' : JSON.stringify(plainMeta.value)],
    ])]])),
    order: 'listed', events, missing: missingOf(events), leaf,
    usage: usageOfMetrics(stats === undefined ? undefined : exactJson(JSON.stringify(stats))),
    files: filesOf(home, parts),
    states: plainState === undefined ? {} : { openhands_base_state: plainState },
  }
}

function documentOf(
  { home, ledger }: OpenHandsWork, parts: readonly string[], name: string,
): ExactJson | undefined {
  if (!home.isFile(...parts, name)) return undefined
  const path = join(home.root, ...parts, name)
  const read = readObject(home, path)
  if (read.is === 'whole') return read.json
  const reason = read.is === 'damaged' ? read.reason
    : `${read.rest} characters stand behind the object: the first one was taken`
  ledger.damaged({ kind: 'conversations', place: home.placeOf(path), reason }, true)
  return read.is === 'damaged' ? undefined : read.json
}

function eventsOf({ home }: OpenHandsWork, parts: readonly string[]): FoundEvent[] {
  return home.files(...parts, 'events').flatMap((name) => {
    const path = join(home.root, ...parts, 'events', name)
    const match = eventPattern.exec(name)
    if (match === null) return []
    home.see(path)
    return [{
      index: Number(match[1]), name: match[2]!, place: home.placeOf(path), path,
      read: () => readObject(home, path), recover: () => undefined,
    }]
  }).sort((one, other) => one.index - other.index)
}

/** Indexes between events that no file has; a thousand of them at most are told. */
function missingOf(events: readonly FoundEvent[]): number[] {
  const missing: number[] = []
  let next = 0
  for (const { index } of events as readonly (FoundEvent & { readonly index: number })[]) {
    for (; next < index && missing.length < 1_000; next += 1) missing.push(next)
    next = index + 1
  }
  return missing
}

/** A crash between an event and its state leaves the leaf behind: nothing is lost, it is told. */
function noteLeaf({ ledger }: OpenHandsWork, { place, leaf, events }: {
  readonly place: string
  readonly leaf: string | undefined
  readonly events: readonly FoundEvent[]
}): void {
  if (leaf === undefined) return
  const index = events.findIndex(({ name }) => name === leaf)
  if (index === -1) {
    const reason = `leaf_event_id names no event that is there: ${leaf}`
    return ledger.damaged({ kind: 'conversations', place, reason }, true)
  }
  const behind = events.length - 1 - index
  if (behind === 0) return
  ledger.note(`${place}: ${behind} events stand behind the leaf that base_state.json names; they ` +
    'are in the tree, and the next message follows the leaf.')
}

/** Long outputs and whatever else lies there; locks say nothing once their process is gone. */
function filesOf(home: OpenHandsWork['home'], parts: readonly string[]): string[] {
  return home.filesBelow(...parts)
    .filter((name) => !['meta.json', 'base_state.json'].includes(name) &&
      !/^events\/|(^|\/)\./.test(name))
    .map((name) => join(home.root, ...parts, name))
}
