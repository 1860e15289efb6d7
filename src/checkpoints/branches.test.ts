import { expect, it } from 'vitest'
import { contract } from '../testing/contract.js'
import { type PutCheckpoint } from './contract.js'
import { CheckpointNotFound } from './errors.js'
import { type CheckpointStore } from './store.js'

const base = 'said before '.repeat(300)

/** A checkpoint with one channel, named as `parent > own`. */
const step = (names: string, text: string, more: Partial<PutCheckpoint> = {}): PutCheckpoint => ({
  threadId: 't', checkpointId: names.at(-1)!, parentId: names.at(-5) ?? null,
  state: { type: 'text', bytes: Buffer.from('s') },
  metadata: {}, channelVersions: { text: 1 },
  values: { text: { type: 'text', bytes: Buffer.from(text) } }, ...more,
})

const said = (words: string) => base + words.repeat(30)

async function texts(store: CheckpointStore): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const { checkpointId, values } of store.list({ threadId: 't' })) {
    found[checkpointId] = Buffer.from(values.text!.bytes).toString()
  }
  return found
}

contract('branches of a thread', (open) => {
  it.each(['the same bytes', 'a few more'])('grow beside each other from %s', async (how) => {
    const { organization: { checkpoints } } = await open()
    const fork = { whenStale: 'fork' } as const
    const kept = how === 'a few more' ? `${base}!` : base
    await checkpoints.put(step('1', base))
    await checkpoints.put(step('1 > 2', said('on one side ')))
    await checkpoints.put(step('1 > 3', kept, fork))
    await checkpoints.put(step('3 > 4', said('on the other ')))
    expect(await texts(checkpoints)).toEqual({
      1: base, 2: said('on one side '), 3: kept, 4: said('on the other '),
    })
  })

  it('grow where the head fell back behind what another had grown', async () => {
    const { organization: { checkpoints } } = await open()
    await checkpoints.put(step('9', base))
    await checkpoints.put(step('9 > 5', said('on one side ')))
    await checkpoints.put(step('9 > 7', said('gone '), { whenStale: 'fork', runId: 'gone' }))
    await checkpoints.deleteRuns(['gone'])
    const { checkpointId } = await checkpoints.get({ threadId: 't' })
    expect(checkpointId).toBe('9')
    await checkpoints.put(step('9 > a', said('on the other ')))
    expect(await texts(checkpoints)).toEqual({
      9: base, 5: said('on one side '), a: said('on the other '),
    })
  })

  it('are refused where values were to be those of a parent that is gone', async () => {
    const { organization: { checkpoints } } = await open()
    const fork = { whenStale: 'fork' } as const
    const both = { channelVersions: { text: 1, more: 1 } }
    await checkpoints.put(step('1', base))
    await checkpoints.put(step('1 > 2', base))
    await checkpoints.prune({ keepLast: 1 })
    const put = checkpoints.put(step('1 > 3', 'a branch', { ...fork, ...both }))
    await expect(put).rejects.toThrow(CheckpointNotFound)
    await expect(put).rejects.toThrow('more')
    // One that brings all that it has needs nobody.
    await checkpoints.put(step('1 > 3', 'a branch', fork))
    expect(await texts(checkpoints)).toEqual({ 2: base, 3: 'a branch' })
  })

  it('make no thread anew that was deleted, unless they need nothing of it', async () => {
    const { organization: { checkpoints } } = await open()
    const fork = { whenStale: 'fork' } as const
    await checkpoints.put(step('1', base))
    await checkpoints.deleteThread('t')
    const both = { channelVersions: { text: 1, more: 1 } }
    await expect(checkpoints.put(step('1 > 2', 'a branch', { ...fork, ...both })))
      .rejects.toThrow(CheckpointNotFound)
    expect((await checkpoints.threads()).data).toEqual([])
    await checkpoints.put(step('1 > 2', 'a branch', fork))
    expect(await texts(checkpoints)).toEqual({ 2: 'a branch' })
  })
})
