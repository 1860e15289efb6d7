import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { isShort, lengthOf } from './long-messages.js'
import { type MessageLog, pageLengthMax } from './message-log.js'
import { type ConversationTables } from './tables.js'
import { beneath, integer, type Start, type StoredMessage } from './tree-place.js'

const rowsMax = 64

/** Living rows of a path. */
export interface Found {
  readonly rows: StoredMessage[]
  /** Where the next page begins; undefined at the end. */
  readonly next: Start | undefined
}

type Fetch = (from: Start, count: number) => Promise<{
  readonly rows: StoredMessage[]
  readonly isLast: boolean
  after(row: StoredMessage): Start
}>

/** Reads the messages of a path, a page at a time. */
export class PathReader {
  readonly #log: MessageLog
  readonly #database: Database<ConversationTables>
  readonly #organizationId: Stored<'id'>

  constructor(
    log: MessageLog,
    organizationId: Stored<'id'>,
    database: Database<ConversationTables>,
  ) {
    this.#log = log
    this.#organizationId = organizationId
    this.#database = database
  }

  /** Living rows toward the root, at most `limit`, fewer when they grow too long for one answer. */
  async up(start: Start, limit: number): Promise<Found> {
    return this.#collect(limit, start, async (from, count) => {
      const { rows } = await this.#database.execute(this.#log.tree.upward({
        ...from, above: integer(0), rows_max: integer(count), organization_id: this.#organizationId,
      }))
      return { rows, isLast: rows.length < count, after: (row) => beneath(row, -1) }
    })
  }

  /** Living rows from above a depth toward the leaf. */
  async down(start: Start, limit: number): Promise<Found> {
    return this.#collect(limit, start, async (from, count) => {
      const { rows } = await this.#database.execute(this.#log.tree.downward({
        ...from, above: integer(from.above), rows_max: integer(count),
        organization_id: this.#organizationId,
      }))
      const after = (row: StoredMessage) => ({ ...start, above: Number(row.depth) })
      return { rows, isLast: rows.length < count, after }
    })
  }

  async #collect(limit: number, start: Start, fetch: Fetch): Promise<Found> {
    const rows: StoredMessage[] = []
    let from = start
    let length = 0
    for (;;) {
      const count = Math.min(limit + 1 - rows.length, rowsMax)
      const fetched = await fetch(from, count)
      for (const row of fetched.rows) {
        if (row.deleted_at !== null) continue
        if (rows.length === limit) return { rows, next: fetched.after(rows.at(-1)!) }
        const whole = isShort(row) ? row : await this.#log.long.whole(this.#database, row, {
          organization: this.#organizationId,
          conversation: row.conversation_id as Stored<'id'>,
        })
        if (whole?.deleted_at !== null) continue
        length += lengthOf(whole)
        const isFull = rows.length > 0 && length > pageLengthMax
        if (isFull) return { rows, next: fetched.after(rows.at(-1)!) }
        rows.push(whole)
      }
      if (fetched.isLast) return { rows, next: undefined }
      from = fetched.after(fetched.rows.at(-1)!)
    }
  }
}
