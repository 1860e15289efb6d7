import { type FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { type Holdfast } from '../holdfast.js'
import { degradation } from './health.js'

/** Bounds of request durations in seconds, as OpenTelemetry's HTTP conventions recommend. */
const durationBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
]

interface MeasuredOptions {
  readonly holdfast: Holdfast
  readonly backupAgeSeconds?: (() => number | undefined) | undefined
}

/** Serves `/metrics` as Prometheus text. Labels are route names, never ids. */
export function serveMetrics(server: FastifyInstance, options: MeasuredOptions): void {
  const { holdfast, backupAgeSeconds } = options
  const registry = new Registry()
  // From the start, not from when somebody first asks.
  processMetrics()
  measureRequests(server, registry)
  measurePool(holdfast, registry)
  measureCoordination(holdfast, registry)
  measureCache(holdfast, registry)
  if (backupAgeSeconds !== undefined) measureBackups(backupAgeSeconds, registry)
  server.get('/metrics', async (_request, reply) => {
    reply.type(registry.contentType)
    return Registry.merge([processMetrics(), registry]).metrics()
  })
}

/** Those of the process: what measures them watches it for good, so that all servers share it. */
let ofProcess: Registry | undefined

function processMetrics(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry()
    collectDefaultMetrics({ register: ofProcess })
  }
  return ofProcess
}

function measureRequests(server: FastifyInstance, registry: Registry): void {
  const durations = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Time from the request’s head to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: durationBuckets,
    registers: [registry],
  })
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown'
    const labels = { method: request.method, route, status: String(reply.statusCode) }
    durations.observe(labels, reply.elapsedTime / 1_000)
    done()
  })
}

function measurePool(holdfast: Holdfast, registry: Registry): void {
  new Gauge({
    name: 'holdfast_database_connections',
    help: 'Connections of the database pool by state.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const figures = holdfast.backend.pool()
      for (const [state, value] of Object.entries(figures ?? {})) this.set({ state }, value)
    },
  })
}

function measureCache({ coordination }: Holdfast, registry: Registry): void {
  new Gauge({
    name: 'holdfast_cache',
    help: 'Cache calls since the start (hits, misses, loads) and size, the values in memory.',
    labelNames: ['figure'],
    registers: [registry],
    collect() {
      const figures = Object.entries(coordination.cache.figures())
      for (const [figure, value] of figures) this.set({ figure }, value as number)
    },
  })
}

function measureBackups(ageSeconds: () => number | undefined, registry: Registry): void {
  new Gauge({
    name: 'holdfast_backup_age_seconds',
    help: 'Age of the newest verified backup; NaN without one.',
    registers: [registry],
    collect() {
      this.set(ageSeconds() ?? NaN)
    },
  })
}

function measureCoordination({ coordination }: Holdfast, registry: Registry): void {
  new Gauge({
    name: 'holdfast_coordination_up',
    help: 'Whether hints reach other processes: 1, or 0 while coordination is degraded.',
    labelNames: ['kind'],
    registers: [registry],
    async collect() {
      const degraded = await degradation(coordination)
      this.set({ kind: coordination.name }, degraded === undefined ? 1 : 0)
    },
  })
}
