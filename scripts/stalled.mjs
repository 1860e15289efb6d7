/**
 * A reporter that ends a run in which nothing happens any more, and says what did not end: a thread
 * that never comes back keeps vitest waiting for ever, whatever the time-outs of its tests.
 */
import { writeSync } from 'node:fs'

/** Longer than any test may take by its own time-out, with the set-up and the end of its file. */
const patienceMs = Number(process.env.HOLDFAST_TEST_STALLED_MS ?? 10 * 60_000)

export default class Stalled {
  #running = new Map()
  #timer

  onTestRunStart() {
    this.#moved()
  }

  onTestModuleStart(module) {
    this.#running.set(module, new Set())
    this.#moved()
  }

  onTestCaseReady(test) {
    this.#running.get(test.module)?.add(test.fullName)
  }

  onTestCaseResult(test) {
    this.#running.get(test.module)?.delete(test.fullName)
    this.#moved()
  }

  onTestModuleEnd(module) {
    this.#running.delete(module)
    this.#moved()
  }

  onTestRunEnd() {
    clearTimeout(this.#timer)
  }

  #moved() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#giveUp(), patienceMs)
    this.#timer.unref()
  }

  #giveUp() {
    const running = [...this.#running].map(([{ relativeModuleId }, tests]) =>
      `  ${[relativeModuleId, ...tests].join(' > ')}`)
    const since = `No test has ended for ${(patienceMs / 60_000).toFixed(1)} minutes.`
    // Whoever leaves at once has to write at once.
    writeSync(1, ['', `${since} Not ended:`, ...running, ''].join('\n'))
    process.exit(1)
  }
}
