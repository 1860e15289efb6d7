import pg from 'pg'
import { anyOf } from '../harness/workload.mjs'

const text = `
  select organization_id, conversation_id, id, position, depth, parent_message_id, kind, role,
    content, metadata, author, model, tokens_used, cost_usd, revision, created_at
  from messages
  where organization_id = $1 and conversation_id = $2 and position > $3 and deleted_at is null
  order by position limit 50`

/** node-postgres as it comes: JSON parsed, moments as Date. */
export async function open({ database, organizationId, conversations }) {
  const pool = new pg.Pool({ connectionString: database, max: 10 })
  const conversation = anyOf(conversations)
  return {
    async operation() {
      const values = [organizationId, conversation(), 0]
      const { rows } = await pool.query({ name: 'page', text, values })
      if (rows.length !== 50) throw new Error(`a page of ${rows.length}`)
    },
    close: () => pool.end(),
  }
}
