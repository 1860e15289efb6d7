import { setMaxListeners } from 'node:events'
import { type FastifyInstance } from 'fastify'
import { type Coordinator } from '../coordination/coordination.js'
import { type Holdfast } from '../holdfast.js'

/** Longest wait for one dependency, in milliseconds. */
const checkTimeoutMs = 2_000

/** Whether the server still takes new work. */
export class Lifecycle {
  readonly #closing = new AbortController()

  constructor() {
    // Every request that waits listens.
    setMaxListeners(0, this.#closing.signal)
  }

  /** Aborted once draining begins. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  get draining(): boolean {
    return this.closing.aborted
  }

  /** Takes no new work, and lets what merely waits end. */
  drain(): void {
    this.#closing.abort(new Error('The server is closing.'))
  }
}

/**
 * `/livez` touches no dependency: a database hiccup must not restart the fleet. `/readyz` names
 * each dependency and is 503 while the database is down or the server is draining. Without Redis
 * everything works, only slower and each process by itself: that is told and stays 200.
 */
export function serveHealth(
  server: FastifyInstance,
  holdfast: Holdfast,
  lifecycle: Lifecycle,
): void {
  server.get('/livez', async () => ({ status: 'alive' }))
  server.get('/readyz', async (_request, reply) => {
    const [database, degraded] = await Promise.all([
      check(() => holdfast.backend.ping()), degradation(holdfast.coordination),
    ])
    const serving = lifecycle.draining ? 'draining' : 'ok'
    const ready = database === 'ok' && serving === 'ok'
    if (!ready) reply.code(503).header('retry-after', '1')
    const coordination = degraded === undefined ? 'ok' : 'degraded'
    return {
      status: ready ? 'ready' : 'not ready',
      checks: { serving, database, coordination },
      ...(degraded === undefined ? {} : { degraded: { coordination: degraded } }),
    }
  })
}

/** How often it is looked whether hints reach other processes, in milliseconds. */
const lookEveryMs = 500

/** Logs when coordination begins and ceases to be degraded, while the server listens. */
export function logCoordination(server: FastifyInstance, coordination: Coordinator): void {
  let last: string | undefined
  const look = async () => {
    const reason = await degradation(coordination)
    if (reason === last) return
    last = reason
    if (reason === undefined) server.log.info('coordination is well again')
    else server.log.warn({ reason }, 'coordination is degraded')
  }
  let looking: NodeJS.Timeout | undefined
  server.addHook('onListen', async () => {
    looking = setInterval(() => void look(), lookEveryMs)
  })
  server.addHook('onClose', async () => clearInterval(looking))
}

/** Why hints do not reach other processes; undefined when they do. */
export async function degradation(coordination: Coordinator): Promise<string | undefined> {
  await check(() => coordination.ping())
  return coordination.health().reason
}

async function check(probe: () => Promise<void>): Promise<'ok' | 'unavailable'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'unavailable'>((done) => {
    timer = setTimeout(() => done('unavailable'), checkTimeoutMs)
  })
  const answer = probe().then(() => 'ok' as const, () => 'unavailable' as const)
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
