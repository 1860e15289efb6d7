import { instantOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database, repeated } from '../database/database.js'
import { type Result, type Statement } from '../database/engine.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { type JsonValue } from '../database/json.js'
import { ConversationNotFound, RevisionConflict } from '../errors.js'
import { AgentStateExists, AgentStateLimitReached, AgentStateNotFound } from './errors.js'
import { mergePatch } from './merge-patch.js'
import { checkBytes, namesMax } from './rules.js'
import { type AgentStateLog } from './state-log.js'
import { type StateKey, type StateWrite, type WriteRule } from './statements.js'
import { type AgentState, agentStates as table, type AgentStateTables } from './tables.js'

/** When a write happens. */
export interface WriteCondition {
  readonly rule: WriteRule
  /** With the rule `present`: at this revision. */
  readonly ifRevision?: number | undefined
}

type StateDatabase = Database<AgentStateTables>
type StoredState = Record<string, unknown>

const { columns } = table
const nothing = columns.document.encode(null)

/**
 * Changes states. Whoever changes one holds the counter of its conversation until the commit, so
 * that no change is lost, and changes are numbered in the order in which they can be seen.
 */
export class StateWriter {
  readonly #log: AgentStateLog
  readonly #database: StateDatabase

  constructor(log: AgentStateLog, database: StateDatabase) {
    this.#log = log
    this.#database = database
  }

  /** Writes a document where the condition holds, in one round trip. */
  async put(key: StateKey, document: JsonValue, when: WriteCondition): Promise<AgentState> {
    const { statements } = this.#log
    const write = this.#writeOf(key, this.encoded(document), when)
    const row = await this.#atomic(statements.put(write), write)
    return this.#written(this.#database, { write, row, document })
  }

  /** Merges a patch into the document while nobody else changes it. */
  async patch(key: StateKey, patch: JsonValue, ifRevision: number | undefined) {
    const { statements } = this.#log
    const merge = async (transaction: StateDatabase) => {
      const empty = this.#writeOf(key, nothing, { rule: 'any' })
      const found = await sent(transaction, [...statements.take(empty), statements.find(key)])
      const [before] = found.at(-1)!.rows
      checkRevision(before, ifRevision)
      const document = mergePatch(before && columns.document.decode(before.document), patch)
      const write = { ...empty, document: this.encoded(document) }
      const [, written] = await sent(transaction, statements.put(write))
      const [row] = written!.rows
      if (row === undefined) throw limitReached()
      return this.#written(transaction, { write, row, document })
    }
    return this.#database.transaction(merge, { repeatable: true })
      .catch((error: unknown) => { throw translated(error, key) })
  }

  /** Empties a state and forgets its revisions, in one round trip. */
  async delete(key: StateKey, ifRevision: number | undefined): Promise<void> {
    const { statements } = this.#log
    const write = this.#writeOf(key, nothing, { rule: 'present', ifRevision })
    const { change } = await this.#atomic(statements.delete(write), write)
    this.#tell(this.#database, write, Number(change))
  }

  /** The stored form of a document. Throws InvalidValue or InvalidInput. */
  encoded(document: JsonValue): Stored<'json'> {
    const stored = columns.document.encode(document, 'document')
    checkBytes(stored, this.#log.options.documentBytesMax)
    return stored
  }

  #writeOf(
    key: StateKey,
    document: Stored<'json'>,
    { rule, ifRevision }: WriteCondition,
  ): StateWrite {
    return {
      write_id: columns.conversationId.encode(this.#log.ids.next()),
      rule,
      expected: ifRevision === undefined ? null : columns.revision.encode(ifRevision, 'revision'),
      document,
      written_at: columns.updatedAt.encode(instantOf(this.#log.clock.now())),
      kept: columns.revision.encode(this.#log.options.revisionsMax),
      ...key,
    }
  }

  /** What the write, the statement behind the count, told of itself. */
  async #atomic(statements: readonly Statement[], write: StateWrite): Promise<StoredState> {
    const taking = this.#log.statements.take(write)
    try {
      const results = await repeated(() => this.#database.atomic([...taking, ...statements]))
      const [row] = results[taking.length + 1]!.rows
      if (row !== undefined) return row
    } catch (error) {
      throw translated(error, write)
    }
    throw await this.#refusal(write)
  }

  /** Why nothing was written. */
  async #refusal({ rule, expected, ...write }: StateWrite): Promise<Error> {
    const [found, counter] = [
      (await this.#database.execute(this.#log.statements.find(write))).rows[0],
      await this.#database.first(this.#database.write
        .selectFrom('agent_state_counters')
        .select('name_count')
        .where('organization_id', '=', write.organization_id)
        .where('conversation_id', '=', write.conversation_id)),
    ]
    if (rule === 'absent' && found !== undefined) {
      return new AgentStateExists(`There is a state ${write.name} here already.`)
    }
    if (rule !== 'present' && Number(counter?.name_count) >= namesMax) return limitReached()
    if (rule === 'present' && expected === null) return notFound(write.name)
    return conflict(found)
  }

  #written(
    database: StateDatabase,
    { write, row, document }: {
      readonly write: StateWrite
      readonly row: StoredState
      readonly document: JsonValue
    },
  ): AgentState {
    const writtenAt = columns.updatedAt.decode(write.written_at)
    const change = columns.change.decode(row.change)
    this.#tell(database, write, change)
    return {
      organizationId: write.organization_id,
      conversationId: write.conversation_id,
      name: write.name,
      revision: columns.revision.decode(row.revision),
      change,
      createdAt: columns.createdAt.decode(row.created_at),
      updatedAt: writtenAt,
      lastAccessedAt: writtenAt,
      document,
    }
  }

  #tell(database: StateDatabase, write: StateWrite, change: number): void {
    const states = {
      organizationId: write.organization_id, conversationId: write.conversation_id,
    }
    database.afterCommit(() => this.#log.tell(states, change))
  }
}

/** All statements in one round trip of an open transaction, each seeing those before it. */
function sent(transaction: StateDatabase, statements: readonly Statement[]): Promise<Result[]> {
  return Promise.all(statements.map((each) => transaction.execute(each)))
}

function checkRevision(before: StoredState | undefined, ifRevision: number | undefined): void {
  if (ifRevision === undefined) return
  columns.revision.encode(ifRevision, 'revision')
  if (before === undefined || Number(before.revision) !== ifRevision) throw conflict(before)
}

function conflict(found: StoredState | undefined): Error {
  if (found === undefined) return new RevisionConflict('There is no such state here at present.')
  const revision = columns.revision.decode(found.revision)
  return new RevisionConflict(`The state is at revision ${revision}; read it again.`)
}

function translated(error: unknown, { conversation_id: id }: StateKey): unknown {
  if (!(error instanceof ForeignKeyViolation)) return error
  return new ConversationNotFound(`There is no conversation ${id} here.`, { cause: error })
}

/** No such state. */
export const notFound = (name: string) =>
  new AgentStateNotFound(`There is no state ${name} in this conversation.`)

const limitReached = () => new AgentStateLimitReached(
  `The conversation has had ${namesMax} names of states, and can have no other.`)
