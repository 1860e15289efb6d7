import { type Command } from 'commander'
import { openFloorQueues } from '../adapters/open-floor/index.js'
import { type Holdfast, type HoldfastTransaction } from '../holdfast.js'
import { type QueueWorker } from '../queues/index.js'
import { UsageFailure } from './failure.js'
import { type Handlers, loadWork, queuesOf, type WorkOptions } from './handlers.js'
import { openToServe, refuseMemory } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { stopSignal, unlessStopped } from './stop-signal.js'
import { type Terminal } from './terminal.js'
import { WorkLog } from './work-log.js'

interface WorkerCommandOptions extends DatabaseOptions, WorkOptions {
  readonly openFloor?: boolean
  readonly concurrency?: string
  readonly leaseSeconds?: string
  readonly graceSeconds?: string
}

/** Adds `worker`. */
export function addWorker(program: Command, terminal: Terminal): void {
  withDatabase(program.command('worker'))
    .description('run handlers for the jobs of queues, and workflows')
    .option('--handlers <file>', 'a module that exports a function for each queue')
    .option('--workflows <file>', 'a module that exports a function for each workflow')
    .option('--run-queues <names>', 'where runs wait, separated by commas (default: runs)')
    .option('--open-floor', 'also bring envelopes to agents')
    .option('--queues <names>', 'only these of them, separated by commas')
    .option('--concurrency <n>', 'jobs at once (default: 16)')
    .option('--lease-seconds <n>', 'how long a silent worker keeps a job (default: 30)')
    .option('--grace-seconds <n>', 'how long jobs may go on after a signal (default: 30)')
    .option('--redis <url>', 'wake-ups between processes (default: HOLDFAST_REDIS_URL)')
    .action((options: WorkerCommandOptions) => work(options, terminal))
}

async function work(options: WorkerCommandOptions, terminal: Terminal): Promise<void> {
  const stopped = stopSignal()
  const { settings } = configured(options, terminal)
  const limits = limitsOf(options)
  refuseMemory(settings.database)
  const { handlers, workflows, openFloor } = options
  if (handlers === undefined && workflows === undefined && openFloor !== true) {
    throw new UsageFailure('worker needs --handlers, --workflows or --open-floor')
  }
  const given = await unlessStopped(stopped, loadWork(options))
  if (given === undefined) return
  const holdfast = await unlessStopped(
    stopped, openToServe(settings, { migrate: true, terminal }))
  if (holdfast === undefined) return
  try {
    const queues = queuesOf(holdfast, given, options)
    const { worker: onEvent } = new WorkLog(terminal, settings.logLevel)
    const envelopes = openFloor === true
      ? holdfast.openFloorWorker({ onEvent }).start()
      : undefined
    const worker = Object.keys(queues).length === 0
      ? envelopes!
      : holdfast.worker({ queues, ...limits, onEvent }).start()
    announce({ options, terminal, holdfast, queues })
    await stopped
    await Promise.all([worker.close(), envelopes?.close()])
    conclude(options, terminal, worker)
  } finally {
    await holdfast.close()
  }
}

function limitsOf({ concurrency, leaseSeconds, graceSeconds }: WorkerCommandOptions) {
  const lease = numberOf('--lease-seconds', leaseSeconds, [1, 3_600])
  const grace = numberOf('--grace-seconds', graceSeconds, [0, 600])
  const limit = numberOf('--concurrency', concurrency, [1, 1_000])
  return {
    ...(limit === undefined ? {} : { concurrency: limit }),
    ...(lease === undefined ? {} : { leaseSeconds: lease }),
    ...(grace === undefined ? {} : { graceMs: grace * 1_000 }),
  }
}

function numberOf(
  flag: string,
  text: string | undefined,
  [least, most]: readonly [number, number],
): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN
  if (value >= least && value <= most) return value
  throw new UsageFailure(`${flag} must be a whole number from ${least} to ${most}, not ${text}`)
}

interface Announcement {
  readonly options: WorkerCommandOptions
  readonly terminal: Terminal
  readonly holdfast: Holdfast
  readonly queues: Handlers
}

function announce({ options, terminal, holdfast, queues }: Announcement): void {
  const { openFloor } = options
  const names = [...Object.keys(queues), ...(openFloor === true ? openFloorQueues : [])]
  const database = holdfast.backend.engine.name
  if (options.json === true) {
    return terminal.print(JSON.stringify({ working: names, database }))
  }
  terminal.print(`Holdfast works on ${names.join(', ')}. Ctrl-C stops it.`)
}

function conclude(
  options: DatabaseOptions,
  terminal: Terminal,
  { figures }: QueueWorker<HoldfastTransaction>,
): void {
  const { completed, failed, released, lost } = figures
  if (options.json === true) {
    return terminal.print(JSON.stringify({ completed, failed, released, lost }))
  }
  terminal.print(`Stopped: ${completed} completed, ${failed} failed, ${released} given back.`)
}
