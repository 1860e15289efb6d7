import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Histogram } from './histogram.mjs'

const run = promisify(execFile)

/**
 * A program that fills a database and ends. A slice is one run of it, from its start to its end,
 * into a database of its own: a copy of `template`, made and dropped outside the measured time.
 */
export class ProgramVariant {
  #given
  #runs = 0

  /**
   * `command(url)` is the program with its arguments; `figures(stdout)` what it says of itself;
   * `table` and `rows` what has to be there in the end.
   */
  constructor({ name, about, ...given }) {
    Object.assign(this, { name, about })
    this.#given = given
  }

  async open() {
    this.facts = {}
  }

  async enter() {}

  async slice() {
    const { server, template, table, rows } = this.#given
    this.#runs += 1
    const database = `${this.name.replaceAll('-', '_')}_${this.#runs}`
    const url = await server.createDatabase(database, template)
    try {
      // What was written before is not to be written out within the measured time.
      await server.query('checkpoint')
      const slice = await this.#timed(url)
      const [{ count }] = await server.query(`select count(*) as count from ${table}`, url)
      if (Number(count) !== rows) throw new Error(`${count} rows of ${rows} in ${table}`)
      return slice
    } finally {
      await server.dropDatabase(url)
    }
  }

  async #timed(url) {
    const { command, figures = () => ({}), rows } = this.#given
    const [program, ...words] = command(url)
    const started = performance.now()
    const { stdout } = await run(program, words, { maxBuffer: 2 ** 26 })
    const elapsedMs = performance.now() - started
    const histogram = new Histogram()
    histogram.add(elapsedMs)
    const { cpuMs = NaN, ...said } = figures(stdout)
    return { operations: rows, elapsedMs, cpuMs, histogram, figures: said }
  }

  async leave() {}

  async close() {}
}
