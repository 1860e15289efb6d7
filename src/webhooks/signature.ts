import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { WebhookUnauthenticated } from './errors.js'
import { type Authentication } from './tables.js'

/** A call as its sender made it. */
export interface SignedCall {
  /** By lower-case name. */
  header(name: string): string | undefined
  readonly body: Uint8Array
}

/** What is checked with. */
export interface Proof {
  readonly secret: string
  readonly toleranceSeconds: number
  readonly nowMs: number
}

type Algorithm = 'sha1' | 'sha256' | 'sha512'

/** How a sender signs. */
interface Scheme {
  /** Where the signature stands; the others are named beside it in errors. */
  readonly header: string
  readonly algorithm: Algorithm
  readonly encoding: 'hex' | 'base64'
  /** The signed header with the sender's own id of the delivery, the same when it tries again. */
  readonly idHeader?: string
  /** The signatures of a call, of which one must fit, and the time it names. */
  read(value: string, call: SignedCall): { readonly given: readonly string[]; time?: string }
  /** What is signed before the body. */
  before(time: string, call: SignedCall): string
  key(secret: string): Uint8Array
}

const plainKey = (secret: string): Uint8Array => Buffer.from(secret)

/** The parts `name=value` of a list, those of one name. */
const partsOf = (list: string, name: string): string[] =>
  list.split(',').map((part) => part.trim().split('='))
    .flatMap(([key, ...value]) => (key === name ? [value.join('=')] : []))

/** Standard Webhooks 1.0.0: https://github.com/standard-webhooks/standard-webhooks */
const standard: Scheme = {
  header: 'webhook-signature', algorithm: 'sha256', encoding: 'base64', idHeader: 'webhook-id',
  read: (value, { header }) => ({
    given: value.split(' ').flatMap((each) => (each.startsWith('v1,') ? [each.slice(3)] : [])),
    time: header('webhook-timestamp') ?? '',
  }),
  before: (time, { header }) => `${header('webhook-id') ?? ''}.${time}.`,
  key: (secret) => secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64') : plainKey(secret),
}

/** As documented by the services; read on 2026-11-27. */
const github: Scheme = {
  header: 'x-hub-signature-256', algorithm: 'sha256', encoding: 'hex',
  read: (value) => ({ given: value.startsWith('sha256=') ? [value.slice(7)] : [] }),
  before: () => '',
  key: plainKey,
}

const slack: Scheme = {
  header: 'x-slack-signature', algorithm: 'sha256', encoding: 'hex',
  read: (value, { header }) => ({
    given: value.startsWith('v0=') ? [value.slice(3)] : [],
    time: header('x-slack-request-timestamp') ?? '',
  }),
  before: (time) => `v0:${time}:`,
  key: plainKey,
}

const stripe: Scheme = {
  header: 'stripe-signature', algorithm: 'sha256', encoding: 'hex',
  read: (value) => ({ given: partsOf(value, 'v1'), time: partsOf(value, 't')[0] ?? '' }),
  before: (time) => `${time}.`,
  key: plainKey,
}

const known = { standard, github, slack, stripe } as const

function schemeOf(authentication: Exclude<Authentication, { kind: 'none' | 'shared_secret' }>) {
  if (authentication.kind !== 'hmac') return known[authentication.kind]
  const {
    header, algorithm = 'sha256', encoding = 'hex', prefix = '', timestampHeader,
  } = authentication
  return {
    header, algorithm, encoding,
    read: (value, call) => ({
      given: value.startsWith(prefix) ? [value.slice(prefix.length)] : [],
      ...(timestampHeader === undefined ? {} : { time: call.header(timestampHeader) ?? '' }),
    }),
    before: (time) => (timestampHeader === undefined ? '' : `${time}.`),
    key: plainKey,
  } satisfies Scheme as Scheme
}

/** Headers that hold what a job must not: the secret itself, or what proves it. */
export function provingHeaders(authentication: Authentication): string[] {
  if (authentication.kind === 'none') return []
  return [authentication.kind === 'shared_secret'
    ? authentication.header : schemeOf(authentication).header]
}

/**
 * Checks that a call comes from who knows the secret, and is not older or newer than the tolerance
 * where its time is signed. Gives what tells it from other calls, as a SHA-256 in hexadecimal;
 * undefined where nothing does. Throws WebhookUnauthenticated, which does not say what was wrong
 * of a signature.
 */
export function proven(
  authentication: Authentication, call: SignedCall, proof: Proof,
): string | undefined {
  if (authentication.kind === 'none') return undefined
  const { header: name } = authentication.kind === 'shared_secret'
    ? authentication : schemeOf(authentication)
  const value = call.header(name)
  if (value === undefined) throw refused(`The header ${name} is missing.`)
  if (authentication.kind === 'shared_secret') {
    if (!isSame(value, proof.secret)) throw refused(`The header ${name} does not fit.`)
    return undefined
  }
  return signed(schemeOf(authentication), { value, call, proof })
}

function signed(
  scheme: Scheme,
  { value, call, proof }: { value: string; call: SignedCall; proof: Proof },
): string {
  const { given, time } = scheme.read(value, call)
  const content = Buffer.concat([Buffer.from(scheme.before(time ?? '', call)), call.body])
  const right = createHmac(scheme.algorithm, scheme.key(proof.secret)).update(content)
    .digest(scheme.encoding)
  if (!given.some((each) => isSame(normal(each, scheme), right))) {
    throw refused(`The header ${scheme.header} does not fit.`)
  }
  if (time !== undefined) checkTime(time, proof)
  // An id that is not signed would let a captured call through again under another one.
  const own = scheme.idHeader === undefined ? undefined : call.header(scheme.idHeader)
  return createHash('sha256').update(own ?? content).digest('hex')
}

/** Only once the signature fits: before, a time says nothing. */
function checkTime(time: string, { toleranceSeconds, nowMs }: Proof): void {
  const seconds = /^\d{1,15}$/.test(time) ? Number(time) : NaN
  if (Math.abs(nowMs / 1_000 - seconds) <= toleranceSeconds) return
  throw refused(`The signed time is not within ${toleranceSeconds} s of ours.`)
}

const normal = (signature: string, { encoding }: Scheme): string =>
  (encoding === 'hex' ? signature.toLowerCase() : signature)

/** In a time that tells nothing of either. */
function isSame(given: string, right: string): boolean {
  const [one, other] = [given, right].map((each) => createHash('sha256').update(each).digest())
  return timingSafeEqual(one!, other!)
}

const refused = (message: string) => new WebhookUnauthenticated(message)
