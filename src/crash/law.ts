import { type Entry, nameOf, type Place, sizeOf } from './ledger.js'
import { type Wire } from './wire.js'

/** A message as the server gives it back. */
export interface Kept extends Place {
  readonly content: string
}

/** The messages of each conversation, in the order in which they were listed. */
export type KeptByConversation = ReadonlyMap<string, readonly Kept[]>

/** What is held against what. */
export interface Evidence {
  readonly entries: ReadonlyMap<string, Entry>
  readonly kept: KeptByConversation
  /** Whether every write carried a key and was repeated until it was acknowledged. */
  readonly keyed: boolean
  /** Length of the filling behind each message's name. */
  readonly fillingLength: number
}

/** What a check found; the law holds when there is no breach. */
export interface Judgement {
  /** Writes tried. */
  readonly attempted: number
  /** Writes answered with 201. */
  readonly acknowledged: number
  /** Writes found. */
  readonly kept: number
  /** Writes found more than once. */
  readonly duplicates: number
  readonly messages: number
  readonly breaches: readonly string[]
}

interface Found extends Kept {
  readonly conversation: string
  readonly part: number
}

/**
 * The law: acknowledged within kept within attempted, nothing kept twice, every write whole and in
 * one piece, what was answered is what is stored, positions 1 to n without gaps, and each writer's
 * messages in the writer's order. With keys, also everything attempted is kept and acknowledged.
 */
export function judge(evidence: Evidence): Judgement {
  const { entries, kept } = evidence
  const breaches: string[] = []
  for (const [conversation, messages] of kept) breaches.push(...gapsOf(conversation, messages))
  const found = foundOf(evidence, breaches)
  for (const name of found.keys()) {
    if (!entries.has(name)) breaches.push(`${name}: kept but never attempted`)
  }
  let duplicates = 0
  for (const [name, entry] of entries) {
    const parts = found.get(name) ?? []
    if (parts.length > sizeOf(entry)) duplicates += 1
    breaches.push(...breachesOf(entry, parts, evidence))
  }
  breaches.push(...disorderOf(entries, found))
  const acknowledged = [...entries.values()].filter((entry) => entry.acknowledged !== undefined)
  return {
    attempted: entries.size,
    acknowledged: acknowledged.length,
    kept: found.size,
    duplicates,
    messages: [...kept.values()].reduce((sum, messages) => sum + messages.length, 0),
    breaches,
  }
}

function gapsOf(conversation: string, messages: readonly Kept[]): string[] {
  const wrong = messages.findIndex(({ position }, index) => position !== index + 1)
  if (wrong === -1) return []
  const { position } = messages[wrong]!
  return [`${conversation}: position ${position} stands where ${wrong + 1} should`]
}

/** Messages by the name of their write; one that no write can have made is a breach. */
function foundOf({ kept, fillingLength }: Evidence, breaches: string[]): Map<string, Found[]> {
  const found = new Map<string, Found[]>()
  const filling = 'x'.repeat(fillingLength)
  for (const [conversation, messages] of kept) {
    for (const message of messages) {
      const match = /^(\d+\.\d+)\.(\d+)\.(x*)$/.exec(message.content)
      if (match === null || match[3] !== filling) {
        breaches.push(`${message.id}: its content is no one’s`)
        continue
      }
      const [, name = '', part] = match
      const parts = found.get(name) ?? []
      found.set(name, [...parts, { ...message, conversation, part: Number(part) }])
    }
  }
  return found
}

function breachesOf(entry: Entry, parts: readonly Found[], { keyed }: Evidence): string[] {
  const { acknowledged, conversation } = entry
  const name = nameOf(entry)
  if (parts.length === 0) {
    if (acknowledged !== undefined) return [`${name}: acknowledged and lost`]
    return keyed ? [`${name}: never acknowledged although it was repeated`] : []
  }
  const found: string[] = []
  if (parts.length > sizeOf(entry)) found.push(`${name}: kept more than once`)
  else if (parts.length < sizeOf(entry)) found.push(`${name}: kept in part`)
  else if (parts.some(isOutOfLine)) found.push(`${name}: its messages do not stand together`)
  if (parts.some((part) => part.conversation !== conversation)) found.push(`${name}: misplaced`)
  if (keyed && acknowledged === undefined) found.push(`${name}: kept but not acknowledged`)
  if (acknowledged === undefined) return found
  const isAsAnswered = acknowledged.length === parts.length && acknowledged.every(
    ({ id, position }, index) => parts[index]!.id === id && parts[index]!.position === position,
  )
  return isAsAnswered ? found : [...found, `${name}: stored under another id or position`]
}

function isOutOfLine(part: Found, index: number, parts: readonly Found[]): boolean {
  return part.part !== index || part.position !== parts[0]!.position + index
}

/** What a writer began after an acknowledgement stands behind what was acknowledged. */
function disorderOf(
  entries: ReadonlyMap<string, Entry>,
  found: ReadonlyMap<string, readonly Found[]>,
): string[] {
  const breaches: string[] = []
  const acknowledged = new Map<number, number>()
  const inOrder = [...entries.values()].sort((a, b) => a.sequence - b.sequence)
  for (const entry of inOrder) {
    const least = Math.min(...(found.get(nameOf(entry)) ?? []).map(({ position }) => position))
    const before = acknowledged.get(entry.writer) ?? 0
    if (least <= before) breaches.push(`${nameOf(entry)}: stands before its writer’s earlier ones`)
    if (entry.acknowledged === undefined) continue
    const { position } = entry.acknowledged.at(-1)!
    acknowledged.set(entry.writer, Math.max(position, before))
  }
  return breaches
}

/** Reads every message of the conversations, page by page, and checks each one's own count. */
export async function readEverything(
  wire: Wire,
  server: { readonly url: string; readonly token: string },
  conversations: readonly string[],
): Promise<KeptByConversation> {
  const { token } = server
  const kept = new Map<string, Kept[]>()
  for (const id of conversations) {
    const messages: Kept[] = []
    const path = `${server.url}/v1/conversations/${id}`
    for (let cursor = ''; ; ) {
      const url = `${path}/messages?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`
      const page = await wire.ask<{ data: Kept[]; next_cursor: string | null }>({ url, token })
      messages.push(...page.data.map(({ id, position, content }) => ({ id, position, content })))
      if (page.next_cursor === null) break
      cursor = encodeURIComponent(page.next_cursor)
    }
    const { message_count: count } = await wire.ask<{ message_count: number }>({ url: path, token })
    if (count !== messages.length) {
      throw new Error(`${id} counts ${count} messages and holds ${messages.length}`)
    }
    kept.set(id, messages)
  }
  return kept
}
