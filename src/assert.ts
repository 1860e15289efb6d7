/** Thrown when the program itself is wrong; never caused by input. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Stops at a programmer's error. On in production: wrong state must not be stored. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}
