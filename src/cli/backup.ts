import { type Command } from 'commander'
import { backupsOf } from '../backups.js'
import { addressOf } from '../database/address.js'
import {
  type BackupEvent, type Backups, type ListedBackup,
} from '../lifecycle/backup/index.js'
import { type Settings } from './environment.js'
import { UsageFailure } from './failure.js'
import { explained, refuseMemory } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { barOf, ProgressLine } from './progress-line.js'
import { rootKeyOf } from './root-key.js'
import { stopSignal } from './stop-signal.js'
import { type Terminal } from './terminal.js'

interface BackupOptions extends DatabaseOptions {
  readonly directory?: string
  readonly keyFile?: string
}

interface CreateOptions extends BackupOptions {
  readonly encrypt?: boolean
  readonly keep?: string
  /** False after `--no-verify`. */
  readonly verify: boolean
}

interface RestoreOptions extends BackupOptions {
  readonly replace?: boolean
}

/** Adds `backup create|list|verify|restore`. */
export function addBackup(program: Command, terminal: Terminal): void {
  const backup = program.command('backup')
    .description('make backups while servers write, try them, and bring them back')
  withPlace(backup.command('create'))
    .description('make one, restore it beside, compare every row; then it counts')
    .option('--encrypt', 'encrypt it (default: HOLDFAST_BACKUP_ENCRYPT, then not)')
    .option('--keep <count>', 'then remove those older than so many verified ones')
    .option('--no-verify', 'do not try a restore: it does not count until it is verified')
    .action((options: CreateOptions) => create(options, terminal))
  withPlace(backup.command('list'))
    .description('list backups, newest first')
    .action((options: BackupOptions) => list(options, terminal))
  withPlace(backup.command('verify <backup>'))
    .description('restore one beside and compare every row with what was read when it was made')
    .action((name: string, options: BackupOptions) => verify(name, options, terminal))
  withPlace(backup.command('restore <backup>'))
    .description('restore one, by its name or its folder, into an empty database')
    .option('--replace', 'in the place of what is in the database, which is lost')
    .action((name: string, options: RestoreOptions) => restore(name, options, terminal))
}

function withPlace(command: Command): Command {
  return withDatabase(command)
    .option('--directory <path>', 'the folder of backups (default: HOLDFAST_BACKUP_DIRECTORY)')
    .option('--key-file <path>', 'keys of encrypted ones (default: HOLDFAST_BACKUP_KEY_FILE, ' +
      'then the root key)')
}

/** The backups that settings are about. */
export function backupsOn(
  settings: Settings,
  watch: { readonly signal?: AbortSignal; onEvent?(event: BackupEvent): void } = {},
): Backups {
  const { directory, keyFile, scratch } = settings.backups
  const key = keyFile === undefined ? rootKeyOf(settings, false) : { file: keyFile }
  return backupsOf({ database: settings.database, directory, key, scratch, ...watch })
}

/** Once a process: each would go on listening. */
let stopped: Promise<void> | undefined

/** Runs `work` on backups; the first signal ends it and clears up. */
async function onBackups<R>(
  options: BackupOptions,
  terminal: Terminal,
  work: (backups: Backups, settings: Settings) => Promise<R>,
): Promise<R> {
  const { settings: read } = configured(options, terminal)
  const { directory = read.backups.directory, keyFile = read.backups.keyFile } = options
  const settings = { ...read, backups: { ...read.backups, directory, keyFile } }
  refuseMemory(settings.database)
  stopped ??= stopSignal()
  const stop = new AbortController()
  void stopped.then(() => stop.abort())
  const progress = new ProgressLine(terminal, options.json === true)
  const backups = backupsOn(settings, {
    signal: stop.signal,
    onEvent: (event) => progress.show(lineOf(event), event.type !== 'phase'),
  })
  const told = () => work(backups, settings)
  try {
    // Of files it is the backup's that fail as well: what is wrong says itself which one it is.
    const isServer = addressOf(settings.database).kind === 'server'
    return await (isServer ? explained(settings.database, told) : told())
  } finally {
    progress.end()
  }
}

