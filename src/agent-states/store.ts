import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { type JsonInput, type JsonValue } from '../database/json.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { decodeRow } from '../database/table.js'
import { InvalidInput } from '../errors.js'
import { type Scope } from '../scope.js'
import { AgentStateNotFound } from './errors.js'
import { checkLimit, checkName, checkPatch } from './rules.js'
import { type AgentStateLog } from './state-log.js'
import { type StateKey } from './statements.js'
import {
  type AgentState, type AgentStateEntry, type AgentStateRevision, agentStateRevisions,
  type AgentStateRevisionEntry, agentStates as table, type AgentStateTables,
} from './tables.js'
import { notFound, StateWriter } from './writer.js'

/** Which state of which conversation; a state itself will do. */
export interface AgentStateName {
  readonly conversationId: string
  /** 1 to 128 letters, digits and `_ . : -`, not beginning with a dot. */
  readonly name: string
}

/** When to put a document. */
export interface AgentStatePut {
  /** Only while the state is there at this revision. */
  readonly ifRevision?: number | undefined
  /** Only while there is no such state. @default false */
  readonly ifAbsent?: boolean | undefined
}

/** One state that changed, and how it stands now. */
export interface AgentStateChange {
  /** 1, 2, 3, … among all changes of the conversation; only the last one of a state is told. */
  readonly change: number
  readonly name: string
  /** Of a deleted state the last one it had. */
  readonly revision: number
  readonly isDeleted: boolean
  /** When it happened. */
  readonly changedAt: string
}

/** What the store asks about conversations: `get` throws ConversationNotFound. */
export interface Conversing {
  get(conversationId: string): Promise<unknown>
}

/** Parts that the store takes from outside. */
export interface AgentStateParts {
  readonly log: AgentStateLog
  readonly conversations: Conversing
  /** Everything happens inside it. */
  readonly transaction?: Database<AgentStateTables> | undefined
}

const { columns } = table
const entryColumns = [
  'organization_id', 'conversation_id', 'name', 'revision', 'change', 'created_at', 'updated_at',
  'last_accessed_at',
] as const
const revisionColumns = [
  'organization_id', 'conversation_id', 'name', 'revision', 'change', 'created_at',
] as const

/** The states of one organization's conversations: named JSON documents with revisions. */
export class AgentStateStore {
  readonly #log: AgentStateLog
  readonly #conversations: Conversing
  readonly #database: Database<AgentStateTables>
  readonly #organizationId: Stored<'id'>
  readonly #writer: StateWriter

  constructor(scope: Scope, { log, conversations, transaction }: AgentStateParts) {
    this.#log = log
    this.#conversations = conversations
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#database = (transaction ?? log.database).within([this.#organizationId])
    this.#writer = new StateWriter(log, this.#database)
  }

  /**
   * Creates a state or replaces its document, any JSON value. Throws ConversationNotFound,
   * RevisionConflict, AgentStateExists, AgentStateLimitReached, InvalidInput, InvalidValue.
   */
  async put(
    state: AgentStateName,
    document: JsonInput,
    { ifRevision, ifAbsent = false }: AgentStatePut = {},
  ): Promise<AgentState> {
    const key = this.#key(state)
    if (ifAbsent && ifRevision !== undefined) {
      throw new InvalidInput('ifAbsent must not stand beside ifRevision', { field: 'ifAbsent' })
    }
    const rule = ifAbsent ? 'absent' : ifRevision === undefined ? 'any' : 'present'
    return this.#writer.put(key, document as JsonValue, { rule, ifRevision })
  }

  /** The state with its document. Throws AgentStateNotFound. */
  async get(state: AgentStateName): Promise<AgentState> {
    const found = await this.find(state)
    if (found === undefined) throw notFound(state.name)
    return found
  }

  /** The state with its document; undefined when there is none. */
  async find(state: AgentStateName): Promise<AgentState | undefined> {
    const { rows: [stored] } = await this.#database.execute(
      this.#log.statements.find(this.#key(state)))
    if (stored === undefined) return undefined
    const found = stateOf(stored)
    this.#log.access.note(found)
    return found
  }

