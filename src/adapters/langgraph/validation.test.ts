import { deltaChannelHistoryTests, specTest } from '@langchain/langgraph-checkpoint-validation'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MemoryTransport } from './memory-transport.test.harness.js'
import { HoldfastSaver } from './saver.js'

Object.assign(globalThis, { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it })
const init = {
  checkpointerName: 'holdfast', createCheckpointer: async () => new HoldfastSaver(new MemoryTransport(), { whenStale: 'fork' }),
}
specTest(init as never)
deltaChannelHistoryTests(init as never)
