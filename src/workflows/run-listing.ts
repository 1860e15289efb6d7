import { type SelectQueryBuilder, sql, type SqlBool } from 'kysely'
import { type Instant } from '../clock.js'
import { type Stored } from '../database/columns.js'
import { type Database } from '../database/database.js'
import { cursorOf, keyOf, type Page, pageOf, type PageRequest } from '../database/page.js'
import { placeOf } from './listing.js'
import { checkLimit, checkText, tagLengthMax } from './rules.js'
import { checkDuration, checkStatus } from './run-rules.js'
import {
  runOf, type RunStatus, type RunTables, type WorkflowRun, workflowRuns,
} from './run-tables.js'

/** A run in a list: everything but its input, output and configuration. */
export type WorkflowRunEntry = Omit<WorkflowRun, 'input' | 'output' | 'configuration'>

/** Options of `RunStore.list`; those that are given must all hold. */
export interface RunListing extends PageRequest {
  /** Only runs of this workflow: its id, or its handle while it is active. */
  readonly workflow?: string | undefined
  readonly status?: RunStatus | undefined
  readonly tag?: string | undefined
  /** Only runs made at this moment or later. */
  readonly from?: Instant | undefined
  /** Only runs made before this moment. */
  readonly to?: Instant | undefined
  /** Only runs that are over and took so long, or longer. */
  readonly durationMsMin?: number | undefined
  /** Only runs that are over and took no longer. */
  readonly durationMsMax?: number | undefined
  /** Only runs that repeat or belong to this one. */
  readonly parentRunId?: string | undefined
}

/** A listing whose workflow is known by id. */
export interface RunFilter extends Omit<RunListing, 'workflow'> {
  readonly workflowId?: Stored<'id'> | undefined
}

type On = Database<RunTables>

const { columns } = workflowRuns
const hidden = ['input', 'output', 'configuration'] as const
type EntryColumn = Exclude<keyof RunTables['workflow_runs'], (typeof hidden)[number]>
const entryColumns = workflowRuns.columnNames
  .filter((name) => !(hidden as readonly string[]).includes(name)) as readonly EntryColumn[]

/** One page of runs, newest first; those of one moment by id, the highest first. */
export async function listRuns(
  database: On,
  organizationId: Stored<'id'>,
  filter: RunFilter,
): Promise<Page<WorkflowRunEntry>> {
  const limit = checkLimit(filter)
  check(filter)
  const { cursor, limit: _, ...narrowed } = filter
  const list = ['workflow_runs', organizationId, ...Object.entries(narrowed)
    .filter(([, value]) => value !== undefined).sort()]
  const last = cursor === undefined ? undefined : placeOf(keyOf(list, cursor))
  const query = await isPicky(database, organizationId, filter)
    ? pickedQuery(database, organizationId, { filter, last })
    : walkingQuery(database, organizationId, { filter, last })
  const rows = await database.all(filtered(query, filter).limit(limit + 1))
  return pageOf(rows.map(entryOf), limit, ({ createdAt, id }) => cursorOf(list, [createdAt, id]))
}

type Place = ReturnType<typeof placeOf>

interface From {
  readonly filter: RunFilter
  readonly last: Place | undefined
}

/**
 * Runs that a filter by duration may leave and be sorted. Of more, a walk in the order of the list
 * meets so many that it soon has a page.
 */
const pickedMax = 1_000

/** Whether a filter by duration leaves so few runs that they are better looked up. */
async function isPicky(
  database: On, organizationId: Stored<'id'>, filter: RunFilter,
): Promise<boolean> {
  if (filter.durationMsMin === undefined && filter.durationMsMax === undefined) return false
  const beyond = timed(database, organizationId, filter).select('workflow_runs.id')
    .offset(sql.lit(pickedMax)).limit(sql.lit(1))
  return (await database.all(beyond)).length === 0
}

/** Runs by how long they took. */
function timed(database: On, organizationId: Stored<'id'>, filter: RunFilter) {
  const { durationMsMin, durationMsMax } = filter
  return within(
    database.write.selectFrom('workflow_runs')
      .where('workflow_runs.organization_id', '=', organizationId)
      .orderBy('workflow_runs.duration_ms'),
    { durationMsMin, durationMsMax })
}

