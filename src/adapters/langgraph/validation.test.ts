import { deltaChannelHistoryTests, specTest } from '@langchain/langgraph-checkpoint-validation'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { enginesNamed } from '../../testing/backends.js'
import { contract } from '../../testing/contract.js'
import { testEngines } from '../../testing/engines.js'
import { HoldfastSaver } from './saver.js'

// The published suite takes them from there.
Object.assign(globalThis, { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it })

/** The server is asked by way of HTTP, unless all is asked for; see `server/langgraph.test.ts`. */
const engines = process.env.HOLDFAST_TEST_LANGGRAPH === 'all'
  ? testEngines() : enginesNamed('memory', 'sqlite')

/**
 * The published suite of 726 tests, in organizations of their own. It forks, because two of its
 * tests put several roots into one namespace, as two processes do that begin a thread at once: by
 * default the second of these is refused.
 */
contract('published suite of langgraph-checkpoint-validation', (open) => {
  const initializer = {
    checkpointerName: 'holdfast',
    createCheckpointer: async () => (
      new HoldfastSaver((await open()).organization.checkpoints, { whenStale: 'fork' })),
  }
  specTest(initializer)
  deltaChannelHistoryTests(initializer)
}, { engines })
