import { anyText, integer, oneOf, type Reader } from './reader.js'

/** How backups are made. */
export interface BackupSettings {
  readonly directory: string
  /** Undefined where nobody makes them on a schedule. */
  readonly everyHours: number | undefined
  readonly keep: number
  readonly encrypt: boolean
  /** Undefined for the root key. */
  readonly keyFile: string | undefined
  readonly scratch: string | undefined
}

/** Reads how backups are made. Throws InvalidConfiguration. */
export function backupSettingsOf(reader: Reader): BackupSettings {
  return {
    directory: reader.read('HOLDFAST_BACKUP_DIRECTORY', anyText),
    everyHours: reader.readOptional('HOLDFAST_BACKUP_EVERY_HOURS', integer(1, 8_760)),
    keep: reader.read('HOLDFAST_BACKUP_KEEP', integer(1, 10_000)),
    encrypt: reader.read('HOLDFAST_BACKUP_ENCRYPT', oneOf(['true', 'false'])) === 'true',
    keyFile: reader.readOptional('HOLDFAST_BACKUP_KEY_FILE', anyText),
    scratch: reader.readOptional('HOLDFAST_BACKUP_SCRATCH', anyText),
  }
}
