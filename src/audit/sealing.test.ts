import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { InvalidInput } from '../errors.js'
import { testAuditKey, withAuditKey, withEmptyLogs } from '../testing/audit-world.test.harness.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import {
  AuditChainBroken, auditEvents, type AuditTables, AuditKeys, newAuditKey, recordAudit,
} from './index.js'
import { auditParts } from './parts.js'
import { Pruning } from './prune.js'

const actor = { id: 'user:someone' }
const dayMs = 86_400_000

const databaseOf = ({ holdfast }: ContractWorld) =>
  Database.over<AuditTables>(holdfast.backend).within('all')

/** Records so many events, at the clock's time. */
async function record(world: ContractWorld, count: number, clock = world.holdfast.clock) {
  const { organizationId, holdfast: { ids } } = world
  for (let index = 0; index < count; index++) {
    await recordAudit(databaseOf(world), { clock, ids }, {
      organizationId, actor, record: { action: 'thing.made', resourceKind: 'thing' },
    })
  }
}

/** Events of 40 days ago, then of today, in a log whose heads are signed. */
async function agedLog(world: ContractWorld) {
  const clock = new ManualClock()
  const holdfast = await withAuditKey(world, { clock })
  const { audit } = holdfast.organization(world.organizationId, actor)
  await record(world, 30, clock)
  await audit.seal()
  clock.advance(40 * dayMs)
  await record(world, 5, clock)
  await audit.seal()
  return { audit, holdfast, clock }
}

contract('sealing', (open) => {
  const openEmpty = withEmptyLogs(open)

  it('leaves no gap and no double under 20 recorders and two sealers', async () => {
    const world = await openEmpty()
    const holdfast = await withAuditKey(world)
    const { audit } = holdfast.organization(world.organizationId)
    const sealers = [holdfast, world.holdfast].map((each) => each.sealer({ pollMs: 10 }).start())
    let isOver = false
    const sealing = [audit, world.organization.audit].map(async (each) => {
      while (!isOver) {
        await each.seal()
        await new Promise((done) => setTimeout(done, 1))
      }
    })
    await Promise.all(Array.from({ length: 20 }, () => record(world, 10)))
    isOver = true
    await Promise.all(sealing)
    await Promise.all(sealers.map((each) => each.close()))
    const verdict = await audit.verify()
    expect(verdict).toMatchObject({ isIntact: true, entries: 200, sequence: 200, unsealed: 0 })
    const rows = await databaseOf(world).all(databaseOf(world).write
      .selectFrom('audit_events').select(['sequence', 'hash'])
      .where('organization_id', '=', auditEvents.columns.organizationId
        .encode(world.organizationId)))
    expect(new Set(rows.map(({ sequence }) => Number(sequence))).size).toBe(200)
    expect(new Set(rows.map(({ hash }) => hash)).size).toBe(200)
  })

  it('takes in a transaction that commits late', async () => {
    const world = await open()
    const { holdfast, organizationId, organization: { audit } } = world
    let committing = () => {}
    const held = new Promise<void>((done) => { committing = done })
    const late = holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).conversations.create()
      await held
    })
    if (holdfast.backend.engine.rowLocks) {
      await record(world, 3)
      await audit.seal()
    }
    committing()
    await late
    await record(world, 1)
    const { isIntact, entries } = await audit.verify()
    // The organization, what was recorded meanwhile, the late conversation, and the last one.
    const expected = 1 + (holdfast.backend.engine.rowLocks ? 3 : 0) + 1 + 1
    expect([isIntact, entries]).toEqual([true, expected])
  })

  it('signs a head when it is time, not for every entry', async () => {
    const world = await openEmpty()
    const clock = new ManualClock()
    const holdfast = await withAuditKey(world, { clock })
    const { audit } = holdfast.organization(world.organizationId)
    const heads = async () => (await audit.listHeads()).data.length
    const sealer = holdfast.sealer({ pollMs: 10 }).start()
    const sealed = async (count: number) => {
      await record(world, count)
      while ((await audit.list({ limit: 1 })).data[0]!.sequence === null) {
        await new Promise((done) => setTimeout(done, 10))
      }
      await new Promise((done) => setTimeout(done, 50))
    }
    await sealed(1)
    await sealed(5)
    const before = await heads()
    clock.advance(61_000)
    await sealed(1)
    await sealer.close()
    expect([before, await heads()]).toEqual([1, 2])
  })
})

