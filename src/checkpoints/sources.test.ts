import { expect, it } from 'vitest'
import { contract, type ContractWorld } from '../testing/contract.js'
import { type StoredCheckpoint, type Typed } from './contract.js'
import { unpacked } from './packing.js'
import { type CheckpointStore } from './store.js'

const json = (value: unknown): Typed =>
  ({ type: 'json', bytes: Buffer.from(JSON.stringify(value)) })

/** Text of which nothing occurs twice. */
const noise = () => Array.from(
  { length: 1200 }, () => String.fromCharCode(97 + Math.floor(Math.random() * 26))).join('')

const threadId = 'talk'

/** A thread of which each checkpoint takes in what a task wrote on the one before. */
class Talk {
  readonly store: CheckpointStore
  readonly texts: string[] = []

  constructor(store: CheckpointStore) {
    this.store = store
  }

  /** The writes and the next checkpoint in turn or, as frameworks do it, in one go. */
  async turn(isAtOnce = false): Promise<void> {
    const number = this.texts.length
    const text = noise()
    const writes = number === 0 ? undefined : this.store.putWrites({
      threadId, checkpointId: String(100 + number), taskId: 'task',
      writes: [{ index: 0, channel: 'list', value: json([text]) }],
    })
    if (!isAtOnce) await writes
    this.texts.push(text)
    await Promise.all([writes, this.store.put({
      threadId, checkpointId: String(101 + number), runId: `run ${number}`,
      parentId: number === 0 ? null : String(100 + number),
      state: json({}), metadata: {}, channelVersions: { list: number },
      values: { list: json(this.texts) },
    })])
  }

  async turns(count: number, isAtOnce = false): Promise<void> {
    for (let turn = 0; turn < count; turn++) await this.turn(isAtOnce)
  }
}

const textsIn = ({ values }: StoredCheckpoint) =>
  JSON.parse(Buffer.from(values.list!.bytes).toString()) as string[]

const storedBytes = async (store: CheckpointStore) =>
  (await store.threads()).data.find((thread) => thread.threadId === threadId)!.storedBytes

/** Somebody who knows nothing yet; in memory there is nobody else. */
async function stranger({ another, organization, organizationId, isLasting }: ContractWorld) {
  if (!isLasting) return organization.checkpoints
  return (await another({ checkpoints: { memoryBytesMax: 0 } })).organization(organizationId)
    .checkpoints
}

contract('values that come from pending writes', (open) => {
  it.each([false, true])('are stored once with those, put at once: %s', async (isAtOnce) => {
    const world = await open()
    const talk = new Talk(world.organization.checkpoints)
    await talk.turns(20, isAtOnce)
    // Random letters take three fifths of a byte each, twice of which would be more.
    expect(await storedBytes(talk.store)).toBeLessThan(0.9 * talk.texts.join('').length)
    const reading = await stranger(world)
    expect(textsIn(await reading.get({ threadId }))).toEqual(talk.texts)
    for await (const each of reading.list({ threadId })) {
      expect(textsIn(each)).toEqual(talk.texts.slice(0, Number(each.checkpointId) - 100))
      const wrote = talk.texts[Number(each.checkpointId) - 100]
      const writes = each.writes.map(({ value }) => Buffer.from(value.bytes).toString())
      expect(writes).toEqual(wrote === undefined ? [] : [JSON.stringify([wrote])])
    }
  })

  it('outlive the checkpoints that were written to, whose writes are gone', async () => {
    const world = await open()
    const talk = new Talk(world.organization.checkpoints)
    await talk.turns(6)
    expect((await talk.store.prune({ threadIds: [threadId], keepLast: 1 })).deleted).toBe(5)
    const reading = await stranger(world)
    expect(textsIn(await reading.get({ threadId }))).toEqual(talk.texts)
    await talk.turns(2)
    await talk.store.deleteRuns(['run 5', 'run 6'])
    expect(textsIn(await reading.get({ threadId }))).toEqual(talk.texts)
    await talk.store.put({
      threadId, checkpointId: '106', parentId: '1', whenStale: 'fork', state: json({}),
      metadata: {}, channelVersions: {}, values: {},
    })
    const again = await reading.find({ threadId, checkpointId: '106', withParentWrites: true })
    expect([again?.writes, again?.parentWrites]).toEqual([[], []])
  })

  it('leave nothing behind when nothing comes from them any more', async () => {
    const world = await open()
    const talk = new Talk(world.organization.checkpoints)
    await talk.turns(6)
    await talk.store.put({
      threadId, checkpointId: '200', parentId: '106', state: json({}), metadata: {},
      channelVersions: { list: 100 }, values: { list: json(['other']) },
    })
    await talk.store.prune({ threadIds: [threadId], keepLast: 1 })
    expect(await storedBytes(talk.store)).toBeLessThan(300)
  })

  it('go with a fork and with a copy', async () => {
    const world = await open()
    const talk = new Talk(world.organization.checkpoints)
    await talk.turns(6)
    await talk.store.fork({ threadId, checkpointId: '104' }, 'fork')
    await talk.store.prune({ threadIds: [threadId], keepLast: 1 })
    await talk.store.copyThread(threadId, 'copy')
    await talk.store.deleteThread(threadId)
    const reading = await stranger(world)
    const fork = await reading.get({ threadId: 'fork' })
    expect(textsIn(fork)).toEqual(talk.texts.slice(0, 4))
    expect(fork.writes.map(({ value }) => Buffer.from(value.bytes).toString()))
      .toEqual([JSON.stringify([talk.texts[4]])])
    expect(textsIn(await reading.get({ threadId: 'copy' }))).toEqual(talk.texts)
    await reading.prune({ threadIds: ['fork', 'copy'], keepLast: 1 })
    expect(textsIn(await reading.get({ threadId: 'fork' }))).toEqual(talk.texts.slice(0, 4))
  })
})

it('bodies of earlier versions are read', () => {
  const stored = Buffer.from(''
    + '016301e9bccf58ad84c8d320cf40e21911b78686ba461621066656c6e65686167a0666e628b18d3d'
    + '664d2d2d915c6f656660a083194a66060614449aa9a545ad0e9e3830b5b4acadadad15a84675472d'
    + '032303d8e74c02d1d5a8798b59a93696f1d0a7ee83f7b688ad9bce0b00', 'hex')
  const bytes = unpacked(stored, '1f1eaf62-8175-6c30-8256-b4deefb1e449')
  const text = Buffer.from(bytes).toString()
  expect(text).toContain('"channel_versions":{"__start__":')
  expect(text).toContain('"versions_seen":{"__input__":{},')
})
