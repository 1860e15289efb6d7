import { type Command } from 'commander'
import { type Terminal } from './terminal.js'
import { type Configuration, type Flags, readConfiguration } from './environment.js'

/** Options that every command on a database has. */
export interface DatabaseOptions extends Flags {
  readonly json?: boolean
}

/** Adds `--database`, `--log-level` and `--json`. */
export function withDatabase(command: Command): Command {
  return withJson(command)
    .option('--database <url>', 'the database (default: HOLDFAST_DATABASE_URL, then its default)')
}

/** Adds `--log-level` and `--json`. */
export function withJson(command: Command): Command {
  return command
    .option('--json', 'answer in JSON, for programs')
    .option('--log-level <level>', 'silent, error, warn, info or debug')
}

/** Reads the configuration under the given flags and tells what looked wrong in it. */
export function configured(options: Flags, terminal: Terminal): Configuration {
  const configuration = readConfiguration(options)
  if (configuration.settings.logLevel !== 'silent') {
    for (const warning of configuration.warnings) terminal.say(`holdfast: warning: ${warning}`)
  }
  return configuration
}
