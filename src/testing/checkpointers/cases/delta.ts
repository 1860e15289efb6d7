import { deepEqual, equal } from 'node:assert/strict'
import { type Configuration } from '../subject.js'
import { type Trial } from '../trial.js'
import { type CheckpointerCase } from './case.js'

/** A whole value of the channel at the root, then only writes to it. */
async function written(
  trial: Trial, length: number, seed: unknown,
): Promise<Configuration[]> {
  const made: Configuration[] = []
  for (let place = 0; place < length; place += 1) {
    const values = place === 0 && seed !== undefined ? { log: seed } : {}
    made.push(await trial.put({ parent: made.at(-1), values }))
    const writes: [string, unknown][] = [['log', place], ['other', place * 10]]
    await trial.saver.putWrites(made.at(-1)!, writes, `task-${place}`)
  }
  return made
}

const valuesOf = ({ writes }: { writes: [string, string, unknown][] }) => (
  writes.map(([, , value]) => value))

/** What `getDeltaChannelHistory` promises. */
export const deltaCases: readonly CheckpointerCase[] = [
  {
    name: 'a history is the last whole value and the writes since, oldest first',
    needs: 'deltaHistory',
    run: async (trial) => {
      const made = await written(trial, 5, ['seed'])
      const history = await trial.history(made[4]!, 'log')
      deepEqual(history.seed, ['seed'])
      deepEqual(history.writes, [0, 1, 2, 3].map((place) => [`task-${place}`, 'log', place]))
    },
  },
  {
    name: 'a history goes back only to the nearest whole value',
    needs: 'deltaHistory',
    run: async (trial) => {
      const [, , last] = await written(trial, 3, ['old'])
      const snapshot = await trial.put({ parent: last, values: { log: ['new'] } })
      await trial.saver.putWrites(snapshot, [['log', 'after']], 'task')
      const head = await trial.put({ parent: snapshot })
      const history = await trial.history(head, 'log')
      deepEqual(history.seed, ['new'])
      deepEqual(valuesOf(history), ['after'])
    },
  },
  {
    name: 'a history without any whole value begins at the root',
    needs: 'deltaHistory',
    run: async (trial) => {
      const made = await written(trial, 3, undefined)
      const history = await trial.history(made[2]!, 'log')
      equal('seed' in history && history.seed !== undefined, false)
      deepEqual(valuesOf(history), [0, 1])
    },
  },
  {
    name: 'without an id the history is that of the newest checkpoint',
    needs: 'deltaHistory',
    run: async (trial) => {
      await written(trial, 4, [])
      deepEqual(valuesOf(await trial.history(trial.config(), 'log')), [0, 1, 2])
    },
  },
  {
    name: 'only ancestors count, not branches beside',
    needs: 'deltaHistory',
    run: async (trial) => {
      const [root, ...line] = await written(trial, 4, [])
      const past = await trial.get(trial.config(root?.configurable?.checkpoint_id as string))
      const { checkpoint, metadata } = trial.drafted({})
      const branch = await trial.saver.put(
        past.config, checkpoint, { ...metadata, source: 'fork' }, {})
      await trial.saver.putWrites(branch, [['log', 'branch']], 'task')
      deepEqual(valuesOf(await trial.history(branch, 'log')), [0])
      deepEqual(valuesOf(await trial.history(line.at(-1)!, 'log')), [0, 1, 2])
    },
  },
  {
    name: 'each channel has its own history',
    needs: 'deltaHistory',
    run: async (trial) => {
      const [, , last] = await written(trial, 3, ['seed'])
      const channels = ['log', 'other', 'absent']
      const found = await trial.saver.getDeltaChannelHistory({ config: last!, channels })
      deepEqual(Object.keys(found).sort(), ['absent', 'log', 'other'])
      deepEqual(valuesOf(found.log!), [0, 1])
      deepEqual(valuesOf(found.other!), [0, 10])
      equal(found.other!.seed, undefined)
      deepEqual(valuesOf(found.absent!), [])
      deepEqual(await trial.saver.getDeltaChannelHistory({ config: last!, channels: [] }), {})
    },
  },
  {
    name: 'writes of one step are in the order of their tasks',
    needs: 'deltaHistory',
    run: async (trial) => {
      const root = await trial.put({ values: { log: [] } })
      for (const task of ['c', 'a', 'b']) {
        await trial.saver.putWrites(root, [['log', task], ['log', `${task}2`]], `task-${task}`)
      }
      const head = await trial.put({ parent: root })
      deepEqual(valuesOf(await trial.history(head, 'log')), ['a', 'a2', 'b', 'b2', 'c', 'c2'])
    },
  },
  {
    name: 'a long history is whole',
    needs: 'deltaHistory',
    run: async (trial) => {
      const made = await written(trial, 70, ['seed'])
      const history = await trial.history(made.at(-1)!, 'log')
      deepEqual(history.seed, ['seed'])
      deepEqual(valuesOf(history), Array.from({ length: 69 }, (_, place) => place))
    },
  },
]
