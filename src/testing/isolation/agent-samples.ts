import { type Estate, flowIn, type Ids, memoryIn, threadIn, tunedIn } from './estate.js'
import { anew, numbered, type Sample } from './sample.js'

const tuned = (estate: Estate) => tunedIn(estate.stores, estate)
const flow = (estate: Estate) => flowIn(estate.stores, numbered(estate))

const memory = (estate: Estate) => memoryIn(estate.stores, numbered(estate))
const inMemory = ({ label, item_key: key }: Ids) => ({ namespace: ['memory', label], key })
const cleared = ({ label }: Ids) => ({ namespaces: [['memory', label]], below: true })
const cached = { type: 'json', bytes: 'e30=' }

/** Items and what is cached. */
export const recalling: Readonly<Record<string, Sample>> = {
  putItem: { fresh: memory, body: (ids) => ({ ...inMemory(ids), value: { of: 'ours' } }) },
  writeItems: { fresh: memory, body: (ids) => ({ changes: [{ delete: inMemory(ids) }] }) },
  findItems: { body: (ids) => ({ names: [inMemory(ids)], refresh: true }) },
  deleteItem: { fresh: memory, body: inMemory },
  searchItems: { body: ({ label }) => ({ prefix: ['memory', label] }) },
  listNamespaces: { body: ({ label }) => ({ prefix: [null, label], max_depth: 2 }) },
  clearItems: { fresh: memory, body: cleared },
  findCached: { body: (ids) => ({ names: [inMemory(ids)] }) },
  putCached: { fresh: memory, body: (ids) => ({ entries: [{ ...inMemory(ids), ...cached }] }) },
  clearCache: { fresh: memory, body: cleared },
  clearWholeCache: {},
}

const thread = (estate: Estate) => threadIn(estate.stores, numbered(estate))
const fork = async (estate: Estate) => ({ ...await thread(estate), ...await anew(estate) })
const inThread = ({ thread_id: threadId, checkpoint_id: id }: Ids) =>
  ({ thread_id: threadId, checkpoint_id: id })

/** Threads and their checkpoints. */
export const checkpointing: Readonly<Record<string, Sample>> = {
  putCheckpoint: {
    fresh: thread,
    body: ({ thread_id: threadId, checkpoint_id: parent }) => ({
      thread_id: threadId, checkpoint_id: 'later', parent_id: parent, state: cached,
      channels: [{ channel: 'ours', version: 1, value: cached }], when_stale: 'fork',
    }),
  },
  putPendingWrites: {
    fresh: thread,
    body: (ids) => ({
      ...inThread(ids), task_id: 'task', writes: [{ index: 0, channel: 'ours', value: cached }],
    }),
  },
  findCheckpoint: { body: (ids) => ({ ...inThread(ids), with_parent_writes: true }) },
  listCheckpoints: {
    body: ({ thread_id: threadId }) => ({ thread_id: threadId, with_parent_writes: true }),
  },
  listAncestors: { body: inThread },
  compareCheckpoints: { body: (ids) => ({ before: inThread(ids), after: inThread(ids) }) },
  forkCheckpoint: { fresh: fork, body: (ids) => ({ ...inThread(ids), to_thread_id: ids.word }) },
  pinCheckpoint: { fresh: thread, body: inThread },
  unpinCheckpoint: { fresh: thread, body: inThread },
  pruneCheckpoints: { fresh: thread, body: ({ thread_id: id }) => ({ thread_ids: [id] }) },
  deleteRuns: { fresh: thread, body: ({ graph_run: id }) => ({ run_ids: [id] }) },
  getCheckpointPolicy: {},
  updateCheckpointPolicy: { body: () => ({ keep_days: 36_500 }) },
  listThreads: {},
  deleteThread: { fresh: thread, body: ({ thread_id: id }) => ({ thread_id: id }) },
  copyThread: {
    fresh: fork, body: ({ thread_id: id, word }) => ({ thread_id: id, to_thread_id: word }),
  },
}

/** A run that waits. */
async function waitingRun(estate: Estate): Promise<Ids> {
  const ids = await flow(estate)
  return { ...ids, run_id: (await estate.stores.runs.create(ids.workflow, { queue: null })).id }
}

/** Workflows and their runs. */
export const flowing: Readonly<Record<string, Sample>> = {
  createWorkflow: { fresh: anew, body: ({ word }) => ({ name: 'a flow', handle: word }) },
  listWorkflows: {},
  getWorkflow: {},
  updateWorkflow: { fresh: flow, body: () => ({ name: 'ours' }) },
  deleteWorkflow: { fresh: flow },
  publishWorkflow: { fresh: flow, body: () => ({}) },
  unpublishWorkflow: { fresh: flow },
  createWorkflowVersion: { fresh: flow, body: () => ({ graph: 'ours' }) },
  listWorkflowVersions: {},
  getWorkflowVersion: {},
  updateWorkflowVersion: { fresh: flow, body: () => ({ notes: 'ours' }) },
  diffWorkflowVersions: { query: ({ version }) => ({ base: String(version) }) },
  createRun: { body: ({ run_id }) => ({ queue: null, parent_run_id: run_id }) },
  listRuns: { query: ({ workflow }) => ({ workflow: String(workflow) }) },
  getRunStatistics: { query: ({ workflow }) => ({ workflow: String(workflow) }) },
  getRun: {},
  startRun: { fresh: waitingRun, body: () => ({}) },
  succeedRun: { fresh: flow, body: () => ({}) },
  failRun: { fresh: flow, body: () => ({ error: 'none' }) },
  cancelRun: { fresh: flow, body: () => ({}) },
  rerunRun: { body: () => ({ from_step: 2 }) },
  appendSteps: { fresh: flow, body: () => ({ steps: [{ name: 'ours' }] }) },
  listSteps: {},
  getStep: {},
  finishStep: { fresh: flow, body: () => ({ output: 'ours' }) },
  followRun: { query: () => ({ live: 'false' }) },
}

/** Usage, and tries at tuning. */
export const using: Readonly<Record<string, Sample>> = {
  recordUsage: {
    body: () => ({ events: [{ type: 'model_call', occurred_at: '2026-01-31T12:00:00Z' }] }),
  },
  listUsageEvents: { query: ({ user_id }) => ({ user_id: String(user_id) }) },
  summarizeUsage: {
    query: () => ({ by: 'day,model', first_day: '2026-01-01', last_day: '2026-12-31' }),
  },
  recordTuningCheckpoint: {
    fresh: tuned, body: () => ({ runnable_config: {}, metrics: { loss: 1 } }),
  },
  listTuningCheckpoints: { query: () => ({ metric: 'loss', metadata: '{}' }) },
  getTuningCheckpoint: {},
  setBestTuningCheckpoint: { fresh: tuned },
  deleteTuningCheckpoint: { fresh: tuned },
  topUsage: { query: ({ user_id }) => ({ by: 'type', user_id: String(user_id) }) },
}
