import { JsonPlusSerializer } from '@langchain/langgraph-checkpoint'
import { expect, it } from 'vitest'
import { contract } from '../../testing/contract.js'
import { HoldfastSaver } from './saver.js'

/** A serializer that waits for each value, as one does that asks for a key. */
class WaitingSerializer extends JsonPlusSerializer {
  underWay = 0
  mostUnderWay = 0

  override async dumpsTyped(value: unknown): Promise<[string, Uint8Array]> {
    this.underWay += 1
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay)
    await new Promise((done) => setTimeout(done, 5))
    this.underWay -= 1
    if (value === 'unwritable') throw new Error('there is no key for it')
    return super.dumpsTyped(value)
  }
}

const config = { configurable: { thread_id: 'one', checkpoint_ns: '' } }
const versions = { first: 1, second: 1, third: 1 }
const metadata = { source: 'loop' as const, step: 1, parents: {} }
const checkpointOf = (values: Record<string, unknown>) => ({
  v: 4, id: '1f0a6b2c-0000-6000-8000-000000000001', ts: '2026-11-29T19:50:21.206Z',
  channel_values: values, channel_versions: versions, versions_seen: {},
})

contract('serializers of langgraph', (open) => {
  const saverIn = async () => {
    const serde = new WaitingSerializer()
    const { organization } = await open()
    return { serde, saver: new HoldfastSaver(organization.checkpoints, { serde }) }
  }

  it('are asked for all values at once, and each comes back in its channel', async () => {
    const { saver, serde } = await saverIn()
    const values = { first: 1, second: ['two'], third: { three: 3 } }
    const put = await saver.put(config, checkpointOf(values), metadata, versions)
    expect(serde.mostUnderWay).toBe(4)
    await saver.putWrites(put, [['first', 'a'], ['second', 'b'], ['third', 'c']], 'task')
    expect(serde.underWay).toBe(0)
    const tuple = (await saver.getTuple(config))!
    expect(tuple.checkpoint.channel_values).toEqual(values)
    expect(tuple.pendingWrites).toEqual(
      [['task', 'first', 'a'], ['task', 'second', 'b'], ['task', 'third', 'c']])
  })

  it('that fail at one value leave nothing of the checkpoint', async () => {
    const { saver } = await saverIn()
    const values = { first: 1, second: 'unwritable', third: 3 }
    await expect(saver.put(config, checkpointOf(values), metadata, versions))
      .rejects.toThrow('there is no key for it')
    expect(await saver.getTuple(config)).toBeUndefined()
  })
})
