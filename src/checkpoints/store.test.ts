import { expect, it } from 'vitest'
import { InvalidInput } from '../errors.js'
import { contract } from '../testing/contract.js'
import { type PutCheckpoint, type StoredCheckpoint, type Typed } from './contract.js'
import { CheckpointConflict, CheckpointNotFound, StaleFence } from './errors.js'
import { type CheckpointStore } from './store.js'

const text = (value: string): Typed => ({ type: 'json', bytes: Buffer.from(value) })
const json = (value: unknown): Typed => text(JSON.stringify(value))
const read = ({ bytes }: Typed) => Buffer.from(bytes).toString()
const bytesOf = (checkpoint: StoredCheckpoint) => Object.fromEntries(
  Object.entries(checkpoint.values).map(([channel, value]) => [channel, read(value)]))

/** A checkpoint with one channel. */
const step = (
  checkpointId: string, parentId: string | null, more: Partial<PutCheckpoint> = {},
): PutCheckpoint => ({
  threadId: 't', checkpointId, parentId, state: json({ id: checkpointId }), metadata: {},
  channelVersions: { list: Number(checkpointId.replace(/\D/g, '')) },
  values: { list: json([checkpointId]) },
  ...more,
})

async function all(store: CheckpointStore, request = {}): Promise<StoredCheckpoint[]> {
  const found = []
  for await (const each of store.list(request)) found.push(each)
  return found
}

