import { type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database, type Placeholder, prepare } from '../database/database.js'
import { type Statement } from '../database/engine.js'
import { type ConversationTables, messages as table } from './tables.js'
import { type StoredMessage } from './tree-place.js'

/** Bytes of content or of metadata from which a message is read by itself. */
const longFrom = 256 * 1024

const heavy: ReadonlySet<string> = new Set(['content', 'metadata'])

/**
 * What a page reads of the messages `m` at first: null in place of what is long, so that no more of
 * it is held than one answer takes.
 */
export const shortened = (columns: readonly string[] = table.columnNames): RawBuilder<unknown> =>
  sql.join(columns.map((column) => {
    const value = sql.ref(`m.${column}`)
    return heavy.has(column)
      ? sql`case when octet_length(cast(${value} as text)) <= ${sql.lit(longFrom)}
          then ${value} end as ${sql.ref(column)}`
      : value
  }))

interface MessageName {
  organization: Stored<'id'>
  conversation: Stored<'id'>
  id: Stored<'id'>
}

/** Whether the row is whole already. */
export const isShort = ({ content, metadata }: StoredMessage): boolean =>
  content !== null && metadata !== null

/** Characters of a whole row. */
export const lengthOf = ({ content, metadata }: StoredMessage): number =>
  String(content).length + String(metadata).length

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
      if (fitting.length === limit) return { fitting, more: true }
      const whole = await this.whole(database, row, {
        organization: row.organization_id as Stored<'id'>,
        conversation: row.conversation_id as Stored<'id'>,
      })
      if (whole?.deleted_at !== null) continue
      length += lengthOf(whole)
      if (fitting.length > 0 && length > lengthMax) return { fitting, more: true }
      fitting.push(whole)
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
    if (isShort(row)) return row
    const { rows } = await database.execute(this.#whole({ ...of, id: row.id as Stored<'id'> }))
    return rows[0]
  }
}
