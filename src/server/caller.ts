import { type FastifyRequest } from 'fastify'
import { type Holdfast } from '../holdfast.js'
import { RequestFaults } from '../http/problem.js'
import { type Endpoint } from '../http/route.js'
import {
  type Action, Forbidden, isAllowed, OrganizationNotFound, type Principal, type Role,
  Unauthenticated,
} from '../identity/index.js'
import { type Actor } from '../scope.js'

/** Who calls, and in which organization. */
export interface Caller {
  readonly principal: Principal
  /** Null for calls outside any organization. */
  readonly organizationId: string | null
}

/** Finds out who calls and whether they may. Undefined for public endpoints. */
export async function callerOf(
  holdfast: Holdfast,
  route: Endpoint,
  request: FastifyRequest,
): Promise<Caller | undefined> {
  if (route.action === 'public') return undefined
  const principal = await holdfast.authenticator.authenticate(bearerOf(request))
  if (route.scope !== 'organization') {
    allow(principal, null, route.action as Action)
    return { principal, organizationId: principal.organizationId }
  }
  const wanted = request.headers['holdfast-organization']
  if (Array.isArray(wanted)) throw fault('must stand once')
  const chosen = principal.kind === 'service_token'
    ? await ownOrganization(holdfast, principal, wanted)
    : await chosenOrganization(holdfast, principal, wanted)
  allow(principal, chosen.role, route.action as Action)
  return { principal, organizationId: chosen.organizationId }
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

function bearerOf({ headers: { authorization } }: FastifyRequest): string {
  const match = /^Bearer ([^\s]+)$/i.exec(authorization ?? '')
  if (match !== null) return match[1]!
  throw new Unauthenticated('Send the header Authorization: Bearer <token>.', {
    field: 'header.authorization',
  })
}

function allow(principal: Principal, role: Role | null, action: Action): void {
  if (isAllowed(principal, role, action)) return
  throw new Forbidden(`This token may not do ${action}.`)
}

interface Choice {
  readonly organizationId: string
  readonly role: Role | null
}

/** A service token belongs to one organization and sees no other. */
async function ownOrganization(
  holdfast: Holdfast,
  { organizationId }: Principal,
  wanted: string | undefined,
): Promise<Choice> {
  const own = { organizationId: organizationId!, role: null }
  if (wanted === undefined || wanted.toLowerCase() === organizationId) return own
  const found = await holdfast.organizations.find(checkedName(wanted))
  if (found?.id === organizationId) return own
  throw new OrganizationNotFound('There is no such organization for this token.')
}

/** A person picks one of the organizations they belong to. */
async function chosenOrganization(
  holdfast: Holdfast,
  { userId }: Principal,
  wanted: string | undefined,
): Promise<Choice> {
  if (wanted === undefined) throw fault('is needed: the id or slug of one of your organizations')
  const organization = await holdfast.organizations.find(checkedName(wanted))
  const role = organization === undefined
    ? null
    : await holdfast.organizations.findRole(organization.id, userId!)
  if (organization !== undefined && role !== null) return { organizationId: organization.id, role }
  throw new OrganizationNotFound('There is no such organization for this user.')
}

function checkedName(wanted: string): string {
  if (/^[0-9A-Za-z-]{1,63}$/.test(wanted)) return wanted
  throw fault('must be the id or slug of an organization')
}

const fault = (message: string) =>
  new RequestFaults([{ field: 'header.holdfast-organization', message }])
