import { execFileSync, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Histogram } from './histogram.mjs'

const worker = fileURLToPath(new URL('./worker.mjs', import.meta.url))
const keptOutput = 4_000

/**
 * A variant in a process of its own, so that no variant pays for another's garbage. `module` stands
 * in bench/variants; `settings` go to its `open`. With `nodeMin`, the newest Node of that line is
 * fetched through npx when this one is older.
 */
export class WorkerVariant {
  #child
  #waiting = new Map()
  #count = 0
  #output = ''

  constructor({ name, about, module, settings, callers, nodeMin, profile }) {
    Object.assign(this, { name, about, callers })
    this.module = new URL(`../variants/${module}`, import.meta.url).href
    this.settings = settings
    this.nodeMin = nodeMin
    this.profile = profile
  }

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
    this.facts = await this.#ask('open', { module: this.module, settings: this.settings })
  }

  async enter() {}

  async slice(callers, sliceMs) {
    const measured = await this.#ask('slice', { callers, sliceMs })
    return { ...measured, histogram: Histogram.from(measured.histogram) }
  }

  async leave() {}

  async close() {
    if (this.#child === undefined || this.#child.exitCode !== null) return
    const ended = new Promise((done) => this.#child.once('exit', done))
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    try {
      await this.#ask('close', {})
    } finally {
      await ended
      clearTimeout(timer)
    }
  }

  #ask(request, given) {
    const number = ++this.#count
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject })
      this.#child.send({ number, request, given })
    })
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
    const output = execFileSync('npx', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    found.set(major, output.trim().split('\n').at(-1))
  }
  return found.get(major)
}
