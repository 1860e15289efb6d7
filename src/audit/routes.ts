import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import {
  eventQuery, eventSchema, headSchema, listingOf, presentEvent, presentHead,
} from './schemas.js'
import { type AuditLog } from './store.js'

/** What these endpoints need. */
export interface AuditContext {
  readonly audit: AuditLog
}

const define = route<AuditContext>()
const tag = 'Audit'
const scope = 'organization'

/** Read the audit log; nobody can write it. */
export const auditRoutes: readonly Route<AuditContext>[] = [
  define({
    operationId: 'listAuditEvents',
    method: 'GET',
    path: '/v1/audit-events',
    tag,
    summary: 'List who did what, newest first',
    action: 'audit:read',
    scope,
    input: { query: eventQuery },
    status: 200,
    output: pageSchema('AuditEventPage', eventSchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ audit }, { query }) =>
      presentPage(await audit.list(listingOf(query)), presentEvent),
  }),
  define({
    operationId: 'listAuditHeads',
    method: 'GET',
    path: '/v1/audit-heads',
    tag,
    summary: 'List the signed heads of the log, newest first, to be kept elsewhere',
    action: 'audit:read',
    scope,
    input: { query: z.strictObject(pageQuery) },
    status: 200,
    output: pageSchema('AuditHeadPage', headSchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ audit }, { query }) =>
      presentPage(await audit.listHeads(query), presentHead),
  }),
]
