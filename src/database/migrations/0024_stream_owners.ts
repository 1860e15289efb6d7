import { type Migration } from '../migrate.js'

/** Who made a stream, so that what belongs to one person can be found. */
export const streamOwners: Migration = {
  name: '0024_stream_owners',
  async up(schema) {
    await schema.execute('alter table streams add column created_by {text}')
    await schema.execute(`create index streams_created_by on streams (organization_id, created_by)
      where created_by is not null`)
    await schema.execute(`create index streams_conversation
      on streams (organization_id, conversation_id) where conversation_id is not null`)
  },
  async down(schema) {
    await schema.execute('drop index streams_conversation')
    await schema.execute('drop index streams_created_by')
    await schema.execute('alter table streams drop column created_by')
  },
}
