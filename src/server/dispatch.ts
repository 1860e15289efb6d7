import { createHash } from 'node:crypto'
import { type FastifyReply, type FastifyRequest } from 'fastify'
import { type JsonValue, stringifyJson } from '../database/json.js'
import { finishAsMessage } from '../finish.js'
import { type Holdfast, type HoldfastTransaction } from '../holdfast.js'
import { type Route } from '../http/route.js'
import { type IdempotentCall } from '../idempotency/index.js'
import {
  defaultOrganizationId, isPasswordPrintOf, passwordPrintOf,
} from '../identity/index.js'
import { type Actor } from '../scope.js'
import { type StreamTimes } from '../streams/http.js'
import { CallerWatch } from './caller-watch.js'
import { actorOf, type Caller, callerOf } from './caller.js'
import { type Lifecycle } from './health.js'
import { type HttpLimits } from './limits.js'
import { parseInput } from './request.js'
import { type ServerContext } from './routes.js'

/** What holds for all requests of a server. */
export interface Serving {
  readonly limits: HttpLimits
  readonly lifecycle: Lifecycle
  readonly streamTimes?: StreamTimes
}

/** The life of one request of a route: who, what, do, answer. */
export function dispatch(holdfast: Holdfast, route: Route<ServerContext>, serving: Serving) {
  const { limits, lifecycle } = serving
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const caller = await callerOf(holdfast, route, request)
    if (caller !== undefined) {
      await limits.admitCaller(caller, request, reply)
      holdfast.tokenUsage.note(caller.principal, request.ip)
    }
    const ask = caller && (() => callerOf(holdfast, route, request))
    const input = waitable(parseInput(route, request), reply, { lifecycle, ask })
    const key = input.idempotencyKey
    const asked = { caller, actor: actorOf(caller, request) }
    const isKept = key !== undefined && route.idempotency === 'transaction'
    if (!isKept || caller === undefined) {
      return answer(route, reply, await route.handle(contextOf(holdfast, asked), input))
    }
    const parts = [
      route.operationId, input.params, input.query, request.body, input.ifRevision,
      ...(input.ifAbsent ? ['absent'] : []),
    ]
    const text = JSON.stringify(parts.map((part) => part ?? null))
    const kept = await once(holdfast, {
      call: await wordedCall(holdfast, route, { caller, key, text }),
      work: async (transaction) =>
        (await route.handle(contextOf(holdfast, asked, transaction), input)) as JsonValue,
      stored: (body) => withoutSecrets(route, body),
    })
    if (kept.replayed) reply.header('idempotency-replayed', 'true')
    return answer(route, reply, kept.body)
  }
}

/** What else than the client's going ends a wait. */
interface WaitEnds {
  readonly lifecycle: Lifecycle
  /** Throws once the caller may not call any more; absent where somebody else looks. */
  readonly ask?: (() => Promise<unknown>) | undefined
  /** What somebody else looks with. */
  readonly revoked?: AbortSignal | undefined
}

/** The signal costs something only where a handler asks for it. */
export function waitable<I extends object>(
  input: I,
  { raw }: FastifyReply,
  { lifecycle: { closing }, ask, revoked }: WaitEnds,
): I & { readonly signal: AbortSignal } {
  let controller: AbortController | undefined
  const listen = () => {
    const made = new AbortController()
    const close = () => made.abort(closing.reason)
    const watch = ask && new CallerWatch(ask)
    const refused = watch?.revoked ?? revoked
    refused?.addEventListener('abort', () => made.abort(refused.reason))
    const endWatch = watch?.begin()
    const leave = () => {
      endWatch?.()
      closing.removeEventListener('abort', close)
      made.abort(new Error('The client has gone.'))
    }
    if (closing.aborted) close()
    closing.addEventListener('abort', close, { once: true })
    raw.once('close', leave)
    if (raw.destroyed) leave()
    return made
  }
  return Object.defineProperty(input, 'signal', {
    get: () => (controller ??= listen()).signal,
  }) as I & { readonly signal: AbortSignal }
}

/** Who asks, as identity and as the audit see it. */
export interface Asked {
  readonly caller: Caller | undefined
  readonly actor: Actor
}

/** A call that must have one effect. */
export interface Keyed {
  readonly call: IdempotentCall
  work(transaction: HoldfastTransaction): Promise<JsonValue | undefined>
  /** What of the answer is kept. */
  stored(body: JsonValue): JsonValue
}

