import { inTurn } from '../harness/workload.mjs'

const streamCount = 256
const chunkBytes = 50
const chunks = Array.from({ length: 64 }, (_, number) =>
  Buffer.from(`${number} tokens of an answer in flight, `.padEnd(chunkBytes, '.')))

/** The library: one chunk a call; with `produced`, each as the next step of a producer. */
export async function open({ dist, database, produced }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database })
  const { streams } = holdfast.organization()
  const run = holdfast.ids.next()
  const all = Array.from(
    { length: streamCount }, (_, number) => ({ path: `${run}/${number}`, seq: 0 }))
  for (const { path } of all) await streams.create(path, { contentType: 'text/plain' })
  // A producer sends its next append once it knows of the last: so each is lent to one caller.
  const free = [...all]
  const chunk = inTurn(chunks)
  let answered = 0
  return {
    operation: async () => {
      const stream = free.shift()
      const options = produced ? { producer: { id: 'bench', epoch: 0, seq: stream.seq } } : {}
      await streams.append(stream.path, chunk(), options)
      stream.seq += 1
      free.push(stream)
      answered += 1
    },
    async close() {
      const ends = await Promise.all(all.map(({ path }) => streams.get(path)))
      const bytes = ends.reduce((sum, { offset }) => sum + Number(offset.split('_')[1]), 0)
      await holdfast.close()
      const stored = bytes / chunkBytes
      if (stored !== answered) throw new Error(`${answered} answered but ${stored} stored`)
    },
  }
}
