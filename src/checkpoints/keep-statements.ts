import { type Expression, type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database, type Placeholder, prepareBatch, prepareRaw } from '../database/database.js'
import { type Engine } from '../database/engine.js'
import { allAncestors } from './body.js'
import { needed } from './read-statements.js'
import { type CheckpointTables } from './tables.js'

/** A thread that is held. */
export interface ThreadKey {
  readonly organization_id: Stored<'id'>
  readonly thread_id: Stored<'text'>
}

/** What of a thread stays. */
export interface Pruning extends ThreadKey {
  /** So many of each namespace, the newest. */
  readonly keep_last: Stored<'integer'>
  /** And whatever was put since. */
  readonly keep_since: Stored<'instant'>
}

/** What of a thread goes. */
export interface RunDeletion extends ThreadKey {
  /** A JSON list. */
  readonly run_ids: Stored<'json'>
  /** What a head gets that takes the place of a deleted one. */
  readonly token: Stored<'integer'>
}

/** Namespaces of a thread that go. */
export interface NamespaceDeletion extends ThreadKey {
  /** A JSON list. */
  readonly namespaces: Stored<'json'>
}

/** A thread and one that begins as it is. */
export interface ThreadCopy extends ThreadKey {
  readonly to_thread_id: Stored<'text'>
  readonly number: Stored<'integer'>
  readonly created_by: Stored<'text'>
}

/** A checkpoint at which another thread begins. */
export interface ThreadFork extends ThreadCopy {
  readonly namespace: Stored<'text'>
  readonly checkpoint_id: Stored<'text'>
}

type Slot = Placeholder<ThreadKey>
type On = Database<CheckpointTables>

/** The thread, found first; what follows goes by whole keys. */
const thread = (slot: Slot) => sql`
  t as materialized (
    select t.* from checkpoint_threads t
    where t.organization_id = ${slot('organization_id')} and t.thread_id = ${slot('thread_id')})`

const inThread = (row: string) => sql`${sql.ref(`${row}.organization_id`)} = t.organization_id
  and ${sql.ref(`${row}.thread`)} = t.number`

/** One ancestor fewer; of all of them all are left. */
const oneLess = (count: RawBuilder<unknown>) => sql`
  case when ${count} >= ${sql.lit(allAncestors)} then ${count} else ${count} - 1 end`

const isParent = (row: string, child: string) => sql`
  ${sql.ref(`${row}.organization_id`)} = ${sql.ref(`${child}.organization_id`)}
  and ${sql.ref(`${row}.thread`)} = ${sql.ref(`${child}.thread`)}
  and ${sql.ref(`${row}.checkpoint_id`)} = ${sql.ref(`${child}.parent_id`)}
  and ${sql.ref(`${row}.namespace`)} = ${sql.ref(`${child}.namespace`)}`

const nameColumns = (row: string) => sql`${sql.ref(`${row}.organization_id`)},
  ${sql.ref(`${row}.thread`)}, ${sql.ref(`${row}.checkpoint_id`)}, ${sql.ref(`${row}.namespace`)}`

const nameOf = (row: string) => sql`(${nameColumns(row)})`

/**
 * The ancestors `a` that channels of checkpoints outside `d` are made of. Walks that meet go on as
 * one, since from one checkpoint on they have the same way to go. Where they begin, `b`, is found
 * first, and what follows by whole keys, also in tables of which the planner knows nothing yet.
 */
const ancestors = sql`
  b as materialized (
    select ${nameColumns('c')}, c.parent_id, c.ancestor_count
    from t join checkpoints c on ${inThread('c')}
    where c.ancestor_count > 0 and ${nameOf('c')} not in (select * from d)),
  a (organization_id, thread, checkpoint_id, namespace, parent_id, count) as (
    select ${nameColumns('p')}, p.parent_id, ${oneLess(sql`b.ancestor_count`)}
    from b join checkpoints p on ${isParent('p', 'b')}
    union
    select ${nameColumns('p')}, p.parent_id, ${oneLess(sql`a.count`)}
    from a join checkpoints p on ${isParent('p', 'a')}
    where a.count > 0)`

