import { type Migration } from '../migrate.js'

/** Organizations, users, memberships, login sessions, service tokens. */
export const identity: Migration = {
  name: '0001_identity',
  async up(schema) {
    await schema.createTable('organizations', `
      id {id} not null primary key,
      slug {text} not null unique,
      name {text} not null,
      created_at {instant} not null,
      updated_at {instant} not null`)
    await schema.createTable('users', `
      id {id} not null primary key,
      email {text} not null,
      email_key {text} not null unique,
      display_name {text},
      password_hash {text},
      active {flag} not null,
      created_at {instant} not null,
      updated_at {instant} not null,
      last_login_at {instant}`)
    await schema.createTable('organization_memberships', `
      organization_id {id} not null references organizations (id) on delete cascade,
      user_id {id} not null references users (id) on delete cascade,
      role {text} not null check (role in ('owner', 'admin', 'member')),
      created_at {instant} not null,
      primary key (organization_id, user_id)`)
    await schema.execute(
      'create index organization_memberships_user on organization_memberships (user_id)')
    await schema.createTable('login_sessions', `
      id {id} not null primary key,
      user_id {id} not null references users (id) on delete cascade,
      token_hash {text} not null unique,
      created_at {instant} not null,
      expires_at {instant} not null,
      revoked_at {instant},
      ip_address {text},
      user_agent {text}`)
    await schema.execute('create index login_sessions_user on login_sessions (user_id)')
    await schema.createTable('service_tokens', `
      id {id} not null primary key,
      organization_id {id} not null references organizations (id) on delete cascade,
      user_id {id} references users (id) on delete set null,
      name {text} not null,
      token_hash {text} not null unique,
      scopes {json} not null,
      created_at {instant} not null,
      expires_at {instant},
      revoked_at {instant}`)
    await schema.execute(
      'create index service_tokens_organization on service_tokens (organization_id, id)')
  },
  async down(schema) {
    for (const name of [
      'service_tokens', 'login_sessions', 'organization_memberships', 'users', 'organizations',
    ]) {
      await schema.execute(`drop table ${name}`)
    }
  },
}
