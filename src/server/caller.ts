import { type FastifyRequest } from 'fastify'
import { type Holdfast } from '../holdfast.js'
import { RequestFaults } from '../http/problem.js'
import { type Endpoint } from '../http/route.js'
import {
  type Action, defaultOrganizationId, Forbidden, isAllowed, isInRanges, OrganizationNotFound,
  type Principal, type Role, Unauthenticated,
} from '../identity/index.js'
import { type Actor } from '../scope.js'
import { bearerIn } from './request.js'

/** Who calls, and in which organization. */
export interface Caller {
  readonly principal: Principal
  /** Null for calls outside any organization. */
  readonly organizationId: string | null
  /** Of a person, in that organization. */
  readonly role: Role | null
}

/**
 * Finds out who calls and whether they may: one look at what is remembered, or one statement.
 * Undefined for public endpoints.
 */
export async function callerOf(
  holdfast: Holdfast,
  route: Endpoint,
  request: FastifyRequest,
): Promise<Caller | undefined> {
  if (route.action === 'public') return undefined
  const token = bearerOf(request)
  if (route.scope === 'organization') return callerWithin(holdfast, route, { request, token })
  if (route.scope === 'installation') return administrator(holdfast, route, { request, token })
  const principal = await holdfast.authenticator.authenticate(token)
  refuseAddress(principal, request.ip)
  allow(principal, null, route.action as Action)
  return { principal, organizationId: principal.organizationId, role: null }
}

/** Who acts, with what the audit tells of the request. */
export function actorOf(caller: Caller | undefined, request: FastifyRequest): Actor {
  return {
    id: caller?.principal.id ?? 'anonymous',
    userId: caller?.principal.userId ?? null,
    requestId: request.id,
    ipAddress: request.ip,
    userAgent: request.headers['user-agent']?.slice(0, 512) ?? null,
  }
}

interface Credentials {
  readonly request: FastifyRequest
  readonly token: string
}

/** A service token belongs to one organization; a person picks one of theirs or has a default. */
async function callerWithin(
  { authenticator }: Holdfast,
  route: Endpoint,
  { request, token }: Credentials,
): Promise<Caller> {
  const wanted = request.headers['holdfast-organization']
  const wrong = faultOf(wanted)
  if (wrong !== undefined) {
    // Who may not call at all hears of that first.
    refuseAddress(await authenticator.authenticate(token), request.ip)
    throw fault(wrong)
  }
  const { principal, organizationId, role } =
    await authenticator.stand(token, wanted as string | undefined)
  refuseAddress(principal, request.ip)
  if (organizationId === null) throw fault('is needed: the id or slug of one of your organizations')
  allow(principal, role, route.action as Action)
  return { principal, organizationId, role }
}

/** Owners and admins of the organization `default`, and its tokens, administer all users. */
async function administrator(
  { authenticator }: Holdfast,
  route: Endpoint,
  { request, token }: Credentials,
): Promise<Caller> {
  const organizationId = defaultOrganizationId
  try {
    const { principal, role } = await authenticator.stand(token, organizationId)
    refuseAddress(principal, request.ip)
    allow(principal, role, route.action as Action)
    return { principal, organizationId, role }
  } catch (error) {
    if (!(error instanceof OrganizationNotFound)) throw error
    throw forbidden(route.action as Action)
  }
}

function bearerOf({ headers: { authorization } }: FastifyRequest): string {
  const token = bearerIn(authorization)
  if (token !== null) return token
  throw new Unauthenticated('Send the header Authorization: Bearer <token>.', {
    field: 'header.authorization',
  })
}

function allow(principal: Principal, role: Role | null, action: Action): void {
  if (!isAllowed(principal, role, action)) throw forbidden(action)
}

const forbidden = (action: Action) => new Forbidden(`This token may not do ${action}.`)

/** A service token that was stolen is of no use elsewhere. */
function refuseAddress({ allowedIpRanges }: Principal, address: string): void {
  if (allowedIpRanges == null || isInRanges(allowedIpRanges, address)) return
  throw new Forbidden('This token may not be used from this address.')
}

function faultOf(wanted: string | string[] | undefined): string | undefined {
  if (Array.isArray(wanted)) return 'must stand once'
  if (wanted === undefined || /^[0-9A-Za-z-]{1,63}$/.test(wanted)) return undefined
  return 'must be the id or slug of an organization'
}

const fault = (message: string) =>
  new RequestFaults([{ field: 'header.holdfast-organization', message }])
