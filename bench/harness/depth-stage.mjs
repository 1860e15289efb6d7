import { holdfastVariants } from './holdfast-variants.mjs'
import { messageOf, NumberedIds } from './workload.mjs'

const shortSize = 500
const longSize = 50_000
/** After so many messages one is edited, and the path goes on from its new form. */
const branchEvery = 250
const chunk = 250
const neighbours = 100

const calls = [
  ['last', 'the last 50 messages of the active path'],
  ['page', 'any 50 of the path, toward its root'],
  ['page-forward', 'any 50 of the path, toward its leaf'],
  ['arrival', 'any 50 in order of arrival'],
]

/** Two conversations whose active paths differ in length alone; `database` is empty. */
export async function seedDepths(dist, database) {
  const { openHoldfast } = await import(`${dist}/index.js`)
  const holdfast = await openHoldfast({ database, ids: new NumberedIds() })
  const { conversations, messages } = holdfast.organization()
  const grown = async (size) => {
    const { id } = await conversations.create({ title: `${size} messages` })
    let last
    for (let count = 0; count < size; count += chunk) {
      const next = Array.from({ length: chunk }, (_, index) => messageOf(count + index, 600))
      if (last !== undefined && count % branchEvery === 0) {
        next[0] = { ...next[0], siblingOf: last.id }
      }
      last = (await messages.appendMany(id, next)).at(-1)
    }
    return id
  }
  const conversationIds = { long: await grown(longSize), short: await grown(shortSize) }
  for (let count = 0; count < neighbours; count++) await edited(holdfast.organization())
  await holdfast.close()
  return conversationIds
}

/** A neighbour, so that no table is read as a whole because it is small. */
async function edited({ conversations, messages }) {
  const { id } = await conversations.create({ title: 'A neighbour' })
  const first = await messages.append(id, messageOf(0, 600))
  const edits = Array.from({ length: 40 }, (_, index) => (
    { ...messageOf(index + 1, 600), siblingOf: first.id }))
  await messages.appendMany(id, edits)
}

/** Each call on the long conversation and on the short one. */
export async function depthVariants(options, database, ids) {
  const variants = []
  for (const [call, about] of calls) {
    for (const [size, count] of [['short', shortSize], ['long', longSize]]) {
      variants.push(...await holdfastVariants(options, {
        name: `${call}-${size}`, about: `${about}, ${count} messages`,
        module: 'holdfast-depth.mjs',
        settings: async () => ({ database, call, conversationId: ids[size] }),
      }))
    }
  }
  return variants
}

/** A long conversation may take half as long again, at most. */
export const depthTargets = calls.flatMap(([call]) => [1, 16].map((at) => (
  { variant: `${call}-long`, base: `${call}-short`, at, least: 0.67 })))
