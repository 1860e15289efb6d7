import { type Migration } from '../migrate.js'

const additions = {
  organizations: [
    'rate_limit {integer}',
    'rate_window_seconds {integer}',
    'revision {integer} not null default 1',
  ],
  service_tokens: [
    'revoked_reason {text}',
    'allowed_ip_ranges {json}',
    'rate_limit {integer}',
    'rate_window_seconds {integer}',
    'previous_token_hash {text}',
    'previous_expires_at {instant}',
    'rotated_at {instant}',
    'use_count {integer} not null default 0',
    'last_used_at {instant}',
    'last_used_ip {text}',
    'revision {integer} not null default 1',
  ],
} as const

/** Personal organizations, invitations, a person's default; limits, rotation and use of tokens. */
export const organizations: Migration = {
  name: '0010_organizations',
  async up(schema) {
    for (const [table, columns] of Object.entries(additions)) {
      for (const column of columns) {
        await schema.execute(`alter table ${table} add column ${column}`)
      }
    }
    await schema.execute(
      'create unique index service_tokens_previous on service_tokens (previous_token_hash)')
    await schema.createTable('personal_organizations', `
      user_id {id} not null primary key references users (id) on delete cascade,
      organization_id {id} not null unique references organizations (id) on delete cascade`)
    await schema.createTable('default_organizations', `
      user_id {id} not null primary key,
      organization_id {id} not null,
      foreign key (organization_id, user_id)
        references organization_memberships (organization_id, user_id) on delete cascade`)
    await schema.execute(
      'create index default_organizations_membership on default_organizations ' +
      '(organization_id, user_id)')
    await schema.createTable('invitations', `
      id {id} not null primary key,
      organization_id {id} not null references organizations (id) on delete cascade,
      email {text} not null,
      email_key {text} not null,
      role {text} not null check (role in ('owner', 'admin', 'member')),
      token_hash {text} not null unique,
      invited_by {id} references users (id) on delete set null,
      created_at {instant} not null,
      expires_at {instant} not null,
      unique (organization_id, email_key)`)
    await schema.execute('create index invitations_listed on invitations (organization_id, id)')
    await schema.execute('create index invitations_inviter on invitations (invited_by)')
  },
  async down(schema) {
    await schema.execute('drop table invitations')
    await schema.execute('drop table default_organizations')
    await schema.execute('drop table personal_organizations')
    await schema.execute('drop index service_tokens_previous')
    for (const [table, columns] of Object.entries(additions)) {
      for (const column of columns) {
        await schema.execute(`alter table ${table} drop column ${column.split(' ')[0]}`)
      }
    }
  },
}
