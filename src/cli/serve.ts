import { type Command } from 'commander'
import { createFirstLogin, type FirstLogin } from '../identity/index.js'
import { type Holdfast } from '../holdfast.js'
import { ProcessWatch } from '../processes/index.js'
import { type RunningServer } from '../server/index.js'
import { hiddenUrl } from '../database/address.js'
import { backupsOn } from './backup.js'
import { BackupSchedule } from './backup-schedule.js'
import { type Configuration, type Settings } from './environment.js'
import { causeChain, CommandFailure } from './failure.js'
import { type Handlers, loadWork, queuesOf, type WorkOptions } from './handlers.js'
import { openToServe } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { stopSignal, unlessStopped } from './stop-signal.js'
import { type Terminal } from './terminal.js'
import { programVersion } from './version.js'
import { WorkLog } from './work-log.js'

interface ServeOptions extends DatabaseOptions, WorkOptions {
  /** False after `--no-migrate`. */
  readonly migrate: boolean
}

/** Adds `serve`. */
export function addServe(program: Command, terminal: Terminal): void {
  withDatabase(program.command('serve'))
    .description('run the HTTP server')
    .option('--host <address>', 'address to listen on (default: HOLDFAST_HOST, then 127.0.0.1)')
    .option('--port <port>', 'port; 0 picks a free one (default: HOLDFAST_PORT, then 7410)')
    .option('--redis <url>', 'Redis, for several processes (default: HOLDFAST_REDIS_URL)')
    .option('--handlers <file>', 'also run these handlers for the jobs of queues')
    .option('--workflows <file>', 'also run these workflows')
    .option('--run-queues <names>', 'where runs wait, separated by commas (default: runs)')
    .option('--no-migrate', 'refuse to start while migrations are pending')
    .action((options: ServeOptions) => serve(options, terminal))
}

async function serve(options: ServeOptions, terminal: Terminal): Promise<void> {
  // Before anything else: as process 1 of a container nothing would end on a signal otherwise.
  const stopped = stopSignal()
  const configuration = configured(options, terminal)
  const { settings } = configuration
  sayConfiguration(configuration, terminal)
  const given = await unlessStopped(stopped, loadWork(options))
  if (given === undefined) return
  const opening = openToServe(settings, { migrate: options.migrate, terminal })
  const holdfast = await unlessStopped(stopped, opening)
  if (holdfast === undefined) return
  sayCoordination(holdfast, { settings, terminal })
  saySecrets(holdfast, { settings, terminal })
  try {
    const queues = queuesOf(holdfast, given, options)
    const server = await listen(holdfast, settings)
    try {
      // Only now: a login made before the port is ours could never be shown.
      const login = await createFirstLogin(holdfast.database.as(), holdfast)
      announce({ options, settings, terminal, holdfast, server, login })
      const watch = watchProcesses(holdfast, settings, terminal)
      const work = startWork(holdfast, queues, { settings, terminal })
      await stopped
      await Promise.all([server.close(), watch.close(), ...work.map((each) => each.close())])
    } finally {
      await server.close()
    }
  } finally {
    await holdfast.close()
  }
}

/** Says so when other processes serve from this database and cannot be heard. */
function watchProcesses(holdfast: Holdfast, { logLevel }: Settings, terminal: Terminal) {
  const isQuiet = logLevel === 'silent' || logLevel === 'error'
  const { processes: registry, coordination } = holdfast
  return ProcessWatch.start({
    registry,
    coordination: coordination.name,
    warn: (message) => (isQuiet ? undefined : terminal.say(`holdfast: warning: ${message}`)),
  })
}

/**
 * Sealer, indexer, keepers of usage and of runs, what brings envelopes to agents, scheduler and
 * backups unless they run elsewhere, and a worker if there are handlers or workflows.
 */
function startWork(
  holdfast: Holdfast,
  queues: Handlers,
  { settings, terminal }: { readonly settings: Settings; readonly terminal: Terminal },
): { close(): Promise<void> }[] {
  const log = new WorkLog(terminal, settings.logLevel)
  return [
    holdfast.sealer({ retentionDays: settings.auditRetentionDays, onEvent: log.sealer }),
    holdfast.indexer({ onEvent: log.indexer }),
    holdfast.usageKeeper({
      retentionDays: settings.usageRetentionDays, onEvent: log.usageKeeper,
    }),
    holdfast.runKeeper({ retentionDays: settings.runRetentionDays, onEvent: log.runKeeper }),
    holdfast.openFloorWorker({ onEvent: log.worker }),
    ...(settings.runScheduler ? [holdfast.scheduler({ onEvent: log.scheduler })] : []),
    ...BackupSchedule.of(settings, log.backups),
    ...(Object.keys(queues).length === 0 ? []
      : [holdfast.worker({ queues, onEvent: log.worker })]),
  ].map((each) => each.start())
}

