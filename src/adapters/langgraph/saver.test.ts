import { checkpointerSuite } from '../../testing/checkpointers/index.js'
import { contract, type ContractWorld } from '../../testing/contract.js'
import { HoldfastSaver } from './saver.js'

contract('saver of langgraph', (open) => {
  const worlds = new WeakMap<HoldfastSaver, ContractWorld>()
  const saverIn = (world: ContractWorld, holdfast = world.holdfast) => {
    const saver = new HoldfastSaver(holdfast.organization(world.organizationId).checkpoints)
    worlds.set(saver, world)
    return saver
  }
  checkpointerSuite({
    name: 'HoldfastSaver',
    create: async () => saverIn(await open()),
    reopen: async (saver) => {
      const world = worlds.get(saver)!
      return saverIn(world, world.isLasting ? await world.another() : world.holdfast)
    },
    capabilities: {
      channelDeltas: true, deltaHistory: true, taskPaths: true, copyThread: true, prune: true,
      deleteForRuns: true, staleWriters: true, fences: true, reopen: true,
    },
  })
})
