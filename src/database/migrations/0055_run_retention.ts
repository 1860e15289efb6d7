import { type Migration } from '../migrate.js'

/**
 * Finished runs can be deleted by age: the oldest ends of all organizations are found in order, and
 * a run that is too large to go at once is taken out of sight first.
 */
export const runRetention: Migration = {
  name: '0055_run_retention',
  async up(schema) {
    await schema.execute('alter table workflow_runs add column withdrawn_at {instant}')
    await schema.execute(`create index workflow_runs_finished on workflow_runs (finished_at)
      where finished_at is not null`)
    await schema.execute(`create index workflow_runs_withdrawn on workflow_runs
      (organization_id, id) where withdrawn_at is not null`)
  },
  async down(schema) {
    await schema.execute('drop index workflow_runs_withdrawn')
    await schema.execute('drop index workflow_runs_finished')
    await schema.execute('alter table workflow_runs drop column withdrawn_at')
  },
}
