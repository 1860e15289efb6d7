import { type CheckpointTransport, type JsonObject } from '../../adapters/langgraph/index.js'
import { below, type Mutant, rearranged, recording } from './mutant.test.harness.js'

type Own = CheckpointTransport

const onlyKeys = (metadata: JsonObject | undefined, keys: readonly string[]) => Object.fromEntries(
  Object.entries(metadata ?? {}).filter(([key]) => keys.includes(key)))

const standard = ['source', 'step', 'parents']

/** Reading goes wrong. */
const readings: readonly Mutant[] = [
  below('lists are oldest first', 'list', (own: Own) => ({
    list: (request) => rearranged(own.list(request), (all) => all.toReversed()),
  })),
  below('a limit keeps the oldest', 'list', (own) => ({
    list: ({ limit, ...request } = {}) => rearranged(own.list(request), (all) => (
      limit === undefined ? all : all.slice(-limit))),
  })),
  below('a limit is off by one', 'list', (own) => ({
    list: ({ limit, ...request } = {}) => own.list(
      { ...request, limit: limit === undefined ? undefined : limit + 1 }),
  })),
  below('lists end after ten', 'list', (own) => ({
    list: (request = {}) => own.list({ ...request, limit: Math.min(request.limit ?? 10, 10) }),
  })),
  below('lists end after a hundred', 'list', (own) => ({
    list: (request = {}) => own.list({ ...request, limit: Math.min(request.limit ?? 100, 100) }),
  })),
  below('filters are ignored', 'list', (own) => ({
    list: ({ metadata: _ignored, ...request } = {}) => own.list(request),
  })),
  below('filters on keys of the application are ignored', 'list', (own) => ({
    list: (request = {}) => own.list(
      { ...request, metadata: onlyKeys(request.metadata, standard) }),
  })),
  below('one key of a filter is enough', 'list', (own) => ({
    list: (request = {}) => own.list({
      ...request,
      metadata: Object.fromEntries(Object.entries(request.metadata ?? {}).slice(0, 1)),
    }),
  })),
  below('null in a filter is ignored', 'list', (own) => ({
    list: (request = {}) => own.list({
      ...request, metadata: Object.fromEntries(
        Object.entries(request.metadata ?? {}).filter(([, value]) => value !== null)),
    }),
  })),
  below('a limit counts what the filter drops', 'list', (own) => ({
    list: ({ metadata, ...request } = {}) => rearranged(own.list(request), (all) => (
      all.filter((each) => Object.entries(metadata ?? {}).every(([key, value]) => (
        key in each.metadata && JSON.stringify(each.metadata[key]) === JSON.stringify(value)))))),
  })),
  below('before is ignored', 'list', (own) => ({
    list: ({ before: _ignored, ...request } = {}) => own.list(request),
  })),
  below('before keeps what it names', 'list', (own) => ({
    list: (request = {}) => own.list(
      { ...request, before: request.before === undefined ? undefined : `${request.before}!` }),
  })),
  below('lists look at every namespace', 'list', (own) => ({
    list: ({ namespace: _ignored, ...request } = {}) => own.list(request),
  })),
  below('lists without a namespace look at the root alone', 'list', (own) => ({
    list: (request = {}) => own.list({ ...request, namespace: request.namespace ?? '' }),
  })),
  below('the newest is the oldest', 'getTuple', (own) => ({
    find: async (name) => {
      if (name.checkpointId !== undefined) return await own.find(name)
      let last
      for await (const each of own.list(name)) last = each
      return last
    },
  })),
  below('an id is not looked at', 'getTuple', (own) => ({
    find: ({ checkpointId: _ignored, ...name }) => own.find(name),
  })),
  below('a namespace is not looked at', 'getTuple', (own) => ({
    find: (name) => own.find({ ...name, namespace: '' }),
  })),
  below('pending writes are not told by lists', 'list', (own) => ({
    list: (request) => rearranged(own.list(request), (all) => (
      all.map((each) => ({ ...each, writes: [] })))),
  })),
]

