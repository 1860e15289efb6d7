import { deepEqual, equal, ok } from 'node:assert/strict'
import { idOf, type Trial, writesOf } from '../trial.js'
import { type CheckpointerCase } from './case.js'

const newestFirst = (configs: Parameters<typeof idOf>[0][]) => configs.map(idOf).reverse()

/** A chain of 6 with metadata to filter by. */
async function labelled(trial: Trial) {
  return await trial.chain(6, (place) => ({
    metadata: {
      source: place % 2 === 0 ? 'input' : 'loop', step: place, team: place < 3 ? 'a' : 'b',
      flag: place === 4, nothing: place === 5 ? null : 'something',
    },
  }))
}

async function filtered(trial: Trial, filter: Record<string, unknown>, limit?: number) {
  const options = limit === undefined ? { filter } : { filter, limit }
  const found = await trial.tuples(trial.config(), options)
  return found.map(({ metadata }) => metadata?.step)
}

/** What `list` promises. */
export const listCases: readonly CheckpointerCase[] = [
  {
    name: 'a list is newest first and whole',
    run: async (trial) => {
      const made = await trial.chain(25, (place) => ({ values: { place } }))
      const tuples = await trial.tuples()
      deepEqual(tuples.map(({ config }) => idOf(config)), newestFirst(made))
      deepEqual(tuples.map(({ checkpoint }) => checkpoint.channel_values.place),
        Array.from({ length: 25 }, (_, at) => 24 - at))
      deepEqual(tuples.at(0)?.parentConfig?.configurable, made.at(-2)?.configurable)
      equal(tuples.at(-1)?.parentConfig, undefined)
    },
  },
  {
    name: 'a long list has no gap and nothing twice',
    run: async (trial) => {
      const made = await trial.chain(130)
      deepEqual(await trial.ids(), newestFirst(made))
    },
  },
  {
    name: 'an entry of a list is what getTuple gives',
    run: async (trial) => {
      const made = await trial.chain(3, (place) => ({ values: { map: new Map([[place, 1]]) } }))
      for (const config of made) await trial.saver.putWrites(config, [['a', new Set([1])]], 'task')
      for (const tuple of await trial.tuples()) {
        const { config, ...same } = await trial.get(trial.config(tuple.checkpoint.id))
        deepEqual({ ...tuple, config: undefined }, { ...same, config: undefined })
        equal(idOf(config), tuple.checkpoint.id)
        equal(writesOf(tuple).length, 1)
      }
    },
  },
  {
    name: 'nothing is listed of a thread or namespace that has nothing',
    run: async (trial) => {
      await trial.put()
      deepEqual(await trial.ids({ configurable: { thread_id: `${trial.threadId}0` } }), [])
      deepEqual(await trial.ids(trial.config(undefined, 'child')), [])
    },
  },
  {
    name: 'without a namespace all of a thread are listed, with one only its own',
    run: async (trial) => {
      const roots = await trial.chain(2)
      const children = await trial.chain(2, () => ({ namespace: 'child:1' }))
      const all = await trial.ids({ configurable: { thread_id: trial.threadId } })
      deepEqual(new Set(all), new Set([...roots, ...children].map(idOf)))
      equal(all.length, 4)
      deepEqual(await trial.ids(), newestFirst(roots))
      deepEqual(await trial.ids(trial.config(undefined, 'child:1')), newestFirst(children))
    },
  },
  {
    name: 'without a thread those of all threads are listed',
    run: async (trial) => {
      const mine = await trial.put()
      const other = await trial.put({ threadId: `${trial.threadId}-2` })
      const ids = await trial.ids({ configurable: {} })
      deepEqual(new Set(ids), new Set([idOf(mine), idOf(other)]))
    },
  },
  {
    name: 'a configuration with a checkpoint lists that one',
    run: async (trial) => {
      const [, second] = await trial.chain(3)
      deepEqual(await trial.ids(trial.config(idOf(second))), [idOf(second)])
    },
  },
  {
    name: 'a limit keeps the newest',
    run: async (trial) => {
      const made = newestFirst(await trial.chain(5))
      for (const limit of [1, 2, 4, 5, 9]) {
        deepEqual(await trial.ids(trial.config(), { limit }), made.slice(0, limit))
      }
    },
  },
  {
    name: 'before leaves out the checkpoint it names and all after it',
    run: async (trial) => {
      const made = await trial.chain(5)
      for (const [place, config] of made.entries()) {
        const before = trial.config(idOf(config))
        deepEqual(await trial.ids(trial.config(), { before }), newestFirst(made.slice(0, place)))
      }
    },
  },
  {
    name: 'before and limit give one page after the other',
    run: async (trial) => {
      const made = newestFirst(await trial.chain(7))
      const seen: string[] = []
      for (let page = await trial.ids(trial.config(), { limit: 3 }); page.length > 0;) {
        ok(page.length <= 3)
        seen.push(...page)
        page = await trial.ids(trial.config(), { limit: 3, before: trial.config(seen.at(-1)) })
      }
      deepEqual(seen, made)
    },
  },
  {
    name: 'a filter keeps what has the value',
    run: async (trial) => {
      await labelled(trial)
      deepEqual(await filtered(trial, { source: 'input' }), [4, 2, 0])
      deepEqual(await filtered(trial, { step: 3 }), [3])
      deepEqual(await filtered(trial, {}), [5, 4, 3, 2, 1, 0])
    },
  },
  {
    name: 'a filter looks at keys of the application',
    run: async (trial) => {
      await labelled(trial)
      deepEqual(await filtered(trial, { team: 'b' }), [5, 4, 3])
      deepEqual(await filtered(trial, { flag: true }), [4])
      deepEqual(await filtered(trial, { nothing: null }), [5])
    },
  },
  {
    name: 'all of a filter must hold',
    run: async (trial) => {
      await labelled(trial)
      deepEqual(await filtered(trial, { source: 'loop', team: 'a' }), [1])
      deepEqual(await filtered(trial, { source: 'input', step: 1 }), [])
    },
  },
  {
    name: 'what no checkpoint has matches none',
    run: async (trial) => {
      await labelled(trial)
      const none = [
        { team: 'c' }, { team: '%' }, { team: 'A' }, { absent: 'a' }, { absent: null },
        { step: '3' }, { flag: 'true' },
      ]
      for (const filter of none) {
        deepEqual(await filtered(trial, filter), [], JSON.stringify(filter))
      }
    },
  },
  {
    name: 'a limit counts what the filter keeps',
    run: async (trial) => {
      await labelled(trial)
      deepEqual(await filtered(trial, { source: 'input' }, 2), [4, 2])
      deepEqual(await filtered(trial, { team: 'a' }, 2), [2, 1])
    },
  },
  {
    name: 'filter, before and limit hold together',
    run: async (trial) => {
      const made = await labelled(trial)
      const found = await trial.tuples(trial.config(), {
        filter: { source: 'input' }, before: trial.config(idOf(made[4])), limit: 1,
      })
      deepEqual(found.map(({ metadata }) => metadata?.step), [2])
    },
  },
  {
    name: 'a list may be left early',
    run: async (trial) => {
      const made = newestFirst(await trial.chain(5))
      for await (const tuple of trial.saver.list(trial.config())) {
        equal(tuple.checkpoint.id, made[0])
        break
      }
      deepEqual(await trial.ids(), made)
    },
  },
]
