import { Agents } from './agents.js'
import { Attachments } from './attachments.js'
import { Audit } from './audit.js'
import { Checkpoints } from './checkpoints.js'
import { Conversations, Messages, Participants } from './conversations.js'
import { invalidConfiguration, invalidValue, segmentOf } from './errors.js'
import { Envelopes } from './envelopes.js'
import { Floors } from './floors.js'
import { Organizations, ServiceTokens, Sessions } from './identity.js'
import { Cache, Items } from './items.js'
import { writeJson } from './json.js'
import { Locks } from './locks.js'
import {
  type CallOptions, type OperationId, type RequestArguments, type Result, type UpdateOptions,
} from './operation.js'
import { Invitations, Members, Users } from './people.js'
import { Queues } from './queues.js'
import { Schedules } from './schedules.js'
import { Secrets } from './secrets.js'
import { endpoints, type Me, type User, type UserChanges } from './schema.js'
import { OrganizationSettings, OwnSettings } from './settings.js'
import { AgentStates } from './states.js'
import { type RawCall, Streams } from './streams.js'
import {
  type Fetch, type Outgoing, send, sendOpen, sendRaw, type TransportOptions,
} from './transport.js'
import { Tuning } from './tuning.js'
import { Usage } from './usage.js'
import { Webhooks } from './webhooks.js'
import { Runs, Workflows } from './workflows.js'

/** How to reach a server. */
export interface ClientOptions {
  /** Where it is, such as `https://holdfast.example`; a path before `/v1` may follow. */
  readonly url: string
  /** A service token or a session's. Only logging in needs none. */
  readonly token?: string
  /** Id or slug. A session's calls need it; a service token has its own. */
  readonly organization?: string
  /** @default the global fetch */
  readonly fetch?: Fetch
  /** How long one attempt may take, whole. @default 30000 */
  readonly timeoutMs?: number
  /** Attempts after the first, at most. @default 5 */
  readonly retriesMax?: number
}

/** What the generated table says of one operation. */
interface Endpoint {
  readonly method: string
  readonly path: string
  readonly isPublic: boolean
  readonly isInOrganization: boolean
  readonly isKeyed: boolean
  readonly isRepeatable?: boolean
}

/** The parts of any operation's options. */
interface AnyOptions extends CallOptions {
  readonly path?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly idempotencyKey?: string
  readonly ifRevision?: number
  readonly ifAbsent?: boolean
}

/** The longest time a timer can hold. */
const timeoutMaxMs = 2 ** 31 - 1

const retriesCeiling = 1_000

const keyPattern = /^[\x21-\x7e]{1,255}$/

/**
 * A client of a Holdfast server, over fetch alone. Names are those of the HTTP API.
 *
 * Calls that change something carry an Idempotency-Key, so they and all reads are repeated when
 * no answer comes or it asks to wait (429, 502, 503, 504): up to `retriesMax` times, after
 * Retry-After or a random pause that grows. Logging in and out have no key and are sent once.
 * A call that fails throws HoldfastClientError; one that is aborted, the signal's reason.
 */
export function createClient(options: ClientOptions): Client {
  return new Client(options)
}

