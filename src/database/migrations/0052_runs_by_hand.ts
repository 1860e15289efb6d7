import { type Migration } from '../migrate.js'

/** Whether a run was begun by hand last, so that the worker of its job leaves it alone. */
export const runsByHand: Migration = {
  name: '0052_runs_by_hand',
  async up(schema) {
    await schema.execute(
      'alter table workflow_runs add column by_hand {flag} not null default false')
  },
  async down(schema) {
    await schema.execute('alter table workflow_runs drop column by_hand')
  },
}
