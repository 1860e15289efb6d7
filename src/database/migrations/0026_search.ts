import { type Migration } from '../migrate.js'

export const searchTables = {
  source: 'messages', terms: 'message_terms', words: 'message_words',
  progress: 'search_progress', dirty: 'search_dirty', horizon: 'search_horizon',
}

/**
 * Words of messages, to be searched; an indexer takes them, behind the appends. A later migration
 * that makes the table of messages anew has to make the triggers anew and to empty the horizon.
 */
export const search: Migration = {
  name: '0026_search',
  async up(schema) {
    await schema.createTable('search_progress', `
      organization_id {id} not null,
      conversation_id {id} not null,
      position {integer} not null,
      version {integer} not null,
      claim {id},
      primary key (organization_id, conversation_id),
      foreign key (organization_id, conversation_id)
        references conversations (organization_id, id) on delete cascade`)
    await schema.secureTable('search_progress')
    await schema.createTable('search_dirty', `
      organization_id {id} not null,
      conversation_id {id} not null,
      message_id {id} not null,
      primary key (organization_id, conversation_id, message_id),
      foreign key (organization_id, conversation_id)
        references search_progress (organization_id, conversation_id) on delete cascade`)
    await schema.secureTable('search_dirty')
    await schema.createTable('search_horizon', `
      name {text} not null primary key,
      of_organization_id {id},
      of_conversation_id {id},
      message_id {id}`)
    await schema.execute(`insert into search_horizon (name) values ('messages')`)
    await schema.createTable('message_terms', `
      organization_id {id} not null,
      conversation_id {id} not null,
      message_id {id} not null,
      created_at {instant} not null,
      sequence {integer} not null,
      terms {terms} not null,
      primary key (organization_id, conversation_id, message_id),
      foreign key (organization_id, conversation_id)
        references search_progress (organization_id, conversation_id) on delete cascade`)
    await schema.createWords(searchTables)
  },
  async down(schema) {
    await schema.dropWords(searchTables)
    await schema.execute('drop table search_horizon')
    await schema.execute('drop table search_dirty')
    await schema.execute('drop table search_progress')
  },
}
