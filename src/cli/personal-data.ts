import { type Command } from 'commander'
import { stringifyJson } from '../database/json.js'
import { type Holdfast } from '../holdfast.js'
import { isUuid } from '../ids.js'
import { UserNotFound } from '../identity/index.js'
import { UsageFailure } from './failure.js'
import { lineWriter } from './line-writer.js'
import { withHoldfast } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { type Terminal } from './terminal.js'

interface EraseOptions extends DatabaseOptions {
  readonly confirm?: string
  readonly scrub: boolean
}

interface ExportOptions extends DatabaseOptions {
  readonly out?: string
}

const whom = 'id (also of an account that is gone), e-mail address or user name'

/** Adds `user erase` and `user export`. */
export function addPersonalData(user: Command, terminal: Terminal): void {
  withDatabase(user.command('erase'))
    .description('erase everything of one person in all organizations, the account last')
    .argument('<user>', whom)
    .option('--confirm <user>', 'the same once more; without it nothing happens')
    .option('--no-scrub', 'leave deleted bytes in the files until their space is used again')
    .action((named: string, options: EraseOptions) => erase(named, options, terminal))
  withDatabase(user.command('export'))
    .description('write everything of one person as JSON lines')
    .argument('<user>', whom)
    .option('--out <file>', 'write it to a file instead, readable by its owner alone')
    .action((named: string, options: ExportOptions) => exportAll(named, options, terminal))
}

async function erase(named: string, options: EraseOptions, terminal: Terminal): Promise<void> {
  if (options.confirm !== named) {
    throw new UsageFailure(`user erase needs --confirm ${named}: what is erased is gone`)
  }
  const { settings } = configured(options, terminal)
  const report = await withHoldfast(settings, terminal, async (holdfast) => {
    const data = holdfast.personalData({ id: 'command line' })
    return data.erase(await idOf(holdfast, named), { scrub: options.scrub })
  })
  const { userId, hadAccount, erased, kept, unscrubbed } = report
  if (options.json === true) {
    return terminal.print(JSON.stringify({
      user_id: userId, had_account: hadAccount, erased, kept, unscrubbed,
    }))
  }
  terminal.print(`erased ${named} (${userId})${hadAccount ? '' : ', whose account was gone'}`)
  for (const [table, rows] of Object.entries(erased)) {
    if (rows > 0) terminal.print(`  ${table}: ${rows}`)
  }
  for (const [table, why] of Object.entries(kept)) terminal.print(`  ${table} stays: ${why}`)
  if (unscrubbed.length > 0) {
    terminal.say('holdfast: only the owner of tables may vacuum them; the database does it later')
  }
}

async function exportAll(named: string, options: ExportOptions, terminal: Terminal) {
  const { settings } = configured(options, terminal)
  await withHoldfast(settings, terminal, async (holdfast) => {
    const lines = holdfast.personalData().export(await idOf(holdfast, named))
    const writer = lineWriter(options.out, terminal)
    for await (const line of lines) await writer.write(stringifyJson(line))
    await writer.end()
  })
}

async function idOf({ identity }: Holdfast, named: string): Promise<string> {
  const user = await identity.findUser(named)
  if (user !== undefined) return user.id
  if (isUuid(named)) return named
  throw new UserNotFound(`There is no user ${named}.`)
}