/**
 * The effect and the stored answer in one transaction, or the answer stored before. It is stored
 * as text: an answer stands around a value that may itself be as deep as a stored value can be.
 */
export async function once(holdfast: Holdfast, { call, work, stored }: Keyed) {
  const kept = async (transaction: HoldfastTransaction) => {
    const earlier = await transaction.idempotency.claim(call)
    if (earlier !== undefined) return { replayed: true, body: read(earlier.result) }
    const body = (await work(transaction)) ?? null
    await transaction.idempotency.settle(call, stringifyJson(stored(body)))
    return { replayed: false, body }
  }
  // Whatever a handler does, it does in the transaction.
  return holdfast.transaction(kept, { repeatable: true })
}

const read = (stored: JsonValue): unknown => JSON.parse(stored as string)

function withoutSecrets({ secretFields = [] }: Route<ServerContext>, body: JsonValue): JsonValue {
  if (secretFields.length === 0) return body
  const hidden = Object.fromEntries(secretFields.map((field) => [field, null]))
  return { ...(body as { [key: string]: JsonValue }), ...hidden }
}

/** A call under its key; `parts` are everything that makes it what it is. */
export function idempotentCall(
  { caller, key }: { readonly caller: Caller; readonly key: string },
  parts: readonly (string | Uint8Array)[],
): IdempotentCall {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return {
    organizationId: caller.organizationId ?? defaultOrganizationId,
    actorId: caller.principal.id,
    key,
    fingerprint: hash.digest('hex'),
  }
}

/**
 * A call made of words; what may hold a secret is told apart by the organization's key, and what
 * may hold a password at the cost of one.
 */
async function wordedCall(
  holdfast: Holdfast,
  { sensitive }: Route<ServerContext>,
  { text, ...keyed }: { readonly caller: Caller; readonly key: string; readonly text: string },
): Promise<IdempotentCall> {
  const call = idempotentCall(keyed, [text])
  if (sensitive === 'password') {
    const isSame = (print: string) => isPasswordPrintOf(print, text)
    return { ...call, fingerprint: await passwordPrintOf(text), isSame }
  }
  if (sensitive !== true) return call
  return { ...call, ...(await holdfast.fingerprintOf(call.organizationId, text)) }
}

/** What the handler may use; a public endpoint gets no principal and no organization. */
export function contextOf(
  holdfast: Holdfast,
  { caller, actor }: Asked,
  transaction?: HoldfastTransaction,
): ServerContext {
  const source = transaction ?? holdfast
  const organizationId = caller?.organizationId ?? defaultOrganizationId
  const stores = source.organization(organizationId, actor)
  return beside(stores, {
    actor,
    identity: source.identity.as(actor),
    organizations: source.organizations.as(actor),
    organizationId,
    role: caller?.role ?? null,
    personalData: holdfast.personalData(actor),
    webhookReceiver: holdfast.webhookReceiver,
    principal: caller?.principal as ServerContext['principal'],
    // After the commit: until then somebody else would only remember the old ones again.
    forgetCredentials: (who) =>
      source.database.afterCommit(() => holdfast.authenticator.changed(who)),
    // After the commit, and for nobody to wait for: the next envelope would tell it as well.
    floorChanged: (conversationId) => source.database.afterCommit(() => {
      const { openFloor } = holdfast.organization(organizationId, actor)
      void openFloor.tellFloor(conversationId).catch(() => undefined)
    }),
    finishStream: (given) => (transaction !== undefined
      ? finishAsMessage(stores, given)
      : holdfast.transaction((own) =>
        finishAsMessage(own.organization(organizationId, actor), given), { repeatable: true })),
  } satisfies Omit<ServerContext, keyof typeof stores>)
}

/**
 * Members in front of stores. Spreading those would make each of them, and a handler uses one or
 * two; as a prototype of its own for each request they took 9 microseconds.
 */
function beside<S extends object, O extends object>(stores: S, own: O): S & O {
  return new Proxy(own, {
    get: (_, name) => (Object.hasOwn(own, name) ? own[name as keyof O] : stores[name as keyof S]),
  }) as S & O
}

function answer(route: Route<ServerContext>, reply: FastifyReply, body: unknown): unknown {
  reply.code(route.status)
  if (route.status === 204) return reply.send()
  if (route.etag === true) {
    reply.header('etag', `"${(body as { revision: number }).revision}"`)
  }
  return body
}
