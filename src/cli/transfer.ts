import { type Command } from 'commander'
import {
  type CopyReport, type Finding, type Transfer, type TransferEvent, type Verdict,
} from '../lifecycle/transfer/index.js'
import { transferOf } from '../transfer.js'
import { exitCodes, ToldFailure } from './failure.js'
import { configured, type DatabaseOptions, withJson } from './options.js'
import { barOf, ProgressLine } from './progress-line.js'
import { stopSignal } from './stop-signal.js'
import { type Terminal } from './terminal.js'

interface EndsOptions extends DatabaseOptions {
  readonly from?: string
  readonly to: string
}

interface CopyOptions extends EndsOptions {
  readonly live?: boolean
  readonly verify?: boolean
}

/** Adds the commands of `transfer`. */
export function addTransfer(program: Command, terminal: Terminal): void {
  const transfer = program.command('transfer')
    .description('move everything from one database into another, between any engines')
  withEnds(transfer.command('plan'))
    .description('say what a copy would do and what it would fail at; writes nothing')
    .action((options: EndsOptions) => plan(options, terminal))
  withEnds(transfer.command('copy'))
    .description('copy everything into an empty database; run again, it goes on where it was')
    .option('--live', 'servers go on writing to the source: log their changes there')
    .option('--verify', 'compare both before servers may open the target; 1 when they differ')
    .action((options: CopyOptions) => copy(options, terminal))
  withEnds(transfer.command('verify'))
    .description('compare both databases row by row; 1 when they differ')
    .action((options: EndsOptions) => verify(options, terminal))
  withEnds(transfer.command('catch-up'))
    .description('bring over what servers changed in the source since the copy')
    .action((options: EndsOptions) => catchUp(options, terminal))
  withEnds(transfer.command('cutover'))
    .description('move the writers: compare, fence the source, bring over the rest')
    .action((options: EndsOptions) => cutover(options, terminal, 'cutover'))
  withEnds(transfer.command('back'))
    .description('move the writers back to --from, with what they changed in --to')
    .action((options: EndsOptions) => cutover(options, terminal, 'back'))
  withEnds(transfer.command('end'))
    .description('take log and fence back: before a cutover to call it off, behind it for good')
    .action((options: EndsOptions) => end(options, terminal))
}

function withEnds(command: Command): Command {
  return withJson(command)
    .option('--from <url>', 'the database that has the rows (default: HOLDFAST_DATABASE_URL)')
    .requiredOption('--to <url>', 'the database that gets them; its login owns the tables')
}

/** Runs `work` on a transfer that the first signal ends between two batches. */
export async function transferring<R>(
  { from, to, ...options }: EndsOptions,
  terminal: Terminal,
  work: (transfer: Transfer) => Promise<R>,
): Promise<R> {
  const { settings } = configured(options, terminal)
  const stop = new AbortController()
  void stopSignal().then(() => stop.abort())
  const progress = new ProgressLine(terminal, options.json === true)
  const transfer = transferOf({
    from: from ?? settings.database, to, signal: stop.signal,
    onEvent: (event) => progress.show(lineOf(event), event.type === 'rows'),
  })
  try {
    return await work(transfer)
  } finally {
    progress.end()
  }
}

async function plan(options: EndsOptions, terminal: Terminal): Promise<void> {
  const found = await transferring(options, terminal, (transfer) => transfer.plan())
  const { possible, findings, tables, rows, bytes, freeBytes, seconds } = found
  if (options.json === true) {
    terminal.print(JSON.stringify({
      possible, findings, tables, rows, seconds,
      bytes: bytes ?? null, free_bytes: freeBytes ?? null,
    }))
  } else {
    for (const finding of findings) terminal.print(findingLine(finding))
    for (const each of tables) {
      if (each.rows > 0) terminal.print(`  ${each.table}: ${each.rows}`)
    }
    terminal.print(`${rows} rows, ${bytes ?? 0} bytes, about ${seconds} s`)
    if (freeBytes !== undefined) terminal.print(`${freeBytes} bytes are free for the target`)
    terminal.print(possible ? 'The copy can begin.' : 'The copy would fail.')
  }
  if (!possible) throw new ToldFailure(exitCodes.failed)
}

