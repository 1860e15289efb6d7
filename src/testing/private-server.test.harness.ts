import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'

/** How a private server is started. */
export interface Launch {
  readonly program: string
  readonly words: readonly string[]
  /** How long it may take, in milliseconds. */
  readonly startMs: number
}

/** A server of a test's own, which may be killed and stopped at any moment. */
export abstract class PrivateServer {
  /** For people. */
  readonly #name: string
  #process: ChildProcess | undefined

  constructor(name: string) {
    this.#name = name
  }

  /** Whether it answers by now. */
  protected abstract answers(): Promise<boolean>

  /** Resolves when it answers; throws when it ends before, or takes too long. */
  protected async launch({ program, words, startMs }: Launch): Promise<void> {
    const started = spawn(program, words, { stdio: 'ignore' })
    this.#process = started
    const endMs = performance.now() + startMs
    for (;;) {
      if (started.exitCode !== null) throw new Error(`${this.#name} ended while it started`)
      if (await this.answers()) return
      if (performance.now() > endMs) throw new Error(`${this.#name} did not start`)
      await pause(20)
    }
  }

  /** Ends it at once; resolves when it is gone. */
  async kill(): Promise<void> {
    const dying = this.#process
    if (dying === undefined || dying.exitCode !== null || dying.signalCode !== null) return
    const gone = new Promise((resolve) => dying.once('exit', resolve))
    dying.kill('SIGKILL')
    await gone
  }

  /** It keeps its connections and answers nothing. */
  freeze(): void {
    this.#process?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#process?.kill('SIGCONT')
  }
}
