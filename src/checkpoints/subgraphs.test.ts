import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'
import { type CheckpointStore } from './store.js'

const bytes = (text: string) => ({ type: 'json', bytes: Buffer.from(JSON.stringify(text)) })

/** What puts a checkpoint of a namespace, behind those of `parents`. */
const puttingTo = (store: CheckpointStore) => (
  namespace: string, number: number, parents: Record<string, string> = {},
) => store.put({
  threadId: 't', namespace, checkpointId: String(1_000 + number), parentId: null,
  whenStale: 'fork', state: bytes('state'), metadata: { parents }, channelVersions: { a: number },
  values: { a: bytes(`${namespace} ${number}`) },
})

const namespacesOf = async (store: CheckpointStore) =>
  (await store.threads()).data[0]!.namespaces.map(({ namespace }) => namespace)

const at = (number: number) => String(1_000 + number)

contract('namespaces of subgraphs', (open) => {
  it('go once what they ran behind is gone and the graph went on, nested ones too', async () => {
    const { checkpoints } = (await open()).organization
    const put = puttingTo(checkpoints)
    await put('', 1)
    await put('a:1', 2, { '': at(1) })
    await put('a:1', 3, { '': at(1) })
    await put('a:1|b:2', 4, { '': at(1), 'a:1': at(2) })
    await put('a:1|1', 5, { '': at(1) })
    expect(await checkpoints.prune({ keepLast: 9 })).toEqual({ deleted: 0 })
    await put('', 6)
    await put('a:6', 7, { '': at(6) })
    expect(await checkpoints.prune({ keepLast: 9 })).toEqual({ deleted: 0 })
    expect(await checkpoints.prune({ keepLast: 1, keepSubgraphs: true })).toEqual({ deleted: 2 })
    expect(await checkpoints.prune({ keepLast: 1 })).toEqual({ deleted: 3 })
    expect(await namespacesOf(checkpoints)).toEqual(['', 'a:6'])
    const found = await checkpoints.find({ threadId: 't', namespace: 'a:6' })
    expect(Buffer.from(found!.values.a!.bytes).toString()).toBe('"a:6 7"')
    await put('a:1', 8, { '': at(6) })
    expect(await namespacesOf(checkpoints)).toEqual(['', 'a:1', 'a:6'])
  })

  it('stay where the graph around may be about to write what they ran behind', async () => {
    const { checkpoints } = (await open()).organization
    const put = puttingTo(checkpoints)
    await put('', 1)
    await put('a:1', 3, { '': at(2) })
    await put('a:1|b:2', 4, { '': at(2), 'a:1': at(3) })
    await put('x:1', 5, { y: at(2) })
    expect(await checkpoints.prune({ keepLast: 1 })).toEqual({ deleted: 0 })
    expect(await namespacesOf(checkpoints)).toEqual(['', 'a:1', 'a:1|b:2', 'x:1'])
  })

  it('stay where they are no task’s, say nothing of it, are pinned or young', async () => {
    const { checkpoints } = (await open()).organization
    const put = puttingTo(checkpoints)
    const gone = { '': at(0) }
    await put('', 1)
    await put('stateful', 2, gone)
    await put('tenant:7', 3)
    await put('a:pinned', 4, gone)
    await put('a:pinned', 5, gone)
    await checkpoints.pin({ threadId: 't', namespace: 'a:pinned', checkpointId: at(4) })
    await put('a:both', 6, gone)
    await put('a:both', 7, { '': at(1) })
    await put('a:\u0000', 8, gone)
    const past = new Date(Date.now() - 3_600_000).toISOString()
    expect(await checkpoints.prune({ keepSince: past })).toEqual({ deleted: 0 })
    expect(await checkpoints.prune({ keepLast: 5 })).toEqual({ deleted: 1 })
    expect(await namespacesOf(checkpoints))
      .toEqual(['', 'a:both', 'a:pinned', 'stateful', 'tenant:7'])
  })

  it.each([false, true])('are many, and go all (encrypted: %s)', async (isEncrypted) => {
    const { organization: { checkpoints }, neighbour: { checkpoints: neighbour } } = await open()
    await checkpoints.setPolicy({ encrypts: isEncrypted })
    const put = puttingTo(checkpoints)
    await puttingTo(neighbour)('', 2)
    await puttingTo(neighbour)('a:1', 1, { '': at(1) })
    await put('', 999)
    for (let n = 0; n < 210; n++) await put(`a:${n}`, n, { '': at(998 - n) })
    expect(await checkpoints.prune({ threadIds: ['t'], keepLast: 1 })).toEqual({ deleted: 210 })
    const { data: [thread] } = await checkpoints.threads()
    expect(thread).toMatchObject({ namespaceCount: 1, checkpointCount: 1 })
    expect(await namespacesOf(neighbour)).toEqual(['', 'a:1'])
  })

  it('stay, and all else is pruned, where the key to read them is missing', async () => {
    const { organization: { checkpoints }, organizationId, another, isLasting } = await open()
    if (!isLasting) return
    await checkpoints.setPolicy({ encrypts: true })
    const put = puttingTo(checkpoints)
    await put('', 1)
    await put('a:1', 2, { '': at(1) })
    await put('', 3)
    const without = await another({ rootKey: undefined } as object)
    const { checkpoints: keyless } = without.organization(organizationId)
    expect(await keyless.prune({ keepLast: 1 })).toEqual({ deleted: 1 })
    expect(await namespacesOf(checkpoints)).toEqual(['', 'a:1'])
    expect(await checkpoints.prune({ keepLast: 1 })).toEqual({ deleted: 1 })
  })

  it('go by the organization’s policy', async () => {
    const { organization: { checkpoints }, holdfast } = await open()
    const put = puttingTo(checkpoints)
    await put('', 2)
    await put('a:1', 1, { '': at(1) })
    await checkpoints.setPolicy({ keepLast: 3 })
    while (await holdfast.checkpointLog.sweep() > 0);
    expect(await namespacesOf(checkpoints)).toEqual([''])
  })
})