/**
 * Deletes rows of checkpoints `d` that no other one needs; they are chosen the same way as long as
 * the thread is held.
 */
const deleteFrom = (table: string, withDoomed: RawBuilder<unknown>) => sql`
  with recursive ${withDoomed}, ${ancestors}
  delete from ${sql.table(table)}
  where ${table === 'checkpoint_writes' ? sql`is_detached is null` : sql.lit(true)}
    and (organization_id, thread, checkpoint_id, namespace) in (select * from d)
    and (organization_id, thread, checkpoint_id, namespace) not in (
      select ${nameColumns('a')} from a)`

/** The writes that chunks of the thread are compressed against. */
const sourcesOfThread = sql`
  s as materialized (
    select distinct k.source_id, k.source_number
    from t join checkpoint_chunks k on ${inThread('k')}
    where k.source_number is not null)`

/** Writes of checkpoints `d` without which bytes could not be read stay, and belong to nobody. */
const detach = (withDoomed: RawBuilder<unknown>) => sql`
  with recursive ${withDoomed}, ${ancestors}, ${sourcesOfThread}
  update checkpoint_writes set is_detached = ${sql.lit(true)}
  where (organization_id, thread, checkpoint_id, namespace) in (select * from d)
    and (organization_id, thread, checkpoint_id, namespace) not in (
      select ${nameColumns('a')} from a)
    and (checkpoint_id, number) in (select * from s)`

/** Such writes that no chunk needs any more. */
const sweepSources = (slot: Slot) => sql`
  with ${thread(slot)}, ${sourcesOfThread}
  delete from checkpoint_writes
  where organization_id = ${slot('organization_id')} and thread = (select number from t)
    and is_detached is not null and (checkpoint_id, number) not in (select * from s)`

/** Neither pinned, nor a head, nor kept by the rule. */
const pruned = (slot: Placeholder<Pruning>) => sql`
  ${thread(slot as Slot)},
  d as materialized (
    select r.organization_id, r.thread, r.checkpoint_id, r.namespace
    from (
      select c.organization_id, c.thread, c.checkpoint_id, c.namespace, c.is_pinned, c.created_at,
        row_number() over (partition by c.namespace order by c.checkpoint_id desc) as place
      from t join checkpoints c on ${inThread('c')}) as r
    where r.place > ${slot('keep_last')} and not r.is_pinned
      and r.created_at < ${slot('keep_since')}
      and not exists (
        select 1 from checkpoint_heads h
        where h.organization_id = r.organization_id and h.thread = r.thread
          and h.namespace = r.namespace and h.head_id = r.checkpoint_id))`

/** That a column is in a JSON list of lists of one. */
const isIn = (engine: Engine, column: string, list: Expression<unknown>) => sql`
  ${sql.ref(column)} in (select r.value ->> 0 from ${engine.jsonElements(sql`${list}`)} as r)`

/** The checkpoints of which a condition holds. */
const chosen = (slot: Slot, condition: RawBuilder<unknown>) => sql`
  ${thread(slot)},
  d as materialized (
    select c.organization_id, c.thread, c.checkpoint_id, c.namespace
    from t join checkpoints c on ${inThread('c')}
    where ${condition})`

const ofRuns = ({ engine }: On, slot: Placeholder<RunDeletion>) =>
  chosen(slot as Slot, isIn(engine, 'c.run_id', slot('run_ids')))

const ofNamespaces = ({ engine }: On, slot: Placeholder<NamespaceDeletion>) =>
  chosen(slot as Slot, isIn(engine, 'c.namespace', slot('namespaces')))

/** Heads of namespaces that have no checkpoints any more. */
const deleteHeads = ({ engine }: On, slot: Placeholder<NamespaceDeletion>) => sql`
  with ${thread(slot as Slot)}
  delete from checkpoint_heads
  where organization_id = ${slot('organization_id')} and thread = (select number from t)
    and ${isIn(engine, 'namespace', slot('namespaces'))}`

