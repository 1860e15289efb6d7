import { type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database, type Placeholder, prepareRaw } from '../database/database.js'
import { type Engine, type Statement } from '../database/engine.js'
import { type CheckpointTables } from './tables.js'

/** Which checkpoint is read, and what is known already. */
export interface Finding {
  readonly organization_id: Stored<'id'>
  readonly thread_id: Stored<'text'>
  readonly namespace: Stored<'text'>
  /** Null for the head. */
  readonly checkpoint_id: Stored<'text'> | null
  readonly with_parent: Stored<'flag'>
  /** Logs known so far: `[[log, length], …]`. */
  readonly known: Stored<'json'>
}

/** That two rows name one checkpoint. */
export const sameCheckpoint = (left: string, right: string) => sql`
  ${sql.ref(left)}.organization_id = ${sql.ref(right)}.organization_id
  and ${sql.ref(left)}.thread = ${sql.ref(right)}.thread
  and ${sql.ref(left)}.checkpoint_id = ${sql.ref(right)}.checkpoint_id
  and ${sql.ref(left)}.namespace = ${sql.ref(right)}.namespace`

/** A number in an array that is an element of another. */
const numberAt = (element: string, place: number) =>
  sql`cast(${sql.ref(element)}.value ->> ${sql.lit(place)} as bigint)`

/** How much checkpoints need of each log: `organization_id, thread, log, end_offset`. */
export const needed = ({ jsonElements }: Engine, source: RawBuilder<unknown>) => sql`
  select c.organization_id, c.thread, ${numberAt('r', 0)} as log,
    max(${numberAt('r', 1)}) as end_offset
  from ${source} as c, ${jsonElements(sql.ref('c.refs'))} as r
  group by 1, 2, 3`

/** The chunks that `n` asks for. */
const inReach = sql`k.organization_id = n.organization_id
  and k.thread = n.thread and k.log = n.log
  and k.start_offset >= n.start_offset and k.start_offset < n.end_offset`

const noCheckpoint = sql`null, null, null, null, null, null, null, null`

/** What chunks the rows `c` need beside those known: a `with` entry to follow theirs. */
export const missing = (engine: Engine, known: RawBuilder<unknown>) => sql`
  n as materialized (
    select n.organization_id, n.thread, n.log, n.end_offset, coalesce(h.length, 0) as start_offset
    from (${needed(engine, sql`c`)}) as n
    left join (
      select ${numberAt('h', 0)} as log, ${numberAt('h', 1)} as length
      from ${engine.jsonElements(known)} as h) as h on h.log = n.log
    where n.end_offset > coalesce(h.length, 0)
    limit ${sql.lit(1_000_000)})`

/**
 * Everything of the rows `c` in one statement, so that nothing of it goes between: `kind` c for
 * themselves, w for their writes, p for those of their parents, k for the chunks `n`, d for the
 * writes that those are compressed against, each of which a chunk names in the place of a name.
 */
export const wholeOf = (withParents: RawBuilder<unknown>) => sql`
  select 'c' as kind, c.thread, c.checkpoint_id, c.namespace, c.body, c.token as number,
    c.place, c.parent_id, c.run_id, c.refs, c.metadata, c.is_pinned, c.created_at, c.thread_id,
    c.head_token
  from c
  union all
  select 'd', w.thread, w.checkpoint_id, null, w.body, w.number, 0, ${noCheckpoint}
  from n join checkpoint_chunks k on ${inReach} join checkpoint_writes w
    on w.organization_id = k.organization_id and w.thread = k.thread
    and w.checkpoint_id = k.source_id and w.number = k.source_number
  union all
  select 'w', w.thread, w.checkpoint_id, w.namespace, w.body, w.number, 0, ${noCheckpoint}
  from c join checkpoint_writes w on ${sameCheckpoint('w', 'c')}
  where w.is_detached is null
  union all
  select 'p', w.thread, c.checkpoint_id, w.namespace, w.body, w.number, 0, ${noCheckpoint}
  from c join checkpoint_writes w on w.organization_id = c.organization_id
    and w.thread = c.thread and w.checkpoint_id = c.parent_id and w.namespace = c.namespace
  where ${withParents} and w.is_detached is null
  union all
  select 'k', k.thread, null, cast(k.source_number as text), k.data, k.log, k.start_offset,
    ${noCheckpoint}
  from n join checkpoint_chunks k on ${inReach}
  order by 1, 2, 6, 7`

/**
 * The thread `t` and how the namespace `h` stands in it. What is materialized is found first, and
 * what follows by whole keys, also in tables of which the planner knows nothing yet.
 */
const at = (slot: Placeholder<Pick<Finding, 'organization_id' | 'thread_id' | 'namespace'>>) => sql`
  t as materialized (
    select t.organization_id, t.number as thread, t.thread_id, t.fence,
      cast(${slot('namespace')} as text) as namespace
    from checkpoint_threads t
    where t.organization_id = ${slot('organization_id')} and t.thread_id = ${slot('thread_id')}),
  h as materialized (
    select t.*, h.head_id, h.token
    from t left join checkpoint_heads h on h.organization_id = t.organization_id
      and h.thread = t.thread and h.namespace = t.namespace)`

/** The statements that read, compiled once. */
export function readStatements(database: Database<CheckpointTables>) {
  const { engine } = database
  return {
    find: prepareRaw<Finding>(database, {
      name: 'checkpoints_find',
      readOnly: true,
      build: (slot) => sql`
        with ${at(slot)},
        c as materialized (
          select c.*, t.thread_id, t.token as head_token, 0 as place
          from h as t join checkpoints c on c.organization_id = t.organization_id
            and c.thread = t.thread and c.namespace = t.namespace
            and c.checkpoint_id = coalesce(${slot('checkpoint_id')}, t.head_id)
        ),
        ${missing(engine, sql`${slot('known')}`)}
        ${wholeOf(sql`${slot('with_parent')}`)}`,
    }),
    standing: prepareRaw<Pick<Finding, 'organization_id' | 'thread_id' | 'namespace'>>(database, {
      name: 'checkpoints_standing',
      readOnly: true,
      build: (slot) => sql`
        with ${at(slot)}
        select h.fence, h.head_id, h.token from h`,
    }),
  }
}

export type ReadStatements = ReturnType<typeof readStatements>

export type FoundRows = Awaited<ReturnType<Database<never>['execute']>>['rows']

/** A statement to be run on its own. */
export type MakeStatement<P> = (given: P) => Statement
