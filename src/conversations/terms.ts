import { millisecondsOf } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Engine, type WordTables } from '../database/engine.js'
import { indexWordsOf } from '../search/index.js'
import { messages as table } from './tables.js'

/** Where the words of messages are. */
export const wordTables: WordTables = {
  source: 'messages', terms: 'message_terms', words: 'message_words',
  progress: 'search_progress', dirty: 'search_dirty', horizon: 'search_horizon',
}

const marksCount = 36 ** 3

/** Stands before each word of an organization: three characters, most often its own. */
export function markOf(organizationId: string): string {
  const number = Number.parseInt(organizationId.slice(-8), 16) % marksCount
  return number.toString(36).padStart(3, '0')
}

/** What is kept of a stored message for search; undefined when it says nothing. */
export function termsOf(engine: Engine, row: Readonly<Record<string, unknown>>) {
  const { organization_id: organizationId, id } = row
  const content = table.columns.content.decode(row.content)
  const terms = engine.words.encode(indexWordsOf(content), markOf(String(organizationId)))
  if (terms === null) return undefined
  const createdAt = table.columns.createdAt.decode(row.created_at)
  return {
    terms,
    created_at: row.created_at as Stored<'instant'>,
    sequence: engine.words.sequence(millisecondsOf(createdAt), String(id)),
  }
}
