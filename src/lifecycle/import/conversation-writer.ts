import { type Instant, nowOf } from '../../clock.js'
import {
  conversations, messageBranches, messages, type Metadata, type PlacedMessage, TransferTree,
} from '../../conversations/index.js'
import { type Stored } from '../../database/columns.js'
import { type Database } from '../../database/database.js'
import { Busy, UniqueViolation } from '../../database/failures.js'
import { type JsonValue } from '../../database/json.js'
import { encodeRow } from '../../database/table.js'
import { HoldfastError } from '../../errors.js'
import { type ExactJson } from './exact-json.js'
import { type AnyTables, type ImportParts } from './parts.js'
import { type Ledger } from './report.js'
import { type ImportRow, insertAll } from './rows.js'

/** A message of a source, in the order in which it was written. */
export interface SourceMessage {
  readonly id: string
  /** Null for a root; one that is unknown by then makes it follow the message before. */
  readonly parentId: string | null
  readonly kind: string
  readonly role: string
  readonly content: ExactJson
  readonly metadata: Metadata
  readonly author?: string | null
  readonly model?: string | null
  readonly tokensUsed?: number | null
  readonly createdAt: Instant
  /** What the report calls it. */
  readonly place: string
}

/** A conversation of a source. */
export interface SourceConversation {
  readonly id: string
  readonly userId: string | null
  readonly title: string | null
  readonly metadata: ExactJson
  readonly createdAt: Instant
  readonly updatedAt: Instant | null
  readonly archivedAt?: Instant | null
  /** What the report calls it. */
  readonly place: string
  /** How it is counted in the report, and its messages. */
  readonly kind: string
  readonly messageKind: string
  /** Rows that belong to it and are written with it. */
  readonly beside?: (database: Database<AnyTables>) => Promise<void>
}

/** What a conversation came to. */
export interface WrittenConversation {
  readonly isNew: boolean
  readonly messages: number
}

/** Characters of a title, and of the name of a model, at most. */
export const titleLengthMax = 1_000
const modelLengthMax = 200

/** Rows, and characters of them, of one transaction. */
const rowsMax = 200
const lengthMax = 4 * 1024 * 1024

interface Batch {
  readonly drafts: { readonly message: SourceMessage; readonly place: PlacedMessage }[]
  length: number
}

/** How far a conversation has come. */
interface Standing {
  count: number
  leafId: string | null
  /** The moment of the last message; null before there is one. */
  lastAt: Instant | null
  readonly tree: TransferTree
  /** Whether all that is there came from the source, so that rows may go behind it. */
  isOurs: boolean
  written: number
}

/**
 * Writes conversations with their trees, a batch of messages a transaction: one that was cut off
 * goes on where it ended, and messages that the source got since are added behind.
 */
export class ConversationWriter {
  readonly #parts: ImportParts
  readonly #ledger: Ledger

  constructor(parts: ImportParts, ledger: Ledger) {
    this.#parts = parts
    this.#ledger = ledger
  }

  /** `leafId` names the message that the next one is to follow; by default the last one. */
  async write(
    conversation: SourceConversation,
    source: AsyncIterable<SourceMessage>,
    leafId?: string,
  ): Promise<WrittenConversation> {
    const { isNew, count } = await this.#begin(conversation)
    this.#tellTitle(conversation)
    this.#ledger[isNew ? 'imported' : 'present'](conversation.kind)
    const standing: Standing = {
      count: 0, leafId: null, lastAt: null, tree: new TransferTree(), isOurs: true, written: 0,
    }
    let batch: Batch = { drafts: [], length: 0 }
    let last: string | null = null
    for await (const given of source) {
      if (standing.tree.has(given.id)) {
        this.#repeated(conversation, given)
        continue
      }
      const message = this.#placed(conversation, standing, { given, last })
      const place = standing.tree.place(message.id, message.parentId, false)
      last = message.id
      batch.drafts.push({ message, place })
      batch.length += message.content.stored.length
      if (batch.drafts.length < rowsMax && batch.length < lengthMax) continue
      await this.#flush(conversation, standing, { batch, before: count })
      batch = { drafts: [], length: 0 }
    }
    if (batch.drafts.length > 0) {
      await this.#flush(conversation, standing, { batch, before: count })
    }
    await this.#follow(conversation, standing, leafId)
    return { isNew, messages: standing.count }
  }

