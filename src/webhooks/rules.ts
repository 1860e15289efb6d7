import { InvalidInput } from '../errors.js'
import { type Authentication, type Webhook, type WebhookRate } from './tables.js'

/** Names of webhooks and of queues. */
export const webhookNamePattern = /^[a-z0-9][a-z0-9._-]{0,99}$/

/** What a webhook may allow. */
export const webhookMethods = ['GET', 'POST', 'PUT', 'DELETE'] as const

/** Names of headers, lower case (RFC 9110, 5.6.2). */
export const headerPattern = /^[!#$%&'*+.^_`|~0-9a-z-]{1,64}$/

/** Bytes of one body at most. */
export const webhookBodyMax = 1024 * 1024

/** Characters of a secret. */
export const webhookSecretBounds = [8, 512] as const

const requirementsMax = 16
const workflowLengthMax = 100
const valueLengthMax = 256
const kinds = ['none', 'shared_secret', 'standard', 'github', 'slack', 'stripe', 'hmac'] as const

function require(condition: boolean, field: string, rule: string): void {
  if (!condition) throw new InvalidInput(`${field} ${rule}`, { field })
}

const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value.length >= 1 && value.length <= most

/** Refuses a name outside the pattern. */
export function checkName(name: string, field = 'name'): void {
  const isRight = typeof name === 'string' && webhookNamePattern.test(name)
  require(isRight, field, `must match ${webhookNamePattern.source}`)
}

/** What a caller may set of a webhook, complete. */
export type WebhookSettings = Pick<Webhook, 'queue' | 'workflow' | 'methods' | 'requiredHeaders'
  | 'requiredQuery' | 'authentication' | 'toleranceSeconds' | 'replaySeconds' | 'rate' | 'enabled'>

/** Refuses settings that break a rule, alone or together. Throws InvalidInput. */
export function checkSettings(settings: WebhookSettings): void {
  const { methods, authentication, toleranceSeconds, replaySeconds, enabled } = settings
  checkName(settings.queue, 'queue')
  require(settings.workflow === null || isText(settings.workflow, workflowLengthMax), 'workflow',
    `must be null, or the handle or id of a workflow, of 1 to ${workflowLengthMax} characters`)
  const areMethods = Array.isArray(methods) && methods.length >= 1
    && new Set(methods).size === methods.length
    && methods.every((each) => (webhookMethods as readonly string[]).includes(each))
  require(areMethods, 'methods', `must be some of ${webhookMethods.join(', ')}, each once`)
  checkRequirements(settings.requiredHeaders, 'required_headers', headerPattern)
  checkRequirements(settings.requiredQuery, 'required_query', /^[^\u0000-\u001f&=]{1,64}$/)
  checkAuthentication(authentication)
  checkWhole(toleranceSeconds, 'tolerance_seconds', [1, 86_400])
  checkWhole(replaySeconds, 'replay_seconds', [1, 2_592_000])
  const rule = 'must be at least twice tolerance_seconds: until then a call is accepted again'
  require(replaySeconds >= 2 * toleranceSeconds, 'replay_seconds', rule)
  checkRate(settings.rate)
  require(typeof enabled === 'boolean', 'enabled', 'must be true or false')
}

/** Whether a webhook of this kind has a secret. */
export const wantsSecret = ({ kind }: Authentication): boolean => kind !== 'none'

/** Refuses a secret that is too short, too long, or not wanted; undefined keeps what is there. */
export function checkSecret(
  secret: string | undefined, { authentication, hasSecret }: Pick<Webhook, 'authentication'
    | 'hasSecret'>,
): void {
  const [least, most] = webhookSecretBounds
  if (!wantsSecret(authentication)) {
    return require(secret === undefined, 'secret', 'has no use while nobody proves anything')
  }
  if (secret === undefined) return require(hasSecret, 'secret', 'is needed to prove who calls')
  require(isText(secret, most) && secret.length >= least, 'secret',
    `must be ${least} to ${most} characters`)
}

function checkRequirements(given: unknown, field: string, pattern: RegExp): void {
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given)
  require(isObject, field, 'must be an object')
  const entries = Object.entries(given as object)
  require(entries.length <= requirementsMax, field, `must hold at most ${requirementsMax}`)
  for (const [name, value] of entries) {
    require(pattern.test(name), `${field}.${name}`, `must match ${pattern.source}`)
    require(value === null || isText(value, valueLengthMax), `${field}.${name}`,
      `must be null, or text of 1 to ${valueLengthMax} characters`)
  }
}

function checkAuthentication(given: Authentication): void {
  const kind: unknown = (given as Partial<Authentication> | null)?.kind
  require(kinds.includes(kind as never), 'authentication.kind',
    `must be one of ${kinds.join(', ')}`)
  const { kind: _, ...rest } = given as unknown as Record<string, unknown>
  const known: Record<string, (value: unknown) => boolean> = given.kind === 'hmac'
    ? {
      header: isHeader,
      algorithm: (value) => ['sha1', 'sha256', 'sha512'].includes(value as string),
      encoding: (value) => ['hex', 'base64'].includes(value as string),
      prefix: (value) => typeof value === 'string' && value.length <= 32,
      timestampHeader: isHeader,
    }
    : given.kind === 'shared_secret' ? { header: isHeader } : {}
  for (const [name, value] of Object.entries(rest)) {
    const field = `authentication.${name === 'timestampHeader' ? 'timestamp_header' : name}`
    const check = Object.hasOwn(known, name) ? known[name] : undefined
    require(check !== undefined, field, `is not known of ${given.kind}`)
    require(check!(value), field, 'is not what it may be')
  }
  const needsHeader = given.kind === 'hmac' || given.kind === 'shared_secret'
  require(!needsHeader || 'header' in rest, 'authentication.header', 'is needed')
}

const isHeader = (value: unknown): boolean =>
  typeof value === 'string' && headerPattern.test(value)

function checkRate(rate: WebhookRate | null): void {
  if (rate === null) return
  const isObject = typeof rate === 'object' && !Array.isArray(rate)
  require(isObject, 'rate', 'must be null or an object')
  checkWhole(rate.limit, 'rate.limit', [1, 1_000_000])
  checkWhole(rate.windowSeconds, 'rate.window_seconds', [1, 86_400])
}

function checkWhole(value: unknown, field: string, [least, most]: readonly [number, number]): void {
  const isRight = Number.isInteger(value) && Number(value) >= least && Number(value) <= most
  require(isRight, field, `must be a whole number from ${least} to ${most}`)
}

/** Refuses a page size outside 1 to 200. */
export function checkLimit(limit = 50): number {
  checkWhole(limit, 'limit', [1, 200])
  return limit
}
