import { sql } from 'kysely'
import { type BatchRow, type Database, prepareBatch } from '../database/database.js'
import { type Engine } from '../database/engine.js'
import {
  chunkBytesMax, expiryOf, isAlive, ofStream, type Rows, samePath,
} from './fragments.js'
import { type StreamTables } from './tables.js'

const pathKinds = { organization_id: 'id', path: 'text' } as const

const newKinds = {
  ...pathKinds,
  id: 'id',
  content_type: 'text',
  media_type: 'text',
  tail: 'integer',
  closed: 'flag',
  ttl_seconds: 'integer',
  expires_at: 'instant',
  source_id: 'id',
  source_offset: 'integer',
  source_sub_offset: 'integer',
  conversation_id: 'id',
  created_by: 'text',
} as const

/** What a new stream is made of. */
export type NewRow = BatchRow<typeof newKinds>

const boundaryKinds = { ...pathKinds, from: 'integer' } as const
const becameKinds = { ...pathKinds, conversation_id: 'id', message_id: 'id' } as const
const copyKinds = { ...pathKinds, id: 'id', source_id: 'id', until: 'integer' } as const
const chunkKinds = { ...pathKinds, id: 'id', end_offset: 'integer', data: 'bytes' } as const

/** Whether forks of a stream are left, deleted ones with forks of their own included. */
const hasForks = (engine: Engine) => sql`exists (
  select 1 from streams f
  where f.organization_id = streams.organization_id and f.source_id = streams.id
    and ${isAlive(engine, 'f')})`

/** Not `exists`, for which one engine reads every stream that there is. */
const isNamed = (rows: Rows) => sql`
  (organization_id, path) in (select g.organization_id, g.path from ${rows} as g)`

/** Makes way for a stream at the path of one that is over. */
const clear = (engine: Engine) => (rows: Rows) => sql`
  delete from streams
  where ${isNamed(rows)}
    and (not ${isAlive(engine)} or (deleted_at is not null and not ${hasForks(engine)}))`

/** The source of a fork stays as it is until the fork has its bytes. */
const hold = (rows: Rows) => sql`
  update streams set tail = streams.tail
  from ${rows} as g
  where streams.organization_id = g.organization_id and streams.id = g.source_id`

/** A fork is made only while its source is there. */
const insert = (engine: Engine) => (rows: Rows) => sql`
  insert into streams (organization_id, id, path, content_type, media_type, tail, closed,
    ttl_seconds, expires_at, source_id, source_offset, source_sub_offset, conversation_id,
    created_by, created_at, updated_at)
  select g.organization_id, g.id, g.path, g.content_type, g.media_type, g.tail, g.closed,
    g.ttl_seconds,
    case when g.ttl_seconds is null then g.expires_at
      else ${expiryOf(engine, sql.ref('g.ttl_seconds'))} end,
    g.source_id, g.source_offset, g.source_sub_offset, g.conversation_id, g.created_by,
    ${engine.now()}, ${engine.now()}
  from ${rows} as g
  where g.source_id is null or exists (
    select 1 from streams as o
    where o.organization_id = g.organization_id and o.id = g.source_id
      and o.deleted_at is null and ${isAlive(engine, 'o')})
  on conflict (organization_id, path) do nothing
  returning *`

/** A fork has the bytes of its source as its own: it lives on when the source is gone. */
const copy = (rows: Rows) => sql`
  insert into stream_chunks (organization_id, stream_id, end_offset, data)
  select s.organization_id, s.id, c.end_offset, c.data
  from ${rows} as g
  join streams s on s.organization_id = g.organization_id and s.id = g.id
  join stream_chunks c
    on c.organization_id = g.organization_id and c.stream_id = g.source_id
    and c.end_offset <= g.until`

/** Bytes that a stream begins with. */
const begin = (rows: Rows) => sql`
  insert into stream_chunks (organization_id, stream_id, end_offset, data)
  select s.organization_id, s.id, g.end_offset, g.data
  from ${rows} as g
  join streams s on s.organization_id = g.organization_id and s.id = g.id`

/** A stream and the chunk that holds the byte behind a place. */
const boundary = (engine: Engine) => (rows: Rows) => sql`
  select s.*, c.end_offset, c.data
  from ${rows} as g
  join streams s on ${samePath('s', 'g')}
  left join stream_chunks c on ${ofStream('c', 's')} and c.end_offset > g."from"
    and c.end_offset <= g."from" + ${sql.lit(chunkBytesMax)}
  where ${isAlive(engine, 's')}
  order by c.end_offset limit 1`

/** A stream that has forks keeps its path until they are gone. */
const bury = (engine: Engine) => (rows: Rows) => sql`
  update streams set deleted_at = ${engine.now()}, tail = 0, updated_at = ${engine.now()}
  from ${rows} as g
  where ${samePath('streams', 'g')} and streams.deleted_at is null and ${isAlive(engine)}
    and ${hasForks(engine)}
  returning streams.id`

const empty = (rows: Rows) => sql`
  delete from stream_chunks
  where (organization_id, stream_id) in (
    select s.organization_id, s.id from ${rows} as g join streams s on ${samePath('s', 'g')}
    where s.deleted_at is not null)`

const remove = (engine: Engine) => (rows: Rows) => sql`
  delete from streams
  where ${isNamed(rows)}
    and deleted_at is null and ${isAlive(engine)}
  returning id, source_id`

/** Nothing follows, and nobody else finishes the stream before this transaction is over. */
const seal = (engine: Engine) => (rows: Rows) => sql`
  update streams set closed = ${sql.lit(true)}, updated_at = ${engine.now()}
  where ${isNamed(rows)}
    and deleted_at is null and ${isAlive(engine)}
  returning *`

const became = (rows: Rows) => sql`
  update streams set conversation_id = g.conversation_id, message_id = g.message_id
  from ${rows} as g where ${samePath('streams', 'g')}`

/** Deleted streams whose last fork is gone. */
const forget = (engine: Engine) => (rows: Rows) => sql`
  delete from streams
  where organization_id in (select g.organization_id from ${rows} as g)
    and deleted_at is not null and not ${hasForks(engine)}`

/** The statements that make and unmake streams, compiled once. */
export function createStatements(database: Database<StreamTables>) {
  const { engine } = database
  const on = database.as<never>()
  const ofPath = (name: string, build: (rows: Rows) => Rows) =>
    prepareBatch(on, { name: `streams_${name}`, kinds: pathKinds, build })
  return {
    clear: ofPath('clear', clear(engine)),
    insert: prepareBatch(on, { name: 'streams_insert', kinds: newKinds, build: insert(engine) }),
    hold: prepareBatch(on, { name: 'streams_hold', kinds: copyKinds, build: hold }),
    copy: prepareBatch(on, { name: 'streams_copy', kinds: copyKinds, build: copy }),
    begin: prepareBatch(on, { name: 'streams_begin', kinds: chunkKinds, build: begin }),
    boundary: prepareBatch(on, {
      name: 'streams_boundary', kinds: boundaryKinds, build: boundary(engine),
    }),
    bury: ofPath('bury', bury(engine)),
    empty: ofPath('empty', empty),
    remove: ofPath('remove', remove(engine)),
    seal: ofPath('seal', seal(engine)),
    became: prepareBatch(on, { name: 'streams_became', kinds: becameKinds, build: became }),
    forget: prepareBatch(on, {
      name: 'streams_forget', kinds: { organization_id: 'id' }, build: forget(engine),
    }),
  }
}

export type CreateStatements = ReturnType<typeof createStatements>
