import {
  type BaseCheckpointSaver, type CheckpointPendingWrite, type SerializerProtocol,
} from '@langchain/langgraph-checkpoint'
import { type CheckpointName, type CheckpointTransport } from '../../checkpoints/index.js'
import { untyped, writesOf } from './writes.js'

/** What one channel got along the way to a checkpoint. */
type History = Awaited<ReturnType<BaseCheckpointSaver['getDeltaChannelHistory']>>[string]

/** How the history of channels that are kept as differences is read. */
interface Walk {
  readonly transport: Pick<CheckpointTransport, 'ancestors'>
  readonly serde: SerializerProtocol
}

/**
 * For each channel the writes on the way to a checkpoint, oldest first, from its last whole value
 * on. The ancestors come in pages; the walk ends as soon as every channel has its value.
 */
export async function deltaHistory(
  { transport, serde }: Walk, name: CheckpointName, channels: readonly string[],
): Promise<Record<string, History>> {
  const blocks = new Map<string, CheckpointPendingWrite[][]>(channels.map((each) => [each, []]))
  const seeds = new Map<string, unknown>()
  if (channels.length > 0) {
    for await (const ancestor of transport.ancestors(name, { channels })) {
      const wanted = channels.filter((channel) => !seeds.has(channel))
      const writes = await writesOf(
        serde, ancestor.writes.filter(({ channel }) => wanted.includes(channel)))
      for (const channel of wanted) {
        blocks.get(channel)!.push(writes.filter(([, written]) => written === channel))
        if (!Object.hasOwn(ancestor.values, channel)) continue
        seeds.set(channel, await untyped(serde, ancestor.values[channel]!))
      }
      if (seeds.size === channels.length) break
    }
  }
  return Object.fromEntries(channels.map((channel) => {
    const writes = blocks.get(channel)!.reverse().flat()
    return [channel, seeds.has(channel) ? { writes, seed: seeds.get(channel) } : { writes }]
  }))
}
