import { NumberedIds } from './workload.mjs'
import { holdfastVariants } from './holdfast-variants.mjs'

/** Steps of the run that is young, and of the one that is old. */
const sizes = { short: 1_000, long: 100_000 }

const calls = [
  ['append', 'one step appended'],
  ['page', 'any 50 steps'],
  ['last', 'the last 50 steps'],
]

const chunk = 1_000

/** A run that nobody's worker takes, begun. */
export async function begunRun({ workflows, runs }, handle) {
  await workflows.create({ name: handle, handle })
  await workflows.createVersion(handle, { graph: { nodes: ['work'] } })
  const { id } = await runs.create(handle, { queue: null })
  await runs.start(id)
  return id
}

/** A step of about so many bytes. */
export function stepOf(number, bytes) {
  const text = 'what it came to '.repeat(bytes / 16)
  return { name: `step ${number % 7}`, output: { number, text } }
}

/** Two runs that differ in their number of steps alone; `database` is empty. */
export async function seedSteps(dist, database) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database, ids: new NumberedIds() })
  const organization = holdfast.organization()
  const ids = {}
  for (const [size, count] of Object.entries(sizes)) {
    ids[size] = await begunRun(organization, `bench-${size}`)
    for (let first = 0; first < count; first += chunk) {
      const steps = Array.from({ length: chunk }, (_, index) => stepOf(first + index, 160))
      await organization.runs.steps.appendMany(ids[size], steps)
    }
  }
  await holdfast.close()
  return ids
}

/** Each call on the old run and on the young one. */
export async function stepVariants(options, database, ids) {
  const variants = []
  for (const [call, about] of calls) {
    for (const [size, count] of Object.entries(sizes)) {
      variants.push(...await holdfastVariants(options, {
        name: `${call}-${size}`, about: `${about}, ${count} steps`,
        module: 'holdfast-steps.mjs',
        settings: async () => ({ database, call, runId: ids[size], count }),
      }))
    }
  }
  return variants
}

/** An old run may take half as long again, at most. */
export const stepTargets = calls.flatMap(([call]) => [1, 16].map((at) => (
  { variant: `${call}-long`, base: `${call}-short`, at, least: 0.67 })))
