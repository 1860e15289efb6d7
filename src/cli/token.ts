import { type Command } from 'commander'
import { instantOf } from '../clock.js'
import { isScope } from '../identity/index.js'
import { UsageFailure } from './failure.js'
import { withHoldfast } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { rateFrom } from './rate.js'
import { type Terminal } from './terminal.js'
import { addTokenLife } from './token-life.js'

interface TokenOptions extends DatabaseOptions {
  readonly organization: string
  readonly scopes: string
  readonly name: string
  readonly expiresInDays?: string
  readonly allowIp?: string
  readonly rateLimit?: string
}

const dayMs = 24 * 60 * 60 * 1_000
const daysMax = 36_500

/** Adds `token create`, `token list`, `token rotate` and `token revoke`. */
export function addToken(program: Command, terminal: Terminal): void {
  const token = program.command('token').description('manage service tokens')
  withDatabase(token.command('create'))
    .description('create a service token; its text is shown this once')
    .requiredOption('--scopes <scopes>', "'*', or a list such as conversations:read,sessions:write")
    .option('--organization <id or slug>', 'the organization it opens', 'default')
    .option('--name <name>', 'what it is for', 'command line')
    .option('--expires-in-days <n>', 'when it ends by itself (default: never)')
    .option('--allow-ip <ranges>', 'where it may be used from, such as 10.0.0.0/8,2001:db8::/32')
    .option('--rate-limit <calls/seconds>', 'how often it may be used, such as 600/60')
    .action((options: TokenOptions) => createToken(options, terminal))
  addTokenLife(token, terminal)
}

async function createToken(options: TokenOptions, terminal: Terminal): Promise<void> {
  const scopes = scopesOf(options.scopes)
  const days = daysOf(options.expiresInDays)
  const { settings } = configured(options, terminal)
  const { name, organization } = options
  const rate = rateFrom(options.rateLimit) ?? null
  const allowedIpRanges = options.allowIp === undefined ? null : wordsOf(options.allowIp)
  const opening = { ...settings, makesSchema: true }
  const created = await withHoldfast(opening, terminal, async (holdfast) => {
    const { id } = await holdfast.organizations.get(organization)
    const expiresAt = days === null ? null : instantOf(holdfast.clock.now() + days * dayMs)
    return holdfast.organization(id).serviceTokens
      .create({ name, scopes, expiresAt, rate, allowedIpRanges })
  })
  const { id, expiresAt } = created.serviceToken
  const end = expiresAt === null ? 'without end' : `until ${expiresAt}`
  if (options.json === true) {
    const result = { token: created.token, id, scopes, expires_at: expiresAt }
    return terminal.print(JSON.stringify(result))
  }
  terminal.print(created.token)
  terminal.say(`holdfast: token ${id}, ${end}`)
}

const wordsOf = (text: string) => text.split(/[\s,]+/).filter((word) => word !== '')

function scopesOf(text: string): string[] {
  const scopes = wordsOf(text)
  const wrong = scopes.find((scope) => !isScope(scope))
  if (scopes.length > 0 && wrong === undefined) return scopes
  const example = "'*', conversations:* or conversations:read,conversations:write"
  const found = wrong === undefined ? '' : `, not ${wrong}`
  throw new UsageFailure(`--scopes must be ${example}${found}`)
}

function daysOf(text: string | undefined): number | null {
  if (text === undefined) return null
  if (/^[1-9]\d{0,4}$/.test(text) && Number(text) <= daysMax) return Number(text)
  const rule = `must be a whole number from 1 to ${daysMax}`
  throw new UsageFailure(`--expires-in-days ${rule}, not ${text}`)
}
