import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Histogram } from '../harness/histogram.mjs'

const contenders = fileURLToPath(new URL('./lock-contenders.mjs', import.meta.url))
const holdMs = 5
const slicesLong = 4

/**
 * All callers want one lock, hold it for 5 ms and want it again, spread over some processes, four
 * times as long as a slice. Counts acquisitions against what holds without a gap would give, and
 * the longest wait against the mean wait of a fair queue without gaps.
 */
export async function open({ system, processes, ...settings }) {
  const children = Array.from({ length: processes }, () => new Contenders())
  await Promise.all(children.map((child) => child.ask({ system, settings })))

  async function slice(callers, sliceMs) {
    const forMs = sliceMs * slicesLong
    const startsAt = Date.now() + 50
    const each = { callers: callers / processes, forMs, holdMs, startsAt }
    const runs = await Promise.all(children.map((child) => child.ask(each)))
    const holds = runs.flatMap((run) => run.holds).sort((a, b) => a.from - b.from)
    const waits = runs.flatMap((run) => run.waits)
    const histogram = new Histogram()
    for (const wait of waits) histogram.add(wait)
    const longest = Math.max(...waits)
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length
    return {
      operations: holds.length, elapsedMs: forMs, histogram,
      cpuMs: runs.reduce((sum, run) => sum + run.cpuMs, 0),
      figures: {
        'share of the ideal': holds.length / (forMs / holdMs),
        'share of the time held': holdsMs(holds) / forMs,
        'mean handover, ms': meanGap(holds),
        'longest wait / mean wait of a fair queue': longest / (callers * holdMs),
        'longest wait / own mean wait': longest / mean,
        'overlapping holds': overlaps(holds),
      },
    }
  }

  const close = () => Promise.all(children.map((child) => child.close()))
  return { slice, close }
}

/** How many holds began before the one before them ended. */
function overlaps(holds) {
  return holds.filter(({ from }, index) => index > 0 && from < holds[index - 1].to).length
}

/** From the call that releases until the next holder has its answer. */
function meanGap(holds) {
  return (holds.at(-1).from - holds[0].from - holdsMs(holds.slice(0, -1))) / (holds.length - 1)
}

const holdsMs = (holds) => holds.reduce((sum, { from, to }) => sum + to - from, 0)

/** One process of lock-contenders.mjs. */
class Contenders {
  #child = fork(contenders, [], { serialization: 'advanced' })
  #ended = new Promise((done) => this.#child.once('exit', done))

  ask(request) {
    return new Promise((resolve, reject) => {
      const onExit = () => reject(new Error('a process of contenders ended'))
      this.#child.once('exit', onExit)
      this.#child.once('message', ({ error, value }) => {
        this.#child.off('exit', onExit)
        if (error === undefined) resolve(value)
        else reject(new Error(error))
      })
      this.#child.send(request)
    })
  }

  async close() {
    this.#child.disconnect()
    await this.#ended
  }
}
