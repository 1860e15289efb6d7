import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { isDeepStrictEqual } from 'node:util'

/** An endpoint as its answers go; the server's own table of routes fits. */
export interface Endpoint {
  readonly operationId: string
  readonly method: string
  /** OpenAPI form, `/v1/conversations/{conversation_id}`. */
  readonly path: string
  /** Of an endpoint that speaks JSON. */
  readonly status?: number
  /** Of an endpoint that speaks bytes: its answers by status. */
  readonly answers?: Readonly<Record<number, unknown>>
  /** Whether its last parameter takes slashes. */
  readonly isDeep?: boolean
  readonly etag?: boolean
  readonly output?: {
    safeParse(value: unknown): { success: boolean; data?: unknown; error?: { message: string } }
  }
}

/** One request. */
export interface Call {
  readonly method: string
  /** Path and query as they go over the wire. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  /** Sent as JSON; nothing is sent when it is undefined. */
  readonly body?: unknown
  /** Sent as they are, instead of `body`. */
  readonly bytes?: Uint8Array | string
}

/** One answer. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // What stands in a body only the test knows, so that `any` spares it a cast a line.
  readonly body: any
}

/** What an `HttpClient` holds the answers against. */
export interface Promised {
  readonly endpoints: readonly Endpoint[]
  /** The OpenAPI document: an answer it does not announce fails the call. */
  readonly document: Record<string, unknown>
}

/** @see ClientOptions.answerTimeoutMs */
const answerTimeoutDefaultMs = 30_000

/** Sends requests and fails on any answer that breaks what the API promises of all answers. */
export class HttpClient {
  readonly url: string
  readonly #promised: Promised
  readonly #agent: Agent
  readonly #answerTimeoutMs: number
  readonly #token: string | undefined

  constructor(url: string, promised: Promised, options: ClientOptions = {}) {
    const { token, agent, answerTimeoutMs = answerTimeoutDefaultMs } = options
    this.url = url
    this.#answerTimeoutMs = answerTimeoutMs
    this.#promised = promised
    this.#token = token
    this.#agent = agent ?? new Agent({ keepAlive: true, maxSockets: 32 })
  }

  /** The same client with another bearer token, or with none. */
  as(token: string | undefined): HttpClient {
    const [agent, answerTimeoutMs] = [this.#agent, this.#answerTimeoutMs]
    return new HttpClient(this.url, this.#promised, { token, agent, answerTimeoutMs })
  }

  get(path: string, headers?: Call['headers']): Promise<Answer> {
    return this.send({ method: 'GET', path, headers })
  }

  post(path: string, body?: unknown, headers?: Call['headers']): Promise<Answer> {
    return this.send({ method: 'POST', path, body, headers })
  }

  put(path: string, body?: unknown, headers?: Call['headers']): Promise<Answer> {
    return this.send({ method: 'PUT', path, body, headers })
  }

  patch(path: string, body?: unknown, headers?: Call['headers']): Promise<Answer> {
    return this.send({ method: 'PATCH', path, body, headers })
  }

  delete(path: string, headers?: Call['headers']): Promise<Answer> {
    return this.send({ method: 'DELETE', path, headers })
  }

  /** Sends one request; throws when its answer is late or breaks a promise. */
  async send(call: Call): Promise<Answer> {
    const json = call.bytes === undefined && call.body !== undefined
    const bytes = json ? JSON.stringify(call.body) : call.bytes
    const headers = {
      ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
      ...(json ? { 'content-type': 'application/json' } : {}),
      ...call.headers,
    }
    const answer = await this.exchange({ ...call, headers, bytes })
    const broken = brokenPromise(call, answer, this.#promised)
    if (broken === undefined) return answer
    const seen = `${answer.status} ${JSON.stringify(answer.headers)}\n${answer.text.slice(0, 500)}`
    throw new Error(`${call.method} ${call.path.slice(0, 200)}: ${broken}\n${seen}`)
  }

  /** Sends one request as it is; throws when its answer is late, and judges nothing. */
  exchange({ method, path, headers, bytes }: Omit<Call, 'body'>): Promise<Answer> {
    const all: Exchange['headers'] = { ...headers }
    if (bytes !== undefined) all['content-length'] ??= Buffer.byteLength(bytes)
    const [agent, timeout] = [this.#agent, this.#answerTimeoutMs]
    return exchange(this.url, { method, path, headers: all, bytes, agent, timeout })
  }

  /** Closes the connections of this client and of all made from it. */
  close(): void {
    this.#agent.destroy()
  }
}

interface ClientOptions {
  readonly token?: string
  readonly agent?: Agent
  /** How long an answer may take before the call fails. @default 30000 */
  readonly answerTimeoutMs?: number
}

interface Exchange {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string | string[] | number>
  readonly bytes: Uint8Array | string | undefined
  readonly agent: Agent
  readonly timeout: number
}

/** A body that is refused half-way ends in a reset; what was answered before counts. */
function exchange(url: string, { bytes, ...options }: Exchange): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options)
    sent.on('error', reject)
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')))
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response
        const text = Buffer.concat(chunks).toString()
        resolve({ status, headers, text, body: parsed(text, headers) })
      })
    })
    sent.end(bytes)
  })
}