  #tellTitle({ kind, place, title }: SourceConversation): void {
    const length = title?.length ?? 0
    if (length <= titleLengthMax) return
    const reason = `the title has ${length} characters: the first ${titleLengthMax} were taken`
    this.#ledger.damaged({ kind, place, reason }, true)
  }

  #repeated({ messageKind: kind }: SourceConversation, { place }: SourceMessage): void {
    this.#ledger.damaged({ kind, place, reason: 'has the id of one before it' })
  }

  #placed(
    { messageKind: kind }: SourceConversation,
    { tree }: Standing,
    { given, last }: { readonly given: SourceMessage; readonly last: string | null },
  ): SourceMessage {
    const { parentId, place } = given
    if (parentId === null || tree.has(parentId)) return given
    const reason = 'follows one that is not there: it was put behind the one before it'
    this.#ledger.damaged({ kind, place, reason }, true)
    return { ...given, parentId: last }
  }

  /** Makes the conversation unless it is there; how many messages it has. */
  async #begin(conversation: SourceConversation): Promise<{ isNew: boolean; count: number }> {
    const { database, organizationId } = this.#parts
    const find = async () => database.first(database.write.selectFrom('conversations')
      .select('message_count')
      .where('organization_id', '=', organizationId).where('id', '=', conversation.id))
    const found = await find()
    if (found !== undefined) return { isNew: false, count: Number(found.message_count) }
    if (this.#ledger.isDry) return { isNew: true, count: 0 }
    const { id, userId, title, createdAt, updatedAt, archivedAt = null } = conversation
    const row = {
      ...encodeRow(conversations, {
        organizationId, id, userId, title: title?.slice(0, titleLengthMax) ?? null, metadata: {},
        messageCount: 0, revision: 1, createdAt, updatedAt: updatedAt ?? createdAt, archivedAt,
        branchCount: 1, activeLeafId: null, previousLeafId: null, activeBranch: 0, activeDepth: 0,
        forkedFromConversationId: null, forkedFromMessageId: null, changeCount: 0,
        updatedChange: null, updatedAfter: null, switchedChange: null, switchedAfter: null,
        switchedLeafId: null, activeStream: null,
      }),
      metadata: conversation.metadata.stored,
    }
    try {
      await database.transaction(async (transaction) => {
        await insertAll(transaction, conversations as never, [{ row, place: conversation.place }])
        await conversation.beside?.(transaction)
      })
    } catch (error) {
      if (error instanceof UniqueViolation && await find() !== undefined) throw anotherImport()
      throw error
    }
    return { isNew: true, count: 0 }
  }

  async #flush(
    conversation: SourceConversation,
    standing: Standing,
    { batch, before }: { readonly batch: Batch; readonly before: number },
  ): Promise<void> {
    const { messageKind: kind, id } = conversation
    const ids = batch.drafts.map(({ message }) => message.id)
    const known = before === 0 ? new Map<string, number>()
      : await this.#parts.stores().messages.positions(id, ids)
    this.#ledger.present(kind, known.size)
    const fresh: Batch['drafts'] = []
    for (const draft of batch.drafts) {
      standing.count += 1
      standing.leafId = draft.message.id
      standing.lastAt = draft.message.createdAt
      const position = known.get(draft.message.id)
      // Behind what somebody said here, positions and places are not those of the source.
      if (position === undefined) fresh.push(draft)
      else if (position !== standing.count) standing.isOurs = false
    }
    this.#ledger.imported(kind, fresh.length)
    if (fresh.length === 0 || this.#ledger.isDry) return
    standing.written += fresh.length
    const from = standing.count - fresh.length
    const isEnd = batch.drafts.indexOf(fresh[0]!) === batch.drafts.length - fresh.length
    const isBehind = standing.isOurs && isEnd
    if (isBehind && await this.#insert(conversation, standing, { fresh, from })) return
    if (isBehind) await this.#refuseAnother(id, fresh)
    standing.isOurs = false
    await this.#append(conversation, fresh)
  }

  /** Appending beside an import that writes the same would take its order and its moments. */
  async #refuseAnother(id: string, fresh: Batch['drafts']): Promise<void> {
    const ids = fresh.map(({ message }) => message.id)
    const theirs = await this.#parts.stores().messages.positions(id, ids)
    if (theirs.size > 0) throw anotherImport()
  }

  /** False when somebody appended meanwhile: nothing was written. */
  async #insert(
    { id, createdAt }: SourceConversation,
    { tree, leafId }: Standing,
    { fresh, from }: { readonly fresh: Batch['drafts']; readonly from: number },
  ): Promise<boolean> {
    const { database, organizationId } = this.#parts
    const { columns } = conversations
    const place = tree.follow(leafId)!
    const opened = fresh.flatMap(({ place: { opened: each } }) => (each ? [each] : []))
    const branchCount = tree.branchCount
    return database.transaction(async (transaction) => {
      const changed = await transaction.run(transaction.write.updateTable('conversations').set({
        message_count: columns.messageCount.encode(from + fresh.length),
        branch_count: columns.branchCount.encode(branchCount),
        active_leaf_id: columns.activeLeafId.encode(leafId),
        active_branch: columns.activeBranch.encode(place.branch),
        active_depth: columns.activeDepth.encode(place.depth),
        updated_at: columns.updatedAt.encode(fresh.at(-1)?.message.createdAt ?? createdAt),
      }).where('organization_id', '=', organizationId).where('id', '=', id)
        .where('message_count', '=', from)
        .where('branch_count', '=', branchCount - opened.length))
      if (changed === 0) return false
      const row = (each: object): ImportRow => ({ row: each as ImportRow['row'], place: id })
      await insertAll(transaction, messageBranches as never, opened.map((branch) =>
        row(branchRow(branch, { organizationId, conversationId: id }))))
      await insertAll(transaction, messages as never, fresh.map((draft, index) =>
        row(messageRow(draft.message, {
          organizationId, conversationId: id, branch: draft.place.branch,
          depth: draft.place.depth, position: from + index + 1,
        }))))
      return true
    })
  }

  /** As anybody appends: the conversation has gone its own way since. */
  async #append({ id, messageKind: kind }: SourceConversation, fresh: Batch['drafts']) {
    const { messages: store } = this.#parts.stores()
    for (const { message } of fresh) {
      try {
        await store.append(id, {
          id: message.id, role: message.role, kind: message.kind, content: message.content.value,
          metadata: { ...message.metadata, created_at: message.createdAt },
          author: message.author ?? null, parentMessageId: message.parentId,
          model: message.model?.slice(0, modelLengthMax) ?? null,
          tokensUsed: message.tokensUsed ?? null,
        })
      } catch (error) {
        if (!HoldfastError.isInstance(error) || error.retryable) throw error
        this.#ledger.damaged({ kind, place: message.place, reason: error.message })
      }
    }
  }

  /** Sets where the next message goes, and the moment of the last change. */
  async #follow(
    { id, updatedAt }: SourceConversation,
    standing: Standing,
    wanted: string | undefined,
  ): Promise<void> {
    const { tree, isOurs, written, leafId } = standing
    if (!isOurs || this.#ledger.isDry) return
    const { database, organizationId } = this.#parts
    const { columns } = conversations
    const leaf = wanted !== undefined && tree.has(wanted) ? wanted : leafId
    const end = await this.#endOf(id, standing)
    // A run that was killed before this left the moment of the last message.
    const isCutOff = end !== undefined && end === standing.lastAt && end !== updatedAt
    if (end === undefined || (written === 0 && leaf === leafId && !isCutOff)) return
    const place = tree.follow(leaf)!
    const opened = place.opened
    await database.transaction(async (transaction) => {
      if (opened !== undefined) {
        const row = branchRow(opened, { organizationId, conversationId: id })
        await insertAll(transaction, messageBranches as never, [{ row: row as never, place: id }])
      }
      await transaction.run(transaction.write.updateTable('conversations').set({
        active_leaf_id: columns.activeLeafId.encode(leaf),
        active_branch: columns.activeBranch.encode(place.branch),
        active_depth: columns.activeDepth.encode(place.depth),
        branch_count: columns.branchCount.encode(tree.branchCount),
        ...(updatedAt === null ? {} : { updated_at: columns.updatedAt.encode(updatedAt) }),
      }).where('organization_id', '=', organizationId).where('id', '=', id))
    })
  }

  /** When it was changed last; undefined when its end is not the one that was written here. */
  async #endOf(id: string, { count, leafId }: Standing): Promise<Instant | undefined> {
    const { database, organizationId } = this.#parts
    const row = await database.first(database.write.selectFrom('conversations')
      .select(['message_count', 'active_leaf_id', 'updated_at'])
      .where('organization_id', '=', organizationId).where('id', '=', id))
    const isAtEnd = Number(row?.message_count) === count && row?.active_leaf_id === leafId
    return isAtEnd ? conversations.columns.updatedAt.decode(row.updated_at as never) : undefined
  }
}

