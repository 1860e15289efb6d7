import { defineError } from '../errors.js'

/** No such queue in this organization: it has no job and no setting. */
export const QueueNotFound = defineError('QueueNotFound', { code: 'queue_not_found', status: 404 })

/** No such job in this organization, or it was deleted after its retention. */
export const JobNotFound = defineError('JobNotFound', { code: 'job_not_found', status: 404 })

/** The job is over, so that it cannot be cancelled. */
export const JobFinished = defineError('JobFinished', { code: 'job_finished', status: 409 })

/** The job was cancelled while it was worked on; its completion does not count. */
export const JobCancelled = defineError('JobCancelled', { code: 'job_cancelled', status: 409 })

/** The attempt is over: its lease ran out, or it was finished or given back before. */
export const AttemptStale = defineError('AttemptStale', { code: 'attempt_stale', status: 409 })

/** The dedupe key belongs to a job of this queue with another payload. */
export const DedupeKeyReused = defineError('DedupeKeyReused', {
  code: 'dedupe_key_reused', status: 409,
})
