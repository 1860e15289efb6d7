import { type Migration } from '../migrate.js'

/** Places of an index whose list is read newest first. */
const listed = 'recorded_at, id'

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
    await schema.execute(`create index audit_events_unsealed
      on audit_events (organization_id, ${listed}) where sequence is null`)
    // Filled when entries are sealed: the write that is recorded does not wait for them.
    for (const [name, columns, condition] of [
      ['listed', listed, ''],
      ['actor', `actor_id, ${listed}`, ''],
      ['user', `user_id, ${listed}`, 'and user_id is not null'],
      ['action', `action, ${listed}`, ''],
      ['resource', `resource_kind, resource_id, ${listed}`, ''],
      ['request', `request_id, ${listed}`, 'and request_id is not null'],
      ['unlucky', `outcome, ${listed}`, `and outcome <> 'succeeded'`],
    ]) {
      await schema.execute(`create index audit_events_${name}
        on audit_events (organization_id, ${columns}) where sequence is not null ${condition}`)
    }
    await schema.execute(`create unique index audit_events_sealed
      on audit_events (organization_id, sequence) where sequence is not null`)
    await schema.createTable('audit_chains', `
      organization_id {id} not null,
      sequence {integer} not null,
      hash {text} not null,
      sealed_at {instant},
      signed_sequence {integer} not null,
      signed_at {instant},
      claimed_by {text},
      claimed_until {instant},
      primary key (organization_id)`)
    await schema.execute(`create index audit_chains_unsigned
      on audit_chains (organization_id) where sequence > signed_sequence`)
    await schema.createTable('audit_heads', `
      organization_id {id} not null,
      sequence {integer} not null,
      hash {text} not null,
      signed_at {instant} not null,
      key_id {text} not null,
      signature {text} not null,
      primary key (organization_id, sequence)`)
    await schema.createTable('audit_tombstones', `
      organization_id {id} not null,
      first_sequence {integer} not null,
      last_sequence {integer} not null,
      hash {text} not null,
      pruned_at {instant} not null,
      pruned_by {text} not null,
      key_id {text} not null,
      signature {text} not null,
      primary key (organization_id, first_sequence)`)
  },
  async down(schema) {
    for (const table of ['audit_tombstones', 'audit_heads', 'audit_chains', 'audit_events']) {
      await schema.execute(`drop table ${table}`)
    }
  },
}
