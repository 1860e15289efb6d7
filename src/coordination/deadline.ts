/** Thrown by `within` when time is up. */
export class Late extends Error {
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`)
  }
}

/**
 * The promise's outcome, or Late. An answer that has arrived while this process was busy counts:
 * the sockets are read once more before time is called.
 */
export function within<R>(timeoutMs: number, promise: Promise<R>): Promise<R> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Late(timeoutMs))
    const timer = setTimeout(() => setImmediate(late), timeoutMs)
    const end = () => clearTimeout(timer)
    promise.then(
      (value) => (end(), resolve(value)),
      (error: unknown) => (end(), reject(error)),
    )
  })
}
