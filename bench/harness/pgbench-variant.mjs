import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { removeFolder, temporaryFolder } from './folders.mjs'
import { Histogram } from './histogram.mjs'
import { postgresPrograms } from './postgres-server.mjs'

const sampledShare = 0.2
const startTimeoutMs = 30_000
const pause = (ms) => new Promise((done) => setTimeout(done, ms))

/**
 * pgbench as a variant. One process lives as long as a number of callers is measured and is
 * stopped between slices (SIGSTOP), so that its connections are as warm as everybody's. Every
 * transaction of its script must write: they are counted by the server's transaction numbers.
 */
export class PgbenchVariant {
  #server
  #script
  #variables
  #admin
  #child
  #folder
  #windows = []
  #starts = 0
  #output = ''

  /** `variables` become parameters of the script; `first` is where :n begins, rising by start. */
  constructor({ name, about, server, url, script, variables }) {
    Object.assign(this, { name, about })
    this.#server = server
    this.url = url
    this.#script = script
    this.#variables = variables
  }

  async open() {
    this.#admin = new pg.Client({ connectionString: this.url })
    await this.#admin.connect()
    this.facts = {}
  }

  async enter(callers) {
    this.#folder = temporaryFolder('pgbench', () => this.#child?.kill('SIGKILL'))
    const file = join(this.#folder, 'script.sql')
    writeFileSync(file, this.#script)
    this.#starts += 1
    const variables = { ...this.#variables, n: this.#starts * 10_000_000 }
    const args = [
      ...this.#server.programArguments, '-n', '-M', 'prepared', '-c', callers,
      '-j', Math.min(2, callers), '-T', 1_000_000, '-f', file, '-l',
      `--log-prefix=${join(this.#folder, 'log')}`, `--sampling-rate=${sampledShare}`,
      ...Object.entries(variables).flatMap(([key, value]) => ['-D', `${key}=${value}`]),
      new URL(this.url).pathname.slice(1),
    ]
    this.#child = spawn(join(postgresPrograms(), 'pgbench'), args.map(String), {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...this.#server.programEnvironment },
    })
    this.#output = ''
    this.#child.stderr.setEncoding('utf8').on('data', (text) => (this.#output += text))
    await this.#untilConnected(callers)
    this.#child.kill('SIGSTOP')
  }

  async slice(_callers, sliceMs) {
    const before = await this.#state()
    const startedAt = Date.now()
    this.#child.kill('SIGCONT')
    await pause(sliceMs)
    this.#child.kill('SIGSTOP')
    const after = await this.#settled()
    this.#requireAlive()
    const histogram = new Histogram()
    this.#windows.push({ startedAt, endedAt: after.lastAt, histogram })
    return { operations: after.next - before.next, elapsedMs: after.lastAt - startedAt, histogram }
  }

  /** Ends the process, then reads the latencies it wrote down. */
  async leave() {
    if (this.#child === undefined) return
    const ended = new Promise((done) => this.#child.once('exit', done))
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGTERM')
      this.#child.kill('SIGCONT')
      await ended
    }
    this.#child = undefined
    const logs = readdirSync(this.#folder).filter((name) => name.startsWith('log'))
    for (const name of logs) this.#readLog(join(this.#folder, name))
    this.#windows = []
    removeFolder(this.#folder)
  }

  async close() {
    await this.#admin?.end()
  }

  async #untilConnected(callers) {
    const deadline = Date.now() + startTimeoutMs
    while ((await this.#state()).connected < callers) {
      this.#requireAlive()
      if (Date.now() > deadline) throw new Error(`pgbench did not start: ${this.#output}`)
      await pause(20)
    }
    await pause(300)
  }

  #requireAlive() {
    if (this.#child.exitCode !== null || /error|aborted/i.test(this.#output)) {
      throw new Error(`pgbench ended: ${this.#output.slice(0, 1_000)}`)
    }
  }

  /** What the server still runs when pgbench stands is part of the slice, in count and time. */
  async #settled() {
    for (;;) {
      const state = await this.#state()
      if (state.active === 0) return state
      await pause(2)
    }
  }

  async #state() {
    const { rows: [row] } = await this.#admin.query(`
      select pg_snapshot_xmax(pg_current_snapshot())::text as next, count(*)::int as connected,
        (count(*) filter (where state <> 'idle'))::int as active,
        extract(epoch from max(state_change)) * 1000 as last_at
      from pg_stat_activity where application_name = 'pgbench'`)
    return { ...row, next: Number(row.next), lastAt: Number(row.last_at) }
  }

  /** Lines: client, number, latency in µs, script, second and microsecond of its end. */
  #readLog(path) {
    for (const line of readFileSync(path, 'utf8').split('\n').slice(0, -1)) {
      const [, , microseconds, , second, fraction] = line.split(' ').map(Number)
      const endedAt = second * 1000 + fraction / 1000
      const begunAt = endedAt - microseconds / 1000
      const window = this.#windows.find(
        (each) => begunAt >= each.startedAt && endedAt <= each.endedAt)
      window?.histogram.add(microseconds / 1000)
    }
  }
}
