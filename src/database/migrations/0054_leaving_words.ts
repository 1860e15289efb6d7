import { type Migration } from '../migrate.js'
import { searchTables } from './0026_search.js'

/**
 * A conversation goes at once, and its words leave the index behind it, a few at a time: to take
 * out those of 20,000 messages held up all who write to a SQLite file for seconds.
 */
export const leavingWords: Migration = {
  name: '0054_leaving_words',
  async up(schema) {
    await schema.postponeWords(searchTables)
  },
  async down(schema) {
    await schema.hurryWords(searchTables)
  },
}
