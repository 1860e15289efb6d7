import { type RawBuilder, sql } from 'kysely'
import { type Engine } from '../database/engine.js'
import { workflowSteps } from './run-tables.js'

/** A table expression of rows handed in as parameters. */
type Rows = RawBuilder<unknown>

/** One row a run: how many steps it gets. */
export const tallyKinds = {
  organization_id: 'id',
  run_id: 'id',
  /** The attempt that says so; null for whoever need not be one. */
  fence: 'integer',
  added: 'integer',
} as const

/** One row a step. */
export const stepKinds = {
  organization_id: 'id',
  run_id: 'id',
  /** Steps of its run that follow in this batch. */
  followers: 'integer',
  name: 'text',
  key: 'text',
  status: 'text',
  attempt: 'integer',
  input: 'json',
  output: 'json',
  error: 'json',
  metadata: 'json',
  tokens_used: 'integer',
  cost_usd: 'text',
  span_id: 'text',
  started_at: 'instant',
  finished_at: 'instant',
} as const

/** One row a step, each with the tally of its run; the first one of a run leads. */
export const wholeKinds = { ...tallyKinds, ...stepKinds, leads: 'flag' } as const

/** One row a step that ends. */
export const endKinds = {
  organization_id: 'id',
  run_id: 'id',
  number: 'integer',
  fence: 'integer',
  status: 'text',
  output: 'json',
  error: 'json',
  tokens_used: 'integer',
  cost_usd: 'text',
  finished_at: 'instant',
} as const

const sameRun = (runs: string, given: string) => sql.raw(
  `${runs}.organization_id = ${given}.organization_id and ${runs}.id = ${given}.run_id`)

/** Whether the run takes steps, and from this attempt. */
const takes = (runs: string, given: string) => sql.raw(
  `${runs}.status = 'running' and (${given}.fence is null or ${runs}.attempt = ${given}.fence)`)

/** The run hands out the numbers; who updates its row comes before or after everybody else. */
const count = (tallies: RawBuilder<unknown>) => sql`
  update workflow_runs set step_count = workflow_runs.step_count + t.added
  from ${tallies} as t
  where ${sameRun('workflow_runs', 't')} and ${takes('workflow_runs', 't')}
  returning workflow_runs.organization_id, workflow_runs.id, workflow_runs.step_count,
    workflow_runs.attempt as run_attempt`

const insert = (source: RawBuilder<unknown>, runAttempt: string) => sql`
  insert into workflow_steps
    (organization_id, run_id, number, name, key, status, attempt, run_attempt, input, output,
     error, metadata, tokens_used, cost_usd, span_id, started_at, finished_at)
  select g.organization_id, g.run_id, r.step_count - g.followers, g.name, g.key, g.status,
    g.attempt, ${sql.raw(runAttempt)}, g.input, g.output, g.error, g.metadata, g.tokens_used,
    g.cost_usd, g.span_id, g.started_at, g.finished_at
  from ${source}`

/** Everything in one statement, for engines that write inside `with`. */
export const wholeStatement = (rows: Rows) => sql`
  with given as materialized (select * from ${rows} as r),
  counted as (${count(sql`(select * from given where leads)`)}),
  inserted as (${insert(sql`given g join counted r on ${sameRun('r', 'g')}`, 'r.run_attempt')})
  select organization_id, id, step_count, run_attempt from counted`

/** The first statement of two, for other engines. */
export const countStatement = (rows: Rows) => count(rows)

/** Behind `countStatement`, and behind itself: inserts where that did something. */
export const insertStatement = ({ justChanged }: Engine) => (rows: Rows) =>
  sql`${insert(sql`${rows} as g join workflow_runs r on ${sameRun('r', 'g')}`, 'r.attempt')}
    where ${justChanged}`

/** Ends steps that run, of runs that take that. */
export const endStatement = (rows: Rows) => sql`
  update workflow_steps set
    status = g.status, output = g.output, error = g.error,
    tokens_used = coalesce(g.tokens_used, workflow_steps.tokens_used),
    cost_usd = coalesce(g.cost_usd, workflow_steps.cost_usd),
    finished_at = g.finished_at
  from ${rows} as g
  join workflow_runs r on ${sameRun('r', 'g')} and ${takes('r', 'g')}
  where workflow_steps.organization_id = g.organization_id and workflow_steps.run_id = g.run_id
    and workflow_steps.number = g.number and workflow_steps.status = 'running'
  returning ${whole}`

const whole = sql.join(workflowSteps.columnNames.map((name) => sql.ref(`workflow_steps.${name}`)))