contract('checkpoints', (open) => {
  it('come back as they were put', async () => {
    const { organization: { checkpoints } } = await open()
    const large = Buffer.alloc(300_000, 'holdfast ')
    await checkpoints.put({
      threadId: 'a/b %_*', namespace: 'sub:1', checkpointId: '1', parentId: null, runId: 'run',
      state: { type: 'msgpack', bytes: Uint8Array.from([0, 255, 128]) },
      metadata: { source: 'input', step: -1, parents: { '': 'x' }, tags: ['a', 1, null] },
      channelVersions: { small: 1, large: '2.5', none: 3, __proto__x: 4 },
      values: { small: json(null), large: { type: 'bytes', bytes: large } },
      writes: [{ taskId: 'task', writes: [{ index: 0, channel: 'small', value: json('w') }] }],
    })
    const found = await checkpoints.get({ threadId: 'a/b %_*', namespace: 'sub:1' })
    expect(found).toMatchObject({
      threadId: 'a/b %_*', namespace: 'sub:1', checkpointId: '1', parentId: null, runId: 'run',
      metadata: { source: 'input', step: -1, parents: { '': 'x' }, tags: ['a', 1, null] },
      channelVersions: { small: 1, large: '2.5', none: 3, __proto__x: 4 },
      isPinned: false,
    })
    expect(found.state).toEqual({ type: 'msgpack', bytes: Uint8Array.from([0, 255, 128]) })
    expect(Object.keys(found.values)).toEqual(['small', 'large'])
    expect(read(found.values.small!)).toBe('null')
    expect(Buffer.compare(found.values.large!.bytes, large)).toBe(0)
    expect(found.writes.map(({ value, ...write }) => ({ ...write, value: read(value) }))).toEqual([
      { taskId: 'task', index: 0, channel: 'small', value: '"w"' },
    ])
    expect(found.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  })

  it('are absent where nothing was put', async () => {
    const { organization: { checkpoints } } = await open()
    expect(await checkpoints.find({ threadId: 't' })).toBeUndefined()
    await expect(checkpoints.get({ threadId: 't' })).rejects.toThrow(CheckpointNotFound)
    await checkpoints.put(step('1', null))
    expect(await checkpoints.find({ threadId: 't', checkpointId: '2' })).toBeUndefined()
    expect(await checkpoints.find({ threadId: 't', namespace: 'n' })).toBeUndefined()
    expect(await checkpoints.find({ threadId: 'T' })).toBeUndefined()
    expect(await all(checkpoints, { threadId: 'x' })).toEqual([])
  })

  it('keep what the parent has of channels that did not change', async () => {
    const { organization: { checkpoints }, another, organizationId, isLasting } = await open()
    const other = isLasting
      ? (await another()).organization(organizationId).checkpoints : checkpoints
    const list = ['x'.repeat(200)]
    await checkpoints.put(step('10', null, {
      channelVersions: { list: 1, other: 1, gone: 1 },
      values: { list: json(list), other: json('o'), gone: json('g') },
    }))
    for (let index = 11; index < 20; index++) {
      list.push(`${index}`.repeat(150))
      // Two processes take turns, so that neither knows what stands.
      const store = index % 2 === 0 ? checkpoints : other
      await store.put(step(`${index}`, `${index - 1}`, {
        channelVersions: { list: index, other: 1 }, values: { list: json(list) },
      }))
    }
    const head = await checkpoints.get({ threadId: 't' })
    expect(bytesOf(head)).toEqual({ list: JSON.stringify(list), other: '"o"' })
  })

  it('refuse a parent that is not the head, and name both', async () => {
    const { organization: { checkpoints } } = await open()
    await checkpoints.put(step('1', null))
    await checkpoints.put(step('2', '1'))
    const refused = checkpoints.put(step('3', '1'))
    await expect(refused).rejects.toThrow(CheckpointConflict)
    await expect(refused).rejects.toMatchObject({ head: '2', parent: '1', status: 409 })
    await expect(checkpoints.put(step('3', null)))
      .rejects.toMatchObject({ head: '2', parent: null })
    await expect(checkpoints.put(step('3', '0', { threadId: 'new' })))
      .rejects.toMatchObject({ head: null, parent: '0' })
    expect((await all(checkpoints)).map(({ checkpointId }) => checkpointId)).toEqual(['2', '1'])
  })

  it('let exactly one of twenty writers follow a head', async () => {
    const { organization: { checkpoints } } = await open()
    await checkpoints.put(step('1', null))
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, index) =>
      checkpoints.put(step(`${20 + index}`, '1'))))
    const won = results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    expect(won).toHaveLength(1)
    const head = await checkpoints.get({ threadId: 't' })
    expect(head.checkpointId).toBe(won[0]!.checkpointId)
    for (const each of results) {
      if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(CheckpointConflict)
    }
  })

  it('fork beside others when asked to, and both branches keep their own values', async () => {
    const { organization: { checkpoints } } = await open()
    const base = ['b'.repeat(300)]
    await checkpoints.put(step('1', null, { values: { list: json(base) } }))
    await checkpoints.put(step('2', '1', { values: { list: json([...base, 'left'.repeat(50)]) } }))
    await checkpoints.put(step('3', '1', {
      whenStale: 'fork', values: { list: json([...base, 'right'.repeat(50)]) },
    }))
    await checkpoints.put(step('4', '3', { values: {}, channelVersions: { list: 3 } }))
    await checkpoints.put(step('5', '2', {
      whenStale: 'fork', values: {}, channelVersions: { list: 2 },
    }))
    const listOf = async (checkpointId: string) => JSON.parse(read(
      (await checkpoints.get({ threadId: 't', checkpointId })).values.list!)) as string[]
    expect(await listOf('2')).toEqual([...base, 'left'.repeat(50)])
    expect(await listOf('3')).toEqual([...base, 'right'.repeat(50)])
    expect(await listOf('4')).toEqual(await listOf('3'))
    expect(await listOf('5')).toEqual(await listOf('2'))
    expect((await checkpoints.get({ threadId: 't' })).checkpointId).toBe('5')
  })

  it('take the same put once, and another one of the head’s id in its place', async () => {
    const { organization: { checkpoints } } = await open()
    await checkpoints.put(step('1', null))
    await checkpoints.put(step('2', '1', { metadata: { a: 1 } }))
    await checkpoints.put(step('2', '1', { metadata: { a: 1 } }))
    await checkpoints.put(step('2', '1', { metadata: { a: 2 }, values: { list: json('new') } }))
    expect(await all(checkpoints)).toHaveLength(2)
    const head = await checkpoints.get({ threadId: 't' })
    expect([head.metadata, bytesOf(head)]).toEqual([{ a: 2 }, { list: '"new"' }])
    await checkpoints.put(step('3', '2'))
    await checkpoints.put(step('2', '1', { metadata: { a: 2 }, values: { list: json('new') } }))
    await expect(checkpoints.put(step('2', '1', { metadata: { a: 3 } })))
      .rejects.toThrow(CheckpointConflict)
    expect((await checkpoints.get({ threadId: 't' })).checkpointId).toBe('3')
  })

  it('have the writes of tasks in the order of their first, then by index', async () => {
    const { organization: { checkpoints } } = await open()
    const write = (index: number, value: string) => ({ index, channel: 'c', value: json(value) })
    const name = { threadId: 't', checkpointId: '1' }
    await checkpoints.putWrites({ ...name, taskId: 'z', writes: [write(1, 'z1'), write(0, 'z0')] })
    await checkpoints.putWrites({ ...name, taskId: 'a', writes: [write(0, 'a0')] })
    await checkpoints.putWrites({
      ...name, taskId: 'z', writes: [write(0, 'late'), write(2, 'z2')],
    })
    await checkpoints.putWrites({
      ...name, taskId: 'z', whenWritten: 'replace', writes: [write(-1, 'error')],
    })
    await checkpoints.putWrites({
      ...name, taskId: 'z', whenWritten: 'replace', writes: [write(-1, 'other')],
    })
    expect(await checkpoints.find(name)).toBeUndefined()
    await checkpoints.put(step('1', null))
    const { writes } = await checkpoints.get(name)
    expect(writes.map(({ taskId, value }) => [taskId, read(value)])).toEqual([
      ['z', '"other"'], ['z', '"z0"'], ['z', '"z1"'], ['z', '"z2"'], ['a', '"a0"'],
    ])
    await checkpoints.put(step('2', '1'))
    const child = await checkpoints.get({ threadId: 't', withParentWrites: true })
    expect([child.writes.length, child.parentWrites?.length]).toEqual([0, 5])
  })

  it('refuse a run that was overtaken', async () => {
    const { organization: { checkpoints } } = await open()
    await checkpoints.put(step('1', null, { fence: 3 }))
    await checkpoints.putWrites({
      threadId: 't', checkpointId: '1', taskId: 'x', writes: [], fence: 4,
    })
    await checkpoints.putWrites({
      threadId: 't', checkpointId: '1', taskId: 'x', fence: 5,
      writes: [{ index: 0, channel: 'c', value: json(1) }],
    })
    await expect(checkpoints.put(step('2', '1', { fence: 4 }))).rejects.toThrow(StaleFence)
    await expect(checkpoints.putWrites({
      threadId: 't', checkpointId: '1', taskId: 'y', fence: 4,
      writes: [{ index: 0, channel: 'c', value: json(2) }],
    })).rejects.toThrow(StaleFence)
    expect((await checkpoints.get({ threadId: 't' })).writes).toHaveLength(1)
    await checkpoints.put(step('2', '1', { fence: 5 }))
    await checkpoints.put(step('3', '2'))
  })

  it('are listed newest first, to the end, by what is asked', async () => {
    const { organization: { checkpoints }, neighbour } = await open()
    await neighbour.checkpoints.put(step('1', null, { metadata: { source: 'loop' } }))
    const ids = Array.from({ length: 130 }, (_, index) => String(100 + index))
    for (const [index, id] of ids.entries()) {
      const source = index % 2 === 0 ? 'loop' : 'input'
      const metadata = { source, at: { deep: index % 3, more: 1 } }
      await checkpoints.put(step(id, index === 0 ? null : ids[index - 1]!, { metadata }))
    }
    await checkpoints.put(step('150', null, { threadId: 'other', namespace: 'n' }))
    const idsOf = async (request: object) =>
      (await all(checkpoints, request)).map(({ checkpointId }) => checkpointId)
    expect(await idsOf({ threadId: 't' })).toEqual(ids.toReversed())
    expect(await idsOf({})).toHaveLength(131)
    expect(await idsOf({ before: '103' })).toEqual(['102', '101', '100'])
    expect(await idsOf({ limit: 2 })).toEqual(['229', '228'])
    expect(await idsOf({ namespace: 'n' })).toEqual(['150'])
    expect(await idsOf({ checkpointId: '150' })).toHaveLength(2)
    expect(await idsOf({ metadata: { source: 'loop' }, limit: 3 })).toEqual(['228', '226', '224'])
    expect(await idsOf({ metadata: { at: { deep: 1 } } })).toEqual([])
    expect(await idsOf({ metadata: { at: { more: 1, deep: 0 } } })).toHaveLength(44)
    expect(await idsOf({ limit: 0 })).toEqual([])
    const lines = []
    for await (const each of checkpoints.ancestors({ threadId: 't', checkpointId: '229' })) {
      lines.push(each.checkpointId)
    }
    expect(lines).toEqual(ids.slice(0, -1).toReversed())
  })

  it('are gone with their thread, which may begin anew', async () => {
    const { organization: { checkpoints }, neighbour } = await open()
    for (const threadId of ['t', 't2']) await checkpoints.put(step('1', null, { threadId }))
    await neighbour.checkpoints.put(step('1', null))
    await checkpoints.putWrites({
      threadId: 't', checkpointId: '1', taskId: 'x',
      writes: [{ index: 0, channel: 'c', value: json(1) }],
    })
    await checkpoints.deleteThread('t')
    await checkpoints.deleteThread('t')
    expect(await checkpoints.find({ threadId: 't' })).toBeUndefined()
    expect(await checkpoints.find({ threadId: 't2' })).toBeDefined()
    expect(await neighbour.checkpoints.find({ threadId: 't' })).toBeDefined()
    await checkpoints.put(step('1', null))
    expect((await checkpoints.get({ threadId: 't' })).writes).toEqual([])
  })

  it('are put in a transaction, or not at all', async () => {
    const { holdfast, organizationId, organization: { checkpoints } } = await open()
    await checkpoints.put(step('1', null, { values: { list: json(['x'.repeat(100)]) } }))
    const put = (fails: boolean) => holdfast.transaction(async (transaction) => {
      const inside = transaction.organization(organizationId).checkpoints
      const list = ['x'.repeat(100), 'y'.repeat(100)]
      await inside.put(step('2', '1', { values: { list: json(list) } }))
      await inside.put(step('3', '2', { values: { list: json([...list, fails]) } }))
      expect((await inside.get({ threadId: 't' })).checkpointId).toBe('3')
      if (fails) throw new Error('taken back')
    })
    await expect(put(true)).rejects.toThrow('taken back')
    expect((await checkpoints.get({ threadId: 't' })).checkpointId).toBe('1')
    await put(false)
    expect(bytesOf(await checkpoints.get({ threadId: 't' })))
      .toEqual({ list: JSON.stringify(['x'.repeat(100), 'y'.repeat(100), false]) })
  })

  it.each<[string, Partial<PutCheckpoint>]>([
    ['thread_id', { threadId: '' }],
    ['thread_id', { threadId: 'x'.repeat(513) }],
    ['namespace', { namespace: 'x'.repeat(1025) }],
    ['checkpoint_id', { checkpointId: '' }],
    ['parent_id', { parentId: '1' }],
    ['run_id', { runId: '' }],
    ['fence', { fence: -1 }],
    ['state.type', { state: { type: '', bytes: new Uint8Array() } }],
    ['state.bytes', { state: { type: 'x', bytes: 'text' as never } }],
    ['values.other', { values: { other: json(1) } }],
    ['channel_versions.list', { channelVersions: { list: null as never } }],
    ['metadata', { metadata: [] as never }],
    ['when_stale', { whenStale: 'x' as never }],
  ])('refuse a put with a wrong %s', async (field, wrong) => {
    const { organization: { checkpoints } } = await open()
    const put = checkpoints.put({ ...step('1', null), ...wrong })
    await expect(put).rejects.toThrow(InvalidInput)
    await expect(put).rejects.toMatchObject({ field })
    expect(await all(checkpoints)).toEqual([])
  })
})
