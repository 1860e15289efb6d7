import { type RawBuilder, sql } from 'kysely'
import { type Engine } from '../database/engine.js'

/** A table expression of rows handed in as parameters. */
export type Rows = RawBuilder<unknown>

/** Bytes that one call may append. */
export const chunkBytesMax = 1024 * 1024

/** A stream that is touched lives on; it is written down only when that gains it so much. */
const slackMs = (ttl: RawBuilder<unknown>) =>
  sql`case when ${ttl} < 10 then ${ttl} * 100 else 1000 end`

/** What holds of a stream that has not expired. */
export const isAlive = (engine: Engine, stream = 'streams') => {
  const expiry = sql.ref(`${stream}.expires_at`)
  return sql`(${expiry} is null or ${expiry} > ${engine.now()})`
}

/** Whether a touch is worth writing down. */
export const isStale = (engine: Engine, stream = 'streams') => sql`
  ${sql.ref(`${stream}.ttl_seconds`)} is not null and ${sql.ref(`${stream}.expires_at`)}
    < ${engine.now(sql`(${sql.ref(`${stream}.ttl_seconds`)} * 1000)`)}`

/** When a stream of this time to live expires that is touched now; a little late, never early. */
export const expiryOf = (engine: Engine, ttl: RawBuilder<unknown>) =>
  engine.now(sql`(${ttl} * 1000 + ${slackMs(ttl)})`)

/** The expiry of a stream that is touched in this statement. */
export const touchedExpiry = (engine: Engine) => sql`
  case when ${isStale(engine)} then ${expiryOf(engine, sql.ref('streams.ttl_seconds'))}
    else streams.expires_at end`

/** That two rows name one stream by its path. */
export const samePath = (left: string, right: string) => sql`
  ${sql.ref(left)}.organization_id = ${sql.ref(right)}.organization_id
  and ${sql.ref(left)}.path = ${sql.ref(right)}.path`

/** That a row belongs to a stream. */
export const ofStream = (row: string, stream: string) => sql`
  ${sql.ref(row)}.organization_id = ${sql.ref(stream)}.organization_id
  and ${sql.ref(row)}.stream_id = ${sql.ref(stream)}.id`
