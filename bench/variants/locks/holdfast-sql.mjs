/** Holdfast's locks: leases in the database with a fence; Redis only wakes. */
export async function connect({ dist, postgres, redis }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database: postgres, redis })
  const { locks } = holdfast.organization()
  return {
    async acquire(name) {
      const lock = await locks.acquire(name, { waitMs: 30_000 })
      return async () => {
        if (!await lock.release()) throw new Error(`${name} was lost`)
      }
    },
    close: () => holdfast.close(),
  }
}
