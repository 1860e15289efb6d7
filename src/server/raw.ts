import { Readable } from 'node:stream'
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { HoldfastError } from '../errors.js'
import { type Holdfast, type HoldfastTransaction } from '../holdfast.js'
import { BodyTooLarge, RequestFaults } from '../http/problem.js'
import { type RawAnswer, type RawInput, type RawRoute } from '../http/raw.js'
import { type Endpoint, type RouteInput } from '../http/route.js'
import { refuseEncoding } from './body.js'
import { actorOf, callerOf } from './caller.js'
import { CallerWatch } from './caller-watch.js'
import { contextOf, idempotentCall, once, type Serving, waitable } from './dispatch.js'
import { parseInput } from './request.js'
import { type ServerContext } from './routes.js'

/** A day: how long a browser may remember what it may send. */
const preflightSeconds = 86_400

/** Serves endpoints that speak bytes. Their bodies may be of any type: they are not looked into. */
export function serveRaw(
  server: FastifyInstance,
  holdfast: Holdfast,
  { routes, serving }: { routes: readonly RawRoute<ServerContext>[]; serving: Serving },
): void {
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (request, bytes, done) => {
      try {
        refuseEncoding(request)
        done(null, bytes)
      } catch (error) {
        done(error as Error)
      }
    })
    // What the framework takes for no media type is a fault of the header: any type would do.
    scope.setErrorHandler((error: { readonly code?: string }) => {
      throw error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE'
        ? new RequestFaults([{ field: 'header.content-type', message: 'must be a media type' }])
        : error
    })
    scope.addHook('onSend', async (request, reply) => {
      if (reply.statusCode === 413) await discarded(request)
    })
    for (const route of routes) {
      if (route.takesPieces !== true) serveOne(scope, holdfast, { route, serving })
    }
    servePreflights(scope, routes)
  })
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (request, stream, done) => {
      try {
        refuseEncoding(request)
        done(null, stream)
      } catch (error) {
        done(error as Error)
      }
    })
    scope.addHook('onSend', async (request, reply) => {
      if (reply.statusCode >= 400) await discarded(request)
    })
    for (const route of routes) {
      if (route.takesPieces === true) serveOne(scope, holdfast, { route, serving })
    }
  })
}

/** How long the rest of a body is waited for that is too large. */
const lingerMs = 5_000

/**
 * Lets the rest of a body arrive that is refused: who is still sending would not read an answer
 * that ends the connection, and see it break instead.
 */
function discarded({ raw }: FastifyRequest): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, lingerMs)
    raw.once('close', resolve).once('end', resolve).resume()
    if (raw.readableEnded || raw.destroyed) resolve()
    raw.once('close', () => clearTimeout(timer)).once('end', () => clearTimeout(timer))
  })
}

function serveOne(
  scope: FastifyInstance,
  holdfast: Holdfast,
  { route, serving }: { route: RawRoute<ServerContext>; serving: Serving },
): void {
  scope.route({
    method: route.method,
    url: urlOf(route),
    config: { input: route.input },
    exposeHeadRoute: false,
    bodyLimit: Math.max(route.bodyBytesMax ?? 0, 1),
    onRequest: async (request, reply) => {
      if (route.isOpenToOrigins === true) reply.headers(originHeaders)
      await serving.limits.admitAddress(route as unknown as Endpoint, request, reply)
    },
    handler: dispatchRaw(holdfast, route, serving),
  })
}

/** `/v1/streams/{path}` as the framework wants it; a deep parameter takes all that is left. */
export function urlOf({ path, isDeep = false }: Pick<RawRoute, 'path' | 'isDeep'>): string {
  const url = isDeep ? path.replace(/\{\w+\}$/, '*') : path
  return url.replace(/\{(\w+)\}/g, ':$1')
}

/** The life of one request of a route of bytes; as that of the others. */
function dispatchRaw(holdfast: Holdfast, route: RawRoute<ServerContext>, serving: Serving) {
  const endpoint = route as unknown as Endpoint
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const caller = await callerOf(holdfast, endpoint, request)
    if (caller !== undefined) {
      await serving.limits.admitCaller(caller, request, reply)
      holdfast.tokenUsage.note(caller.principal, request.ip)
    }
    const watch = new CallerWatch(() => callerOf(holdfast, endpoint, request))
    const input = inputOf(route, request, { reply, serving, revoked: watch.revoked })
    const who = { caller, actor: actorOf(caller, request) }
    const handle = (context: ServerContext) => handled(route, context, { input, reply })
    const contextWith = (transaction?: HoldfastTransaction): ServerContext =>
      Object.assign(contextOf(holdfast, who, transaction), { streamTimes: serving.streamTimes })
    const key = route.idempotency === 'transaction' ? input.idempotencyKey : undefined
    if (key === undefined || caller === undefined) {
      // Only a read may wait for what is to come.
      const isRead = route.method === 'GET' && caller !== undefined
      const answer = await (isRead
        ? watch.during(() => handle(contextWith()))
        : handle(contextWith()))
      return send(reply, answer, caller && watch)
    }
    const parts = [route.operationId, input.params, input.query, steering(route, request)]
    const kept = await once(holdfast, {
      call: idempotentCall({ caller, key }, [JSON.stringify(parts), input.body]),
      work: async (transaction) => {
        const { status, headers } = await handle(contextWith(transaction))
        return { status, headers: { ...headers } }
      },
      stored: (body) => body,
    })
    if (kept.replayed) reply.header('idempotency-replayed', 'true')
    return send(reply, kept.body as RawAnswer)
  }
}

