import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { InvalidInput } from '../errors.js'
import { contract, type ContractWorld } from '../testing/contract.js'
import { type PutCheckpoint, type StoredCheckpoint, type Typed } from './contract.js'
import { CheckpointNotFound, CheckpointUnreadable, ThreadExists } from './errors.js'
import { type CheckpointStore } from './store.js'

const json = (value: unknown): Typed =>
  ({ type: 'json', bytes: Buffer.from(JSON.stringify(value)) })
const listIn = (checkpoint: StoredCheckpoint) =>
  JSON.parse(Buffer.from(checkpoint.values.list!.bytes).toString()) as string[]

const words = Array.from({ length: 12 }, (_, index) => `${index} `.repeat(60))

/** A checkpoint whose list holds so many words. */
const step = (number: number, more: Partial<PutCheckpoint> = {}): PutCheckpoint => ({
  threadId: 't', checkpointId: String(10 + number),
  parentId: number === 0 ? null : String(9 + number),
  state: json({ number }), channelVersions: { list: number },
  values: { list: json(words.slice(0, number + 1)) },
  ...more,
})

async function chain(store: CheckpointStore, count = 10, more: Partial<PutCheckpoint> = {}) {
  for (let number = 0; number < count; number++) await store.put(step(number, more))
}

async function idsOf(store: CheckpointStore, request = {}): Promise<string[]> {
  const found = []
  for await (const { checkpointId } of store.list(request)) found.push(checkpointId)
  return found
}

/** The same checkpoints as another process sees them, where there can be one. */
async function otherStore(
  { another, organizationId, organization, isLasting }: ContractWorld,
): Promise<CheckpointStore> {
  return isLasting
    ? (await another()).organization(organizationId).checkpoints
    : organization.checkpoints
}

const bytesOf = async (store: CheckpointStore) =>
  (await store.threads()).data.reduce((sum, { storedBytes }) => sum + storedBytes, 0)

