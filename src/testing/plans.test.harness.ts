import { connect } from '../database/connect.js'
import { type Backend, type Statement } from '../database/engine.js'
import { type ContractWorld } from './contract.js'

/** A backend that tells of every statement as it is sent. */
export function watchedBackend(backend: Backend, sent: (statement: Statement) => void): Backend {
  const kept = (statement: Statement) => {
    sent(statement)
    return statement
  }
  return {
    engine: backend.engine,
    run: (statement) => backend.run(kept(statement)),
    atomic: (statements) => backend.atomic(statements.map(kept)),
    transaction: (work) => backend.transaction(work),
    snapshot: (work) => backend.snapshot(work),
    exclusive: (work) => backend.exclusive(work),
    introspect: () => backend.introspect(),
    definitions: () => backend.definitions(),
    walls: () => backend.walls(),
    scrub: (tables) => backend.scrub(tables),
    ping: () => backend.ping(),
    pool: () => backend.pool(),
    close: () => backend.close(),
  }
}

/** How the database means to run a statement whose values it does not know, and does not ask. */
export async function planOf(
  { holdfast: { backend } }: ContractWorld,
  { sql, parameters }: Statement,
): Promise<string> {
  if (!backend.engine.rowLocks) {
    const { rows } = await backend.run({ sql: `explain query plan ${sql}`, parameters })
    return rows.map(({ detail }) => String(detail)).join('\n')
  }
  return backend.transaction(async (session) => {
    const plain = (text: string) => session.run({ sql: text, parameters: [] })
    await plain('set local plan_cache_mode = force_generic_plan')
    await plain(`prepare planned as ${sql}`)
    const listed = parameters.length === 0 ? '' : `(${parameters.map(() => 'null').join(', ')})`
    const { rows } = await plain(`explain execute planned${listed}`)
    await plain('deallocate planned')
    return rows.map((row) => String(row['QUERY PLAN'])).join('\n')
  })
}

/** What autovacuum does sooner or later: statistics that know how many rows there are. */
export async function analyze(
  { adminUrl, holdfast: { backend } }: ContractWorld,
): Promise<void> {
  const analysis = { sql: 'analyze', parameters: [] }
  // A database in memory has no second way in.
  if (!backend.engine.shared) return void await backend.run(analysis)
  // The login that serves owns no table; it would be told that all were skipped.
  const admin = await connect(adminUrl, { poolMax: 1 })
  await admin.run(analysis).finally(() => admin.close())
}
