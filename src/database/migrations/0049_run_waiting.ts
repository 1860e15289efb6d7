import { type Migration } from '../migrate.js'

const columns = [
  'priority {integer}', 'concurrency_key {text}', 'backoff_base_ms {integer}',
  'backoff_cap_ms {integer}',
]

/** How the job of a run waits is kept with the run, so that a rerun waits alike. */
export const runWaiting: Migration = {
  name: '0049_run_waiting',
  async up(schema) {
    for (const column of columns) {
      await schema.execute(`alter table workflow_runs add column ${column}`)
    }
  },
  async down(schema) {
    for (const column of columns.toReversed()) {
      await schema.execute(`alter table workflow_runs drop column ${column.split(' ')[0]}`)
    }
  },
}
