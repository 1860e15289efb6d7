import { begunRun, stepOf } from '../harness/step-stage.mjs'
import { inTurn } from '../harness/workload.mjs'

/** The library: one step appended to one of a few runs in turn. */
export async function open({ dist, database, runCount, stepCount, stepBytes }) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database })
  const organization = holdfast.organization()
  const { steps } = organization.runs
  const before = Array.from({ length: stepCount - 1 }, (_, number) => stepOf(number, stepBytes))
  const runIds = []
  for (let number = 0; number < runCount; number++) {
    const runId = await begunRun(organization, `bench-${number}`)
    await steps.appendMany(runId, before)
    runIds.push(runId)
  }
  const run = inTurn(runIds)
  let number = stepCount
  return {
    operation: () => steps.append(run(), stepOf(number++, stepBytes)),
    close: () => holdfast.close(),
  }
}