contract('checkpoints that are kept', (open) => {
  it('stay by the rule, and all that stay can be loaded by whoever knows nothing', async () => {
    const world = await open()
    const { organization: { checkpoints } } = world
    await chain(checkpoints)
    await checkpoints.put(step(3, { checkpointId: '30', parentId: '12', whenStale: 'fork' }))
    await checkpoints.pin({ threadId: 't', checkpointId: '11' })
    const before = await bytesOf(checkpoints)
    const pruned = await checkpoints.prune({ threadIds: ['t', 'none'], keepLast: 2 })
    expect(pruned).toEqual({ deleted: 8 })
    expect(await idsOf(checkpoints)).toEqual(['30', '19', '11'])
    const store = await otherStore(world)
    const lists = []
    for await (const each of store.list()) lists.push(listIn(each).length)
    expect(lists).toEqual([4, 10, 2])
    await checkpoints.unpin({ threadId: 't', checkpointId: '11' })
    expect(await checkpoints.prune({})).toEqual({ deleted: 2 })
    expect(await idsOf(checkpoints)).toEqual(['30'])
    expect(listIn(await store.get({ threadId: 't' }))).toEqual(words.slice(0, 4))
    expect(await bytesOf(checkpoints)).toBeLessThan(before)
    await checkpoints.put(step(4, { checkpointId: '31', parentId: '30' }))
    expect(listIn(await store.get({ threadId: 't' }))).toEqual(words.slice(0, 5))
    await expect(checkpoints.pin({ threadId: 't', checkpointId: '11' }))
      .rejects.toThrow(CheckpointNotFound)
  })

  it('stay when they are young enough', async () => {
    const { organization: { checkpoints } } = await open()
    await chain(checkpoints, 4)
    const past = new Date(Date.now() - 60_000).toISOString()
    expect(await checkpoints.prune({ keepSince: past })).toEqual({ deleted: 0 })
    const future = new Date(Date.now() + 60_000).toISOString()
    expect(await checkpoints.prune({ keepSince: future, keepLast: 3 })).toEqual({ deleted: 1 })
    expect(await checkpoints.prune({ keepSince: future })).toEqual({ deleted: 2 })
    await expect(checkpoints.prune({ keepSince: 'soon' })).rejects.toThrow(InvalidInput)
    await expect(checkpoints.prune({ keepLast: -1 })).rejects.toThrow(InvalidInput)
  })

  it('go with their run, and the head comes back without losing what followed it', async () => {
    const world = await open()
    const { organization: { checkpoints }, neighbour } = world
    const other = await otherStore(world)
    await neighbour.checkpoints.put(step(0, { runId: 'late' }))
    for (let number = 0; number < 6; number++) {
      await checkpoints.put(step(number, { runId: number < 3 ? 'early' : 'late' }))
    }
    await checkpoints.put(step(4, { checkpointId: '30', parentId: '13', whenStale: 'fork' }))
    expect(listIn(await other.get({ threadId: 't', checkpointId: '15' }))).toHaveLength(6)
    await checkpoints.deleteRuns(['late', 'none'])
    expect(await idsOf(checkpoints)).toEqual(['30', '12', '11', '10'])
    await checkpoints.deleteRuns([])
    await checkpoints.put(step(5, { checkpointId: '31', parentId: '30' }))
    expect(listIn(await other.get({ threadId: 't' }))).toEqual(words.slice(0, 6))
    await checkpoints.deleteRuns(['early'])
    expect(await idsOf(checkpoints)).toEqual(['31', '30'])
    expect(await neighbour.checkpoints.find({ threadId: 't' })).toBeDefined()
  })

  it('go on from a head that came back with other bytes than those deleted', async () => {
    const world = await open()
    const { organization: { checkpoints } } = world
    const other = await otherStore(world)
    await chain(checkpoints, 3)
    await checkpoints.put(step(3, { runId: 'gone' }))
    expect(listIn(await other.get({ threadId: 't' }))).toHaveLength(4)
    await other.deleteRuns(['gone'])
    const changed = [...words.slice(0, 3), 'changed '.repeat(70)]
    await checkpoints.put(step(3, { checkpointId: '20', values: { list: json(changed) } }))
    expect(listIn(await other.get({ threadId: 't' }))).toEqual(changed)
    expect(listIn(await checkpoints.get({ threadId: 't' }))).toEqual(changed)
    await other.put(step(4, {
      checkpointId: '21', parentId: '20', values: { list: json([...changed, 'x']) },
    }))
    expect(listIn(await checkpoints.get({ threadId: 't' }))).toEqual([...changed, 'x'])
    await checkpoints.deleteRuns(['gone'])
    expect(await idsOf(checkpoints)).toEqual(['21', '20', '12', '11', '10'])
  })

  it('are copied whole, and forked at one, and then go their own ways', async () => {
    const { organization: { checkpoints } } = await open()
    await chain(checkpoints, 4)
    await checkpoints.putWrites({
      threadId: 't', checkpointId: '12', taskId: 'x',
      writes: [{ index: 0, channel: 'list', value: json('w') }],
    })
    await checkpoints.copyThread('t', 'copy')
    await checkpoints.fork({ threadId: 't', checkpointId: '12' }, 'forked')
    await expect(checkpoints.copyThread('t', 'copy')).rejects.toThrow(ThreadExists)
    await expect(checkpoints.fork({ threadId: 't', checkpointId: '12' }, 'copy'))
      .rejects.toThrow(ThreadExists)
    await expect(checkpoints.fork({ threadId: 't', checkpointId: 'no' }, 'new'))
      .rejects.toThrow(CheckpointNotFound)
    await checkpoints.copyThread('none', 'new')
    await checkpoints.put(step(4))
    await checkpoints.put(step(4, {
      threadId: 'copy', values: { list: json([...words.slice(0, 4), 'c']) },
    }))
    await checkpoints.put(step(3, {
      threadId: 'forked', values: { list: json([...words.slice(0, 3), 'f'.repeat(100)]) },
    }))
    await checkpoints.deleteThread('t')
    expect(await idsOf(checkpoints, { threadId: 'copy' })).toEqual(['14', '13', '12', '11', '10'])
    expect(listIn(await checkpoints.get({ threadId: 'copy' }))).toEqual([...words.slice(0, 4), 'c'])
    expect((await checkpoints.get({ threadId: 'copy', checkpointId: '12' })).writes).toHaveLength(1)
    expect(await idsOf(checkpoints, { threadId: 'forked' })).toEqual(['13', '12'])
    const base = await checkpoints.get({ threadId: 'forked', checkpointId: '12' })
    expect([base.parentId, base.writes.length, listIn(base)]).toEqual([null, 1, words.slice(0, 3)])
    expect(listIn(await checkpoints.get({ threadId: 'forked' })))
      .toEqual([...words.slice(0, 3), 'f'.repeat(100)])
    expect(await checkpoints.find({ threadId: 'new' })).toBeUndefined()
  })

  it('are copied though only writes came that go before them', async () => {
    const { organization: { checkpoints } } = await open()
    await checkpoints.putWrites({
      threadId: 't', checkpointId: '10', taskId: 'x',
      writes: [{ index: 0, channel: 'list', value: json('w') }],
    })
    await checkpoints.copyThread('t', 'copy')
    await checkpoints.put(step(0, { threadId: 'copy' }))
    expect((await checkpoints.get({ threadId: 'copy' })).writes).toHaveLength(1)
  })

  it('are compared channel by channel, down to the places that differ', async () => {
    const { organization: { checkpoints } } = await open()
    await checkpoints.put(step(0, {
      channelVersions: { a: 1, b: 1, c: 1, d: 1 },
      values: {
        a: json({ x: [1, 2], 'y/z': 'old', gone: true }), b: json(1), c: json('same'),
        d: { type: 'bytes', bytes: Uint8Array.from([255]) },
      },
    }))
    await checkpoints.put(step(1, {
      channelVersions: { a: 2, c: 1, d: 2, e: 2 },
      values: {
        a: json({ x: [1, 3, 4], 'y/z': 'new' }),
        d: { type: 'bytes', bytes: Uint8Array.from([254]) },
        e: json('e'),
      },
    }))
    const changes = await checkpoints.compare(
      { threadId: 't', checkpointId: '10' }, { threadId: 't', checkpointId: '11' })
    expect(changes.map(({ channel, change }) => [channel, change])).toEqual([
      ['a', 'changed'], ['b', 'removed'], ['d', 'changed'], ['e', 'added'],
    ])
    expect(changes[0]!.paths).toEqual([
      { path: '/x/1', change: 'changed', before: 2, after: 3 },
      { path: '/x/2', change: 'added', after: 4 },
      { path: '/y~1z', change: 'changed', before: 'old', after: 'new' },
      { path: '/gone', change: 'removed', before: true },
    ])
    expect(changes[2]).not.toHaveProperty('paths')
    expect(changes[2]!.before).toMatchObject({ type: 'bytes', size: 1 })
  })

  it('are counted in lists of threads, page by page', async () => {
    const { organization: { checkpoints }, neighbour } = await open()
    await chain(neighbour.checkpoints, 1, { threadId: 'theirs' })
    for (const threadId of ['c', 'a', 'b']) await chain(checkpoints, 2, { threadId, fence: 7 })
    await checkpoints.put(step(0, { threadId: 'a', namespace: 'sub' }))
    const first = await checkpoints.threads({ limit: 2 })
    expect(first.data.map(({ threadId }) => threadId)).toEqual(['a', 'b'])
    expect(first.data[0]).toMatchObject({
      namespaces: [
        { namespace: '', headId: '11', checkpointCount: 2 },
        { namespace: 'sub', headId: '10', checkpointCount: 1 },
      ],
      checkpointCount: 3, fence: 7, createdBy: 'program',
    })
    expect(first.data[0]!.storedBytes).toBeGreaterThan(100)
    const second = await checkpoints.threads({ limit: 2, cursor: first.nextCursor! })
    expect([second.data.map(({ threadId }) => threadId), second.nextCursor]).toEqual([['c'], null])
    await expect(checkpoints.threads({ limit: 0 })).rejects.toThrow(InvalidInput)
  })

  it('are pruned by the policy of their organization, in its turn', async () => {
    const { holdfast, organization: { checkpoints }, neighbour } = await open()
    await chain(checkpoints)
    await chain(neighbour.checkpoints)
    expect(await checkpoints.policy()).toEqual({ keepLast: null, keepDays: null, encrypts: false })
    await checkpoints.setPolicy({ keepLast: 3 })
    while (await holdfast.checkpointLog.sweep() > 0);
    expect(await idsOf(checkpoints)).toHaveLength(3)
    expect(await idsOf(neighbour.checkpoints)).toHaveLength(10)
    await checkpoints.setPolicy({ keepDays: 1 })
    expect(await checkpoints.policy()).toEqual({ keepLast: 3, keepDays: 1, encrypts: false })
    await expect(checkpoints.setPolicy({ keepLast: 0 })).rejects.toThrow(InvalidInput)
  })
})

