import { z } from 'zod'
import { pageSchema } from '../http/page.js'
import { instantSchema, integerText, jsonSchema, momentText, named } from '../http/schema.js'
import { pageLimitMax } from '../database/page.js'
import { type ChannelChange } from './compare.js'
import { runIdMax, runsMax, type CheckpointPolicy } from './rules.js'
import { checkpointNameSchema, threadId } from './schemas.js'
import { type CheckpointThread } from './threads.js'

/** Body of `POST /v1/checkpoints/prune`. */
export const pruningSchema = named('CheckpointPruning', z.strictObject({
  thread_ids: z.array(threadId).max(1_000).optional().describe('Default: every thread.'),
  keep_last: z.int().min(0).optional()
    .describe('How many of each namespace. Default 1, or 0 beside keep_since.'),
  keep_since: momentText('Everything created since stays.').optional(),
  keep_subgraphs: z.boolean().optional()
    .describe('Whether namespaces of subgraphs stay that nothing leads to. Default false.'),
}))

/** How many checkpoints went. */
export const prunedSchema = named('Pruned', z.object({ deleted: z.int() }))

/** Body of `POST /v1/checkpoints/compare`. */
export const comparingSchema = named('CheckpointComparing', z.strictObject({
  before: checkpointNameSchema, after: checkpointNameSchema,
}))

const kind = z.enum(['added', 'removed', 'changed'])
const sketch = z.object({
  type: z.string(), size: z.int().describe('In bytes.'), sha256: z.string(),
}).nullable()

/** What became of each channel. */
export const comparisonSchema = named('CheckpointComparison', z.object({
  data: z.array(z.object({
    channel: z.string(),
    change: kind,
    before: sketch,
    after: sketch,
    paths: z.array(z.object({
      path: z.string().describe('A JSON pointer (RFC 6901).'),
      change: kind,
      before: jsonSchema('What was there.').optional(),
      after: jsonSchema('What is there.').optional(),
    })).optional().describe('Where both are JSON: what differs in them, at most 1000 places.'),
  })).describe('Channels that differ, by name.'),
}))

/** What became of a channel, in the API's names. */
export const presentChange = (change: ChannelChange) => ({ ...change })

/** Body of `POST /v1/checkpoints/delete-runs`. */
export const runsSchema = named('RunDeletion', z.strictObject({
  run_ids: z.array(z.string().min(1).max(runIdMax)).max(runsMax),
}))

/** Body of `POST /v1/threads/copy`. */
export const copyingSchema = named('ThreadCopy', z.strictObject({
  thread_id: threadId, to_thread_id: threadId,
}))

/** Body of `POST /v1/checkpoints/fork`. */
export const forkingSchema = named('CheckpointFork', checkpointNameSchema.extend({
  to_thread_id: threadId,
}))

/** Body of `POST /v1/threads/delete`. */
export const threadNameSchema = named('ThreadName', z.strictObject({ thread_id: threadId }))

/** Query of `GET /v1/threads`. */
export const threadQuery = z.strictObject({
  limit: integerText({ min: 1, max: pageLimitMax }, 'Rows at most. Default 50.').optional(),
  cursor: z.string().max(8_000).optional().describe('`next_cursor` of the page before.'),
})

const thread = named('Thread', z.object({
  thread_id: z.string(),
  namespaces: z.array(z.object({
    namespace: z.string(),
    head_id: z.string().nullable().describe('Its newest checkpoint.'),
    checkpoint_count: z.int(),
  })).describe('By name, the first 100.'),
  namespace_count: z.int(),
  checkpoint_count: z.int(),
  stored_bytes: z.int().describe('What is stored of it, without keys and indexes.'),
  fence: z.int().nullable().describe('The greatest fencing token seen.'),
  created_by: z.string().nullable(),
  created_at: instantSchema('The first put.'),
  updated_at: instantSchema('The last put.'),
}))

/** A page of threads. */
export const threadPageSchema = pageSchema('ThreadPage', thread)

/** A thread in the API's names. */
export function presentThread(given: CheckpointThread) {
  return {
    thread_id: given.threadId,
    namespaces: given.namespaces.map(({ namespace, headId, checkpointCount }) =>
      ({ namespace, head_id: headId, checkpoint_count: checkpointCount })),
    namespace_count: given.namespaceCount,
    checkpoint_count: given.checkpointCount,
    stored_bytes: given.storedBytes,
    fence: given.fence,
    created_by: given.createdBy,
    created_at: given.createdAt,
    updated_at: given.updatedAt,
  }
}

const policy = {
  keep_last: z.int().min(1).max(1_000_000).nullable()
    .describe('How many of each namespace are kept; null for all.'),
  keep_days: z.int().min(1).max(36_500).nullable()
    .describe('For how many days each is kept; null for ever.'),
  encrypts: z.boolean()
    .describe('Whether checkpoints are encrypted; changed only while there are no threads.'),
}

/** What an organization wants of its checkpoints. */
export const policySchema = named('CheckpointPolicy', z.object(policy))

/** Body of `PATCH /v1/checkpoints/policy`. */
export const policyChangesSchema = named('CheckpointPolicyChanges',
  z.strictObject(policy).partial())

/** A change of a policy in the store's names; what is not named is not there. */
export function policyChangesOf(
  given: z.output<typeof policyChangesSchema>,
): Partial<CheckpointPolicy> {
  const { keep_last: keepLast, keep_days: keepDays, encrypts } = given
  return {
    ...(keepLast !== undefined && { keepLast }), ...(keepDays !== undefined && { keepDays }),
    ...(encrypts !== undefined && { encrypts }),
  }
}

/** A policy in the API's names. */
export function presentPolicy({ keepLast, keepDays, encrypts }: CheckpointPolicy) {
  return { keep_last: keepLast, keep_days: keepDays, encrypts }
}
