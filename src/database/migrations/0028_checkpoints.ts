import { type Migration, type SchemaEditor } from '../migrate.js'

const tables = [
  'checkpoint_chunks', 'checkpoint_writes', 'checkpoints', 'checkpoint_heads', 'checkpoint_threads',
  'checkpoint_policies', 'checkpoint_keys',
]

async function policies(schema: SchemaEditor): Promise<void> {
  await schema.createTable('checkpoint_policies', `
    organization_id {id} not null references organizations (id) on delete cascade,
    keep_last {integer},
    keep_days {integer},
    encrypts {flag} not null,
    swept_at {instant},
    updated_at {instant} not null,
    primary key (organization_id)`)
  await schema.createTable('checkpoint_keys', `
    organization_id {id} not null references organizations (id) on delete cascade,
    id {id} not null,
    sealed {json} not null,
    created_at {instant} not null,
    primary key (organization_id, id)`)
}

/** Threads of checkpoints, their heads, what tasks wrote, and the bytes of values apart. */
export const checkpoints: Migration = {
  name: '0028_checkpoints',
  async up(schema) {
    await schema.createTable('checkpoint_threads', `
      organization_id {id} not null references organizations (id) on delete cascade,
      number {integer} not null,
      thread_id {text} not null,
      fence {integer},
      entry_count {integer} not null,
      created_by {text},
      created_at {instant} not null,
      updated_at {instant} not null,
      primary key (organization_id, number),
      unique (organization_id, thread_id)`)
    await schema.execute(`create index checkpoint_threads_created_by
      on checkpoint_threads (organization_id, created_by) where created_by is not null`)
    await schema.createTable('checkpoint_heads', `
      organization_id {id} not null,
      thread {integer} not null,
      namespace {text} not null,
      head_id {text},
      token {integer},
      primary key (organization_id, thread, namespace),
      foreign key (organization_id, thread)
        references checkpoint_threads (organization_id, number) on delete cascade`)
    await schema.createClusteredTable('checkpoints', `
      organization_id {id} not null,
      thread {integer} not null,
      token {integer} not null,
      created_at {instant} not null,
      is_pinned {flag} not null,
      checkpoint_id {text} not null,
      namespace {text} not null,
      parent_id {text},
      run_id {text},
      ancestor_count {integer},
      refs {json} not null,
      body {bytes} not null,
      metadata {json} not null,
      primary key (organization_id, thread, checkpoint_id, namespace),
      foreign key (organization_id, thread)
        references checkpoint_threads (organization_id, number) on delete cascade`)
    await schema.execute(`create index checkpoints_run
      on checkpoints (organization_id, run_id) where run_id is not null`)
    await schema.createTable('checkpoint_writes', `
      organization_id {id} not null,
      thread {integer} not null,
      number {integer} not null,
      checkpoint_id {text} not null,
      namespace {text} not null,
      body {bytes} not null,
      primary key (organization_id, thread, checkpoint_id, namespace, number),
      foreign key (organization_id, thread)
        references checkpoint_threads (organization_id, number) on delete cascade`)
    await schema.createTable('checkpoint_chunks', `
      organization_id {id} not null,
      thread {integer} not null,
      log {integer} not null,
      start_offset {integer} not null,
      data {bytes} not null,
      primary key (organization_id, thread, log, start_offset),
      foreign key (organization_id, thread)
        references checkpoint_threads (organization_id, number) on delete cascade`)
    await policies(schema)
    for (const table of tables) await schema.secureTable(table)
  },
  async down(schema) {
    for (const table of tables) await schema.execute(`drop table ${table}`)
  },
}
