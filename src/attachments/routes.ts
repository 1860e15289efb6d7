import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { idSchema } from '../http/schema.js'
import {
  AttachmentIncomplete, AttachmentMismatch, AttachmentNotFound, AttachmentPlaceNotFound,
} from './errors.js'
import {
  attachmentSchema, completionSchema, newAttachmentSchema, presentAttachment,
} from './schemas.js'
import { type AttachmentStore } from './store.js'

/** What these endpoints need. */
export interface AttachmentContext {
  readonly attachments: AttachmentStore
}

const define = route<AttachmentContext>()
const tag = 'Attachments'
const scope = 'organization'
const path = '/v1/attachments'

/** Which attachment. */
export const attachmentParams = z.strictObject({ attachment_id: idSchema('The attachment.') })

/** Create, complete, show, list and delete attachments. */
export const attachmentRoutes: readonly Route<AttachmentContext>[] = [
  define({
    operationId: 'createAttachment',
    method: 'POST',
    path,
    tag,
    summary: 'Begin an attachment: its bytes are put next',
    action: 'attachments:write',
    scope,
    input: { body: newAttachmentSchema },
    status: 201,
    output: attachmentSchema,
    errors: [AttachmentPlaceNotFound],
    idempotency: 'transaction',
    async handle({ attachments }, { body }) {
      const { media_type: declaredType, conversation_id: conversationId, ...rest } = body
      return presentAttachment(await attachments.create({ ...rest, declaredType, conversationId }))
    },
  }),
  define({
    operationId: 'listAttachments',
    method: 'GET',
    path,
    tag,
    summary: 'List attachments, newest first',
    action: 'attachments:read',
    scope,
    input: {
      query: z.strictObject({
        ...pageQuery,
        conversation_id: idSchema('Only those bound to this conversation.').optional(),
      }),
    },
    status: 200,
    output: pageSchema('AttachmentPage', attachmentSchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ attachments }, { query: { conversation_id: conversationId, ...rest } }) =>
      presentPage(await attachments.list({ ...rest, conversationId }), presentAttachment),
  }),
  define({
    operationId: 'getAttachment',
    method: 'GET',
    path: `${path}/{attachment_id}`,
    tag,
    summary: 'Get what is known of an attachment',
    action: 'attachments:read',
    scope,
    input: { params: attachmentParams },
    status: 200,
    output: attachmentSchema,
    errors: [AttachmentNotFound],
    idempotency: 'none',
    handle: async ({ attachments }, { params: { attachment_id: id } }) =>
      presentAttachment(await attachments.get(id)),
  }),
  define({
    operationId: 'completeAttachment',
    method: 'POST',
    path: `${path}/{attachment_id}/complete`,
    tag,
    summary: 'Make an attachment ready with the bytes put last',
    action: 'attachments:write',
    scope,
    input: { params: attachmentParams, body: completionSchema },
    status: 200,
    output: attachmentSchema,
    errors: [AttachmentNotFound, AttachmentIncomplete, AttachmentMismatch],
    idempotency: 'transaction',
    handle: async ({ attachments }, { params: { attachment_id: id }, body }) =>
      presentAttachment(await attachments.complete(id, body)),
  }),
  define({
    operationId: 'deleteAttachment',
    method: 'DELETE',
    path: `${path}/{attachment_id}`,
    tag,
    summary: 'Delete an attachment, and its bytes when no other has them',
    action: 'attachments:write',
    scope,
    input: { params: attachmentParams },
    status: 204,
    errors: [AttachmentNotFound],
    idempotency: 'transaction',
    handle: ({ attachments }, { params: { attachment_id: id } }) => attachments.delete(id),
  }),
]
