import { type Migration } from '../migrate.js'

/** Locks whose fence only grows, and who waits for them. */
export const locks: Migration = {
  name: '0004_locks',
  async up(schema) {
    await schema.createTable('locks', `
      organization_id {id} not null references organizations (id) on delete cascade,
      name {text} not null,
      owner {text},
      claim {text},
      listener {text},
      fence {integer} not null,
      last_ticket {integer} not null,
      served_ticket {integer} not null,
      departures {integer} not null,
      acquired_at {instant},
      expires_at {instant},
      primary key (organization_id, name)`)
    await schema.createTable('lock_waiters', `
      organization_id {id} not null,
      name {text} not null,
      ticket {integer} not null,
      owner {text} not null,
      claim {text} not null,
      listener {text} not null,
      ttl_ms {integer} not null,
      seen_at {instant} not null,
      primary key (organization_id, name, ticket),
      foreign key (organization_id, name)
        references locks (organization_id, name) on delete cascade`)
    await schema.execute('create index lock_waiters_listener on lock_waiters (listener)')
  },
  async down(schema) {
    await schema.execute('drop table lock_waiters')
    await schema.execute('drop table locks')
  },
}
