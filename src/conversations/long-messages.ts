import { type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database, type Placeholder, prepare } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { type ConversationTables, messages as table } from './tables.js'
import { type StoredMessage } from './tree-place.js'

/** Bytes of content or of metadata from which a message is read by itself. */
const longFrom = 256 * 1024

const bytesOf = (column: 'content' | 'metadata') =>
  sql`octet_length(cast(${sql.ref(`m.${column}`)} as text))`

const isLong = sql`(${bytesOf('content')} > ${sql.lit(longFrom)}
  or ${bytesOf('metadata')} > ${sql.lit(longFrom)})`

/**
 * What a page reads of the messages `m` at first: of long ones only how many bytes they have, so
 * that no more of them is held than one answer takes.
 */
export const shortened = (columns: readonly string[] = table.columnNames): RawBuilder<unknown> =>
  sql.join([
    ...columns.map((column) => (column === 'content' || column === 'metadata'
      ? sql`case when ${isLong} then null else ${sql.ref(`m.${column}`)} end as ${sql.ref(column)}`
      : sql.ref(`m.${column}`))),
    sql`case when ${isLong} then ${bytesOf('content')} + ${bytesOf('metadata')} end as long_bytes`,
  ])

interface MessageName {
  organization: Stored<'id'>
  conversation: Stored<'id'>
  id: Stored<'id'>
}

/** Characters of a row; of a long one that was not read yet, its bytes. */
export const lengthOf = (row: StoredMessage): number => (row.long_bytes == null
  ? String(row.content).length + String(row.metadata).length : Number(row.long_bytes))

/** Reads long messages, one by one. */
export class LongMessages {
  readonly #whole: (given: MessageName) => Statement

  constructor({ write }: Database<ConversationTables>) {
    this.#whole = prepare<MessageName>('messages_whole', (slot: Placeholder<MessageName>) =>
      write.selectFrom('messages').selectAll()
        .where('organization_id', '=', slot('organization'))
        .where('conversation_id', '=', slot('conversation'))
        .where('id', '=', slot('id')))
  }

  /** As many of the rows as fit into one answer, and whether more are left. */
  async fitting(
    database: Database<ConversationTables>,
    rows: readonly StoredMessage[],
    { limit, lengthMax }: { readonly limit: number; readonly lengthMax: number },
  ): Promise<{ readonly fitting: StoredMessage[]; readonly more: boolean }> {
    const fitting: StoredMessage[] = []
    let length = 0
    for (const row of rows) {
      length += lengthOf(row)
      const isFull = fitting.length === limit || (fitting.length > 0 && length > lengthMax)
      if (isFull) return { fitting, more: true }
      const whole = await this.whole(database, row, {
        organization: row.organization_id as Stored<'id'>,
        conversation: row.conversation_id as Stored<'id'>,
      })
      if (whole?.deleted_at === null) fitting.push(whole)
    }
    // One that is gone since leaves its place to another, which says nothing of what is behind.
    return { fitting, more: rows.length > limit && fitting.length > 0 }
  }

  /** The whole of a row; undefined when its message is gone since. */
  async whole(
    database: Database<ConversationTables>,
    row: StoredMessage,
    of: Omit<MessageName, 'id'>,
  ): Promise<StoredMessage | undefined> {
    if (row.long_bytes == null) return row
    const { rows } = await database.execute(this.#whole({ ...of, id: row.id as Stored<'id'> }))
    return rows[0]
  }
}
