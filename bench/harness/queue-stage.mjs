import { holdfastVariants } from './holdfast-variants.mjs'
import { WorkerVariant } from './worker-variant.mjs'

/** What pg-boss and graphile-worker need; on an older Node they get one through npx. */
export const nodeOfPeers = [22, 18]

/**
 * Makes variants of one bench of queues: `bullmq` on the Redis, the others on a database of their
 * own on the PostgreSQL, Holdfast with both.
 */
export class QueueStage {
  #servers
  #module

  constructor(servers, module) {
    this.#servers = servers
    this.#module = module
  }

  bullmq({ name = 'bullmq', about, ...settings }) {
    const redis = this.#servers.redis.createDatabase()
    return new WorkerVariant({
      name, about, module: this.#module,
      settings: this.#with({ system: 'bullmq', redis, ...settings }),
    })
  }

  /** The bare driver. */
  async driver({ name = 'driver', about, ...settings }) {
    const postgres = await this.#database(name)
    return new WorkerVariant({
      name, about, module: this.#module,
      settings: this.#with({ system: 'driver-postgres', postgres, ...settings }),
    })
  }

  /** `pg-boss` or `graphile-worker`. */
  async onPostgres(system, { name = system, about, ...settings }) {
    const postgres = await this.#database(name)
    return new WorkerVariant({
      name, about, module: this.#module, nodeMin: nodeOfPeers,
      settings: this.#with({ system, postgres, ...settings }),
    })
  }

  holdfast(options, { name, about, ...settings }) {
    return holdfastVariants(options, {
      name, about, module: this.#module,
      settings: async (build) => this.#with({
        system: 'holdfast', database: await this.#database(build),
        redis: this.#servers.redis.createDatabase(), ...settings,
      }),
    })
  }

  #with(settings) {
    const { postgres, redis } = this.#servers
    return { ...settings, servers: [postgres.pid, redis.pid] }
  }

  #database(name) {
    return this.#servers.postgres.createDatabase(name.replaceAll('-', '_'))
  }
}
