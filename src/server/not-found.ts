import { type FastifyInstance } from 'fastify'
import { MethodNotAllowed, RouteNotFound } from '../http/problem.js'
import { sendProblem } from './problems.js'

/** Tells a wrong method from a wrong path. Must come before the routes, which it listens for. */
export function serveNotFound(server: FastifyInstance): void {
  const methodsByUrl = new Map<string, { readonly pattern: RegExp; readonly methods: string[] }>()
  server.addHook('onRoute', ({ url, method }) => {
    const known = methodsByUrl.get(url) ?? { pattern: patternOf(url), methods: [] }
    known.methods.push(...[method].flat())
    methodsByUrl.set(url, known)
  })
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]!
    const allowed = [...methodsByUrl.values()]
      .flatMap(({ pattern, methods }) => (pattern.test(path) ? methods : []))
    if (allowed.length > 0) reply.header('allow', allowed.sort().join(', '))
    const error = allowed.length > 0
      ? new MethodNotAllowed(`${request.method} is not possible here.`, { field: 'path' })
      : new RouteNotFound('There is nothing here; /docs lists every endpoint.', { field: 'path' })
    sendProblem(error, request, reply)
  })
}

/** The paths of a route; its URLs hold nothing but words, slashes, `:parameters`, a last `*`. */
function patternOf(url: string): RegExp {
  return new RegExp(`^${url.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')
    .replace(/\*$/, '.+')}$`)
}