function findingLine({ level, rule, message, key, rows }: Finding): string {
  const first = key === undefined ? '' : `, first in ${JSON.stringify(key)}`
  return `${level}: ${message} (${rule}${rows === undefined ? '' : `, rows: ${rows}`}${first})`
}

async function copy(options: CopyOptions, terminal: Terminal): Promise<void> {
  const { live = false, verify: verified = false } = options
  const report = await transferring(options, terminal, (transfer) =>
    transfer.copy({ live, verify: verified }))
  const total = Object.values(report.rows).reduce((sum, rows) => sum + rows, 0)
  const { verdict } = report
  if (options.json === true) terminal.print(JSON.stringify(report))
  else if (verdict === undefined) tellCopied(report.phase, total, terminal)
  else {
    terminal.print(`copied ${total} rows`)
    tellVerdict(verdict, terminal)
  }
  if (verdict?.equal === false) throw new ToldFailure(exitCodes.failed)
}

function tellCopied(phase: CopyReport['phase'], total: number, terminal: Terminal): void {
  terminal.print(phase === 'following'
    ? `copied ${total} rows; go on with: holdfast transfer catch-up`
    : `copied ${total} rows; compare with: holdfast transfer verify`)
}

async function verify(options: EndsOptions, terminal: Terminal): Promise<void> {
  const verdict = await transferring(options, terminal, (transfer) => transfer.verify())
  if (options.json === true) terminal.print(JSON.stringify(verdict))
  else tellVerdict(verdict, terminal)
  if (!verdict.equal) throw new ToldFailure(exitCodes.failed)
}

function tellVerdict({ equal, tables, differences }: Verdict, terminal: Terminal): void {
  for (const { table, key, kind, column } of differences) {
    const what = column === undefined ? kind : `${column} differs`
    terminal.print(`${table} ${JSON.stringify(key)}: ${what}`)
  }
  const rows = tables.reduce((sum, { source }) => sum + source.rows, 0)
  terminal.print(equal ? `equal: ${rows} rows` : 'The databases differ.')
}

async function catchUp(options: EndsOptions, terminal: Terminal): Promise<void> {
  const { applied } = await transferring(options, terminal, (transfer) => transfer.catchUp())
  terminal.print(options.json === true ? JSON.stringify({ applied })
    : `brought over ${applied} changes; go on with: holdfast transfer cutover`)
}

async function cutover(
  options: EndsOptions,
  terminal: Terminal,
  way: 'cutover' | 'back',
): Promise<void> {
  const report = await transferring(options, terminal, (transfer) => transfer[way]())
  const { applied, fenceMs, compared } = report
  if (options.json === true) {
    return terminal.print(JSON.stringify({ applied, fence_ms: fenceMs, compared }))
  }
  terminal.print(`brought over ${applied} changes; no writes for ${fenceMs} ms`)
  terminal.print('Servers belong on the other database now; the one they had refuses them.')
}

async function end(options: EndsOptions, terminal: Terminal): Promise<void> {
  await transferring(options, terminal, (transfer) => transfer.end())
  terminal.print(options.json === true ? JSON.stringify({ ended: true })
    : 'Changes are logged no more.')
}

function lineOf(event: TransferEvent): string {
  switch (event.type) {
    case 'phase': return `${event.phase} …`
    case 'changes': return `changes: ${event.applied} applied, ${event.left} left`
    case 'fence':
      return event.closed ? 'the source takes no writes' : `the fence took ${event.milliseconds} ms`
    case 'rows': {
      const { done, total, rowsPerSecond, secondsLeft, table } = event
      const left = secondsLeft === undefined ? '' : `, ${secondsLeft} s left`
      return `${barOf(event)} ${done}/${total} rows, ${rowsPerSecond}/s${left} (${table})`
    }
  }
}