/** See `createClient`. */
export class Client {
  readonly audit: Audit
  readonly conversations: Conversations
  readonly invitations: Invitations
  readonly members: Members
  readonly messages: Messages
  readonly organizations: Organizations
  /** Of conversations. */
  readonly participants: Participants
  readonly serviceTokens: ServiceTokens
  readonly settings: OrganizationSettings
  readonly mySettings: OwnSettings
  readonly sessions: Sessions
  /** Of the whole installation. */
  readonly users: Users
  /** Of the organization. */
  readonly secrets: Secrets
  /** The caller's own in the organization. */
  readonly mySecrets: Secrets
  /** Of agents, in conversations. */
  readonly states: AgentStates
  readonly streams: Streams
  readonly attachments: Attachments
  readonly usage: Usage
  /** Of workflows. */
  readonly tuning: Tuning
  readonly workflows: Workflows
  /** Of workflows. */
  readonly runs: Runs
  /** Jobs, and the queues they wait in. */
  readonly queues: Queues
  /** Leases with fencing tokens. */
  readonly locks: Locks
  /** Jobs that recur. */
  readonly schedules: Schedules
  /** Addresses that turn calls from outside into jobs or runs. */
  readonly webhooks: Webhooks
  /** Of conversations. */
  readonly floors: Floors
  /** Who is known, who is online, and who can do what. */
  readonly agents: Agents
  /** Of the Open Floor Protocol. */
  readonly envelopes: Envelopes
  /** Long-term memory; names and answers are the library's. */
  readonly items: Items
  /** Results of work that need not be done again. */
  readonly cache: Cache
  /** Of agents' graphs; names and answers are the library's. */
  readonly checkpoints: Checkpoints
  readonly #base: string
  readonly #token: string | undefined
  readonly #organization: string | undefined
  readonly #transport: TransportOptions

