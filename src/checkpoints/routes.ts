import { InvalidCursor } from '../database/page.js'
import { presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { CheckpointConflict, CheckpointNotFound, StaleFence } from './errors.js'
import { type CheckpointContext, keepingRoutes } from './keeping-routes.js'
import {
  ancestorListingSchema, checkpointFindingSchema, checkpointListingSchema, checkpointPageSchema,
  foundCheckpointSchema, listingOf, nameOf, newCheckpointSchema, newWritesSchema,
  presentCheckpoint, putCheckpointSchema, putOf, writesOf,
} from './schemas.js'

const define = route<CheckpointContext>()

const reading = {
  method: 'POST', tag: 'Checkpoints', action: 'checkpoints:read', scope: 'organization',
  status: 200, idempotency: 'none', isRepeatable: true,
} as const

/** What a repeated call changes no further. */
const writing = {
  tag: 'Checkpoints', action: 'checkpoints:write', scope: 'organization', idempotency: 'none',
  isRepeatable: true,
} as const

/**
 * Checkpoints of agents' graphs. Names of threads, namespaces, checkpoints and runs are free text,
 * so they stand in bodies, never in addresses.
 */
export const checkpointRoutes: readonly Route<CheckpointContext>[] = [
  define({
    ...writing,
    operationId: 'putCheckpoint',
    method: 'PUT',
    path: '/v1/checkpoints',
    summary: 'Keep a checkpoint; the same one again changes nothing',
    input: { body: newCheckpointSchema },
    status: 200,
    output: putCheckpointSchema,
    errors: [CheckpointConflict, CheckpointNotFound, StaleFence],
    handle: async ({ checkpoints }, { body }) =>
      ({ checkpoint_id: (await checkpoints.put(putOf(body))).checkpointId }),
  }),
  define({
    ...writing,
    operationId: 'putPendingWrites',
    method: 'PUT',
    path: '/v1/checkpoints/writes',
    summary: 'Keep what a task wrote that is not yet part of a checkpoint',
    input: { body: newWritesSchema },
    status: 204,
    errors: [StaleFence],
    handle: ({ checkpoints }, { body }) => checkpoints.putWrites(writesOf(body)),
  }),
  define({
    ...reading,
    operationId: 'findCheckpoint',
    path: '/v1/checkpoints/find',
    summary: 'Get a checkpoint: the newest of its namespace, or one by id',
    input: { body: checkpointFindingSchema },
    output: foundCheckpointSchema,
    errors: [],
    handle: async ({ checkpoints }, { body }) => {
      const found = await checkpoints.find({
        threadId: body.thread_id, namespace: body.namespace, checkpointId: body.checkpoint_id,
        withParentWrites: body.with_parent_writes,
      })
      return { checkpoint: found === undefined ? null : presentCheckpoint(found) }
    },
  }),
  define({
    ...reading,
    operationId: 'listCheckpoints',
    path: '/v1/checkpoints/list',
    summary: 'List checkpoints, newest first',
    input: { body: checkpointListingSchema },
    output: checkpointPageSchema,
    errors: [InvalidCursor],
    handle: async ({ checkpoints }, { body }) =>
      presentPage(await checkpoints.page(listingOf(body)), presentCheckpoint),
  }),
  define({
    ...reading,
    operationId: 'listAncestors',
    path: '/v1/checkpoints/ancestors',
    summary: 'List the ancestors of a checkpoint, nearest first',
    input: { body: ancestorListingSchema },
    output: checkpointPageSchema,
    errors: [InvalidCursor],
    handle: async ({ checkpoints }, { body: { channels, limit, cursor, ...name } }) =>
      presentPage(
        await checkpoints.ancestorPage(nameOf(name), { channels, limit, cursor }),
        presentCheckpoint),
  }),
  ...keepingRoutes,
]
