import { join } from 'node:path'
import { isUuid } from '../../../ids.js'
import { namedId } from '../../../named-ids.js'
import { elementsOf } from '../elements.js'
import { exactJson, type ExactJson, objectOf } from '../exact-json.js'
import { isObject } from '../json-object.js'
import { momentIn } from '../moments.js'
import { type OpenHandsWork } from './conversations.js'
import { dashed } from './events.js'
import { type FoundConversation, type FoundEvent } from './found.js'
import { objectIn, readObject, wholeAmong } from './reading.js'
import { usageOf } from './usage.js'

/** Conversations whose ids are no UUIDs get theirs in it; it never changes. */
const conversationSpace = '7a1c0f5e-2d6b-4a0e-8a43-5b0c9d9a6e21'

/** Numbers without an event that are told of one conversation. */
const missingMax = 1_000

/** The conversation of an id of OpenHands: 32 hexadecimal digits, a UUID, or any name. */
export const conversationOf = (sid: string): string => {
  if (/^[0-9a-f]{32}$/i.test(sid)) return dashed(sid)
  return isUuid(sid) ? sid.toLowerCase() : namedId(conversationSpace, sid)
}

/** The conversation of one of several people who each have one of the same id. */
export const conversationOfOne = (sid: string, owner: string): string =>
  namedId(conversationOf(sid), `openhands conversation of ${owner}`)

/** Tells that the conversation is one more of its id. */
export function tellOneMore(
  { ledger }: OpenHandsWork, { place, owner, id }: Record<'place' | 'owner' | 'id', string>,
): void {
  const reason = `somebody else has a conversation of this id: that of ${owner} became ${id}`
  ledger.damaged({ kind: 'conversations', place, reason }, true)
}

/** Conversations of a V0 file store: metadata in one folder, events in that of their owner. */
export function* v0Conversations(work: OpenHandsWork): Generator<FoundConversation> {
  const { home } = work
  const owners = new Map<string, string[]>()
  for (const user of home.folders('users')) {
    for (const sid of home.folders('users', user, 'conversations')) {
      owners.set(sid, [...owners.get(sid) ?? [], user])
    }
  }
  const ids = new Set([...home.folders('sessions'), ...owners.keys()])
  for (const sid of [...ids].sort()) {
    const metadata = metadataOf(work, sid)
    const said = isObject(metadata?.value) ? metadata.value.user_id : undefined
    const among = owners.get(sid) ?? []
    const owner = among.find((each) => each === said) ?? among[0]
    yield conversation(work, { sid, metadata, folderOwner: owner })
    for (const other of among.filter((each) => each !== owner)) yield oneMore(work, sid, other)
  }
}

/** Events of somebody whose conversation has the id of another one's: nobody's metadata is its. */
function oneMore(work: OpenHandsWork, sid: string, owner: string): FoundConversation {
  const parts = ['users', owner, 'conversations', sid]
  const { events, missing, doubles } = eventsOf(work, [parts])
  const [id, place] = [conversationOfOne(sid, owner), parts.join('/')]
  tellOneMore(work, { place, owner, id })
  return {
    id, sourceId: sid, layout: 'v0', place, owner, title: null, createdAt: null, updatedAt: null,
    metadata: metadataWith(sid, owner, undefined), order: 'listed', events, missing,
    leaf: undefined, usage: [], files: [...doubles, ...filesOf(work, [parts])], states: {},
  }
}

