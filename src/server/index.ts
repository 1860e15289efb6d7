/** @module The HTTP server over an open Holdfast. */
import { randomUUID } from 'node:crypto'
import { type IncomingMessage } from 'node:http'
import { type AddressInfo, type Socket } from 'node:net'
import fastify, { type FastifyInstance, LogController } from 'fastify'
import { type Holdfast } from '../holdfast.js'
import { MethodNotAllowed, RouteNotFound } from '../http/problem.js'
import { type Route } from '../http/route.js'
import { readJsonBodies } from './body.js'
import { dispatch } from './dispatch.js'
import { docsPage } from './docs-page.js'
import { type Lifecycle, serveHealth } from './health.js'
import { serveMetrics } from './metrics.js'
import { openApiDocument } from './openapi.js'
import { rawProblem, sendProblem } from './problems.js'
import { routes, type ServerContext } from './routes.js'

export { openApiDocument, version } from './openapi.js'
export { routes, type ServerContext } from './routes.js'
export { type Route } from '../http/route.js'

/** How to serve. */
export interface ServerOptions {
  readonly holdfast: Holdfast
  /** @default '127.0.0.1' */
  readonly host?: string
  /** 0 picks a free one. @default 7410 */
  readonly port?: number
  /** Logs go to standard error as JSON lines. @default 'info' */
  readonly logLevel?: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  /** Bytes of a body at most. @default 8 MiB */
  readonly bodyLimitBytes?: number
  /** A request must have arrived whole within this. @default 30000 */
  readonly requestTimeoutMs?: number
  /** Believe X-Forwarded-For, behind a proxy that sets it. @default false */
  readonly trustProxy?: boolean
  /** How long `/readyz` says no before new connections are refused. @default 0 */
  readonly drainMs?: number
  /** Further endpoints, served like our own. @default [] */
  readonly extraRoutes?: readonly Route<ServerContext>[]
}

/** A server that listens. */
export interface RunningServer {
  /** Where it listens, `http://127.0.0.1:7410`. */
  readonly url: string
  /** Turns `/readyz` to 503, finishes what is in flight, then stops. */
  close(): Promise<void>
}

/** How often expired idempotency keys are swept. */
const sweepEveryMs = 60_000

/** Serves until `close`. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const lifecycle: Lifecycle = { draining: false }
  const server = buildServer(options, lifecycle)
  const sweeping = setInterval(() => sweep(server, options.holdfast), sweepEveryMs)
  const host = options.host ?? '127.0.0.1'
  await server.listen({ host, port: options.port ?? 7410 })
  const { port } = server.server.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${name}:${port}`,
    async close() {
      lifecycle.draining = true
      clearInterval(sweeping)
      await new Promise((done) => setTimeout(done, options.drainMs ?? 0))
      await server.close()
    },
  }
}

/** Expired idempotency keys go in small batches, by every process alike. */
function sweep(server: FastifyInstance, holdfast: Holdfast): void {
  holdfast.idempotency.sweep().catch((error: unknown) => {
    server.log.warn({ err: error }, 'expired idempotency keys were not swept')
  })
}

function buildServer(options: ServerOptions, lifecycle: Lifecycle): FastifyInstance {
  const server = fastify({
    logger: { level: options.logLevel ?? 'info', stream: process.stderr },
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimitBytes ?? 8 * 1024 * 1024,
    requestTimeout: options.requestTimeoutMs ?? 30_000,
    trustProxy: options.trustProxy ?? false,
    genReqId: requestIdOf,
    clientErrorHandler: refuseRaw,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
  })
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('request-id', request.id)
    done()
  })
  server.setErrorHandler(sendProblem)
  readJsonBodies(server)
  serveMetrics(server, options.holdfast)
  serveHealth(server, options.holdfast, lifecycle)
  serveDocuments(server)
  for (const route of [...routes, ...(options.extraRoutes ?? [])]) {
    const url = route.path.replace(/\{(\w+)\}/g, ':$1')
    server.route({ method: route.method, url, handler: dispatch(options.holdfast, route) })
  }
  serveNotFound(server)
  return server
}

function serveDocuments(server: FastifyInstance): void {
  const document = openApiDocument()
  const page = docsPage(document)
  server.get('/openapi.json', async () => document)
  server.get('/docs', async (_request, reply) => {
    reply.type('text/html; charset=utf-8')
    reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
    return page
  })
  server.get('/', async (_request, reply) => reply.redirect('/docs'))
}

/** Tells a wrong method from a wrong path. */
function serveNotFound(server: FastifyInstance): void {
  const methods = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'] as const
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]!
    const allowed = methods.filter((method) => server.findRoute({ method, url: path }) !== null)
    if (allowed.length > 0) reply.header('allow', allowed.join(', '))
    const error = allowed.length > 0
      ? new MethodNotAllowed(`${request.method} is not possible here.`, { field: 'path' })
      : new RouteNotFound('There is nothing here; /docs lists every endpoint.', { field: 'path' })
    sendProblem(error, request, reply)
  })
}

const requestIdPattern = /^[\w.-]{1,128}$/

/** The caller's own request id when it is a harmless word, otherwise a new one. */
function requestIdOf({ headers }: { headers: IncomingMessage['headers'] }): string {
  const given = headers['request-id'] ?? headers['x-request-id']
  return typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID()
}

function refuseRaw(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const { status, body } = rawProblem(error.code)
  const head = [
    `HTTP/1.1 ${status}`, 'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
