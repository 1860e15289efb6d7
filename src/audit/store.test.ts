import { expect, it } from 'vitest'
import { Database } from '../database/database.js'
import { InvalidCursor } from '../database/page.js'
import { InvalidInput, InvalidValue } from '../errors.js'
import { testAuditKey, withAuditKey, withEmptyLogs } from '../testing/audit-world.test.harness.js'
import { contract, type ContractWorld, ManualClock } from '../testing/index.js'
import {
  type AuditRecord, AuditKeys, type AuditTables, installationId, recordAudit, Recorder,
} from './index.js'

const hard = '\u0000 \ud800 \ufdd0 é \u2028 \u001b[31m'
const actor = {
  id: 'user:someone', userId: '00000000-0000-7000-8000-00000000aaaa', requestId: 'request 1',
  ipAddress: '2001:db8::1', userAgent: hard,
}
const thing = (action: string, rest: Partial<AuditRecord> = {}): AuditRecord =>
  ({ action, resourceKind: 'thing', resourceId: '1', ...rest })

const databaseOf = ({ holdfast }: ContractWorld) =>
  Database.over<AuditTables>(holdfast.backend).within('all')

function recorderOf(world: ContractWorld, as = actor) {
  const database = databaseOf(world)
  const { organizationId, holdfast } = world
  const told = { organizationId, actor: as }
  return (record: AuditRecord) => recordAudit(database, holdfast, { ...told, record })
}

