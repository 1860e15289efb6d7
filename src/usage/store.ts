import { sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { cursorOf, keyOf, type Page, pageOf } from '../database/page.js'
import { namedId } from '../named-ids.js'
import { type Scope } from '../scope.js'
import { groupsOf, keyOfGroup, questionStatement, type UsageGroup } from './answers.js'
import { type RecordedRow } from './append.js'
import { draftOf } from './drafts.js'
import { forget } from './forgetting.js'
import { listEvents, type UsageEvent, eventOf, type UsageListing } from './listing.js'
import {
  checked, metrics, type UsageSummaryQuestion, type UsageTopQuestion,
} from './questions.js'
import { compiled } from './rollup.js'
import { checkCount, checkKey, checkLimit, type NewUsageEvent, require } from './rules.js'
import { usageEvents, type UsageTables } from './tables.js'
import { type UsageLog } from './usage-log.js'

/** An event as it stands, and whether it had been recorded before. */
export interface RecordedUsage extends UsageEvent {
  readonly isDuplicate: boolean
}

/** How to record. */
export interface RecordOptions {
  /** Events without an id get theirs from it, so that a repeated call counts once. */
  readonly idempotencyKey?: string | undefined
}

const { columns } = usageEvents

/** What one organization uses: events, and questions answered from sums over them. */
export class UsageStore {
  readonly #log: UsageLog
  readonly #scope: Scope
  readonly #organizationId: Stored<'id'>
  readonly #database: Database<UsageTables>
  readonly #transaction: Database<UsageTables> | undefined

  constructor(log: UsageLog, scope: Scope, transaction?: Database<UsageTables>) {
    this.#log = log
    this.#scope = scope
    this.#organizationId = columns.organizationId.encode(scope.organizationId, 'organization_id')
    this.#transaction = transaction?.within([this.#organizationId])
    this.#database = this.#transaction ?? log.database.within([this.#organizationId])
  }

  /** Records one event. Throws UsageEventConflict, InvalidInput, InvalidValue. */
  async record(event: NewUsageEvent, options: RecordOptions = {}): Promise<RecordedUsage> {
    const [recorded] = await this.#record([event], options, () => '')
    return recorded!
  }

  /**
   * Records up to 200 events, all or none; one that was recorded before counts once. Throws
   * UsageEventConflict when an id is that of an event which says something else, InvalidInput,
   * InvalidValue.
   */
  async recordMany(
    events: readonly NewUsageEvent[],
    options: RecordOptions = {},
  ): Promise<RecordedUsage[]> {
    checkCount(events.length)
    return this.#record(events, options, (index) => `events[${index}].`)
  }

  async #record(
    events: readonly NewUsageEvent[],
    { idempotencyKey: key }: RecordOptions,
    placeOf: (index: number) => string,
  ): Promise<RecordedUsage[]> {
    if (key !== undefined) checkKey(key)
    const { actor } = this.#scope
    const nowMs = this.#log.clock.now()
    const idOf = (index: number) => (key === undefined
      ? this.#log.ids.next()
      : namedId(this.#organizationId, JSON.stringify([actor.id, key, events.length, index])))
    const call = events.map((event, index) => draftOf(event, {
      organizationId: this.#organizationId, userId: actor.userId ?? null,
      id: idOf(index), nowMs, place: placeOf(index),
    }))
    return (await this.#log.record(call, this.#transaction)).map(recordedOf)
  }

  /** One page of events, the last that occurred first. Throws InvalidInput, InvalidCursor. */
  async listEvents(listing: UsageListing = {}): Promise<Page<UsageEvent>> {
    return listEvents(this.#database, this.#organizationId, listing)
  }

  /**
   * One page of the groups of a question, by their keys: day, user, model, type. Whatever was
   * recorded before is counted. Throws InvalidInput, InvalidCursor.
   */
  async summarize(question: UsageSummaryQuestion = {}): Promise<Page<UsageGroup>> {
    const limit = checkLimit(question)
    const asked = checked(question, this.#log.clock.now())
    const list = [this.#organizationId, ...asked.list]
    const { cursor } = question
    const after = cursor === undefined ? undefined : keyOf(list, cursor).map(String)
    const isKey = after === undefined || (after.length > 0 && after.length === asked.by.length)
    require(isKey, 'cursor', 'must be the next_cursor of this same list')
    const wanted = { limit: limit + 1, after }
    const statement = questionStatement(
      this.#database, this.#organizationId, { question: asked, wanted })
    const groups = groupsOf((await this.#database.execute(statement)).rows, asked)
    return pageOf(groups, limit, (last) => cursorOf(list, keyOfGroup(last, asked)))
  }

  /** The largest groups of a question, largest first; equal ones by their keys. */
  async top(question: UsageTopQuestion = {}): Promise<UsageGroup[]> {
    const { of: top = 'cost', limit = 10 } = question
    require(metrics.includes(top), 'of', `must be one of ${metrics.join(', ')}`)
    const asked = checked(question, this.#log.clock.now())
    const wanted = { limit: checkLimit({ limit }), top }
    const statement = questionStatement(
      this.#database, this.#organizationId, { question: asked, wanted })
    return groupsOf((await this.#database.execute(statement)).rows, asked)
  }

  /**
   * Forgets whose a person’s usage was: their events go, and the sums over them become nobody’s,
   * so that what the organization used stays exact. How many events went.
   */
  async forgetUser(userId: string): Promise<number> {
    const user = columns.userId.encode(userId, 'user_id')!
    const mine = sql`organization_id = ${this.#organizationId} and user_id = ${user}`
    const tables = ['usage_events', 'usage_rollups', 'usage_latencies']
    if (!await this.#has(mine, tables)) return 0
    return this.#forget(mine, true)
  }

  /** Deletes the events of a conversation, whose sums stay. How many. */
  async forgetConversation(conversationId: string): Promise<number> {
    const conversation = columns.conversationId.encode(conversationId, 'conversation_id')!
    const mine = sql`organization_id = ${this.#organizationId}
      and conversation_id = ${conversation}`
    return await this.#has(mine, ['usage_events']) ? this.#forget(mine, false) : 0
  }

  /** Whether there is anything to be forgotten: an erasure asks in every organization. */
  async #has(mine: ReturnType<typeof sql>, tables: readonly string[]): Promise<boolean> {
    const found = tables.map((table) =>
      sql`select 1 as found from ${sql.table(table)} where ${mine}`)
    const statement = compiled(this.#database, sql`
      select 1 as found where exists (${sql.join(found, sql`) or exists (`)})`)
    return (await this.#database.execute({ ...statement, readOnly: true })).rows.length > 0
  }

  #forget(mine: ReturnType<typeof sql>, isDisowned: boolean): Promise<number> {
    const organizationId = this.#organizationId
    return forget(this.#database, { organizationId, mine, isDisowned })
  }
}

function recordedOf({ row, isDuplicate }: RecordedRow): RecordedUsage {
  return { ...eventOf(row), isDuplicate }
}