  /** One page of a conversation's states, by name, without documents. */
  async list(
    conversationId: string,
    request: PageRequest = {},
  ): Promise<Page<AgentStateEntry>> {
    const limit = checkLimit(request)
    const conversation = this.#conversation(conversationId)
    const list = ['agent_states', this.#organizationId, conversation]
    let query = this.#database.write
      .selectFrom('agent_states')
      .select(entryColumns)
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', conversation)
      .where('deleted_at', 'is', null)
      .orderBy('name')
      .limit(limit + 1)
    if (request.cursor !== undefined) {
      const [last] = keyOf(list, request.cursor)
      query = query.where('name', '>', columns.name.encode(String(last), 'cursor'))
    }
    const rows = (await this.#database.all(query)).map(entryOf)
    if (rows.length === 0) await this.#conversations.get(conversationId)
    return pageOf(rows, limit, ({ name }) => cursorOf(list, [name]))
  }

  /**
   * Merges a patch into the document (RFC 7396): null removes a key, objects merge, all else
   * replaces. A state that is not there begins empty, and patches at the same time all stand.
   * Throws as `put`.
   */
  async patch(
    state: AgentStateName,
    given: JsonInput,
    { ifRevision }: Pick<AgentStatePut, 'ifRevision'> = {},
  ): Promise<AgentState> {
    const key = this.#key(state)
    const patch = given as JsonValue
    checkPatch(patch)
    // Refused before anything is locked.
    this.#writer.encoded(patch)
    return this.#writer.patch(key, patch, ifRevision)
  }

  /**
   * Deletes a state and its revisions; one put in its place later goes on with the next revision.
   * Throws AgentStateNotFound, RevisionConflict.
   */
  async delete(
    state: AgentStateName,
    { ifRevision }: Pick<AgentStatePut, 'ifRevision'> = {},
  ): Promise<void> {
    return this.#writer.delete(this.#key(state), ifRevision)
  }

  /**
   * One page of the revisions that are kept, newest first, without documents. Throws
   * AgentStateNotFound.
   */
  async listRevisions(
    state: AgentStateName,
    request: PageRequest = {},
  ): Promise<Page<AgentStateRevisionEntry>> {
    const limit = checkLimit(request)
    const key = this.#key(state)
    const list = ['agent_state_revisions', ...Object.values(key)]
    let query = this.#database.write
      .selectFrom('agent_state_revisions')
      .select(revisionColumns)
      .where((where) => where.and(key))
      .orderBy('revision', 'desc')
      .limit(limit + 1)
    if (request.cursor !== undefined) {
      const [last] = keyOf(list, request.cursor)
      query = query.where('revision', '<', columns.revision.encode(Number(last), 'cursor'))
    }
    const rows = (await this.#database.all(query)).map(revisionEntryOf)
    if (rows.length === 0) await this.get(state)
    return pageOf(rows, limit, ({ revision }) => cursorOf(list, [revision]))
  }

  /** One revision with its document, while it is kept. Throws AgentStateNotFound. */
  async getRevision(state: AgentStateName, revision: number): Promise<AgentStateRevision> {
    const query = this.#database.write
      .selectFrom('agent_state_revisions')
      .selectAll()
      .where((where) => where.and(this.#key(state)))
      .where('revision', '=', columns.revision.encode(revision, 'revision'))
    const stored = await this.#database.first(query)
    if (stored !== undefined) return decodeRow(agentStateRevisions, stored)
    throw new AgentStateNotFound(`Revision ${revision} of ${state.name} is not kept here.`)
  }

  /**
   * The states that changed after a number, deleted ones too, in the order of their last changes;
   * at most `limit`, 1 to 200. Begin at `lastChange`, or at 0 for all.
   */
  async changesAfter(
    conversationId: string,
    change: number,
    limit = 200,
  ): Promise<AgentStateChange[]> {
    const query = this.#database.write
      .selectFrom('agent_states')
      .select(['name', 'revision', 'change', 'updated_at', 'deleted_at'])
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', this.#conversation(conversationId))
      .where('change', '>', columns.change.encode(change, 'change'))
      .orderBy('change')
      .limit(checkLimit({ limit }))
    return (await this.#database.all(query)).map((row) => ({
      change: columns.change.decode(row.change),
      name: columns.name.decode(row.name),
      revision: columns.revision.decode(row.revision),
      isDeleted: row.deleted_at !== null,
      changedAt: columns.updatedAt.decode(row.updated_at),
    }))
  }

  /** The number of the conversation's last change; 0 before the first. */
  async lastChange(conversationId: string): Promise<number> {
    const query = this.#database.write
      .selectFrom('agent_state_counters')
      .select('change_count')
      .where('organization_id', '=', this.#organizationId)
      .where('conversation_id', '=', this.#conversation(conversationId))
    const row = await this.#database.first(query)
    return row === undefined ? 0 : columns.change.decode(row.change_count)
  }

  #key({ conversationId, name }: AgentStateName): StateKey {
    checkName(name)
    return {
      organization_id: this.#organizationId,
      conversation_id: this.#conversation(conversationId),
      name: columns.name.encode(name, 'name'),
    }
  }

  #conversation(conversationId: string): Stored<'id'> {
    return columns.conversationId.encode(conversationId, 'conversation_id')
  }
}

type StoredValues = Record<string, unknown>

function stateOf(stored: StoredValues): AgentState {
  const { deletedAt: _, ...state } = decodeRow(table, stored)
  return state
}

function entryOf(stored: StoredValues): AgentStateEntry {
  return {
    organizationId: columns.organizationId.decode(stored.organization_id),
    conversationId: columns.conversationId.decode(stored.conversation_id),
    name: columns.name.decode(stored.name),
    revision: columns.revision.decode(stored.revision),
    change: columns.change.decode(stored.change),
    createdAt: columns.createdAt.decode(stored.created_at),
    updatedAt: columns.updatedAt.decode(stored.updated_at),
    lastAccessedAt: columns.lastAccessedAt.decode(stored.last_accessed_at),
  }
}

function revisionEntryOf(stored: StoredValues): AgentStateRevisionEntry {
  return {
    organizationId: columns.organizationId.decode(stored.organization_id),
    conversationId: columns.conversationId.decode(stored.conversation_id),
    name: columns.name.decode(stored.name),
    revision: columns.revision.decode(stored.revision),
    change: columns.change.decode(stored.change),
    createdAt: columns.createdAt.decode(stored.created_at),
  }
}
