import { anyOf, inTurn, messages, numberedId } from '../harness/workload.mjs'
import { openRawSqlite } from './raw-sqlite.mjs'

const firstNumber = 2 ** 40

const insertText = `
  insert into messages (organization_id, conversation_id, id, position, branch, depth,
    parent_message_id, kind, role, content, metadata, tokens_used, revision, created_at)
  values (?, ?, ?, ?, 0, ?, null, 'message', ?, ?, ?, null, 1, ?)`

const countText = `
  update conversations set message_count = message_count + 1, updated_at = ?
  where organization_id = ? and id = ? returning message_count as position`

/**
 * The driver by hand: every call waits for the turn of the event loop to end, then all waiting ones
 * share one transaction. With `sameWork`, the conversation's row hands out the position.
 */
export async function open({ dist, file, organizationId, conversations, sameWork }) {
  const { database, facts } = await openRawSqlite(dist, file, { foreignKeys: sameWork })
  const insert = database.prepare(insertText)
  const count = database.prepare(countText)
  const conversation = anyOf(conversations)
  const message = inTurn(messages(500))
  let number = firstNumber
  let waiting = []

  const write = ({ conversationId, id, role, content, metadata, createdAt }) => {
    const position = sameWork
      ? count.all(createdAt, organizationId, conversationId)[0].position
      : ++number
    insert.run(
      organizationId, conversationId, id, position, position, role, JSON.stringify(content),
      JSON.stringify(metadata), createdAt)
    return { id, position, createdAt }
  }

  const commit = () => {
    const calls = waiting
    waiting = []
    database.exec('begin immediate')
    const results = calls.map(({ row }) => write(row))
    database.exec('commit')
    calls.forEach(({ resolve }, index) => resolve(results[index]))
  }

  const append = (conversationId, given) => new Promise((resolve) => {
    const createdAt = new Date().toISOString()
    const id = numberedId(++number)
    if (waiting.length === 0) setImmediate(commit)
    waiting.push({ row: { ...given, conversationId, id, createdAt }, resolve })
  })

  return {
    operation: () => append(conversation(), message()),
    close: () => database.close(),
    facts,
  }
}
