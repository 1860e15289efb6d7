import { type Migration } from '../migrate.js'

/** Calls of webhooks may start runs of a workflow. */
export const webhookWorkflows: Migration = {
  name: '0044_webhook_workflows',
  async up(schema) {
    await schema.execute('alter table webhooks add column workflow {text}')
  },
  async down(schema) {
    await schema.execute('alter table webhooks drop column workflow')
  },
}
