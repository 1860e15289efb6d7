import { type RawBuilder, sql } from 'kysely'
import { type Engine } from '../database/engine.js'
import { isAlive, ofStream, type Rows, samePath, touchedExpiry } from './fragments.js'
import { anyBytes, jsonType } from './media.js'

/** One row a stream: who is locked, in this order. */
export const pathKinds = { organization_id: 'id', path: 'text' } as const

/** One row an entry: appends of one stream that stand or fall together. */
export const entryKinds = {
  ...pathKinds,
  append_id: 'id',
  media_type: 'text',
  sequence: 'text',
  producer_id: 'text',
  epoch: 'integer',
  first_seq: 'integer',
  last_seq: 'integer',
  closes: 'flag',
  closed_by: 'text',
  failure: 'text',
  added: 'integer',
  tail_max: 'integer',
} as const

/** One row a chunk: how many bytes of its entry follow it. */
export const chunkKinds = {
  ...pathKinds, append_id: 'id', remaining: 'integer', data: 'bytes',
} as const

/** One row a chunk, each with all of its entry; one leads. */
export const wholeKinds = {
  ...entryKinds, leads: 'flag', remaining: 'integer', data: 'bytes',
} as const

/** What a call is judged by that appended nothing. */
export const stateKinds = { ...pathKinds, producer_id: 'text', sequence: 'text' } as const

/** Whether an append may come next from its producer, whose row is locked with its stream's. */
const isNext = sql`(e.producer_id is null or coalesce((
  select case when p.epoch = e.epoch then p.last_seq + 1 = e.first_seq
    else p.epoch < e.epoch and e.first_seq = 0 end
  from stream_producers p
  where ${ofStream('p', 'streams')} and p.producer_id = e.producer_id), e.first_seq = 0))`

/** Lengthens the streams of entries that may be appended, and only those. */
const change = (engine: Engine, entries: RawBuilder<unknown>, isProduced: boolean) => sql`
  update streams set
    tail = streams.tail + e.added,
    sequence = coalesce(e.sequence, streams.sequence),
    closed = e.closes, closed_by = e.closed_by, failure = e.failure,
    last_append = e.append_id,
    expires_at = ${touchedExpiry(engine)},
    updated_at = ${engine.now()}
  from ${entries} as e
  where ${samePath('streams', 'e')} and streams.deleted_at is null and ${isAlive(engine)}
    and not streams.closed
    and (e.media_type is null or e.media_type = streams.media_type
      or (e.media_type = ${sql.lit(anyBytes)} and streams.media_type <> ${sql.lit(jsonType)}))
    and (e.sequence is null or streams.sequence is null or streams.sequence < e.sequence)
    and streams.tail + e.added <= e.tail_max
    ${isProduced ? sql`and ${isNext}` : sql``}`

const advance = (source: RawBuilder<unknown>) => sql`
  insert into stream_producers (organization_id, stream_id, producer_id, epoch, last_seq)
  select s.organization_id, s.id, e.producer_id, e.epoch, e.last_seq
  from ${source}
  on conflict (organization_id, stream_id, producer_id)
  do update set epoch = excluded.epoch, last_seq = excluded.last_seq`

const insertChunks = (source: RawBuilder<unknown>) => sql`
  insert into stream_chunks (organization_id, stream_id, end_offset, data)
  select s.organization_id, s.id, s.tail - g.remaining, g.data
  from ${source}`

/** Everything in one statement, for engines that write inside `with`. */
export const wholeStatement = (engine: Engine, isProduced: boolean) => (rows: Rows) => sql`
  with given as materialized (select * from ${rows} as r),
  changed as (
    ${change(engine, sql`(select * from given where leads)`, isProduced)}
    returning streams.organization_id, streams.id, streams.path, streams.tail
  ),
  ${isProduced
    ? sql`advanced as (${advance(sql`given e join changed s on ${samePath('e', 's')}
        where e.leads and e.producer_id is not null`)}),`
    : sql``}
  inserted as (${insertChunks(sql`given g join changed s on ${samePath('g', 's')}
    where g.data is not null`)})
  select organization_id, path, tail from changed`

/**
 * So that nobody else moves these streams or their producers before the next statement has judged
 * them by what it sees; in one order everywhere.
 */
export const lockStatement = (engine: Engine) => (rows: Rows) => sql`
  select streams.id from streams join ${rows} as g on ${samePath('streams', 'g')}
  order by streams.organization_id, streams.path
  ${engine.rowLocks ? sql`for update of streams` : sql``}`

/** The first of three statements, for engines with one writer. */
export const changeStatement = (engine: Engine, isProduced: boolean) => (rows: Rows) => sql`
  ${change(engine, rows, isProduced)} returning organization_id, path, tail`

/** Behind `changeStatement`: only where that entry did change the stream. */
export const advanceStatement = (rows: Rows) =>
  advance(sql`${rows} as e join streams s on ${samePath('e', 's')}
    where s.last_append = e.append_id and e.producer_id is not null`)

/** Behind `changeStatement`, as `advanceStatement`. */
export const chunkStatement = (rows: Rows) =>
  insertChunks(sql`${rows} as g join streams s on ${samePath('g', 's')}
    where s.last_append = g.append_id`)

/** How stream and producer stand, for one call. */
export const stateStatement = (engine: Engine) => (rows: Rows) => sql`
  select s.id, s.media_type, s.tail, s.closed, s.closed_by, s.deleted_at, p.epoch, p.last_seq,
    s.sequence >= g.sequence as is_behind
  from ${rows} as g
  join streams s on ${samePath('g', 's')}
  left join stream_producers p on ${ofStream('p', 's')} and p.producer_id = g.producer_id
  where ${isAlive(engine, 's')}`
