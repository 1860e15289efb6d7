import { sql } from 'kysely'
import { AttachmentNotFound } from '../../attachments/index.js'
import {
  ConversationIsForked, ConversationNotFound, MessageNotFound,
} from '../../conversations/index.js'
import { type Database } from '../../database/database.js'
import { InvalidInput } from '../../errors.js'
import { isUuid } from '../../ids.js'
import { conversationColumnOf, personalRows } from './catalogue.js'
import { type AnyTables, type ErasureReport, type PersonalDataParts } from './parts.js'

/** Rows looked up at once. */
const pageMax = 100

/** What a row throws that somebody else deleted meanwhile. */
const gone = [MessageNotFound, AttachmentNotFound]

/** What holds the history that forks share. */
const tree = new Set(['conversations', 'messages', 'message_branches'])

/** How to erase. */
export interface ErasureOptions {
  /**
   * Take the deleted bytes out of the files as well; a large SQLite file is written anew meanwhile,
   * and writers wait. @default true
   */
  readonly scrub?: boolean
}

/**
 * Erases everything of one person, in every organization: conversations they began with messages,
 * and what hangs on them; what they wrote elsewhere; attachments, streams, settings, secrets; the
 * account last.
 * Repeat it when it was cut off. Throws LastOwner before anything is erased, InvalidInput.
 */
export async function erasePerson(
  parts: PersonalDataParts,
  userId: string,
  { scrub = true }: ErasureOptions = {},
): Promise<ErasureReport> {
  if (!isUuid(userId)) throw new InvalidInput('user_id must be a UUID', { field: 'user_id' })
  const person = userId.toLowerCase()
  const hadAccount = await accountExists(parts, person)
  if (hadAccount) {
    await parts.checkAccount(person)
    // Whoever is still logged in would write on behind the erasure.
    await parts.disableAccount(person)
  }
  const erased: Record<string, number> = {}
  for await (const organizationId of organizationsOf(parts.database)) {
    await new Eraser(parts, { organizationId, person, erased }).run()
  }
  await parts.deleteAccount(person, { userId: person, hadAccount, erased, kept: keptRows() })
  // Behind the account, with which the personal organization goes and whatever is in it.
  const areGone = await parts.discardBytes()
  await parts.discardWords()
  const unscrubbed = areGone ? [] : ['attachment_blobs']
  const report = { userId: person, hadAccount, erased, kept: keptRows(), unscrubbed }
  if (!scrub) return report
  const names = await parts.scrub(parts.tables.map(({ name }) => name))
  return { ...report, unscrubbed: [...new Set([...unscrubbed, ...names])] }
}

async function accountExists({ database }: PersonalDataParts, person: string): Promise<boolean> {
  const query = database.write.selectFrom('users').select('id').where('id', '=', person)
  return (await database.first(query)) !== undefined
}

async function* organizationsOf(database: Database<AnyTables>) {
  for (let after: unknown; ;) {
    let query = database.write.selectFrom('organizations').select('id').orderBy('id').limit(pageMax)
    if (after !== undefined) query = query.where('id', '>', after)
    const rows = await database.all(query)
    for (const { id } of rows) yield String(id)
    if (rows.length < pageMax) return
    after = rows.at(-1)!.id
  }
}

function keptRows(): Record<string, string> {
  return Object.fromEntries(Object.entries(personalRows)
    .flatMap(([name, rows]) => (rows.is === 'kept' ? [[name, rows.why]] : [])))
}

interface EraserScope {
  readonly organizationId: string
  readonly person: string
  /** Counts of this erasure so far, by table. */
  readonly erased: Record<string, number>
}

/** Erases what one person has in one organization. */
class Eraser {
  readonly #parts: PersonalDataParts
  readonly #scope: EraserScope
  readonly #actorId: string

  constructor(parts: PersonalDataParts, scope: EraserScope) {
    this.#parts = parts
    this.#scope = scope
    this.#actorId = `user:${scope.person}`
  }

