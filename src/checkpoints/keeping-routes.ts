import { InvalidCursor } from '../database/page.js'
import { presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { CheckpointNotFound, EncryptionUnavailable, ThreadExists } from './errors.js'
import {
  comparingSchema, comparisonSchema, copyingSchema, forkingSchema, policyChangesOf,
  policyChangesSchema, policySchema, presentChange, presentPolicy, presentThread, prunedSchema,
  pruningSchema, runsSchema, threadNameSchema, threadPageSchema, threadQuery,
} from './keeping-schemas.js'
import { checkpointNameSchema, nameOf } from './schemas.js'
import { type CheckpointStore } from './store.js'

/** What these endpoints need. */
export interface CheckpointContext {
  readonly checkpoints: CheckpointStore
}

const define = route<CheckpointContext>()

/** What a repeated call changes no further. */
const writing = {
  method: 'POST', tag: 'Checkpoints', action: 'checkpoints:write', scope: 'organization',
  status: 204, idempotency: 'none', isRepeatable: true,
} as const

/** What makes a thread, which must not be there. */
const making = {
  ...writing, idempotency: 'transaction', isRepeatable: false,
} as const

const ofPolicy = {
  path: '/v1/checkpoints/policy', tag: 'Checkpoints', scope: 'organization', status: 200,
  output: policySchema, idempotency: 'none',
} as const

/** Checkpoints that are already there: compared, pinned, pruned; threads, and the policy. */
export const keepingRoutes: readonly Route<CheckpointContext>[] = [
  define({
    ...writing,
    operationId: 'compareCheckpoints',
    path: '/v1/checkpoints/compare',
    summary: 'Tell what differs between the channels of two checkpoints',
    action: 'checkpoints:read',
    input: { body: comparingSchema },
    status: 200,
    output: comparisonSchema,
    errors: [CheckpointNotFound],
    handle: async ({ checkpoints }, { body: { before, after } }) => ({
      data: (await checkpoints.compare(nameOf(before), nameOf(after))).map(presentChange),
    }),
  }),
  define({
    ...making,
    operationId: 'forkCheckpoint',
    path: '/v1/checkpoints/fork',
    summary: 'Begin a thread with a checkpoint of another',
    input: { body: forkingSchema },
    errors: [CheckpointNotFound, ThreadExists],
    handle: ({ checkpoints }, { body: { to_thread_id: toThreadId, ...name } }) =>
      checkpoints.fork(nameOf(name), toThreadId),
  }),
  define({
    ...writing,
    operationId: 'pinCheckpoint',
    path: '/v1/checkpoints/pin',
    summary: 'Pin a checkpoint: no pruning takes it away',
    input: { body: checkpointNameSchema },
    errors: [CheckpointNotFound],
    handle: ({ checkpoints }, { body }) => checkpoints.pin(nameOf(body)),
  }),
  define({
    ...writing,
    operationId: 'unpinCheckpoint',
    path: '/v1/checkpoints/unpin',
    summary: 'Let go of a pinned checkpoint',
    input: { body: checkpointNameSchema },
    errors: [CheckpointNotFound],
    handle: ({ checkpoints }, { body }) => checkpoints.unpin(nameOf(body)),
  }),
  define({
    ...writing,
    operationId: 'pruneCheckpoints',
    path: '/v1/checkpoints/prune',
    summary: 'Delete what the rule does not keep; heads and pinned ones stay',
    input: { body: pruningSchema },
    status: 200,
    output: prunedSchema,
    errors: [],
    handle: ({ checkpoints }, { body, signal }) => checkpoints.prune({
      threadIds: body.thread_ids, keepLast: body.keep_last, keepSince: body.keep_since,
      keepSubgraphs: body.keep_subgraphs,
    }, { signal }),
  }),
  define({
    ...writing,
    operationId: 'deleteRuns',
    path: '/v1/checkpoints/delete-runs',
    summary: 'Delete the checkpoints of runs, with their writes',
    input: { body: runsSchema },
    errors: [],
    handle: ({ checkpoints }, { body }) => checkpoints.deleteRuns(body.run_ids),
  }),
  define({
    ...ofPolicy,
    operationId: 'getCheckpointPolicy',
    method: 'GET',
    summary: 'Get how long the organization keeps checkpoints, and whether encrypted',
    action: 'checkpoints:read',
    input: {},
    errors: [],
    handle: async ({ checkpoints }) => presentPolicy(await checkpoints.policy()),
  }),
  define({
    ...ofPolicy,
    operationId: 'updateCheckpointPolicy',
    method: 'PATCH',
    summary: 'Change how checkpoints are kept; what is not named stays',
    action: 'checkpoint_policy:write',
    input: { body: policyChangesSchema },
    errors: [EncryptionUnavailable],
    isRepeatable: true,
    handle: async ({ checkpoints }, { body }) =>
      presentPolicy(await checkpoints.setPolicy(policyChangesOf(body))),
  }),
  define({
    ...writing,
    operationId: 'listThreads',
    method: 'GET',
    path: '/v1/threads',
    summary: 'List threads by name, with what they hold',
    action: 'checkpoints:read',
    input: { query: threadQuery },
    status: 200,
    output: threadPageSchema,
    errors: [InvalidCursor],
    isRepeatable: false,
    handle: async ({ checkpoints }, { query }) =>
      presentPage(await checkpoints.threads(query), presentThread),
  }),
  define({
    ...writing,
    operationId: 'deleteThread',
    path: '/v1/threads/delete',
    summary: 'Delete a thread with everything of it, if it is there',
    input: { body: threadNameSchema },
    errors: [],
    handle: ({ checkpoints }, { body }) => checkpoints.deleteThread(body.thread_id),
  }),
  define({
    ...making,
    operationId: 'copyThread',
    path: '/v1/threads/copy',
    summary: 'Copy a thread with everything of it to one that is not there',
    input: { body: copyingSchema },
    errors: [ThreadExists],
    handle: ({ checkpoints }, { body }) =>
      checkpoints.copyThread(body.thread_id, body.to_thread_id),
  }),
]
