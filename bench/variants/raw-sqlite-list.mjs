import { anyOf } from '../harness/workload.mjs'
import { openRawSqlite } from './raw-sqlite.mjs'

const text = `
  select organization_id, conversation_id, id, position, depth, parent_message_id, kind, role,
    content, metadata, author, model, tokens_used, cost_usd, revision, created_at
  from messages
  where organization_id = ? and conversation_id = ? and position > ? and deleted_at is null
  order by position limit 50`

/** The driver by hand: rows as they come, their JSON parsed. */
export async function open({ dist, file, organizationId, conversations }) {
  const { database, facts } = await openRawSqlite(dist, file, { foreignKeys: true })
  const page = database.prepare(text)
  const conversation = anyOf(conversations)
  return {
    async operation() {
      const rows = page.all(organizationId, conversation(), 0)
      for (const row of rows) {
        row.content = JSON.parse(row.content)
        row.metadata = JSON.parse(row.metadata)
      }
      if (rows.length !== 50) throw new Error(`a page of ${rows.length}`)
    },
    close: () => database.close(),
    facts,
  }
}
