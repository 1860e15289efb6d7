import { createHash } from 'node:crypto'
import { Recorder } from '../audit/index.js'
import { type Database } from '../database/database.js'
import { UniqueViolation } from '../database/failures.js'
import { encodeRow } from '../database/table.js'
import { IdempotencyStore } from '../idempotency/index.js'
import { type Scope } from '../scope.js'
import { ConversationExists } from './errors.js'
import { type ImportRoom } from './import-turns.js'
import { type MessageLog } from './message-log.js'
import { checkKey, checkSource } from './rules.js'
import { Spool, spoolMemoryMax } from './spool.js'
import { unchanged } from './changes.js'
import { conversations, type ConversationTables, messageBranches } from './tables.js'
import { type FileMessage, type FileSummary, TransferFile } from './transfer-file.js'
import { fileFault, messageRow } from './transfer-format.js'
import { linesOf } from './transfer-lines.js'

/** What an import reads: pieces of a file, of any length. */
export type ImportSource = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>

/** Bytes of an imported file at most, unless more are asked for. */
export const importBytesMax = 256 * 1024 * 1024

/** Options of `import`. */
export interface ImportOptions {
  /** Give the conversation a new id instead of that in the file. @default false */
  readonly newId?: boolean | undefined
  /** Bytes of the file at most; `Infinity` for a file of one's own. @default 256 MiB */
  readonly bytesMax?: number | undefined
  /** Bytes of one line at most. @default 100 MiB, which every message fits in */
  readonly lineBytesMax?: number | undefined
  /** 1 to 255 characters; the same key with the same file imports once. */
  readonly idempotencyKey?: string | undefined
}

/** What an import made. */
export interface ImportedConversation {
  readonly id: string
  /** The id in the file: the same, unless a new one was asked for. */
  readonly sourceId: string
  readonly messages: number
  /** How many of them were erased before the export. */
  readonly erased: number
}

/** Where an import writes. */
export interface ImportPlace {
  readonly database: Database<ConversationTables>
  /** Whether it is a transaction. */
  readonly inTransaction: boolean
  /** Told once it is committed. */
  readonly onImported?: ((id: string) => Promise<void>) | undefined
}

interface Whole {
  readonly spool: Spool
  readonly summary: FileSummary
  readonly digest: string
}

/** Rows of one statement at most. */
const rowsMax = 64

/** Characters of one statement's rows at most, but for a single longer one. */
const lengthMax = 4 * 1024 * 1024

/**
 * Makes a conversation of a file. The whole file is read and checked first, so that no transaction
 * waits for a slow sender; then one transaction writes all of it.
 */
export class ConversationImport {
  readonly #log: MessageLog
  readonly #database: Database<ConversationTables>
  readonly #place: ImportPlace
  readonly #scope: Scope

  constructor(log: MessageLog, scope: Scope, place: ImportPlace) {
    this.#log = log
    this.#database = place.database
    this.#place = place
    this.#scope = scope
  }

  /** Throws InvalidConversationFile, ConversationExists, IdempotencyKeyReused. */
  async run(source: ImportSource, options: ImportOptions): Promise<ImportedConversation> {
    checkKey(options.idempotencyKey)
    checkSource(source)
    const spool = new Spool()
    const room = this.#log.imports.room()
    try {
      const whole = await readWhole(source, options, { spool, room })
      const write = () => this.#database.transaction((transaction) =>
        this.#once(transaction, whole, options), { repeatable: true })
      // A transaction that is open already must not wait for one that may wait for it.
      const { inTransaction } = this.#place
      const imported = inTransaction ? await write() : await this.#log.imports.take(write)
      this.#notice(imported.id)
      await this.#tellImported(imported.id)
      return imported
    } finally {
      room.leave()
      await spool.close()
    }
  }

  /** Its words are taken in the background. */
  #notice(id: string): void {
    const { organizationId: organization, id: conversation } = conversations.columns
    const key = {
      organizationId: organization.encode(this.#scope.organizationId),
      conversationId: conversation.encode(id),
    }
    this.#database.afterCommit(() => this.#log.indexing.remember([key]))
  }

