import { type Migration } from '../migrate.js'

const tables = ['webhook_deliveries', 'webhooks']

/** Webhooks, and the deliveries whose repetition must be recognized. */
export const webhooks: Migration = {
  name: '0039_webhooks',
  async up(schema) {
    await schema.createTable('webhooks', `
      organization_id {id} not null,
      id {id} not null,
      name {text} not null,
      queue {text} not null,
      methods {json} not null,
      required_headers {json} not null,
      required_query {json} not null,
      authentication {json} not null,
      sealed {json} not null,
      tolerance_seconds {integer} not null,
      replay_seconds {integer} not null,
      rate {json} not null,
      enabled {flag} not null,
      revision {integer} not null,
      created_at {instant} not null,
      updated_at {instant} not null,
      primary key (organization_id, id),
      foreign key (organization_id) references organizations (id) on delete cascade`)
    await schema.execute('create unique index webhooks_name on webhooks (organization_id, name)')
    // Whoever calls names no organization.
    await schema.execute('create unique index webhooks_id on webhooks (id)')
    await schema.createTable('webhook_deliveries', `
      organization_id {id} not null,
      webhook_id {id} not null,
      digest {text} not null,
      id {id} not null,
      received_at {instant} not null,
      expires_at {instant} not null,
      primary key (organization_id, webhook_id, digest),
      foreign key (organization_id, webhook_id)
        references webhooks (organization_id, id) on delete cascade`)
    await schema.execute(`create index webhook_deliveries_expiring
      on webhook_deliveries (organization_id, webhook_id, expires_at)`)
    for (const table of tables) await schema.secureTable(table)
  },
  async down(schema) {
    for (const table of tables) await schema.execute(`drop table ${table}`)
  },
}
