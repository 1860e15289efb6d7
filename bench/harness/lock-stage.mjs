import { holdfastVariants } from './holdfast-variants.mjs'
import { WorkerVariant } from './worker-variant.mjs'

/** Makes variants of one bench of locks, each on its own databases of both servers. */
export class LockStage {
  #servers
  #module

  constructor(servers, module) {
    this.#servers = servers
    this.#module = module
  }

  /** A file of variants/locks. */
  async of(system, { name = system, about, ...settings }) {
    const given = { ...await this.#databases(name), system, ...settings }
    return new WorkerVariant({ name, about, module: this.#module, settings: given })
  }

  holdfast(options, { name, system, about, ...settings }) {
    return holdfastVariants(options, {
      name, about, module: this.#module,
      settings: async (build) => ({ ...await this.#databases(build), system, ...settings }),
    })
  }

  async #databases(name) {
    return {
      postgres: await this.#servers.postgres.createDatabase(name.replaceAll('-', '_')),
      redis: this.#servers.redis.createDatabase(),
    }
  }
}
