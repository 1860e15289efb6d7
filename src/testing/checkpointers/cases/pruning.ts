import { deepEqual, equal } from 'node:assert/strict'
import { idOf, type Trial, writesOf } from '../trial.js'
import { type CheckpointerCase } from './case.js'

const grown = (length: number) => Array.from({ length }, (_, at) => `item ${at}`)

async function chainOf(trial: Trial, { threadId = trial.threadId, namespace = '' } = {}) {
  return await trial.chain(5, (place) => ({
    threadId, namespace, values: { list: grown(place), kept: 'from the root' },
    changed: place === 0 ? ['list', 'kept'] : ['list'],
    versions: { list: place + 1, kept: 1 },
  }))
}

async function ofRun(trial: Trial, runId: string, draft = {}) {
  return await trial.put({ metadata: { run_id: runId }, ...draft })
}

/** What `prune` and `deleteForRuns` promise. */
export const pruningCases: readonly CheckpointerCase[] = [
  {
    name: 'of a pruned thread the newest checkpoint is left, whole',
    needs: 'prune',
    run: async (trial) => {
      const made = await chainOf(trial)
      await trial.saver.putWrites(made[4]!, [['a', 'b']], 'task')
      await trial.saver.prune([trial.threadId], 'keep_latest')
      deepEqual(await trial.ids(), [idOf(made[4])])
      const tuple = await trial.get(trial.config())
      equal((tuple.checkpoint.channel_values.list as string[]).length, 4)
      deepEqual(tuple.checkpoint.channel_values.list, grown(4))
      deepEqual(writesOf(tuple), [['task', 'a', 'b']])
    },
  },
  {
    name: 'values that older checkpoints brought in survive them',
    needs: 'prune',
    run: async (trial) => {
      await chainOf(trial)
      await trial.saver.prune([trial.threadId], 'keep_latest')
      const { checkpoint } = await trial.get(trial.config())
      equal(checkpoint.channel_values.kept, 'from the root')
    },
  },
  {
    name: 'the newest of each namespace is left',
    needs: 'prune',
    run: async (trial) => {
      const roots = await chainOf(trial)
      const inner = await chainOf(trial, { namespace: 'child:1' })
      await trial.saver.prune([trial.threadId], 'keep_latest')
      deepEqual(await trial.ids(), [idOf(roots.at(-1))])
      deepEqual(await trial.ids(trial.config(undefined, 'child:1')), [idOf(inner.at(-1))])
    },
  },
  {
    name: 'only the threads that are named are pruned',
    needs: 'prune',
    run: async (trial) => {
      const second = `${trial.threadId}0`
      const third = `${trial.threadId}1`
      for (const threadId of [trial.threadId, second, third]) await chainOf(trial, { threadId })
      await trial.saver.prune([trial.threadId, second], 'keep_latest')
      const count = async (id: string) => (
        await trial.ids({ configurable: { thread_id: id } })).length
      deepEqual([await count(trial.threadId), await count(second), await count(third)], [1, 1, 5])
    },
  },
  {
    name: 'a pruned thread goes on',
    needs: 'prune',
    run: async (trial) => {
      const made = await chainOf(trial)
      await trial.saver.prune([trial.threadId], 'keep_latest')
      const next = await trial.put({
        parent: made[4], values: { list: grown(5), kept: '' }, changed: ['list'],
        versions: { list: 6, kept: 1 },
      })
      deepEqual((await trial.get(next)).checkpoint.channel_values, {
        list: grown(5), kept: 'from the root',
      })
    },
  },
  {
    name: 'channels kept as differences can still be told after pruning',
    needs: 'prune',
    run: async (trial) => {
      const made = await trial.chain(3, (place) => ({
        values: place === 0 ? { log: ['seed'] } : {},
        metadata: place === 0 ? {} : { counters_since_delta_snapshot: { log: [place, place] } },
      }))
      for (const [place, config] of made.entries()) {
        await trial.saver.putWrites(config, [['log', place]], `task-${place}`)
      }
      await trial.saver.prune([trial.threadId], 'keep_latest')
      const history = await trial.history(made[2]!, 'log')
      deepEqual(history.seed, ['seed'])
      deepEqual(history.writes.map(([, , value]) => value), [0, 1])
    },
  },
  {
    name: 'pruning to nothing deletes the thread, and nothing else',
    needs: 'prune',
    run: async (trial) => {
      await chainOf(trial)
      await chainOf(trial, { threadId: `${trial.threadId}0` })
      await trial.saver.prune([trial.threadId], 'delete')
      deepEqual(await trial.ids({ configurable: { thread_id: trial.threadId } }), [])
      equal((await trial.ids({ configurable: { thread_id: `${trial.threadId}0` } })).length, 5)
    },
  },
  {
    name: 'pruning no thread, or one that is not there, does nothing',
    needs: 'prune',
    run: async (trial) => {
      await chainOf(trial)
      await trial.saver.prune([], 'keep_latest')
      await trial.saver.prune([`${trial.threadId}9`], 'keep_latest')
      equal((await trial.ids()).length, 5)
    },
  },
  {
    name: 'checkpoints of deleted runs are gone, those of others are there, whole',
    needs: 'deleteForRuns',
    run: async (trial) => {
      const first = await ofRun(trial, 'run-1', { values: { list: grown(2) } })
      const second = await ofRun(trial, 'run-2', { parent: first, values: { list: grown(3) } })
      const third = await ofRun(trial, 'run-3', { parent: second, values: { list: grown(4) } })
      await trial.saver.deleteForRuns(['run-1', 'run-2'])
      deepEqual(await trial.ids(), [idOf(third)])
      deepEqual((await trial.get(third)).checkpoint.channel_values, { list: grown(4) })
      equal(await trial.saver.getTuple(first), undefined)
    },
  },
  {
    name: 'run ids are compared whole',
    needs: 'deleteForRuns',
    run: async (trial) => {
      const kept = await ofRun(trial, 'run-10')
      await trial.saver.deleteForRuns(['run-1', 'run-%', 'run', ''].filter(Boolean))
      deepEqual(await trial.ids(), [idOf(kept)])
    },
  },
  {
    name: 'a deleted run takes its writes along, in every namespace and thread',
    needs: 'deleteForRuns',
    run: async (trial) => {
      const root = await ofRun(trial, 'run-1')
      const inner = await ofRun(trial, 'run-1', { namespace: 'child:1' })
      const other = await ofRun(trial, 'run-1', { threadId: `${trial.threadId}0` })
      for (const config of [root, inner, other]) {
        await trial.saver.putWrites(config, [['a', 1]], 'task')
      }
      await trial.saver.deleteForRuns(['run-1'])
      for (const config of [root, inner, other]) {
        equal(await trial.saver.getTuple(config), undefined)
      }
    },
  },
  {
    name: 'after the newest run is deleted the one before it is the newest',
    needs: 'deleteForRuns',
    run: async (trial) => {
      const first = await ofRun(trial, 'run-1', { values: { a: 1 } })
      await ofRun(trial, 'run-2', { parent: first, values: { a: 2 } })
      await trial.saver.deleteForRuns(['run-2'])
      equal((await trial.get(trial.config())).checkpoint.id, idOf(first))
      const next = await ofRun(trial, 'run-3', { parent: first, values: { a: 3 } })
      equal((await trial.get(trial.config())).checkpoint.id, idOf(next))
    },
  },
  {
    name: 'channels kept as differences can still be told after runs are deleted',
    needs: 'deleteForRuns',
    run: async (trial) => {
      const made = await trial.chain(4, (place) => ({
        values: place === 1 ? { log: ['seed'] } : {},
        metadata: {
          run_id: `run-${place}`,
          ...(place > 1 && { counters_since_delta_snapshot: { log: [place - 1, place - 1] } }),
        },
      }))
      for (const [place, config] of made.entries()) {
        await trial.saver.putWrites(config, [['log', place]], `task-${place}`)
      }
      await trial.saver.deleteForRuns(['run-0', 'run-1', 'run-2'])
      const history = await trial.history(made[3]!, 'log')
      deepEqual(history.seed, ['seed'])
      deepEqual(history.writes.map(([, , value]) => value), [1, 2])
    },
  },
  {
    name: 'deleting no run, or one that is not there, does nothing',
    needs: 'deleteForRuns',
    run: async (trial) => {
      await ofRun(trial, 'run-1')
      await trial.saver.deleteForRuns([])
      await trial.saver.deleteForRuns(['run-2'])
      equal((await trial.ids()).length, 1)
    },
  },
]
