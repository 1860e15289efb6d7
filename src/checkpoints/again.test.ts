import { expect, it } from 'vitest'
import { contract, type ContractWorld } from '../testing/contract.js'
import { type StoredCheckpoint, type Typed } from './contract.js'
import { type CheckpointStore } from './store.js'

const json = (value: unknown): Typed =>
  ({ type: 'json', bytes: Buffer.from(JSON.stringify(value)) })

/** Text of which nothing occurs twice. */
const noise = () => Array.from(
  { length: 1200 }, () => String.fromCharCode(97 + Math.floor(Math.random() * 26))).join('')

const idOf = (texts: readonly string[]) => String(100 + texts.length)

/** Puts the checkpoint that has one text more than its parent. */
async function put(store: CheckpointStore, threadId: string, texts: readonly string[]) {
  await store.put({
    threadId, checkpointId: idOf(texts), runId: `run in ${threadId}`,
    parentId: texts.length === 1 ? null : String(99 + texts.length),
    state: json({}), metadata: {}, channelVersions: { list: texts.length },
    values: { list: json(texts) },
  })
}

const write = (store: CheckpointStore, threadId: string, [texts, text]: [string[], string]) =>
  store.putWrites({
    threadId, checkpointId: idOf(texts), taskId: 'task',
    writes: [{ index: 0, channel: 'list', value: json([text]) }],
  })

const textsIn = ({ values }: StoredCheckpoint) =>
  JSON.parse(Buffer.from(values.list!.bytes).toString()) as string[]

/** A template that threads begin as, and two processes that know of a copy of it. */
async function copied({ another, organization, organizationId, isLasting }: ContractWorld) {
  const here = organization.checkpoints
  const elsewhere = async () => (isLasting
    ? (await another()).organization(organizationId).checkpoints : here)
  const there = await elsewhere()
  const texts: string[] = []
  for (let count = 0; count < 4; count++) {
    texts.push(noise())
    await put(here, 'template', texts)
  }
  await here.copyThread('template', 'work')
  expect(textsIn(await there.get({ threadId: 'work' }))).toEqual(texts)
  return { here, there, texts, stranger: await elsewhere() }
}

contract('a thread that is made again', (open) => {
  it('is not taken for what it was by a process that wrote to it', async () => {
    const { here, there, texts, stranger } = await copied(await open())
    await put(there, 'work', [...texts, noise()])
    await here.deleteThread('work')
    const other = [...texts, noise()]
    await put(here, 'template', other)
    await here.copyThread('template', 'work')
    expect(textsIn(await there.get({ threadId: 'work' }))).toEqual(other)
    const next = [...other, noise()]
    await put(there, 'work', next)
    for (const store of [here, there, stranger]) {
      expect(textsIn(await store.get({ threadId: 'work' }))).toEqual(next)
    }
  })

  it('needs nothing of what was written to it before', async () => {
    const { here, there, texts, stranger } = await copied(await open())
    const text = noise()
    await write(there, 'work', [texts, text])
    await here.deleteThread('work')
    await here.copyThread('template', 'work')
    await put(there, 'work', [...texts, text])
    for (const store of [here, there, stranger]) {
      expect(textsIn(await store.get({ threadId: 'work' }))).toEqual([...texts, text])
    }
  })

  it('is not taken for what it was when it went with its last run', async () => {
    const { here, texts, stranger } = await copied(await open())
    await put(here, 'work', [...texts, noise()])
    await here.deleteRuns(['run in work', 'run in template'])
    await put(here, 'template', texts.slice(0, 1))
    await here.copyThread('template', 'work')
    for (const store of [here, stranger]) {
      expect(textsIn(await store.get({ threadId: 'work' }))).toEqual(texts.slice(0, 1))
    }
  })

  it('is followed where a process goes on without a look at it', async () => {
    const { here, there, texts, stranger } = await copied(await open())
    await put(there, 'work', [...texts, noise()])
    await here.deleteThread('work')
    await here.copyThread('template', 'work')
    const next = [...texts, noise()]
    await put(there, 'work', next)
    await put(there, 'work', [...next, 'end'])
    for (const store of [here, there, stranger]) {
      expect(textsIn(await store.get({ threadId: 'work' }))).toEqual([...next, 'end'])
    }
  })
})

contract('deleting runs', (open) => {
  it('leaves writes that came before their checkpoint, which is of another run', async () => {
    const { organization: { checkpoints: store } } = await open()
    const [first, second] = [[noise()], [noise(), noise()]]
    await put(store, 'work', first)
    await write(store, 'work', [second, 'early'])
    await store.deleteRuns(['run in work'])
    await store.put({
      threadId: 'work', checkpointId: idOf(second), parentId: null, state: json({}), metadata: {},
      channelVersions: {}, values: {},
    })
    const { writes } = await store.get({ threadId: 'work' })
    expect(writes.map(({ value }) => Buffer.from(value.bytes).toString())).toEqual(['["early"]'])
    await store.deleteRuns(['run in work'])
    await put(store, 'empty', first)
    await store.deleteRuns(['run in empty'])
    expect((await store.threads()).data.map(({ threadId }) => threadId)).toEqual(['work'])
  })
})
