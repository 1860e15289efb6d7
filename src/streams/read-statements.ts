import { sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type Database, type Placeholder, prepareBatch, prepareRaw } from '../database/database.js'
import { type Engine } from '../database/engine.js'
import {
  chunkBytesMax, isAlive, isStale, ofStream, type Rows, samePath, touchedExpiry,
} from './fragments.js'
import { type StreamTables } from './tables.js'

/** Chunks of one read at most. */
const chunksMax = 4_096

type Named = { organization: Stored<'id'>; path: Stored<'text'> }
type Reading = Named & { from: Stored<'integer'> }

const pathKinds = { organization_id: 'id', path: 'text' } as const

const named = (parameter: Placeholder<Named>) => sql`
  s.organization_id = ${parameter('organization')} and s.path = ${parameter('path')}`

const begin = (parameter: Placeholder<Reading>) => sql`cast(${parameter('from')} as bigint)`

/**
 * A stream and the chunks behind a place, as of one moment. A chunk is never longer than the
 * window, so that the next one always lies in it.
 */
const readStatement = (engine: Engine) => (parameter: Placeholder<Reading>) => sql`
  select s.id, s.content_type, s.media_type, s.tail, s.closed, s.failure, s.deleted_at,
    (${isStale(engine, 's')}) as is_stale, c.end_offset, c.data
  from streams s
  left join stream_chunks c on ${ofStream('c', 's')}
    and c.end_offset > ${begin(parameter)}
    and c.end_offset <= ${begin(parameter)} + ${sql.lit(chunkBytesMax)}
  where ${named(parameter)} and ${isAlive(engine, 's')}
  order by c.end_offset limit ${sql.lit(chunksMax)}`

const findStatement = (engine: Engine) => (parameter: Placeholder<Named>) => sql`
  select s.* from streams s where ${named(parameter)} and ${isAlive(engine, 's')}`

const touchStatement = (engine: Engine) => (rows: Rows) => sql`
  update streams set expires_at = ${touchedExpiry(engine)}
  from ${rows} as g
  where ${samePath('streams', 'g')} and ${isStale(engine)} and ${isAlive(engine)}`

/** How streams stand that somebody waits for. */
const lookStatement = (engine: Engine) => (rows: Rows) => sql`
  select s.organization_id, s.path, s.id, s.tail, s.closed, s.deleted_at,
    (${isStale(engine, 's')}) as is_stale
  from ${rows} as g join streams s on ${samePath('s', 'g')}
  where ${isAlive(engine, 's')}`

/** The statements that readers share, compiled once. */
export function readStatements(database: Database<StreamTables>) {
  const { engine } = database
  const on = database.as<never>()
  return {
    read: prepareRaw<Reading>(database, {
      name: 'streams_read', readOnly: true, build: readStatement(engine),
    }),
    find: prepareRaw<Named>(database, {
      name: 'streams_find', readOnly: true, build: findStatement(engine),
    }),
    touch: prepareBatch(on, {
      name: 'streams_touch', kinds: pathKinds, build: touchStatement(engine),
    }),
    look: prepareBatch(on, {
      name: 'streams_look', kinds: pathKinds, build: lookStatement(engine),
    }),
  }
}

export type ReadStatements = ReturnType<typeof readStatements>