function sayConfiguration({ settings, given }: Configuration, terminal: Terminal): void {
  const isQuiet = settings.logLevel !== 'info' && settings.logLevel !== 'debug'
  if (isQuiet) return
  const read = given.length === 0 ? 'nothing set, defaults hold' : given.join(' ')
  terminal.say(`holdfast: version ${programVersion}, Node.js ${process.versions.node}`)
  terminal.say(`holdfast: configuration: ${read}`)
}

/** A Redis that is away is said at any level but silent: the server runs, others do not hear it. */
function sayCoordination(holdfast: Holdfast, { settings, terminal }: Told): void {
  const { reason } = holdfast.coordination.health()
  if (reason === undefined || settings.logLevel === 'silent') return
  terminal.say(`holdfast: degraded, and trying again: ${reason}`)
}

/** Without a root key the rest works; with the one that is beside the database, keep that too. */
function saySecrets(holdfast: Holdfast, { settings, terminal }: Told): void {
  const { logLevel } = settings
  if (logLevel === 'silent' || logLevel === 'error' || holdfast.secretWorks.isReady) return
  terminal.say('holdfast: warning: secrets are refused, since no root key is configured; ' +
    'set HOLDFAST_ROOT_KEY or HOLDFAST_ROOT_KEY_FILE')
}

interface Told {
  readonly settings: Settings
  readonly terminal: Terminal
}

async function listen(holdfast: Holdfast, settings: Settings): Promise<RunningServer> {
  const { startServer } = await import('../server/index.js')
  const { host, port, logLevel, bodyLimitBytes, requestTimeoutMs, drainMs } = settings
  const { trustProxy, rateLimits } = settings
  try {
    return await startServer({
      holdfast, host, port, logLevel, bodyLimitBytes, requestTimeoutMs, drainMs, trustProxy,
      rateLimits,
      backupAgeSeconds: settings.backups.everyHours === undefined ? undefined
        : () => backupAgeOf(settings),
    })
  } catch (error) {
    throw listeningFailure(error, settings)
  }
}

/** Undefined as well where they cannot be read: other figures are to be had all the same. */
function backupAgeOf(settings: Settings): number | undefined {
  try {
    return backupsOn(settings).verified()[0]?.ageSeconds
  } catch {
    return undefined
  }
}

function listeningFailure(error: unknown, { host, port }: Settings): unknown {
  const fail = (code: string, ...sentences: string[]) =>
    new CommandFailure(sentences.join(' '), { code, cause: error })
  for (const { code } of causeChain(error)) {
    if (code === 'EADDRINUSE') {
      const sentence = `Port ${port} on ${host} is taken by another program.`
      return fail('port_taken', sentence, 'Choose another with --port; --port 0 picks a free one.')
    }
    if (code === 'EACCES') {
      const sentence = `This user may not listen on port ${port}.`
      return fail('port_refused', sentence, 'Choose one above 1023 with --port.')
    }
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      const sentence = `${host} is no address of this machine.`
      return fail('host_unknown', sentence, 'Choose another with --host, such as 127.0.0.1.')
    }
  }
  return error
}

interface Announcement {
  readonly options: ServeOptions
  readonly settings: Settings
  readonly terminal: Terminal
  readonly holdfast: Holdfast
  readonly server: RunningServer
  readonly login: FirstLogin | undefined
}

function announce({ options, settings, terminal, holdfast, server, login }: Announcement): void {
  const { url } = server
  if (options.json === true) {
    const first = login && {
      admin_token: login.adminToken, email: login.email, password: login.password,
    }
    const line = { url, database: holdfast.backend.engine.name, ...first }
    return terminal.print(JSON.stringify(line))
  }
  terminal.print(`Holdfast ${programVersion} listens on ${url}`)
  terminal.print(`  API documentation  ${url}/docs`)
  terminal.print(`  Database           ${hiddenUrl(settings.database)}`)
  if (settings.redis !== undefined) {
    terminal.print(`  Redis              ${hiddenUrl(settings.redis)}`)
  }
  if (login !== undefined) for (const line of firstLoginLines(url, login)) terminal.print(line)
  terminal.print('Ctrl-C stops it.')
}

function firstLoginLines(url: string, login: FirstLogin): string[] {
  return [
    '',
    'First start. This login is shown once and cannot be shown again:',
    `  E-mail             ${login.email}`,
    `  Password           ${login.password}`,
    `  Service token      ${login.adminToken}`,
    '',
    'Try it:',
    `  curl ${url}/v1/conversations -H 'Authorization: Bearer ${login.adminToken}' ` +
      `-H 'Content-Type: application/json' -d '{"title":"Hello"}'`,
    '',
  ]
}
