import { type Command } from 'commander'
import { verifiedArchive } from '../archives.js'
import { type ArchiveManifest, type ArchiveScope } from '../lifecycle/archive/index.js'
import { CommandFailure, UsageFailure } from './failure.js'
import { withHoldfast } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { stopSignal } from './stop-signal.js'
import { type Terminal } from './terminal.js'

interface ExportOptions extends DatabaseOptions {
  readonly organization?: string
  readonly conversation?: string
}

const actor = { id: 'command line' }

/** Adds `export`. */
export function addExport(program: Command, terminal: Terminal): void {
  withDatabase(program.command('export <path>'))
    .description('write everything, an organization or a conversation as a directory or a .tar')
    .option('--organization <id or slug>', 'only this organization')
    .option('--conversation <id>', 'only this conversation of the organization')
    .action((path: string, options: ExportOptions) =>
      exportArchive(path, options, terminal))
}

/** Adds `import archive` to the imports. */
export function addArchiveImport(group: Command, terminal: Terminal): void {
  withDatabase(group.command('archive <path>'))
    .description('read an archive that export wrote: all of it, or nothing')
    .option('--verify', 'only check it, and change nothing')
    .action((path: string, options: DatabaseOptions & { readonly verify?: boolean }) =>
      importArchive(path, options, terminal))
}

async function exportArchive(
  path: string, options: ExportOptions, terminal: Terminal,
): Promise<void> {
  const { organization, conversation } = options
  if (conversation !== undefined && organization === undefined) {
    throw new UsageFailure('--conversation needs --organization: whose conversation it is')
  }
  const { settings } = configured(options, terminal)
  const stopped = new AbortController()
  void stopSignal().then(() => stopped.abort(new CommandFailure(
    'The export was stopped; nothing of it is left.', { code: 'export_stopped' })))
  const manifest = await withHoldfast(settings, terminal, async (holdfast) => {
    const id = organization === undefined
      ? undefined : (await holdfast.organizations.get(organization)).id
    const scope: ArchiveScope = id === undefined ? { kind: 'everything' }
      : conversation === undefined ? { kind: 'organization', organization_id: id }
        : { kind: 'conversation', organization_id: id, conversation_id: conversation }
    return holdfast.archives(actor).export(path, scope, { signal: stopped.signal })
  })
  tell(manifest, terminal, { json: options.json, what: 'exported' })
}

async function importArchive(
  path: string,
  { verify, ...options }: DatabaseOptions & { readonly verify?: boolean },
  terminal: Terminal,
): Promise<void> {
  const { settings } = configured(options, terminal)
  if (verify === true) {
    const manifest = await verifiedArchive(path)
    return tell(manifest, terminal, { json: options.json, what: 'checked' })
  }
  const opening = { ...settings, makesSchema: true }
  const manifest = await withHoldfast(opening, terminal, (holdfast) =>
    holdfast.archives(actor).import(path))
  tell(manifest, terminal, { json: options.json, what: 'imported' })
}

function tell(manifest: ArchiveManifest, terminal: Terminal, { json, what }: {
  readonly json: boolean | undefined
  readonly what: string
}): void {
  if (json === true) return terminal.print(JSON.stringify(manifest))
  const rows = manifest.files.reduce((sum, file) => sum + file.rows, 0)
  terminal.print(`${what} ${rows} rows in ${manifest.files.length} files (${manifest.scope.kind})`)
  for (const note of manifest.notes) terminal.print(`note: ${note}`)
}
