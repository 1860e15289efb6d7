import { type Migration } from '../migrate.js'

/**
 * Lists of conversations show the living or the archived ones, and read no others. What is looked
 * up by its key uses the key alone, also in a database so young that its planner knows nothing of
 * the rows: to it, an index of parts of the table is none for a lookup that may want any row.
 */
export const archivedApart: Migration = {
  name: '0053_archived_apart',
  async up(schema) {
    await schema.execute('drop index conversations_recent')
    await schema.execute('drop index conversations_recent_of_user')
    await schema.execute(`create index conversations_recent on conversations
      (organization_id, created_at, id) where archived_at is null`)
    await schema.execute(`create index conversations_archived on conversations
      (organization_id, created_at, id) where archived_at is not null`)
    await schema.execute(`create index conversations_recent_of_user on conversations
      (organization_id, user_id, created_at, id, archived_at) where user_id is not null`)
  },
  async down(schema) {
    await schema.execute('drop index conversations_recent_of_user')
    await schema.execute('drop index conversations_archived')
    await schema.execute('drop index conversations_recent')
    await schema.execute(`create index conversations_recent on conversations
      (organization_id, created_at, id)`)
    await schema.execute(`create index conversations_recent_of_user on conversations
      (organization_id, user_id, created_at, id)`)
  },
}