/** Sorts the runs that took so long; none but them is read. */
function pickedQuery(database: On, organizationId: Stored<'id'>, { filter, last }: From) {
  // Runs that ended since they were counted have room as well.
  const picked = timed(database, organizationId, filter)
    .select(['workflow_runs.created_at', 'workflow_runs.id']).limit(sql.lit(2 * pickedMax))
  const { tag } = filter
  // With the limit inside, PostgreSQL looks each run up by its key, whatever it expects. SQLite
  // keeps to the order of a cross join.
  const { writesInWith: hasLateral } = database.engine
  const run = hasLateral
    ? sql<RunTables['workflow_runs']>`lateral (select * from workflow_runs as r
      where r.organization_id = ${organizationId} and r.id = p.id limit 1)`
    : sql<RunTables['workflow_runs']>`workflow_runs`
  return database.write.selectFrom(picked.as('p'))
    .crossJoin(run.as('workflow_runs'))
    .select(entryColumns.map((name) => `workflow_runs.${name}` as const))
    .where('workflow_runs.organization_id', '=', organizationId)
    .whereRef('workflow_runs.id', '=', 'p.id')
    .$if(tag !== undefined, (all) => all.where((where) => where.exists(
      where.selectFrom('workflow_run_tags as t').select('t.run_id')
        .where('t.organization_id', '=', organizationId)
        .where('t.tag', '=', columns.status.encode(tag!, 'tag'))
        .whereRef('t.created_at', '=', 'p.created_at')
        .whereRef('t.run_id', '=', 'p.id'))))
    .$if(last !== undefined, (all) => all.where(
      sql<SqlBool>`(p.created_at, p.id) < ${last}`))
    // Not by the columns of the runs: PostgreSQL would walk all of them in that order.
    .orderBy('p.created_at', 'desc')
    .orderBy('p.id', 'desc') as unknown as Query
}

type Query = ReturnType<typeof plainQuery>

/** Walks the runs in the order of the list. */
function walkingQuery(database: On, organizationId: Stored<'id'>, { filter, last }: From) {
  return filter.tag === undefined
    ? plainQuery(database, organizationId, last)
    : taggedQuery(database, organizationId, { tag: filter.tag, last })
}

function plainQuery(database: On, organizationId: Stored<'id'>, last: Place | undefined) {
  return database.write.selectFrom('workflow_runs')
    .select(entryColumns)
    .where('workflow_runs.organization_id', '=', organizationId)
    .$if(last !== undefined, (all) => all.where(
      sql<SqlBool>`(workflow_runs.created_at, workflow_runs.id) < ${last}`))
    .orderBy('workflow_runs.created_at', 'desc')
    .orderBy('workflow_runs.id', 'desc')
}

/** Walks the rows of the tag in their order, so that other runs are not read. */
function taggedQuery(
  { write }: On,
  organizationId: Stored<'id'>,
  { tag, last }: { readonly tag: string; readonly last: Place | undefined },
) {
  const names = entryColumns.map((name) => `workflow_runs.${name}` as const)
  return write.selectFrom('workflow_run_tags as t')
    .innerJoin('workflow_runs', (join) => join
      .onRef('workflow_runs.organization_id', '=', 't.organization_id')
      .onRef('workflow_runs.id', '=', 't.run_id'))
    .select(names)
    .where('t.organization_id', '=', organizationId)
    .where('t.tag', '=', columns.status.encode(tag, 'tag'))
    .$if(last !== undefined, (all) => all.where(
      sql<SqlBool>`(t.created_at, t.run_id) < ${last}`))
    .orderBy('t.created_at', 'desc')
    .orderBy('t.run_id', 'desc') as unknown as Query
}

/** Of the runs of a query, those that took as long as asked for. */
function within<O>(
  query: SelectQueryBuilder<RunTables, 'workflow_runs', O>,
  { durationMsMin, durationMsMax }: RunFilter,
) {
  const duration = columns.durationMs.encode.bind(columns.durationMs)
  return query
    .$if(durationMsMin !== undefined, (all) =>
      all.where('workflow_runs.duration_ms', '>=', duration(durationMsMin!)))
    .$if(durationMsMax !== undefined, (all) =>
      all.where('workflow_runs.duration_ms', '<=', duration(durationMsMax!)))
}

function filtered(query: Query, filter: RunFilter) {
  const { workflowId, status, from, to, parentRunId } = filter
  return within(query, filter)
    .where('workflow_runs.withdrawn_at', 'is', null)
    .$if(workflowId !== undefined, (all) =>
      all.where('workflow_runs.workflow_id', '=', workflowId!))
    .$if(status !== undefined, (all) =>
      all.where('workflow_runs.status', '=', columns.status.encode(status!)))
    .$if(from !== undefined, (all) =>
      all.where('workflow_runs.created_at', '>=', columns.createdAt.encode(from!, 'from')))
    .$if(to !== undefined, (all) =>
      all.where('workflow_runs.created_at', '<', columns.createdAt.encode(to!, 'to')))
    .$if(parentRunId !== undefined, (all) => all.where(
      'workflow_runs.parent_run_id', '=', columns.id.encode(parentRunId!, 'parent_run_id')))
}

function check({ status, tag, durationMsMin, durationMsMax }: RunFilter): void {
  if (status !== undefined) checkStatus(status)
  if (tag !== undefined) checkText(tag, 'tag', [1, tagLengthMax])
  checkDuration(durationMsMin, 'duration_ms_min')
  checkDuration(durationMsMax, 'duration_ms_max')
}

const nothing = columns.input.encode(null)

/** The entry behind a stored row without what is hidden in lists. */
export function entryOf(stored: Record<string, unknown>): WorkflowRunEntry {
  const { input: _, output: __, configuration: ___, ...entry } =
    runOf({ ...stored, input: nothing, output: null, configuration: nothing })
  return entry
}