async function create(options: CreateOptions, terminal: Terminal): Promise<void> {
  const keep = options.keep === undefined ? undefined : countOf(options.keep)
  const { path, manifest, pruned } = await onBackups(options, terminal, (backups, settings) => {
    const { encrypt = settings.backups.encrypt, verify: isTried } = options
    return backups.create({ encrypt, verify: isTried, keep })
  })
  if (options.json === true) return terminal.print(JSON.stringify({ path, ...manifest, pruned }))
  const state = manifest.verified === null ? 'not verified' : 'verified'
  terminal.print(`made ${path}: ${manifest.rows} rows up to ${manifest.moment}, ${state}`)
  for (const sentence of [...manifest.notes, ...(manifest.verified?.not_tried ?? [])]) {
    terminal.print(`note: ${sentence}`)
  }
  for (const name of pruned) terminal.print(`removed ${name}`)
}

function countOf(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new UsageFailure(`--keep must be a number from 1 to 99999, not ${text}`)
}

async function list(options: BackupOptions, terminal: Terminal): Promise<void> {
  const found = await onBackups(options, terminal, async (backups) => backups.list())
  if (options.json === true) {
    return terminal.print(JSON.stringify({ data: found.map(listed) }))
  }
  if (found.length === 0) terminal.print('There are no backups.')
  for (const each of found) terminal.print(rowOf(each))
}

function listed({ name, path, bytes, manifest, fault, ageSeconds, isVerified }: ListedBackup) {
  return {
    name, path, bytes, verified: isVerified, fault: fault ?? null,
    age_seconds: ageSeconds ?? null,
    moment: manifest?.moment ?? null, engine: manifest?.engine ?? null,
    source: manifest?.source ?? null, schema: manifest?.schema ?? null,
    rows: manifest?.rows ?? null, encrypted: manifest && manifest.encryption !== null,
    verified_at: manifest?.verified?.at ?? null,
  }
}

function rowOf({ name, bytes, manifest, fault, ageSeconds, isVerified }: ListedBackup): string {
  if (fault !== undefined) return `${name}  damaged: ${fault}`
  const { rows, engine, encryption } = manifest!
  const age = ageSeconds === undefined ? 'made while a clock was ahead'
    : `${ageText(ageSeconds)} old`
  return [
    name, isVerified ? 'verified  ' : 'unverified', age,
    `${bytes} bytes`, `${rows} rows`, engine, ...(encryption === null ? [] : ['encrypted']),
  ].join('  ')
}

function ageText(seconds: number): string {
  const steps = [[86_400, 'd'], [3_600, 'h'], [60, 'min']] as const
  for (const [size, unit] of steps) {
    if (seconds >= 2 * size) return `${Math.floor(seconds / size)} ${unit}`
  }
  return `${seconds} s`
}

async function verify(name: string, options: BackupOptions, terminal: Terminal): Promise<void> {
  const manifest = await onBackups(options, terminal, (backups) => backups.verify(name))
  if (options.json === true) return terminal.print(JSON.stringify(manifest))
  terminal.print(`verified ${manifest.name}: ${manifest.rows} rows are what was read`)
  for (const sentence of manifest.verified!.not_tried) terminal.print(`note: ${sentence}`)
}

async function restore(name: string, options: RestoreOptions, terminal: Terminal): Promise<void> {
  const { replace } = options
  const { manifest, target, rows } = await onBackups(options, terminal, (backups) =>
    backups.restore(name, { replace }))
  if (options.json === true) {
    const { name: restored, moment, notes } = manifest
    return terminal.print(JSON.stringify({ name: restored, target, rows, moment, notes }))
  }
  terminal.print(`restored ${rows} rows up to ${manifest.moment} into ${target}`)
  for (const note of manifest.notes) terminal.print(`note: ${note}`)
}

function lineOf(event: BackupEvent): string {
  switch (event.type) {
    case 'phase': return `${event.phase} …`
    case 'bytes': return `${barOf(event)} ${event.done}/${event.total} bytes`
    case 'rows': {
      const { done, total, rowsPerSecond, secondsLeft, table } = event
      const left = secondsLeft === undefined ? '' : `, ${secondsLeft} s left`
      return `${barOf(event)} ${done}/${total} rows, ${rowsPerSecond}/s${left} (${table})`
    }
  }
}
