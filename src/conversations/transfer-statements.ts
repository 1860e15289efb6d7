import { sql } from 'kysely'
import {
  type BatchRow, type Database, type Placeholder, prepare, prepareBatch,
} from '../database/database.js'
import { type RowKinds, type Statement } from '../database/engine.js'
import { type Table } from '../database/table.js'
import { shortened } from './long-messages.js'
import { type PageParameters } from './message-log.js'
import { type ConversationTables, messageBranches, messages } from './tables.js'

type Insert = (rows: readonly BatchRow<RowKinds>[]) => Statement

/** The statements that write a conversation out and in, compiled once for a database. */
export class TransferStatements {
  /** Messages behind a position, erased ones included. */
  readonly page: (given: PageParameters) => Statement
  readonly messages: Insert
  readonly branches: Insert

  constructor(on: Database<ConversationTables>) {
    const build = (parameter: Placeholder<PageParameters>) =>
      on.write
        .selectFrom('messages as m')
        .select(shortened() as never)
        .where('organization_id', '=', parameter('organization'))
        .where('conversation_id', '=', parameter('conversation'))
        .where('position', '>', parameter('from'))
        .orderBy('position')
        .limit(parameter('limit'))
    this.page = prepare<PageParameters>('messages_transfer_page', build)
    this.messages = inserting(on, messages as unknown as Table)
    this.branches = inserting(on, messageBranches as unknown as Table)
  }
}

/** Inserts whole rows. */
function inserting(on: Database<ConversationTables>, table: Table): Insert {
  const kinds = Object.fromEntries(
    Object.values(table.columns).map(({ kind }, index) => [table.columnNames[index]!, kind]))
  const names = sql.join(table.columnNames.map((name) => sql.ref(name)))
  return prepareBatch(on.as<never>(), {
    name: `${table.name}_transfer`,
    kinds,
    build: (rows) => sql`
      insert into ${sql.table(table.name)} (${names}) select ${names} from ${rows} as b`,
  })
}
