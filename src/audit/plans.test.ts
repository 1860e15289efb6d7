import { expect, it } from 'vitest'
import { type Statement } from '../database/engine.js'
import { Database } from '../database/database.js'
import { contract, type ContractWorld } from '../testing/index.js'
import { analyze, planOf, watchedBackend } from '../testing/plans.test.harness.js'
import { AuditKeys, AuditLog, type AuditTables, recordAudit, Sealing } from './index.js'

/** A log over a database that keeps the statements it is given. */
function watched({ holdfast, organizationId }: ContractWorld) {
  const { clock, backend } = holdfast
  const seen: Statement[] = []
  const watching = watchedBackend(backend, (statement) => seen.push(statement))
  const database = Database.over<AuditTables>(watching).within([organizationId])
  const parts = {
    database, clock, keys: new AuditKeys(), source: holdfast, auditKey: undefined,
    sealing: new Sealing({ database, clock, keys: new AuditKeys() }),
  }
  return { seen, log: new AuditLog(database, { organizationId, actor: { id: 'x' } }, parts) }
}

contract('a long audit log', (open) => {
  it('is listed by an index for each filter, and never read whole', async () => {
    const world = await open()
    const { holdfast, organizationId, organization: { audit } } = world
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
    await analyze(world)
    const { seen, log } = watched(world)
    for (const [listing, index] of [
      [{}, 'listed'], [{ actorId: 'user:7' }, 'actor'], [{ action: 'thing.7' }, 'action'],
      [{ resourceKind: 'thing', resourceId: '7' }, 'resource'], [{ requestId: 'r7' }, 'request'],
      [{ outcome: 'denied' }, 'unlucky'], [{ from: '2026-01-01T00:00:00.000000Z' }, 'listed'],
    ] as const) {
      seen.length = 0
      const { data, nextCursor } = await log.list({ ...listing, limit: 1 })
      expect(data).toHaveLength(1)
      await log.list({ ...listing, limit: 5, cursor: nextCursor ?? undefined })
      for (const statement of seen) {
        const plan = await planOf(world, statement)
        expect([listing, plan])
          .toEqual([listing, expect.stringContaining(`audit_events_${index}`)])
        expect(plan).not.toMatch(/Seq Scan|SCAN audit_events/)
      }
    }
  }, 60_000)
})
