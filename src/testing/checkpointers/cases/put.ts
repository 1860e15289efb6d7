import { deepEqual, equal, notEqual, ok, rejects } from 'node:assert/strict'
import { idOf } from '../trial.js'
import { type CheckpointerCase } from './case.js'

const awkward = 'nul \u0000, quotes \' " \\ `, emoji 🧶, half 🧶'.slice(0, -1) + ', e\u0301 é'

/** What `put` promises. */
export const putCases: readonly CheckpointerCase[] = [
  {
    name: 'a checkpoint comes back as it was put',
    run: async (trial) => {
      const draft = trial.drafted({ values: { topic: 'wool', count: 3 } })
      await trial.saver.put(draft.config, draft.checkpoint, draft.metadata, draft.newVersions)
      const tuple = await trial.get(trial.config())
      deepEqual(tuple.checkpoint, draft.checkpoint)
      deepEqual(tuple.metadata, draft.metadata)
    },
  },
  {
    name: 'put answers with thread, namespace and checkpoint',
    run: async (trial) => {
      const id = idOf(await trial.put())
      const child = trial.drafted({ namespace: 'child:1' })
      const answer = await trial.saver.put(child.config, child.checkpoint, child.metadata, {})
      deepEqual(answer.configurable, {
        thread_id: trial.threadId, checkpoint_ns: 'child:1', checkpoint_id: child.checkpoint.id,
      })
      notEqual(id, child.checkpoint.id)
    },
  },
  {
    name: 'the namespace is the empty one where none is named',
    run: async (trial) => {
      const { checkpoint, metadata } = trial.drafted({})
      const config = { configurable: { thread_id: trial.threadId } }
      const answer = await trial.saver.put(config, checkpoint, metadata, {})
      equal(answer.configurable?.checkpoint_ns, '')
      equal((await trial.get(config)).checkpoint.id, checkpoint.id)
    },
  },
  {
    name: 'a checkpoint names the parent it was made from, the first one none',
    run: async (trial) => {
      const [root, child] = await trial.chain(2)
      equal((await trial.get(root!)).parentConfig, undefined)
      const parent = (await trial.get(child!)).parentConfig
      deepEqual(parent?.configurable, root?.configurable)
    },
  },
  {
    name: 'metadata comes back whole, with keys of the application',
    run: async (trial) => {
      const metadata = {
        source: 'update', step: -1, parents: { '': 'x', 'child:1': 'y' }, score: 0.1,
        tags: ['a', 'b'], nested: { deep: [{ er: true }] }, nothing: null, empty: '',
        text: awkward.replaceAll('\u0000', ''), user_id: 'u-1',
      }
      const config = await trial.put({ metadata })
      deepEqual((await trial.get(config)).metadata, metadata)
    },
  },
  {
    name: 'metadata that is more than JSON comes back as a channel would',
    run: async (trial) => {
      const config = await trial.put({
        metadata: { seen: new Set([1, 2]) }, values: { seen: new Set([1, 2]) },
      })
      const { metadata, checkpoint } = await trial.get(config)
      deepEqual(metadata?.seen, checkpoint.channel_values.seen)
    },
  },
  {
    name: 'values keep their kinds',
    run: async (trial) => {
      const values = {
        map: new Map<unknown, unknown>([['a', 1], [2, new Set(['b'])]]), set: new Set([1, 'x']),
        pattern: /a+/gi, list: [1, [2, [3]]], nested: { a: { b: [{ c: null }] } },
        text: awkward, fraction: 0.1 + 0.2, negative: -7, large: 2 ** 53 - 1,
      }
      const config = await trial.put({ values })
      deepEqual((await trial.get(config)).checkpoint.channel_values, values)
    },
  },
  {
    name: 'empty values are values',
    run: async (trial) => {
      const values = { zero: 0, text: '', no: false, nothing: null, list: [], record: {} }
      const config = await trial.put({ values })
      deepEqual((await trial.get(config)).checkpoint.channel_values, values)
    },
  },
  {
    name: 'bytes come back as they were',
    run: async (trial) => {
      const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      const config = await trial.put({ values: { all, none: new Uint8Array(), in: { all } } })
      const { all: bytes, none, in: inner } = (await trial.get(config)).checkpoint.channel_values
      for (const each of [bytes, none, (inner as { all: unknown }).all]) {
        ok(each instanceof Uint8Array)
      }
      deepEqual([...bytes as Uint8Array], [...all])
      equal((none as Uint8Array).length, 0)
      deepEqual([...(inner as { all: Uint8Array }).all], [...all])
    },
  },
  {
    name: 'a value of a million characters comes back',
    run: async (trial) => {
      const text = 'wörds and 🧶 '.repeat(80_000)
      const config = await trial.put({ values: { text, small: 1 } })
      const { channel_values: values } = (await trial.get(config)).checkpoint
      ok(values.text === text)
      equal(values.small, 1)
    },
  },
  {
    name: 'channels may have any name',
    run: async (trial) => {
      const values = {
        'branch:to:node': 1, 'a.b': 2, 'it\'s "so"': 3, '%': 4, 'größe 🧶': 5, 'constructor': 6,
      }
      const config = await trial.put({ values })
      deepEqual((await trial.get(config)).checkpoint.channel_values, values)
    },
  },
  {
    name: 'a channel that did not change has the value of the parent',
    needs: 'channelDeltas',
    run: async (trial) => {
      const versions = { kept: 1, moved: 1 }
      const root = await trial.put({ values: { kept: 'k', moved: 'old' }, versions })
      const child = await trial.put({
        parent: root, values: { kept: 'not looked at', moved: 'new' }, changed: ['moved'],
        versions: { kept: 1, moved: 2 },
      })
      const last = await trial.put({
        parent: child, values: { kept: '', moved: '' }, changed: [],
        versions: { kept: 1, moved: 2 },
      })
      const expected = { kept: 'k', moved: 'new' }
      deepEqual((await trial.get(child)).checkpoint.channel_values, expected)
      deepEqual((await trial.get(last)).checkpoint.channel_values, expected)
      deepEqual((await trial.get(root)).checkpoint.channel_values, { kept: 'k', moved: 'old' })
    },
  },
  {
    name: 'a channel without a value has none, although the parent had one',
    run: async (trial) => {
      const root = await trial.put({
        values: { brief: 1, kept: 2 }, versions: { brief: 1, kept: 1 },
      })
      const draft = trial.drafted({
        parent: root, values: { kept: 2 }, versions: { brief: 2, kept: 1 },
      })
      const child = await trial.saver.put(
        draft.config, draft.checkpoint, draft.metadata, { brief: 2 })
      const { checkpoint } = await trial.get(child)
      deepEqual(checkpoint.channel_values, { kept: 2 })
      deepEqual(checkpoint.channel_versions, { brief: 2, kept: 1 })
    },
  },
  {
    name: 'a list that grows by one comes back at each of its lengths',
    run: async (trial) => {
      const lists = Array.from({ length: 30 }, (_, place) => (
        Array.from({ length: place + 1 }, (_, at) => ({ role: 'user', content: `text ${at}` }))))
      const made = await trial.chain(30, (place) => ({
        values: { messages: lists[place], place }, metadata: { place },
      }))
      for (const [place, config] of made.entries()) {
        deepEqual((await trial.get(config)).checkpoint.channel_values, {
          messages: lists[place], place,
        })
      }
    },
  },
  {
    name: 'the newest checkpoint put again is there once, as it was put last',
    run: async (trial) => {
      const [root] = await trial.chain(1, () => ({ values: { a: 1 } }))
      const draft = trial.drafted({ parent: root, values: { a: 2 }, metadata: { try: 1 } })
      const { config, checkpoint, metadata, newVersions } = draft
      await trial.saver.put(config, checkpoint, metadata, newVersions)
      const later = { ...checkpoint, channel_values: { a: 3 } }
      await trial.saver.put(config, later, { ...metadata, try: 2 }, newVersions)
      deepEqual(await trial.ids(), [checkpoint.id, idOf(root)])
      const tuple = await trial.get(trial.config())
      equal(tuple.metadata?.try, 2)
      deepEqual(tuple.checkpoint.channel_values, { a: 3 })
    },
  },
  {
    name: 'what is handed in is not changed, and what comes out is nobody else\'s',
    run: async (trial) => {
      const { config, checkpoint, metadata, newVersions } = trial.drafted({
        values: { list: ['a'] }, metadata: { tags: ['x'] },
      })
      const before = structuredClone({ config, checkpoint, metadata, newVersions })
      const answer = await trial.saver.put(config, checkpoint, metadata, newVersions)
      deepEqual({ config, checkpoint, metadata, newVersions }, before)
      checkpoint.channel_values.list = 'changed after the put'
      const first = await trial.get(answer)
      ;(first.checkpoint.channel_values.list as string[]).push('b')
      ;(first.metadata!.tags as string[]).push('y')
      const second = await trial.get(answer)
      deepEqual(second.checkpoint.channel_values.list, ['a'])
      deepEqual(second.metadata?.tags, ['x'])
    },
  },
  {
    name: 'namespaces of one thread are apart, whatever they are called',
    run: async (trial) => {
      const namespaces = ['', 'child', 'child:1', 'child:1|grand', '%', '_', 'größe 🧶', 'Child']
      for (const namespace of namespaces) {
        await trial.put({ namespace, values: { namespace } })
      }
      for (const namespace of namespaces) {
        const { checkpoint } = await trial.get(trial.config(undefined, namespace))
        deepEqual(checkpoint.channel_values, { namespace })
        deepEqual(await trial.ids(trial.config(undefined, namespace)), [checkpoint.id])
      }
    },
  },
  {
    name: 'threads are apart, whatever they are called',
    run: async (trial) => {
      const names = ['', '1', '%', '_', ':x', ' ', '\'', 'größe 🧶', 'É', 'E\u0301', 'X', 'x']
        .map((end) => trial.threadId + end)
      for (const threadId of names) await trial.put({ threadId, values: { threadId } })
      for (const threadId of names) {
        const config = { configurable: { thread_id: threadId, checkpoint_ns: '' } }
        const tuple = await trial.get(config)
        deepEqual(tuple.checkpoint.channel_values, { threadId })
        equal(tuple.config.configurable?.thread_id, threadId)
        equal((await trial.ids(config)).length, 1)
      }
    },
  },
  {
    name: 'a checkpoint without a thread is refused',
    run: async (trial) => {
      const { checkpoint, metadata } = trial.drafted({})
      await rejects(async () => trial.saver.put({}, checkpoint, metadata, {}))
      await rejects(async () => trial.saver.put({ configurable: {} }, checkpoint, metadata, {}))
    },
  },
]
