import { defineError } from '../errors.js'

/** No such secret of this owner, or no such version of it. */
export const SecretNotFound = defineError('SecretNotFound', {
  code: 'secret_not_found', status: 404,
})

/** The owner has a secret of this name. */
export const SecretNameTaken = defineError('SecretNameTaken', {
  code: 'secret_name_taken', status: 409,
})

/** The organization has as many secrets as it may have. */
export const SecretLimitReached = defineError('SecretLimitReached', {
  code: 'secret_limit_reached', status: 409,
})

/** The secret's time is over: it can be changed or deleted, but not revealed. */
export const SecretExpired = defineError('SecretExpired', { code: 'secret_expired', status: 410 })

/** What is stored is not what was written there; nothing more is told. */
export const SecretUnreadable = defineError('SecretUnreadable', {
  code: 'secret_unreadable', status: 500,
})

/** The value is under a key that was retired. */
export const SecretKeyRetired = defineError('SecretKeyRetired', {
  code: 'secret_key_retired', status: 409,
})

/** The key has encrypted as often as it may; the organization's key must be rotated. */
export const SecretKeyExhausted = defineError('SecretKeyExhausted', {
  code: 'secret_key_exhausted', status: 503,
})

/** Something is still under a key that was to be retired. */
export const SecretKeyInUse = defineError('SecretKeyInUse', {
  code: 'secret_key_in_use', status: 409,
})

/** The call is about a person's own secrets, and no person stands behind the caller. */
export const SecretOwnerRequired = defineError('SecretOwnerRequired', {
  code: 'secret_owner_required', status: 403,
})

/** The audit log could not be written, so that nothing is revealed. */
export const RevealNotRecorded = defineError('RevealNotRecorded', {
  code: 'reveal_not_recorded', status: 503, retryable: true,
})

/** No root key is configured: secrets cannot be used, everything else can. */
export const RootKeyMissing = defineError('RootKeyMissing', {
  code: 'root_key_missing', status: 503,
})

/** The database is under another root key than those given; nothing was changed. */
export const RootKeyMismatch = defineError('RootKeyMismatch', {
  code: 'root_key_mismatch', status: 500,
})

/** What keeps the root key does not answer, or refuses. */
export const RootKeyUnavailable = defineError('RootKeyUnavailable', {
  code: 'root_key_unavailable', status: 503, retryable: true,
})
