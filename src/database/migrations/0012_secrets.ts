import { type Migration } from '../migrate.js'

/** Secrets and the keys over them; no value and no key stands here in clear. */
export const secrets: Migration = {
  name: '0012_secrets',
  async up(schema) {
    await schema.createTable('root_keys', `
      version {integer} not null,
      kid {text} not null unique,
      check_value {text} not null,
      state {text} not null,
      created_at {instant} not null,
      retired_at {instant},
      primary key (version)`)
    await schema.createTable('organization_keys', `
      organization_id {id} not null references organizations (id) on delete cascade,
      version {integer} not null,
      root_kid {text} not null,
      wrapped_key {text} not null,
      state {text} not null,
      uses {integer} not null,
      rotation_id {id},
      created_at {instant} not null,
      replaced_at {instant},
      retired_at {instant},
      primary key (organization_id, version)`)
    await schema.execute(
      `create unique index organization_keys_active on organization_keys (organization_id)
       where state = 'active'`)
    await schema.createTable('secrets', `
      organization_id {id} not null references organizations (id) on delete cascade,
      id {id} not null,
      user_id {id} references users (id) on delete cascade,
      name {text} not null,
      description {text},
      version {integer} not null,
      revision {integer} not null,
      created_at {instant} not null,
      updated_at {instant} not null,
      expires_at {instant},
      primary key (organization_id, id)`)
    await schema.execute(
      `create unique index secrets_of_organization on secrets (organization_id, name)
       where user_id is null`)
    await schema.execute(
      `create unique index secrets_of_user on secrets (organization_id, user_id, name)
       where user_id is not null`)
    await schema.execute(
      'create index secrets_user on secrets (user_id) where user_id is not null')
    await schema.createTable('secret_versions', `
      organization_id {id} not null,
      secret_id {id} not null,
      version {integer} not null,
      key_version {integer} not null,
      envelope {text} not null,
      actor_id {text} not null,
      created_at {instant} not null,
      primary key (organization_id, secret_id, version),
      foreign key (organization_id, secret_id)
        references secrets (organization_id, id) on delete cascade`)
    await schema.execute(
      'create index secret_versions_key on secret_versions (organization_id, key_version)')
    await schema.createTable('key_rotations', `
      organization_id {id} not null,
      id {id} not null,
      kind {text} not null,
      created_at {instant} not null,
      finished_at {instant},
      primary key (organization_id, id)`)
    await schema.execute(
      `create unique index key_rotations_unfinished on key_rotations (organization_id, kind)
       where finished_at is null`)
  },
  async down(schema) {
    for (const table of [
      'key_rotations', 'secret_versions', 'secrets', 'organization_keys', 'root_keys',
    ]) await schema.execute(`drop table ${table}`)
  },
}
