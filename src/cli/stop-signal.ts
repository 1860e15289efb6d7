import { JoinedSignal } from '../joined-signal.js'
import { type Terminal } from './terminal.js'

/** Signals that arrive this close together are one. */
const sameSignalMs = 1_000

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let firstMs = 0
    const stop = () => {
      // npm passes on the signal that the terminal has sent us already: that is not a second one.
      if (Date.now() - firstMs < sameSignalMs) return
      if (firstMs > 0) process.exit(1)
      firstMs = Date.now()
      resolve()
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}

/**
 * What is opened; undefined when the stop comes before, as while another process migrates: then the
 * end of this one takes back what it has begun.
 */
export async function unlessStopped<R>(
  stopped: Promise<void>,
  opening: Promise<R>,
): Promise<R | undefined> {
  const outcome = await Promise.race([opening, stopped])
  // Nobody is left to hear how it went.
  opening.catch(() => undefined)
  return outcome ?? undefined
}

/**
 * Runs `work`, which tells what happens for as long as it likes. Its signal is aborted by the first
 * SIGINT or SIGTERM, or when nobody takes the result any more.
 */
export async function whileWatched<R>(
  terminal: Terminal,
  work: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  const stopped = new AbortController()
  void stopSignal().then(() => stopped.abort())
  const stopping = new JoinedSignal({ signals: [stopped.signal, terminal.outputLost] })
  // Who only waits for others holds nothing that keeps the process: it would end in the middle.
  const awake = setInterval(() => undefined, 60_000)
  try {
    return await work(stopping.signal)
  } finally {
    clearInterval(awake)
    stopping.end()
  }
}
