import { backupsOn } from '../backup.js'
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
  const [newest] = backupsOn(settings).verified()
  if (newest === undefined) {
    return [warning(name, `There is no verified backup of this database in ${directory}.`, fix)]
  }
  const hours = newest.ageSeconds! / 3_600
  const age = `The newest verified backup, ${newest.name}, is ${hours.toFixed(1)} hours old`
  if (hours <= patience * everyHours) return [ok(name, `${age}.`)]
  return [warning(name, `${age}, and one is due every ${everyHours}.`, fix)]
}
