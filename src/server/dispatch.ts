import { createHash } from 'node:crypto'
import { type FastifyReply, type FastifyRequest } from 'fastify'
import { type JsonValue, stringifyJson } from '../database/json.js'
import { type Holdfast, type HoldfastTransaction } from '../holdfast.js'
import { type ParsedInput, type Route, type RouteInput } from '../http/route.js'
import { type IdempotentCall } from '../idempotency/index.js'
import { defaultOrganizationId } from '../identity/index.js'
import { type Actor } from '../scope.js'
import { actorOf, type Caller, callerOf } from './caller.js'
import { type Lifecycle } from './health.js'
import { type HttpLimits } from './limits.js'
import { parseInput } from './request.js'
import { type ServerContext } from './routes.js'

type Input = ParsedInput<RouteInput>

/** What holds for all requests of a server. */
export interface Serving {
  readonly limits: HttpLimits
  readonly lifecycle: Lifecycle
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
    const input = waitable(parseInput(route, request), reply, lifecycle)
    const key = input.idempotencyKey
    const asked = { caller, actor: actorOf(caller, request) }
    const isKept = key !== undefined && route.idempotency === 'transaction'
    if (!isKept || caller === undefined) {
      return answer(route, reply, await route.handle(contextOf(holdfast, asked), input))
    }
    const call = await idempotentCall(holdfast, route, { request, caller, input, key })
    const kept = await once(holdfast, { route, asked, input, call })
    if (kept.replayed) reply.header('idempotency-replayed', 'true')
    return answer(route, reply, kept.body)
  }
}

/** The signal costs something only where a handler asks for it. */
function waitable(
  input: Omit<Input, 'signal'>,
  { raw }: FastifyReply,
  { closing }: Lifecycle,
): Input {
  let controller: AbortController | undefined
  const listen = () => {
    const made = new AbortController()
    const close = () => made.abort(closing.reason)
    const leave = () => {
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
  }) as Input
}

/** Who asks, as identity and as the audit see it. */
interface Asked {
  readonly caller: Caller | undefined
  readonly actor: Actor
}

interface Keyed {
  readonly route: Route<ServerContext>
  readonly asked: Asked
  readonly input: Input
  readonly call: IdempotentCall
}

/**
 * The effect and the stored answer in one transaction, or the answer stored before. It is stored
 * as text: an answer stands around a value that may itself be as deep as a stored value can be.
 */
async function once(holdfast: Holdfast, { route, asked, input, call }: Keyed) {
  const work = async (transaction: HoldfastTransaction) => {
    const earlier = await transaction.idempotency.claim(call)
    if (earlier !== undefined) return { replayed: true, body: read(earlier.result) }
    const context = contextOf(holdfast, asked, transaction)
    const body = (await route.handle(context, input)) as JsonValue | undefined
    const text = stringifyJson(withoutSecrets(route, body ?? null))
    await transaction.idempotency.settle(call, text)
    return { replayed: false, body: body ?? null }
  }
  // Whatever a handler does, it does in the transaction.
  return holdfast.transaction(work, { repeatable: true })
}

const read = (stored: JsonValue): unknown => JSON.parse(stored as string)

function withoutSecrets({ secretFields = [] }: Route<ServerContext>, body: JsonValue): JsonValue {
  if (secretFields.length === 0) return body
  const hidden = Object.fromEntries(secretFields.map((field) => [field, null]))
  return { ...(body as { [key: string]: JsonValue }), ...hidden }
}

interface KeyedRequest {
  readonly request: FastifyRequest
  readonly caller: Caller
  readonly input: Input
  readonly key: string
}

async function idempotentCall(
  holdfast: Holdfast,
  route: Route<ServerContext>,
  { request, caller, input, key }: KeyedRequest,
): Promise<IdempotentCall> {
  const parts = [route.operationId, input.params, input.query, request.body, input.ifRevision]
  const text = JSON.stringify(parts.map((part) => part ?? null))
  const organizationId = caller.organizationId ?? defaultOrganizationId
  const call = { organizationId, actorId: caller.principal.id, key }
  if (route.sensitive !== true) {
    return { ...call, fingerprint: createHash('sha256').update(text).digest('hex') }
  }
  return { ...call, ...(await holdfast.fingerprintOf(organizationId, text)) }
}

/** What the handler may use; a public endpoint gets no principal and no organization. */
function contextOf(
  holdfast: Holdfast,
  { caller, actor }: Asked,
  transaction?: HoldfastTransaction,
): ServerContext {
  const source = transaction ?? holdfast
  const organizationId = caller?.organizationId ?? defaultOrganizationId
  const stores = source.organization(organizationId, actor)
  return {
    ...stores,
    actor,
    identity: source.identity.as(actor),
    organizations: source.organizations.as(actor),
    organizationId,
    role: caller?.role ?? null,
    principal: caller?.principal as ServerContext['principal'],
    // After the commit: until then somebody else would only remember the old ones again.
    forgetCredentials: (who) =>
      source.database.afterCommit(() => holdfast.authenticator.changed(who)),
  }
}

function answer(route: Route<ServerContext>, reply: FastifyReply, body: unknown): unknown {
  reply.code(route.status)
  if (route.status === 204) return reply.send()
  if (route.etag === true) {
    reply.header('etag', `"${(body as { revision: number }).revision}"`)
  }
  return body
}
