import { type Command } from 'commander'
import { type ServiceToken, type ServiceTokenStore } from '../identity/index.js'
import { UsageFailure } from './failure.js'
import { withHoldfast } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { type Terminal } from './terminal.js'

interface LifeOptions extends DatabaseOptions {
  readonly organization: string
  readonly overlapSeconds?: string
  readonly reason?: string
}

/** Adds `list`, `rotate` and `revoke` to `token`. */
export function addTokenLife(token: Command, terminal: Terminal): void {
  const add = (words: string, description: string) =>
    withDatabase(token.command(words))
      .description(description)
      .option('--organization <id or slug>', 'the organization it opens', 'default')
  add('list', 'list the service tokens of an organization, newest first')
    .action((options: LifeOptions) => listTokens(options, terminal))
  add('rotate <id>', 'give a service token a new text, shown this once')
    .option('--overlap-seconds <n>', 'how long the old text stays good (default: a day)')
    .action((id: string, options: LifeOptions) => rotateToken(id, options, terminal))
  add('revoke <id>', 'end a service token at once')
    .option('--reason <text>', 'why, for the record')
    .action((id: string, options: LifeOptions) => revokeToken(id, options, terminal))
}

async function listTokens(options: LifeOptions, terminal: Terminal): Promise<void> {
  await onTokens(options, terminal, async (tokens) => {
    let cursor: string | undefined
    do {
      const page = await tokens.list({ limit: 200, cursor })
      for (const each of page.data) terminal.print(lineOf(each, options.json === true))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
  })
}

async function rotateToken(id: string, options: LifeOptions, terminal: Terminal): Promise<void> {
  const overlapSeconds = secondsOf(options.overlapSeconds)
  const { token, serviceToken } = await onTokens(options, terminal, (tokens) =>
    tokens.rotate(id, { overlapSeconds }))
  const previous = serviceToken.previousExpiresAt
  if (options.json === true) {
    const result = { token, id: serviceToken.id, previous_expires_at: previous }
    return terminal.print(JSON.stringify(result))
  }
  terminal.print(token)
  terminal.say(`holdfast: the old text is good until ${previous}`)
}

async function revokeToken(id: string, options: LifeOptions, terminal: Terminal): Promise<void> {
  const revoked = await onTokens(options, terminal, (tokens) =>
    tokens.revoke(id, options.reason ?? null))
  if (options.json === true) {
    const { revokedAt, revokedReason: reason } = revoked
    return terminal.print(JSON.stringify({ id: revoked.id, revoked_at: revokedAt, reason }))
  }
  terminal.print(`revoked the token ${revoked.name} (${revoked.id})`)
}

function onTokens<R>(
  options: LifeOptions,
  terminal: Terminal,
  work: (tokens: ServiceTokenStore) => Promise<R>,
): Promise<R> {
  const { settings } = configured(options, terminal)
  return withHoldfast(settings, terminal, async (holdfast) => {
    const { id } = await holdfast.organizations.get(options.organization)
    return work(holdfast.organization(id).serviceTokens)
  })
}

/** One token a line; the texts are known to nobody. */
function lineOf(token: ServiceToken, isJson: boolean): string {
  const { id, name, scopes, expiresAt, revokedAt, lastUsedAt, useCount } = token
  if (isJson) {
    return JSON.stringify({
      id, name, scopes, expires_at: expiresAt, revoked_at: revokedAt, last_used_at: lastUsedAt,
      use_count: useCount,
    })
  }
  const state = revokedAt !== null ? `revoked ${revokedAt}` : `until ${expiresAt ?? 'revoked'}`
  const used = lastUsedAt === null ? 'never used' : `used ${useCount} times, last ${lastUsedAt}`
  return [id, name, scopes.join(','), state, used].join('  ')
}

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,7}$/.test(text)) return Number(text)
  throw new UsageFailure(`--overlap-seconds must be a whole number of seconds, not ${text}`)
}
