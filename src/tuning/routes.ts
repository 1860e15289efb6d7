import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { idSchema } from '../http/schema.js'
import { workflowSchema } from '../workflows/http.js'
import { WorkflowNotFound } from '../workflows/index.js'
import { TuningCheckpointNotFound } from './errors.js'
import {
  listingQuery, newTuningCheckpointSchema, presentCheckpoint, tuningCheckpointSchema,
} from './schemas.js'
import { type TuningStore } from './store.js'

/** What these endpoints need. */
export interface TuningContext {
  readonly tuning: TuningStore
}

const define = route<TuningContext>()
const tag = 'Tuning checkpoints'
const scope = 'organization'
const ofWorkflow = z.strictObject({ workflow_id: workflowSchema })
const params = ofWorkflow.extend({ tuning_checkpoint_id: idSchema('The checkpoint.') })
const all = '/v1/workflows/{workflow_id}/tuning-checkpoints'
const path = `${all}/{tuning_checkpoint_id}`

interface Params {
  readonly workflow_id: string
  readonly tuning_checkpoint_id: string
}

const named = ({ workflow_id: workflowId, tuning_checkpoint_id: id }: Params) =>
  ({ workflowId, id })

/** What tries at tuning a workflow gave: recorded, listed, read, said to be best, deleted. */
export const tuningRoutes: readonly Route<TuningContext>[] = [
  define({
    operationId: 'recordTuningCheckpoint',
    method: 'POST',
    path: all,
    tag,
    summary: 'Record a checkpoint under the next version of its workflow',
    action: 'tuning:write',
    scope,
    input: { params: ofWorkflow, body: newTuningCheckpointSchema },
    status: 201,
    output: tuningCheckpointSchema,
    errors: [WorkflowNotFound],
    idempotency: 'transaction',
    handle: async ({ tuning }, { params: { workflow_id: workflowId }, body }) =>
      presentCheckpoint(await tuning.record(workflowId, {
        runnableConfig: body.runnable_config, metrics: body.metrics, metadata: body.metadata,
        artifactUrl: body.artifact_url, best: body.best,
      })),
  }),
  define({
    operationId: 'listTuningCheckpoints',
    method: 'GET',
    path: all,
    tag,
    summary: 'List a workflow’s checkpoints, newest first; by a metric’s range and metadata',
    action: 'tuning:read',
    scope,
    input: { params: ofWorkflow, query: z.strictObject({ ...pageQuery, ...listingQuery }) },
    status: 200,
    output: pageSchema('TuningCheckpointPage', tuningCheckpointSchema),
    errors: [WorkflowNotFound, InvalidCursor],
    idempotency: 'none',
    handle: async ({ tuning }, { params: { workflow_id: workflowId }, query }) =>
      presentPage(await tuning.list(workflowId, query), presentCheckpoint),
  }),
  define({
    operationId: 'getTuningCheckpoint',
    method: 'GET',
    path,
    tag,
    summary: 'Get a checkpoint',
    action: 'tuning:read',
    scope,
    input: { params },
    status: 200,
    output: tuningCheckpointSchema,
    errors: [WorkflowNotFound, TuningCheckpointNotFound],
    idempotency: 'none',
    handle: async ({ tuning }, { params: name }) =>
      presentCheckpoint(await tuning.get(named(name))),
  }),
  define({
    operationId: 'setBestTuningCheckpoint',
    method: 'PUT',
    path: `${path}/best`,
    tag,
    summary: 'Make a checkpoint the best of its workflow, instead of another',
    action: 'tuning:write',
    scope,
    input: { params },
    status: 200,
    output: tuningCheckpointSchema,
    errors: [WorkflowNotFound, TuningCheckpointNotFound],
    idempotency: 'transaction',
    handle: async ({ tuning }, { params: name }) =>
      presentCheckpoint(await tuning.setBest(named(name))),
  }),
  define({
    operationId: 'deleteTuningCheckpoint',
    method: 'DELETE',
    path,
    tag,
    summary: 'Delete a checkpoint; its version is not given again',
    action: 'tuning:write',
    scope,
    input: { params },
    status: 204,
    errors: [WorkflowNotFound, TuningCheckpointNotFound],
    idempotency: 'transaction',
    handle: ({ tuning }, { params: name }) => tuning.delete(named(name)),
  }),
]
