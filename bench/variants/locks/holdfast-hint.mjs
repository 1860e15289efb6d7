/** Holdfast's hint locks: they save work and may be held twice. */
export async function connect({ dist, redis }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ redis })
  const { hintLocks } = holdfast.coordination
  return {
    async acquire(name) {
      const lock = await hintLocks.tryAcquire(name, 30)
      if (lock === undefined) throw new Error(`${name} is held`)
      return () => lock.release()
    },
    close: () => holdfast.close(),
  }
}
