import { type FastifyRequest } from 'fastify'
import { type z } from 'zod'
import { type FieldFault, faultsOf, RequestFaults } from '../http/problem.js'
import { type BodyChoice, type Endpoint, type ParsedInput, type RouteInput } from '../http/route.js'
import { traceContextOf } from '../http/trace-context.js'

/** What of a request holds inputs. */
export type Request = Pick<FastifyRequest, 'params' | 'query' | 'headers' | 'body' | 'ip'>

const keyPattern = /^[\x21-\x7e]{1,255}$/
const tagPattern = /^"(\d{1,15})"$/

/** The token of an Authorization header, good or not; null when there is none. */
export function bearerIn(authorization: string | undefined): string | null {
  return /^Bearer ([^\s]+)$/i.exec(authorization ?? '')?.[1] ?? null
}

/** The inputs of a request, checked; throws RequestFaults naming every field at fault. */
export function parseInput(
  route: Endpoint,
  request: Request,
): Omit<ParsedInput<RouteInput>, 'signal'> {
  const faults: FieldFault[] = []
  const check = (schema: z.ZodType | undefined, value: unknown, place: string): unknown => {
    if (schema === undefined) return refuseAny(value, place, faults)
    const parsed = schema.safeParse(value ?? (place === 'body' ? undefined : {}))
    if (parsed.success) return parsed.data
    faults.push(...faultsOf(parsed.error, place))
    return undefined
  }
  const { params, query, body } = route.input
  const input = {
    params: check(params, request.params, 'path'),
    query: check(query, request.query, 'query'),
    body: check(schemaOf(body, request.body), request.body, 'body'),
    ifRevision: ifRevisionOf(route, request, faults),
    ifAbsent: ifAbsentOf(route, request, faults),
    idempotencyKey: idempotencyKeyOf(route, request, faults),
    origin: {
      ipAddress: request.ip,
      userAgent: request.headers['user-agent'] ?? null,
      token: bearerIn(request.headers.authorization),
      trace: traceContextOf(headerOf(request, 'traceparent'), headerOf(request, 'tracestate')),
    },
  }
  if (faults.length > 0) throw new RequestFaults(faults)
  return input as Omit<ParsedInput<RouteInput>, 'signal'>
}

/** A header; of one that came several times all, as they would stand in one line. */
const headerOf = ({ headers }: Request, name: string): string | undefined =>
  [headers[name] ?? []].flat().join(', ') || undefined

function schemaOf(body: z.ZodType | BodyChoice | undefined, raw: unknown): z.ZodType | undefined {
  return body !== undefined && 'choose' in body ? body.choose(raw) : body
}

/** An endpoint without such inputs takes none: a silently ignored one would mislead. */
function refuseAny(value: unknown, place: string, faults: FieldFault[]): undefined {
  if (value === undefined || value === null) return
  const keys = typeof value === 'object' ? Object.keys(value) : ['']
  for (const key of keys.slice(0, 20)) {
    const field = key === '' ? place : `${place}.${key.slice(0, 100)}`
    faults.push({ field, message: 'is not known here' })
  }
}

/** Whether a route changes its object only while that is as the caller read it. */
export function takesIfMatch({ etag, ifMatch, method }: Endpoint): boolean {
  return ifMatch === true || (etag === true && ['PATCH', 'PUT', 'DELETE'].includes(method))
}

function ifRevisionOf(
  route: Endpoint,
  request: Request,
  faults: FieldFault[],
): number | undefined {
  const tag = request.headers['if-match']
  if (tag === undefined) return undefined
  const isTaken = takesIfMatch(route)
  if (isTaken && tag === '*') return undefined
  const match = tagPattern.exec(tag)
  if (isTaken && match !== null) return Number(match[1])
  const message = isTaken
    ? 'must be one ETag of this object, such as "3", or *'
    : 'is not understood by this endpoint'
  faults.push({ field: 'header.if-match', message })
  return undefined
}

/** Elsewhere the header is about answers that are known already, and all are given whole. */
function ifAbsentOf(
  { ifNoneMatch }: Endpoint,
  { headers }: Request,
  faults: FieldFault[],
): boolean {
  const tag = headers['if-none-match']
  if (ifNoneMatch !== true || tag === undefined) return false
  const message = tag !== '*' ? 'must be *: only while nothing is there'
    : headers['if-match'] !== undefined ? 'must not stand beside If-Match' : undefined
  if (message !== undefined) faults.push({ field: 'header.if-none-match', message })
  return true
}

function idempotencyKeyOf(
  route: Endpoint,
  request: Request,
  faults: FieldFault[],
): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined || route.idempotency === 'none') return undefined
  if (typeof key === 'string' && keyPattern.test(key)) return key
  const message = 'must be 1 to 255 printable ASCII characters without spaces'
  faults.push({ field: 'header.idempotency-key', message })
  return undefined
}