/** Of names, which are there, and the heads of their namespaces; each is found by its whole key. */
const basesOf = (rows: RawBuilder<unknown>) => sql`
  select w.namespace,
    (select h.head_id from checkpoint_heads h
      where h.organization_id = w.organization_id and h.thread = w.thread
        and h.namespace = w.namespace) as head_id,
    (select c.checkpoint_id from checkpoints c
      where c.organization_id = w.organization_id and c.thread = w.thread
        and c.checkpoint_id = w.checkpoint_id and c.namespace = w.namespace) as checkpoint_id
  from ${rows} as w`

const baseKinds = {
  organization_id: 'id', thread: 'integer', checkpoint_id: 'text', namespace: 'text',
} as const

/**
 * Where a head was deleted, the newest of what is left becomes it, under another token. What is
 * left is looked through once, however many heads there are.
 */
const mendHeads = (slot: Placeholder<RunDeletion>) => sql`
  with ${thread(slot as Slot)},
  s as materialized (
    select s.organization_id, s.thread, s.namespace, max(s.head_id) as head_id,
      max(s.checkpoint_id) as newest, max(s.is_head) as is_head
    from (
      select h.organization_id, h.thread, h.namespace, h.head_id,
        cast(null as text) as checkpoint_id, 1 as is_head
      from t join checkpoint_heads h on ${inThread('h')}
      union all
      select c.organization_id, c.thread, c.namespace, null, c.checkpoint_id, 0
      from t join checkpoints c on ${inThread('c')}) as s
    group by s.organization_id, s.thread, s.namespace),
  n as materialized (
    select s.* from s
    where s.is_head = 1 and not exists (
      select 1 from checkpoints c
      where c.organization_id = s.organization_id and c.thread = s.thread
        and c.checkpoint_id = s.head_id and c.namespace = s.namespace))
  update checkpoint_heads set head_id = n.newest,
    token = case when n.newest is null then null else cast(${slot('token')} as bigint) end
  from n
  where checkpoint_heads.organization_id = n.organization_id
    and checkpoint_heads.thread = n.thread and checkpoint_heads.namespace = n.namespace`

/** Bytes that no checkpoint needs. */
const sweepChunks = ({ engine }: On, slot: Slot) => sql`
  with ${thread(slot)},
  n as materialized (${needed(engine, sql`(
    select c.organization_id, c.thread, c.refs from t join checkpoints c on ${inThread('c')})`)})
  delete from checkpoint_chunks
  where organization_id = ${slot('organization_id')} and thread = (select number from t)
    and not exists (
      select 1 from n
      where n.log = checkpoint_chunks.log and n.end_offset > checkpoint_chunks.start_offset)`

/** A thread that has nothing left but its name; writes may have come before their checkpoint. */
const removeEmpty = (slot: Slot) => sql`
  delete from checkpoint_threads
  where organization_id = ${slot('organization_id')} and thread_id = ${slot('thread_id')}
    and not exists (
      select 1 from checkpoints c
      where c.organization_id = checkpoint_threads.organization_id
        and c.thread = checkpoint_threads.number)
    and not exists (
      select 1 from checkpoint_writes w
      where w.organization_id = checkpoint_threads.organization_id
        and w.thread = checkpoint_threads.number)`

/** Makes the thread of a copy; nothing where there is one of its name. */
const beginCopy = ({ engine: { now } }: On, slot: Placeholder<ThreadCopy>) => sql`
  with ${thread(slot as Slot)}
  insert into checkpoint_threads (organization_id, number, thread_id, fence, entry_count,
    created_by, created_at, updated_at)
  select t.organization_id, cast(${slot('number')} as bigint),
    cast(${slot('to_thread_id')} as text), null, t.entry_count,
    cast(${slot('created_by')} as text), ${now()}, ${now()}
  from t where ${sql.lit(true)}
  on conflict (organization_id, thread_id) do nothing
  returning number`

const columnsOf = {
  checkpoint_heads: 'namespace, head_id, token',
  checkpoints: `token, created_at, is_pinned, checkpoint_id, namespace, parent_id, run_id,
    ancestor_count, refs, body, metadata`,
  checkpoint_writes: 'number, checkpoint_id, namespace, body, is_detached',
  checkpoint_chunks: 'log, start_offset, data, source_id, source_number',
} as const