const anotherImport = () => new Busy(
  'Another import writes the same conversation; repeat this one when that has ended.')

/** Now, for what has no moment of its own. */
export const presentMoment = ({ clock }: ImportParts): Instant => nowOf(clock)

interface Owner {
  readonly organizationId: string
  readonly conversationId: string
}

function branchRow(
  { branch, parentBranch, parentDepth }: NonNullable<PlacedMessage['opened']>, owner: Owner,
) {
  return encodeRow(messageBranches, {
    ...owner, branch, parentConversationId: owner.conversationId, parentBranch, parentDepth,
  })
}

function messageRow(
  message: SourceMessage,
  place: Owner & { readonly branch: number; readonly depth: number; readonly position: number },
) {
  const { id, parentId, kind, role, metadata, createdAt } = message
  const { author = null, model = null, tokensUsed = null, content } = message
  const row = encodeRow(messages, {
    ...place, id, parentMessageId: parentId, kind, role, content: null as JsonValue, metadata,
    author: author?.slice(0, 1_000) ?? null, model: model?.slice(0, modelLengthMax) ?? null,
    tokensUsed,
    costUsd: null, revision: 1, createdAt, deletedAt: null, change: null, changedAfter: null,
  })
  // With every number as the source spells it.
  return { ...row, content: content.stored as Stored<'json'> }
}
