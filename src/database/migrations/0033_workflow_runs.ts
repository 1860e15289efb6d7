import { type Migration, type SchemaEditor } from '../migrate.js'

const tables = ['workflow_steps', 'workflow_run_tags', 'workflow_runs']

/** Each list of runs has its index: by moment and id, within what the list is narrowed to. */
const listed = {
  workflow_runs_listed: 'organization_id, created_at, id',
  workflow_runs_status: 'organization_id, status, created_at, id',
  workflow_runs_workflow: 'organization_id, workflow_id, created_at, id',
  workflow_runs_workflow_status: 'organization_id, workflow_id, status, created_at, id',
}

async function createRuns(schema: SchemaEditor): Promise<void> {
  await schema.createTable('workflow_runs', `
    organization_id {id} not null,
    id {id} not null,
    workflow_id {id} not null,
    version {integer} not null,
    status {text} not null,
    input {json} not null,
    output {json},
    error {json},
    configuration {json} not null,
    trigger_kind {text} not null,
    tags {json} not null,
    metadata {json} not null,
    parent_run_id {id},
    from_step {integer},
    traceparent {text},
    tracestate {text},
    attempt {integer} not null,
    attempts_max {integer} not null,
    crashes_max {integer} not null,
    step_count {integer} not null,
    queue {text},
    job_id {id},
    created_by {text} not null,
    created_at {instant} not null,
    day {text} not null,
    started_at {instant},
    started_ms {integer},
    finished_at {instant},
    duration_ms {integer},
    primary key (organization_id, id),
    foreign key (organization_id, workflow_id, version)
      references workflow_versions (organization_id, workflow_id, number) on delete cascade`)
  for (const [name, columns] of Object.entries(listed)) {
    await schema.execute(`create index ${name} on workflow_runs (${columns})`)
  }
  await schema.execute(`
    create index workflow_runs_version
    on workflow_runs (organization_id, workflow_id, version)`)
  await schema.execute(`
    create index workflow_runs_parent on workflow_runs (organization_id, parent_run_id, id)
    where parent_run_id is not null`)
  await schema.execute(`
    create index workflow_runs_queued on workflow_runs (organization_id, id)
    where job_id is not null and finished_at is null`)
}

async function createTags(schema: SchemaEditor): Promise<void> {
  await schema.createTable('workflow_run_tags', `
    organization_id {id} not null,
    tag {text} not null,
    created_at {instant} not null,
    run_id {id} not null,
    primary key (organization_id, tag, created_at, run_id),
    foreign key (organization_id, run_id)
      references workflow_runs (organization_id, id) on delete cascade`)
  await schema.execute(`
    create index workflow_run_tags_run on workflow_run_tags (organization_id, run_id)`)
}

async function createSteps(schema: SchemaEditor): Promise<void> {
  await schema.createTable('workflow_steps', `
    organization_id {id} not null,
    run_id {id} not null,
    number {integer} not null,
    name {text} not null,
    key {text},
    status {text} not null,
    attempt {integer} not null,
    run_attempt {integer} not null,
    input {json},
    output {json},
    error {json},
    metadata {json} not null,
    tokens_used {integer},
    cost_usd {text},
    span_id {text},
    started_at {instant} not null,
    finished_at {instant},
    primary key (organization_id, run_id, number),
    foreign key (organization_id, run_id)
      references workflow_runs (organization_id, id) on delete cascade`)
  await schema.execute(`
    create unique index workflow_steps_key on workflow_steps (organization_id, run_id, key)
    where key is not null and status = 'succeeded'`)
  await schema.execute(`
    create index workflow_steps_open on workflow_steps (organization_id, run_id, number)
    where status = 'running'`)
}

/** Runs of workflows and their steps. */
export const workflowRuns: Migration = {
  name: '0033_workflow_runs',
  async up(schema) {
    await createRuns(schema)
    await createTags(schema)
    await createSteps(schema)
    for (const table of tables) await schema.secureTable(table)
  },
  async down(schema) {
    for (const table of tables) await schema.execute(`drop table ${table}`)
  },
}
