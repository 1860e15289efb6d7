import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Instant } from '../../../clock.js'
import { encodeRow } from '../../../database/table.js'
import { InvalidInput } from '../../../errors.js'
import { uuidOf } from '../../../named-ids.js'
import { ConversationWriter, presentMoment, type SourceMessage } from '../conversation-writer.js'
import { exactJson, membersOf, objectOf } from '../exact-json.js'
import { isObject } from '../json-object.js'
import { momentIn } from '../moments.js'
import { insertAll } from '../rows.js'
import { OrcheoReading, type OrcheoWork, type SourceRow } from './reading.js'

/** Who speaks in items of a type; all others are the assistant's. */
const roleOf: Readonly<Record<string, string>> = {
  user_message: 'user', hidden_context_item: 'system', sdk_hidden_context: 'system',
}
const kindPattern = /^[a-z][a-z0-9_-]{0,63}$/

/** An item, and the thread it is of. */
interface ThreadItem {
  readonly threadId: string
  readonly ordinal: number
  readonly message: Omit<SourceMessage, 'parentId'>
}

/** Imports the threads of ChatKit, with items and attachments. */
export class OrcheoChatKit {
  readonly #work: OrcheoWork
  readonly #reading: OrcheoReading
  readonly #writer: ConversationWriter
  readonly #threads = new Map<string, SourceRow>()
  /** Items of rows that do not name their thread: those of threads stand among each other. */
  readonly #loose = new Map<string, ThreadItem[]>()
  readonly #path: string

  constructor(work: OrcheoWork, path: string) {
    this.#work = work
    this.#reading = new OrcheoReading(work)
    this.#writer = new ConversationWriter(work.parts, work.ledger)
    this.#path = path
  }

