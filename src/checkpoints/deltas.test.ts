import { expect, it } from 'vitest'
import { InvalidInput } from '../errors.js'
import { contract } from '../testing/contract.js'
import { type PutCheckpoint, type Typed } from './contract.js'
import { type CheckpointStore } from './store.js'

const text = (value: string): Typed => ({ type: 'text', bytes: Buffer.from(value) })
const read = ({ bytes }: Typed) => Buffer.from(bytes).toString()
const idOf = (number: number) => String(100 + number)

/** Every fifth checkpoint has the log whole; each writes a word to it. */
const step = (number: number, more: Partial<PutCheckpoint> = {}): PutCheckpoint => {
  const isWhole = number % 5 === 0
  const words = Array.from({ length: number }, (_, place) => `${place}`)
  return {
    threadId: 't', checkpointId: idOf(number), parentId: number === 0 ? null : idOf(number - 1),
    state: text(`state ${number}`), runId: `run ${number}`,
    channelVersions: isWhole ? { log: number } : {},
    values: isWhole ? { log: text(words.join(' ')) } : {},
    deltaChannels: isWhole ? [] : ['log'],
    writes: [{ taskId: 'x', writes: [{ index: 0, channel: 'log', value: text(`${number}`) }] }],
    ...more,
  }
}

async function chain(store: CheckpointStore, count: number) {
  for (let number = 0; number < count; number++) await store.put(step(number))
}

async function idsOf(store: CheckpointStore, threadId = 't'): Promise<string[]> {
  const found = []
  for await (const { checkpointId } of store.list({ threadId })) found.push(checkpointId)
  return found
}

/** What the log holds at a checkpoint, by what its ancestors wrote. */
async function logAt(store: CheckpointStore, checkpointId: string, threadId = 't') {
  const { values } = await store.get({ threadId, checkpointId })
  if (values.log !== undefined) return read(values.log)
  const words: string[] = []
  for await (const each of store.ancestors({ threadId, checkpointId }, { channels: ['log'] })) {
    words.unshift(...each.writes.map(({ value }) => read(value)))
    if (each.values.log === undefined) continue
    words.unshift(...read(each.values.log).split(' ').filter((word) => word !== ''))
    break
  }
  return words.join(' ')
}

const wordsBefore = (number: number) =>
  Array.from({ length: number }, (_, place) => `${place}`).join(' ')

