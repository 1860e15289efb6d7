import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { contract, type ContractWorld } from '../testing/contract.js'
import { ancestorsOf, CheckpointPages, pageSource } from './listing.js'
import { type ReaderParts } from './reader.js'
import { plainWrapping } from './wrapping.js'

const kibibyte = 1024
const idOf = (number: number) => String(100 + number)

/** A thread of checkpoints that share nothing, with so many KiB each. */
async function filled(
  { organization: { checkpoints } }: ContractWorld, count: number, size = 100,
) {
  for (let number = 1; number <= count; number++) {
    await checkpoints.put({
      threadId: 't', checkpointId: idOf(number), parentId: number === 1 ? null : idOf(number - 1),
      state: { type: 'text', bytes: Buffer.from('s') },
      channelVersions: { large: number, small: number },
      values: {
        large: { type: 'bytes', bytes: randomBytes(size * kibibyte) },
        small: { type: 'text', bytes: Buffer.from(String(number)) },
      },
    })
  }
}

const partsOf = ({ holdfast: { checkpointLog }, organizationId }: ContractWorld): ReaderParts => ({
  database: checkpointLog.database.within([organizationId]),
  statements: checkpointLog.statements, memory: checkpointLog.newMemory(),
  organizationId, wrapping: plainWrapping,
})

contract('lists of large checkpoints', (open) => {
  it('read few of them at once', async () => {
    const world = await open()
    await filled(world, 6)
    const parts = partsOf(world)
    const read = async (bytesMax: number, size: number, before?: string) => {
      const pages = new CheckpointPages(parts, { bytesMax })
      const { found, isCut } = await pages.read(
        pageSource(parts, { threadId: 't', before }, { after: undefined, size }))
      return [found.map(({ checkpoint }) => Number(checkpoint.checkpointId) - 100), isCut]
    }
    expect(await read(250 * kibibyte, 50)).toEqual([[6, 5, 4], true])
    expect(await read(1, 50)).toEqual([[6], true])
    expect(await read(1, 1)).toEqual([[6], false])
    expect(await read(250 * kibibyte, 50, idOf(4))).toEqual([[3, 2, 1], false])
    expect(await read(250 * kibibyte, 50, idOf(1))).toEqual([[], false])
  })

  it('and their pages are whole all the same', async () => {
    const world = await open()
    const { checkpoints } = world.organization
    await filled(world, 9, 3 * 1024)
    const ids = [9, 8, 7, 6, 5, 4, 3, 2, 1].map(idOf)
    const listed = []
    for await (const { values, checkpointId } of checkpoints.list({ threadId: 't' })) {
      expect(values.large!.bytes.length).toBe(3 * 1024 * kibibyte)
      listed.push(checkpointId)
    }
    expect(listed).toEqual(ids)
    const paged: string[][] = []
    for (let cursor: string | undefined; ;) {
      const { data, nextCursor } = await checkpoints.page({ threadId: 't', cursor })
      paged.push(data.map(({ checkpointId }) => checkpointId))
      if (nextCursor === null) break
      cursor = nextCursor
    }
    expect(paged.flat()).toEqual(ids)
    expect(paged.map(({ length }) => length)).toEqual([2, 2, 2, 2, 1])
    const ancestors = []
    for await (const { checkpointId } of checkpoints.ancestors({
      threadId: 't', checkpointId: idOf(9),
    })) ancestors.push(checkpointId)
    expect(ancestors).toEqual(ids.slice(1))
  })

  it('of ancestors hold the values of the channels asked for', async () => {
    const world = await open()
    await filled(world, 4)
    const found = []
    const name = { threadId: 't', checkpointId: idOf(4) }
    for await (const each of ancestorsOf(partsOf(world), name, ['small'])) {
      found.push(Object.entries(each.values).map(([channel, { bytes }]) =>
        [channel, Buffer.from(bytes).toString()]))
    }
    expect(found).toEqual([[['small', '3']], [['small', '2']], [['small', '1']]])
  })
})

contract('lists of threads', (open) => {
  it('tell the first namespaces of each, and how many there are', async () => {
    const { organization: { checkpoints } } = await open()
    const names = Array.from({ length: 130 }, (_, number) => (
      number === 0 ? '' : `sub:${String(number).padStart(3, '0')}`))
    const put = (namespace: string, checkpointId: string, parentId: string | null) =>
      checkpoints.put({
        threadId: 'many', namespace, checkpointId, parentId,
        state: { type: 'text', bytes: Buffer.from('s') }, channelVersions: {}, values: {},
      })
    await Promise.all(names.map(async (name) => {
      await put(name, '1', null)
      if (name !== names[1]) await put(name, '2', '1')
    }))
    await checkpoints.putWrites({
      threadId: 'none', checkpointId: '1', taskId: 't',
      writes: [{ index: 0, channel: 'a', value: { type: 'text', bytes: Buffer.from('w') } }],
    })
    const { data: [many, none] } = await checkpoints.threads()
    expect(many).toMatchObject({ namespaceCount: 130, checkpointCount: 259 })
    expect(many!.namespaces.map(({ namespace }) => namespace)).toEqual(names.slice(0, 100))
    expect(many!.namespaces[0]).toEqual({ namespace: '', headId: '2', checkpointCount: 2 })
    expect(many!.namespaces[1]).toMatchObject({ headId: '1', checkpointCount: 1 })
    expect(none).toMatchObject({ namespaces: [], namespaceCount: 0, checkpointCount: 0 })
  })
})

contract('deleting the runs of many namespaces', (open) => {
  it('leaves each with the newest that it has left as its head', async () => {
    const { organization: { checkpoints } } = await open()
    const names = ['', 'a', 'b', 'c']
    const put = async (namespace: string, checkpointId: string, runId: string) => {
      const head = (await checkpoints.find({ threadId: 't', namespace }))?.checkpointId ?? null
      await checkpoints.put({
        threadId: 't', namespace, checkpointId, runId, parentId: head,
        state: { type: 'text', bytes: Buffer.from('s') }, channelVersions: {}, values: {},
      })
    }
    for (const [place, name] of names.entries()) {
      if (place > 0) await put(name, `1 ${place}`, 'first')
      if (place > 1) await put(name, `2 ${place}`, 'first')
      await put(name, `3 ${place}`, place === 3 ? 'first' : 'second')
    }
    await checkpoints.deleteRuns(['second'])
    const headOf = async (namespace: string) =>
      (await checkpoints.find({ threadId: 't', namespace }))?.checkpointId
    expect(await Promise.all(names.map(headOf))).toEqual([undefined, '1 1', '2 2', '3 3'])
    for (const name of names) await put(name, `4 ${name}`, 'third')
    expect(await Promise.all(names.map(headOf))).toEqual(names.map((name) => `4 ${name}`))
  })
})
