import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { type Trial, writesOf } from '../trial.js'
import { type CheckpointerCase } from './case.js'

const special = ['__error__', '__scheduled__', '__interrupt__', '__resume__']

async function values(trial: Trial, config: Parameters<Trial['get']>[0]) {
  return writesOf(await trial.get(config)).map(([, , value]) => value)
}

/** What `putWrites` promises. */
export const writeCases: readonly CheckpointerCase[] = [
  {
    name: 'writes come back with task, channel and value, in their order',
    run: async (trial) => {
      const config = await trial.put()
      await trial.saver.putWrites(config, [['b', 1], ['a', 2], ['b', 3], ['c', 4]], 'task')
      deepEqual((await trial.get(config)).pendingWrites, [
        ['task', 'b', 1], ['task', 'a', 2], ['task', 'b', 3], ['task', 'c', 4],
      ])
    },
  },
  {
    name: 'more than ten writes keep their order',
    run: async (trial) => {
      const config = await trial.put()
      const many = Array.from({ length: 120 }, (_, at): [string, unknown] => ['a', at])
      await trial.saver.putWrites(config, many, 'task')
      deepEqual(await values(trial, config), many.map(([, value]) => value))
    },
  },
  {
    name: 'written values keep their kinds',
    run: async (trial) => {
      const config = await trial.put()
      const kinds: unknown[] = [
        new Map([['a', new Set([1])]]), /x/g, null, 0, '', false, [], {}, 'nul \u0000 🧶', [[null]],
      ]
      await trial.saver.putWrites(config, kinds.map((value) => ['a', value]), 'task')
      deepEqual(await values(trial, config), kinds)
    },
  },
  {
    name: 'written bytes come back as they were',
    run: async (trial) => {
      const config = await trial.put()
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      await trial.saver.putWrites(config, [['a', bytes]], 'task', '~a, 0000000001')
      const [back] = await values(trial, config)
      ok(back instanceof Uint8Array)
      deepEqual([...back], [...bytes])
    },
  },
  {
    name: 'writes of several tasks are all there, by task',
    run: async (trial) => {
      const config = await trial.put()
      await trial.saver.putWrites(config, [['a', 1], ['b', 2]], 'task-2')
      await trial.saver.putWrites(config, [['a', 3]], 'task-1')
      deepEqual((await trial.get(config)).pendingWrites, [
        ['task-1', 'a', 3], ['task-2', 'a', 1], ['task-2', 'b', 2],
      ])
    },
  },
  {
    name: 'writes are in the order of the paths of their tasks',
    needs: 'taskPaths',
    run: async (trial) => {
      const config = await trial.put()
      await trial.saver.putWrites(config, [['a', 'second']], 'task-1', '~x, 0000000010')
      await trial.saver.putWrites(config, [['a', 'third'], ['a', 'fourth']], 'task-0', '~y')
      await trial.saver.putWrites(config, [['a', 'first']], 'task-9', '~x, 0000000002')
      await trial.saver.putWrites(config, [['a', 'input']], 'task-5')
      const order = ['input', 'first', 'second', 'third', 'fourth']
      deepEqual(await values(trial, config), order)
      const [listed] = await trial.tuples()
      deepEqual(writesOf(listed!).map(([, , value]) => value), order)
    },
  },
  {
    name: 'what a task wrote first stands',
    run: async (trial) => {
      const config = await trial.put()
      await trial.saver.putWrites(config, [['a', 'first'], ['b', 'first']], 'task')
      await trial.saver.putWrites(config, [['a', 'again'], ['b', 'again']], 'task')
      deepEqual(await values(trial, config), ['first', 'first'])
    },
  },
  {
    name: 'a repeated call adds only what is further on',
    run: async (trial) => {
      const config = await trial.put()
      await trial.saver.putWrites(config, [['a', 1]], 'task')
      await trial.saver.putWrites(config, [['a', 2], ['b', 3]], 'task')
      deepEqual(await values(trial, config), [1, 3])
    },
  },
  {
    name: 'of errors, interrupts and answers to them the last one stands',
    run: async (trial) => {
      const config = await trial.put()
      for (const channel of special) {
        await trial.saver.putWrites(config, [[channel, 'old']], channel)
        await trial.saver.putWrites(config, [[channel, 'new']], channel)
      }
      const found = writesOf(await trial.get(config))
      deepEqual(new Map(found.map(([, channel, value]) => [channel, value])),
        new Map(special.map((channel) => [channel, 'new'])))
      equal(found.length, special.length)
    },
  },
  {
    name: 'an interrupt of a task stands beside what it wrote',
    run: async (trial) => {
      const config = await trial.put()
      await trial.saver.putWrites(config, [['a', 1], ['b', 2]], 'task')
      await trial.saver.putWrites(config, [['__interrupt__', 'wait']], 'task')
      await trial.saver.putWrites(config, [['__resume__', ['go']]], 'task')
      const found = writesOf(await trial.get(config))
      const told = found.map(([, channel, value]) => JSON.stringify([channel, value]))
      deepEqual(told.sort(), [
        '["__interrupt__","wait"]', '["__resume__",["go"]]', '["a",1]', '["b",2]',
      ])
    },
  },
  {
    name: 'writes may come before their checkpoint',
    run: async (trial) => {
      const { config, checkpoint, metadata } = trial.drafted({})
      await trial.saver.putWrites(trial.config(checkpoint.id), [['a', 1]], 'task')
      equal(await trial.saver.getTuple(trial.config(checkpoint.id)), undefined)
      const answer = await trial.saver.put(config, checkpoint, metadata, {})
      deepEqual(await values(trial, answer), [1])
    },
  },
  {
    name: 'a checkpoint put again keeps its writes',
    run: async (trial) => {
      const { config, checkpoint, metadata } = trial.drafted({})
      const answer = await trial.saver.put(config, checkpoint, metadata, {})
      await trial.saver.putWrites(answer, [['a', 1]], 'task')
      await trial.saver.put(config, checkpoint, metadata, {})
      deepEqual(await values(trial, answer), [1])
    },
  },
  {
    name: 'writes belong to one checkpoint of one namespace of one thread',
    run: async (trial) => {
      const [root, child] = await trial.chain(2)
      const inner = await trial.put({ namespace: 'child', id: trial.drafted({}).checkpoint.id })
      const other = await trial.put({ threadId: `${trial.threadId}2` })
      await trial.saver.putWrites(root!, [['a', 'root']], 'task')
      await trial.saver.putWrites(inner, [['a', 'inner']], 'task')
      deepEqual(await values(trial, root!), ['root'])
      deepEqual(await values(trial, inner), ['inner'])
      deepEqual(await values(trial, child!), [])
      deepEqual(await values(trial, other), [])
    },
  },
  {
    name: 'writes without a checkpoint are refused',
    run: async (trial) => {
      await trial.put()
      const { saver } = trial
      await rejects(async () => saver.putWrites(trial.config(), [['a', 1]], 'task'))
      const nameless = { configurable: { checkpoint_ns: '', checkpoint_id: 'x' } }
      await rejects(async () => saver.putWrites(nameless, [['a', 1]], 'task'))
    },
  },
]
