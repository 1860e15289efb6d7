import { backupsOn } from '../backup.js'
import { type ListedBackup } from '../../lifecycle/backup/index.js'
import { type Settings } from '../environment.js'
import { type Check, ok, warning } from './check.js'

/** Later than the schedule by this much, the newest backup is too old. */
const patience = 2

/** Whether what the schedule promises is there. */
export function checkBackups(settings: Settings): Check[] {
  const { everyHours, directory } = settings.backups
  if (everyHours === undefined) return []
  const name = 'backups'
  const fix = 'See why in the log of serve or scheduler, or make one: holdfast backup create'
  let newest: ListedBackup | undefined
  try {
    ;[newest] = backupsOn(settings).verified()
  } catch (error) {
    const message = `The backups in ${directory} cannot be read: ${(error as Error).message}.`
    return [warning(name, message, 'Mend HOLDFAST_BACKUP_DIRECTORY, or the keys of backups.')]
  }
  if (newest?.ageSeconds === undefined) {
    const word = newest === undefined ? 'verified backup' : 'backup that is not of a time to come,'
    return [warning(name, `There is no ${word} of this database in ${directory}.`, fix)]
  }
  const hours = newest.ageSeconds / 3_600
  const age = `The newest verified backup, ${newest.name}, is ${hours.toFixed(1)} hours old`
  if (hours <= patience * everyHours) return [ok(name, `${age}.`)]
  return [warning(name, `${age}, and one is due every ${everyHours}.`, fix)]
}