/** Writing goes wrong. */
const writings: readonly Mutant[] = [
  below('a put again is ignored', 'put', (own) => ({
    put: async (put) => (await own.find(put) === undefined ? await own.put(put) : put),
  })),
  below('keys of the application in metadata are dropped', 'put', (own) => ({
    put: (put) => own.put({ ...put, metadata: onlyKeys(put.metadata, standard) }),
  })),
  below('parents are dropped', 'put', (own) => ({
    put: (put) => own.put({ ...put, parentId: null, whenStale: 'fork' }),
  })),
  below('channels that did not change are lost', 'put', (own) => ({
    put: (put) => own.put({
      ...put, channelVersions: Object.fromEntries(
        Object.entries(put.channelVersions).filter(([channel]) => channel in put.values)),
    }),
  })),
  below('names of threads are compared without case', 'put', (own) => ({
    put: (put) => own.put({ ...put, threadId: put.threadId.toLowerCase() }),
    find: (name) => own.find({ ...name, threadId: name.threadId.toLowerCase() }),
    list: (request = {}) => own.list(
      { ...request, threadId: request.threadId?.toLowerCase() }),
  })),
  below('namespaces are cut at a colon', 'put', (own) => ({
    put: (put) => own.put({ ...put, namespace: put.namespace?.split(':')[0], whenStale: 'fork' }),
    find: (name) => own.find({ ...name, namespace: name.namespace?.split(':')[0] }),
  })),
  below('the last write of a call is lost', 'putWrites', (own) => ({
    putWrites: (given) => own.putWrites({ ...given, writes: given.writes.slice(0, -1) }),
  })),
  below('writes always replace', 'putWrites', (own) => ({
    putWrites: (given) => own.putWrites({ ...given, whenWritten: 'replace' }),
  })),
  below('writes never replace', 'putWrites', (own) => ({
    putWrites: (given) => own.putWrites({ ...given, whenWritten: 'keep' }),
  })),
  below('tasks share the places of their writes', 'putWrites', (own) => ({
    putWrites: (given) => own.putWrites({ ...given, taskId: 'task' }),
  })),
  below('only the writes of the last task are told', 'putWrites', (own) => {
    let last = ''
    return {
      putWrites: async (given) => {
        last = given.taskId
        await own.putWrites(given)
      },
      find: async (name) => {
        const found = await own.find(name)
        return found && { ...found, writes: found.writes.filter(({ taskId }) => taskId === last) }
      },
    }
  }),
  below('writes before their checkpoint are lost', 'putWrites', (own) => ({
    putWrites: async (given) => {
      if (await own.find(given) !== undefined) await own.putWrites(given)
    },
  })),
  below('two may go on from one checkpoint', 'writers', (own) => ({
    put: (put) => own.put({ ...put, whenStale: 'fork' }),
  })),
  below('nobody may fork', 'writers', (own) => ({
    put: (put) => own.put({ ...put, whenStale: 'refuse' }),
  })),
  below('a refusal does not say the heads', 'writers', (own) => ({
    put: (put) => own.put(put).catch(() => {
      throw new Error('conflict')
    }),
  })),
  below('a refusal is not told', 'writers', (own) => ({
    put: (put) => own.put(put).catch(() => put),
  })),
  below('fencing tokens are ignored', 'writers', (own) => ({
    put: ({ fence: _ignored, ...put }) => own.put(put),
    putWrites: ({ fence: _ignored, ...given }) => own.putWrites(given),
  })),
  below('fencing tokens of writes are ignored', 'writers', (own) => ({
    putWrites: ({ fence: _ignored, ...given }) => own.putWrites(given),
  })),
]

/** Deleting, copying and looking back go wrong. */
const others: readonly Mutant[] = [
  below('writes outlive their thread', 'threads', (own) => {
    const { writes, methods } = recording(own)
    return {
      ...methods,
      deleteThread: async (threadId) => {
        await own.deleteThread(threadId)
        for (const each of writes) if (each.threadId === threadId) await own.putWrites(each)
      },
    }
  }),
  below('namespaces outlive their thread', 'threads', (own) => {
    const { puts, methods } = recording(own)
    return {
      ...methods,
      deleteThread: async (threadId) => {
        await own.deleteThread(threadId)
        const left = puts.filter((put) => put.threadId === threadId && put.namespace !== '')
        for (const each of left) await own.put(each)
      },
    }
  }),
  below('threads whose names begin alike are deleted along', 'threads', (own) => {
    const { puts, methods } = recording(own)
    return {
      ...methods,
      deleteThread: async (threadId) => {
        const alike = puts.filter((put) => put.threadId.startsWith(threadId))
        for (const each of alike) await own.deleteThread(each.threadId)
      },
    }
  }),
  below('a copy has no writes', 'threads', (own) => {
    const { puts, methods } = recording(own)
    return {
      ...methods,
      copyThread: async (threadId, toThreadId) => {
        const all = puts.filter((put) => put.threadId === threadId)
        for (const each of all) await own.put({ ...each, threadId: toThreadId })
      },
    }
  }),
  below('a copy moves the thread', 'threads', (own) => ({
    copyThread: async (threadId, toThreadId) => {
      await own.copyThread(threadId, toThreadId)
      await own.deleteThread(threadId)
    },
  })),
  below('pruning does nothing', 'pruning', () => ({ prune: async () => ({ deleted: 0 }) })),
  below('pruning keeps two', 'pruning', (own) => ({
    prune: (request) => own.prune({ ...request, keepLast: 2 }),
  })),
  below('pruning looks at every thread', 'pruning', (own) => ({
    prune: ({ threadIds: _ignored, ...request }) => own.prune(request),
  })),
  below('pruning cuts off what differences are told from', 'pruning', (own) => ({
    put: ({ deltaChannels: _left, ...checkpoint }) => own.put(checkpoint),
  })),
  below('runs are not deleted', 'pruning', () => ({ deleteRuns: async () => undefined })),
  below('only the first of several runs is deleted', 'pruning', (own) => ({
    deleteRuns: (runIds) => own.deleteRuns(runIds.slice(0, 1)),
  })),
  below('a history ends after fifty ancestors', 'getDeltaChannelHistory', (own) => ({
    ancestors: (name, options) => rearranged(
      own.ancestors(name, options), (all) => all.slice(0, 50)),
  })),
  below('a history holds the writes of the checkpoint itself', 'getDeltaChannelHistory', (own) => ({
    ancestors: async function* (name, options) {
      const own0 = await own.find(name)
      if (own0 !== undefined) yield { ...own0, values: {} }
      yield* own.ancestors(name, options)
    },
  })),
  below('a history goes by time instead of by parents', 'getDeltaChannelHistory', (own) => ({
    ancestors: (name) => own.list({ ...name, checkpointId: undefined, before: name.checkpointId }),
  })),
]

/** Faults of what a saver stands on. */
export const mutantsBelow: readonly Mutant[] = [...readings, ...writings, ...others]