contract('pruning', (openMade) => {
  const open = withEmptyLogs(openMade)

  it('leaves a signed tombstone from which the chain goes on', async () => {
    const world = await open()
    const { audit, clock } = await agedLog(world)
    const kept = (await audit.listHeads()).data
    expect(await audit.prune({ olderThanDays: 41 })).toBe(0)
    expect(await audit.prune({ olderThanDays: 30 })).toBe(30)
    expect(await audit.prune({ olderThanDays: 30 })).toBe(0)
    await record(world, 2, clock)
    const verdict = await audit.verify({ heads: kept })
    expect(verdict).toMatchObject({ isIntact: true, pruned: 30, entries: 8, sequence: 38 })
    const { data } = await audit.list()
    expect(data).toHaveLength(8)
    expect(data.find(({ action }) => action === 'audit_log.pruned')).toMatchObject({
      actorId: actor.id, details: { first_sequence: 1, last_sequence: 30 },
    })
    clock.advance(40 * dayMs)
    expect(await audit.prune({ olderThanDays: 30 })).toBe(8)
    expect(await audit.verify({ heads: kept }))
      .toMatchObject({ isIntact: true, pruned: 38, entries: 1 })
    const lines = []
    for await (const line of audit.export()) lines.push(line.type)
    expect(lines).toEqual(['tombstone', 'tombstone', 'entry', 'head'])
  })

  it('is caught when the tombstone is missing, forged or of another range', async () => {
    const world = await open()
    const { audit, holdfast } = await agedLog(world)
    const kept = (await audit.listHeads()).data
    await audit.prune({ olderThanDays: 30 })
    const database = databaseOf(world)
    const organization = auditEvents.columns.organizationId.encode(world.organizationId)
    const tombstones = database.write.updateTable('audit_tombstones')
      .where('organization_id', '=', organization)
    const integer = (value: number) => auditEvents.columns.sequence.encode(value)!
    const fault = async () => (await audit.verify({ heads: kept })).fault
    const strangers = await withAuditKey(world, { auditKey: newAuditKey() })
    const theirs = strangers.organization(world.organizationId).audit
    expect((await theirs.verify()).fault).toMatchObject({ kind: 'tombstone_forged', sequence: 1 })
    expect((await theirs.verify({ publicKeys: holdfast.auditPublicKeys })).isIntact).toBe(true)
    await database.run(tombstones.set({ last_sequence: integer(31) }))
    expect(await fault()).toMatchObject({ kind: 'tombstone_forged', sequence: 1 })
    await database.run(tombstones.set({
      last_sequence: integer(30), signature: auditEvents.columns.action.encode('x'.repeat(86)),
    }))
    expect(await fault()).toMatchObject({ kind: 'tombstone_forged', sequence: 1 })
    await database.run(database.write.deleteFrom('audit_tombstones')
      .where('organization_id', '=', organization))
    expect(await fault()).toMatchObject({ kind: 'entry_missing', sequence: 1 })
  })

  it('refuses to take away what was tampered with, and needs a key', async () => {
    const world = await open()
    const { audit } = await agedLog(world)
    const keyless = world.organization.audit
    await expect(keyless.prune({ olderThanDays: 0 })).rejects.toThrow(/audit key/)
    await databaseOf(world).run(databaseOf(world).write.updateTable('audit_events')
      .set({ actor_id: auditEvents.columns.actorId.encode('framed') })
      .where('organization_id', '=',
        auditEvents.columns.organizationId.encode(world.organizationId))
      .where('sequence', '=', auditEvents.columns.sequence.encode(7)!))
    const pruning = audit.prune({ olderThanDays: 30 })
    await expect(pruning).rejects.toThrow(AuditChainBroken)
    await expect(pruning).rejects.toThrow(/^Entry 7 /)
    expect((await audit.verify()).fault).toMatchObject({ kind: 'entry_changed', sequence: 7 })
  })

  it('happens by itself where a retention is set, and only there', async () => {
    const world = await open()
    const { audit, holdfast } = await agedLog(world)
    const pruned: number[] = []
    const sealer = holdfast.sealer({
      pollMs: 10, retentionDays: 30,
      onEvent: (event) => event.kind === 'pruned' && pruned.push(event.entries),
    }).start()
    while (pruned.length === 0) await new Promise((done) => setTimeout(done, 10))
    await sealer.close()
    expect(pruned).toContain(30)
    expect(await audit.verify()).toMatchObject({ isIntact: true, pruned: 30 })
  })

  it('of one organization wins over that of the installation, and is itself told', async () => {
    const world = await open()
    const { audit, holdfast } = await agedLog(world)
    expect(await audit.retention()).toBeNull()
    for (const days of [-1, 1.5, 36_501]) {
      await expect(audit.setRetention(days)).rejects.toThrow(InvalidInput)
    }
    const neighbour = holdfast.organization(world.neighbourId).audit
    await neighbour.setRetention(0)
    await neighbour.setRetention(null)
    await audit.setRetention(36_500)
    await audit.setRetention(30)
    expect([await audit.retention(), await neighbour.retention()]).toEqual([30, null])
    expect((await audit.list({ action: 'audit_log.retention_changed' })).data).toMatchObject(
      [{ details: { retention_days: 30 } }, { details: { retention_days: 36_500 } }])
    const pruned: string[] = []
    const sealer = holdfast.sealer({
      pollMs: 10,
      onEvent: (event) => event.kind === 'pruned' && pruned.push(event.organizationId),
    }).start()
    while (pruned.length === 0) await new Promise((done) => setTimeout(done, 10))
    await sealer.close()
    expect(new Set(pruned)).toEqual(new Set([world.organizationId]))
    expect(await audit.verify()).toMatchObject({ isIntact: true, pruned: 30 })
    expect(await neighbour.verify()).toMatchObject({ isIntact: true, pruned: 0 })
  })

  it('by several at a time takes each entry once, and goes on', async () => {
    const world = await open()
    const { audit, clock } = await agedLog(world)
    await Promise.all(Array.from({ length: 11 }, () => record(world, 100, clock)))
    clock.advance(40 * dayMs)
    await audit.seal()
    const { sequence: end } = await audit.verify()
    const pruned = await Promise.all(Array.from({ length: 8 }, async (_, index) => {
      await new Promise((done) => setTimeout(done, index * 5))
      return audit.prune({ olderThanDays: 30 })
    }))
    expect(pruned.reduce((sum, count) => sum + count)).toBe(end)
    const told = (await audit.list({ action: 'audit_log.pruned' })).data.map(({ details }) =>
      Number(details.last_sequence) - Number(details.first_sequence) + 1)
    expect(told.reduce((sum, count) => sum + count)).toBe(end)
    expect(await audit.verify()).toMatchObject({ isIntact: true, pruned: end })
    clock.advance(40 * dayMs)
    await audit.prune({ olderThanDays: 30 })
    expect(await audit.verify()).toMatchObject({ isIntact: true, pruned: end + told.length })
  })
})

