import { deepEqual, equal } from 'node:assert/strict'
import { type Trial, writesOf } from '../trial.js'
import { type CheckpointerCase } from './case.js'

const named = (threadId: string, namespace?: string) => ({
  configurable: {
    thread_id: threadId, ...(namespace === undefined ? {} : { checkpoint_ns: namespace }),
  },
})

/** A thread of two namespaces with values and writes. */
async function filled(trial: Trial) {
  const made = await trial.chain(4, (place) => ({
    values: { list: Array.from({ length: place }, (_, at) => at) }, metadata: { place, kind: 'x' },
  }))
  for (const [place, config] of made.entries()) {
    await trial.saver.putWrites(config, [['a', place], ['b', new Set([place])]], 'task')
  }
  const inner = await trial.chain(2, (place) => ({ namespace: 'child:1', values: { place } }))
  await trial.saver.putWrites(inner[1]!, [['a', 'inner']], 'task')
  return made
}

/** Everything of a thread but its name. */
async function contentOf(trial: Trial, threadId: string) {
  const tuples = await trial.tuples(named(threadId))
  return tuples.map(({ checkpoint, metadata, config, parentConfig, pendingWrites }) => ({
    checkpoint, metadata, pendingWrites, namespace: config.configurable?.checkpoint_ns,
    parent: parentConfig?.configurable?.checkpoint_id,
  }))
}

/** What `deleteThread` and `copyThread` promise. */
export const threadCases: readonly CheckpointerCase[] = [
  {
    name: 'a deleted thread is gone, with all its namespaces',
    run: async (trial) => {
      await filled(trial)
      await trial.saver.deleteThread(trial.threadId)
      for (const namespace of ['', 'child:1']) {
        equal(await trial.saver.getTuple(named(trial.threadId, namespace)), undefined)
      }
      deepEqual(await trial.ids(named(trial.threadId)), [])
    },
  },
  {
    name: 'writes of a deleted thread do not come back with its checkpoints',
    run: async (trial) => {
      const { config, checkpoint, metadata } = trial.drafted({})
      const answer = await trial.saver.put(config, checkpoint, metadata, {})
      await trial.saver.putWrites(answer, [['a', 1]], 'task')
      await trial.saver.deleteThread(trial.threadId)
      await trial.saver.put(config, checkpoint, metadata, {})
      deepEqual(writesOf(await trial.get(answer)), [])
    },
  },
  {
    name: 'a deleted thread may begin again',
    run: async (trial) => {
      await filled(trial)
      await trial.saver.deleteThread(trial.threadId)
      const again = await trial.put({ values: { fresh: true } })
      deepEqual((await trial.get(again)).checkpoint.channel_values, { fresh: true })
      equal((await trial.ids(named(trial.threadId))).length, 1)
    },
  },
  {
    name: 'other threads stay, whatever they are called',
    run: async (trial) => {
      const others = ['0', '%', '_', ':child', ' '].map((end) => trial.threadId + end)
      others.push(trial.threadId.slice(0, -1), trial.threadId.toUpperCase())
      for (const threadId of others) {
        const config = await trial.put({ threadId, values: { threadId } })
        await trial.saver.putWrites(config, [['a', threadId]], 'task')
      }
      await filled(trial)
      await trial.saver.deleteThread(trial.threadId)
      for (const threadId of others) {
        const tuple = await trial.get(named(threadId))
        deepEqual(tuple.checkpoint.channel_values, { threadId })
        deepEqual(tuple.pendingWrites, [['task', 'a', threadId]])
      }
    },
  },
  {
    name: 'deleting what is not there is no failure',
    run: async (trial) => {
      await trial.saver.deleteThread(trial.threadId)
    },
  },
  {
    name: 'a copy has everything: namespaces, parents, values, metadata and writes',
    needs: 'copyThread',
    run: async (trial) => {
      await filled(trial)
      const before = await contentOf(trial, trial.threadId)
      await trial.saver.copyThread(trial.threadId, `${trial.threadId}-copy`)
      const copied = await contentOf(trial, `${trial.threadId}-copy`)
      equal(copied.length, 6)
      deepEqual(copied, before)
    },
  },
  {
    name: 'the original is as it was',
    needs: 'copyThread',
    run: async (trial) => {
      await filled(trial)
      const before = await contentOf(trial, trial.threadId)
      await trial.saver.copyThread(trial.threadId, `${trial.threadId}-copy`)
      deepEqual(await contentOf(trial, trial.threadId), before)
    },
  },
  {
    name: 'a copy and its original go on apart, and outlive each other',
    needs: 'copyThread',
    run: async (trial) => {
      const made = await filled(trial)
      const copy = `${trial.threadId}-copy`
      await trial.saver.copyThread(trial.threadId, copy)
      const before = await contentOf(trial, copy)
      await trial.put({ parent: made.at(-1), values: { list: ['original'] } })
      deepEqual(await contentOf(trial, copy), before)
      await trial.saver.deleteThread(trial.threadId)
      deepEqual(await contentOf(trial, copy), before)
      await trial.put({ threadId: copy, parent: made.at(-1), values: { list: ['copy'] } })
      equal((await contentOf(trial, copy)).length, 7)
    },
  },
  {
    name: 'a copy of nothing is nothing',
    needs: 'copyThread',
    run: async (trial) => {
      await Promise.resolve(trial.saver.copyThread(trial.threadId, `${trial.threadId}-copy`))
        .catch(() => undefined)
      deepEqual(await trial.ids(named(`${trial.threadId}-copy`)), [])
    },
  },
]
