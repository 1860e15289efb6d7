import { type Migration } from '../migrate.js'

/** Who takes part in conversations, and their summaries. */
export const participants: Migration = {
  name: '0019_participants',
  async up(schema) {
    await schema.indexContainment('conversations_metadata', 'conversations', 'metadata')
    await schema.createTable('conversation_summaries', `
      organization_id {id} not null,
      conversation_id {id} not null,
      text {text} not null,
      up_to_message_id {id},
      up_to_position {integer},
      model {text},
      revision {integer} not null,
      created_at {instant} not null,
      updated_at {instant} not null,
      deleted_at {instant},
      primary key (organization_id, conversation_id),
      foreign key (organization_id, conversation_id)
        references conversations (organization_id, id) on delete cascade`)
    await schema.secureTable('conversation_summaries')
    await schema.createTable('conversation_participants', `
      organization_id {id} not null,
      conversation_id {id} not null,
      participant {text} not null,
      role {text} not null,
      display_name {text},
      metadata {json} not null,
      read_position {integer} not null,
      revision {integer} not null,
      created_at {instant} not null,
      updated_at {instant} not null,
      primary key (organization_id, conversation_id, participant),
      foreign key (organization_id, conversation_id)
        references conversations (organization_id, id) on delete cascade`)
    await schema.execute(`
      create index conversation_participants_of
        on conversation_participants (organization_id, participant, conversation_id)`)
    await schema.secureTable('conversation_participants')
  },
  async down(schema) {
    await schema.execute('drop table conversation_participants')
    await schema.execute('drop table conversation_summaries')
    await schema.execute('drop index if exists conversations_metadata')
  },
}