function conversation(work: OpenHandsWork, { sid, metadata, folderOwner }: {
  readonly sid: string
  readonly metadata: ExactJson | undefined
  readonly folderOwner: string | undefined
}): FoundConversation {
  const { home, ledger } = work
  const folders = [
    ...(folderOwner === undefined ? [] : [['users', folderOwner, 'conversations', sid]]),
    ['sessions', sid],
  ].filter((parts) => home.isFolder(...parts))
  const place = (folders[0] ?? ['sessions', sid]).join('/')
  const said = (metadata?.value ?? {}) as Record<string, unknown>
  const created = momentIn(said.created_at)
  if (metadata !== undefined && created === undefined) {
    const reason = said.created_at == null
      ? 'has no created_at: OpenHands itself would not list it' : 'its created_at is no moment'
    ledger.damaged({ kind: 'conversations', place: `sessions/${sid}/metadata.json`, reason }, true)
  }
  if (created?.isNaive === true) ledger.note('Times of conversations without a zone are UTC.')
  const { events, missing, doubles } = eventsOf(work, folders)
  const owner = typeof said.user_id === 'string' ? said.user_id : folderOwner ?? null
  const usage = metadata === undefined ? undefined : usageOf('conversation', metadata, {
    cost: 'accumulated_cost', tokensIn: 'prompt_tokens', tokensOut: 'completion_tokens',
    model: 'llm_model',
  })
  return {
    id: conversationOf(sid), sourceId: sid, layout: 'v0', place, owner,
    title: typeof said.title === 'string' ? said.title : null,
    createdAt: created?.instant ?? null,
    updatedAt: momentIn(said.last_updated_at)?.instant ?? null,
    metadata: metadataWith(sid, owner, metadata),
    order: 'listed', events, missing, leaf: undefined, usage: usage === undefined ? [] : [usage],
    files: [...doubles, ...filesOf(work, folders)], states: {},
  }
}

const metadataWith = (
  sid: string, owner: string | null, metadata: ExactJson | undefined,
): ExactJson => exactJson(objectOf([['openhands', objectOf([
  ['layout', '"v0"'], ['source_id', JSON.stringify(sid)], ['owner', JSON.stringify(owner)],
  ['metadata', metadata === undefined ? 'null' : JSON.stringify(metadata.value)],
])]]))

function metadataOf({ home, ledger }: OpenHandsWork, sid: string) {
  const kind = 'conversations'
  const place = `sessions/${sid}/metadata.json`
  if (!home.isFile('sessions', sid, 'metadata.json')) {
    const reason = 'there is no metadata.json: the events are imported all the same'
    ledger.damaged({ kind, place: `sessions/${sid}`, reason }, true)
    return undefined
  }
  const read = readObject(home, join(home.root, place))
  if (read.is === 'damaged') {
    ledger.damaged({ kind, place, reason: read.reason }, true)
    return undefined
  }
  if (read.is === 'tailed') {
    const reason = `${read.rest} characters stand behind the object: the first one was taken`
    ledger.damaged({ kind, place, reason }, true)
  }
  return read.json
}

/** Events by number, from whichever folder has them; a page of events stands in for a lost one. */
function eventsOf(work: OpenHandsWork, folders: readonly (readonly string[])[]) {
  const paths = numbered(work, folders)
  const pages = new EventPages(work, folders)
  const events: FoundEvent[] = []
  const missing: number[] = []
  let next = 0
  const listed = [...paths.keys()].sort((one, other) => one - other)
  for (const number of [...listed, ...pages.behind(listed.at(-1) ?? -1)]) {
    // A single file of a huge number must not make a list of all before it.
    for (; next < number && missing.length < missingMax; next += 1) {
      if (pages.has(next)) events.push(pagedEvent(folders[0]!, next, pages))
      else missing.push(next)
    }
    const own = paths.get(number)
    events.push(own === undefined
      ? pagedEvent(folders[0]!, number, pages) : eventIn(work, { number, paths: own, pages }))
    next = number + 1
  }
  const doubles = [...paths.values()].flatMap((each) => doublesOf(work, each))
  return { events, missing, doubles }
}

/** Files of events by their numbers: one number may have files in several folders. */
function numbered(
  { home }: OpenHandsWork, folders: readonly (readonly string[])[],
): Map<number, string[]> {
  const paths = new Map<number, string[]>()
  for (const folder of folders) {
    for (const name of home.files(...folder, 'events')) {
      const number = /^(\d{1,15})\.json$/.exec(name)?.[1]
      if (number === undefined) continue
      const known = paths.get(Number(number)) ?? []
      paths.set(Number(number), [...known, join(home.root, ...folder, 'events', name)])
    }
  }
  return paths
}

