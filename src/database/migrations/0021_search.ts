import { type Migration } from '../migrate.js'

const tables = { source: 'messages', terms: 'message_terms', words: 'message_words' }

/** Words of messages, to be searched. Those that are there already get theirs from the indexer. */
export const search: Migration = {
  name: '0021_search',
  async up(schema) {
    await schema.createTable('message_terms', `
      organization_id {id} not null,
      conversation_id {id} not null,
      message_id {id} not null,
      sequence {integer} not null,
      terms {terms} not null,
      primary key (organization_id, message_id)`)
    await schema.createWords(tables)
    await schema.createTable('indexings', `
      name {text} not null primary key,
      place {json},
      messages {integer} not null,
      finished_at {instant}`)
    await schema.execute(`
      insert into indexings (name, messages) select 'messages', 0
      where exists (select 1 from messages)`)
  },
  async down(schema) {
    await schema.execute('drop table indexings')
    await schema.dropWords(tables)
  },
}
