import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { program } from './server-process.js'

/** What a process of the crowd does. */
export interface Part {
  /** The Redis that all of them share. */
  readonly redis: string
  readonly processes: number
  /**
   * JavaScript: the body of an async function of `coordination`, this process's coordinator, and
   * `index`, its number. What it returns comes back.
   */
  readonly body: string
}

/** Starts processes, lets all of them begin at once, and gives what each returned. */
export async function inProcesses<R>({ redis, processes, body }: Part): Promise<R[]> {
  const indexes = Array.from({ length: processes }, (_, index) => index)
  const started = indexes.map((index) => new Participant(scriptOf(redis, body, index)))
  try {
    await Promise.all(started.map((each) => each.next()))
    for (const each of started) each.go()
    const lines = await Promise.all(started.map((each) => each.next()))
    return lines.map((line) => JSON.parse(line) as R)
  } finally {
    for (const each of started) each.end()
  }
}

function scriptOf(redis: string, body: string, index: number): string {
  const file = join(dirname(dirname(program)), 'coordination', 'connect.js')
  return `
    import { once } from 'node:events'
    import { setTimeout as pause } from 'node:timers/promises'
    import { connectCoordination } from ${JSON.stringify(pathToFileURL(file).href)}
    // Longer than a busy machine may keep anybody waiting.
    const redisOptions = { commandTimeoutMs: 10_000 }
    const coordination = await connectCoordination({
      redis: ${JSON.stringify(redis)}, redisOptions,
    })
    const act = async (coordination, index) => { ${body} }
    console.log('ready')
    await once(process.stdin, 'data')
    console.log(JSON.stringify((await act(coordination, ${index})) ?? null))
    await coordination.close()
    process.exit()
  `
}

class Participant {
  readonly #child
  readonly #lines
  readonly #errors: Promise<string>

  constructor(script: string) {
    this.#child = spawn(process.execPath, ['--input-type=module', '--eval', script])
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]()
    this.#errors = text(this.#child.stderr)
  }

  /** The next line it prints. */
  async next(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error(`a process ended early: ${await this.#errors}`)
    return value
  }

  go(): void {
    this.#child.stdin.write('go\n')
  }

  end(): void {
    this.#child.kill('SIGKILL')
  }
}
