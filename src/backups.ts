import { systemClock } from './clock.js'
import { Backups, type BackupsOptions } from './lifecycle/backup/index.js'
import { tables } from './tables.js'

/** The backups of a database; its methods begin. */
export function backupsOf(options: BackupsOptions): Backups {
  return new Backups({ ...options, tables, clock: systemClock })
}
