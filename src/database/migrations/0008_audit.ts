import { type Migration } from '../migrate.js'

/** Who did what. No foreign keys: what is told outlives those it tells of. */
export const audit: Migration = {
  name: '0008_audit',
  async up(schema) {
    await schema.createTable('audit_events', `
      id {id} not null,
      organization_id {id} not null,
      recorded_at {instant} not null,
      actor_id {text} not null,
      user_id {id},
      action {text} not null,
      resource_kind {text} not null,
      resource_id {text},
      outcome {text} not null,
      request_id {text},
      ip_address {text},
      user_agent {text},
      details {json} not null,
      sequence {integer},
      hash {text},
      primary key (id)`)
    await schema.execute(
      'create index audit_events_listed on audit_events (organization_id, id)')
  },
  async down(schema) {
    await schema.execute('drop table audit_events')
  },
}
