import { type RawBuilder, sql } from 'kysely'
import { type BatchRow, type Database, prepareBatch } from '../database/database.js'
import { type Engine } from '../database/engine.js'
import { type CheckpointTables } from './tables.js'

type Rows = RawBuilder<unknown>

const threadKinds = { organization_id: 'id', thread_id: 'text' } as const

/** One row a thread that is written to. */
const arrivalKinds = {
  ...threadKinds,
  /** The number it gets if it is new. */
  number: 'integer',
  fence: 'integer',
  /** Calls of pending writes. */
  added: 'integer',
  created_by: 'text',
  /** Whether it is made if it is not there. */
  creates: 'flag',
  /** When the key was made that what comes is under; null where the organization wants none. */
  since: 'instant',
} as const

const nameKinds = { ...threadKinds, namespace: 'text', checkpoint_id: 'text' } as const

/** One row a checkpoint, as far as its head goes. */
const headKinds = {
  ...nameKinds,
  parent_id: 'text',
  token: 'integer',
  /** The token that the parent is taken to have, or what is replaced; null without a parent. */
  known: 'integer',
  /** The number that the thread is taken to have; null where nothing of it is taken for known. */
  known_thread: 'integer',
  /** Whether it replaces a head of its own id. */
  replaces: 'flag',
  fence: 'integer',
} as const

const putKinds = {
  ...headKinds,
  run_id: 'text',
  ancestor_count: 'integer',
  refs: 'json',
  body: 'bytes',
  metadata: 'json',
} as const

const chunkKinds = {
  ...nameKinds, token: 'integer', log: 'integer', start_offset: 'integer', data: 'bytes',
  source_id: 'text', source_number: 'integer',
  /** Of a source that is written in the same batch: calls of its thread that follow it there. */
  source_remaining: 'integer',
} as const

const writeKinds = {
  ...nameKinds,
  /** The put that it belongs to; null when it came alone. */
  token: 'integer',
  fence: 'integer',
  /** Calls of its thread that follow it in the batch. */
  remaining: 'integer',
  body: 'bytes',
} as const

export type ArrivalRow = BatchRow<typeof arrivalKinds>
export type PutRow = BatchRow<typeof putKinds>
export type ChunkRow = BatchRow<typeof chunkKinds>
export type WriteRow = BatchRow<typeof writeKinds>

const ofGiven = sql`t.organization_id = g.organization_id and t.thread_id = g.thread_id`

/**
 * The rows with the numbers of their threads, whose rows are held. Materialized, so that what
 * follows is found by whole keys.
 */
const given = (rows: Rows) => sql`
  g as materialized (
    select r.*, t.number as thread, t.fence as seen, t.entry_count
    from ${rows} as r join checkpoint_threads t
      on t.organization_id = r.organization_id and t.thread_id = r.thread_id)`

/** Nobody with a greater token was here; the thread has this one already. */
const isFresh = sql`(g.fence is null or g.seen is null or g.fence >= g.seen)`

/** The thread is the one that the put is made from, and no other that has its name since. */
const isThread = sql`(g.known_thread is null or g.known_thread = g.thread)`

const ofPut = sql`c.organization_id = g.organization_id and c.thread = g.thread
  and c.checkpoint_id = g.checkpoint_id and c.namespace = g.namespace and c.token = g.token`

/**
 * Takes the rows of threads, in one order everywhere; what follows sees how all stands. None is
 * taken where encryption was switched meanwhile, or the key is another one: nobody could read what
 * would be written.
 */
const arrive = ({ now }: Engine) => (rows: Rows) => sql`
  insert into checkpoint_threads (organization_id, number, thread_id, fence, entry_count,
    created_by, created_at, updated_at)
  select g.organization_id, g.number, g.thread_id, g.fence, g.added, g.created_by, ${now()},
    ${now()}
  from ${rows} as g
  where (g.creates or exists (select 1 from checkpoint_threads t where ${ofGiven}))
    and case
      when exists (select 1 from checkpoint_policies p
        where p.organization_id = g.organization_id and p.encrypts)
      then exists (select 1 from checkpoint_keys k
        where k.organization_id = g.organization_id and k.id = g.organization_id
          and k.created_at = g.since)
      else g.since is null end
  order by g.organization_id, g.thread_id
  on conflict (organization_id, thread_id) do update set
    fence = case when excluded.fence is null or checkpoint_threads.fence > excluded.fence
      then checkpoint_threads.fence else excluded.fence end,
    entry_count = checkpoint_threads.entry_count + excluded.entry_count,
    updated_at = excluded.updated_at
  returning organization_id, thread_id, number, fence, entry_count`

/** Makes room for the head of a namespace that may have none yet. */
const open = (rows: Rows) => sql`
  with ${given(rows)}
  insert into checkpoint_heads (organization_id, thread, namespace)
  select distinct g.organization_id, g.thread, g.namespace
  from g where g.parent_id is null and ${isFresh}
  on conflict (organization_id, thread, namespace) do nothing`

/** Moves the heads of the puts `g` that may be, and only those. */
const moved = sql`
  update checkpoint_heads set head_id = g.checkpoint_id, token = g.token
  from g
  where checkpoint_heads.organization_id = g.organization_id
    and checkpoint_heads.thread = g.thread and checkpoint_heads.namespace = g.namespace
    and ${isFresh} and ${isThread}
    and case
      when g.replaces then checkpoint_heads.head_id = g.checkpoint_id
        and checkpoint_heads.token = g.known
      when exists (
        select 1 from checkpoints c
        where c.organization_id = g.organization_id and c.thread = g.thread
          and c.checkpoint_id = g.checkpoint_id and c.namespace = g.namespace)
        then ${sql.lit(false)}
      when g.parent_id is null then checkpoint_heads.head_id is null
      else checkpoint_heads.head_id = g.parent_id and checkpoint_heads.token = g.known
    end
  returning checkpoint_heads.organization_id, checkpoint_heads.thread, checkpoint_heads.namespace,
    checkpoint_heads.token`