/** Copies all rows of a table to the new thread. */
const copyRows = (table: keyof typeof columnsOf, slot: Placeholder<ThreadCopy>) => {
  const columns = sql.raw(columnsOf[table])
  return sql`
  insert into ${sql.table(table)} (organization_id, thread, ${columns})
  with ${thread(slot as Slot)},
  s as (select s.* from t join ${sql.table(table)} s on ${inThread('s')})
  select organization_id, cast(${slot('number')} as bigint), ${columns} from s`
}

/** The checkpoint `f` that is forked, at 0, and the ancestors its channels are made of, behind. */
const forked = (slot: Placeholder<ThreadFork>) => sql`
  ${thread(slot as Slot)},
  line (organization_id, thread, checkpoint_id, namespace, parent_id, count) as (
    select ${nameColumns('c')}, c.parent_id, coalesce(c.ancestor_count, 0)
    from t join checkpoints c on ${inThread('c')} and c.checkpoint_id = ${slot('checkpoint_id')}
      and c.namespace = ${slot('namespace')}
    union
    select ${nameColumns('p')}, p.parent_id, ${oneLess(sql`l.count`)}
    from line l join checkpoints p on ${isParent('p', 'l')}
    where l.count > 0),
  f as materialized (
    select ${nameColumns('l')}, max(l.count) as count from line l group by 1, 2, 3, 4)`

const isForked = (row: string) => sql`${nameOf(row)} = ${nameOf('f')}`

/** What a thread begins with that is forked from another. */
const forkStatements = ({ engine }: On, slot: Placeholder<ThreadFork>) => ({
  checkpoints: sql`
    insert into checkpoints (organization_id, thread, ${sql.raw(columnsOf.checkpoints)})
    with recursive ${forked(slot)}
    select s.organization_id, cast(${slot('number')} as bigint), s.token, s.created_at,
      ${sql.lit(false)}, s.checkpoint_id, s.namespace,
      case when f.count > 0 then s.parent_id end, s.run_id, s.ancestor_count, s.refs, s.body,
      s.metadata
    from f join checkpoints s on ${isForked('s')}
    returning checkpoint_id`,
  heads: sql`
    insert into checkpoint_heads (organization_id, thread, ${sql.raw(columnsOf.checkpoint_heads)})
    select c.organization_id, c.thread, c.namespace, c.checkpoint_id, c.token
    from checkpoints c
    where c.organization_id = ${slot('organization_id')}
      and c.thread = cast(${slot('number')} as bigint)
      and c.checkpoint_id = ${slot('checkpoint_id')}`,
  writes: sql`
    insert into checkpoint_writes (organization_id, thread,
      ${sql.raw(columnsOf.checkpoint_writes)})
    with recursive ${forked(slot)}
    select s.organization_id, cast(${slot('number')} as bigint), s.number, s.checkpoint_id,
      s.namespace, s.body, s.is_detached
    from f join checkpoint_writes s on ${isForked('s')}
    where s.is_detached is null`,
  chunks: sql`
    insert into checkpoint_chunks (organization_id, thread,
      ${sql.raw(columnsOf.checkpoint_chunks)})
    with recursive ${forked(slot)},
    n as materialized (${needed(engine, sql`(
      select s.organization_id, s.thread, s.refs
      from f join checkpoints s on ${isForked('s')})`)})
    select k.organization_id, cast(${slot('number')} as bigint), k.log, k.start_offset, k.data,
      k.source_id, k.source_number
    from n join checkpoint_chunks k on k.organization_id = n.organization_id
      and k.thread = n.thread and k.log = n.log and k.start_offset < n.end_offset`,
  sources: sql`
    insert into checkpoint_writes (organization_id, thread,
      ${sql.raw(columnsOf.checkpoint_writes)})
    with ${thread(slot as Slot)},
    s as materialized (
      select distinct k.source_id, k.source_number from checkpoint_chunks k
      where k.organization_id = ${slot('organization_id')}
        and k.thread = cast(${slot('number')} as bigint) and k.source_number is not null)
    select w.organization_id, cast(${slot('number')} as bigint), w.number, w.checkpoint_id,
      w.namespace, w.body, ${sql.lit(true)}
    from t join checkpoint_writes w on ${inThread('w')}
      join s on s.source_id = w.checkpoint_id and s.source_number = w.number
    where not exists (
      select 1 from checkpoint_writes o
      where o.organization_id = w.organization_id and o.thread = cast(${slot('number')} as bigint)
        and o.checkpoint_id = w.checkpoint_id and o.namespace = w.namespace
        and o.number = w.number)`,
})

