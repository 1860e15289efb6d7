import { type z } from 'zod'
import { defineError, HoldfastError } from '../errors.js'
import { type RouteInput } from './route.js'

/** Input that its schema refuses; every fault is named. */
export const InvalidRequest = defineError('InvalidRequest', {
  code: 'invalid_request', status: 400,
})

/** No such path. */
export const RouteNotFound = defineError('RouteNotFound', { code: 'route_not_found', status: 404 })

/** The path exists, but not with this method. */
export const MethodNotAllowed = defineError('MethodNotAllowed', {
  code: 'method_not_allowed', status: 405,
})

/** The body is larger than the limit. */
export const BodyTooLarge = defineError('BodyTooLarge', { code: 'body_too_large', status: 413 })

/** The body is not JSON. */
export const UnsupportedMediaType = defineError('UnsupportedMediaType', {
  code: 'unsupported_media_type', status: 415,
})

/** The caller has had its share of calls for now. */
export const RateLimited = defineError('RateLimited', {
  code: 'rate_limited', status: 429, retryable: true,
})

/** The request took too long to arrive. */
export const RequestTimeout = defineError('RequestTimeout', {
  code: 'request_timeout', status: 408,
})

/** The header section is larger than the limit. */
export const HeadersTooLarge = defineError('HeadersTooLarge', {
  code: 'headers_too_large', status: 431,
})

/** One input at fault. */
export interface FieldFault {
  /** `body.messages[0].role`, `query.limit`, `path.conversation_id`, `header.if-match`. */
  readonly field: string
  readonly message: string
}

/** An RFC 9457 problem. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly request_id: string
  readonly errors?: readonly FieldFault[]
}

/** Carries every fault of a request. */
export class RequestFaults extends InvalidRequest {
  readonly faults: readonly FieldFault[]

  constructor(faults: readonly FieldFault[]) {
    super(faults.map(({ field, message }) => `${field}: ${message}`).join('; '))
    this.faults = faults
  }
}

/** Faults shown at most; more are cut off. */
const faultsMax = 20

/** The faults zod found, each with the place of its value. */
export function faultsOf(error: z.ZodError, place: string): FieldFault[] {
  return error.issues.flatMap(meantOf).slice(0, faultsMax).flatMap((issue) => {
    const field = issue.path.reduce<string>(joinPath, place)
    if (issue.code !== 'unrecognized_keys') return [{ field, message: ruleOf(issue) }]
    return issue.keys.slice(0, faultsMax).map((key) => ({
      field: joinPath(field, key), message: 'is not known here',
    }))
  })
}

/** Of a value that may have several forms, what is wrong with the one that it comes nearest to. */
function meantOf(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const counts = issue.errors.map((faults) => faults.filter(isOfForm).length)
  const least = Math.min(...counts)
  const nearest = issue.errors.filter((_, index) => counts[index] === least)
  if (nearest.length !== 1 && least > 0) return [issue]
  const [faults = [issue]] = nearest
  return faults.map((fault) =>
    fault === issue ? issue : { ...fault, path: [...issue.path, ...fault.path] })
    .flatMap((fault) => (fault === issue ? [issue] : meantOf(fault)))
}

/** Whether a fault tells that another form is meant, and not that a value in it is wrong. */
const isOfForm = (fault: z.core.$ZodIssue): boolean =>
  fault.path.length === 0 || (fault.path.length === 1 && isMissing(fault))

const isMissing = ({ code, message }: z.core.$ZodIssue): boolean =>
  code === 'invalid_type' && message.endsWith(' received undefined')

/** The validator's own words for what is not there speak of its types, or say nothing. */
function ruleOf(issue: z.core.$ZodIssue): string {
  if (isMissing(issue)) return 'is missing'
  const [, wanted, found] = wrongType.exec(issue.message) ?? []
  if (wanted !== undefined) return `must be ${kindOf(wanted)}, not ${kindOf(found!)}`
  return issue.code === 'invalid_union' ? 'has none of the forms known here' : issue.message
}

const wrongType = /^Invalid input: expected (\w+), received (\w+)$/

const kinds: Readonly<Record<string, string>> = {
  array: 'an array', object: 'an object', record: 'an object', int: 'an integer', null: 'null',
}

const kindOf = (type: string): string => kinds[type] ?? `a ${type}`

function joinPath(path: string, part: PropertyKey): string {
  return typeof part === 'number' ? `${path}[${part}]` : `${path}.${String(part).slice(0, 100)}`
}

/**
 * The problem behind an error. What is not ours says nothing of its inside. Stores name a field
 * without its place in the request; `input` tells it.
 */
export function problemOf(error: unknown, requestId: string, input: RouteInput = {}): Problem {
  const known = HoldfastError.isInstance(error)
    ? error
    : new HoldfastError('An unexpected failure; quote the request id when you report it.')
  const { code, status, message, field } = known
  const faults = known instanceof RequestFaults ? known.faults : faultOf(field, message, input)
  return {
    type: `/docs#error-${code}`,
    title: code.replaceAll('_', ' '),
    status,
    detail: message,
    code,
    request_id: requestId,
    ...(faults === undefined ? {} : { errors: faults }),
    ...known.details,
  }
}

const places = /^(body|query|path|header|request)\b/

function faultOf(
  field: string | undefined,
  message: string,
  input: RouteInput,
): FieldFault[] | undefined {
  if (field === undefined) return undefined
  return [{ field: places.test(field) ? field : `${placeOf(field, input)}.${field}`, message }]
}

function placeOf(field: string, { params, query, body }: RouteInput): string {
  const [name = ''] = field.split(/[.[]/, 1)
  if (params !== undefined && Object.hasOwn(params.shape, name)) return 'path'
  if (query !== undefined && Object.hasOwn(query.shape, name)) return 'query'
  return body === undefined && query !== undefined ? 'query' : 'body'
}
