import { holdfastVariants } from './holdfast-variants.mjs'
import { WorkerVariant } from './worker-variant.mjs'

/** Makes variants of one bench of floors, each on its own databases of both servers. */
export class FloorStage {
  #servers
  #module

  constructor(servers, module) {
    this.#servers = servers
    this.#module = module
  }

  /** What floors are built on, without them. */
  async bare({ name, about, ...settings }) {
    return new WorkerVariant({
      name, about, module: this.#module,
      settings: { ...await this.#databases(name), ...settings },
    })
  }

  holdfast(options, { name, about, ...settings }) {
    return holdfastVariants(options, {
      name, about, module: this.#module,
      settings: async (build) => ({ ...await this.#databases(build), ...settings }),
    })
  }

  async #databases(name) {
    return {
      postgres: await this.#servers.postgres.createDatabase(name.replaceAll('-', '_')),
      redis: this.#servers.redis.createDatabase(),
    }
  }
}
