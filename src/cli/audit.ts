import { createReadStream } from 'node:fs'
import { type Command } from 'commander'
import {
  type AuditHead, AuditKeys, type AuditVerdict, csvHead, csvLine, headLine, headOf,
  installationId, jsonLine, verifyExport,
} from '../audit/index.js'
import { type Holdfast } from '../holdfast.js'
import { OrganizationNotFound } from '../identity/index.js'
import { linesIn } from '../lines.js'
import { CommandFailure, exitCodes, ToldFailure, UsageFailure } from './failure.js'
import { lineWriter } from './line-writer.js'
import { withHoldfast } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { type Terminal } from './terminal.js'

interface OrganizationOptions extends DatabaseOptions {
  readonly organization?: string
}

interface VerifyOptions extends OrganizationOptions {
  readonly from?: string
  readonly head: readonly string[]
  readonly publicKey: readonly string[]
}

interface ExportOptions extends OrganizationOptions {
  readonly format: string
  readonly out?: string
}

interface RetentionOptions extends OrganizationOptions {
  readonly days?: string
}

interface PruneOptions extends OrganizationOptions {
  readonly olderThanDays: string
}

const whose = 'only that of this one; installation: what concerns none (default: every log)'
const ofOne = 'whose log; installation: what concerns none (default: default)'
const collected = (value: string, before: readonly string[]) => [...before, value]

/** Adds `audit verify`, `export`, `heads`, `retention` and `prune`. */
export function addAudit(program: Command, terminal: Terminal): void {
  const audit = program.command('audit').description('check and keep the audit log')
  withDatabase(audit.command('verify'))
    .description('check that nothing was changed, inserted, moved or removed')
    .option('--from <export>', 'check this export instead, without a database')
    .option('--organization <id or slug>', whose)
    .option('--head <file>', 'heads kept elsewhere, a line each; may be repeated', collected, [])
    .option('--public-key <key>', 'a further key to trust; may be repeated', collected, [])
    .action((options: VerifyOptions) => verify(options, terminal))
  withDatabase(audit.command('export'))
    .description('write a whole log, to be checked without a server')
    .option('--organization <id or slug>', ofOne)
    .option('--format <format>', 'jsonl or csv', 'jsonl')
    .option('--out <file>', 'write it to a file instead')
    .action((options: ExportOptions) => exportLog(options, terminal))
  withDatabase(audit.command('heads'))
    .description('sign how the logs stand now, and print the newest head of each')
    .option('--organization <id or slug>', whose)
    .action((options: OrganizationOptions) => heads(options, terminal))
  withDatabase(audit.command('retention'))
    .description('say, or set, how long the log of one organization is kept')
    .option('--days <n>', 'so many; default: as the installation keeps all logs')
    .option('--organization <id or slug>', ofOne)
    .action((options: RetentionOptions) => retention(options, terminal))
  withDatabase(audit.command('prune'))
    .description('remove the oldest entries and leave a signed tombstone')
    .requiredOption('--older-than-days <n>', 'entries younger than that stay')
    .option('--organization <id or slug>', whose)
    .action((options: PruneOptions) => prune(options, terminal))
}

async function verify(options: VerifyOptions, terminal: Terminal): Promise<void> {
  const kept = await headsIn(options.head)
  const verdicts = options.from === undefined
    ? await withLogs(options, terminal, async (audit) =>
      audit.verify({ heads: kept, publicKeys: options.publicKey }))
    : [await verifyFile(options.from, kept, { options, terminal })]
  const isIntact = verdicts.every((verdict) => verdict.isIntact)
  if (options.json === true) {
    const logs = verdicts.map(presentVerdict)
    terminal.print(JSON.stringify({ intact: isIntact, logs }))
  } else {
    for (const verdict of verdicts) terminal.print(sentenceOf(verdict))
    if (!verdicts.every(({ areSignaturesChecked: areChecked }) => areChecked)) {
      terminal.say('holdfast: no audit key is set: signatures were not checked')
    }
  }
  if (!isIntact) throw new ToldFailure(exitCodes.failed)
}

/** Needs no database; a key of its own is trusted beside those that are given. */
async function verifyFile(
  path: string,
  kept: readonly AuditHead[],
  { options, terminal }: { readonly options: VerifyOptions; readonly terminal: Terminal },
): Promise<AuditVerdict> {
  if (options.organization !== undefined) {
    throw new UsageFailure('--organization means nothing with --from: an export is of one log')
  }
  const { auditKey } = configured(options, terminal).settings
  const keys = new AuditKeys(auditKey, options.publicKey)
  return verifyExport(linesOf(path), { keys, kept })
}

