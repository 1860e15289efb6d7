import { defineError } from '../errors.js'

/** A secret field cannot be sealed or opened, since no root key is configured. */
export const SealingUnavailable = defineError('SealingUnavailable', {
  code: 'sealing_unavailable', status: 503,
})

/** The call is about a person's own settings, and no person stands behind the caller. */
export const PersonRequired = defineError('PersonRequired', {
  code: 'person_required', status: 403,
})
