import { defineError } from '../../errors.js'

/** A backup that is cut off, changed, or none; the message says what of it. */
export const InvalidBackup = defineError('InvalidBackup', { code: 'invalid_backup', status: 400 })

/** A backup is encrypted under a key that is not at hand. */
export const BackupKeyMismatch = defineError('BackupKeyMismatch', {
  code: 'backup_key_mismatch', status: 409,
})

/** A backup is of a schema, or in a format, that a newer version made. */
export const BackupTooNew = defineError('BackupTooNew', { code: 'backup_too_new', status: 409 })

/** What was asked for cannot be done so; the message says why and what to do. */
export const BackupRefused = defineError('BackupRefused', { code: 'backup_refused', status: 409 })

/** A backup was restored for a trial, and what came out is not what went in. */
export const BackupMismatch = defineError('BackupMismatch', {
  code: 'backup_mismatch', status: 500,
})

/** The signal ended it; what was begun is cleared away. */
export const BackupStopped = defineError('BackupStopped', {
  code: 'backup_stopped', status: 503, retryable: true,
})
