import { type Migration } from '../migrate.js'

/** Append-only streams of bytes, their chunks, and how far each producer has come. */
export const streams: Migration = {
  name: '0016_streams',
  async up(schema) {
    await schema.createTable('streams', `
      organization_id {id} not null references organizations (id) on delete cascade,
      id {id} not null,
      path {text} not null,
      content_type {text} not null,
      media_type {text} not null,
      tail {integer} not null,
      sequence {text},
      closed {flag} not null,
      closed_by {text},
      failure {text},
      ttl_seconds {integer},
      expires_at {instant},
      source_id {id},
      source_offset {integer},
      source_sub_offset {integer},
      last_append {id},
      conversation_id {id},
      message_id {id},
      created_at {instant} not null,
      updated_at {instant} not null,
      deleted_at {instant},
      primary key (organization_id, id),
      unique (organization_id, path)`)
    await schema.execute(
      'create index streams_expiry on streams (expires_at) where expires_at is not null')
    await schema.execute(
      `create index streams_source on streams (organization_id, source_id)
       where source_id is not null`)
    await schema.execute(
      'create index streams_deleted on streams (organization_id) where deleted_at is not null')
    await schema.createTable('stream_chunks', `
      organization_id {id} not null,
      stream_id {id} not null,
      end_offset {integer} not null,
      data {bytes} not null,
      primary key (organization_id, stream_id, end_offset),
      foreign key (organization_id, stream_id)
        references streams (organization_id, id) on delete cascade`)
    await schema.createTable('stream_producers', `
      organization_id {id} not null,
      stream_id {id} not null,
      producer_id {text} not null,
      epoch {integer} not null,
      last_seq {integer} not null,
      primary key (organization_id, stream_id, producer_id),
      foreign key (organization_id, stream_id)
        references streams (organization_id, id) on delete cascade`)
    await schema.secureTable('streams')
    await schema.secureTable('stream_chunks')
    await schema.secureTable('stream_producers')
  },
  async down(schema) {
    await schema.execute('drop table stream_producers')
    await schema.execute('drop table stream_chunks')
    await schema.execute('drop table streams')
  },
}
