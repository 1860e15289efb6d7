import { sql } from 'kysely'
import { type AuditRecord, Recorder } from '../audit/index.js'
import { type Clock, instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { decodeRow, encodeRow } from '../database/table.js'
import { InvalidInput, RevisionConflict } from '../errors.js'
import { type IdGenerator } from '../ids.js'
import { type Scope } from '../scope.js'
import { ConversationNotFound, ParticipantNotFound } from './errors.js'
import { checkParticipant, participantOf } from './participant-rules.js'
import { checkLimit } from './rules.js'
import {
  conversationParticipants as table, conversations, type ConversationTables, type Metadata,
  type Participant, type ParticipantRole,
} from './tables.js'

/** Who takes part, and how. */
export interface ParticipantDraft {
  readonly role: ParticipantRole
  /** 1 to 255 characters. @default null */
  readonly displayName?: string | null | undefined
  /** @default {} */
  readonly metadata?: Metadata | undefined
}

/** Whom of which conversation; a participant itself will do. */
export interface ParticipantName {
  readonly conversationId: string
  /** `user:<uuid>`, `agent:<id>`, or a speaker URI; at most 255 characters. */
  readonly participant: string
}

/** Parts that the store takes from outside. */
export interface ParticipantSource {
  readonly clock: Clock
  readonly ids: IdGenerator
}

const { columns } = table
const one = columns.revision.encode(1)

/** Who takes part in one organization's conversations, and how far they have read. */
export class ParticipantStore {
  readonly #database: Database<ConversationTables>
  readonly #clock: Clock
  readonly #organizationId: Stored<'id'>
  readonly #recorder: Recorder

  constructor(database: Database<ConversationTables>, scope: Scope, source: ParticipantSource) {
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#database = database.within([this.#organizationId])
    this.#clock = source.clock
    this.#recorder = new Recorder(scope, source)
  }

  /**
   * Adds a participant, or replaces role, display name and metadata of one; how far it has read
   * stays. With `ifRevision`, only while it is there at this revision. Throws
   * ConversationNotFound, RevisionConflict, InvalidInput, InvalidValue.
   */
  async put(
    name: ParticipantName,
    draft: ParticipantDraft,
    { ifRevision }: { readonly ifRevision?: number | undefined } = {},
  ): Promise<Participant> {
    const row = this.#rowOf(name, draft)
    const told = toldOf('participant_set', row.conversation_id, {
      participant: columns.participant.decode(row.participant), role: draft.role,
    })
    const change = ifRevision === undefined
      ? this.#upsert(row) : this.#update(row, columns.revision.encode(ifRevision, 'revision'))
    try {
      const [stored] = await this.#recorder.change(this.#database, change, told)
      if (stored !== undefined) return participantFrom(stored)
    } catch (cause) {
      if (!(cause instanceof ForeignKeyViolation)) throw cause
      throw conversationNotFound(row.conversation_id, cause)
    }
    const found = await this.find(name)
    throw new RevisionConflict(found === undefined
      ? 'There is no such participant at present.'
      : `The participant is at revision ${found.revision}; read it again.`)
  }

  /** One participant. Throws ParticipantNotFound. */
  async get(name: ParticipantName): Promise<Participant> {
    const found = await this.find(name)
    if (found === undefined) throw notFound(name)
    return found
  }

  /** One participant, if it is there. */
  async find(name: ParticipantName): Promise<Participant | undefined> {
    const query = this.#database.write
      .selectFrom('conversation_participants')
      .selectAll()
      .select(messageCount)
      .where((where) => where.and(this.#key(name)))
    const stored = await this.#database.first(query)
    return stored && participantFrom(stored)
  }

  /** One page of a conversation's participants, by name. Throws ConversationNotFound. */
  async list(conversationId: string, request: PageRequest = {}): Promise<Page<Participant>> {
    const limit = checkLimit(request)
    const conversation = columns.conversationId.encode(conversationId, 'conversation_id')
    const list = ['participants', this.#organizationId, conversation]
    let query = this.#database.write
      .selectFrom('conversation_participants')
      .selectAll()
      .select(messageCount)
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', conversation)
      .orderBy('participant')
      .limit(limit + 1)
    if (request.cursor !== undefined) {
      const [last] = keyOf(list, request.cursor)
      query = query.where('participant', '>', columns.participant.encode(String(last), 'cursor'))
    }
    const rows = (await this.#database.all(query)).map(participantFrom)
    if (rows.length === 0) await this.#checkConversation(conversation)
    return pageOf(rows, limit, ({ participant }) => cursorOf(list, [participant]))
  }

  /**
   * Notes that a participant has read up to a position (that of the newest message unless said, or
   * when it is beyond it). It only moves forward. Throws ParticipantNotFound, InvalidInput.
   */
  async markRead(name: ParticipantName, position?: number): Promise<Participant> {
    if (position !== undefined && position < 0) {
      throw new InvalidInput('position must not be negative', { field: 'position' })
    }
    const asked = columns.readPosition.encode(position ?? Number.MAX_SAFE_INTEGER, 'position')
    const update = this.#database.write
      .updateTable('conversation_participants')
      .set({
        read_position: sql<Stored<'integer'>>`(
          select case
            when case when ${asked} < c.message_count then ${asked} else c.message_count end
              > conversation_participants.read_position
            then case when ${asked} < c.message_count then ${asked} else c.message_count end
            else conversation_participants.read_position end
          from conversations c
          where c.organization_id = conversation_participants.organization_id
            and c.id = conversation_participants.conversation_id)`,
      })
      .where((where) => where.and(this.#key(name)))
      .returningAll()
      .returning(messageCount)
    const stored = await this.#database.first(update)
    if (stored === undefined) throw notFound(name)
    return participantFrom(stored)
  }

  /** Takes a participant out. Throws ParticipantNotFound. */
  async remove(name: ParticipantName): Promise<void> {
    const key = this.#key(name)
    const remove = this.#database.write
      .deleteFrom('conversation_participants')
      .where((where) => where.and(key))
      .returning('participant')
    const told = toldOf('participant_removed', key.conversation_id, {
      participant: columns.participant.decode(key.participant),
    })
    const removed = await this.#recorder.change(this.#database, remove, told)
    if (removed.length === 0) throw notFound(name)
  }

  #key({ conversationId, participant }: ParticipantName) {
    return {
      organization_id: this.#organizationId,
      conversation_id: columns.conversationId.encode(conversationId, 'conversation_id'),
      participant: participantOf(participant),
    }
  }

  #rowOf(name: ParticipantName, draft: ParticipantDraft) {
    checkParticipant(draft)
    const { role, displayName = null, metadata = {} } = draft
    const key = this.#key(name)
    const now = instantOf(this.#clock.now())
    return {
      ...encodeRow(table, {
        organizationId: key.organization_id, conversationId: key.conversation_id,
        participant: name.participant, role, displayName, metadata, readPosition: 0,
        revision: 1, createdAt: now, updatedAt: now,
      }),
      ...key,
    }
  }

  #upsert(row: StoredParticipant) {
    const { role, display_name, metadata, updated_at } = row
    return this.#database.write
      .insertInto('conversation_participants')
      .values(row)
      .onConflict((conflict) => conflict
        .columns(['organization_id', 'conversation_id', 'participant'])
        .doUpdateSet((expression) => ({
          role, display_name, metadata, updated_at,
          revision: expression('conversation_participants.revision', '+', one),
        })))
      .returningAll()
      .returning(messageCount)
  }

  #update(row: StoredParticipant, revision: Stored<'integer'>) {
    const { role, display_name, metadata, updated_at } = row
    return this.#database.write
      .updateTable('conversation_participants')
      .set((expression) => ({
        role, display_name, metadata, updated_at, revision: expression('revision', '+', one),
      }))
      .where('organization_id', '=', row.organization_id)
      .where('conversation_id', '=', row.conversation_id)
      .where('participant', '=', row.participant)
      .where('revision', '=', revision)
      .returningAll()
      .returning(messageCount)
  }

  async #checkConversation(conversation: Stored<'id'>): Promise<void> {
    const query = this.#database.write
      .selectFrom('conversations')
      .select('id')
      .where('organization_id', '=', this.#organizationId)
      .where('id', '=', conversation)
    if ((await this.#database.first(query)) === undefined) throw conversationNotFound(conversation)
  }
}

type StoredParticipant = ConversationTables['conversation_participants']

/** The messages of the participant's conversation, in the same statement. */
const messageCount = sql<Stored<'integer'>>`(
  select c.message_count from conversations c
  where c.organization_id = conversation_participants.organization_id
    and c.id = conversation_participants.conversation_id)`.as('message_count')

function participantFrom(stored: Record<string, unknown>): Participant {
  const participant = decodeRow(table, stored)
  const role = participant.role as ParticipantRole
  const count = conversations.columns.messageCount.decode(stored.message_count)
  return { ...participant, role, unreadCount: Math.max(0, count - participant.readPosition) }
}

function toldOf(
  verb: string,
  conversationId: string,
  details: NonNullable<AuditRecord['details']>,
): AuditRecord {
  const resourceKind = 'conversation'
  return { action: `conversation.${verb}`, resourceKind, resourceId: conversationId, details }
}

const conversationNotFound = (conversationId: string, cause?: unknown) =>
  new ConversationNotFound(`There is no conversation ${conversationId} here.`, { cause })

const notFound = ({ participant }: ParticipantName) =>
  new ParticipantNotFound(`${participant} takes no part in this conversation.`)