async function handled(
  route: RawRoute<ServerContext>,
  context: ServerContext,
  { input, reply }: { input: RawInput<RouteInput>; reply: FastifyReply },
): Promise<RawAnswer> {
  try {
    return await route.handle(context, input)
  } catch (error) {
    if (HoldfastError.isInstance(error)) reply.headers(route.refusalHeaders?.(error) ?? {})
    throw error
  }
}

function inputOf(
  route: RawRoute<ServerContext>,
  request: FastifyRequest,
  { reply, serving, revoked }: { reply: FastifyReply; serving: Serving; revoked: AbortSignal },
): RawInput<RouteInput> {
  const { body, headers, params } = request
  const name = /\{(\w+)\}$/.exec(route.path)?.[1]
  const named = route.isDeep === true && name !== undefined
    ? { ...withoutStar(params as Record<string, string>), [name]: deepOf(params) }
    : params
  const parsed = parseInput(route as unknown as Endpoint, {
    params: named, query: request.query, headers, ip: request.ip, body: undefined,
  })
  const { lifecycle } = serving
  const waiting = waitable(parsed, reply, { lifecycle, revoked })
  return {
    ...parsed,
    body: Buffer.isBuffer(body) ? body : new Uint8Array(),
    pieces: body instanceof Readable ? piecesOf(body, route.bodyBytesMax ?? 0) : noPieces(),
    header: (each: string) => headers[each]?.toString(),
    get headers() {
      return Object.fromEntries(
        Object.entries(headers).map(([each, value]) => [each, String(value)]))
    },
    url: `${request.protocol}://${request.host}${request.url.split('?')[0]!}`,
    get signal() {
      return waiting.signal
    },
  } as unknown as RawInput<RouteInput>
}

async function* noPieces(): AsyncGenerator<Uint8Array, void, void> {}

/** A body as it comes; it is asked for no more than is taken. */
async function* piecesOf(
  body: Readable,
  bytesMax: number,
): AsyncGenerator<Uint8Array, void, void> {
  let length = 0
  try {
    // What is left of a refused body is still to be discarded.
    for await (const piece of body.iterator({ destroyOnReturn: false })) {
      length += (piece as Buffer).length
      if (length > bytesMax) {
        throw new BodyTooLarge(`The body is larger than ${bytesMax} bytes.`, { field: 'body' })
      }
      yield piece as Buffer
    }
  } catch (cause) {
    if (HoldfastError.isInstance(cause)) throw cause
    const message = 'ended before it was whole: the sender has gone'
    throw Object.assign(new RequestFaults([{ field: 'body', message }]), { cause })
  }
}

const deepOf = (params: unknown): string => (params as Record<string, string>)['*'] ?? ''

function withoutStar({ '*': _, ...params }: Record<string, string>): Record<string, string> {
  return params
}

/** The headers that make the call what it is. */
function steering({ headers = {} }: RawRoute<ServerContext>, request: FastifyRequest) {
  return Object.keys(headers).map((name) => request.headers[name.toLowerCase()] ?? null)
}

function send(
  reply: FastifyReply,
  { status, headers, body }: RawAnswer,
  watch?: CallerWatch,
): unknown {
  reply.code(status).headers(headers)
  if (body === undefined) return reply.send()
  if (body instanceof Uint8Array) return reply.send(Buffer.from(body.buffer, body.byteOffset,
    body.length))
  const readable = Readable.from(beginning(body), { objectMode: false })
  watch?.over(readable)
  return reply.send(readable)
}

/**
 * A body that begins at once. Its reader may have gone already, and a generator that is ended
 * before it began lets go of nothing.
 */
function beginning<T>(body: AsyncIterable<T>): AsyncIterableIterator<T> {
  const iterator = body[Symbol.asyncIterator]()
  let first: Promise<IteratorResult<T>> | undefined = iterator.next()
  first.catch(() => undefined)
  return {
    next() {
      const next = first ?? iterator.next()
      first = undefined
      return next
    },
    async return() {
      await iterator.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** A page elsewhere may read all headers of ours; it has no cookie here to misuse. */
const originHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': '*',
  'cross-origin-resource-policy': 'cross-origin',
}

/** Browsers ask first whether a page of another origin may call. */
function servePreflights(
  scope: FastifyInstance,
  routes: readonly RawRoute<ServerContext>[],
): void {
  const open = routes.filter(({ isOpenToOrigins }) => isOpenToOrigins)
  for (const url of new Set(open.map(urlOf))) {
    const here = open.filter((route) => urlOf(route) === url)
    const headers = new Set(here.flatMap((route) => Object.keys(route.headers ?? {})))
    scope.options(url, { config: { input: {} } }, async (_request, reply) => {
      reply.headers({
        ...originHeaders,
        'access-control-allow-methods': here.map(({ method }) => method).join(', '),
        'access-control-allow-headers': [...generalHeaders, ...headers].join(', '),
        'access-control-max-age': String(preflightSeconds),
      })
      return reply.code(204).send()
    })
  }
}

const generalHeaders = [
  'Authorization', 'Content-Type', 'Holdfast-Organization', 'Idempotency-Key', 'If-None-Match',
  'Request-Id',
]
