import { type Migration } from '../migrate.js'

/**
 * What adapters of other frameworks need: ids come from outside, so that conversations are listed
 * by the time when they began; the stream being written belongs to its conversation; and ChatKit
 * has threads with times of their own and attachments that may have no thread yet.
 */
export const adapters: Migration = {
  name: '0023_adapters',
  async up(schema) {
    await schema.execute('alter table conversations add column active_stream {text}')
    await schema.execute(`create index conversations_recent on conversations
      (organization_id, created_at, id)`)
    await schema.execute(`create index conversations_recent_of_user on conversations
      (organization_id, user_id, created_at, id)`)
    await schema.execute('drop index conversations_user')
    await schema.createTable('chatkit_threads', `
      organization_id {id} not null,
      conversation_id {id} not null,
      thread_id {text} not null,
      created_at {instant} not null,
      updated_at {instant} not null,
      thread {json} not null,
      primary key (organization_id, conversation_id),
      foreign key (organization_id, conversation_id)
        references conversations (organization_id, id) on delete cascade`)
    await schema.execute(`create index chatkit_threads_recent on chatkit_threads
      (organization_id, created_at, thread_id)`)
    await schema.createTable('chatkit_attachments', `
      organization_id {id} not null references organizations (id) on delete cascade,
      attachment_id {text} not null,
      conversation_id {id},
      updated_at {instant} not null,
      attachment {json} not null,
      primary key (organization_id, attachment_id),
      foreign key (organization_id, conversation_id)
        references conversations (organization_id, id) on delete cascade`)
    await schema.execute(`create index chatkit_attachments_thread on chatkit_attachments
      (organization_id, conversation_id)`)
    await schema.secureTable('chatkit_threads')
    await schema.secureTable('chatkit_attachments')
  },
  async down(schema) {
    await schema.execute('drop table chatkit_attachments')
    await schema.execute('drop table chatkit_threads')
    await schema.execute(
      'create index conversations_user on conversations (organization_id, user_id, id)')
    await schema.execute('drop index conversations_recent_of_user')
    await schema.execute('drop index conversations_recent')
    await schema.execute('alter table conversations drop column active_stream')
  },
}
