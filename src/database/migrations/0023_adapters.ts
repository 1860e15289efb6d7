import { type Migration } from '../migrate.js'

/**
 * What adapters of other frameworks need: ids come from outside, so that conversations are listed
 * by the time when they began; and the stream being written belongs to its conversation.
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
  },
  async down(schema) {
    await schema.execute(
      'create index conversations_user on conversations (organization_id, user_id, id)')
    await schema.execute('drop index conversations_recent_of_user')
    await schema.execute('drop index conversations_recent')
    await schema.execute('alter table conversations drop column active_stream')
  },
}
