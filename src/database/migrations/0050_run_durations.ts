import { type Migration } from '../migrate.js'

/** The few runs that took as long as asked for are found without passing over all others. */
export const runDurations: Migration = {
  name: '0050_run_durations',
  async up(schema) {
    await schema.execute(`create index workflow_runs_duration
      on workflow_runs (organization_id, duration_ms, created_at, id)
      where duration_ms is not null`)
  },
  async down(schema) {
    await schema.execute('drop index workflow_runs_duration')
  },
}
