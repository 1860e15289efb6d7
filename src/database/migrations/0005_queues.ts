import { type Migration } from '../migrate.js'

/** Queues, their jobs, and the keys whose jobs run a few at a time. */
export const queues: Migration = {
  name: '0005_queues',
  async up(schema) {
    await schema.createTable('queues', `
      organization_id {id} not null references organizations (id) on delete cascade,
      name {text} not null,
      paused_at {instant},
      concurrency_per_key {integer} not null,
      retention_seconds {integer} not null,
      dead_retention_seconds {integer} not null,
      revision {integer} not null,
      created_at {instant} not null,
      updated_at {instant} not null,
      primary key (organization_id, name)`)
    await schema.createTable('job_keys', `
      organization_id {id} not null,
      queue {text} not null,
      key {text} not null,
      turns {integer} not null,
      primary key (organization_id, queue, key),
      foreign key (organization_id, queue)
        references queues (organization_id, name) on delete cascade`)
    await schema.createTable('jobs', `
      organization_id {id} not null,
      id {id} not null,
      queue {text} not null,
      state {text} not null,
      priority {integer} not null,
      payload {json} not null,
      progress {json},
      result {json},
      error {json},
      dedupe_key {text},
      fingerprint {text},
      concurrency_key {text},
      holds_key {flag} not null,
      attempt {integer} not null,
      attempts_max {integer} not null,
      failures {integer} not null,
      crashes {integer} not null,
      crashes_max {integer} not null,
      backoff_base_ms {integer} not null,
      backoff_cap_ms {integer} not null,
      worker {text},
      lease_expires_at {instant},
      run_at {instant} not null,
      created_at {instant} not null,
      started_at {instant},
      finished_at {instant},
      cancelled_at {instant},
      redrives {integer} not null,
      redriven_at {instant},
      expires_at {instant},
      primary key (organization_id, id),
      foreign key (organization_id, queue)
        references queues (organization_id, name) on delete cascade`)
    for (const index of indexes) await schema.execute(index)
  },
  async down(schema) {
    await schema.execute('drop table jobs')
    await schema.execute('drop table job_keys')
    await schema.execute('drop table queues')
  },
}

/** The first is the claim’s order by, column for column; the others are as small as they can be. */
const indexes = [
  `create index jobs_ready on jobs (queue, organization_id, priority desc, id)
     where state = 'ready'`,
  'create index jobs_listed on jobs (organization_id, queue, state, id)',
  `create index jobs_leases on jobs (lease_expires_at)
     where lease_expires_at is not null`,
  `create index jobs_scheduled on jobs (run_at) where state = 'scheduled'`,
  'create index jobs_expiry on jobs (expires_at) where expires_at is not null',
  `create unique index jobs_dedupe on jobs (organization_id, queue, dedupe_key)
     where dedupe_key is not null`,
  `create index jobs_holders on jobs (organization_id, queue, concurrency_key) where holds_key`,
  `create index jobs_blocked on jobs (organization_id, queue, concurrency_key, id)
     where state = 'blocked'`,
]
