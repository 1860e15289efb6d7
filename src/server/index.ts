/** @module The HTTP server over an open Holdfast. */
import { type AddressInfo } from 'node:net'
import fastify, { type FastifyInstance, LogController } from 'fastify'
import { type Holdfast } from '../holdfast.js'
import { type Endpoint, type Route } from '../http/route.js'
import { readJsonBodies, writeJsonBodies } from './body.js'
import { dispatch } from './dispatch.js'
import { docsPage } from './docs-page.js'
import { Lifecycle, logCoordination, serveHealth } from './health.js'
import { HttpLimits, type RateLimits } from './limits.js'
import { serveMetrics } from './metrics.js'
import { serveNotFound } from './not-found.js'
import { openApiDocument } from './openapi.js'
import { sendFrameworkProblem, sendProblem } from './problems.js'
import { type StreamTimes } from '../streams/http.js'
import { serveRaw } from './raw.js'
import { rawRoutes, routes, type ServerContext } from './routes.js'
import { Arrivals, guardTransport, refuseRaw, requestIdOf, transportOptions } from './transport.js'

export { openApiDocument, version } from './openapi.js'
export { rawRoutes, routes, type ServerContext } from './routes.js'
export { accessTable } from './access-table.js'
export { type Rate, type RateLimits } from './limits.js'
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
  /**
   * How many proxies stand before the server, each of which adds to X-Forwarded-For the address it
   * was called from; true for one. What stands before theirs, callers write. @default false
   */
  readonly trustProxy?: boolean | number
  /** How long `/readyz` says no before new connections are refused. @default 0 */
  readonly drainMs?: number
  /** How often each address, organization, user and token may call. @default without limits */
  readonly rateLimits?: RateLimits
  /** How long live readers of streams are served. */
  readonly streamTimes?: StreamTimes
  /** Age of the newest verified backup, where they are made; undefined without one. */
  readonly backupAgeSeconds?: (() => number | undefined) | undefined
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

/** How often what has ended is swept: keys, sessions, streams, attachments, checkpoints, …. */
const sweepEveryMs = 60_000

/** Rows of one sweeping statement at most. */
const sweptMax = 1_000

/** Streams or attachments of one sweeping statement at most; each may be long. */
const streamsSweptMax = 20

/** @see ServerOptions.requestTimeoutMs */
const requestTimeoutDefaultMs = 30_000

/** On a connection that is open when the server closes, something must have been sent by then. */
const silenceMs = 1_000

/** What was accepted before `close` gets this long. */
const finishTimeoutMs = 60_000

/** Serves until `close`. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const lifecycle = new Lifecycle()
  const server = buildServer(options, lifecycle)
  const arrivals = new Arrivals(server)
  const { requestTimeoutMs = requestTimeoutDefaultMs } = options
  const host = options.host ?? '127.0.0.1'
  await server.listen({ host, port: options.port ?? 7410 })
  const sweeper = options.holdfast.floorSweeper({
    onFailure: (err) => server.log.warn({ err }, 'floors were not swept'),
  }).start()
  const agentSweeper = options.holdfast.agentSweeper({
    onFailure: (err) => server.log.warn({ err }, 'stale agents were not told of'),
  }).start()
  const sweeping = setInterval(() => void sweep(server, options.holdfast, lifecycle), sweepEveryMs)
  const { port } = server.server.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${name}:${port}`,
    async close() {
      lifecycle.drain()
      clearInterval(sweeping)
      await agentSweeper.close()
      await sweeper.close()
      await new Promise((done) => setTimeout(done, options.drainMs ?? 0))
      await closeWithin(server, arrivals, requestTimeoutMs)
    },
  }
}

/**
 * Node stops watching for late requests once it closes, so what never arrives is cut off here, and
 * at last what never ends.
 */
async function closeWithin(
  server: FastifyInstance,
  arrivals: Arrivals,
  requestTimeoutMs: number,
): Promise<void> {
  const silencing = setTimeout(() => arrivals.cutSilent(), silenceMs)
  const cutting = setTimeout(() => arrivals.cut(), requestTimeoutMs)
  const ending = setTimeout(() => server.server.closeAllConnections(), finishTimeoutMs)
  try {
    await server.close()
  } finally {
    clearTimeout(silencing)
    clearTimeout(cutting)
    clearTimeout(ending)
  }
}

