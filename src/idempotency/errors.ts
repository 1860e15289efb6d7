import { defineError } from '../errors.js'

/** The key was used before for a different call. */
export const IdempotencyKeyReused = defineError('IdempotencyKeyReused', {
  code: 'idempotency_key_reused', status: 422,
})
