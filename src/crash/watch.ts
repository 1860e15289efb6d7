import { pause } from './load.js'
import { Wire } from './wire.js'

/** Asks a server again and again how it is, and remembers what it said. */
export class Watch {
  /** What `/livez` said besides 200, or that it did not answer. */
  readonly deaths: string[] = []
  /** Each status of `/readyz` that differs from the one before, or why none came. */
  readonly readiness: (number | string)[] = []
  readonly #url: string
  readonly #wire = new Wire(2)
  readonly #loops: Promise<void[]>
  #stopping = false

  private constructor(url: string) {
    this.#url = url
    this.#loops = Promise.all([this.#loop(() => this.#live()), this.#loop(() => this.#ready())])
  }

  /** Begins to ask. */
  static start({ url }: { readonly url: string }): Watch {
    return new Watch(url)
  }

  get isReady(): boolean {
    return this.readiness.at(-1) === 200
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await this.#loops
    this.#wire.close()
  }

  async #loop(ask: () => Promise<void>): Promise<void> {
    while (!this.#stopping) {
      await ask()
      await pause(50)
    }
  }

  async #live(): Promise<void> {
    const said = await this.#ask('livez')
    if (said !== 200) this.deaths.push(String(said))
  }

  async #ready(): Promise<void> {
    const said = await this.#ask('readyz')
    if (this.readiness.at(-1) !== said) this.readiness.push(said)
  }

  #ask(path: string): Promise<number | string> {
    const call = { url: `${this.#url}/${path}`, timeoutMs: 5_000 }
    return this.#wire.send(call).then(({ status }) => status, String)
  }
}
