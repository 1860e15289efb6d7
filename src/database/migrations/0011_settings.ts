import { type Migration } from '../migrate.js'

/** Settings of organizations and of their users; the owner is one of the two. */
export const settings: Migration = {
  name: '0011_settings',
  async up(schema) {
    await schema.createTable('settings', `
      organization_id {id} not null references organizations (id) on delete cascade,
      owner_id {id} not null,
      user_id {id} references users (id) on delete cascade,
      document {json} not null,
      sealed {json} not null,
      secret_fields {json} not null,
      revision {integer} not null,
      created_at {instant} not null,
      updated_at {instant} not null,
      primary key (organization_id, owner_id),
      check (owner_id = coalesce(user_id, organization_id))`)
    await schema.execute('create index settings_of_users on settings (user_id)')
  },
  async down(schema) {
    await schema.execute('drop table settings')
  },
}
