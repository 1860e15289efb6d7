import { type Migration } from '../migrate.js'

const tables = [
  'attachment_chunks', 'attachments', 'attachment_contents', 'attachment_blobs',
]

/** Attachments, their contents by hash, and the blobs behind those. */
export const attachments: Migration = {
  name: '0025_attachments',
  async up(schema) {
    // A blob outlives its organization until the sweep has taken its bytes away.
    await schema.createTable('attachment_blobs', `
      organization_id {id} not null,
      id {id} not null,
      storage {text} not null,
      state {text} not null,
      sha256 {text},
      size {integer},
      media_type {text},
      created_at {instant} not null,
      sweep_after {instant} not null,
      primary key (organization_id, id)`)
    await schema.execute(`
      create index attachment_blobs_unkept on attachment_blobs (sweep_after) where state <> 'kept'`)
    await schema.createTable('attachment_contents', `
      organization_id {id} not null,
      sha256 {text} not null,
      blob_id {id} not null,
      size {integer} not null,
      media_type {text} not null,
      created_at {instant} not null,
      primary key (organization_id, sha256),
      foreign key (organization_id, blob_id)
        references attachment_blobs (organization_id, id) on delete cascade`)
    await schema.execute(`
      create index attachment_contents_blob on attachment_contents (organization_id, blob_id)`)
    await schema.createTable('attachments', `
      organization_id {id} not null,
      id {id} not null,
      conversation_id {id},
      user_id {id} references users (id) on delete set null,
      name {text} not null,
      declared_type {text},
      declared_size {integer},
      declared_sha256 {text},
      state {text} not null,
      blob_id {id},
      sha256 {text},
      created_at {instant} not null,
      completed_at {instant},
      expires_at {instant},
      primary key (organization_id, id),
      foreign key (organization_id) references organizations (id) on delete cascade,
      foreign key (organization_id, conversation_id)
        references conversations (organization_id, id) on delete cascade,
      foreign key (organization_id, sha256)
        references attachment_contents (organization_id, sha256)`)
    await schema.execute(`
      create index attachments_content on attachments (organization_id, sha256)
      where sha256 is not null`)
    await schema.execute(`
      create index attachments_conversation on attachments (organization_id, conversation_id, id)
      where conversation_id is not null`)
    await schema.execute(`
      create index attachments_user on attachments (user_id) where user_id is not null`)
    await schema.execute(`
      create index attachments_expiring on attachments (expires_at) where expires_at is not null`)
    await schema.createTable('attachment_chunks', `
      organization_id {id} not null,
      blob_id {id} not null,
      number {integer} not null,
      bytes {bytes} not null,
      primary key (organization_id, blob_id, number),
      foreign key (organization_id, blob_id)
        references attachment_blobs (organization_id, id) on delete cascade`)
    for (const table of tables) await schema.secureTable(table)
  },
  async down(schema) {
    for (const table of tables) await schema.execute(`drop table ${table}`)
  },
}