/** The statements that take away and multiply, compiled once. */
export function keepStatements(on: On) {
  const make = <P extends object>(
    name: string, build: (slot: Placeholder<P>) => RawBuilder<unknown>,
  ) => prepareRaw<P>(on, { name: `checkpoints_${name}`, build })
  return {
    /** Holds a thread: nobody writes to it before the transaction is over. */
    hold: make<ThreadKey>('hold', (slot) => sql`
      update checkpoint_threads set entry_count = entry_count
      where organization_id = ${slot('organization_id')} and thread_id = ${slot('thread_id')}
      returning number`),
    detachPruned: make<Pruning>('detach_pruned', (slot) => detach(pruned(slot))),
    pruneWrites: make<Pruning>('prune_writes', (slot) =>
      deleteFrom('checkpoint_writes', pruned(slot))),
    prune: make<Pruning>('prune', (slot) => deleteFrom('checkpoints', pruned(slot))),
    detachRuns: make<RunDeletion>('detach_runs', (slot) => detach(ofRuns(on, slot))),
    deleteRunWrites: make<RunDeletion>('delete_run_writes', (slot) =>
      deleteFrom('checkpoint_writes', ofRuns(on, slot))),
    deleteRuns: make<RunDeletion>('delete_runs', (slot) =>
      deleteFrom('checkpoints', ofRuns(on, slot))),
    tasks: make<ThreadKey>('tasks', (slot) => sql`
      with ${thread(slot)}
      select 1 as is_there from t join checkpoints c on ${inThread('c')}
      where c.namespace like '%:%' limit 1`),
    bases: prepareBatch(on.as<never>(), {
      name: 'checkpoints_bases', kinds: baseKinds, build: basesOf,
    }),
    detachNamespaces: make<NamespaceDeletion>('detach_namespaces', (slot) =>
      detach(ofNamespaces(on, slot))),
    deleteNamespaceWrites: make<NamespaceDeletion>('delete_namespace_writes', (slot) =>
      deleteFrom('checkpoint_writes', ofNamespaces(on, slot))),
    deleteNamespaces: make<NamespaceDeletion>('delete_namespaces', (slot) =>
      deleteFrom('checkpoints', ofNamespaces(on, slot))),
    deleteHeads: make<NamespaceDeletion>('delete_heads', (slot) => deleteHeads(on, slot)),
    mendHeads: make<RunDeletion>('mend_heads', mendHeads),
    sweepChunks: make<ThreadKey>('sweep_chunks', (slot) => sweepChunks(on, slot)),
    sweepSources: make<ThreadKey>('sweep_sources', sweepSources),
    removeEmpty: make<ThreadKey>('remove_empty', removeEmpty),
    beginCopy: make<ThreadCopy>('begin_copy', (slot) => beginCopy(on, slot)),
    copyHeads: make<ThreadCopy>('copy_heads', (slot) => copyRows('checkpoint_heads', slot)),
    copyCheckpoints: make<ThreadCopy>('copy', (slot) => copyRows('checkpoints', slot)),
    copyWrites: make<ThreadCopy>('copy_writes', (slot) => copyRows('checkpoint_writes', slot)),
    copyChunks: make<ThreadCopy>('copy_chunks', (slot) => copyRows('checkpoint_chunks', slot)),
    forkCheckpoint: make<ThreadFork>('fork', (slot) => forkStatements(on, slot).checkpoints),
    forkHeads: make<ThreadFork>('fork_heads', (slot) => forkStatements(on, slot).heads),
    forkWrites: make<ThreadFork>('fork_writes', (slot) => forkStatements(on, slot).writes),
    forkChunks: make<ThreadFork>('fork_chunks', (slot) => forkStatements(on, slot).chunks),
    forkSources: make<ThreadFork>('fork_sources', (slot) => forkStatements(on, slot).sources),
  }
}

export type KeepStatements = ReturnType<typeof keepStatements>
