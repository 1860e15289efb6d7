import { Command, CommanderError } from 'commander'
import { addAgent } from './agent.js'
import { addExport } from './archive.js'
import { addAudit } from './audit.js'
import { addBackup } from './backup.js'
import { addConversation } from './conversation.js'
import { addDoctor } from './doctor.js'
import { wantsStack } from './environment.js'
import {
  CommandFailure, exitCodeOf, exitCodes, failureText, ToldFailure, UsageFailure,
} from './failure.js'
import { addFloor } from './floor.js'
import { addImport } from './import.js'
import { addInitDb } from './init-db.js'
import { addMigrate } from './migrate.js'
import { addOpenApi } from './openapi.js'
import { addOrganization } from './organization.js'
import { addRun } from './run.js'
import { addScheduler } from './scheduler.js'
import { addServe } from './serve.js'
import { Terminal } from './terminal.js'
import { addSecrets } from './secrets.js'
import { addToken } from './token.js'
import { addTransfer } from './transfer.js'
import { addUsage } from './usage.js'
import { addUser } from './user.js'
import { programVersion } from './version.js'
import { addWorker } from './worker.js'
import { addWorkflow } from './workflow.js'

const closing = `
Exit codes: 0 done, 1 failed, 2 the command line cannot be understood.
Settings also come from the environment (HOLDFAST_DATABASE_URL, HOLDFAST_PORT, …); flags win.

Examples:
  holdfast serve                                   SQLite in ./holdfast.db, port 7410
  holdfast serve --database postgres://user:password@db.internal:5432/holdfast
  holdfast worker --handlers ./handlers.mjs        runs jobs of queues
  holdfast worker --workflows ./workflows.mjs      runs workflows
  holdfast token create --scopes '*' --json
  holdfast doctor`

/** Runs a command line and gives its exit code; every failure has been told by then. */
export async function run(
  words: readonly string[],
  terminal: Terminal = new Terminal(),
): Promise<number> {
  try {
    await printed(words, terminal)
    return exitCodes.ok
  } catch (error) {
    const failure = error instanceof CommanderError ? usageOf(error) : error
    const style = { json: words.includes('--json'), stack: wantsStack(words) }
    if (!(failure instanceof ToldFailure)) terminal.say(failureText(failure, style))
    return exitCodeOf(failure)
  } finally {
    await terminal.flush()
  }
}

/** Runs a command until its result has left the process. */
async function printed(words: readonly string[], terminal: Terminal): Promise<void> {
  try {
    const program = buildProgram(terminal)
    await program.parseAsync(meant(words, program), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error
  }
  await terminal.flush()
  terminal.checkOutput()
}

/** Help about a command that there is not would be help about everything, without a word why. */
function meant(words: readonly string[], { commands }: Command): readonly string[] {
  const [first, name] = words
  if (first !== 'help' || name === undefined) return words
  return ['help', ...commands.map((each) => each.name())].includes(name) ? words : words.slice(1)
}

/** The commands, their options and their help; nothing runs before it is given words. */
export function buildProgram(terminal: Terminal): Command {
  const program = new Command('holdfast')
    .description('Durable state for AI agents: conversations that survive anything.')
    .version(programVersion, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', closing)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.write(text),
      writeErr: (text) => terminal.writeError(text),
      outputError: () => undefined,
    })
  addServe(program, terminal)
  addWorker(program, terminal)
  addScheduler(program, terminal)
  addInitDb(program, terminal)
  addMigrate(program, terminal)
  addDoctor(program, terminal)
  addUser(program, terminal)
  addOrganization(program, terminal)
  addToken(program, terminal)
  addSecrets(program, terminal)
  addTransfer(program, terminal)
  addBackup(program, terminal)
  addAudit(program, terminal)
  addConversation(program, terminal)
  addAgent(program, terminal)
  addFloor(program, terminal)
  addExport(program, terminal)
  addImport(program, terminal)
  addUsage(program, terminal)
  addWorkflow(program, terminal)
  addRun(program, terminal)
  addOpenApi(program, terminal)
  return program
}

/** The failure behind what the parser threw. */
function usageOf(error: CommanderError): CommandFailure {
  if (error.code === 'commander.help') return new ToldFailure(exitCodes.usage)
  const sentence = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ').trim()
  const hint = sentence.includes('Did you mean') ? '' : ' (see holdfast --help)'
  return new UsageFailure(`${sentence}${hint}`)
}
