import { deepEqual, equal } from 'node:assert/strict'
import { idOf, nextCheckpointId } from '../trial.js'
import { type CheckpointerCase } from './case.js'

/** The channel that tasks to come were kept in as writes, before version 4. */
const tasks = '__pregel_tasks'

/** What `getTuple` promises. */
export const getCases: readonly CheckpointerCase[] = [
  {
    name: 'there is nothing where nothing was put',
    run: async (trial) => {
      equal(await trial.saver.getTuple(trial.config()), undefined)
      await trial.put({ values: { a: 1 } })
      equal(await trial.saver.getTuple(trial.config(nextCheckpointId())), undefined)
      equal(await trial.saver.getTuple(trial.config(undefined, 'child')), undefined)
      const other = { configurable: { thread_id: `${trial.threadId}x`, checkpoint_ns: '' } }
      equal(await trial.saver.getTuple(other), undefined)
    },
  },
  {
    name: 'without an id it is the newest checkpoint',
    run: async (trial) => {
      for (const config of await trial.chain(1)) {
        equal((await trial.get(trial.config())).checkpoint.id, idOf(config))
      }
      const root = trial.config(idOf(await trial.get(trial.config()).then(({ config }) => config)))
      const next = await trial.put({ parent: root })
      equal((await trial.get(trial.config())).checkpoint.id, idOf(next))
      const last = await trial.put({ parent: next })
      equal((await trial.get(trial.config())).checkpoint.id, idOf(last))
    },
  },
  {
    name: 'with an id it is that one, with its own values, writes and metadata',
    run: async (trial) => {
      const made = await trial.chain(4, (place) => ({ values: { place }, metadata: { place } }))
      for (const [place, config] of made.entries()) {
        await trial.saver.putWrites(config, [['out', place]], 'task')
      }
      for (const [place, config] of made.entries()) {
        const tuple = await trial.get(trial.config(idOf(config)))
        equal(tuple.checkpoint.id, idOf(config))
        deepEqual(tuple.checkpoint.channel_values, { place })
        equal(tuple.metadata?.place, place)
        deepEqual(tuple.pendingWrites, [['task', 'out', place]])
        equal(tuple.config.configurable?.checkpoint_id, idOf(config))
      }
    },
  },
  {
    name: 'ids are compared whole',
    run: async (trial) => {
      const id = idOf(await trial.put())
      for (const other of [id.slice(0, -1), `${id}0`, '%', id.toUpperCase()]) {
        if (other === id) continue
        equal(await trial.saver.getTuple(trial.config(other)), undefined)
      }
    },
  },
  {
    name: 'a checkpoint without pending writes has none',
    run: async (trial) => {
      deepEqual((await trial.get(await trial.put())).pendingWrites ?? [], [])
    },
  },
  {
    name: 'tasks to come of an old checkpoint are told as values of a channel',
    run: async (trial) => {
      const root = await trial.put({ v: 1, values: { a: 1 } })
      await trial.saver.putWrites(root, [[tasks, 'send 1'], ['a', 5], [tasks, 'send 2']], 'task-1')
      await trial.saver.putWrites(root, [[tasks, 'send 3']], 'task-2')
      const child = await trial.put({ v: 1, parent: root, values: { a: 2 } })
      const sends = ['send 1', 'send 2', 'send 3']
      const { checkpoint } = await trial.get(child)
      deepEqual(checkpoint.channel_values, { a: 2, [tasks]: sends })
      equal(checkpoint.channel_versions[tasks], checkpoint.channel_versions.a)
      equal(tasks in (await trial.get(root)).checkpoint.channel_values, false)
      const [listed] = await trial.tuples(trial.config(), { limit: 1 })
      deepEqual(listed?.checkpoint.channel_values[tasks], sends)
    },
  },
]
