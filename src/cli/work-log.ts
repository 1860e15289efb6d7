import { type SealerEvent } from '../audit/index.js'
import { type IndexerEvent } from '../conversations/index.js'
import { type Job, type SchedulerEvent, type WorkerEvent } from '../queues/index.js'
import { type UsageKeeperEvent } from '../usage/index.js'
import { type RunKeeperEvent } from '../workflows/index.js'
import { type BackupScheduleEvent } from './backup-schedule.js'
import { type LogLevel, logLevels } from './environment.js'
import { type Terminal } from './terminal.js'

/** Tells what workers and schedulers do, a line each, on standard error. */
export class WorkLog {
  readonly #terminal: Terminal
  readonly #level: number

  constructor(terminal: Terminal, level: LogLevel) {
    this.#terminal = terminal
    this.#level = logLevels.indexOf(level)
  }

  readonly worker = (event: WorkerEvent): void => {
    if (event.kind === 'unavailable') return this.#unavailable('worker', event.error)
    const which = nameOf(event.job)
    switch (event.kind) {
      case 'failed': return this.#say('warn', `${which} failed: ${textOf(event.error)}`)
      case 'declined': return this.#say('warn', `${which} left to other workers: ${event.reason}`)
      case 'lost': return this.#say('warn', `${which} lost its lease; its outcome is dropped`)
      case 'stale': return this.#say('warn', `${which} answered too late and was refused`)
      default: return this.#say('debug', `${which} ${event.kind}`)
    }
  }

  readonly scheduler = (event: SchedulerEvent): void => {
    if (event.kind === 'unavailable') return this.#unavailable('scheduler', event.error)
    const which = `schedule ${event.schedule.name}`
    switch (event.kind) {
      case 'refused':
        return this.#say('warn', `${which}: its job was refused: ${textOf(event.error)}`)
      case 'unreadable':
        return this.#say('warn', `${which}: not fired here: ${textOf(event.error)}`)
      case 'skipped':
        return this.#say('warn', `${which}: skipped, the job before is unfinished`)
      default:
        return this.#say('debug', `${which} fired`)
    }
  }

  readonly sealer = (event: SealerEvent): void => {
    if (event.kind === 'unavailable') return this.#unavailable('sealer', event.error)
    if (event.kind === 'sealed') return this.#say('debug', `sealed ${event.entries} audit entries`)
    const which = `audit log of ${event.organizationId}`
    switch (event.kind) {
      case 'stuck':
        return this.#say('error', `${which} was tampered with: run holdfast audit verify`)
      case 'refused':
        return this.#say('error', `${which} was not pruned: ${textOf(event.error)}`)
      default:
        return this.#say('info', `${which}: ${event.entries} entries pruned`)
    }
  }

  readonly indexer = (event: IndexerEvent): void => {
    if (event.kind === 'unavailable') return this.#unavailable('indexer', event.error)
    const all = event.kind === 'finished' ? ', and that was all' : ''
    this.#say('info', `indexed ${event.messages} messages that were left${all}`)
  }

  readonly usageKeeper = (event: UsageKeeperEvent): void => {
    if (event.kind === 'unavailable') return this.#unavailable('usage', event.error)
    const isPruned = event.kind === 'pruned'
    this.#say(isPruned ? 'info' : 'debug', isPruned
      ? `${event.events} events of usage pruned` : `rolled up ${event.events} events of usage`)
  }

  readonly runKeeper = (event: RunKeeperEvent): void => {
    if (event.kind === 'unavailable') return this.#unavailable('runs', event.error)
    this.#say('info', `${event.runs} runs of workflows pruned`)
  }

  readonly backups = (event: BackupScheduleEvent): void => {
    if (event.kind === 'failed') return this.#say('error', `backup failed: ${event.reason}`)
    this.#say('info', `made the backup ${event.name}, removed ${event.pruned} older ones`)
  }

  #unavailable(who: string, error: unknown): void {
    this.#say('warn', `${who}: the database cannot be used, trying again: ${textOf(error)}`)
  }

  #say(level: LogLevel, line: string): void {
    if (logLevels.indexOf(level) <= this.#level) this.#terminal.say(`holdfast: ${line}`)
  }
}

const nameOf = ({ id, queue, attempt }: Job): string => `job ${id} of ${queue}, attempt ${attempt},`

/** Characters of a failure that are told; the job keeps more. */
const textMax = 1_000

/** One line, and nothing that would make another of it or steer a terminal. */
function textOf(error: unknown): string {
  const text = String(error instanceof Error ? error.message || error.name : error)
  const line = text.slice(0, textMax).replace(/[\s\p{Cc}]*[\p{Cc}\u2028\u2029][\s\p{Cc}]*/gu, ' ')
  return text.length > textMax ? `${line}…` : line
}
