import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { type Configuration } from '../subject.js'
import { idOf, type Trial, writesOf } from '../trial.js'
import { type CheckpointerCase } from './case.js'

const fenced = (config: Configuration, fence: number): Configuration => (
  { configurable: { ...config.configurable, fence } })

/** Puts under a fencing token. */
async function putFenced(trial: Trial, fence: number, parent?: Configuration) {
  const { config, checkpoint, metadata } = trial.drafted({ parent })
  return await trial.saver.put(fenced(config, fence), checkpoint, metadata, {})
}

/** What holds when several write at once. */
export const writerCases: readonly CheckpointerCase[] = [
  {
    name: 'of two that go on from one checkpoint the second is refused, told both heads',
    needs: 'staleWriters',
    run: async (trial) => {
      const root = await trial.put({ values: { list: ['a'] } })
      const first = await trial.put({ parent: root, values: { list: ['a', 'first'] } })
      const second = trial.put({ parent: root, values: { list: ['a', 'second'] } })
      await rejects(second, (error: Error) => {
        match(error.message, new RegExp(idOf(first)))
        match(error.message, new RegExp(idOf(root)))
        return true
      })
      deepEqual(await trial.ids(), [idOf(first), idOf(root)])
      const { checkpoint } = await trial.get(trial.config())
      deepEqual(checkpoint.channel_values, { list: ['a', 'first'] })
    },
  },
  {
    name: 'of two that begin a thread the second is refused',
    needs: 'staleWriters',
    run: async (trial) => {
      const first = await trial.put({ values: { list: ['first'] } })
      await rejects(trial.put({ values: { list: ['second'] } }))
      deepEqual(await trial.ids(), [idOf(first)])
    },
  },
  {
    name: 'whoever was refused may go on from the new head',
    needs: 'staleWriters',
    run: async (trial) => {
      const root = await trial.put({ values: { list: ['a'] } })
      await trial.put({ parent: root, values: { list: ['a', 'b'] } })
      await rejects(trial.put({ parent: root, values: { list: ['a', 'c'] } }))
      const { config } = await trial.get(trial.config())
      await trial.put({ parent: config, values: { list: ['a', 'b', 'c'] } })
      const { checkpoint } = await trial.get(trial.config())
      deepEqual(checkpoint.channel_values, { list: ['a', 'b', 'c'] })
    },
  },
  {
    name: 'of 20 at once exactly one goes on',
    needs: 'staleWriters',
    run: async (trial) => {
      const root = await trial.put()
      const tries = await Promise.allSettled(Array.from({ length: 20 }, async (_, place) => (
        await trial.put({ parent: root, values: { place } }))))
      const kept = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      equal(kept.length, 1)
      deepEqual(await trial.ids(), [idOf(kept[0]), idOf(root)])
    },
  },
  {
    name: 'namespaces of one thread go on apart',
    needs: 'staleWriters',
    run: async (trial) => {
      const root = await trial.put()
      const inner = await trial.put({ namespace: 'child:1' })
      await trial.put({ parent: root })
      await trial.put({ parent: inner })
      await rejects(trial.put({ parent: inner }))
    },
  },
  {
    name: 'a run pointed at what the thread has left behind forks there',
    needs: 'staleWriters',
    run: async (trial) => {
      const [root, second, third] = await trial.chain(3, (place) => ({ values: { place } }))
      const past = await trial.get(trial.config(idOf(root)))
      const { checkpoint, metadata } = trial.drafted({ values: { place: 'branch' } })
      const branch = await trial.saver.put(past.config, checkpoint, metadata, { place: 9 })
      const tuple = await trial.get(branch)
      equal(idOf(tuple.parentConfig), idOf(root))
      deepEqual(tuple.checkpoint.channel_values, { place: 'branch' })
      equal((await trial.get(third!)).checkpoint.channel_values.place, 2)
      deepEqual(new Set(await trial.ids()),
        new Set([root, second, third, branch].map(idOf)))
    },
  },
  {
    name: 'a checkpoint loaded by its id while it was the newest does not fork',
    needs: 'staleWriters',
    run: async (trial) => {
      const root = await trial.put()
      const { config } = await trial.get(trial.config(idOf(root)))
      await trial.put({ parent: root })
      const { checkpoint, metadata } = trial.drafted({})
      await rejects(trial.saver.put(config, checkpoint, metadata, {}))
    },
  },
  {
    name: 'a smaller fencing token than the thread has seen is refused',
    needs: 'fences',
    run: async (trial) => {
      const root = await putFenced(trial, 7)
      const second = await putFenced(trial, 8, root)
      await rejects(putFenced(trial, 7, second))
      await rejects(putFenced(trial, 7, second))
      deepEqual(await trial.ids(), [idOf(second), idOf(root)])
    },
  },
  {
    name: 'writes under a smaller fencing token are refused and leave nothing',
    needs: 'fences',
    run: async (trial) => {
      const root = await putFenced(trial, 7)
      await trial.saver.putWrites(fenced(root, 8), [['__resume__', 'current']], 'task')
      const { saver } = trial
      await rejects(saver.putWrites(fenced(root, 7), [['__resume__', 'stale']], 'task'))
      await rejects(saver.putWrites(fenced(root, 7), [['a', 'stale']], 'other'))
      deepEqual(writesOf(await trial.get(root)), [['task', '__resume__', 'current']])
    },
  },
  {
    name: 'the same fencing token goes on, and another thread has its own',
    needs: 'fences',
    run: async (trial) => {
      const root = await putFenced(trial, 7)
      await trial.saver.putWrites(fenced(root, 7), [['a', 1]], 'task')
      await trial.saver.putWrites(fenced(root, 7), [['a', 1]], 'task')
      await putFenced(trial, 7, root)
      const { config, checkpoint, metadata } = trial.drafted({ threadId: `${trial.threadId}2` })
      await trial.saver.put(fenced(config, 1), checkpoint, metadata, {})
      equal((await trial.ids()).length, 2)
    },
  },
  {
    name: 'writes of 20 tasks at once are all there',
    run: async (trial) => {
      const config = await trial.put()
      await Promise.all(Array.from({ length: 20 }, async (_, place) => {
        await trial.saver.putWrites(config, [['a', place], ['b', place]], `task-${place}`)
      }))
      const found = writesOf(await trial.get(config))
      equal(found.length, 40)
      deepEqual(new Set(found.map(([, , value]) => value)).size, 20)
    },
  },
  {
    name: '20 threads at once are all there',
    run: async (trial) => {
      const ids = Array.from({ length: 20 }, (_, place) => `${trial.threadId}/${place}`)
      await Promise.all(ids.map(async (threadId) => {
        await trial.chain(3, (place) => ({ threadId, values: { place, threadId } }))
      }))
      const tuples = await Promise.all(ids.map((id) => (
        trial.get({ configurable: { thread_id: id } }))))
      deepEqual(tuples.map(({ checkpoint }) => checkpoint.channel_values),
        ids.map((threadId) => ({ place: 2, threadId })))
    },
  },
  {
    name: 'the same task written 20 times at once is there once',
    run: async (trial) => {
      const config = await trial.put()
      await Promise.all(Array.from({ length: 20 }, async (_, place) => {
        await trial.saver.putWrites(config, [['a', place], ['b', place]], 'task')
      }))
      const found = writesOf(await trial.get(config))
      equal(found.length, 2)
      equal(found[0]![2], found[1]![2])
    },
  },
  {
    name: 'what one process put another one finds',
    needs: 'reopen',
    run: async (trial) => {
      const made = await trial.chain(3, (place) => ({
        values: { place, list: new Set([place]) }, metadata: { place },
      }))
      await trial.saver.putWrites(made[2]!, [['a', new Map([[1, 2]])]], 'task', '~x')
      const mine = await trial.tuples()
      const other = await trial.reopened()
      const theirs = []
      for await (const tuple of other.list(trial.config())) theirs.push(tuple)
      deepEqual(theirs, mine)
      ok((await other.getTuple(trial.config()))?.checkpoint.id === idOf(made[2]))
    },
  },
  {
    name: 'two processes take turns',
    needs: 'reopen',
    run: async (trial) => {
      const other = await trial.reopened()
      let config = await trial.put({ values: { list: grown(0) } })
      for (let place = 1; place < 6; place += 1) {
        const saver = place % 2 === 0 ? trial.saver : other
        const draft = trial.drafted({ parent: config, values: { list: grown(place) } })
        config = await saver.put(draft.config, draft.checkpoint, draft.metadata, draft.newVersions)
      }
      for (const saver of [trial.saver, other]) {
        const tuple = await saver.getTuple(trial.config())
        deepEqual(tuple?.checkpoint.channel_values, { list: grown(5) })
      }
    },
  },
]

const grown = (length: number) => Array.from({ length }, (_, at) => ({ content: `text ${at}` }))
