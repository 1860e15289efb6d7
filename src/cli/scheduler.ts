import { type Command } from 'commander'
import { BackupSchedule } from './backup-schedule.js'
import { openToServe, refuseMemory } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { stopSignal, unlessStopped } from './stop-signal.js'
import { type Terminal } from './terminal.js'
import { WorkLog } from './work-log.js'

/** Adds `scheduler`. */
export function addScheduler(program: Command, terminal: Terminal): void {
  withDatabase(program.command('scheduler'))
    .description('fire recurring jobs, bring back those of dead workers, make backups')
    .option('--redis <url>', 'wake-ups between processes (default: HOLDFAST_REDIS_URL)')
    .action((options: DatabaseOptions) => schedule(options, terminal))
}

async function schedule(options: DatabaseOptions, terminal: Terminal): Promise<void> {
  const stopped = stopSignal()
  const { settings } = configured(options, terminal)
  refuseMemory(settings.database)
  const holdfast = await unlessStopped(
    stopped, openToServe(settings, { migrate: true, terminal }))
  if (holdfast === undefined) return
  try {
    const log = new WorkLog(terminal, settings.logLevel)
    holdfast.scheduler({ onEvent: log.scheduler }).start()
    holdfast.sealer({ retentionDays: settings.auditRetentionDays, onEvent: log.sealer }).start()
    holdfast.usageKeeper({
      retentionDays: settings.usageRetentionDays, onEvent: log.usageKeeper,
    }).start()
    holdfast.runKeeper({ retentionDays: settings.runRetentionDays, onEvent: log.runKeeper }).start()
    const backups = BackupSchedule.of({ ...settings, runScheduler: true }, log.backups)
    for (const each of backups) each.start()
    const database = holdfast.backend.engine.name
    if (options.json === true) terminal.print(JSON.stringify({ scheduling: true, database }))
    else terminal.print('Holdfast fires schedules. Ctrl-C stops it.')
    await stopped
    for (const each of backups) await each.close()
  } finally {
    await holdfast.close()
  }
}
