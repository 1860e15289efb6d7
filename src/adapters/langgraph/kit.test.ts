import { checkpointerSuite } from '../../testing/checkpointers/index.js'
import { MemoryTransport } from './memory-transport.test.harness.js'
import { HoldfastSaver } from './saver.js'
import { MemorySaver } from '@langchain/langgraph-checkpoint'

const transports = new WeakMap<HoldfastSaver, MemoryTransport>()
const over = (t: MemoryTransport) => {
  const s = new HoldfastSaver(t)
  transports.set(s, t)
  return s
}
checkpointerSuite({
  name: 'mem', create: () => over(new MemoryTransport()), reopen: (s) => over(transports.get(s)!),
  capabilities: { channelDeltas: true, deltaHistory: true, taskPaths: true, copyThread: true, prune: true, deleteForRuns: true, staleWriters: true, fences: true, reopen: true },
})
checkpointerSuite({
  name: 'MemorySaver', create: () => new MemorySaver(),
  capabilities: { channelDeltas: 'x', deltaHistory: true, taskPaths: true, copyThread: 'x', prune: 'x', deleteForRuns: 'x', staleWriters: 'x', fences: 'x', reopen: 'x' },
})
