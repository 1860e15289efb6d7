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
