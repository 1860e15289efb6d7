import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { cursorOf, keyOf, type Page, type PageRequest } from '../database/page.js'
import { type Anchor, messageOf } from './drafts.js'
import { countedSwitch } from './changes.js'
import { ConversationNotFound, MessageNotFound, ParentMessageNotFound } from './errors.js'
import { type MessageLog, pageLengthMax } from './message-log.js'
import { checkLimit, checkOrder } from './rules.js'
import { type ConversationTables, type Message, messages as table } from './tables.js'
import {
  type ActiveRow, beneath, integer, placeOfCursor, rootBranch, rowOf, type Start,
  type StoredMessage, type Target, targetOf,
} from './tree-place.js'
import { PathReader } from './tree-reader.js'
import { sharedAmong, type TreePlace } from './tree-statements.js'

/** Which path of a conversation, and which page of it. */
export interface PathListing extends PageRequest {
  /** The message at its end; left out, the active leaf. */
  readonly leaf?: string
  /** `desc` from the leaf toward the root, `asc` from the root. @default 'desc' */
  readonly order?: 'asc' | 'desc'
  /** Begin behind this message of the path, erased or not, instead of at the end. */
  readonly after?: string
}

const { columns } = table

/** The tree that the messages of a conversation make: its paths, its branches, its active leaf. */
export class MessageTree {
  readonly #log: MessageLog
  readonly #database: Database<ConversationTables>
  readonly #organizationId: Stored<'id'>
  readonly #reader: PathReader

  constructor(
    log: MessageLog,
    organizationId: Stored<'id'>,
    database: Database<ConversationTables>,
  ) {
    this.#log = log
    this.#organizationId = organizationId
    this.#database = database
    this.#reader = new PathReader(log, organizationId, database)
  }

