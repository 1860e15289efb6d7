import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { pathMax } from './rules.js'
import { presentStream, streamSchema } from './schemas.js'
import { type StreamStore } from './store.js'

/** How long live readers are served. */
export interface StreamTimes {
  /** An answer of a long poll waits so long for something to read. @default 20000 */
  readonly longPollMs?: number
  /** Events end after so long, so that readers spread over servers anew. @default 60000 */
  readonly eventsMs?: number
  /** A comment is written after so long a silence. @default 15000 */
  readonly heartbeatMs?: number
}

/** What these endpoints need. */
export interface StreamContext {
  readonly streams: StreamStore
  readonly streamTimes?: StreamTimes
}

const define = route<StreamContext>()

/** Look over streams; all else speaks the protocol of streams. */
export const streamRoutes: readonly Route<StreamContext>[] = [
  define({
    operationId: 'listStreams',
    method: 'GET',
    path: '/v1/streams',
    tag: 'Streams',
    summary: 'List streams by path',
    action: 'streams:read',
    scope: 'organization',
    input: {
      query: z.strictObject({
        ...pageQuery,
        prefix: z.string().max(pathMax).optional().describe('Only paths that begin so.'),
      }),
    },
    status: 200,
    output: pageSchema('StreamPage', streamSchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ streams }, { query }) =>
      presentPage(await streams.list(query), presentStream),
  }),
]
