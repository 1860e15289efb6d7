import { z } from 'zod'
import { InvalidCursor } from '../database/page.js'
import { pageQuery, pageSchema, presentPage } from '../http/page.js'
import { type Route, route } from '../http/route.js'
import { flagText } from '../http/schema.js'
import { LockLimitReached, LockLost, LockNotAcquired, LockNotFound } from './errors.js'
import { type Lock } from './lock.js'
import {
  acquisitionSchema, heldLockSchema, lockSchema, nameSchema, presentHeld, presentLock,
  releasedSchema, releaseSchema, renewalSchema,
} from './schemas.js'
import { type AcquireOptions, type LockStore } from './store.js'

/** What these endpoints need. */
export interface LockContext {
  readonly locks: LockStore
}

const define = route<LockContext>()
const tag = 'Locks'
const scope = 'organization'
const params = z.strictObject({ name: nameSchema })

/** Take, renew, let go of and look at locks. */
export const lockRoutes: readonly Route<LockContext>[] = [
  define({
    operationId: 'acquireLock',
    method: 'POST',
    path: '/v1/locks/{name}/acquire',
    tag,
    summary: 'Take a lock, or wait for it in a fair queue',
    action: 'locks:write',
    scope,
    input: { params, body: acquisitionSchema },
    status: 200,
    output: heldLockSchema,
    errors: [LockNotAcquired, LockLimitReached],
    idempotency: 'own',
    handle: async ({ locks }, { params: { name }, body, idempotencyKey, signal }) => {
      const { ttl_seconds: ttlSeconds, wait_seconds: waitSeconds = 0, owner } = body
      const waitMs = waitSeconds * 1_000
      const options = { ttlSeconds, waitMs, owner, idempotencyKey, signal, renewing: false }
      return presentHeld(await acquired(locks, name, options))
    },
  }),
  define({
    operationId: 'renewLock',
    method: 'POST',
    path: '/v1/locks/{name}/renew',
    tag,
    summary: 'Make the lease last longer',
    action: 'locks:write',
    scope,
    input: { params, body: renewalSchema },
    status: 200,
    output: heldLockSchema,
    errors: [LockLost],
    idempotency: 'transaction',
    handle: async ({ locks }, { params: { name }, body: { ttl_seconds: ttlSeconds, ...rest } }) => {
      const hold = { name, ...rest }
      return presentHeld({ ...hold, expiresAt: await locks.renew(hold, ttlSeconds) })
    },
  }),
  define({
    operationId: 'releaseLock',
    method: 'POST',
    path: '/v1/locks/{name}/release',
    tag,
    summary: 'Let go of a lock',
    action: 'locks:write',
    scope,
    input: { params, body: releaseSchema },
    status: 200,
    output: releasedSchema,
    errors: [],
    idempotency: 'transaction',
    handle: async ({ locks }, { params: { name }, body }) =>
      ({ released: await locks.release({ name, ...body }) }),
  }),
  define({
    operationId: 'getLock',
    method: 'GET',
    path: '/v1/locks/{name}',
    tag,
    summary: 'See who holds a lock',
    action: 'locks:read',
    scope,
    input: { params },
    status: 200,
    output: lockSchema,
    errors: [LockNotFound],
    idempotency: 'none',
    handle: async ({ locks }, { params: { name } }) => presentLock(await locks.get(name)),
  }),
  define({
    operationId: 'listLocks',
    method: 'GET',
    path: '/v1/locks',
    tag,
    summary: 'List locks by name',
    action: 'locks:read',
    scope,
    input: {
      query: z.strictObject({
        ...pageQuery, all: flagText('Also those that nobody holds.').optional(),
      }),
    },
    status: 200,
    output: pageSchema('LockPage', lockSchema),
    errors: [InvalidCursor],
    idempotency: 'none',
    handle: async ({ locks }, { query }) => presentPage(await locks.list(query), presentLock),
  }),
]

/** A wait that was broken off, because the client or the server goes, may be repeated. */
async function acquired(locks: LockStore, name: string, options: AcquireOptions): Promise<Lock> {
  try {
    return await locks.acquire(name, options)
  } catch (cause) {
    if (options.signal?.aborted !== true) throw cause
    const message = 'The wait for the lock was broken off; ask again.'
    throw new LockNotAcquired(message, { cause, retryAfterSeconds: 1 })
  }
}
