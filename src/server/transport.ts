import { randomUUID } from 'node:crypto'
import { type IncomingMessage, type ServerOptions } from 'node:http'
import { type Socket } from 'node:net'
import { type FastifyInstance } from 'fastify'
import { RequestFaults } from '../http/problem.js'
import { type Lifecycle } from './health.js'
import { rawProblem } from './problems.js'

/**
 * Settings of Node's own server. It looks for late requests often enough to be at most a tenth
 * late itself, and leaves a missing Host to us, so that the refusal is a problem like all others.
 */
export function transportOptions(requestTimeoutMs: number): ServerOptions {
  return {
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.ceil(requestTimeoutMs / 10),
    requireHostHeader: false,
  }
}

/**
 * Gives every answer its request id, refuses what HTTP/1.1 itself forbids, and ends each
 * connection with the first answer after draining began.
 */
export function guardTransport(server: FastifyInstance, lifecycle: Lifecycle): void {
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('request-id', request.id)
    // No answer is ever taken for a page or a script that it does not say it is.
    reply.header('x-content-type-options', 'nosniff')
    const { httpVersion, headers } = request.raw
    if (httpVersion !== '1.1' || headers.host !== undefined) return done()
    done(new RequestFaults([{ field: 'header.host', message: 'is needed' }]))
  })
  server.addHook('onSend', async (_request, reply) => {
    if (lifecycle.draining) reply.header('connection', 'close')
  })
  // An expectation we do not know may be ignored (RFC 9110 §10.1.1); Node would answer without
  // a body, and without us.
  server.server.on('checkExpectation', (request, response) => {
    server.server.emit('request', request, response)
  })
}

/** Knows on which connections a request is still arriving. */
export class Arrivals {
  readonly #requests = new Map<Socket, IncomingMessage | undefined>()

  constructor(server: FastifyInstance) {
    server.server.on('connection', (socket) => {
      this.#requests.set(socket, undefined)
      socket.once('close', () => this.#requests.delete(socket))
    })
    server.addHook('onRequest', async ({ raw }) => {
      this.#requests.set(raw.socket, raw)
    })
    server.addHook('onResponse', async ({ raw }) => {
      if (this.#requests.get(raw.socket) === raw) this.#requests.set(raw.socket, undefined)
    })
  }

  /** Ends every connection on which nothing was ever sent, as browsers open them in advance. */
  cutSilent(): void {
    for (const socket of this.#requests.keys()) {
      if (socket.bytesRead === 0) socket.destroy()
    }
  }

  /** Ends every connection but those whose request has arrived whole and waits for its answer. */
  cut(): void {
    for (const [socket, request] of this.#requests) {
      if (request?.complete !== true) socket.destroy()
    }
  }
}

const requestIdPattern = /^[\w.-]{1,128}$/

/** The caller's own request id when it is a harmless word, otherwise a new one. */
export function requestIdOf({ headers }: { headers: IncomingMessage['headers'] }): string {
  const given = headers['request-id'] ?? headers['x-request-id']
  return typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID()
}

/** Answers bytes that are no request; the connection ends with it. */
export function refuseRaw(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const requestId = randomUUID()
  const { status, body } = rawProblem(error.code, requestId)
  const head = [
    `HTTP/1.1 ${status}`, 'Content-Type: application/problem+json', `Request-Id: ${requestId}`,
    `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close',
  ]
  const { rawPacket } = error as { rawPacket?: unknown }
  const isHead = Buffer.isBuffer(rawPacket) && rawPacket.toString('latin1', 0, 5) === 'HEAD '
  socket.end(`${head.join('\r\n')}\r\n\r\n${isHead ? '' : body}`)
}
