import { createHash } from 'node:crypto'
import { type Clock, instantOf } from '../clock.js'
import { type RateLimiter } from '../coordination/coordination.js'
import { type Database } from '../database/database.js'
import { ForeignKeyViolation } from '../database/failures.js'
import { type JsonValue } from '../database/json.js'
import { decodeRow, encodeRow, type Row } from '../database/table.js'
import { RateLimited, RequestFaults } from '../http/problem.js'
import { type TraceContext, traceContextOf } from '../http/trace-context.js'
import { type IdGenerator, isUuid } from '../ids.js'
import { OtherMethodsTaken, WebhookNotFound } from './errors.js'
import { provingHeaders, proven, type SignedCall } from './signature.js'
import { bindingOf, sealerOf, type WebhookSealer } from './store.js'
import { webhookDeliveries, webhooks, type WebhookTables } from './tables.js'

/** A call of a webhook as it came. */
export interface WebhookCall extends SignedCall {
  readonly method: string
  /** Of a name that stands several times the last one. */
  readonly query: Readonly<Record<string, string>>
  /** All headers, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>
}

/** What became of a call. */
export interface WebhookReceipt {
  /** Stands in the payload of its job as `delivery_id`; of a repeated call that of the first. */
  readonly deliveryId: string
  /** Whether the same call came before and nothing happened this time. */
  readonly isRepeated: boolean
}

/** A job, or a run, to make of a call. */
export interface WebhookJob {
  readonly organizationId: string
  readonly queue: string
  /** The workflow to start a run of; null for a job. */
  readonly workflow: string | null
  readonly payload: JsonValue
  /** Of the call; null where it has none that is valid. */
  readonly trace: TraceContext | null
}

/** What receives calls of all organizations' webhooks. */
export interface ReceiverSource {
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly limiter: RateLimiter
  readonly sealer: WebhookSealer | undefined
  /** Makes a job, or a run and its job, on the transaction. Throws WebhookWorkflowUnavailable. */
  enqueue(database: Database<WebhookTables>, job: WebhookJob): Promise<unknown>
}

/** Headers a job never holds: they prove who calls, or say how the bytes came. */
const hidden = new Set([
  'authorization', 'cookie', 'proxy-authorization', 'connection', 'content-length', 'host',
  'transfer-encoding', 'keep-alive', 'expect', 'upgrade',
])

/** Of deliveries whose time is over, so many are forgotten with each call. */
const forgottenAtOnce = 2

/** Takes calls for the webhooks of all organizations. */
export class WebhookReceiver {
  readonly #database: Database<WebhookTables>
  readonly #source: ReceiverSource

  /** `database` reaches all organizations: a call names none. */
  constructor(database: Database<WebhookTables>, source: ReceiverSource) {
    this.#database = database
    this.#source = source
  }

  /**
   * Makes a job or a run of a call, once however often it comes. Throws WebhookNotFound,
   * RateLimited, WebhookMethodRefused, RequestFaults, WebhookUnauthenticated and
   * WebhookWorkflowUnavailable, in this order.
   */
  async receive(id: string, call: WebhookCall): Promise<WebhookReceipt> {
    const webhook = await this.#webhook(id)
    await this.#admit(webhook)
    if (!webhook.methods.includes(call.method)) {
      throw new OtherMethodsTaken(webhook.methods)
    }
    checkRequirements(webhook, call)
    const digest = await this.#digest(webhook, call)
    return this.#take(webhook, { call, digest })
  }

  async #webhook(id: string): Promise<Row<typeof webhooks>> {
    const stored = !isUuid(id) ? undefined : await this.#database.first(this.#database.write
      .selectFrom('webhooks').selectAll().where('id', '=', webhooks.columns.id.encode(id)))
    const webhook = stored && decodeRow(webhooks, stored)
    if (webhook?.enabled !== true) throw notFound()
    return webhook
  }

  async #admit({ id, rate }: Row<typeof webhooks>): Promise<void> {
    if (rate === null) return
    const rule = { name: 'webhook', resource: 'webhook', id, ...rate }
    const { allowed, retryAfterSeconds } = await this.#source.limiter.consume([rule])
    if (allowed) return
    const waitSeconds = Math.ceil(retryAfterSeconds)
    throw new RateLimited(`The webhook was called too often; wait ${waitSeconds} s.`, {
      retryAfterSeconds: waitSeconds,
    })
  }

  /** What tells the call from others; undefined where nothing does. */
  async #digest(webhook: Row<typeof webhooks>, call: WebhookCall): Promise<string | undefined> {
    const { authentication, sealed, toleranceSeconds } = webhook
    const { secret = '' } = authentication.kind === 'none' ? {}
      : await sealerOf(this.#source.sealer).open(sealed, bindingOf(webhook))
    const nowMs = this.#source.clock.now()
    const digest = proven(authentication, call, { secret, toleranceSeconds, nowMs })
    const key = call.header('idempotency-key')
    if (digest !== undefined || key === undefined) return digest
    return createHash('sha256').update(`key ${key}`).digest('hex')
  }

  /** The job and the memory of the call in one transaction. */
  async #take(
    webhook: Row<typeof webhooks>,
    { call, digest }: { readonly call: WebhookCall; readonly digest: string | undefined },
  ): Promise<WebhookReceipt> {
    const nowMs = this.#source.clock.now()
    const { organizationId, queue, workflow, id: webhookId } = webhook
    const id = this.#source.ids.next()
    const payload = payloadOf(webhook, call, { id, receivedAt: instantOf(nowMs) })
    const trace = traceContextOf(call.headers.traceparent, call.headers.tracestate)
    const job = { organizationId, queue, workflow, payload, trace }
    const within = this.#database.within([organizationId])
    return within.transaction(async (transaction) => {
      if (digest === undefined) {
        await this.#source.enqueue(transaction, job)
        return { deliveryId: id, isRepeated: false }
      }
      const first = await remembered(transaction, {
        organizationId, webhookId, digest, id, receivedAt: instantOf(nowMs),
        expiresAt: instantOf(nowMs + webhook.replaySeconds * 1_000),
      })
      if (first !== id) return { deliveryId: first, isRepeated: true }
      await this.#source.enqueue(transaction, job)
      return { deliveryId: id, isRepeated: false }
    }, { repeatable: true })
  }
}

