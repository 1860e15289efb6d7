import { type Migration } from '../migrate.js'

const tables = ['items', 'cache_entries']

/** Long-term memory, and results of work that are kept for a while. */
export const items: Migration = {
  name: '0030_items',
  async up(schema) {
    // The keys are the last indexes made: by them rows are found, also in a young database.
    await schema.createTable('items', `
      organization_id {id} not null,
      namespace {text} not null,
      key {text} not null,
      value {json} not null,
      revision {integer} not null,
      ttl_ms {integer},
      created_at {instant} not null,
      updated_at {instant} not null,
      expires_at {instant},
      written_by {text},
      primary key (organization_id, namespace, key),
      foreign key (organization_id) references organizations (id) on delete cascade`)
    await schema.createTable('cache_entries', `
      organization_id {id} not null,
      namespace {text} not null,
      key {text} not null,
      type {text} not null,
      bytes {bytes} not null,
      created_at {instant} not null,
      expires_at {instant},
      written_by {text},
      primary key (organization_id, namespace, key),
      foreign key (organization_id) references organizations (id) on delete cascade`)
    for (const table of tables) {
      await schema.execute(`
        create index ${table}_expiring on ${table} (expires_at) where expires_at is not null`)
      await schema.execute(`create index ${table}_written_by
        on ${table} (organization_id, written_by) where written_by is not null`)
      await schema.renewKey(table, `${table}_pkey`, ['organization_id', 'namespace', 'key'])
      await schema.secureTable(table)
    }
  },
  async down(schema) {
    for (const table of tables) await schema.execute(`drop table ${table}`)
  },
}
