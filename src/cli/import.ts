import { readFileSync } from 'node:fs'
import { type Command } from 'commander'
import { type Holdfast } from '../holdfast.js'
import { UserNotFound } from '../identity/index.js'
import {
  type ImportOptions, type ImportProgress, type ImportReport, type Imports,
} from '../lifecycle/import/index.js'
import { addArchiveImport } from './archive.js'
import { CommandFailure, exitCodes, ToldFailure, UsageFailure } from './failure.js'
import { type OrganizationOptions, withOrganization } from './in-organization.js'
import { withHoldfast } from './open.js'
import { configured } from './options.js'
import { ReportFile } from './report-file.js'
import { stopSignal } from './stop-signal.js'
import { type Terminal } from './terminal.js'

interface Options extends OrganizationOptions {
  readonly dryRun?: boolean
  readonly report?: string
  readonly strict?: boolean
}

interface OrcheoOptions extends Options {
  readonly vaultKey?: string
  readonly secrets: boolean
}

interface OpenHandsOptions extends Options {
  readonly settingsOf?: string
  readonly key: readonly string[]
  readonly user: readonly string[]
  readonly secrets: boolean
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value]

/** Adds `import` of each application. */
export function addImport(program: Command, terminal: Terminal): void {
  const group = program.command('import').description('take in what other applications keep')
  withReport(group.command('orcheo <path>'))
    .description('import an installation of Orcheo: its files, or what its own tool exported')
    .option('--vault-key <file>', 'the key of the vault (default: vault.key beside it)')
    .option('--no-secrets', 'leave out entries of the vault and secrets of webhooks')
    .action((path: string, { vaultKey, secrets, ...options }: OrcheoOptions) =>
      run(options, terminal, (imports, told) => imports.orcheo(path, {
        ...told, secrets, vaultKey: vaultKey === undefined ? undefined : keyIn(vaultKey),
      })))
  addOpenHands(group, terminal)
  addArchiveImport(group, terminal)
  withReport(group.command('chatgpt <path>'))
    .description('import the conversations of an export of ChatGPT: conversations.json')
    .action((path: string, options: Options) =>
      run(options, terminal, (imports, told) => imports.chatGpt(path, told)))
  withReport(group.command('claude <path>'))
    .description('import the conversations of an export of Claude: conversations.json')
    .action((path: string, options: Options) =>
      run(options, terminal, (imports, told) => imports.claude(path, told)))
}

function addOpenHands(group: Command, terminal: Terminal): void {
  withReport(group.command('openhands <path>'))
    .description('import a home of OpenHands: V0 file store, V1 app server, agent server, CLI')
    .option('--settings-of <whose>', 'whose settings and secrets in it become: organization, ' +
      'nobody, or a user by id, e-mail address or name; needed')
    .option('--key <file>', 'a key that secrets may be under; may be repeated', collect, [])
    .option('--user <source=user>', 'who a user of OpenHands is here; may be repeated', collect, [])
    .option('--no-secrets', 'leave out secrets')
    .action((path: string, { settingsOf, key, user, secrets, ...options }: OpenHandsOptions) => {
      if (settingsOf === undefined) {
        throw new UsageFailure('import openhands needs --settings-of: OpenHands does not say whose')
      }
      const isId = ['organization', 'nobody'].includes(settingsOf)
      return run(options, terminal, async (imports, told, holdfast) =>
        imports.openHands(path, {
          ...told, secrets, keys: key.map(keyIn), users: await usersOf(holdfast, user),
          settingsOf: isId ? settingsOf : await userIn(holdfast, settingsOf),
        }))
    })
}

/** Adds what every import may be told. */
function withReport(command: Command): Command {
  return withOrganization(command)
    .option('--dry-run', 'write nothing, and tell what would be done')
    .option('--report <file>', 'write the report to a file as JSON, readable by its owner alone')
    .option('--strict', 'exit with 1 when something is damaged')
}

/** Runs an import, tells how it goes, and prints what it came to. */
async function run(
  options: Options,
  terminal: Terminal,
  work: (imports: Imports, told: ImportOptions, holdfast: Holdfast) => Promise<ImportReport>,
): Promise<void> {
  const { settings } = configured(options, terminal)
  const stopped = new AbortController()
  void stopSignal().then(() => stopped.abort(new CommandFailure(
    'The import was stopped; repeat the command, and it goes on.', { code: 'import_stopped' })))
  const isQuiet = options.json === true || settings.logLevel === 'silent'
  const file = options.report === undefined ? undefined : new ReportFile(options.report)
  const opening = { ...settings, makesSchema: true }
  const report = await withHoldfast(opening, terminal, async (holdfast) => {
    const { id } = await holdfast.organizations.get(options.organization)
    return work(holdfast.imports(id, { id: 'command line' }), {
      dryRun: options.dryRun === true, signal: stopped.signal,
      ...(isQuiet ? {} : { onProgress: (progress) => tell(progress, terminal) }),
    }, holdfast)
  }).catch((error: unknown) => {
    file?.discard()
    throw error
  })
  file?.write(report)
  if (options.json === true) terminal.print(JSON.stringify(report))
  else summarize(report, terminal)
  const isDamaged = report.damaged.length > 0
  if (isDamaged && options.strict === true) throw new ToldFailure(exitCodes.failed)
}

function tell(progress: ImportProgress, terminal: Terminal): void {
  if (progress.type === 'kind') terminal.say(`holdfast: ${progress.kind} …`)
  if (progress.type === 'step') terminal.say(`holdfast: ${progress.kind} ${progress.done}`)
}

function summarize(report: ImportReport, terminal: Terminal): void {
  const verb = report.dry_run ? 'would be imported' : 'imported'
  for (const [kind, count] of Object.entries(report.counts)) {
    const others = (['present', 'skipped', 'damaged'] as const)
      .filter((each) => count[each] > 0).map((each) => `, ${count[each]} ${each}`)
    terminal.print(`${kind}: ${count.found} found, ${count.imported} ${verb}${others.join('')}`)
  }
  for (const { place, reason, kept } of report.damaged) {
    terminal.print(`damaged: ${place}: ${reason}${kept === undefined ? '' : ` (${kept})`}`)
  }
  for (const { place, reason } of report.skipped) terminal.print(`skipped: ${place}: ${reason}`)
  for (const { kind, field, kept } of report.unmapped) {
    terminal.print(`no place of its own: ${kind} ${field}, kept in ${kept}`)
  }
  for (const note of report.notes) terminal.print(`note: ${note}`)
  if (report.damaged.length > 0) {
    terminal.say(`holdfast: ${report.damaged.length} things are damaged; they are listed above`)
  }
}

/** The text of a file that holds a key. */
function keyIn(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (cause) {
    const sentence = `The key in ${path} cannot be read (${(cause as Error).message}).`
    throw new CommandFailure(sentence, { code: 'file_unreadable', cause })
  }
}

async function userIn({ identity }: Holdfast, named: string): Promise<string> {
  const user = await identity.findUser(named)
  if (user === undefined) throw new UserNotFound(`There is no user ${named}.`)
  return user.id
}

/** `source=user`, by the id in the source. */
async function usersOf(
  holdfast: Holdfast, given: readonly string[],
): Promise<Record<string, string>> {
  const users: Record<string, string> = {}
  for (const each of given) {
    const [source, named] = [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]
    if (source === '' || named === '' || !each.includes('=')) {
      throw new UsageFailure(`--user must be <id in OpenHands>=<user here>, not ${each}`)
    }
    users[source] = await userIn(holdfast, named)
  }
  return users
}