  async run(): Promise<void> {
    // Most organizations have nothing of one person: these cost a statement each.
    if (!await this.#hasAnything()) return
    for (let begun = await this.#conversations(); begun.length > 0;) {
      await this.#answers(begun)
      await this.#streams('conversation_id', begun)
      for (const id of begun) await this.#conversation(id)
      // Somebody may have begun to answer meanwhile; where this is cut off none of it is found.
      await this.#streams('conversation_id', begun)
      begun = await this.#conversations()
    }
    await this.#streams('created_by', [this.#actorId])
    await this.#attachments('user_id', this.#scope.person)
    await this.#writings()
    // Sums become nobody’s: what the organization used stays as it was.
    this.#count('usage_events', await this.#stores.usage.forgetUser(this.#scope.person))
    for (const [table, rows] of Object.entries(personalRows)) {
      if (rows.is !== 'own' || table === 'streams') continue
      const value = rows.holds === 'id' ? this.#scope.person : this.#actorId
      const { write } = this.#database
      this.#count(table, await this.#database.run(write.deleteFrom(table)
        .where('organization_id', '=', this.#scope.organizationId)
        .where(rows.column, '=', value)))
    }
  }

  async #hasAnything(): Promise<boolean> {
    const { organizationId, person } = this.#scope
    const own = Object.entries(personalRows).flatMap(([table, rows]) => (rows.is === 'own'
      ? [{ table, column: rows.column, value: rows.holds === 'id' ? person : this.#actorId }] : []))
    const places = [
      { table: 'conversations', column: 'user_id', value: person },
      { table: 'attachments', column: 'user_id', value: person },
      { table: 'messages', column: 'author', value: this.#actorId },
      ...own,
    ]
    const found = places.map(({ table, column, value }) => sql`exists (
      select 1 from ${sql.table(table)}
      where organization_id = ${organizationId} and ${sql.ref(column)} = ${value})`)
    const query = sql`select 1 as found where ${sql.join(found, sql` or `)}`
    const database = this.#database
    return (await database.first({ compile: () => query.compile(database.write) })) !== undefined
  }

  /** Some of the conversations that the person began. */
  async #conversations(): Promise<string[]> {
    const query = this.#from('conversations').select('id')
      .where('user_id', '=', this.#scope.person).limit(pageMax)
    return (await this.#database.all(query)).map(({ id }) => String(id))
  }

  /** One that others’ forks rest on stays as a hollow one: its tree, and nothing said in it. */
  async #conversation(id: string): Promise<void> {
    const { conversations } = this.#stores
    await this.#attachments('conversation_id', id)
    this.#count('usage_events', await this.#stores.usage.forgetConversation(id))
    try {
      this.#count('messages', await this.#messagesIn(id))
      await conversations.delete(id)
    } catch (error) {
      if (error instanceof ConversationNotFound) return
      if (!(error instanceof ConversationIsForked)) throw error
      await this.#hollow(id)
    }
    await this.#forgetContexts(id)
    this.#count('conversations', 1)
  }

  /** Of a conversation and of all that share its history. */
  async #forgetContexts(id: string): Promise<void> {
    const all = new Set([id])
    for (const each of all) {
      await this.#stores.contexts.forget(each)
      const forks = this.#from('message_branches').select('conversation_id').distinct()
        .where('parent_conversation_id', '=', each)
      for (const row of await this.#database.all(forks)) all.add(String(row.conversation_id))
    }
  }

  async #hollow(id: string): Promise<void> {
    const { conversations, messages } = this.#stores
    for (let left = true; left;) {
      const { data } = await messages.list(id, { limit: pageMax })
      for (const message of data) await this.#unlessGone(() => messages.delete(id, message.id))
      left = data.length > 0
    }
    for (const [table, rows] of Object.entries(personalRows)) {
      const column = conversationColumnOf(rows)
      if (column === undefined || tree.has(table)) continue
      const statement = this.#database.write.deleteFrom(table)
        .where('organization_id', '=', this.#scope.organizationId).where(column, '=', id)
      this.#count(table, await this.#database.run(statement))
    }
    await conversations.update(id, { title: null, metadata: {}, archived: true })
    // Last: until then the conversation is found again.
    await this.#database.run(this.#database.write.updateTable('conversations')
      .set({ user_id: null })
      .where('organization_id', '=', this.#scope.organizationId).where('id', '=', id))
  }

  async #messagesIn(conversationId: string): Promise<number> {
    const query = this.#from('messages').select(({ fn }) => fn.countAll().as('count'))
      .where('conversation_id', '=', conversationId).where('deleted_at', 'is', null)
    return Number((await this.#database.first(query))!.count)
  }

  /** What the person wrote in conversations of others: no index has it, so all are read once. */
  async #writings(): Promise<void> {
    const query = this.#from('messages').select(['conversation_id', 'id'])
      .where('author', '=', this.#actorId).where('deleted_at', 'is', null)
      .orderBy('conversation_id').orderBy('id').limit(pageMax)
    for (let page = query; ;) {
      const rows = await this.#database.all(page)
      for (const { conversation_id: conversation, id } of rows) {
        await this.#unlessGone(() =>
          this.#stores.messages.delete(String(conversation), String(id)))
        this.#count('messages', 1)
      }
      const written = new Set(rows.map(({ conversation_id: id }) => String(id)))
      for (const id of written) await this.#forgetContexts(id)
      if (rows.length < pageMax) return
      const { conversation_id: conversation, id } = rows.at(-1)!
      page = query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('conversation_id', 'id'), '>', tuple(conversation, id)))
    }
  }

  /** Answers kept for repeated calls, whoever made them, that tell of these conversations. */
  async #answers(conversationIds: readonly string[]): Promise<void> {
    const { write } = this.#database
    const tells = (id: string) => sql<boolean>`cast(result as text) like ${`%${id}%`}`
    const statement = write.deleteFrom('idempotency_keys')
      .where('organization_id', '=', this.#scope.organizationId)
      .where(({ or }) => or(conversationIds.map(tells)))
    this.#count('idempotency_keys', await this.#database.run(statement))
  }

  /**
   * Streams, and forks of them, which begin with the same bytes; expired ones as well. Not one by
   * one in their store, since the audit log would keep their paths.
   */
  async #streams(column: string, values: readonly string[]): Promise<void> {
    const query = this.#from('streams').select('id').where(column, 'in', values).limit(pageMax)
    for (;;) {
      const ids = (await this.#database.all(query)).map(({ id }) => String(id))
      if (ids.length === 0) return
      await this.#streams('source_id', ids)
      const { write } = this.#database
      this.#count('streams', await this.#database.run(write.deleteFrom('streams')
        .where('organization_id', '=', this.#scope.organizationId).where('id', 'in', ids)))
    }
  }

  /** One by one in their store, which takes the bytes away that nobody else has. */
  async #attachments(column: string, value: string): Promise<void> {
    const query = this.#from('attachments').select('id').where(column, '=', value).limit(pageMax)
    for (;;) {
      const rows = await this.#database.all(query)
      for (const { id } of rows) {
        await this.#unlessGone(() => this.#stores.attachments.delete(String(id)))
        this.#count('attachments', 1)
      }
      if (rows.length === 0) return
    }
  }

  async #unlessGone(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!gone.some((kind) => error instanceof kind)) throw error
    }
  }

  #count(table: string, rows: number): void {
    const { erased } = this.#scope
    erased[table] = (erased[table] ?? 0) + rows
  }

  #from(table: string) {
    return this.#database.write.selectFrom(table)
      .where('organization_id', '=', this.#scope.organizationId)
  }

  get #database(): Database<AnyTables> {
    return this.#parts.database.within([this.#scope.organizationId])
  }

  get #stores() {
    return this.#parts.stores(this.#scope.organizationId)
  }
}