const advance = (rows: Rows) => sql`
  with ${given(rows)}
  ${moved}`

/** That a put is the one that moved a head. */
const isMoved = (head: string) => sql`
  ${sql.ref(head)}.organization_id = g.organization_id and ${sql.ref(head)}.thread = g.thread
  and ${sql.ref(head)}.namespace = g.namespace and ${sql.ref(head)}.token = g.token`

const checkpointOf = ({ now }: Engine, source: Rows) => sql`
  insert into checkpoints (organization_id, thread, token, created_at, is_pinned, checkpoint_id,
    namespace, parent_id, run_id, ancestor_count, refs, body, metadata)
  select g.organization_id, g.thread, g.token, ${now()}, ${sql.lit(false)}, g.checkpoint_id,
    g.namespace, g.parent_id, g.run_id, g.ancestor_count, g.refs, g.body, g.metadata
  from ${source}`

const takingPlace = sql`
  on conflict (organization_id, thread, checkpoint_id, namespace) do update set
    parent_id = excluded.parent_id, run_id = excluded.run_id, token = excluded.token,
    ancestor_count = excluded.ancestor_count, refs = excluded.refs, body = excluded.body,
    metadata = excluded.metadata`

/** Writes the checkpoints of heads that were moved. */
const insert = (engine: Engine) => (rows: Rows) => sql`
  with ${given(rows)}
  ${checkpointOf(engine, sql`g
    join checkpoint_heads h on ${isMoved('h')} where ${sql.lit(true)}`)}
  ${takingPlace}`

/** Both at once. */
const follow = (engine: Engine) => (rows: Rows) => sql`
  with ${given(rows)}, m as (${moved})
  ${checkpointOf(engine, sql`g join m on ${isMoved('m')}`)}
  ${takingPlace}
  returning token`

/** Puts checkpoints beside others, if what they are made from is as it was. */
const branch = (engine: Engine) => (rows: Rows) => sql`
  with ${given(rows)}
  ${checkpointOf(engine, sql`g
    left join checkpoints p on p.organization_id = g.organization_id and p.thread = g.thread
      and p.checkpoint_id = g.parent_id and p.namespace = g.namespace
    where ${isFresh} and ${isThread}
      and coalesce(p.token, -1) = coalesce(g.known, -1)`)}
  on conflict (organization_id, thread, checkpoint_id, namespace) do nothing
  returning token`

/** Makes such a checkpoint the head, unless the head is a later one. */
const raise = (rows: Rows) => sql`
  with ${given(rows)}
  insert into checkpoint_heads (organization_id, thread, namespace, head_id, token)
  select c.organization_id, c.thread, c.namespace, c.checkpoint_id, c.token
  from g join checkpoints c on ${ofPut}
  where ${sql.lit(true)}
  on conflict (organization_id, thread, namespace) do update set
    head_id = excluded.head_id, token = excluded.token
  where checkpoint_heads.head_id is null or checkpoint_heads.head_id < excluded.head_id`

const chunk = (rows: Rows) => sql`
  with ${given(rows)}
  insert into checkpoint_chunks (organization_id, thread, log, start_offset, data, source_id,
    source_number)
  select g.organization_id, g.thread, g.log, g.start_offset, g.data, g.source_id,
    coalesce(g.source_number, g.entry_count - g.source_remaining)
  from g join checkpoints c on ${ofPut}`

const write = (rows: Rows) => sql`
  with ${given(rows)}
  insert into checkpoint_writes (organization_id, thread, number, checkpoint_id, namespace, body)
  select g.organization_id, g.thread, g.entry_count - g.remaining, g.checkpoint_id, g.namespace,
    g.body
  from g
  where ${isFresh} and (g.token is null or exists (select 1 from checkpoints c where ${ofPut}))`

/** The statements that put, compiled once; each does its part only where the one before did. */
export function putStatements(database: Database<CheckpointTables>) {
  const { engine } = database
  const on = database.as<never>()
  const ofPuts = (name: string, build: (rows: Rows) => Rows) =>
    prepareBatch(on, { name: `checkpoints_${name}`, kinds: putKinds, build })
  const ofHeads = (name: string, build: (rows: Rows) => Rows) =>
    prepareBatch(on, { name: `checkpoints_${name}`, kinds: headKinds, build })
  const following = engine.writesInWith
    ? [ofPuts('follow', follow(engine))]
    : [ofHeads('advance', advance), ofPuts('insert', insert(engine))]
  return {
    arrive: prepareBatch(on, {
      name: 'checkpoints_arrive', kinds: arrivalKinds, build: arrive(engine),
    }),
    open: ofHeads('open', open),
    /** Moves heads and writes their checkpoints; answers the tokens of those. */
    follow: (rows: readonly PutRow[]) => following.map((make) => make(rows)),
    branch: ofPuts('branch', branch(engine)),
    raise: ofHeads('raise', raise),
    chunk: prepareBatch(on, { name: 'checkpoints_chunk', kinds: chunkKinds, build: chunk }),
    write: prepareBatch(on, { name: 'checkpoints_write', kinds: writeKinds, build: write }),
  }
}

export type PutStatements = ReturnType<typeof putStatements>
