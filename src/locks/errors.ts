import { defineError } from '../errors.js'

/** Somebody else holds the lock, and did not let go in time. */
export const LockNotAcquired = defineError('LockNotAcquired', {
  code: 'lock_not_acquired', status: 409, retryable: true,
})

/** The lock is no longer held: it expired, was released, or an administrator took it away. */
export const LockLost = defineError('LockLost', { code: 'lock_lost', status: 409 })

/** Nobody has ever held a lock of this name in this organization. */
export const LockNotFound = defineError('LockNotFound', { code: 'lock_not_found', status: 404 })

/** The organization has as many names of locks as it may have. */
export const LockLimitReached = defineError('LockLimitReached', {
  code: 'lock_limit_reached', status: 409,
})
