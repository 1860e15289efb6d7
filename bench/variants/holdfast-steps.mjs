import { stepOf } from '../harness/step-stage.mjs'

/** The library: one call on the steps of one run, at a place drawn anew each time. */
export async function open({ dist, database, call, runId, count }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database })
  const { steps } = holdfast.organization().runs
  const page = async (after) => {
    const { data } = await steps.list(runId, { limit: 50, after })
    if (data.length !== 50) throw new Error(`a page of ${data.length}`)
  }
  let number = 0
  const ways = {
    append: () => steps.append(runId, stepOf(number++, 160)),
    page: () => page(Math.floor(Math.random() * (count - 50))),
    last: () => page(count - 50),
  }
  return { operation: ways[call], close: () => holdfast.close() }
}