/** The lines of a file, parsed; undefined for one that is no JSON. */
async function* linesOf(path: string): AsyncGenerator<unknown, void, undefined> {
  try {
    for await (const line of linesIn(createReadStream(path))) yield parsed(line)
  } catch (cause) {
    const sentence = `The export in ${path} cannot be read (${(cause as Error).message}).`
    throw new CommandFailure(sentence, { code: 'export_unreadable', cause })
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}

function presentVerdict({ organizationId, isIntact, fault, ...rest }: AuditVerdict) {
  const { kind, sequence, eventId, message } = fault ?? {}
  return {
    organization_id: organizationId,
    intact: isIntact,
    fault: fault && { kind, sequence, event_id: eventId, message },
    sequence: rest.sequence, hash: rest.hash, entries: rest.entries, pruned: rest.pruned,
    heads: rest.heads, unsealed: rest.unsealed, signatures_checked: rest.areSignaturesChecked,
  }
}

function sentenceOf({ organizationId, fault, entries, pruned, heads: compared }: AuditVerdict) {
  if (fault !== null) return `${organizationId}  NOT INTACT: ${fault.message}`
  return `${organizationId}  intact: ${entries} entries, ${pruned} pruned, ${compared} heads`
}

async function exportLog(options: ExportOptions, terminal: Terminal): Promise<void> {
  const { format, out, organization = 'default' } = options
  if (format !== 'jsonl' && format !== 'csv') {
    throw new UsageFailure(`--format must be jsonl or csv, not ${format}`)
  }
  await withLogs({ ...options, organization }, terminal, async (audit) => {
    const writer = lineWriter(out, terminal)
    if (format === 'csv') await writer.write(csvHead)
    for await (const line of audit.export()) {
      const text = format === 'csv' ? csvLine(line) : jsonLine(line)
      if (text !== undefined) await writer.write(text)
    }
    await writer.end()
  })
}

async function heads(options: OrganizationOptions, terminal: Terminal): Promise<void> {
  await withLogs(options, terminal, async (audit, holdfast) => {
    const [publicKey] = holdfast.auditPublicKeys
    if (publicKey === undefined) {
      throw new CommandFailure('No audit key is set: HOLDFAST_AUDIT_KEY.', { code: 'no_audit_key' })
    }
    await audit.seal()
    for (const head of (await audit.listHeads({ limit: 1 })).data) {
      if (options.json === true) terminal.print(jsonLine(headLine(head)))
      else terminal.print(`${head.organizationId}  ${head.sequence}  ${head.hash}`)
    }
    terminal.say(`holdfast: public key ${publicKey}`)
  })
}

async function retention(options: RetentionOptions, terminal: Terminal): Promise<void> {
  const { organization = 'default', days } = options
  const wanted = days === undefined || days === 'default' ? null : daysOf(days, '--days')
  const [kept = null] = await withLogs({ ...options, organization }, terminal, async (audit) => {
    if (days !== undefined) await audit.setRetention(wanted)
    return audit.retention()
  })
  if (options.json === true) terminal.print(JSON.stringify({ retention_days: kept }))
  else terminal.print(kept === null ? 'as the installation keeps all logs' : `${kept} days`)
}

function daysOf(text: string, flag: string): number {
  const days = Number(/^\d{1,5}$/.exec(text)?.[0] ?? NaN)
  if (Number.isNaN(days)) throw new UsageFailure(`${flag} must be a whole number`)
  return days
}

async function prune(options: PruneOptions, terminal: Terminal): Promise<void> {
  const days = daysOf(options.olderThanDays, '--older-than-days')
  const pruned = await withLogs(options, terminal, (audit) => audit.prune({ olderThanDays: days }))
  const entries = pruned.reduce((sum, count) => sum + count, 0)
  if (options.json === true) terminal.print(JSON.stringify({ pruned: entries }))
  else terminal.print(`pruned ${entries} entries`)
}

type Audit = ReturnType<Holdfast['organization']>['audit']

/** Runs `work` on the log of one organization, or on every log in turn. */
async function withLogs<R>(
  options: OrganizationOptions,
  terminal: Terminal,
  work: (audit: Audit, holdfast: Holdfast) => Promise<R>,
): Promise<R[]> {
  const { settings } = configured(options, terminal)
  const actor = { id: 'command line' }
  return withHoldfast(settings, terminal, async (holdfast) => {
    const results: R[] = []
    for (const id of await organizationsOf(holdfast, options.organization)) {
      results.push(await work(holdfast.organization(id, actor).audit, holdfast))
    }
    return results
  })
}

async function organizationsOf(holdfast: Holdfast, name: string | undefined): Promise<string[]> {
  if (name === undefined) return holdfast.auditedOrganizations()
  if (name === 'installation') return [installationId]
  const organization = await holdfast.organizations.find(name)
  if (organization !== undefined) return [organization.id]
  throw new OrganizationNotFound(`There is no organization ${name}.`)
}

/** The heads of files, a line each, as `audit heads --json` prints them; each line once. */
async function headsIn(paths: readonly string[]): Promise<AuditHead[]> {
  const heads = new Map<string, AuditHead>()
  for (const path of paths) {
    try {
      for await (const line of linesIn(createReadStream(path))) {
        if (line.trim() === '' || heads.has(line)) continue
        heads.set(line, checkedHead(JSON.parse(line) as Record<string, unknown>))
      }
    } catch (cause) {
      const sentence = `The heads in ${path} cannot be read (${(cause as Error).message}).`
      throw new CommandFailure(sentence, { code: 'heads_unreadable', cause })
    }
  }
  return [...heads.values()]
}

function checkedHead(line: Record<string, unknown>): AuditHead {
  for (const name of ['organization_id', 'hash', 'signed_at', 'key_id', 'signature']) {
    if (typeof line[name] !== 'string') throw new Error(`a line has no ${name}`)
  }
  if (!Number.isSafeInteger(line.sequence)) throw new Error('a line has no sequence')
  return headOf(line)
}
