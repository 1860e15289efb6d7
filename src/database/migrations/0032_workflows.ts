import { type Migration } from '../migrate.js'

const tables = ['workflow_versions', 'workflows']

/** Workflows and their versions. */
export const workflows: Migration = {
  name: '0032_workflows',
  async up(schema) {
    await schema.createTable('workflows', `
      organization_id {id} not null references organizations (id) on delete cascade,
      id {id} not null,
      handle {text},
      name {text} not null,
      description {text},
      tags {json} not null,
      metadata {json} not null,
      access {text},
      published_at {instant},
      published_by {text},
      version_count {integer} not null,
      created_by {text} not null,
      revision {integer} not null,
      created_at {instant} not null,
      updated_at {instant} not null,
      archived_at {instant},
      primary key (organization_id, id)`)
    await schema.execute(`
      create unique index workflows_handle on workflows (organization_id, handle)
      where archived_at is null and handle is not null`)
    await schema.execute(`
      create index workflows_listed on workflows (organization_id, created_at, id)`)
    await schema.createTable('workflow_versions', `
      organization_id {id} not null,
      workflow_id {id} not null,
      number {integer} not null,
      graph {json} not null,
      configuration {json} not null,
      notes {text},
      checksum {text} not null,
      created_by {text} not null,
      revision {integer} not null,
      created_at {instant} not null,
      updated_at {instant} not null,
      primary key (organization_id, workflow_id, number),
      foreign key (organization_id, workflow_id)
        references workflows (organization_id, id) on delete cascade`)
    for (const table of tables) await schema.secureTable(table)
  },
  async down(schema) {
    for (const table of tables) await schema.execute(`drop table ${table}`)
  },
}
