import { type RawBuilder, sql } from 'kysely'
import { type Stored } from '../database/columns.js'
import { type BatchRow, type Database, prepareBatch } from '../database/database.js'
import { type Engine } from '../database/engine.js'
import { type AgentTables } from './tables.js'

const agentKinds = { organization_id: 'id', speaker_uri: 'text' } as const
const termKinds = {
  ...agentKinds, capability: 'integer', kind: 'text', term: 'text',
} as const

/** Which agent is meant, in stored form. */
export interface AgentKey {
  readonly organization_id: Stored<'id'>
  readonly speaker_uri: Stored<'text'>
}

/** A term in stored form. */
export type TermRow = BatchRow<typeof termKinds>

/** Terms written by one statement at most. */
export const termBatchMax = 100

/** A sign of life is written once in so long at most, and at least twice in a time to live. */
const writtenEveryMs = 60_000

const sameAgent = (one: string, other: string) => sql`
  ${sql.ref(`${one}.organization_id`)} = ${sql.ref(`${other}.organization_id`)} and
  ${sql.ref(`${one}.speaker_uri`)} = ${sql.ref(`${other}.speaker_uri`)}`

/** When an agent of this time to live that shows a sign of life now will be stale. */
export const expiryOf = (engine: Engine, ttlMs: RawBuilder<number | null>) =>
  sql<Stored<'instant'> | null>`
    case when ${ttlMs} is not null then ${engine.now(ttlMs as RawBuilder<number>)} end`

/** Whether the next sign of life of an agent is to be written. */
const isDue = (engine: Engine, agent: string) => {
  const [ttl, last] = [sql.ref(`${agent}.ttl_ms`), sql.ref(`${agent}.heartbeat_at`)]
  const most = sql.lit(writtenEveryMs)
  const ago = sql<number>`(case when ${ttl} < ${most} * 2 then ${ttl} / 2 else ${most} end * -1)`
  return sql<boolean>`${last} <= ${engine.now(ago)}`
}

/** The statements of agents that are prepared once. */
export function agentStatements(database: Database<AgentTables>) {
  const { engine } = database
  const any = database.as<never>()
  return {
    /** How agents stand, and which of them are to be written when they show a sign of life. */
    known: prepareBatch(any, {
      name: 'agents_known',
      kinds: agentKinds,
      build: (rows) => sql`
        select a.organization_id, a.speaker_uri, a.heartbeat_at, a.expires_at,
          case when ${isDue(engine, 'a')} then 1 else 0 end as due
        from ${rows} as g join agents a on ${sameAgent('a', 'g')}`,
    }),
    /** Writes signs of life where that is due. */
    beat: prepareBatch(any, {
      name: 'agents_beat',
      kinds: agentKinds,
      build: (rows) => sql`
        update agents set heartbeat_at = ${engine.now()}, stale_at = null,
          expires_at = ${expiryOf(engine, sql.ref<number>('agents.ttl_ms'))}
        from ${rows} as g
        where ${sameAgent('agents', 'g')} and ${isDue(engine, 'agents')}
        returning agents.organization_id, agents.speaker_uri, agents.heartbeat_at,
          agents.expires_at`,
    }),
    addTerms: prepareBatch(any, {
      name: 'agents_add_terms',
      kinds: termKinds,
      build: (rows) => sql`
        insert into agent_terms (organization_id, speaker_uri, capability, kind, term)
        select organization_id, speaker_uri, capability, kind, term from ${rows} as g`,
    }),
  }
}

/** The same, prepared. */
export type AgentStatements = ReturnType<typeof agentStatements>