  async run(): Promise<void> {
    await this.#reading.each('chat_threads', async (row) => {
      this.#checkThread(row)
      this.#threads.set(row.needed('id'), row)
    })
    let items: ThreadItem[] = []
    const written = new Set<string>()
    const flush = async () => {
      const [first] = items
      if (first === undefined) return
      written.add(first.threadId)
      const loose = this.#loose.get(first.threadId) ?? []
      await this.#thread(first.threadId, inOrder([...loose, ...items]))
      items = []
    }
    await this.#reading.each('chat_messages', async (row) => {
      const item = this.#item(row)
      if (row.text('thread_id') === null) {
        const loose = this.#loose.get(item.threadId) ?? []
        loose.push(item)
        this.#loose.set(item.threadId, loose)
        return
      }
      if (items.length > 0 && items[0]!.threadId !== item.threadId) await flush()
      items.push(item)
    })
    await flush()
    for (const id of this.#threads.keys()) {
      if (!written.has(id)) await this.#thread(id, this.#loose.get(id) ?? [])
    }
    await this.#reading.each('chat_attachments', (row) => this.#attachment(row))
  }

  #checkThread(row: SourceRow): void {
    this.#work.parts.conversationIdOf(row.needed('id'), 'id')
    for (const column of ['title', 'workflow_id', 'created_at']) row.text(column)
    for (const column of ['status_json', 'metadata_json']) {
      const json = row.json(column)
      if (!isObject(json?.value)) throw new InvalidInput(`${column} is no object`)
      this.#reading.losses('chat_threads', row, { [column]: json })
    }
    this.#reading.neededMoment(row, 'created_at')
    this.#reading.moment(row, 'updated_at')
  }

  #item(row: SourceRow): ThreadItem {
    const item = row.json('item_json')
    if (item === undefined || !isObject(item.value)) {
      throw new InvalidInput('item_json is no object')
    }
    const said = item.value
    const threadId = row.text('thread_id') ?? threadIn(said)
    if (threadId === undefined || !this.#threads.has(threadId)) {
      throw new InvalidInput('thread_id names no thread that was imported')
    }
    const type = typeof said.type === 'string' ? said.type : row.text('item_type') ?? 'item'
    const itemId = typeof said.id === 'string' && said.id !== '' ? said.id : row.needed('id')
    this.#reading.losses('chat_messages', row, { item_json: item })
    const created = row.text('created_at') ?? said.created_at
    const conversationId = this.#work.parts.conversationIdOf(threadId, 'thread_id')
    return {
      threadId, ordinal: row.integer('ordinal') ?? 0,
      message: {
        // As the adapter makes them.
        id: uuidOf(conversationId, itemId, 'id'),
        place: row.place, content: item, metadata: { chatkit: { id: itemId } },
        role: roleOf[type] ?? 'assistant', kind: kindPattern.test(type) ? type : 'item',
        createdAt: this.#reading.momentOf(String(created), 'created_at'),
      },
    }
  }

  async #thread(threadId: string, items: readonly ThreadItem[]): Promise<void> {
    const { parts } = this.#work
    const row = this.#threads.get(threadId)!
    const id = parts.conversationIdOf(threadId, 'thread_id')
    const createdAt = this.#reading.neededMoment(row, 'created_at')
    const updatedAt = this.#reading.moment(row, 'updated_at') ?? createdAt
    const workflow = row.text('workflow_id')
    const metadata = exactJson(objectOf([
      ['chatkit', row.text('metadata_json')!],
      ...(workflow === null ? [] : [['orcheo', JSON.stringify({ workflow_id: workflow })]]),
    ] as [string, string][]))
    await this.#writer.write({
      id, userId: null, title: row.text('title'), metadata, createdAt, updatedAt,
      place: row.place, kind: 'chat_threads', messageKind: 'chat_messages',
      beside: async (database) => {
        const table = parts.tables.find(({ name }) => name === 'chatkit_threads')!
        const stored = encodeRow(table, {
          organizationId: parts.organizationId, conversationId: id, threadId, createdAt, updatedAt,
          thread: {},
        }) as Record<string, unknown>
        const thread = this.#threadJson(row)
        await insertAll(database, table, [{ row: { ...stored, thread }, place: row.place }])
      },
    }, messagesOf(items))
  }

  /** The thread as ChatKit's own classes write it. */
  #threadJson(row: SourceRow): string {
    return exactJson(objectOf([
      ['id', JSON.stringify(row.text('id'))], ['title', JSON.stringify(row.text('title'))],
      ['created_at', JSON.stringify(row.text('created_at'))],
      ['status', row.text('status_json')!], ['metadata', row.text('metadata_json')!],
    ])).stored
  }

  async #attachment(row: SourceRow): Promise<void> {
    const { parts, keeping, ledger } = this.#work
    const details = row.json('details_json')
    if (details === undefined || !isObject(details.value)) {
      throw new InvalidInput('details_json is no object')
    }
    const attachmentId = row.needed('id')
    const members = membersOf(details.stored)
    if (!members.has('id')) throw new InvalidInput('details_json has no id')
    const threadId = row.text('thread_id')
    const isThere = threadId !== null && this.#threads.has(threadId)
    if (threadId !== null && !isThere) {
      const reason = 'thread_id names no thread that was imported: it stands alone'
      ledger.damaged({ kind: 'chat_attachments', place: row.place, reason }, true)
    }
    const conversationId = isThere ? parts.conversationIdOf(threadId, 'thread_id') : null
    const table = parts.tables.find(({ name }) => name === 'chatkit_attachments')!
    const stored = encodeRow(table, {
      organizationId: parts.organizationId, attachmentId, conversationId,
      updatedAt: this.#createdAt(row), attachment: {},
    }) as Record<string, unknown>
    await this.#reading.rows.add('chat_attachments', table, {
      rows: [{ row: { ...stored, attachment: details.stored }, place: row.place }],
    })
    const columns = ['thread_id', 'attachment_type', 'name', 'mime_type', 'storage_path']
    const cells = exactJson(JSON.stringify(Object.fromEntries(
      columns.map((column) => [column, row.text(column)]))))
    await keeping.values('chat_attachments', [{ key: attachmentId, value: cells }])
    ledger.unmapped('chat_attachments', 'storage_path', keeping.nameOf('chat_attachments'))
    await this.#bytes(row, conversationId)
  }

  #createdAt(row: SourceRow): Instant {
    return momentIn(row.text('created_at'))?.instant ?? presentMoment(this.#work.parts)
  }

  /** Bytes are looked for beside the files alone: the path in the row is of another machine. */
  async #bytes(row: SourceRow, conversationId: string | null): Promise<void> {
    const path = row.text('storage_path')
    if (path === null || path === '') return
    const folder = existsSync(this.#path) && statSync(this.#path).isFile()
      ? dirname(this.#path) : this.#path
    const name = basename(path)
    const file = [join(folder, 'chatkit', name), join(folder, name)]
      .find((each) => existsSync(each) && statSync(each).isFile())
    const { keeping, ledger } = this.#work
    const kind = 'chat_attachment_files'
    ledger.found(kind)
    if (file === undefined) {
      return ledger.skipped({ kind, place: name, reason: 'the file is not beside the database' })
    }
    const bytes = readFileSync(file)
    const { kept, isNew, isKept } = await keeping.bytes({ place: name, bytes, conversationId })
    if (isKept) ledger[isNew ? 'imported' : 'present'](kind)
    else ledger.damaged({ kind, place: name, reason: `is ${kept}` })
  }
}

/** Items of a thread in the order of Orcheo; those of one ordinal stand in that of their ids. */
const inOrder = (items: readonly ThreadItem[]): ThreadItem[] =>
  [...items].sort((one, other) => one.ordinal - other.ordinal)

/** Items in their order, each behind the one before. */
async function* messagesOf(items: readonly ThreadItem[]) {
  let parentId: string | null = null
  for (const { message } of items) {
    yield { ...message, parentId }
    parentId = message.id
  }
}

/** Rows of long ago name their thread in the item alone. */
function threadIn(item: Record<string, unknown>): string | undefined {
  const { thread_id: one, threadId: other, metadata } = item
  const inner = isObject(metadata) ? metadata.thread_id : undefined
  return [one, other, inner].find((each): each is string => typeof each === 'string')
}
