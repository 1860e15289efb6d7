export {
  Backups, type BackupsOptions, type CreateBackupOptions, type CreatedBackup, type ListedBackup,
} from './backups.js'
export {
  BackupKeyMismatch, BackupMismatch, BackupRefused, BackupStopped, BackupTooNew, InvalidBackup,
} from './errors.js'
export { type BackupEvent, type BackupPhase } from './events.js'
export {
  type BackupEncryption, type BackupFile, type BackupManifest, type BackupTable,
  type BackupVerification,
} from './manifest.js'
export { type BackupEntry } from './places.js'
export { type RestoreReport } from './restore.js'
