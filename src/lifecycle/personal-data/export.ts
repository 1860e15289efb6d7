import { AttachmentNotFound } from '../../attachments/index.js'
import { type Database } from '../../database/database.js'
import { type JsonValue } from '../../database/json.js'
import { decodeRow, type Table } from '../../database/table.js'
import { InvalidInput } from '../../errors.js'
import { isUuid } from '../../ids.js'
import { countOfNext } from '../transfer/fitting.js'
import { rowsOf, withheld } from './catalogue.js'
import { type AnyTables, type PersonalDataParts } from './parts.js'

/** One line of an export. */
export type PersonalLine = Readonly<Record<string, JsonValue>> & {
  readonly type: 'person' | 'row' | 'bytes' | 'end'
}

/** Rows read at once. */
const pageMax = 200

/** Conversations of which it is asked at once whether they have rows. */
const begunMax = 100

/** How the rows of one table are found. */
interface Search {
  readonly table: Table
  /** What columns must hold. */
  readonly where: Readonly<Record<string, string>>
  /** Columns that tell rows apart and in whose order they come. @default the primary key */
  readonly order?: readonly string[] | undefined
}

/** Some conversations of one organization that the person began. */
interface Begun {
  readonly organizationId: string
  readonly ids: readonly string[]
}

/** Whose rows are exported. */
interface Person {
  readonly id: string
  readonly begun: readonly Begun[]
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
  const whose = { id: person, begun: await begunBy(database, person) }
  yield { type: 'person', format: 'holdfast-person-1', user_id: person }
  for (const table of tables) {
    for await (const row of personRows(database, table, whose)) {
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

async function* personRows(database: Database<AnyTables>, table: Table, person: Person): Lines {
  const rows = rowsOf(table)
  if (rows.is === 'impersonal' || rows.is === 'ofRow') return
  if (rows.is !== 'ofConversation') {
    const isActor = rows.is === 'own' && rows.holds === 'actor'
    const value = isActor ? `user:${person.id}` : person.id
    const order = rows.is === 'own' ? rows.order : undefined
    yield* found(database, { table, where: { [rows.column]: value }, order })
    if (rows.is !== 'own' || rows.isExportedWithConversation !== true) return
    const search = { table, column: rows.conversation!, order }
    for await (const row of inBegun(database, person, search)) {
      if (row[rows.column] !== value) yield row
    }
    return
  }
  if (table.name === 'conversations') {
    return yield* found(database, { table, where: { user_id: person.id } })
  }
  yield* inBegun(database, person, { table, column: rows.column })
  if (table.name !== 'messages') return
  const own = new Set(person.begun.flatMap(({ ids }) => ids))
  const written = found(database, { table, where: { author: `user:${person.id}` } })
  for await (const row of written) if (!own.has(String(row.conversation_id))) yield row
}

/** Rows of the conversations that the person began. */
async function* inBegun(
  database: Database<AnyTables>,
  { begun }: Person,
  { table, column, order }: Pick<Search, 'table' | 'order'> & { readonly column: string },
): Lines {
  for (const { organizationId, ids } of begun) {
    const having = await database.all(database.write.selectFrom(table.name).distinct()
      .select(column).where('organization_id', '=', organizationId).where(column, 'in', ids)
      .orderBy(column))
    for (const row of having) {
      // Without the organization no index has them.
      const where = { organization_id: organizationId, [column]: String(row[column]) }
      yield* found(database, { table, where, order })
    }
  }
}

async function begunBy(database: Database<AnyTables>, person: string): Promise<Begun[]> {
  const rows = await database.all(database.write.selectFrom('conversations')
    .select(['organization_id', 'id']).where('user_id', '=', person)
    .orderBy('organization_id').orderBy('id'))
  const all: { organizationId: string; ids: string[] }[] = []
  for (const { organization_id, id } of rows) {
    const organizationId = String(organization_id)
    const last = all.at(-1)
    if (last?.organizationId === organizationId && last.ids.length < begunMax) {
      last.ids.push(String(id))
    } else {
      all.push({ organizationId, ids: [String(id)] })
    }
  }
  return all
}

/** Rows in their order, page by page; large ones are few of a page. */
async function* found(database: Database<AnyTables>, { table, where, order }: Search): Lines {
  // What all have alike is not compared again: an index is entered by what follows it.
  const key = (order ?? table.primaryKey).filter((column) => where[column] === undefined)
  for (let after: readonly unknown[] | undefined; ;) {
    let query = database.write.selectFrom(table.name)
    for (const [column, value] of Object.entries(where)) query = query.where(column, '=', value)
    for (const column of key) query = query.orderBy(column)
    if (after !== undefined) {
      const last = after
      query = query.where(({ eb, refTuple, tuple }) => key.length === 1
        ? eb(key[0]!, '>', last[0])
        : eb(refTuple(...(key as [string, string])), '>', tuple(...(last as [string, string]))))
    }
    const count = await countOfNext(database, table, { query, rowsMax: pageMax })
    if (count === 0) return
    const rows = await database.all(query.selectAll().limit(count))
    for (const row of rows) yield presented(table, row)
    // Of a whole key there is one row.
    if (rows.length === 0 || key.length === 0) return
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
