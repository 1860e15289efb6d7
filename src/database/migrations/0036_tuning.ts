import { type Migration } from '../migrate.js'

/** What tries at tuning workflows gave, their versions, their metrics, and which is best. */
export const tuning: Migration = {
  name: '0036_tuning',
  async up(schema) {
    await schema.createTable('tuning_workflows', `
      organization_id {id} not null references organizations (id) on delete cascade,
      workflow_id {id} not null,
      config_version {integer} not null,
      best_id {id},
      primary key (organization_id, workflow_id)`)
    await schema.createTable('tuning_checkpoints', `
      organization_id {id} not null,
      workflow_id {id} not null,
      id {id} not null,
      config_version {integer} not null,
      runnable_config {json} not null,
      metrics {json} not null,
      metadata {json} not null,
      artifact_url {text},
      created_at {instant} not null,
      primary key (organization_id, workflow_id, id),
      unique (organization_id, workflow_id, config_version),
      foreign key (organization_id, workflow_id)
        references tuning_workflows (organization_id, workflow_id) on delete cascade`)
    await schema.indexContainment(
      'tuning_checkpoints_metadata', 'tuning_checkpoints', 'metadata')
    await schema.createTable('tuning_metrics', `
      organization_id {id} not null,
      workflow_id {id} not null,
      checkpoint_id {id} not null,
      name {text} not null,
      value {real} not null,
      primary key (organization_id, workflow_id, checkpoint_id, name),
      foreign key (organization_id, workflow_id, checkpoint_id)
        references tuning_checkpoints (organization_id, workflow_id, id) on delete cascade`)
    await schema.execute(`
      create index tuning_metrics_value
      on tuning_metrics (organization_id, workflow_id, name, value)`)
    await schema.secureTable('tuning_workflows')
    await schema.secureTable('tuning_checkpoints')
    await schema.secureTable('tuning_metrics')
  },
  async down(schema) {
    await schema.execute('drop table tuning_metrics')
    await schema.execute('drop table tuning_checkpoints')
    await schema.execute('drop table tuning_workflows')
  },
}
