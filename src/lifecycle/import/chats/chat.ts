import {
  closeSync, createReadStream, existsSync, openSync, readdirSync, readSync, statSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { type Instant, nowOf } from '../../../clock.js'
import { HoldfastError, InvalidInput } from '../../../errors.js'
import { namedId } from '../../../named-ids.js'
import { ConversationWriter, type SourceMessage, titleLengthMax } from '../conversation-writer.js'
import { ArrayElements } from '../elements.js'
import { exactJson, type ExactJson } from '../exact-json.js'
import { isObject } from '../json-object.js'
import { type ImportParts } from '../parts.js'
import { type ImportOptions, type ImportReport, Ledger } from '../report.js'

/** A conversation of an export, read. */
export interface ReadChat {
  readonly id: string
  readonly title: string | null
  readonly createdAt: Instant
  readonly updatedAt: Instant | null
  readonly metadata: ExactJson
  readonly messages: readonly SourceMessage[]
  /** Places of messages that are none. */
  readonly broken: readonly string[]
  /** The message that the next one follows. */
  readonly leaf: string | undefined
}

/** A kind of export: how it calls itself, and how a conversation of it is read. */
export interface ChatFormat {
  readonly source: string
  /** Throws InvalidInput for what is no conversation. */
  read(json: ExactJson, place: string, now: Instant): ReadChat
}

/**
 * Imports `conversations.json`, or the one in a folder; a large export has several, which are
 * numbered. Throws InvalidInput.
 */
export async function importChats(
  parts: ImportParts, { path, format }: { readonly path: string; readonly format: ChatFormat },
  options: ImportOptions,
): Promise<ImportReport> {
  const files = filesAt(path)
  if (files.length === 0) throw new InvalidInput(`there is no conversations.json at ${path}`)
  files.forEach(checkFile)
  const startedAt = nowOf(parts.clock)
  const ledger = new Ledger(options)
  ledger.begin('conversations')
  ledger.begin('messages')
  const writer = new ConversationWriter(parts, ledger)
  for (const file of files) {
    let index = 0
    for await (const element of elementsIn(file, ledger)) {
      const place = `${basename(file)}[${index}]`
      index += 1
      ledger.found('conversations')
      await take(element, { place, ledger, writer, format, now: startedAt })
    }
  }
  return ledger.report({
    source: format.source, path, organization_id: parts.organizationId, started_at: startedAt,
    finished_at: nowOf(parts.clock),
  })
}

/** Conversations one at a time, however large the file is. */
async function* elementsIn(file: string, ledger: Ledger): AsyncGenerator<string> {
  const elements = new ArrayElements()
  for await (const piece of createReadStream(file, 'utf8') as AsyncIterable<string>) {
    yield* elements.take(piece)
  }
  yield* elements.rest()
  if (elements.isWhole) return
  const reason = 'the file is cut off: what is whole in it was taken'
  ledger.damaged({ kind: 'conversations', place: basename(file), reason }, true)
}

/** The file, or those of the folder; none where there is none. */
function filesAt(path: string): string[] {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  const names = readdirSync(path)
  const named = names.includes('conversations.json') ? ['conversations.json']
    : names.filter((name) => /^conversations-\d+\.json$/.test(name)).sort()
  return named.map((name) => join(path, name))
}

/** Refuses a file before anything is taken from those beside it. Throws InvalidInput. */
function checkFile(file: string): void {
  const bytes = Buffer.alloc(64 * 1024)
  const opened = openSync(file, 'r')
  try {
    const begin = bytes.subarray(0, readSync(opened, bytes)).toString('latin1')
    if (/^(PK\x03\x04|\x1f\x8b)/.test(begin)) {
      throw new InvalidInput(`${file} is a packed archive: unpack it, and name the folder`)
    }
    if (/^(\xef\xbb\xbf)?\s*\[/.test(begin)) return
    throw new InvalidInput(`${file} holds no array of conversations`)
  } finally {
    closeSync(opened)
  }
}

async function take(element: string, { place, ledger, writer, format, now }: {
  readonly place: string
  readonly ledger: Ledger
  readonly writer: ConversationWriter
  readonly format: ChatFormat
  readonly now: Instant
}): Promise<void> {
  let chat: ReadChat
  try {
    chat = format.read(exactJson(element), place, now)
  } catch (error) {
    if (!HoldfastError.isInstance(error)) throw error
    return ledger.damaged({ kind: 'conversations', place, reason: error.message })
  }
  const { messages, broken, leaf, ...rest } = chat
  ledger.found('messages', messages.length + broken.length)
  for (const each of broken) {
    ledger.damaged({ kind: 'messages', place: each, reason: 'is no message: it is no object' })
  }
  await writer.write({
    ...rest, userId: null, place, kind: 'conversations', messageKind: 'messages',
  }, (async function* () { yield* messages })(), leaf)
}

/** An object of JSON. Throws InvalidInput. */
export function objectIn({ value }: ExactJson): Record<string, unknown> {
  if (isObject(value)) return value
  throw new InvalidInput('a conversation must be an object')
}

/** Whether a title stands whole in the metadata alone. */
export const isLongTitle = (title: unknown): boolean =>
  typeof title === 'string' && title.length > titleLengthMax

/** A UUID for an id of an export: itself, or one made of it in the conversation. */
export const idIn = (conversationId: string, id: string): string =>
  (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
    ? id.toLowerCase() : namedId(conversationId, `chat message ${id}`))

/** Roles are lower-case words. */
export const roleIn = (role: unknown): string =>
  (typeof role === 'string' && /^[a-z][a-z0-9_-]{0,63}$/.test(role) ? role : 'system')