/** What has ended goes in small batches until none is left, by every process alike. */
async function sweep(
  server: FastifyInstance,
  holdfast: Holdfast,
  lifecycle: Lifecycle,
): Promise<void> {
  try {
    while (!lifecycle.draining && (await holdfast.idempotency.sweep(sweptMax)) === sweptMax);
    while (!lifecycle.draining && (await holdfast.identity.sweep(sweptMax)) === sweptMax);
    while (!lifecycle.draining && (await holdfast.streamLog.sweep(streamsSweptMax)) > 0);
    while (!lifecycle.draining && (await holdfast.attachmentWorks.sweep(streamsSweptMax)) > 0);
    while (!lifecycle.draining && (await holdfast.checkpointLog.sweep(1)) > 0);
    while (!lifecycle.draining && (await holdfast.itemWorks.sweep(sweptMax)) > 0);
  } catch (error) {
    server.log.warn({ err: error }, 'what has ended was not swept')
  }
}

/** Requests are checked by zod before a handler sees them; loading ajv takes a while. */
const withoutSchemas = {
  buildValidator: () => refuseSchema,
  buildSerializer: () => refuseSchema,
}

function refuseSchema(): never {
  throw new Error('Routes of Holdfast have no schemas of fastify; use those of route.ts.')
}

function buildServer(options: ServerOptions, lifecycle: Lifecycle): FastifyInstance {
  const requestTimeoutMs = options.requestTimeoutMs ?? requestTimeoutDefaultMs
  const proxies = Number(options.trustProxy ?? 0)
  const server = fastify({
    logger: { level: options.logLevel ?? 'info', stream: process.stderr },
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimitBytes ?? 8 * 1024 * 1024,
    requestTimeout: requestTimeoutMs,
    http: transportOptions(requestTimeoutMs),
    // As many as there are proxies: to believe all would be to believe what callers write.
    trustProxy: proxies > 0 && ((_address: string, hop: number) => hop < proxies),
    genReqId: requestIdOf,
    clientErrorHandler: refuseRaw,
    frameworkErrors: sendFrameworkProblem,
    forceCloseConnections: 'idle',
    // What still arrives on an open connection is served; it is the last of its connection.
    return503OnClosing: false,
    schemaController: { compilersFactory: withoutSchemas },
    // A lock's name or a stream's path: 255 characters of nine percent-encoded ones each.
    routerOptions: { maxParamLength: 2_295 },
  })
  guardTransport(server, lifecycle)
  server.setErrorHandler(sendProblem)
  serveNotFound(server)
  readJsonBodies(server)
  writeJsonBodies(server)
  serveMetrics(server, options)
  serveHealth(server, options.holdfast, lifecycle)
  logCoordination(server, options.holdfast.coordination)
  serveDocuments(server)
  serveRoutes(server, options, lifecycle)
  return server
}

function serveRoutes(
  server: FastifyInstance,
  { holdfast, ...options }: ServerOptions,
  lifecycle: Lifecycle,
): void {
  const { coordination, organizationRates } = holdfast
  const limits = new HttpLimits(coordination.limiter, options.rateLimits, organizationRates)
  server.decorateRequest('addressStates', null)
  const { streamTimes } = options
  serveRaw(server, holdfast, { routes: rawRoutes, serving: { limits, lifecycle, streamTimes } })
  for (const route of [...routes, ...(options.extraRoutes ?? [])]) {
    server.route({
      method: route.method,
      url: route.path.replace(/\{(\w+)\}/g, ':$1'),
      config: { input: route.input },
      // Before its body is read.
      onRequest: (request, reply) => limits.admitAddress(route as Endpoint, request, reply),
      handler: dispatch(holdfast, route, { limits, lifecycle }),
    })
  }
}

/** Made when first asked for, once a process: it takes as long as starting all else. */
let documents: { readonly json: string; readonly page: string } | undefined

function documentsOnce() {
  if (documents === undefined) {
    const document = openApiDocument()
    documents = { json: JSON.stringify(document), page: docsPage(document) }
  }
  return documents
}

function serveDocuments(server: FastifyInstance): void {
  server.get('/openapi.json', async (_request, reply) => {
    reply.type('application/json; charset=utf-8')
    return reply.serializer(String).send(documentsOnce().json)
  })
  server.get('/docs', async (_request, reply) => {
    reply.type('text/html; charset=utf-8')
    reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
    return documentsOnce().page
  })
  server.get('/', async (_request, reply) => reply.redirect('/docs'))
}
