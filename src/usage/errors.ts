import { defineError } from '../errors.js'

/** An event of this id is recorded already, and says something else. */
export const UsageEventConflict = defineError('UsageEventConflict', {
  code: 'usage_event_conflict', status: 409,
})
