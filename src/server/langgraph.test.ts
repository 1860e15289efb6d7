import { deltaChannelHistoryTests, specTest } from '@langchain/langgraph-checkpoint-validation'
import { Annotation, START, StateGraph } from '@langchain/langgraph'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { HoldfastCache, HoldfastSaver, HoldfastStore } from '../adapters/langgraph/index.js'
import { createClient } from '../client/index.js'
import { enginesNamed } from '../testing/backends.js'
import { checkpointerSuite } from '../testing/checkpointers/index.js'
import { contract } from '../testing/contract.js'
import { testEngines } from '../testing/engines.js'
import { type HttpWorld, served } from '../testing/serving.js'
import { openApiDocument, rawRoutes, routes, startServer } from './index.js'

// The published suite takes them from there.
Object.assign(globalThis, { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it })

const serving = {
  start: startServer, endpoints: [...routes, ...rawRoutes], document: openApiDocument(),
}
const engines = process.env.HOLDFAST_TEST_LANGGRAPH === 'all'
  ? testEngines() : enginesNamed('postgres')

const clientOf = ({ url, ourToken }: HttpWorld) => createClient({ url, token: ourToken })

contract('langgraph over HTTP', (openWorld) => {
  const open = served(openWorld, serving)
  const worlds = new WeakMap<HoldfastSaver, HttpWorld>()
  const saverIn = (world: HttpWorld, options = {}) => {
    const saver = new HoldfastSaver(clientOf(world).checkpoints, options)
    worlds.set(saver, world)
    return saver
  }

  describe('published suite of langgraph-checkpoint-validation', () => {
    const initializer = {
      checkpointerName: 'holdfast',
      // See the same suite beside the saver.
      createCheckpointer: async () => saverIn(await open(), { whenStale: 'fork' }),
    }
    specTest(initializer)
    deltaChannelHistoryTests(initializer)
  })

  checkpointerSuite({
    name: 'HoldfastSaver over HTTP',
    create: async () => saverIn(await open()),
    reopen: (saver) => saverIn(worlds.get(saver)!),
    capabilities: {
      channelDeltas: true, deltaHistory: true, taskPaths: true, copyThread: true, prune: true,
      deleteForRuns: true, staleWriters: true, fences: true, reopen: true,
    },
  })

  it('conflicts of graphs have the same code, and name both heads', async () => {
    const world = await open()
    const graph = new StateGraph(Annotation.Root({ text: Annotation<string> }))
      .addNode('one', ({ text }) => ({ text: `${text}!` }))
      .addEdge(START, 'one').compile({ checkpointer: saverIn(world) })
    const thread = { configurable: { thread_id: 'a thread' } }
    await graph.invoke({ text: 'a' }, thread)
    const saver = saverIn(world)
    const { config, checkpoint } = (await saver.getTuple(thread))!
    await graph.invoke({ text: 'b' }, thread)
    const head = (await saver.getTuple(thread))!.checkpoint.id
    const late = saver.put(
      config, { ...checkpoint, id: `${head}0` }, { source: 'loop', step: 9, parents: {} }, {})
    await expect(late).rejects.toMatchObject({ code: 'checkpoint_conflict', status: 409 })
    await expect(late).rejects.toThrow(head)
    await expect(late).rejects.toThrow(checkpoint.id)
  })

  it('store and cache work over the client', async () => {
    const client = clientOf(await open())
    const store = new HoldfastStore(client.items)
    await store.put(['users', '1'], 'k', { name: 'Ada' })
    await store.put(['users', '10'], 'k', { name: 'Grace' })
    const found = await store.search(['users', '1'])
    expect(found.map(({ value }) => value)).toEqual([{ name: 'Ada' }])
    expect(await store.listNamespaces({ prefix: ['users'] }))
      .toEqual([['users', '1'], ['users', '10']])
    const cache = new HoldfastCache(client.cache, {
      onError: (error) => {
        throw error
      },
    })
    await cache.set([{ key: [['a'], 'k'], value: new Set([1]), ttl: 60 }])
    expect(await cache.get([[['a'], 'k']])).toEqual([{ key: [['a'], 'k'], value: new Set([1]) }])
    await cache.clear([])
    expect(await cache.get([[['a'], 'k']])).toEqual([])
  })
}, { engines })
