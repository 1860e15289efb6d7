import { HoldfastClientError } from './errors.js'
import { type Problem } from './schema.js'

/** Statuses that say: not now, the same call may succeed later. */
const retryableStatuses = new Set([429, 502, 503, 504])

/** What an answer holds; throws the error it stands for. */
export function readAnswer(response: Response, text: string): unknown {
  if (response.status === 204) return undefined
  const body = parsed(text)
  if (response.ok && body !== undefined) return body.value
  throw errorOf(response, body?.value)
}

/** The error that an answer stands for; one without a fault is not from Holdfast. */
export function failureOf(response: Response, text: string): HoldfastClientError {
  return errorOf(response, parsed(text)?.value)
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

function errorOf(response: Response, body: unknown): HoldfastClientError {
  const { status, headers } = response
  const problem = isProblem(body) ? body : undefined
  return new HoldfastClientError(problem?.detail ?? strange(response), {
    code: problem?.code ?? 'unexpected_answer',
    retryable: retryableStatuses.has(status),
    status,
    problem,
    requestId: headers.get('request-id') ?? problem?.request_id,
    faults: problem?.errors,
    retryAfterMs: retryAfterMsOf(headers.get('retry-after')),
  })
}

function isProblem(body: unknown): body is Problem {
  const { code, detail } = (body ?? {}) as Partial<Problem>
  return typeof code === 'string' && typeof detail === 'string'
}

/** Something between here and the server answered, or there is no Holdfast at this address. */
function strange({ status, type, headers }: Response): string {
  const kind = headers.get('content-type') ?? 'no content type'
  const location = headers.get('location')
  if (location !== null) return `The address redirects to ${location}; use that one as url.`
  if (type === 'opaqueredirect') return 'The address redirects; use where it leads to as url.'
  return `Status ${status} with ${kind}: that is no answer of Holdfast. Is the url right?`
}

/** The header names seconds or a date. */
function retryAfterMsOf(header: string | null): number | undefined {
  if (header === null) return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1_000
  const atMs = Date.parse(header)
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - Date.now())
}
