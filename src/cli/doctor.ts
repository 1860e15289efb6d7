import { type Command } from 'commander'
import { addressOf, type DatabaseAddress, hiddenUrl } from '../database/address.js'
import { checkAttachments } from './doctor/attachments.js'
import { checkBackups } from './doctor/backups.js'
import { type Check, ok, problem, warning } from './doctor/check.js'
import { checkFile } from './doctor/file.js'
import { checkNode, checkPort, checkSqliteDriver } from './doctor/machine.js'
import { checkServer } from './doctor/server.js'
import { type Configuration, readConfiguration, type Settings } from './environment.js'
import { exitCodes, ToldFailure, UsageFailure } from './failure.js'
import { type DatabaseOptions, withDatabase } from './options.js'
import { type Terminal } from './terminal.js'

/** Adds `doctor`. */
export function addDoctor(program: Command, terminal: Terminal): void {
  withDatabase(program.command('doctor'))
    .description('check configuration, database, Redis, attachments, machine; says how to mend')
    .option('--host <address>', 'address that serve would listen on')
    .option('--port <port>', 'port that serve would listen on')
    .option('--redis <url>', 'Redis that serve would use')
    .action(async (options: DatabaseOptions) => {
      const checks = await examine(options)
      print(checks, options.json === true, terminal)
      const isWell = checks.every(({ state }) => state !== 'problem')
      if (!isWell) throw new ToldFailure(exitCodes.failed)
    })
}

async function examine(options: DatabaseOptions): Promise<Check[]> {
  const configuration = configurationOf(options)
  if ('state' in configuration) return [checkNode(), configuration, checkSqliteDriver(false)]
  const { settings } = configuration
  const address = addressOf(settings.database)
  const { checkRedis } = await import('./doctor/redis.js')
  return [
    checkNode(),
    ...checkConfiguration(configuration),
    checkSqliteDriver(address.kind !== 'server'),
    ...(await checkDatabase(address, settings)),
    ...checkBackups(settings),
    ...(await checkRedis(settings.redis, settings.redisPrefix)),
    ...(await checkAttachments(settings.attachments)),
    await checkPort(settings),
  ]
}

/** The configuration, or the check that says why there is none. */
function configurationOf(options: DatabaseOptions): Configuration | Check {
  try {
    return readConfiguration(options)
  } catch (error) {
    if (error instanceof UsageFailure) throw error
    const fix = 'Correct it; docs/reference/configuration.md lists every variable.'
    return problem('configuration', (error as Error).message, fix)
  }
}

function checkConfiguration({ settings, warnings }: Configuration): Check[] {
  const fix = 'Correct or unset it; docs/reference/configuration.md lists every variable.'
  return [
    ok('configuration', `the database is ${hiddenUrl(settings.database)}`),
    ...warnings.map((message) => warning('configuration', message, fix)),
  ]
}

async function checkDatabase(address: DatabaseAddress, settings: Settings): Promise<Check[]> {
  if (address.kind === 'file') return checkFile(address.path, settings)
  if (address.kind === 'server') return checkServer(address, settings)
  const message = 'Everything is kept in memory and lost when the process ends.'
  return [warning('database', message, 'Set HOLDFAST_DATABASE_URL=sqlite:./holdfast.db')]
}

function print(checks: readonly Check[], json: boolean, terminal: Terminal): void {
  const problems = checks.filter(({ state }) => state === 'problem').length
  if (json) return terminal.print(JSON.stringify({ ok: problems === 0, checks }))
  for (const { name, state, message, fix } of checks) {
    terminal.print(`${state.padEnd(8)} ${name.padEnd(18)} ${message}`)
    if (fix !== undefined) terminal.print(`${' '.repeat(28)}${fix}`)
  }
  const warnings = checks.filter(({ state }) => state === 'warning').length
  const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`
  terminal.print('')
  terminal.print(`${count(problems, 'problem')}, ${count(warnings, 'warning')}`)
}
