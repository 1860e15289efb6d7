import { type Migration } from '../migrate.js'

/** Recurring jobs. The index holds what will be due, in the order in which it will be. */
export const schedules: Migration = {
  name: '0006_schedules',
  async up(schema) {
    await schema.createTable('schedules', `
      organization_id {id} not null references organizations (id) on delete cascade,
      name {text} not null,
      id {id} not null,
      queue {text} not null,
      payload {json} not null,
      job {json} not null,
      cron {text} not null,
      time_zone {text} not null,
      missed {text} not null,
      overlap {flag} not null,
      enabled {flag} not null,
      next_run_at {instant},
      last_run_at {instant},
      last_job_id {id},
      revision {integer} not null,
      created_at {instant} not null,
      updated_at {instant} not null,
      primary key (organization_id, name)`)
    await schema.execute(
      'create index schedules_due on schedules (next_run_at) where next_run_at is not null')
  },
  async down(schema) {
    await schema.execute('drop table schedules')
  },
}
