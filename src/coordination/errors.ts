import { defineError } from '../errors.js'

/** Redis did not answer, or not in time. Nothing that matters depends on it. */
export const CoordinationUnavailable = defineError('CoordinationUnavailable', {
  code: 'coordination_unavailable', status: 503, retryable: true,
})
