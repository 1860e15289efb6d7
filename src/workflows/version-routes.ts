import { z } from 'zod'
import { type JsonValue } from '../database/json.js'
import { InvalidCursor } from '../database/page.js'
import { RevisionConflict } from '../errors.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { WorkflowArchived, WorkflowNotFound, WorkflowVersionNotFound } from './errors.js'
import { type WorkflowContext } from './routes.js'
import { presentDiff, presentVersion, presentVersionEntry } from './presented.js'
import {
  diffSchema, newVersionSchema, numberText, versionChangesSchema, versionEntrySchema, versionSchema,
  versionText, workflowSchema,
} from './schemas.js'

const define = route<WorkflowContext>()
const tag = 'Workflows'
const scope = 'organization'
const ofWorkflow = z.strictObject({ workflow: workflowSchema })
const all = '/v1/workflows/{workflow}/versions'
const reading = {
  tag, scope, action: 'workflows:read', status: 200, idempotency: 'none',
} as const
const writing = { tag, scope, action: 'workflows:write', idempotency: 'transaction' } as const

/** Versions of workflows: added, read, compared, their configuration changed. */
export const workflowVersionRoutes: readonly Route<WorkflowContext>[] = [
  define({
    ...writing,
    operationId: 'createWorkflowVersion',
    method: 'POST',
    path: all,
    summary: 'Add a version; the workflow hands out its number',
    input: { params: ofWorkflow, body: newVersionSchema },
    status: 201,
    output: versionSchema,
    etag: true,
    errors: [WorkflowNotFound, WorkflowArchived],
    handle: async ({ workflows }, { params: { workflow }, body: { graph, ...rest } }) =>
      presentVersion(await workflows.createVersion(workflow, {
        graph: graph as JsonValue, ...rest,
      })),
  }),
  define({
    ...reading,
    operationId: 'listWorkflowVersions',
    method: 'GET',
    path: all,
    summary: 'List the versions of a workflow without their graphs, newest first',
    input: { params: ofWorkflow, query: z.strictObject(pageQuery) },
    output: pageSchema('WorkflowVersionPage', versionEntrySchema),
    errors: [WorkflowNotFound, InvalidCursor],
    handle: async ({ workflows }, { params: { workflow }, query }) =>
      presentPage(await workflows.listVersions(workflow, query), presentVersionEntry),
  }),
  define({
    ...reading,
    operationId: 'getWorkflowVersion',
    method: 'GET',
    path: `${all}/{version}`,
    summary: 'Get a version with its graph, by number or the latest one',
    input: {
      params: ofWorkflow.extend({ version: versionText('Its number, or `latest`.') }),
    },
    output: versionSchema,
    etag: true,
    errors: [WorkflowNotFound, WorkflowVersionNotFound],
    handle: async ({ workflows }, { params: { workflow, version } }) =>
      presentVersion(await workflows.getVersion(workflow, version)),
  }),
  define({
    ...writing,
    operationId: 'updateWorkflowVersion',
    method: 'PATCH',
    path: `${all}/{version}`,
    summary: 'Change configuration or notes of a version; its graph never changes',
    input: {
      params: ofWorkflow.extend({ version: numberText('Its number.') }),
      body: versionChangesSchema,
    },
    status: 200,
    output: versionSchema,
    etag: true,
    errors: [WorkflowNotFound, WorkflowVersionNotFound, RevisionConflict],
    handle: async ({ workflows }, { params: { workflow, version }, body, ifRevision }) =>
      presentVersion(await workflows.updateVersion(workflow, version, {
        changes: body, ifRevision,
      })),
  }),
  define({
    ...reading,
    operationId: 'diffWorkflowVersions',
    method: 'GET',
    path: '/v1/workflows/{workflow}/diff',
    summary: 'Compare two versions: where their graphs differ, and a unified diff',
    input: {
      params: ofWorkflow,
      query: z.strictObject({
        base: versionText('The version before.'),
        target: versionText('The version after. Default `latest`.').optional(),
      }),
    },
    output: diffSchema,
    errors: [WorkflowNotFound, WorkflowVersionNotFound],
    handle: async ({ workflows }, { params: { workflow }, query: { base, target } }) =>
      presentDiff(await workflows.diff(workflow, base, target)),
  }),
]