contract('encrypted checkpoints', (open) => {
  const secret = 'a very particular sentence '.repeat(20)

  it('come back, and leave nothing readable behind', async () => {
    const world = await open()
    const { organization: { checkpoints }, holdfast, organizationId } = world
    await checkpoints.setPolicy({ encrypts: true })
    await checkpoints.put(step(0, {
      metadata: { note: secret }, values: { list: json([secret]) },
      writes: [{ taskId: 'x', writes: [{ index: 0, channel: 'list', value: json(secret) }] }],
    }))
    await checkpoints.put(step(1, { values: { list: json([secret, secret]) } }))
    await checkpoints.copyThread('t', 'copy')
    await checkpoints.fork({ threadId: 't', checkpointId: '10' }, 'forked')
    for (const threadId of ['t', 'copy', 'forked']) {
      const found = await checkpoints.get({ threadId, checkpointId: '10' })
      expect([listIn(found), found.metadata, found.writes.length])
        .toEqual([[secret], { note: secret }, 1])
    }
    expect(await idsOf(checkpoints, { metadata: { note: secret } })).toHaveLength(3)
    const database = holdfast.database.within([organizationId])
    for (const table of ['checkpoints', 'checkpoint_writes', 'checkpoint_chunks'] as const) {
      const rows = await database.all(database.write.selectFrom(table).selectAll())
      expect(rows.length).toBeGreaterThan(0)
      expect(JSON.stringify(rows)).not.toContain('particular')
      const column = table === 'checkpoint_chunks' ? 'data' : 'body'
      for (const row of rows) {
        const text = String((row as Record<string, unknown>)[column])
        expect(text.startsWith('\\x') ? text.slice(2, 4) : Buffer.from(
          (row as unknown as Record<string, Uint8Array>)[column]!).toString('hex', 0, 1)).toBe('10')
      }
    }
  })

  it('do not open elsewhere, nor when they are not encrypted', async () => {
    const { organization: { checkpoints }, holdfast, organizationId } = await open()
    await checkpoints.setPolicy({ encrypts: true })
    await chain(checkpoints, 2)
    const database = holdfast.database.within([organizationId])
    const bodyOf = (id: string) => database.write.selectFrom('checkpoints').select('body')
      .where('organization_id', '=', organizationId as never)
      .where('checkpoint_id', '=', id as never)
    const before = await database.first(bodyOf('11'))
    const set = (body: unknown) => database.run(database.write.updateTable('checkpoints')
      .set({ body: body as never })
      .where('organization_id', '=', organizationId as never)
      .where('checkpoint_id', '=', '11' as never))
    await set(bodyOf('10'))
    await expect(checkpoints.get({ threadId: 't' })).rejects.toThrow(CheckpointUnreadable)
    await set(Buffer.from([0, 1, 2, 3]))
    await expect(checkpoints.get({ threadId: 't' })).rejects.toThrow(CheckpointUnreadable)
    await set(before!.body)
    expect(listIn(await checkpoints.get({ threadId: 't' }))).toHaveLength(2)
  })

  it('have writes that open nowhere else, whichever checkpoint they are moved to', async () => {
    const { organization: { checkpoints }, holdfast, organizationId } = await open()
    await checkpoints.setPolicy({ encrypts: true })
    await chain(checkpoints, 3)
    await checkpoints.put(step(0, { namespace: 'sub' }))
    const put = (checkpointId: string, taskId: string) => checkpoints.putWrites({
      threadId: 't', checkpointId, taskId,
      writes: [{ index: 3, channel: 'list', value: json(`of ${taskId}`) }],
    })
    await put('10', 'one')
    await put('11', 'other')
    const database = holdfast.database.within([organizationId])
    const move = (to: { checkpoint_id?: string; namespace?: string }, from = '10') => database.run(
      database.write.updateTable('checkpoint_writes').set(to as never)
        .where('organization_id', '=', organizationId as never)
        .where('checkpoint_id', '=', from as never))
    const tasksAt = async (checkpointId: string) => {
      const { writes } = await checkpoints.get({ threadId: 't', checkpointId })
      return writes.map(({ taskId, index }) => [taskId, index])
    }
    const unreadable = (request: Parameters<CheckpointStore['get']>[0]) =>
      expect(checkpoints.get(request)).rejects.toThrow(CheckpointUnreadable)
    expect([await tasksAt('10'), await tasksAt('11')]).toEqual([[['one', 3]], [['other', 3]]])
    await checkpoints.get({ threadId: 't', checkpointId: '12', withParentWrites: true })
    await move({ checkpoint_id: '12' })
    await unreadable({ threadId: 't', checkpointId: '12' })
    await move({ checkpoint_id: '10', namespace: 'sub' }, '12')
    await unreadable({ threadId: 't', namespace: 'sub' })
    await move({ checkpoint_id: '11', namespace: '' })
    await unreadable({ threadId: 't', checkpointId: '11' })
    await unreadable({ threadId: 't', checkpointId: '12', withParentWrites: true })
    // Back where it was it opens, under its own task and index.
    await database.run(database.write.deleteFrom('checkpoint_writes')
      .where('organization_id', '=', organizationId as never)
      .where('number', '=', 2 as never))
    await move({ checkpoint_id: '10' }, '11')
    expect(await tasksAt('10')).toEqual([['one', 3]])
  })

  it('are for organizations that have none yet', async () => {
    const { organization: { checkpoints } } = await open()
    await chain(checkpoints, 1)
    await expect(checkpoints.setPolicy({ encrypts: true })).rejects.toThrow(InvalidInput)
    await checkpoints.deleteThread('t')
    expect(await checkpoints.setPolicy({ encrypts: true })).toMatchObject({ encrypts: true })
  })

  it('stay readable under a new key of the organization and a new root key', async () => {
    const { organization: { checkpoints }, another, organizationId, isLasting, rootKey, holdfast } =
      await open()
    await checkpoints.setPolicy({ encrypts: true })
    await chain(checkpoints, 2)
    await holdfast.secretWorks.rotation.rotateOrganization(organizationId)
    if (!isLasting) return
    const newKey = randomBytes(32).toString('base64url')
    const rotated = await another({ rootKey: [newKey, rootKey] })
    await rotated.secretWorks.rotation.rotateRoot()
    const found = await rotated.organization(organizationId).checkpoints.get({ threadId: 't' })
    expect(listIn(found)).toHaveLength(2)
  })
})