function parsed(text: string, headers: IncomingHttpHeaders): unknown {
  if (text === '' || !/\bjson\b/.test(headers['content-type'] ?? '')) return undefined
  return JSON.parse(text) as unknown
}

const problemKeys = ['type', 'title', 'status', 'detail', 'code', 'request_id']

/** What an answer breaks of that which holds for all answers; undefined when it keeps it. */
export function brokenPromise(
  { method, path }: Pick<Call, 'method' | 'path'>,
  answer: Answer,
  promised: Promised,
): string | undefined {
  const { status, headers } = answer
  const endpoint = endpointOf(method, path, promised.endpoints)
  if (typeof headers['request-id'] !== 'string') return 'has no Request-Id'
  if (method === 'HEAD') return answer.text === '' ? undefined : 'answers HEAD with a body'
  if (status >= 400) return brokenProblem(answer) ?? unannounced(answer, endpoint, promised)
  return endpoint === undefined ? undefined : brokenResult(answer, endpoint)
}

function endpointOf(method: string, path: string, endpoints: readonly Endpoint[]) {
  const [bare = ''] = path.split('?')
  return endpoints.find((each) => each.method === method && patternOf(each).test(bare))
}

const patterns = new Map<string, RegExp>()

function patternOf({ path, isDeep }: Endpoint): RegExp {
  const deep = isDeep === true ? path.replace(/\{\w+\}$/, '.+') : path
  const known = patterns.get(path) ?? new RegExp(`^${deep.replace(/\{\w+\}/g, '[^/]+')}$`)
  patterns.set(path, known)
  return known
}

function brokenProblem({ status, headers, body }: Answer): string | undefined {
  // Readiness answers 503 in the shape of its 200.
  if (status === 503 && body?.checks !== undefined) return undefined
  if (!headers['content-type']?.startsWith('application/problem+json')) return 'is no problem'
  // An envelope at fault says with a pointer where.
  const extra = body.code === 'invalid_envelope' ? ['errors', 'pointer'] : ['errors']
  const keys = Object.keys(body).filter((key) => !extra.includes(key))
  if (!isDeepStrictEqual(keys, problemKeys)) return `has the keys ${keys.join(', ')}`
  if (body.status !== status) return 'names another status'
  if (!/^[a-z_]+$/.test(body.code)) return 'has no code'
  if (body.type !== `/docs#error-${body.code}`) return 'has another type than its code'
  if (body.request_id !== headers['request-id']) return 'names another request id'
  if (status < 500 && body.detail.length === 0) return 'says nothing'
  return body.errors === undefined ? undefined : brokenFaults(body.errors)
}

const fieldPattern = /^(body|query|path|header|request)(?![a-z])/

function brokenFaults(errors: unknown): string | undefined {
  if (!Array.isArray(errors) || errors.length === 0) return 'has empty errors'
  const bad = errors.find((fault: Record<string, unknown>) =>
    typeof fault.message !== 'string' || !fieldPattern.test(String(fault.field)))
  return bad === undefined ? undefined : `names the field ${JSON.stringify(bad)}`
}

type Paths = Record<string, Record<string, { responses: Record<string, { description: string }> }>>

/** Answers given before it is known which endpoint is meant. */
const beforeRouting = new Set(['request_timeout', 'headers_too_large'])

/** An endpoint that was reached answers only with what the OpenAPI document announces. */
function unannounced(
  { status, body }: Answer,
  endpoint: Endpoint | undefined,
  { document }: Promised,
): string | undefined {
  if (endpoint === undefined || beforeRouting.has(body.code)) return undefined
  const operation = (document.paths as Paths)[endpoint.path]?.[endpoint.method.toLowerCase()]
  if (operation === undefined) return undefined
  const announced = operation.responses[status]?.description ?? ''
  return announced.includes(`\`${body.code}\``)
    ? undefined
    : `${endpoint.operationId} does not announce ${status} ${body.code}`
}

function brokenResult({ status, headers, text, body }: Answer, endpoint: Endpoint) {
  if (endpoint.answers !== undefined) {
    return status in endpoint.answers ? undefined : `does not announce ${status}`
  }
  if (status !== endpoint.status) return `announces ${endpoint.status}`
  if (endpoint.etag === true && headers.etag !== `"${body.revision}"`) return 'has a wrong ETag'
  if (endpoint.output === undefined) return text === '' ? undefined : 'has a body'
  const checked = endpoint.output.safeParse(body)
  if (!checked.success) return `breaks its schema: ${checked.error?.message}`
  return isDeepStrictEqual(checked.data, body) ? undefined : 'holds more than its schema'
}
