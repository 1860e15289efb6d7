import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** The program under test: HOLDFAST_TEST_PROGRAM, else the built one. */
export const program = process.env.HOLDFAST_TEST_PROGRAM ?? join(root, 'dist', 'bundle', 'cli.js')

/** The URL of an entry point beside that program, as other processes import it. */
export function entryPoint(name: string): string {
  return pathToFileURL(join(dirname(program), `${name}.js`)).href
}

/** Characters of the log kept for a failure's message. */
const logMax = 4_000

/** How a process ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** How to start a server. */
export interface StartOptions {
  /** The database's URL. */
  readonly database: string
  /** Settings of the server. @default the program's own */
  readonly environment?: Readonly<Record<string, string>>
  /** A program that starts the server, with its arguments. @default [] */
  readonly under?: readonly string[]
  /** What Node runs instead of `holdfast serve`. */
  readonly instead?: readonly string[]
  /** How long starting may take. @default 60000 */
  readonly startMs?: number
}

/** What the server says of itself once it listens. */
interface Announcement {
  readonly url: string
  readonly database: string
  readonly admin_token?: string
}

/** A Holdfast server in a process of its own. */
export class ServerProcess {
  readonly url: string
  /** Given out by the first start of an empty database only. */
  readonly adminToken: string | undefined
  /** Resolves when the process is gone. */
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess
  readonly #log: () => string

  private constructor(announced: Announcement, started: Started) {
    this.url = announced.url
    this.adminToken = announced.admin_token
    this.ended = started.ended
    this.#child = started.child
    this.#log = started.log
  }

  /** Starts a server on a free port; resolves when it listens. */
  static async start(options: StartOptions): Promise<ServerProcess> {
    const started = launch(options)
    try {
      return new ServerProcess(await announcementOf(started, options.startMs ?? 60_000), started)
    } catch (error) {
      started.child.kill('SIGKILL')
      throw error
    }
  }

  /** The process that was started, which is not the server when it runs under another program. */
  get pid(): number {
    return this.#child.pid!
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** The newest lines of its log. */
  get log(): string {
    return this.#log()
  }

  /** Sends a signal and waits until the process is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending> {
    this.#child.kill(signal)
    return this.ended
  }
}

interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ending>
  readonly log: () => string
}

/** A server of tests has a hundred connections for all that run at once. */
const frugal = { HOLDFAST_LOG_LEVEL: 'warn', HOLDFAST_POOL_MAX: '4' }

function launch({ database, environment, under = [], instead }: StartOptions): Started {
  if (!existsSync(program)) throw new Error(`${program} is missing; build it: npm run build`)
  const serve = [program, 'serve', '--port', '0', '--database', database, '--json']
  const [command, ...words] = [...under, process.execPath, ...(instead ?? serve)]
  const child = spawn(command!, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...frugal, ...environment },
  })
  let log = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-logMax)
  })
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  return { child, ended, log: () => log }
}

async function announcementOf(started: Started, startMs: number): Promise<Announcement> {
  const { child, ended, log } = started
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const fail = () => reject(new Error(`no server within ${startMs} ms:\n${log()}`))
    timer = setTimeout(fail, startMs)
  })
  const early = ended.then(({ code, signal }) => {
    throw new Error(`the server ended at once (${code ?? signal}):\n${log()}`)
  })
  const line = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout! }).once('line', resolve)
  })
  try {
    return JSON.parse(await Promise.race([line, late, early])) as Announcement
  } finally {
    clearTimeout(timer)
  }
}