const notFound = (cause?: unknown) =>
  new WebhookNotFound('There is no such webhook.', { cause })

type Delivery = Row<typeof webhookDeliveries>

/** The id of the first delivery of its kind that is remembered: this one, or an earlier one. */
async function remembered(database: Database<WebhookTables>, delivery: Delivery): Promise<string> {
  const row = encodeRow(webhookDeliveries, delivery)
  const { organization_id, webhook_id, digest, received_at: now } = row
  const all = database.write.selectFrom('webhook_deliveries')
    .where('organization_id', '=', organization_id).where('webhook_id', '=', webhook_id)
  const over = all.select('digest').where('expires_at', '<=', now)
    .orderBy('expires_at').limit(forgottenAtOnce)
  await database.run(database.write.deleteFrom('webhook_deliveries')
    .where('organization_id', '=', organization_id).where('webhook_id', '=', webhook_id)
    .where((where) => where.or([
      where('digest', 'in', over),
      where.and([where('digest', '=', digest), where('expires_at', '<=', now)]),
    ])))
  try {
    await database.run(database.write.insertInto('webhook_deliveries').values(row)
      .onConflict((conflict) => conflict.doNothing()))
  } catch (cause) {
    // Deleted since it was looked up.
    throw cause instanceof ForeignKeyViolation ? notFound(cause) : cause
  }
  const kept = await database.first(all.select('id').where('digest', '=', digest))
  return webhookDeliveries.columns.id.decode(kept!.id)
}

function checkRequirements(
  { requiredHeaders, requiredQuery }: Row<typeof webhooks>, { headers, query }: WebhookCall,
): void {
  const faults = [
    ...faultsIn(requiredHeaders, headers, 'header'), ...faultsIn(requiredQuery, query, 'query'),
  ]
  if (faults.length > 0) throw new RequestFaults(faults)
}

function faultsIn(
  required: Readonly<Record<string, string | null>>,
  given: Readonly<Record<string, string>>,
  place: string,
) {
  return Object.entries(required).flatMap(([name, wanted]) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value !== undefined && (wanted === null || value === wanted)) return []
    // What it must be may be a secret of the webhook's owner.
    const message = value === undefined ? 'is needed' : 'is not what the webhook wants'
    return [{ field: `${place}.${name}`, message }]
  })
}

/** What the job is about: the call without what proves it. */
function payloadOf(
  webhook: Row<typeof webhooks>,
  { method, query, headers, body }: WebhookCall,
  { id, receivedAt }: { readonly id: string; readonly receivedAt: string },
): JsonValue {
  const left = new Set([...hidden, ...provingHeaders(webhook.authentication)])
  const shown = Object.entries(headers).filter(([name]) => !left.has(name))
  return {
    webhook_id: webhook.id, webhook: webhook.name, delivery_id: id, received_at: receivedAt,
    method, query: { ...query }, headers: Object.fromEntries(shown),
    ...bodyOf(body, headers['content-type'] ?? ''),
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** JSON as JSON, other text as text, other bytes in base64; `body_kind` says which. */
function bodyOf(body: Uint8Array, mediaType: string): { readonly [key: string]: JsonValue } {
  if (body.length === 0) return { body: null, body_kind: 'none' }
  let text: string
  try {
    text = utf8.decode(body)
  } catch {
    return { body: Buffer.from(body).toString('base64'), body_kind: 'base64' }
  }
  if (!/^application\/([^;]+\+)?json\s*(;|$)/i.test(mediaType)) {
    return { body: text, body_kind: 'text' }
  }
  try {
    return { body: JSON.parse(text) as JsonValue, body_kind: 'json' }
  } catch {
    return { body: text, body_kind: 'text' }
  }
}
