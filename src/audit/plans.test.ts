import { expect, it } from 'vitest'
import { type Statement } from '../database/engine.js'
import { Database } from '../database/database.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { AuditKeys, AuditLog, type AuditTables, recordAudit, Sealing } from './index.js'

/** A log over a database that keeps the statements it is given. */
function watched({ holdfast, organizationId }: ContractWorld) {
  const { clock, backend } = holdfast
  const seen: Statement[] = []
  const run = (statement: Statement) => {
    seen.push(statement)
    return backend.run(statement)
  }
  const session = { ...backend, engine: backend.engine, run }
  const database = Database.over<AuditTables>(session as never)
  const parts = {
    database, clock, keys: new AuditKeys(), source: holdfast, auditKey: undefined,
    sealing: new Sealing({ database, clock, keys: new AuditKeys() }),
  }
  return { seen, log: new AuditLog(database, { organizationId, actor: { id: 'x' } }, parts) }
}

/** How the engine would run it. */
async function planOf({ holdfast: { backend } }: ContractWorld, { sql, parameters }: Statement) {
  if (!backend.engine.rowLocks) {
    const { rows } = await backend.run({ sql: `explain query plan ${sql}`, parameters })
    return rows.map(({ detail }) => String(detail)).join('\n')
  }
  return backend.transaction(async (session) => {
    const plain = (text: string) => session.run({ sql: text, parameters: [] })
    await plain('set local plan_cache_mode = force_generic_plan')
    await plain(`prepare planned as ${sql}`)
    const values = parameters.map((value) => `'${String(value)}'`)
    const { rows } = await plain(`explain execute planned (${values.join(', ')})`)
    await plain('deallocate planned')
    return rows.map((row) => String(row['QUERY PLAN'])).join('\n')
  })
}

contract('a long audit log', (open) => {
  it('is listed by an index for each filter, and never read whole', async () => {
    const world = await open()
    const { holdfast, organizationId, organization: { audit } } = world
    const database = Database.over<AuditTables>(holdfast.backend)
    await holdfast.transaction(async (transaction) => {
      for (let index = 0; index < 3_000; index++) {
        await recordAudit(transaction.database.as(), holdfast, {
          organizationId,
          actor: { id: `user:${index % 50}`, requestId: `r${index}` },
          record: {
            action: `thing.${index % 20}`, resourceKind: 'thing', resourceId: `${index % 500}`,
            outcome: index % 500 === 0 ? 'denied' : 'succeeded',
          },
        })
      }
    })
    await audit.seal()
    await database.execute({ sql: 'analyze audit_events', parameters: [] })
    const { seen, log } = watched(world)
    for (const [listing, index] of [
      [{}, 'listed'], [{ actorId: 'user:7' }, 'actor'], [{ action: 'thing.7' }, 'action'],
      [{ resourceKind: 'thing', resourceId: '7' }, 'resource'], [{ requestId: 'r7' }, 'request'],
      [{ outcome: 'denied' }, 'unlucky'], [{ from: '2026-01-01T00:00:00.000000Z' }, 'listed'],
    ] as const) {
      seen.length = 0
      expect((await log.list({ ...listing, limit: 5 })).data.length).toBeGreaterThan(0)
      const plan = await planOf(world, seen[0]!)
      expect([listing, plan]).toEqual([listing, expect.stringContaining(`audit_events_${index}`)])
      expect(plan).not.toMatch(/Seq Scan|SCAN audit_events/)
    }
  }, 60_000)
})
