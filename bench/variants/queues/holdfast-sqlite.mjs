const name = 'bench'

/** Holdfast's queues in a SQLite file. */
export async function connect({ dist, database }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database })
  const { queues } = holdfast.organization()
  return {
    enqueue: (payload) => queues.enqueue(name, { payload }),
    claim: (limit) => queues.claim(name, { limit, worker: 'bench' }),
    complete: (job) => queues.complete(job),
    close: () => holdfast.close(),
  }
}