  async #tellImported(id: string): Promise<void> {
    const { inTransaction, onImported } = this.#place
    if (!inTransaction) return onImported?.(id)
    this.#database.afterCommit(() => void onImported?.(id).catch(() => undefined))
  }

  async #once(
    database: Database<ConversationTables>,
    whole: Whole,
    { idempotencyKey: key, newId = false }: ImportOptions,
  ): Promise<ImportedConversation> {
    if (key === undefined) return this.#write(database, whole, newId)
    const store = new IdempotencyStore(database.as(), this.#log)
    const { organizationId, actor } = this.#scope
    const parts = ['conversations.import', whole.digest, newId]
    const fingerprint = createHash('sha256').update(JSON.stringify(parts)).digest('hex')
    const call = { organizationId, actorId: actor.id, key, fingerprint }
    const earlier = await store.claim(call)
    if (earlier !== undefined) return earlier.result as unknown as ImportedConversation
    const imported = await this.#write(database, whole, newId)
    await store.settle(call, { ...imported })
    return imported
  }

  async #write(
    database: Database<ConversationTables>,
    { spool, summary }: Whole,
    newId: boolean,
  ): Promise<ImportedConversation> {
    const sourceId = summary.conversation.id
    const id = newId ? this.#log.ids.next() : sourceId
    await this.#begin(database, id, summary)
    const rows = new RowWriter(this.#log, database)
    const place = { organizationId: this.#scope.organizationId, conversationId: id }
    const file = new TransferFile()
    for await (const line of linesOf(spool.read())) {
      const found = file.take(line)
      if (found !== undefined) await rows.add(found, place)
    }
    const { opened } = file.end().active
    await rows.end(opened, place)
    return { id, sourceId, messages: summary.messages, erased: summary.erased }
  }

  async #begin(
    database: Database<ConversationTables>,
    id: string,
    { conversation, ...summary }: FileSummary,
  ): Promise<void> {
    const { organizationId, actor } = this.#scope
    const row = encodeRow(conversations, {
      ...conversation,
      ...unchanged,
      organizationId,
      id,
      userId: actor.userId ?? null,
      messageCount: summary.messages,
      branchCount: summary.branchCount,
      activeLeafId: summary.activeLeafId,
      previousLeafId: null,
      activeBranch: summary.active.branch,
      activeDepth: summary.active.depth,
      forkedFromConversationId: null,
      forkedFromMessageId: null,
      activeStream: null,
    })
    const record = {
      action: 'conversation.imported', resourceKind: 'conversation', resourceId: id,
      details: { messages: summary.messages, source_id: conversation.id },
    }
    try {
      const recorder = new Recorder(this.#scope, this.#log)
      await recorder.insert(database, { table: conversations, row }, record)
    } catch (cause) {
      if (!(cause instanceof UniqueViolation)) throw cause
      const message = `There is a conversation ${id} here already; import under a new id.`
      throw new ConversationExists(message, { cause })
    }
  }
}

interface Keeping {
  readonly spool: Spool
  readonly room: ImportRoom
}

/** Keeps all of a source and checks it on the way. */
async function readWhole(
  source: ImportSource,
  { bytesMax = importBytesMax, lineBytesMax }: ImportOptions,
  { spool, room }: Keeping,
): Promise<Whole> {
  const hash = createHash('sha256')
  const kept = async function* () {
    for await (const piece of source) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
      if (spool.length + bytes.length > bytesMax) throw tooLong(bytesMax)
      if (spool.length + bytes.length > spoolMemoryMax) room.enter()
      hash.update(bytes)
      await spool.write(bytes)
      yield bytes
    }
  }
  const file = new TransferFile()
  for await (const line of linesOf(kept(), lineBytesMax)) file.take(line)
  return { spool, summary: file.end(), digest: hash.digest('hex') }
}

const tooLong = (bytesMax: number) =>
  fileFault(1, `the file is longer than ${bytesMax} bytes`)

interface Owner {
  readonly organizationId: string
  readonly conversationId: string
}

/** Writes rows many at a time. */
class RowWriter {
  readonly #log: MessageLog
  readonly #database: Database<ConversationTables>
  #messages: ReturnType<typeof messageRow>[] = []
  #branches: ReturnType<typeof branchRow>[] = []
  #length = 0

  constructor(log: MessageLog, database: Database<ConversationTables>) {
    this.#log = log
    this.#database = database
  }

  async add({ message, place }: FileMessage, owner: Owner): Promise<void> {
    const { branch, depth, opened } = place
    const row = messageRow(message, { ...owner, branch, depth })
    const length = row.content.length + row.metadata.length
    if (this.#length + length > lengthMax) await this.#flush()
    this.#messages.push(row)
    if (opened !== undefined) this.#branches.push(branchRow(opened, owner))
    this.#length += length
    if (this.#messages.length >= rowsMax) await this.#flush()
  }

  async end(opened: FileMessage['place']['opened'], owner: Owner): Promise<void> {
    if (opened !== undefined) this.#branches.push(branchRow(opened, owner))
    await this.#flush()
  }

  async #flush(): Promise<void> {
    const { messages, branches } = this.#log.transfer
    const statements = [
      ...this.#branches.length > 0 ? [branches(this.#branches)] : [],
      ...this.#messages.length > 0 ? [messages(this.#messages)] : [],
    ]
    this.#messages = []
    this.#branches = []
    this.#length = 0
    if (statements.length > 0) await this.#database.atomic(statements)
  }
}

const branchRow = (
  opened: NonNullable<FileMessage['place']['opened']>,
  { organizationId, conversationId }: Owner,
) => encodeRow(messageBranches, {
  ...opened, organizationId, conversationId, parentConversationId: conversationId,
})
