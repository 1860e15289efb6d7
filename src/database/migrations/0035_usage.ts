import { type Migration } from '../migrate.js'

const dimensions = `
  organization_id {id} not null references organizations (id) on delete cascade,
  grain {text} not null,
  starts_at {instant} not null,
  user_id {id} not null,
  model {text} not null,
  type {text} not null`
const key = 'organization_id, grain, starts_at, user_id, model, type'

/** Events of usage, which of them no roll-up holds yet, and the roll-ups. */
export const usage: Migration = {
  name: '0035_usage',
  async up(schema) {
    // Of users, conversations and runs only the ids: what was used stays when they go.
    await schema.createTable('usage_events', `
      organization_id {id} not null references organizations (id) on delete cascade,
      id {id} not null,
      type {text} not null,
      user_id {id},
      conversation_id {id},
      run_id {id},
      model {text},
      tokens_in {integer} not null,
      tokens_out {integer} not null,
      cost_units {integer} not null,
      cost_picos {integer} not null,
      duration_ms {integer},
      latency {integer},
      data {json} not null,
      occurred_at {instant} not null,
      day_at {instant} not null,
      quarter_at {instant} not null,
      recorded_at {instant} not null,
      fingerprint {text} not null,
      primary key (organization_id, id)`)
    await schema.execute(`
      create index usage_events_listed on usage_events (organization_id, occurred_at, id)`)
    await schema.execute(`
      create index usage_events_type on usage_events (organization_id, type, occurred_at, id)`)
    await schema.execute(`
      create index usage_events_conversation
      on usage_events (organization_id, conversation_id, occurred_at, id)
      where conversation_id is not null`)
    await schema.execute(`
      create index usage_events_run on usage_events (organization_id, run_id, occurred_at, id)
      where run_id is not null`)
    // A person is looked for in all organizations at once.
    await schema.execute(`
      create index usage_events_user on usage_events (user_id, occurred_at, id)
      where user_id is not null`)
    await schema.execute('create index usage_events_recorded on usage_events (recorded_at)')
    await schema.renewKey('usage_events', 'usage_events_pkey', ['organization_id', 'id'])
    await schema.createTable('usage_pending', `
      organization_id {id} not null references organizations (id) on delete cascade,
      event_id {id} not null,
      primary key (organization_id, event_id)`)
    await schema.createTable('usage_rollups', `
      ${dimensions},
      events {integer} not null,
      tokens_in {integer} not null,
      tokens_out {integer} not null,
      cost_units {integer} not null,
      cost_picos {integer} not null,
      timed {integer} not null,
      duration_ms {integer} not null,
      primary key (${key})`)
    await schema.createTable('usage_latencies', `
      ${dimensions},
      bucket {integer} not null,
      events {integer} not null,
      primary key (${key}, bucket)`)
    for (const table of ['usage_rollups', 'usage_latencies']) {
      await schema.execute(`
        create index ${table}_user on ${table} (user_id, grain, starts_at)`)
    }
    for (const table of ['usage_events', 'usage_pending', 'usage_rollups', 'usage_latencies']) {
      await schema.secureTable(table)
    }
  },
  async down(schema) {
    for (const table of ['usage_latencies', 'usage_rollups', 'usage_pending', 'usage_events']) {
      await schema.execute(`drop table ${table}`)
    }
  },
}