  /** One page of a path. Throws ConversationNotFound, MessageNotFound. */
  async path(conversation: Stored<'id'>, listing: PathListing): Promise<Page<Message>> {
    const limit = checkLimit(listing)
    const order = checkOrder(listing.order, 'desc')
    const list = ['path', this.#organizationId, conversation, listing.leaf ?? null, order]
    const start = listing.cursor === undefined
      ? await this.#start(conversation, { ...listing, order })
      : placeOfCursor(keyOf(list, listing.cursor))
    const { rows, next } = order === 'desc'
      ? await this.#reader.up(start, limit)
      : await this.#reader.down(start, limit)
    const nextCursor = next === undefined
      ? null
      : cursorOf(list, [next.conversation_id, next.branch, next.depth, next.above])
    return { data: rows.map(messageOf), nextCursor }
  }

  /** One page of the living children of a message, or of the roots, in order of arrival. */
  async children(
    conversation: Stored<'id'>,
    parentId: string | null,
    request: PageRequest,
  ): Promise<Page<Message>> {
    const limit = checkLimit(request)
    const list = ['children', this.#organizationId, conversation, parentId]
    const place = parentId === null
      ? await this.#root(conversation)
      : await this.#placeOf(conversation, parentId)
    const after = request.cursor === undefined ? -1 : Number(keyOf(list, request.cursor)[0])
    const rows: StoredMessage[] = []
    const own = parentId === null ? 0 : place.branch
    if (after < own && place.conversation_id === conversation) {
      const next = { ...place, branch: integer(own), depth: integer(place.depth + 1) }
      rows.push(...await this.#at(next, true))
    }
    const statement = this.#log.tree.leaving({
      ...place, organization_id: this.#organizationId, of_conversation: conversation,
      after: integer(after), rows_max: integer(limit + 1),
    })
    rows.push(...(await this.#database.execute(statement)).rows)
    const { fitting, more } = await this.#log.long.fitting(this.#database, rows, {
      limit, lengthMax: pageLengthMax,
    })
    const nextCursor = more ? cursorOf(list, [Number(fitting.at(-1)!.branch)]) : null
    return { data: fitting.map(messageOf), nextCursor }
  }

  /** A living message of the conversation or of the history it shares. */
  async find(
    conversation: Stored<'id'>,
    messageId: string,
    field = 'message_id',
  ): Promise<StoredMessage | undefined> {
    const found = await this.#stored(conversation, messageId, field)
    return found === undefined || found.deleted_at !== null ? undefined : found
  }

  async #stored(
    conversation: Stored<'id'>,
    messageId: string,
    field = 'message_id',
  ): Promise<StoredMessage | undefined> {
    const id = columns.id.encode(messageId, field)
    const own = this.#database.write
      .selectFrom('messages')
      .selectAll()
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', conversation)
      .where('id', '=', id)
    return await this.#database.first(own) ?? (await this.#database.execute(
      this.#log.tree.shared({
        organization_id: this.#organizationId, conversation_id: conversation, id,
      }))).rows[0]
  }

  async #start(
    conversation: Stored<'id'>,
    { leaf, after, order }: PathListing,
  ): Promise<Start> {
    if (after === undefined) return { ...await this.#leaf(conversation, leaf), above: 0 }
    const stored = await this.#stored(conversation, after)
    if (stored === undefined) {
      throw new MessageNotFound('There is no such message in this conversation.', {
        field: 'after',
      })
    }
    if (order === 'desc') return beneath(stored, -1)
    return { ...await this.#leaf(conversation, leaf), above: Number(stored.depth) }
  }

  /** Whether a message of the history that a fork shares has one of these ids. */
  async shares(conversation: Stored<'id'>, ids: readonly Stored<'id'>[]): Promise<boolean> {
    const statement = sharedAmong({
      organization_id: this.#organizationId, conversation_id: conversation, ids,
    })
    const compiled = { compile: () => statement.compile(this.#database.write) }
    return (await this.#database.first(compiled)) !== undefined
  }

  /**
   * Makes the next message follow the anchor. Within a transaction: the conversation's row stays
   * locked. Throws ConversationNotFound, ParentMessageNotFound.
   */
  async moveTo(conversation: Stored<'id'>, anchor: Anchor, field: string): Promise<void> {
    const row = await this.#lock(conversation)
    const target = await this.#target(conversation, anchor, field)
    if (target.id !== row.active_leaf_id) await this.#activate(conversation, target, { row })
  }

  /** As `moveTo`, to a message itself; `newest` goes on to the newest message beneath it. */
  async switchTo(
    conversation: Stored<'id'>,
    messageId: string | null,
    newest: boolean,
  ): Promise<void> {
    const row = await this.#lock(conversation)
    const named = messageId === null
      ? await this.#root(conversation)
      : targetOf(await this.#living(conversation, messageId))
    const target = newest ? await this.#newestBeneath(conversation, named) : named
    if (target.id === row.active_leaf_id) return
    await this.#activate(conversation, target, { row, isSwitch: true })
  }

  /**
   * Where an erased message was the active leaf, its nearest living ancestor takes its place: in
   * its conversation, and in the forks that share it.
   */
  async retreat(erased: StoredMessage): Promise<void> {
    const { id, ...place } = targetOf(erased)
    const sharing = this.#database.write
      .selectFrom('message_branches')
      .select('conversation_id')
      .distinct()
      .where('organization_id', '=', this.#organizationId)
      .where('parent_conversation_id', '=', place.conversation_id)
      .where('parent_branch', '=', place.branch)
      .where('parent_depth', '=', place.depth)
    const found = (await this.#database.all(sharing)).map((row) => row.conversation_id)
    // In one order everywhere, so that two erasures cannot wait for each other.
    const all = [...new Set([place.conversation_id, ...found])].sort()
    for (const conversation of all) await this.#retreatIn(conversation, id!)
  }

  async #retreatIn(conversation: Stored<'id'>, erased: Stored<'id'>): Promise<void> {
    // A fork may have been deleted since it was found.
    const row = await this.#lockIfThere(conversation)
    if (row?.active_leaf_id !== erased) return
    const { rows: [ancestor] } = await this.#reader.up({
      conversation_id: conversation, branch: row.active_branch, depth: row.active_depth, above: 0,
    }, 1)
    const target = ancestor === undefined ? await this.#root(conversation) : targetOf(ancestor)
    await this.#activate(conversation, target, { row, isSwitch: true })
    const key = { organizationId: this.#organizationId, conversationId: conversation }
    this.#database.afterCommit(() => this.#log.tell(key))
  }

  /** Where a living message stands. */
  async #placeOf(conversation: Stored<'id'>, messageId: string): Promise<Target> {
    return targetOf(await this.#living(conversation, messageId))
  }

  /** A living message; throws ConversationNotFound or MessageNotFound. */
  async #living(conversation: Stored<'id'>, messageId: string): Promise<StoredMessage> {
    const found = await this.find(conversation, messageId)
    if (found !== undefined) return found
    await this.#root(conversation)
    throw new MessageNotFound('There is no such message in this conversation.')
  }

  async #leaf(conversation: Stored<'id'>, leaf: string | undefined): Promise<TreePlace> {
    if (leaf !== undefined) return this.#placeOf(conversation, leaf)
    const row = await this.#conversation(conversation)
    return { conversation_id: conversation, branch: row.active_branch, depth: row.active_depth }
  }

  async #root(conversation: Stored<'id'>): Promise<Target> {
    await this.#conversation(conversation)
    const place = { conversation_id: conversation, branch: integer(rootBranch) }
    return { ...place, depth: integer(0), id: null }
  }

  async #conversation(conversation: Stored<'id'>) {
    const query = this.#database.write
      .selectFrom('conversations')
      .select(['active_leaf_id', 'active_branch', 'active_depth', 'branch_count'])
      .where('organization_id', '=', this.#organizationId)
      .where('id', '=', conversation)
    const row = await this.#database.first(query)
    if (row === undefined) throw conversationNotFound(conversation)
    return rowOf(row)
  }

  async #lock(conversation: Stored<'id'>): Promise<ActiveRow> {
    const row = await this.#lockIfThere(conversation)
    if (row === undefined) throw conversationNotFound(conversation)
    return row
  }

  async #lockIfThere(conversation: Stored<'id'>): Promise<ActiveRow | undefined> {
    const lock = this.#database.write
      .updateTable('conversations')
      .set((expression) => ({ branch_count: expression.ref('branch_count') }))
      .where('organization_id', '=', this.#organizationId)
      .where('id', '=', conversation)
      .returning(['active_leaf_id', 'active_branch', 'active_depth', 'branch_count'])
    const row = await this.#database.first(lock)
    return row && rowOf(row)
  }

  async #target(conversation: Stored<'id'>, anchor: Anchor, field: string): Promise<Target> {
    if ('parent' in anchor && anchor.parent === null) return this.#root(conversation)
    const named = 'parent' in anchor ? anchor.parent! : anchor.siblingOf
    const found = await this.find(conversation, named)
    if (found === undefined) throw parentNotFound(field)
    if ('parent' in anchor) return targetOf(found)
    const parentId = columns.parentMessageId.decode(found.parent_message_id)
    if (parentId === null) return this.#root(conversation)
    const parent = await this.find(conversation, parentId)
    if (parent === undefined) throw parentNotFound(field)
    return targetOf(parent)
  }

  async #newestBeneath(conversation: Stored<'id'>, target: Target): Promise<Target> {
    const newest = target.id === null
      ? await this.#newest(conversation)
      : (await this.#database.execute(this.#log.tree.newestBeneath({
          ...target, of_conversation: conversation, organization_id: this.#organizationId,
        }))).rows[0]
    return newest === undefined ? target : targetOf(newest)
  }

  /** The newest living message of the conversation's own. */
  async #newest(conversation: Stored<'id'>): Promise<StoredMessage | undefined> {
    const query = this.#database.write
      .selectFrom('messages')
      .selectAll()
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', conversation)
      .where('deleted_at', 'is', null)
      .orderBy('position', 'desc')
      .limit(1)
    return this.#database.first(query)
  }

  /**
   * Goes on with the branch of a tip; begins a branch elsewhere, or moves an empty one there. A
   * switch is a change of its own, not a step of an append.
   */
  async #activate(
    conversation: Stored<'id'>,
    target: Target,
    { row, isSwitch = false }: { readonly row: ActiveRow; readonly isSwitch?: boolean },
  ): Promise<void> {
    const isOwn = target.conversation_id === conversation && target.id !== null
    const isTip = isOwn &&
      (await this.#at({ ...target, depth: integer(target.depth + 1) }, false)).length === 0
    const branch = isTip ? target.branch : await this.#begin(conversation, target, row)
    const update = this.#database.write
      .updateTable('conversations')
      .set({
        active_leaf_id: target.id,
        active_branch: branch,
        active_depth: target.depth,
        branch_count: integer(Math.max(row.branch_count, branch + 1)),
        ...isSwitch ? { ...countedSwitch, switched_leaf_id: target.id } : {},
      })
      .where('organization_id', '=', this.#organizationId)
      .where('id', '=', conversation)
    await this.#database.run(update)
  }

  async #begin(
    conversation: Stored<'id'>,
    target: Target,
    row: ActiveRow,
  ): Promise<Stored<'integer'>> {
    const parent = {
      parent_conversation_id: target.conversation_id,
      parent_branch: target.branch,
      parent_depth: target.depth,
    }
    const any = this.#database.write
      .selectFrom('messages')
      .select('id')
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', conversation)
      .where('branch', '=', row.active_branch)
      .limit(1)
    if (row.active_branch > 0 && (await this.#database.first(any)) === undefined) {
      const move = this.#database.write
        .updateTable('message_branches')
        .set(parent)
        .where('organization_id', '=', this.#organizationId)
        .where('conversation_id', '=', conversation)
        .where('branch', '=', row.active_branch)
      await this.#database.run(move)
      return row.active_branch
    }
    const insert = this.#database.write.insertInto('message_branches').values({
      organization_id: this.#organizationId, conversation_id: conversation,
      branch: row.branch_count, ...parent,
    })
    await this.#database.run(insert)
    return row.branch_count
  }

  /** The message at a place: one row or none. */
  async #at(place: TreePlace, living: boolean): Promise<StoredMessage[]> {
    let query = this.#database.write
      .selectFrom('messages')
      .selectAll()
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', place.conversation_id)
      .where('branch', '=', place.branch)
      .where('depth', '=', place.depth)
    if (living) query = query.where('deleted_at', 'is', null)
    return this.#database.all(query)
  }
}

const conversationNotFound = (id: string) =>
  new ConversationNotFound(`There is no conversation ${id} here.`)

const parentNotFound = (field: string) =>
  new ParentMessageNotFound(`${field} must name a living message of the same conversation.`, {
    field,
  })