contract('checkpoints with channels kept as differences', (open) => {
  const all = async () => (await open()).organization.checkpoints

  it('say which they are', async () => {
    const store = await all()
    await store.put(step(0))
    await store.put(step(1, { deltaChannels: ['log', 'b', 'a', 'log'] }))
    await store.put(step(1, { deltaChannels: ['log', 'b', 'a'] }))
    expect((await store.get({ threadId: 't' })).deltaChannels).toEqual(['a', 'b', 'log'])
    expect((await store.get({ threadId: 't', checkpointId: '100' })).deltaChannels).toEqual([])
    await expect(store.put(step(2, { deltaChannels: 'log' as never }))).rejects
      .toThrow(InvalidInput)
    await expect(store.put(step(2, { channelVersions: { log: 1 }, deltaChannels: ['log'] })))
      .rejects.toThrow('delta_channels must name no channel of channel_versions')
  })

  it('keep the ancestors that they are made of through a pruning, and no others', async () => {
    const store = await all()
    await chain(store, 14)
    expect(await store.prune({ keepLast: 1 })).toEqual({ deleted: 10 })
    expect(await idsOf(store)).toEqual([13, 12, 11, 10].map(idOf))
    expect(await logAt(store, idOf(13))).toBe(wordsBefore(13))
    await store.put(step(14))
    await store.put(step(15))
    expect(await store.prune({ keepLast: 1 })).toEqual({ deleted: 5 })
    expect(await idsOf(store)).toEqual([idOf(15)])
    expect(await logAt(store, idOf(15))).toBe(wordsBefore(15))
  })

  it('keep them for whatever is pinned, young, or beside', async () => {
    const store = await all()
    await chain(store, 13)
    await store.pin({ threadId: 't', checkpointId: idOf(3) })
    await store.put(step(8, { checkpointId: '200', parentId: idOf(7), whenStale: 'fork' }))
    expect(await store.prune({ keepLast: 2 })).toEqual({ deleted: 3 })
    expect(await idsOf(store)).toEqual(['200', ...[12, 11, 10, 7, 6, 5, 3, 2, 1, 0].map(idOf)])
    expect(await logAt(store, '200')).toBe(wordsBefore(8))
    for (const number of [12, 3]) expect(await logAt(store, idOf(number))).toBe(wordsBefore(number))
  })

  it('keep them when their runs are deleted, until nobody needs them', async () => {
    const store = await all()
    await chain(store, 9)
    await store.deleteRuns([3, 4, 5, 6].map((number) => `run ${number}`))
    expect(await idsOf(store)).toEqual([8, 7, 6, 5, 2, 1, 0].map(idOf))
    for (const number of [8, 2]) expect(await logAt(store, idOf(number))).toBe(wordsBefore(number))
    await store.deleteRuns(['run 7', 'run 8'])
    expect(await idsOf(store)).toEqual([6, 5, 2, 1, 0].map(idOf))
    await store.put(step(7))
    expect(await logAt(store, idOf(7))).toBe(wordsBefore(7))
    await store.deleteRuns([5, 6, 7].map((number) => `run ${number}`))
    expect(await idsOf(store)).toEqual([2, 1, 0].map(idOf))
  })

  it('keep them when the policy of the organization deletes', async () => {
    const { holdfast, organization: { checkpoints: store } } = await open()
    await chain(store, 9)
    await store.setPolicy({ keepLast: 1 })
    while (await holdfast.checkpointLog.sweep() > 0);
    expect(await idsOf(store)).toEqual([8, 7, 6, 5].map(idOf))
    expect(await logAt(store, idOf(8))).toBe(wordsBefore(8))
  })

  it('keep what each of several channels needs', async () => {
    const store = await all()
    const at = (number: number, whole: string[]) => store.put(step(number, {
      channelVersions: Object.fromEntries(whole.map((channel) => [channel, 1])),
      values: Object.fromEntries(whole.map((channel) => [channel, text('')])),
      deltaChannels: ['a', 'b'].filter((channel) => !whole.includes(channel)),
    }))
    await at(0, ['a', 'b'])
    for (let number = 1; number < 8; number++) {
      await at(number, number === 3 ? ['a'] : number === 5 ? ['b'] : [])
    }
    await store.prune({ keepLast: 1 })
    expect(await idsOf(store)).toEqual([7, 6, 5, 4, 3].map(idOf))
  })

  it('keep all of a line whose beginning nobody knows', async () => {
    const store = await all()
    for (let number = 1; number < 5; number++) {
      await store.put(step(number, { parentId: number === 1 ? null : idOf(number - 1) }))
    }
    // Each other's parents, which ends no walk by itself.
    await store.put(step(6, {
      namespace: 'odd', checkpointId: 'a', parentId: 'b', whenStale: 'fork',
    }))
    await store.put(step(6, {
      namespace: 'odd', checkpointId: 'b', parentId: 'a', whenStale: 'fork',
    }))
    expect(await store.prune({ keepLast: 1 })).toEqual({ deleted: 0 })
    expect(await logAt(store, idOf(4))).toBe('1 2 3')
  })

  it('are copied and forked with what they are made of', async () => {
    const { organization: { checkpoints: store }, another, organizationId, isLasting } =
      await open()
    await chain(store, 10)
    await store.copyThread('t', 'copy')
    await store.fork({ threadId: 't', checkpointId: idOf(8) }, 'forked')
    await store.deleteThread('t')
    expect(await idsOf(store, 'forked')).toEqual([8, 7, 6, 5].map(idOf))
    await store.put(step(9, { threadId: 'forked' }))
    await store.prune({ threadIds: ['copy', 'forked'] })
    const reader = isLasting ? (await another()).organization(organizationId).checkpoints : store
    for (const threadId of ['copy', 'forked']) {
      expect(await logAt(reader, idOf(9), threadId)).toBe(wordsBefore(9))
      expect(await idsOf(reader, threadId)).toEqual([9, 8, 7, 6, 5].map(idOf))
    }
    const { parentId } = await reader.get({ threadId: 'forked', checkpointId: idOf(5) })
    expect(parentId).toBe(null)
  })
})