/** A database that waits for `then` behind each read of one row. */
function seen(
  database: Database<AuditTables>, then: (row: unknown) => Promise<void>,
): Database<AuditTables> {
  return new Proxy(database, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      const method = value.bind(target) as (...given: unknown[]) => unknown
      if (name !== 'first') return method
      return async (...given: unknown[]) => {
        const row = await method(...given)
        await then(row)
        return row
      }
    },
  })
}

contract('pruning step by step', (openMade) => {
  const open = withEmptyLogs(openMade)

  it('ends after the step at work, and goes on when it is asked again', async () => {
    const world = await open()
    const { organizationId } = world
    const { audit, holdfast, clock } = await agedLog(world)
    await Promise.all(Array.from({ length: 6 }, () => record(world, 100, clock)))
    clock.advance(40 * dayMs)
    await audit.seal()
    const parts = auditParts(databaseOf({ ...world, holdfast }), holdfast, testAuditKey)
    const pruning = new Pruning({ ...parts, clock }, { organizationId, actor })
    expect(await pruning.prune(30, () => true)).toBe(500)
    expect(await audit.verify()).toMatchObject({ isIntact: true, pruned: 500 })
    expect(await pruning.prune(30)).toBe(135)
    expect(await audit.verify()).toMatchObject({ isIntact: true, pruned: 635 })
  })

  it('takes nothing of what is sealed while it looks how far it may go', async () => {
    const world = await open()
    const { organizationId } = world
    const { audit, holdfast, clock } = await agedLog(world)
    clock.advance(40 * dayMs)
    const database = databaseOf({ ...world, holdfast })
    const parts = auditParts(seen(database, async (row) => {
      if (row !== undefined) return
      await record(world, 1, clock)
      await audit.seal()
    }), holdfast, testAuditKey)
    expect(await new Pruning({ ...parts, clock }, { organizationId, actor }).prune(30)).toBe(35)
    expect(await audit.verify()).toMatchObject({ isIntact: true, pruned: 35 })
  })
})

it('refuses a key that is none', () => {
  for (const key of ['x', 'a'.repeat(44), 'é'.repeat(43), `${testAuditKey},x`]) {
    expect(() => new AuditKeys(key)).toThrow(/32 bytes in base64/)
  }
  expect(new AuditKeys(`${testAuditKey},${newAuditKey()}`).publicKeys).toHaveLength(2)
  expect(new AuditKeys().canSign).toBe(false)
})
