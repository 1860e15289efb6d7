import {
  type CheckpointTransport, type JsonObject, type StoredCheckpoint,
} from '../../checkpoints/index.js'

type Pruned = Pick<CheckpointTransport, 'ancestors' | 'find' | 'list' | 'prune'>

/** In the metadata of checkpoints of graphs with channels kept as differences. */
const deltaMark: JsonObject = { delta_writes_versioned: true }
const countersKey = 'counters_since_delta_snapshot'

/**
 * Leaves the newest checkpoint of each namespace of threads. Where it has channels that are kept
 * as differences, all checkpoints since the oldest that it is rebuilt from stay as well.
 */
export async function pruneThreads(
  transport: Pruned, threadIds: readonly string[],
): Promise<void> {
  const plain: string[] = []
  for (const threadId of threadIds) {
    const keepSince = await neededSince(transport, threadId)
    if (keepSince === undefined) plain.push(threadId)
    else await transport.prune({ threadIds: [threadId], keepSince })
  }
  if (plain.length > 0) await transport.prune({ threadIds: plain, keepLast: 1 })
}

/** When the oldest checkpoint was made that the newest ones of a thread are rebuilt from. */
async function neededSince(transport: Pruned, threadId: string): Promise<string | undefined> {
  const moments: string[] = []
  for (const head of await headsWithDifferences(transport, threadId)) {
    const channels = new Set(Object.keys(head.metadata[countersKey] ?? {}))
    for await (const ancestor of transport.ancestors(head, { channels: [...channels] })) {
      moments.push(ancestor.createdAt)
      for (const channel of Object.keys(ancestor.values)) channels.delete(channel)
      if (channels.size === 0) break
    }
  }
  return moments.sort()[0]
}

async function headsWithDifferences(
  transport: Pruned, threadId: string,
): Promise<StoredCheckpoint[]> {
  const heads = new Map<string, StoredCheckpoint>()
  const head = await transport.find({ threadId })
  if (head !== undefined) heads.set(head.namespace, head)
  for await (const marked of transport.list({ threadId, metadata: deltaMark })) {
    const newest = heads.get(marked.namespace)
    if (newest === undefined || newest.checkpointId < marked.checkpointId) {
      heads.set(marked.namespace, marked)
    }
  }
  return [...heads.values()].filter(({ metadata }) => countersKey in metadata)
}
