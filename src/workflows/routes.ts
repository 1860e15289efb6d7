import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { RevisionConflict } from '../errors.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { flagText } from '../http/schema.js'
import { WorkflowArchived, WorkflowHandleTaken, WorkflowNotFound } from './errors.js'
import { tagLengthMax } from './rules.js'
import { presentWorkflow } from './presented.js'
import {
  newWorkflowSchema, publicationSchema, workflowChangesSchema, workflowSchema, workflowViewSchema,
} from './schemas.js'
import { type WorkflowStore } from './store.js'

/** What these endpoints need. */
export interface WorkflowContext {
  readonly workflows: WorkflowStore
}

const define = route<WorkflowContext>()
const tag = 'Workflows'
const scope = 'organization'
const params = z.strictObject({ workflow: workflowSchema })
const path = '/v1/workflows/{workflow}'

const changing = {
  tag, scope, action: 'workflows:write', status: 200, output: workflowViewSchema, etag: true,
  idempotency: 'transaction',
} as const

/** Make, read, list, change, publish and delete workflows. */
export const workflowRoutes: readonly Route<WorkflowContext>[] = [
  define({
    ...changing,
    operationId: 'createWorkflow',
    method: 'POST',
    path: '/v1/workflows',
    summary: 'Make a workflow',
    input: { body: newWorkflowSchema },
    status: 201,
    errors: [WorkflowHandleTaken],
    handle: async ({ workflows }, { body }) => presentWorkflow(await workflows.create(body)),
  }),
  define({
    operationId: 'listWorkflows',
    method: 'GET',
    path: '/v1/workflows',
    tag,
    summary: 'List workflows, newest first',
    action: 'workflows:read',
    scope,
    input: {
      query: z.strictObject({
        ...pageQuery,
        archived: flagText('Archived ones instead of active ones.').optional(),
        tag: z.string().min(1).max(tagLengthMax).optional().describe('Only those with this tag.'),
      }),
    },
    status: 200,
    output: pageSchema('WorkflowPage', workflowViewSchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ workflows }, { query }) =>
      presentPage(await workflows.list(query), presentWorkflow),
  }),
  define({
    operationId: 'getWorkflow',
    method: 'GET',
    path,
    tag,
    summary: 'Get a workflow by its id, or by its handle while it is not archived',
    action: 'workflows:read',
    scope,
    input: { params },
    status: 200,
    output: workflowViewSchema,
    etag: true,
    errors: [WorkflowNotFound],
    idempotency: 'none',
    handle: async ({ workflows }, { params: { workflow } }) =>
      presentWorkflow(await workflows.get(workflow)),
  }),
  define({
    ...changing,
    operationId: 'updateWorkflow',
    method: 'PATCH',
    path,
    summary: 'Change a workflow, archive or restore it',
    input: { params, body: workflowChangesSchema },
    errors: [WorkflowNotFound, WorkflowHandleTaken, RevisionConflict],
    handle: async ({ workflows }, { params: { workflow }, body, ifRevision }) =>
      presentWorkflow(await workflows.update(workflow, body, ifRevision)),
  }),
  define({
    operationId: 'deleteWorkflow',
    method: 'DELETE',
    path,
    tag,
    summary: 'Delete a workflow with its versions and runs',
    action: 'workflows:write',
    scope,
    input: { params },
    status: 204,
    errors: [WorkflowNotFound],
    idempotency: 'transaction',
    handle: ({ workflows }, { params: { workflow } }) => workflows.delete(workflow),
  }),
  define({
    ...changing,
    operationId: 'publishWorkflow',
    method: 'PUT',
    path: `${path}/publication`,
    summary: 'Publish a workflow, or change for whom it is published',
    input: { params, body: publicationSchema },
    errors: [WorkflowNotFound, WorkflowArchived, RevisionConflict],
    handle: async ({ workflows }, { params: { workflow }, body: { access }, ifRevision }) =>
      presentWorkflow(await workflows.publish(workflow, access, ifRevision)),
  }),
  define({
    ...changing,
    operationId: 'unpublishWorkflow',
    method: 'DELETE',
    path: `${path}/publication`,
    summary: 'Take the publication of a workflow back',
    input: { params },
    errors: [WorkflowNotFound, WorkflowArchived, RevisionConflict],
    handle: async ({ workflows }, { params: { workflow }, ifRevision }) =>
      presentWorkflow(await workflows.unpublish(workflow, ifRevision)),
  }),
]
