import { Agent, request } from 'node:http'

/** What came back, and how long it took. */
export interface Answer {
  readonly status: number
  readonly type: string
  readonly retryAfter: string | undefined
  readonly text: string
  readonly tookMs: number
}

/** What to send. */
export interface Call {
  readonly method?: 'GET' | 'POST'
  /** Where to, whole. */
  readonly url: string
  readonly token?: string
  readonly key?: string
  readonly body?: unknown
  /** How long to wait for the whole answer. @default 30000 */
  readonly timeoutMs?: number
}

/** The answer did not come although the connection stood. */
export class Hung extends Error {
  override readonly name = 'Hung'
}

/** HTTP over connections that are kept open, without any retry of its own. */
export class Wire {
  readonly #agent: Agent

  constructor(connectionsMax: number) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connectionsMax })
  }

  /** Throws the connection's error, or Hung. */
  send({ method = 'GET', url, token, key, body, timeoutMs = 30_000 }: Call): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      ...(text === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    }
    const startMs = performance.now()
    return new Promise((resolve, reject) => {
      const sent = request(url, { method, headers, agent: this.#agent }, (response) => {
        let received = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => (received += part))
        response.on('error', reject)
        response.on('end', () => {
          clearTimeout(timer)
          const { 'content-type': type = '', 'retry-after': retryAfter } = response.headers
          const tookMs = performance.now() - startMs
          resolve({ status: response.statusCode!, type, retryAfter, text: received, tookMs })
        })
      })
      const timer = setTimeout(() => {
        sent.destroy(new Hung(`no answer to ${method} ${url} within ${timeoutMs} ms`))
      }, timeoutMs)
      sent.on('error', (error) => {
        clearTimeout(timer)
        reject(error)
      })
      sent.end(text)
    })
  }

  /** Sends and reads JSON. Throws unless the status is as expected. */
  async ask<T>(call: Call, status = 200): Promise<T> {
    const answer = await this.send(call)
    if (answer.status === status) return JSON.parse(answer.text) as T
    throw new Error(`${call.method ?? 'GET'} ${call.url}: ${answer.status} ${answer.text}`)
  }

  close(): void {
    this.#agent.destroy()
  }
}
