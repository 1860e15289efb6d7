import { execFileSync, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const worker = fileURLToPath(new URL('./worker.mjs', import.meta.url))
const keptOutput = 4_000
const closeTimeoutMs = 20_000

/**
 * A process of its own that opens one module of bench/variants and answers requests, so that
 * nobody pays for another's garbage. With `nodeMin`, a Node of that line is fetched through npx
 * when this one is older; with `profile`, a CPU profile goes to that folder.
 */
export class WorkerProcess {
  #child
  #waiting = new Map()
  #count = 0
  #output = ''

  constructor({ module, settings, nodeMin, profile }) {
    this.module = new URL(`../variants/${module}`, import.meta.url).href
    this.settings = settings
    this.nodeMin = nodeMin
    this.profile = profile
  }

  /** Opens the module; what it tells of itself. */
  async open() {
    const execPath = this.nodeMin === undefined ? process.execPath : nodeOf(this.nodeMin)
    const execArgv = this.profile === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${this.profile}`]
    this.#child = fork(worker, [], {
      execPath, execArgv, stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (text) => (this.#output = (this.#output + text).slice(-keptOutput)))
    }
    this.#child.on('message', (message) => this.#settle(message))
    this.#child.on('exit', (code) => this.#failAll(`the process ended (${code})`))
    return this.ask('open', { module: this.module, settings: this.settings })
  }

  /** Sends a request that worker.mjs knows; its answer. */
  ask(request, given = {}) {
    const number = ++this.#count
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject })
      this.#child.send({ number, request, given })
    })
  }

  /** Throws what the module threw while it closed. */
  async close() {
    if (this.#child === undefined || this.#child.exitCode !== null) return
    const ended = new Promise((done) => this.#child.once('exit', done))
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), closeTimeoutMs)
    try {
      await this.ask('close')
    } finally {
      await ended
      clearTimeout(timer)
    }
  }

  #settle({ number, value, error }) {
    const { resolve, reject } = this.#waiting.get(number)
    this.#waiting.delete(number)
    if (error === undefined) resolve(value)
    else reject(new Error(error))
  }

  #failAll(reason) {
    for (const { reject } of this.#waiting.values()) {
      reject(new Error(`${reason}\n${this.#output}`.trim()))
    }
    this.#waiting.clear()
  }
}

const found = new Map()

/** The path of a Node not older than `[major, minor]`. Throws when none can be had. */
function nodeOf([major, minor]) {
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number)
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return process.execPath
  if (!found.has(major)) {
    const args = ['--yes', `node@${major}`, '-p', 'process.execPath']
    const stdio = ['ignore', 'pipe', 'pipe']
    const output = execFileSync('npx', args, { encoding: 'utf8', stdio })
    found.set(major, output.trim().split('\n').at(-1))
  }
  return found.get(major)
}
