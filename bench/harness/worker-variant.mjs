import { Histogram } from './histogram.mjs'
import { WorkerProcess } from './worker-process.mjs'

/**
 * A variant in a process of its own. `server`, another such process, is the one whose CPU time
 * counts when the variant itself is only its client.
 */
export class WorkerVariant {
  #process

  constructor({ name, about, callers, server, ...given }) {
    Object.assign(this, { name, about, callers, server })
    this.#process = new WorkerProcess(given)
  }

  async open() {
    this.facts = await this.#process.open()
  }

  async enter() {}

  async slice(callers, sliceMs) {
    const before = await this.server?.ask('cpu')
    const measured = await this.#process.ask('slice', { callers, sliceMs })
    const after = await this.server?.ask('cpu')
    const cpuMs = after === undefined ? measured.cpuMs : after - before
    return { ...measured, cpuMs, histogram: Histogram.from(measured.histogram) }
  }

  async leave() {}

  close() {
    return this.#process.close()
  }
}
