import { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify'
import { HoldfastError } from '../errors.js'
import {
  BodyTooLarge, HeadersTooLarge, problemOf, RequestFaults, RequestTimeout, UnsupportedMediaType,
} from '../http/problem.js'
import { type RouteInput } from '../http/route.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a route of ours takes; tells in which place a field at fault stands. */
    readonly input?: RouteInput
  }
}

/** Answers any error as an RFC 9457 problem and logs it once, under its request id. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { bodyLimit, config: { input } } = request.routeOptions
  const known = translated(error, bodyLimit)
  const problem = problemOf(known, request.id, input)
  const line = { code: problem.code, status: problem.status, request_id: problem.request_id }
  if (problem.status >= 500) request.log.error({ ...line, err: error }, 'request failed')
  else request.log.info(line, 'request refused')
  if (HoldfastError.isInstance(known) && known.retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(known.retryAfterSeconds))
  }
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
  void reply.code(problem.status).type('application/problem+json').send(problem)
}

/** Answers what the framework refuses before any hook has run. */
export function sendFrameworkProblem(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  reply.header('request-id', request.id)
  sendProblem(error, request, reply)
}

/** Errors of the framework in our names; a body may have so many bytes. */
function translated(error: unknown, bodyBytesMax: number | undefined): unknown {
  if (HoldfastError.isInstance(error)) return error
  const { code = '', statusCode = 500, message = '' } = (error ?? {}) as Partial<FastifyError>
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new BodyTooLarge(`The body is larger than ${bodyBytesMax} bytes.`, { field: 'body' })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new UnsupportedMediaType('Send the body as application/json.', {
        field: 'header.content-type',
      })
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new RequestFaults([
        { field: 'header.content-length', message: 'does not match the body' },
      ])
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new RequestFaults([{ field: 'path', message: 'is no path of this API' }])
    default:
      return statusCode < 500 ? new RequestFaults([{ field: 'request', message }]) : error
  }
}

/** Answers what is not even a request; the connection ends with it. */
export function rawProblem(
  code: string | undefined,
  requestId: string,
): { status: string; body: string } {
  const problem = problemOf(rawError(code), requestId)
  const status = `${problem.status} ${problem.title}`
  return { status, body: JSON.stringify(problem) }
}

function rawError(code: string | undefined): HoldfastError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new HeadersTooLarge('The header section is too large.', { field: 'header' })
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new RequestTimeout('The request took too long to arrive.', { field: 'request' })
    default:
      return new RequestFaults([{ field: 'request', message: 'is not a valid HTTP request' }])
  }
}