contract('the audit log', (open) => {
  const openEmpty = withEmptyLogs(open)

  it('gives back what was recorded, sealed or not', async () => {
    const world = await openEmpty()
    const { organizationId, organization: { audit } } = world
    const details = { [hard]: [1, -0, null, { a: hard }] }
    await recorderOf(world)(thing('thing.made', { details, outcome: 'denied' }))
    const { data: [event] } = await audit.list()
    expect(event).toMatchObject({
      organizationId, actorId: actor.id, userId: actor.userId, action: 'thing.made',
      resourceKind: 'thing', resourceId: '1', outcome: 'denied', requestId: 'request 1',
      ipAddress: '2001:db8::1', userAgent: hard, details, sequence: null, hash: null,
    })
    await audit.seal()
    const { data: [sealed] } = await audit.list()
    expect(sealed).toEqual({ ...event, sequence: 1, hash: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(await audit.verify()).toMatchObject({ isIntact: true, entries: 1, unsealed: 0 })
  })

  it('is empty where nothing happened, and intact', async () => {
    const { organization: { audit } } = await openEmpty()
    expect(await audit.list()).toEqual({ data: [], nextCursor: null })
    expect(await audit.listHeads()).toEqual({ data: [], nextCursor: null })
    expect(await audit.verify()).toMatchObject({ isIntact: true, fault: null, sequence: 0 })
  })

  it('begins with the making of its organization', async () => {
    const { organizationId, organization: { audit } } = await open()
    await audit.seal()
    const { data } = await audit.list()
    expect(data).toMatchObject([{
      organizationId, action: 'organization.created', actorId: 'program', outcome: 'succeeded',
      resourceKind: 'organization', resourceId: organizationId, sequence: 1,
    }])
    expect(await audit.verify()).toMatchObject({ isIntact: true, entries: 1 })
  })

  it('lists by each of its filters, sealed and unsealed events alike', async () => {
    const world = await openEmpty()
    const { organization: { audit } } = world
    const record = recorderOf(world)
    await record(thing('thing.made'))
    await recorderOf(world, { ...actor, id: 'program', userId: null as never, requestId: 'r 2' })(
      thing('thing.kept', { resourceId: '2', outcome: 'failed' }))
    await audit.seal()
    await record(thing('other.made', { resourceKind: 'other', resourceId: null }))
    const actions = async (listing: Parameters<typeof audit.list>[0]) =>
      (await audit.list(listing)).data.map(({ action }) => action)
    expect(await actions({})).toEqual(['other.made', 'thing.kept', 'thing.made'])
    expect(await actions({ actorId: 'program' })).toEqual(['thing.kept'])
    expect(await actions({ userId: actor.userId })).toEqual(['other.made', 'thing.made'])
    expect(await actions({ action: 'thing.made' })).toEqual(['thing.made'])
    expect(await actions({ resourceKind: 'thing' })).toEqual(['thing.kept', 'thing.made'])
    expect(await actions({ resourceKind: 'thing', resourceId: '2' })).toEqual(['thing.kept'])
    expect(await actions({ outcome: 'failed' })).toEqual(['thing.kept'])
    expect(await actions({ outcome: 'succeeded' })).toEqual(['other.made', 'thing.made'])
    expect(await actions({ requestId: 'r 2' })).toEqual(['thing.kept'])
    expect(await actions({ requestId: 'r 2', action: 'thing.made' })).toEqual([])
    const { data: [newest] } = await audit.list()
    expect(await actions({ from: newest!.recordedAt })).toContain('other.made')
    expect(await actions({ to: '2020-01-01T00:00:00.000000Z' })).toEqual([])
    expect(await actions({ from: '9999-01-01T00:00:00.000000Z' })).toEqual([])
  })

  it('is paged newest first to the end, over sealed and unsealed events', async () => {
    const world = await openEmpty()
    const { organization: { audit } } = world
    const record = recorderOf(world)
    for (let index = 0; index < 23; index++) {
      await record(thing(`thing.${index}`))
      if (index === 11) await audit.seal()
    }
    const seen: string[] = []
    for (let cursor: string | undefined; ;) {
      const page = await audit.list({ limit: 5, cursor })
      seen.push(...page.data.map(({ action }) => action))
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    expect(seen).toEqual(Array.from({ length: 23 }, (_, index) => `thing.${22 - index}`))
  })

  it('refuses what breaks a rule, by name', async () => {
    const { organization: { audit }, neighbour } = await openEmpty()
    for (const limit of [0, 201, 1.5]) {
      await expect(audit.list({ limit })).rejects.toMatchObject({ field: 'limit' })
    }
    const { nextCursor } = await audit.list({ limit: 1 })
    expect(nextCursor).toBeNull()
    await expect(audit.list({ cursor: 'x' })).rejects.toThrow(InvalidCursor)
    await expect(neighbour.audit.listHeads({ cursor: 'x' })).rejects.toThrow(InvalidCursor)
    await expect(audit.list({ outcome: 'x' as never })).rejects.toMatchObject({ field: 'outcome' })
    await expect(audit.list({ userId: 'x' })).rejects.toMatchObject({ field: 'user_id' })
    await expect(audit.list({ from: 'x' })).rejects.toThrow(InvalidValue)
    for (const olderThanDays of [-1, 0.5, Number.NaN, 36_501]) {
      await expect(audit.prune({ olderThanDays })).rejects.toThrow(InvalidInput)
    }
  })

  it('keeps a neighbour’s events, heads and cursors apart', async () => {
    const world = await openEmpty()
    const holdfast = await withAuditKey(world)
    const ours = holdfast.organization(world.organizationId).audit
    const theirs = holdfast.organization(world.neighbourId).audit
    for (let index = 0; index < 3; index++) await recorderOf(world)(thing('thing.made'))
    await ours.seal()
    expect(await theirs.list()).toEqual({ data: [], nextCursor: null })
    expect(await theirs.listHeads()).toEqual({ data: [], nextCursor: null })
    expect(await theirs.verify()).toMatchObject({ sequence: 0, entries: 0, heads: 0 })
    const { nextCursor } = await ours.list({ limit: 1 })
    await expect(theirs.list({ cursor: nextCursor! })).rejects.toThrow(InvalidCursor)
    await expect(ours.list({ cursor: nextCursor!, action: 'x' })).rejects.toThrow(InvalidCursor)
    expect(await theirs.prune({ olderThanDays: 0 })).toBe(0)
    expect((await ours.verify()).entries).toBe(3)
    for await (const line of theirs.export()) {
      expect(line).toMatchObject({ type: 'head', organization_id: world.neighbourId, sequence: 0 })
    }
  })

  it('has a log of its own for what concerns no organization', async () => {
    const world = await open()
    const { holdfast } = world
    const told = { organizationId: installationId, actor, record: thing('login.failed') }
    await recordAudit(databaseOf(world), holdfast, told)
    const { audit } = holdfast.organization(installationId)
    expect((await audit.list({ limit: 1 })).data).toMatchObject([{ action: 'login.failed' }])
    expect((await audit.verify()).isIntact).toBe(true)
  })

  it('tells of a change only if there was one, and nothing of what was rolled back', async () => {
    const world = await open()
    const { holdfast, organizationId, organization: { audit, conversations } } = world
    const { id } = await conversations.create()
    const actions = async () => (await audit.list()).data.map(({ action }) => action)
    await expect(conversations.update(id, { title: 'x' }, 7)).rejects.toThrow()
    await expect(conversations.delete(organizationId)).rejects.toThrow()
    await expect(conversations.create({ title: 7 as never })).rejects.toThrow()
    await expect(holdfast.transaction(async (transaction) => {
      await transaction.organization(organizationId).conversations.delete(id)
      throw new Error('changed my mind')
    })).rejects.toThrow('changed my mind')
    expect(await actions()).toEqual(['conversation.created', 'organization.created'])
    await conversations.update(id, { archived: true })
    await conversations.update(id, { archived: false })
    await holdfast.transaction((transaction) =>
      transaction.organization(organizationId).conversations.update(id, { title: 'secret' }))
    await conversations.delete(id)
    const { data } = await audit.list({ resourceKind: 'conversation', resourceId: id })
    expect(data.map(({ action }) => action.split('.')[1]).reverse())
      .toEqual(['created', 'archived', 'restored', 'updated', 'deleted'])
    expect(data[1]).toMatchObject({ details: { changed: ['title'] }, actorId: 'program' })
    expect(JSON.stringify(data)).not.toContain('secret')
  })

  it('records a change among many that change nothing once', async () => {
    const world = await open()
    const { organizationId, holdfast, organization: { audit, conversations } } = world
    const { id } = await conversations.create()
    await Promise.allSettled(Array.from({ length: 20 }, (_, index) =>
      conversations.update(id, { title: `${index}` }, 1)))
    await Promise.allSettled(Array.from({ length: 20 }, () => conversations.delete(id)))
    const { data } = await audit.list()
    expect(data.map(({ action }) => action)).toEqual([
      'conversation.deleted', 'conversation.updated', 'conversation.created',
      'organization.created',
    ])
    const recorder = new Recorder({ organizationId, actor }, holdfast)
    const database = databaseOf(world)
    const nothing = database.write.deleteFrom('audit_heads').where('hash', '=', 'x' as never)
    expect(await recorder.change(database, nothing.returning('hash'), thing('x.gone'))).toEqual([])
    expect((await audit.list()).data).toEqual(data)
  })

  it('signs heads that its public key proves, and lists them newest first', async () => {
    const world = await openEmpty()
    const clock = new ManualClock()
    const holdfast = await withAuditKey(world, { clock })
    const { audit } = holdfast.organization(world.organizationId)
    for (let index = 0; index < 3; index++) {
      await recorderOf(world)(thing('thing.made'))
      await audit.seal()
      await audit.seal()
    }
    const first = await audit.listHeads({ limit: 2 })
    const rest = await audit.listHeads({ limit: 2, cursor: first.nextCursor! })
    const heads = [...first.data, ...rest.data]
    expect(heads.map(({ sequence }) => sequence)).toEqual([3, 2, 1])
    const strangers = new AuditKeys(undefined, [Buffer.alloc(32, 1).toString('base64')])
    const trusting = new AuditKeys(undefined, holdfast.auditPublicKeys)
    for (const head of heads) {
      expect(trusting.isHeadGenuine(head)).toBe(true)
      expect(trusting.isHeadGenuine({ ...head, sequence: head.sequence + 1 })).toBe(false)
      expect(strangers.isHeadGenuine(head)).toBe(false)
    }
    expect(new AuditKeys(testAuditKey).publicKeys).toEqual(holdfast.auditPublicKeys)
  })
})
