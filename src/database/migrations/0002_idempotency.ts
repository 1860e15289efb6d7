import { type Migration } from '../migrate.js'

/** Results of mutating calls, kept so that a repeated call has one effect. */
export const idempotency: Migration = {
  name: '0002_idempotency',
  async up(schema) {
    await schema.createTable('idempotency_keys', `
      organization_id {id} not null references organizations (id) on delete cascade,
      actor_id {text} not null,
      key {text} not null,
      fingerprint {text} not null,
      claim {id} not null,
      result {json},
      created_at {instant} not null,
      expires_at {instant} not null,
      primary key (organization_id, actor_id, key)`)
    await schema.execute('create index idempotency_keys_expiry on idempotency_keys (expires_at)')
  },
  async down(schema) {
    await schema.execute('drop table idempotency_keys')
  },
}