/** Files that say something else than the one of their number that is taken. */
function doublesOf({ home, ledger }: OpenHandsWork, paths: readonly string[]): string[] {
  if (paths.length < 2) return []
  const taken = paths.find((path) => readObject(home, path).is !== 'damaged') ?? paths[0]!
  const doubles = paths.filter((path) => path !== taken &&
    readObject(home, path).is !== 'damaged' && !home.read(path).equals(home.read(taken)))
  for (const path of doubles) {
    const reason = `another event has its number, that of ${home.placeOf(taken)}: kept as bytes`
    ledger.damaged({ kind: 'events', place: home.placeOf(path), reason }, true)
  }
  return doubles
}

function eventIn({ home }: OpenHandsWork, { number, paths, pages }: {
  readonly number: number
  readonly paths: readonly string[]
  readonly pages: EventPages
}): FoundEvent {
  const [path, ...others] = paths as [string, ...string[]]
  for (const each of paths) home.see(each)
  return {
    name: String(number), place: home.placeOf(path), path,
    read: () => readObject(home, path),
    recover: () => wholeAmong(home, others) ?? pages.find(number),
  }
}

function pagedEvent(folder: readonly string[], number: number, pages: EventPages): FoundEvent {
  return {
    name: String(number), place: `${folder.join('/')}/events/${number}.json`, path: undefined,
    read: () => ({ is: 'damaged', reason: 'the file is not there' }),
    recover: () => pages.find(number),
  }
}

/** The second copies of events that V0 keeps, 25 in a file; read when one is needed. */
class EventPages {
  readonly #work: OpenHandsWork
  readonly #folders: readonly (readonly string[])[]
  #found: Map<number, { readonly json: ExactJson; readonly from: string }> | undefined

  constructor(work: OpenHandsWork, folders: readonly (readonly string[])[]) {
    this.#work = work
    this.#folders = folders
    for (const path of this.#paths()) work.home.read(path)
  }

  has(number: number): boolean {
    return this.find(number) !== undefined
  }

  find(number: number): { readonly json: ExactJson; readonly from: string } | undefined {
    this.#found ??= this.#read()
    return this.#found.get(number)
  }

  /** Events behind that one, which is the last with a file of its own. */
  behind(number: number): number[] {
    const end = Math.max(0, ...[...this.#paths()].map((path) =>
      Number(/-(\d{1,15})\.json$/.exec(path)?.[1] ?? 0)))
    if (end <= number + 1) return []
    this.#found ??= this.#read()
    return [...this.#found.keys()].filter((each) => each > number)
      .sort((one, other) => one - other)
  }

  *#paths(): Generator<string> {
    const { home } = this.#work
    for (const folder of this.#folders) {
      for (const name of home.files(...folder, 'event_cache')) {
        yield join(home.root, ...folder, 'event_cache', name)
      }
    }
  }

  /** Whatever is whole in a page is taken, also where its end is cut off. */
  #read() {
    const { home } = this.#work
    const found = new Map<number, { readonly json: ExactJson; readonly from: string }>()
    for (const path of this.#paths()) {
      for (const text of elementsOf(home.textOf(path, home.read(path)))) {
        const read = objectIn(text)
        if (read.is === 'damaged') continue
        const { id } = read.json.value as Record<string, unknown>
        if (typeof id === 'number') found.set(id, { json: read.json, from: home.placeOf(path) })
      }
    }
    return found
  }
}

/** Pickles and whatever else lies in the folders: bytes that nobody runs. */
function filesOf({ home }: OpenHandsWork, folders: readonly (readonly string[])[]): string[] {
  return folders.flatMap((folder) => home.filesBelow(...folder)
    .filter((name) => name !== 'metadata.json' && !/^(events|event_cache)\/|(^|\/)\./.test(name))
    .map((name) => join(home.root, ...folder, name)))
}
