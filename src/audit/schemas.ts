import { z } from 'zod'
import { pageQuery } from '../http/page.js'
import {
  idSchema, instantSchema, jsonSchema, momentText, named,
} from '../http/schema.js'
import { type AuditListing, auditOutcomes } from './store.js'
import { type AuditEvent, type AuditHead } from './tables.js'

const text = (description: string) => z.string().describe(description)
const filter = (description: string) => z.string().max(512).describe(description).optional()

/** The filters of the list. */
export const eventQuery = z.strictObject({
  ...pageQuery,
  actor_id: filter('Only what this actor did.'),
  user_id: idSchema('Only what this user did, by whatever token.').optional(),
  action: filter('Only this action, such as `conversation.deleted`.'),
  resource_kind: filter('Only what was done to resources of this kind.'),
  resource_id: filter('Only what was done to the resource with this id.'),
  outcome: z.enum(auditOutcomes).describe('Only what ended so.').optional(),
  request_id: filter('Only what happened in this request.'),
  from: momentText('Recorded at this moment or later.').optional(),
  to: momentText('Recorded before this moment.').optional(),
})

/** The store's names of the filters. */
export function listingOf(query: z.output<typeof eventQuery>): AuditListing {
  return {
    limit: query.limit, cursor: query.cursor, actorId: query.actor_id, userId: query.user_id,
    action: query.action, resourceKind: query.resource_kind, resourceId: query.resource_id,
    outcome: query.outcome, requestId: query.request_id, from: query.from, to: query.to,
  } as AuditListing
}

export const eventSchema = named('AuditEvent', z.object({
  id: z.string(),
  recorded_at: instantSchema('When it was recorded.'),
  actor_id: text('Who did it, kept though that user or token is deleted.'),
  user_id: z.string().nullable(),
  action: text('A noun and what happened to it.'),
  resource_kind: z.string(),
  resource_id: z.string().nullable(),
  outcome: text('`succeeded`, `denied` or `failed`.'),
  request_id: z.string().nullable(),
  ip_address: z.string().nullable(),
  user_agent: z.string().nullable(),
  details: jsonSchema('What else is to be told; never a secret.'),
  sequence: z.int().nullable().describe('Its place in the chain; null until it is sealed.'),
  hash: z.string().nullable().describe('Null until it is sealed.'),
}))

export function presentEvent(event: AuditEvent) {
  return {
    id: event.id,
    recorded_at: event.recordedAt,
    actor_id: event.actorId,
    user_id: event.userId,
    action: event.action,
    resource_kind: event.resourceKind,
    resource_id: event.resourceId,
    outcome: event.outcome,
    request_id: event.requestId,
    ip_address: event.ipAddress,
    user_agent: event.userAgent,
    details: event.details,
    sequence: event.sequence,
    hash: event.hash,
  }
}

export const headSchema = named('AuditHead', z.object({
  type: z.literal('head'),
  organization_id: z.string(),
  sequence: z.int().describe('The place of the newest entry at that time.'),
  hash: text('Its hash.'),
  signed_at: instantSchema('When it was signed.'),
  key_id: z.string(),
  signature: text('Ed25519, in base64url.'),
}))

export function presentHead(head: AuditHead) {
  return {
    type: 'head' as const,
    organization_id: head.organizationId,
    sequence: head.sequence,
    hash: head.hash,
    signed_at: head.signedAt,
    key_id: head.keyId,
    signature: head.signature,
  }
}
