import { type Migration } from '../migrate.js'

/** Conversations and their messages. The conversation's row hands out the positions. */
export const conversations: Migration = {
  name: '0003_conversations',
  async up(schema) {
    await schema.createTable('conversations', `
      organization_id {id} not null references organizations (id) on delete cascade,
      id {id} not null,
      user_id {id} references users (id) on delete set null,
      title {text},
      metadata {json} not null,
      message_count {integer} not null,
      revision {integer} not null,
      created_at {instant} not null,
      updated_at {instant} not null,
      archived_at {instant},
      primary key (organization_id, id)`)
    await schema.execute(
      'create index conversations_user on conversations (organization_id, user_id, id)')
    await schema.createTable('messages', `
      organization_id {id} not null,
      conversation_id {id} not null,
      id {id} not null,
      position {integer} not null,
      parent_message_id {id},
      role {text} not null,
      content {json} not null,
      metadata {json} not null,
      tokens_used {integer},
      revision {integer} not null,
      created_at {instant} not null,
      deleted_at {instant},
      primary key (organization_id, conversation_id, id),
      unique (organization_id, conversation_id, position),
      foreign key (organization_id, conversation_id)
        references conversations (organization_id, id) on delete cascade,
      foreign key (organization_id, conversation_id, parent_message_id)
        references messages (organization_id, conversation_id, id)`)
    await schema.execute(
      `create index messages_parent on messages
         (organization_id, conversation_id, parent_message_id)
       where parent_message_id is not null`)
  },
  async down(schema) {
    await schema.execute('drop table messages')
    await schema.execute('drop table conversations')
  },
}
