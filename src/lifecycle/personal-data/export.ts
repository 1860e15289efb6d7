import { AttachmentNotFound } from '../../attachments/index.js'
import { type Database } from '../../database/database.js'
import { type JsonValue } from '../../database/json.js'
import { decodeRow, type Table } from '../../database/table.js'
import { InvalidInput } from '../../errors.js'
import { isUuid } from '../../ids.js'
import { rowsOf, withheld } from './catalogue.js'
import { type AnyTables, type PersonalDataParts } from './parts.js'

/** One line of an export. */
export type PersonalLine = Readonly<Record<string, JsonValue>> & {
  readonly type: 'person' | 'row' | 'bytes' | 'end'
}

/** Rows read at once. */
const pageMax = 200

/** How the rows of one table are found. */
interface Search {
  readonly table: Table
  readonly column: string
  readonly value: string
}

/**
 * Everything of one person, row by row in constant memory: `person`, then a `row` for each with its
 * table, and behind an attachment its `bytes` in pieces; at the end the counts. Values of secrets
 * stay sealed and are left out; bytes are base64. Throws InvalidInput, AttachmentUnavailable.
 */
export async function* exportPerson(
  parts: Pick<PersonalDataParts, 'database' | 'tables' | 'stores'>,
  userId: string,
): AsyncGenerator<PersonalLine, void, undefined> {
  if (!isUuid(userId)) throw new InvalidInput('user_id must be a UUID', { field: 'user_id' })
  const person = userId.toLowerCase()
  const counts: Record<string, number> = {}
  const { database, tables } = parts
  yield { type: 'person', format: 'holdfast-person-1', user_id: person }
  for (const table of tables) {
    for await (const row of personRows(database, table, person)) {
      counts[table.name] = (counts[table.name] ?? 0) + 1
      yield { type: 'row', table: table.name, row }
      if (table.name === 'attachments') yield* bytesOf(parts, row)
    }
  }
  yield { type: 'end', rows: counts }
}

/** The bytes of an attachment, unless it is unfinished or was deleted meanwhile. */
async function* bytesOf(
  { stores }: Pick<PersonalDataParts, 'stores'>,
  { id, organization_id: organizationId, state }: { readonly [name: string]: JsonValue },
): AsyncGenerator<PersonalLine, void, undefined> {
  if (state !== 'ready') return
  try {
    const content = await stores(String(organizationId)).attachments.content(String(id))
    let offset = 0
    for await (const piece of content.read()) {
      const bytes = Buffer.from(piece).toString('base64')
      yield { type: 'bytes', attachment_id: String(id), offset, bytes }
      offset += piece.length
    }
  } catch (error) {
    if (!(error instanceof AttachmentNotFound)) throw error
  }
}

type Lines = AsyncGenerator<{ [name: string]: JsonValue }, void, undefined>

async function* personRows(database: Database<AnyTables>, table: Table, person: string): Lines {
  const rows = rowsOf(table)
  if (rows.is === 'impersonal' || rows.is === 'ofRow') return
  if (rows.is !== 'ofConversation') {
    const isActor = rows.is === 'own' && rows.holds === 'actor'
    const value = isActor ? `user:${person}` : person
    yield* found(database, { table, column: rows.column, value })
    if (rows.is !== 'own' || rows.isExportedWithConversation !== true) return
    for (const id of await begunBy(database, person)) {
      const those = found(database, { table, column: rows.conversation!, value: id })
      for await (const row of those) if (row[rows.column] !== value) yield row
    }
    return
  }
  if (table.name === 'conversations') {
    return yield* found(database, { table, column: 'user_id', value: person })
  }
  for (const id of await begunBy(database, person)) {
    yield* found(database, { table, column: rows.column, value: id })
  }
  if (table.name !== 'messages') return
  const own = new Set(await begunBy(database, person))
  for await (const row of found(database, { table, column: 'author', value: `user:${person}` })) {
    if (!own.has(String(row.conversation_id))) yield row
  }
}

/** The conversations that a person began. */
async function begunBy(database: Database<AnyTables>, person: string): Promise<string[]> {
  const rows = await database.all(database.write.selectFrom('conversations').select('id')
    .where('user_id', '=', person))
  return rows.map(({ id }) => String(id))
}

/** Rows by primary key, page by page. */
async function* found(database: Database<AnyTables>, { table, column, value }: Search): Lines {
  const { primaryKey: key, name } = table
  for (let after: readonly unknown[] | undefined; ;) {
    let query = database.write.selectFrom(name).selectAll().where(column, '=', value)
      .limit(pageMax)
    for (const each of key) query = query.orderBy(each)
    if (after !== undefined) {
      const last = after
      query = query.where(({ eb, refTuple, tuple }) => key.length === 1
        ? eb(key[0]!, '>', last[0])
        : eb(refTuple(...(key as [string, string])), '>', tuple(...(last as [string, string]))))
    }
    const rows = await database.all(query)
    for (const row of rows) yield presented(table, row)
    if (rows.length < pageMax) return
    after = key.map((each) => rows.at(-1)![each])
  }
}

function presented(table: Table, row: Record<string, unknown>): { [name: string]: JsonValue } {
  const hidden = new Set(withheld[table.name] ?? [])
  const values = Object.values(decodeRow(table, row as never) as Record<string, unknown>)
  return Object.fromEntries(table.columnNames
    .map((name, index) => [name, plain(values[index])] as const)
    .filter(([name]) => !hidden.has(name)))
}

const plain = (value: unknown): JsonValue =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : (value as JsonValue)
