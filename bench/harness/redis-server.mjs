import { execFileSync, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { removeFolder, temporaryFolder } from './folders.mjs'
import { freePort } from './ports.mjs'

/** The same for every variant: as durable as a queue on Redis is commonly run, no eviction. */
const settings = {
  'bind': '127.0.0.1',
  'appendonly': 'yes',
  'appendfsync': 'everysec',
  'maxmemory-policy': 'noeviction',
  // A fork in the slice of one variant would be charged to it alone.
  'save': '',
  'auto-aof-rewrite-percentage': '0',
}

/** A private Redis for one run of one bench, on a free port; it leaves nothing behind. */
export class RedisServer {
  #process
  #folder
  #databases = 0

  static async start() {
    const server = new RedisServer()
    await server.#start()
    return server
  }

  /** The URL of a numbered database that no other variant uses. */
  createDatabase() {
    return `${this.#url}/${this.#databases++}`
  }

  get pid() {
    return this.#process.pid
  }

  async stop() {
    const ended = new Promise((done) => this.#process.once('exit', done))
    this.#process.kill('SIGTERM')
    await ended
    removeFolder(this.#folder)
  }

  get #url() {
    return `redis://127.0.0.1:${this.port}`
  }

  async #start() {
    const version = versionOf('redis-server')
    this.#folder = temporaryFolder('redis', () => this.#process?.kill('SIGKILL'))
    this.port = await freePort()
    const given = { ...settings, port: this.port, dir: this.#folder, databases: 64 }
    const flags = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)])
    this.#process = spawn('redis-server', flags, { cwd: this.#folder, stdio: 'ignore' })
    await this.#untilItAnswers()
    const { appendonly, appendfsync, 'maxmemory-policy': policy } = settings
    this.facts = { version, appendonly, appendfsync, policy }
  }

  async #untilItAnswers() {
    for (let triesLeft = 200; ; triesLeft--) {
      if (await answers(this.port)) return
      if (triesLeft === 0 || this.#process.exitCode !== null) {
        throw new Error(`redis-server did not start`)
      }
      await new Promise((done) => setTimeout(done, 25))
    }
  }
}

function versionOf(program) {
  try {
    const text = execFileSync(program, ['--version'], { encoding: 'utf8' })
    return /v=(\S+)/.exec(text)?.[1] ?? text.trim()
  } catch {
    throw new Error(`No ${program} here: install Redis.`)
  }
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('error', () => resolve(false))
    socket.once('data', (text) => {
      socket.destroy()
      resolve(text.toString().startsWith('+PONG'))
    })
    socket.once('connect', () => socket.write('PING\r\n'))
  })
}