  constructor(options: ClientOptions) {
    // Code without types may leave all out.
    if (options?.url === undefined) throw invalidConfiguration('url is missing')
    const { timeoutMs = 30_000, retriesMax = 5 } = options
    this.#base = baseOf(options.url)
    this.#token = checkedText('token', options.token)
    this.#organization = checkedText('organization', options.organization)
    // Looked up at each call and called on its owner, as browsers require.
    const fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
    this.#transport = {
      fetch,
      timeoutMs: checkedCount('timeoutMs', timeoutMs, { min: 1, max: timeoutMaxMs }),
      retriesMax: checkedCount('retriesMax', retriesMax, { min: 0, max: retriesCeiling }),
    }
    const request = this.request.bind(this)
    const raw = {
      call: (call: RawCall) => sendRaw(this.#rawOutgoing(call), this.#transport),
      open: (call: RawCall) => sendOpen(this.#rawOutgoing(call), this.#transport),
      key: randomKey,
    }
    this.audit = new Audit(request, raw)
    this.invitations = new Invitations(request)
    this.members = new Members(request)
    this.users = new Users(request, raw)
    this.conversations = new Conversations(request, raw)
    this.messages = new Messages(request)
    this.participants = new Participants(request)
    this.organizations = new Organizations(request)
    this.serviceTokens = new ServiceTokens(request)
    this.settings = new OrganizationSettings(request)
    this.mySettings = new OwnSettings(request)
    this.sessions = new Sessions(request)
    this.secrets = new Secrets(request, 'Secret')
    this.mySecrets = new Secrets(request, 'MySecret')
    this.states = new AgentStates(request)
    this.streams = new Streams(raw)
    this.attachments = new Attachments(request, raw)
    this.usage = new Usage(request)
    this.tuning = new Tuning(request)
    this.workflows = new Workflows(request)
    this.runs = new Runs(request, raw)
    this.queues = new Queues(request)
    this.locks = new Locks(request)
    this.schedules = new Schedules(request)
    this.webhooks = new Webhooks(request)
    this.floors = new Floors(request, raw)
    this.agents = new Agents(request)
    this.envelopes = new Envelopes(request)
    this.items = new Items(request)
    this.cache = new Cache(request)
    this.checkpoints = new Checkpoints(request)
  }

  /** Changes the person behind the token: user name, display name, preferences. */
  updateMe(changes: UserChanges, options: UpdateOptions = {}): Promise<User> {
    return this.request('updateMe', { body: changes, ...options })
  }

  /** Who the token stands for. */
  me(options: CallOptions = {}): Promise<Me> {
    return this.request('getMe', options)
  }

  /** Calls any operation of the API by its `operationId`; types say what it takes and gives. */
  async request<Id extends OperationId>(
    operationId: Id,
    ...[options]: RequestArguments<Id>
  ): Promise<Result<Id>> {
    const outgoing = this.#outgoing(endpoints[operationId], (options ?? {}) as AnyOptions)
    return (await send(outgoing, this.#transport)) as Result<Id>
  }

  #rawOutgoing(call: RawCall): Outgoing {
    const { method, path, body, signal, idempotencyKey, expects, isRepeatable = false } = call
    const headers = new Headers()
    if (this.#token !== undefined) headers.set('authorization', `Bearer ${this.#token}`)
    if (this.#organization !== undefined) {
      headers.set('holdfast-organization', this.#organization)
    }
    for (const [name, value] of Object.entries(call.headers ?? {})) {
      if (value !== undefined) setHeader(headers, name, value)
    }
    if (idempotencyKey !== undefined) headers.set('idempotency-key', checkedKey(idempotencyKey))
    const isMeant = isRepeatable || idempotencyKey !== undefined
    return {
      url: this.#base + path, method, headers, body, signal, expects,
      isRepeatable: isMeant && !(body instanceof ReadableStream),
    }
  }

  #outgoing(endpoint: Endpoint, options: AnyOptions): Outgoing {
    const { method, isPublic, isInOrganization, isKeyed } = endpoint
    const { body, signal, ifRevision } = options
    const headers = new Headers({ accept: 'application/json, application/problem+json' })
    if (!isPublic && this.#token !== undefined) {
      headers.set('authorization', `Bearer ${this.#token}`)
    }
    if (body !== undefined) headers.set('content-type', 'application/json')
    if (isInOrganization && this.#organization !== undefined) {
      headers.set('holdfast-organization', this.#organization)
    }
    if (isKeyed) headers.set('idempotency-key', checkedKey(options.idempotencyKey ?? randomKey()))
    if (ifRevision !== undefined) headers.set('if-match', `"${ifRevision}"`)
    if (options.ifAbsent === true) headers.set('if-none-match', '*')
    return {
      url: this.#base + pathOf(endpoint.path, options.path) + queryOf(options.query),
      method,
      headers,
      body: body === undefined ? undefined : writeJson(body),
      signal,
      isRepeatable: method === 'GET' || isKeyed || endpoint.isRepeatable === true,
    }
  }
}

function baseOf(url: string): string {
  if (!URL.canParse(url)) throw invalidConfiguration(`url is no address: ${url}`)
  const { protocol, username, origin, pathname } = new URL(url)
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw invalidConfiguration(`url must begin with http:// or https://, not ${protocol}`)
  }
  if (username !== '') throw invalidConfiguration('url must hold no user name; give a token')
  return origin + pathname.replace(/\/+$/, '')
}

/** Refuses what a header cannot carry now, rather than as a failure of every call. */
function checkedText(option: string, value: string | undefined): string | undefined {
  if (value === undefined || /^[\x21-\x7e]+$/.test(value)) return value
  throw invalidConfiguration(`${option} must be printable ASCII text without spaces`)
}

function checkedCount(option: string, value: number, range: { min: number; max: number }): number {
  if (Number.isInteger(value) && value >= range.min && value <= range.max) return value
  throw invalidConfiguration(`${option} must be an integer from ${range.min} to ${range.max}`)
}

function checkedKey(key: string): string {
  if (keyPattern.test(key)) return key
  const rule = 'must be 1 to 255 printable ASCII characters without spaces'
  throw invalidValue('header.idempotency-key', rule)
}

/** 128 random bits. Not randomUUID: browsers lack it on pages that came over plain HTTP. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function setHeader(headers: Headers, name: string, value: string): void {
  try {
    headers.set(name, value)
  } catch {
    throw invalidValue(`header.${name}`, 'holds what no header can carry')
  }
}

function pathOf(template: string, values: Readonly<Record<string, unknown>> = {}): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = Number.isSafeInteger(values[name]) ? String(values[name]) : values[name]
    return segmentOf(value, `path.${name}`)
  })
}

function queryOf(values: Readonly<Record<string, unknown>> = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) search.set(name, String(value))
  }
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}
