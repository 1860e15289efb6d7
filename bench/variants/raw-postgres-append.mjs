import pg from 'pg'
import { anyOf, inTurn, messages, numberedId } from '../harness/workload.mjs'

const firstNumber = 2 ** 40

const text = `
  insert into messages
    (organization_id, conversation_id, id, position, branch, depth, kind, role, content, metadata,
     revision, created_at)
  values ($1, $2, $3, $4, 0, $4, 'message', $5, $6, $7, 1, now())
  returning id, position`

/** node-postgres: a named single-row insert a call, on a pool of 10. */
export async function open({ database, organizationId, conversations }) {
  const pool = new pg.Pool({ connectionString: database, max: 10 })
  const conversation = anyOf(conversations)
  const message = inTurn(messages(500))
  let number = firstNumber
  return {
    async operation() {
      const { role, content, metadata } = message()
      number += 1
      const values = [
        organizationId, conversation(), numberedId(number), number, role, JSON.stringify(content),
        JSON.stringify(metadata),
      ]
      await pool.query({ name: 'append', text, values })
    },
    close: () => pool.end(),
  }
}
